// Package identity says who is calling with AWS credentials: it verifies AWS Signature Version 4 (SigV4) on requests, in the
// Authorization header or presigned in the query, keeps the access key that a region makes for its owner at its first start,
// and gives guests credentials for an hour. What a caller may do, their policy says (internal/policy); the owner may do
// everything. Below it, cognito is the wire on which guests ask, and apikey keeps API keys.
//
// The verifier works on the request as it came over the wire. It never signs the request again with a client library,
// because those leave out or add headers of their own; it takes exactly the headers that the caller listed. What it
// demands besides a right signature: the host is signed, every x-amz-* header that is present is signed, the body has
// the hash that was signed, the time is within MaxSkew of the server's, and a session token is the one of its key.
//
// Three things SigV4 leaves open, and what is decided here:
//
//   - A request that is sent a second time within the skew, or a presigned one within its life, passes again, as in AWS:
//     there is nothing in it to be used up. Who cannot have that sends what does the same when it is done twice, as every
//     operation of this service is.
//   - Any region may stand in the scope. It is signed, so that nobody can change it, and keys are of one region alone; a
//     local region serves clients whatever region they are configured for.
//   - A body of which UNSIGNED-PAYLOAD was signed is neither hashed nor read here. A presigned URL says so in its parameter
//     X-Amz-Content-Sha256: so one may be given away for a body that is not known yet.
//
// Guests cost no memory, and a restart forgets none of them. An identity and a session token carry a message authentication
// code (HMAC-SHA256) of a secret that the data folder keeps, and the keys of a session are computed from its token.
//
// Source of the rules: AWS, "Authenticating Requests (AWS Signature Version 4)". Refusals carry the error types and the
// wording of API Gateway, so that any AWS client understands them.
package identity
