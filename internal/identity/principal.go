package identity

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/http"
	"time"

	"bluerose/event"
	"bluerose/internal/policy"
)

// Principal is who signed a request. The zero value is nobody, who may do nothing.
type Principal struct {
	ID     string           // of the access key; of a guest, the id of the identity. No secret
	ARN    string           // as AWS names them, such as "arn:aws:iam::123456789012:root"
	Owner  bool             // may do everything
	Policy *policy.Document // what they may do who is not the owner; nil for nothing
}

// Allows reports whether p may do an action on a resource.
func (p Principal) Allows(action, resource string) bool {
	return p.Owner || p.Policy != nil && p.Policy.Allows(action, resource)
}

// Authorize gives nil when p may do an action on a resource, and else a *event.Refusal in AWS' words.
func (p Principal) Authorize(action, resource string) error {
	if p.Allows(action, resource) {
		return nil
	}
	message := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", p.ARN, action, resource)
	if p.Policy != nil && p.Policy.Decide(action, resource) == policy.Deny {
		message += " with an explicit deny"
	}
	return &event.Refusal{Status: http.StatusForbidden, Type: "AccessDeniedException", Message: message}
}

type principalKey struct{}

// PrincipalOf gives who signed the request of a context that came through Verifier.Verify; nobody for any other.
func PrincipalOf(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}

// Credential is what a Verifier needs to know of an access key.
type Credential struct {
	Secret    string
	Expires   time.Time // of a session; the zero time for never
	Principal Principal
}

// Keys gives the credential of an access key, by its id and the session token that came with it, empty for none. A key that
// is not known, or not of that token, is not ok. It must be safe for concurrent use.
type Keys func(id, token string) (c Credential, ok bool)

// OwnerKey gives Keys that know the owner's key, in an account of twelve digits.
func OwnerKey(key Key, account string) Keys {
	owner := Credential{Secret: key.Secret, Principal: Principal{ID: key.ID, ARN: "arn:aws:iam::" + account + ":root", Owner: true}}
	return func(id, token string) (Credential, bool) {
		return owner, token == "" && subtle.ConstantTimeCompare([]byte(id), []byte(key.ID)) == 1
	}
}

// EitherKeys gives Keys that know what any of all knows.
func EitherKeys(all ...Keys) Keys {
	return func(id, token string) (Credential, bool) {
		for _, keys := range all {
			if c, ok := keys(id, token); ok {
				return c, true
			}
		}
		return Credential{}, false
	}
}
