package access_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"bluerose/api"
	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/access"
	"bluerose/internal/apigateway/definition"
	"bluerose/internal/identity"
	"bluerose/internal/identity/apikey"
	"bluerose/internal/policy"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// route gives a route of a stage with its access modes.
func route(stage string, modes ...string) apigateway.Route {
	return apigateway.Route{Stage: stage, Access: modes, ARN: "arn:aws:execute-api:us-east-1:123456789012:bluerose/" + stage + "/GET/x"}
}

// answers keeps what was answered.
type answers struct{ refused, failed error }

func (a *answers) Refuse(_ http.ResponseWriter, refusal *event.Refusal)   { a.refused = refusal }
func (a *answers) Fail(_ http.ResponseWriter, _ *http.Request, err error) { a.failed = err }
func (a *answers) run(t *testing.T, r *http.Request, route apigateway.Route, schemes ...access.Scheme) (caller event.Caller, passed bool) {
	t.Helper()
	*a = answers{}
	access.Decorator(a, schemes...)(route, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		caller, passed = event.CallerOf(r.Context()), true
	})).ServeHTTP(httptest.NewRecorder(), r)
	return caller, passed
}

// noBody is the body of a GET.
type noBody struct{ err error }

func (b noBody) Body(http.ResponseWriter, *http.Request, apigateway.Route) ([]byte, error) {
	return nil, b.err
}

// signedBy gives an IAM that knows one session of that policy, and a request of that session.
func signedBy(t *testing.T, document string) (access.IAM, *http.Request) {
	t.Helper()
	parsed, err := policy.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := identity.New(identity.Config{Service: "execute-api", Keys: func(id, token string) (identity.Credential, bool) {
		return identity.Credential{Secret: "secret", Principal: identity.Principal{ID: "somebody", ARN: "arn:of:somebody", Policy: parsed}}, id == "BG" && token == ""
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "http://bluerose.test/dev/x", nil)
	sum := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "BG", SecretAccessKey: "secret"}, r,
		hex.EncodeToString(sum[:]), "execute-api", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	return access.IAM{Verifier: verifier, Bodies: noBody{}}, r
}

func TestIAM(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		passes   bool
		refresh  bool
	}{
		"everything":      {`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, true, true},
		"invoke":          {`{"Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*/dev/GET/x"}}`, true, false},
		"another stage":   {`{"Statement":{"Effect":"Allow","Action":"execute-api:*","Resource":"*/prod/*"}}`, false, false},
		"refresh alone":   {`{"Statement":{"Effect":"Allow","Action":"execute-api:InvalidateCache","Resource":"*"}}`, false, false},
		"another service": {`{"Statement":{"Effect":"Allow","Action":"lambda:*","Resource":"*"}}`, false, false},
	} {
		scheme, r := signedBy(t, c.document)
		var a answers
		caller, passed := a.run(t, r, route("dev", definition.AccessIAM), scheme)
		want := event.Caller{Mode: "iam", ID: "somebody", MayRefresh: c.refresh}
		if passed != c.passes || passed && (caller.Mode != want.Mode || caller.ID != want.ID || caller.MayRefresh != want.MayRefresh) {
			t.Errorf("%s: passed %v as %+v", name, passed, caller)
		}
		if refusal, _ := errors.AsType[*event.Refusal](a.refused); !c.passes && (refusal == nil || refusal.Type != "AccessDeniedException") {
			t.Errorf("%s: refused with %v", name, a.refused)
		}
	}
}

// An Authorization that is no signature is another mode's business, where there is one.
func TestIAMBesideOtherModes(t *testing.T) {
	scheme, r := signedBy(t, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	var a answers
	both := route("dev", definition.AccessIAM, definition.AccessOAuth)
	if _, passed := a.run(t, r, both, scheme); !passed {
		t.Errorf("a signature: %v", a)
	}
	r.Header.Set("Authorization", "Bearer abc")
	if caller, passed := a.run(t, r, both, scheme); !passed || caller.Mode != "public" {
		t.Errorf("beside another mode: %v, %v", caller, a)
	}
	a.run(t, r, route("dev", definition.AccessIAM), scheme)
	if refusal, _ := errors.AsType[*event.Refusal](a.refused); refusal == nil || refusal.Type != "IncompleteSignatureException" {
		t.Errorf("alone: %v", a)
	}
}

func TestIAMFailsWithTheBody(t *testing.T) {
	scheme, r := signedBy(t, `{"Statement":[]}`)
	fault := event.Errorf(event.PayloadTooLarge, "too large")
	scheme.Bodies = noBody{fault}
	var a answers
	if _, passed := a.run(t, r, route("dev", definition.AccessIAM), scheme); passed || !errors.Is(a.failed, fault) {
		t.Errorf("passed %v, %v", passed, a)
	}
}

// keys are API keys by what callers show.
type keys map[string]apikey.Key

func (k keys) Find(_ context.Context, secret string) (apikey.Key, bool, error) {
	if secret == "broken" {
		return apikey.Key{}, false, errors.New("the disk is gone")
	}
	key, ok := k[secret]
	return key, ok, nil
}

func TestAPIKey(t *testing.T) {
	stages := []byte("stages: {dev: {alias: dev}, prod: {alias: prod}}\nplans: {all: {}, trial: {stages: [dev]}}")
	d, err := definition.Parse(api.OpenAPI, stages)
	if err != nil {
		t.Fatal(err)
	}
	scheme := access.APIKey{Definition: d, Keys: keys{
		"all": {ID: "1", Plan: "all"}, "trial": {ID: "2", Plan: "trial"}, "none": {ID: "3"}, "gone": {ID: "4", Plan: "gold"},
	}}
	for _, c := range []struct {
		shown, stage string
		id           string // empty for refused
	}{
		{"all", "prod", "1"}, {"trial", "dev", "2"}, {"trial", "prod", ""}, {"none", "prod", "3"}, {"gone", "dev", ""}, {"guess", "dev", ""},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("x-api-key", c.shown)
		var a answers
		caller, passed := a.run(t, r, route(c.stage, definition.AccessAPIKey), scheme)
		refusal, _ := errors.AsType[*event.Refusal](a.refused)
		if passed != (c.id != "") || caller.ID != c.id || !passed && (refusal == nil || refusal.Type != "ForbiddenException") {
			t.Errorf("%s in %s: passed %v as %+v, %v", c.shown, c.stage, passed, caller, a)
		}
		if passed && (caller.Mode != "apiKey" || caller.Plan != scheme.Keys.(keys)[c.shown].Plan || caller.MayRefresh) {
			t.Errorf("%s is %+v", c.shown, caller)
		}
	}
	var a answers
	r := httptest.NewRequest("GET", "/", nil)
	if caller, passed := a.run(t, r, route("dev", definition.AccessAPIKey), scheme); !passed || caller.Mode != "public" {
		t.Errorf("without a key it is the gateway's to refuse: %+v, %v", caller, a)
	}
	r.Header.Set("x-api-key", "broken")
	if _, passed := a.run(t, r, route("dev", definition.AccessAPIKey), scheme); passed || a.failed == nil {
		t.Errorf("a broken store: passed %v, %v", passed, a)
	}
}
