// Package cognito is the wire on which guests get their credentials: three calls of Amazon Cognito (GetId,
// GetCredentialsForIdentity, GetOpenIdToken; JSON 1.1) and the one of AWS STS (AssumeRoleWithWebIdentity; query and XML) that
// completes Cognito's basic flow. The SDKs for mobile and web make them by themselves when they are given an identity pool.
// What an identity and a credential are, internal/identity says.
//
// The calls are unsigned, and whoever can reach the service can make them. So they cost little: a request of at most 8 KiB, a
// few hashes, and nothing that is kept.
package cognito
