package apigateway

import "net/http"

// Route is one method of one path in one stage, as the definition has it.
type Route struct {
	Stage       string // such as "prod"
	Method      string
	Path        string // without the stage, such as "/images"
	OperationID string // names the route in logs, metrics and throttles
	// Access names the access modes (event.Caller.Mode) that let a caller in; any one of them will do. Empty means public.
	Access []string
}

// Decorator puts something that many routes share, such as access, throttling or a cache, before what answers a route.
// What it lets through it may change: the request's context carries who called (event.WithCaller).
type Decorator func(route Route, next http.Handler) http.Handler
