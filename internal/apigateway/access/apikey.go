package access

import (
	"context"
	"net/http"
	"slices"

	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/definition"
	"bluerose/internal/identity/apikey"
)

// Keys finds the API key that a caller shows, when it is enabled (apikey.Store does).
type Keys interface {
	Find(ctx context.Context, secret string) (key apikey.Key, ok bool, err error)
}

// APIKey is the access mode of callers with an API key in the header x-api-key. A key of a usage plan goes where the plan says;
// one without a plan goes everywhere.
type APIKey struct {
	Keys       Keys
	Definition *definition.Definition // has the usage plans
}

// Mode is "apiKey".
func (APIKey) Mode() string { return definition.AccessAPIKey }

// Authenticate gives whose key r carries.
func (s APIKey) Authenticate(_ http.ResponseWriter, r *http.Request, route apigateway.Route) (event.Caller, error) {
	shown := r.Header.Get("X-Api-Key")
	if shown == "" {
		return event.Caller{}, ErrAbsent
	}
	key, ok, err := s.Keys.Find(r.Context(), shown)
	if err != nil {
		return event.Caller{}, err
	}
	if !ok || !s.covers(key.Plan, route.Stage) {
		return event.Caller{}, event.Forbidden()
	}
	return event.Caller{Mode: definition.AccessAPIKey, ID: key.ID, Plan: key.Plan}, nil
}

// covers reports whether a plan lets its callers into a stage. One that the definition has no more covers none.
func (s APIKey) covers(name, stage string) bool {
	if name == "" {
		return true
	}
	plan, ok := s.Definition.Plan(name)
	return ok && (len(plan.Stages) == 0 || slices.Contains(plan.Stages, stage))
}
