package access

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/definition"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"
)

// AuthorizerConfig says which function judges callers, and how it is asked. Definition, Ask and Event are required; the
// rest has the defaults named here.
type AuthorizerConfig struct {
	Definition definition.Authorizer
	// Ask invokes the function on a JSON event. failed says that the answer is Lambda's of a function that failed. It must be
	// safe for concurrent use, and end when ctx does. Errors are *event.Error.
	Ask func(ctx context.Context, payload []byte) (answer []byte, failed bool, err error)
	// Event gives what the function of the route itself would get (apigateway.Gateway has it); for the kind "request".
	Event func(w http.ResponseWriter, r *http.Request, route apigateway.Route) (*event.ProxyRequest, error)

	Timeout  time.Duration    // of one question; default 10 seconds
	MaxBytes uint64           // of all answers that are remembered; default 16 MiB
	Now      func() time.Time // default time.Now
}

// Validate tells what is wrong with the configuration.
func (c AuthorizerConfig) Validate() error {
	switch {
	case c.Definition.Function == "" || c.Ask == nil || c.Event == nil:
		return errors.New("access: an authorizer needs Definition, Ask and Event")
	case c.Timeout < 0:
		return errors.New("access: the authorizer's Timeout must not be negative")
	}
	return nil
}

// NewAuthorizer gives the scheme of the function as authorizer, or the error of cfg.Validate. The function gets API Gateway's
// event of a TOKEN or a REQUEST authorizer, and answers with an IAM policy, by which execute-api:Invoke on the route decides.
//
// An answer is remembered for the definition's TTL, by stage and by the header that names the caller: its policy is then held
// against whatever route the caller wants, and requests that come meanwhile wait for the one answer. Without a TTL the
// function is asked for each request.
func NewAuthorizer(cfg AuthorizerConfig) (Scheme, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	cfg.MaxBytes = cmp.Or(cfg.MaxBytes, 16<<20)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	pattern, err := regexp.Compile("^(?:" + cmp.Or(cfg.Definition.Pattern, "(?s:.*)") + ")$")
	if err != nil {
		return nil, fmt.Errorf("access: the authorizer's pattern: %w", err)
	}
	answers, err := otter.New(&otter.Options[source, *verdict]{
		MaximumWeight: cfg.MaxBytes,
		Weigher:       func(_ source, v *verdict) uint32 { return v.size },
	})
	if err != nil {
		return nil, err
	}
	return &authorizer{cfg: cfg, pattern: pattern, answers: answers}, nil
}

type authorizer struct {
	cfg     AuthorizerConfig
	pattern *regexp.Regexp
	answers *otter.Cache[source, *verdict]
	asking  singleflight.Group
}

// source is a digest of who asks where: the tokens themselves are not kept.
type source [sha256.Size]byte

func (*authorizer) Mode() string { return definition.AccessAuthorizer }

func (a *authorizer) Authenticate(w http.ResponseWriter, r *http.Request, route apigateway.Route) (event.Caller, error) {
	token, err := single(r, a.cfg.Definition.Header)
	if err != nil {
		return event.Caller{}, err
	}
	if !a.pattern.MatchString(token) {
		return event.Caller{}, event.Unauthorized().Wrap(errors.New("the token does not match identityValidationExpression"))
	}
	v, err := a.verdict(w, r, route, token)
	if err != nil {
		return event.Caller{}, err
	}
	if !v.policy.Allows("execute-api:Invoke", route.ARN) {
		return event.Caller{}, event.Denied()
	}
	return event.Caller{
		Mode: definition.AccessAuthorizer, ID: v.principal, Authorizer: v.context,
		MayRefresh: v.policy.Allows("execute-api:InvalidateCache", route.ARN),
	}, nil
}

// verdict gives what the function says of a token, now or up to TTL ago.
func (a *authorizer) verdict(w http.ResponseWriter, r *http.Request, route apigateway.Route, token string) (*verdict, error) {
	ttl := a.cfg.Definition.TTL
	if ttl == 0 {
		return a.ask(r.Context(), w, r, route, token)
	}
	key := source(sha256.Sum256([]byte(route.Stage + "\x00" + token)))
	if v, ok := a.answers.GetIfPresent(key); ok && a.cfg.Now().Before(v.expires) {
		return v, nil
	}
	shared, err, _ := a.asking.Do(string(key[:]), func() (any, error) {
		// Others may wait for this answer: it is asked for to the end when this caller goes away.
		v, err := a.ask(context.WithoutCancel(r.Context()), w, r, route, token)
		if err == nil {
			v.expires = a.cfg.Now().Add(ttl)
			a.answers.Set(key, v)
		}
		return v, err
	})
	if err != nil {
		return nil, err
	}
	return shared.(*verdict), nil
}

// ask asks the function. Errors are *event.Refusal, or *event.Error for a service that is too busy to ask.
func (a *authorizer) ask(ctx context.Context, w http.ResponseWriter, r *http.Request, route apigateway.Route, token string) (*verdict, error) {
	question, err := a.question(w, r, route, token)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, a.cfg.Timeout)
	defer cancel()
	answer, failed, err := a.cfg.Ask(ctx, question)
	switch {
	case err != nil && event.From(err).Kind == event.Throttled:
		return nil, err
	case err != nil:
		return nil, event.AuthorizerFailed().Wrap(err)
	case failed:
		return nil, refused(answer)
	}
	v, err := parseVerdict(answer)
	if err != nil {
		return nil, event.AuthorizerFailed().Wrap(err)
	}
	return v, nil
}

// question gives the event that API Gateway sends.
func (a *authorizer) question(w http.ResponseWriter, r *http.Request, route apigateway.Route, token string) ([]byte, error) {
	if a.cfg.Definition.Kind == "token" {
		return json.Marshal(struct {
			Type  string `json:"type"`
			ARN   string `json:"methodArn"`
			Token string `json:"authorizationToken"`
		}{"TOKEN", route.ARN, token})
	}
	request, err := a.cfg.Event(w, r, route)
	if err != nil {
		return nil, err
	}
	type fields event.ProxyRequest // all of them, without its way of marshalling: there is no body
	return json.Marshal(struct {
		Type string `json:"type"`
		ARN  string `json:"methodArn"`
		*fields
	}{"REQUEST", route.ARN, (*fields)(request)})
}
