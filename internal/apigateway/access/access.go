// Package access lets callers into the routes of the HTTPS API. It is a decorator of the gateway: it asks the schemes of a
// route's access modes who calls and whether they may, and hands the request on with its caller (event.WithCaller), or refuses
// it in API Gateway's words.
//
// A scheme is one access mode. How a caller proves who they are is the business of internal/identity; the schemes here know
// the gateway's routes, and what a proof must be good for.
package access

import (
	"errors"
	"net/http"

	"bluerose/event"
	"bluerose/internal/apigateway"
)

// ErrAbsent is a Scheme's error for a request that carries no credentials of its kind. Another mode of the route may let it in.
var ErrAbsent = errors.New("access: no credentials of this kind")

// Scheme is one access mode. Implementations must be safe for concurrent use.
type Scheme interface {
	// Mode names it, as event.Caller.Mode and definition.Route.Access do.
	Mode() string
	// Authenticate gives who sent r when they may call route. Errors are *event.Refusal for a caller who may not, ErrAbsent,
	// or a failure of the scheme's own. It does not read r's body unless the proof is of the body, and then puts it back.
	Authenticate(w http.ResponseWriter, r *http.Request, route apigateway.Route) (event.Caller, error)
}

// Refuser answers a request that may not pass (apigateway.Gateway is one), or that could not be judged.
type Refuser interface {
	Refuse(w http.ResponseWriter, refusal *event.Refusal)
	Fail(w http.ResponseWriter, r *http.Request, err error)
}

// Decorator lets into each route whom one of its modes' schemes lets in; the first whose credentials a request carries
// decides. A request without any is left to the gateway, which refuses it; so is a mode that has no scheme. Public routes are
// left alone.
func Decorator(answers Refuser, schemes ...Scheme) apigateway.Decorator {
	byMode := make(map[string]Scheme, len(schemes))
	for _, s := range schemes {
		byMode[s.Mode()] = s
	}
	return func(route apigateway.Route, next http.Handler) http.Handler {
		var known []Scheme
		for _, mode := range route.Access {
			if s, ok := byMode[mode]; ok {
				known = append(known, s)
			}
		}
		if len(known) == 0 {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, s := range known {
				caller, err := s.Authenticate(w, r, route)
				switch refusal, refused := errors.AsType[*event.Refusal](err); {
				case err == nil:
					next.ServeHTTP(w, r.WithContext(event.WithCaller(r.Context(), caller)))
				case errors.Is(err, ErrAbsent):
					continue
				case refused:
					answers.Refuse(w, refusal)
				default:
					answers.Fail(w, r, err)
				}
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
