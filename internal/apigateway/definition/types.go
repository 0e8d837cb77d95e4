package definition

import (
	"slices"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// The access modes, as event.Caller.Mode names them. A route without one is public.
const (
	AccessAPIKey     = "apiKey"     // the header x-api-key
	AccessIAM        = "iam"        // AWS Signature Version 4
	AccessOAuth      = "oauth"      // a Bearer token of an OIDC issuer
	AccessAuthorizer = "authorizer" // a function answers whether the caller may
)

// Definition is what the two files say. It does not change once it is read.
type Definition struct {
	Routes           []Route // by path, then method
	Stages           []Stage // by name
	Plans            []UsagePlan
	BinaryMediaTypes []string // bodies of these types are bytes, not text; "*/*" is all
	Authorizer       Authorizer
	OpenAPI          []byte // openapi.yaml as it is
	JSON             []byte // the same as JSON

	// refusals are the headers of what the gateway itself answers (x-amazon-apigateway-gateway-responses), by canonical
	// name, by the type of the refusal.
	refusals map[string]map[string]string
	document *openapi3.T
}

// Route is one method of one path, as the definition has it for every stage.
type Route struct {
	Method      string
	Path        string // without the stage, such as "/images"
	OperationID string // unique
	Summary     string
	Access      []string // modes that let a caller in, any one of them; empty means public
	Scopes      []string // OAuth scopes, of which a token must have one; empty means any token
	Validate    Validator
	Integration Integration
	CORS        CORS

	// CacheKeys are the names that stand for parameters in the key of a cached answer (cacheKeyParameters), such as
	// "method.request.querystring.args".
	CacheKeys []string

	item      *openapi3.PathItem
	operation *openapi3.Operation
}

// Validator says what of a request is looked at before the integration is asked (x-amazon-apigateway-request-validator).
type Validator struct {
	Body       bool // the body, against the schema of its Content-Type
	Parameters bool // that the required parameters are there and not blank
}

// IntegrationType says how a route is answered.
type IntegrationType string

// The integration types that the gateway can do.
const (
	Proxy  IntegrationType = "aws_proxy" // the function gets the request as API Gateway's proxy event and gives a whole answer
	Invoke IntegrationType = "aws"       // the function gets the body, or Integration.Template, as its event
	Mock   IntegrationType = "mock"      // Integration.Status and Integration.Headers are the answer
)

// Integration says what answers a route (x-amazon-apigateway-integration).
type Integration struct {
	Type     IntegrationType
	Function string            // the function's name, out of the integration's uri; empty for Mock
	Template string            // for Invoke: the event, instead of the request's body; empty for the body
	Strict   bool              // passthroughBehavior "never": a Content-Type that the operation does not name is refused, 415
	Timeout  time.Duration     // timeoutInMillis; 0 for the gateway's own
	Status   int               // for Mock: of the answer
	Headers  map[string]string // for Mock: of the answer, by canonical name
}

// CORS is what pages of other origins may read of a route: headers of every answer, by canonical name. Empty for nothing.
type CORS map[string]string

// Authorizer is the function that answers whether a caller may (the security scheme of type custom).
type Authorizer struct {
	Function string        // its name; empty for none
	Kind     string        // "token" or "request"
	Header   string        // the header that carries the token, such as "Authorization"
	TTL      time.Duration // that an answer is remembered; 0 for not
	Pattern  string        // a regular expression that the token must match as a whole; empty for any
}

// Stage is one deployment of all routes, such as "prod".
type Stage struct {
	Name   string
	Alias  string   // the alias or version of the functions that its routes ask, such as "live" or "$LATEST"
	Limit  Throttle // of the stage as a whole; the zero value for none
	Source Throttle // of one source address; the zero value for none
	Cache  Cache
	Canary Canary
	Routes map[string]RouteSettings // by operation id
}

// RouteSettings are what a stage says of one route. What is nil is as the stage and the definition have it.
type RouteSettings struct {
	Access   []string       // modes instead of the definition's; empty and not nil means public
	Throttle *Throttle      // of this route, besides the stage's
	CacheTTL *time.Duration // 0 for no cache
}

// Throttle is a token bucket.
type Throttle struct {
	Rate  float64 // requests a second; 0 for no bound
	Burst int     // requests at once; at least 1 where Rate is set
}

// None reports whether t bounds nothing.
func (t Throttle) None() bool { return t.Rate == 0 }

// Cache says for how long a stage keeps answers.
type Cache struct {
	TTL time.Duration // 0 for no cache; at most an hour, as in API Gateway
	// RefreshByAll lets every caller ask for a fresh answer (Cache-Control: no-cache, max-age=0). Otherwise only callers
	// with event.Caller.MayRefresh do, and the others' wish is ignored.
	RefreshByAll bool
}

// Canary is the share of a stage's traffic that goes to another alias or version, chosen for each request.
type Canary struct {
	Percent float64 // 0 to 100; 0 for none
	Alias   string
}

// Period is the time that a quota counts for.
type Period string

// The periods of a quota. Each begins at midnight UTC; a week on Monday, a month on its first day.
const (
	Day   Period = "DAY"
	Week  Period = "WEEK"
	Month Period = "MONTH"
)

// Quota is how many requests a caller has in one Period.
type Quota struct {
	Limit  int64 // 0 for no bound
	Period Period
}

// UsagePlan bounds each caller that belongs to it.
type UsagePlan struct {
	Name     string
	Stages   []string // that its callers may use; empty means all
	Throttle Throttle // of one caller
	Quota    Quota    // of one caller
}

// Access gives the access modes of a route in this stage; empty means public.
func (s Stage) Access(route Route) []string {
	if settings, ok := s.Routes[route.OperationID]; ok && settings.Access != nil {
		return settings.Access
	}
	return route.Access
}

// Throttle gives the bound of a route in this stage alone, which holds besides s.Limit; the zero value for none.
func (s Stage) Throttle(operationID string) Throttle {
	if settings := s.Routes[operationID]; settings.Throttle != nil {
		return *settings.Throttle
	}
	return Throttle{}
}

// CacheTTL gives for how long this stage keeps the answers of a route; 0 for not at all.
func (s Stage) CacheTTL(operationID string) time.Duration {
	if settings := s.Routes[operationID]; settings.CacheTTL != nil {
		return *settings.CacheTTL
	}
	return s.Cache.TTL
}

// Stage gives the stage of that name.
func (d *Definition) Stage(name string) (Stage, bool) {
	i := slices.IndexFunc(d.Stages, func(s Stage) bool { return s.Name == name })
	if i < 0 {
		return Stage{}, false
	}
	return d.Stages[i], true
}

// Plan gives the usage plan of that name.
func (d *Definition) Plan(name string) (UsagePlan, bool) {
	i := slices.IndexFunc(d.Plans, func(p UsagePlan) bool { return p.Name == name })
	if i < 0 {
		return UsagePlan{}, false
	}
	return d.Plans[i], true
}

// Route gives the route of an operation id.
func (d *Definition) Route(operationID string) (Route, bool) {
	i := slices.IndexFunc(d.Routes, func(r Route) bool { return r.OperationID == operationID })
	if i < 0 {
		return Route{}, false
	}
	return d.Routes[i], true
}

// RefusalHeaders gives the headers of what the gateway itself answers with that status, by canonical name.
func (d *Definition) RefusalHeaders(status int) map[string]string {
	if status >= 500 {
		return d.refusals["DEFAULT_5XX"]
	}
	return d.refusals["DEFAULT_4XX"]
}
