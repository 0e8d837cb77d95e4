package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/definition"
	"bluerose/internal/identity/oidc"
)

// OAuth gives the scheme of Bearer tokens. It lets in whose token tokens verifies and has one of the route's scopes. The
// function finds the claims as requestContext.authorizer.claims, in the form of API Gateway's Cognito authorizer.
//
// The header Authorization holds the token after the word Bearer, or alone, as that authorizer takes it too.
func OAuth(tokens *oidc.Verifier) Scheme { return oauth{tokens.Verify} }

type oauth struct {
	verify func(ctx context.Context, raw string) (oidc.Token, error)
}

func (oauth) Mode() string { return definition.AccessOAuth }

func (o oauth) Authenticate(_ http.ResponseWriter, r *http.Request, route apigateway.Route) (event.Caller, error) {
	credentials, err := single(r, "Authorization")
	if err != nil {
		return event.Caller{}, err
	}
	raw := credentials
	if scheme, rest, ok := strings.Cut(credentials, " "); ok {
		if !strings.EqualFold(scheme, "Bearer") {
			return event.Caller{}, ErrAbsent
		}
		raw = strings.TrimSpace(rest)
	}
	token, err := o.verify(r.Context(), raw)
	switch {
	case errors.Is(err, oidc.ErrUnavailable):
		return event.Caller{}, event.Errorf(event.Internal, "The keys of the token's issuer cannot be had at the moment; try again").Wrap(err)
	case errors.Is(err, oidc.ErrExpired):
		expired := event.Unauthorized()
		expired.Message = "The incoming token has expired"
		return event.Caller{}, expired
	case err != nil:
		return event.Caller{}, event.Unauthorized().Wrap(err)
	}
	needed := route.Definition.Scopes
	if len(needed) > 0 && !slices.ContainsFunc(token.Scopes, func(s string) bool { return slices.Contains(needed, s) }) {
		return event.Caller{}, event.Denied()
	}
	return event.Caller{
		Mode: definition.AccessOAuth, ID: token.Issuer + " " + token.Subject,
		Authorizer: map[string]any{"claims": claims(token.Claims)},
	}, nil
}

// single gives a header that a request must have once: of two values, one could be judged here and the other believed behind.
func single(r *http.Request, name string) (string, error) {
	switch values := r.Header.Values(name); {
	case len(values) > 1:
		return "", event.Unauthorized().Wrap(fmt.Errorf("there are %d headers %s", len(values), name))
	case len(values) == 0 || strings.TrimSpace(values[0]) == "":
		return "", ErrAbsent
	default:
		return values[0], nil
	}
}

// claimTime is how API Gateway writes the claims exp and iat.
const claimTime = "Mon Jan 02 15:04:05 MST 2006"

// claims gives all claims as text: lists as their members between commas, objects as JSON.
func claims(all map[string]any) map[string]any {
	texts := make(map[string]any, len(all))
	for name, value := range all {
		texts[name] = claim(value)
		if number, ok := value.(json.Number); ok && (name == "exp" || name == "iat") {
			if seconds, err := number.Float64(); err == nil {
				texts[name] = time.Unix(int64(seconds), 0).UTC().Format(claimTime)
			}
		}
	}
	return texts
}

func claim(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case []any:
		members := make([]string, len(value))
		for i, member := range value {
			members[i] = claim(member)
		}
		return strings.Join(members, ",")
	}
	text, _ := json.Marshal(value) // came from JSON: cannot fail
	return string(text)
}
