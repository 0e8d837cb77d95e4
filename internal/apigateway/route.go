package apigateway

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"bluerose/event"
	"bluerose/internal/apigateway/definition"
)

// Route is one method of one path in one stage, as the definition has it.
type Route struct {
	Stage       string // such as "prod"
	Method      string
	Path        string // without the stage, such as "/images"
	ARN         string // names it in policies, such as "arn:aws:execute-api:us-east-1:123456789012:bluerose/prod/POST/images"
	OperationID string // names the route in logs, metrics and throttles
	// Access names the access modes (event.Caller.Mode) that let a caller in; any one of them will do. Empty means public.
	Access []string

	// What the definition says of the route in all stages, and of its stage.
	Definition definition.Route
	In         definition.Stage
}

// APIID is the API's id in ARNs and in the proxy event.
const APIID = "bluerose"

// Admits reports whether one of the route's access modes has let the caller in. What answers before the gateway itself asks
// must ask.
func (r Route) Admits(caller event.Caller) bool {
	return len(r.Access) == 0 || slices.Contains(r.Access, caller.Mode)
}

// Decorator puts something that many routes share, such as access, throttling or a cache, before what answers a route.
// What it lets through it may change: the request's context carries who called (event.WithCaller).
type Decorator func(route Route, next http.Handler) http.Handler

// Call says which function a request goes to, and for what.
type Call struct {
	Function  string
	Qualifier string // the alias or version, of the stage or of its canary
	RequestID string
}

type qualifierKey struct{}

// QualifierOf gives the function's alias or version that answers a request, which a Decorator may ask: the canary is chosen
// before all of them.
func QualifierOf(ctx context.Context) string {
	qualifier, _ := ctx.Value(qualifierKey{}).(string)
	return qualifier
}

// WithQualifier gives a context whose request is answered by that alias or version instead, for a Decorator that has settled
// which version the alias is.
func WithQualifier(ctx context.Context, qualifier string) context.Context {
	return context.WithValue(ctx, qualifierKey{}, qualifier)
}

// choose picks the stage's alias or its canary's for each request, as API Gateway does: at random.
func (g *Gateway) choose(stage definition.Stage, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		qualifier := stage.Alias
		if stage.Canary.Percent > 0 && g.cfg.Random()*100 < stage.Canary.Percent {
			qualifier = stage.Canary.Alias
		}
		next.ServeHTTP(w, r.WithContext(WithQualifier(r.Context(), qualifier)))
	})
}

// routes gives the definition's routes in every stage.
func (g *Gateway) routes() []Route {
	var all []Route
	for _, stage := range g.cfg.Definition.Stages {
		for _, route := range g.cfg.Definition.Routes {
			all = append(all, Route{
				Stage: stage.Name, Method: route.Method, Path: route.Path, OperationID: route.OperationID,
				ARN:    fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/%s/%s%s", g.cfg.Region, g.cfg.AccountID, APIID, stage.Name, route.Method, route.Path),
				Access: stage.Access(route), Definition: route, In: stage,
			})
		}
	}
	return all
}
