// Package oidc says who a Bearer token belongs to: it verifies JWTs that OpenID Connect issuers have signed.
//
// An issuer is found by the token's claim iss, among those that the owner trusts. Its keys are fetched (discovery, then the
// JWKS that this names) when the first token of it comes, so that an issuer that is down stops no start. After that
// requests wait for an issuer only when a token names a key that is not known: keys that are old are fetched again while
// the known ones serve on. However many tokens ask for it, an issuer is fetched from by one goroutine at a time, at most
// once in 10 seconds and for at most Config.Timeout.
//
// A token that was good is remembered until it expires or its issuer's keys are fetched again, whatever comes first: a key
// that is withdrawn is no good for tokens that were seen before either.
//
// Only asymmetric algorithms are taken (RS, PS, ES, EdDSA): with none there is no signature, and with HS the issuer's
// public key would be the secret. What go-oidc verifies is the signature, iss, exp and nbf; the audience is checked here,
// because access tokens of some issuers, Amazon Cognito's among them, carry it as client_id.
package oidc
