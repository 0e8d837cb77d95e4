package event

import "context"

// Caller is who sent a request, once an access mode has let it in.
type Caller struct {
	Mode string // the access mode: "public", "apiKey", "iam", "oauth" or "authorizer"
	// ID names the caller among those of its mode: the id of the API key, of the access key or of a guest's identity, issuer
	// and subject of a token, the principal of an authorizer's policy. Empty for public. It is no secret, and may be logged.
	ID string
	// Plan is the usage plan that bounds the caller; empty for none.
	Plan string
	// MayRefresh is true for who may ask for a fresh answer where a cache holds one (execute-api:InvalidateCache).
	MayRefresh bool
	// Authorizer is what the function finds as requestContext.authorizer: the claims of a token, or the context that a
	// function as authorizer gave. Nil for none.
	Authorizer map[string]any
}

type callerKey struct{}

// WithCaller gives a context that carries who called.
func WithCaller(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerOf gives who called: {Mode: "public"} where nobody said.
func CallerOf(ctx context.Context) Caller {
	if caller, ok := ctx.Value(callerKey{}).(Caller); ok {
		return caller
	}
	return Caller{Mode: "public"}
}
