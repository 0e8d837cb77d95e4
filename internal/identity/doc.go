// Package identity says who is calling: it verifies AWS Signature Version 4 (SigV4) on requests, in the Authorization
// header or presigned in the query, and keeps the access key that a region makes for its owner at its first start.
//
// The verifier works on the request as it came over the wire. It never signs the request again with a client library,
// because those leave out or add headers of their own; it takes exactly the headers that the caller listed. What it
// demands besides a right signature: the host is signed, every x-amz-* header that is present is signed, the body has
// the hash that was signed, and the time is within MaxSkew of the server's.
//
// Source of the rules: AWS, "Authenticating Requests (AWS Signature Version 4)". Refusals carry the error types and the
// wording of API Gateway, so that any AWS client understands them.
package identity
