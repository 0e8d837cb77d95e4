package access

import (
	"net/http"

	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/definition"
	"bluerose/internal/identity"
)

// The actions that policies allow on a route's ARN.
const (
	actionInvoke  = "execute-api:Invoke"
	actionRefresh = "execute-api:InvalidateCache"
)

// Bodies gives the body of a request to a route (apigateway.Gateway does).
type Bodies interface {
	Body(w http.ResponseWriter, r *http.Request, route apigateway.Route) ([]byte, error)
}

// IAM is the access mode of callers with AWS credentials: a request signed with SigV4, in its headers or as a presigned URL, by
// somebody whose policy allows to invoke the route. Where another mode may let a request in, too, an Authorization that is no
// signature is left to that one.
type IAM struct {
	Verifier *identity.Verifier // of the service execute-api
	Bodies   Bodies
}

// Mode is "iam".
func (IAM) Mode() string { return definition.AccessIAM }

// Authenticate gives who signed r.
func (s IAM) Authenticate(w http.ResponseWriter, r *http.Request, route apigateway.Route) (event.Caller, error) {
	if len(route.Access) > 1 && !identity.Signed(r) {
		return event.Caller{}, ErrAbsent
	}
	signer, err := s.Verifier.Authenticate(r, func() ([]byte, error) { return s.Bodies.Body(w, r, route) })
	if err != nil {
		return event.Caller{}, err
	}
	if err := signer.Authorize(actionInvoke, route.ARN); err != nil {
		return event.Caller{}, err
	}
	return event.Caller{Mode: definition.AccessIAM, ID: signer.ID, MayRefresh: signer.Allows(actionRefresh, route.ARN)}, nil
}
