package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/access"
	"bluerose/internal/apigateway/definition"
)

// judge is a function as authorizer, and a clock.
type judge struct {
	answer func(ctx context.Context, payload []byte) (answer []byte, failed bool, err error)
	asked  atomic.Int64
	clock  atomic.Int64
}

func (j *judge) ask(ctx context.Context, payload []byte) ([]byte, bool, error) {
	j.asked.Add(1)
	return j.answer(ctx, payload)
}

// says makes a judge that always answers the same.
func says(answer string, failed bool, err error) *judge {
	return &judge{answer: func(context.Context, []byte) ([]byte, bool, error) { return []byte(answer), failed, err }}
}

// start starts a service with j as its authorizer.
func (j *judge) start(t testing.TB, replacements ...string) *service {
	t.Helper()
	return serve(t, func(g *apigateway.Gateway, d *definition.Definition) access.Scheme {
		s, err := access.NewAuthorizer(access.AuthorizerConfig{
			Definition: d.Authorizer, Ask: j.ask, Event: g.Event, Now: func() time.Time { return issued.Add(time.Duration(j.clock.Load())) },
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}, replacements...)
}

const (
	imagesPath = "/prod/authorizer/images"
	pingPath   = "/prod/authorizer/ImageProcessingService"
	apiARN     = "arn:aws:execute-api:us-east-1:123456789012:bluerose/"
	kindToken  = "type: token\n"
)

// policyOf gives an answer whose policy has the statement's effect on a resource.
func policyOf(effect, resource, rest string) string {
	return fmt.Sprintf(`{"principalId":"ada","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":%q,"Resource":%q}]}%s}`,
		effect, resource, rest)
}

func token(text string) http.Header { return http.Header{"Authorization": {text}} }

func TestAuthorizerDecides(t *testing.T) {
	const (
		passed       = `200  `
		denied       = `403 AccessDeniedException {"Message":"User is not authorized to access this resource"}`
		unauthorized = `401 UnauthorizedException {"message":"Unauthorized"}`
		broken       = `500 AuthorizerConfigurationException {"message":null}`
	)
	for name, c := range map[string]struct {
		judge *judge
		want  string
	}{
		"this route":              {says(policyOf("Allow", apiARN+"prod/POST/authorizer/images", ""), false, nil), passed},
		"all routes":              {says(policyOf("Allow", apiARN+"*", ""), false, nil), passed},
		"another stage":           {says(policyOf("Allow", apiARN+"dev/*", ""), false, nil), denied},
		"another method":          {says(policyOf("Allow", apiARN+"prod/GET/*", ""), false, nil), denied},
		"deny":                    {says(policyOf("Deny", "*", ""), false, nil), denied},
		"another action":          {says(strings.ReplaceAll(policyOf("Allow", "*", ""), "execute-api:Invoke", "execute-api:ManageConnections"), false, nil), denied},
		"Unauthorized":            {says(`{"errorMessage":"Unauthorized","errorType":"errorString"}`, true, nil), unauthorized},
		"another error":           {says(`{"errorMessage":"s3cr3t is bad","errorType":"errorString"}`, true, nil), broken},
		"a crash":                 {says(`{"errorMessage":"RequestId: 1 Error: Runtime exited","errorType":"Runtime.ExitError"}`, true, nil), broken},
		"a failure of no JSON":    {says(`oops`, true, nil), broken},
		"a host that fails":       {says(``, false, event.Errorf(event.Timeout, "too late")), broken},
		"an error of no kind":     {says(``, false, errors.New("inside")), broken},
		"a queue that is full":    {says(``, false, event.Errorf(event.Throttled, "busy")), `429 Throttled {"errorMessage":"busy"`},
		"nothing":                 {says(``, false, nil), broken},
		"null":                    {says(`null`, false, nil), broken},
		"no principal":            {says(strings.Replace(policyOf("Allow", "*", ""), "principalId", "principal", 1), false, nil), broken},
		"a principal of numbers":  {says(strings.Replace(policyOf("Allow", "*", ""), `"ada"`, "1", 1), false, nil), broken},
		"no policy":               {says(`{"principalId":"ada"}`, false, nil), broken},
		"a policy of null":        {says(`{"principalId":"ada","policyDocument":null}`, false, nil), broken},
		"a policy that is none":   {says(`{"principalId":"ada","policyDocument":{"Statement":[{"Effect":"allow"}]}}`, false, nil), broken},
		"a list in the context":   {says(policyOf("Allow", "*", `,"context":{"a":[1]}`), false, nil), broken},
		"an object in it":         {says(policyOf("Allow", "*", `,"context":{"a":{}}`), false, nil), broken},
		"null in it":              {says(policyOf("Allow", "*", `,"context":{"a":null}`), false, nil), broken},
		"a context that is none":  {says(policyOf("Allow", "*", `,"context":"a"`), false, nil), broken},
		"an answer without bound": {says(policyOf("Allow", "*", `,"context":{"a":"`+strings.Repeat("a", 30_000)+`"}`), false, nil), broken},
	} {
		s := c.judge.start(t)
		status, errorType, body := s.answer(t, "POST", imagesPath, token("s3cr3t"))
		if got := fmt.Sprintf("%d %s %s", status, errorType, body); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
		if strings.Contains(s.log.String(), "s3cr3t") {
			t.Errorf("%s: the log holds the token: %s", name, s.log.String())
		}
	}
}

func TestAuthorizerIsNotAskedInVain(t *testing.T) {
	j := says(policyOf("Allow", "*", ""), false, nil)
	s := j.start(t, kindToken, kindToken+`        identityValidationExpression: "Bearer [a-z]+"`+"\n")
	for name, header := range map[string]http.Header{
		"nothing":        nil,
		"empty":          {"Authorization": {" "}},
		"twice":          {"Authorization": {"Bearer a", "Bearer b"}},
		"a part matches": {"Authorization": {"Bearer abc1"}},
		"the end does":   {"Authorization": {"x Bearer abc"}},
	} {
		if status, errorType, body := s.answer(t, "POST", imagesPath, header); status != 401 || errorType != "UnauthorizedException" || body != `{"message":"Unauthorized"}` {
			t.Errorf("%s: got %d %s %s", name, status, errorType, body)
		}
	}
	if n := j.asked.Load(); n != 0 {
		t.Errorf("the function was asked %d times", n)
	}
	if status, _, _ := s.answer(t, "POST", imagesPath, token("Bearer abc")); status != 200 || j.asked.Load() != 1 {
		t.Errorf("a token that matches: got %d", status)
	}
}

func TestAuthorizerGetsItsEvent(t *testing.T) {
	var got map[string]any
	j := &judge{answer: func(_ context.Context, payload []byte) ([]byte, bool, error) {
		got = nil
		return []byte(policyOf("Allow", "*", "")), false, json.Unmarshal(payload, &got)
	}}
	header := http.Header{"Authorization": {"Bearer abc"}, "X-Many": {"1", "2"}}
	j.start(t).answer(t, "POST", imagesPath+"?args=-negate", header)
	want := map[string]any{"type": "TOKEN", "methodArn": apiARN + "prod/POST/authorizer/images", "authorizationToken": "Bearer abc"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("TOKEN: got %v, want %v", got, want)
	}

	j.start(t, kindToken, "type: request\n").answer(t, "POST", imagesPath+"?args=-negate&args=-flip", header)
	context, _ := got["requestContext"].(map[string]any)
	headers, _ := got["headers"].(map[string]any)
	for name, c := range map[string][2]any{
		"type":       {got["type"], "REQUEST"},
		"methodArn":  {got["methodArn"], apiARN + "prod/POST/authorizer/images"},
		"resource":   {got["resource"], "/authorizer/images"},
		"path":       {got["path"], "/authorizer/images"},
		"httpMethod": {got["httpMethod"], "POST"},
		"query":      {got["queryStringParameters"], map[string]any{"args": "-flip"}},
		"queries":    {got["multiValueQueryStringParameters"], map[string]any{"args": []any{"-negate", "-flip"}}},
		"token":      {headers["Authorization"], "Bearer abc"},
		"last":       {headers["X-Many"], "2"},
		"stage":      {context["stage"], "prod"},
		"account":    {context["accountId"], "123456789012"},
		"apiId":      {context["apiId"], "bluerose"},
	} {
		if !reflect.DeepEqual(c[0], c[1]) {
			t.Errorf("REQUEST: %s: got %v, want %v", name, c[0], c[1])
		}
	}
	for _, name := range []string{"body", "isBase64Encoded", "authorizationToken"} {
		if _, ok := got[name]; ok {
			t.Errorf("REQUEST: there is a %s", name)
		}
	}
	if status, _, body := j.start(t, kindToken, "type: request\n").answer(t, "POST", imagesPath+"?%zz", header); status != 400 {
		t.Errorf("a malformed query: got %d %s", status, body)
	}
}

func TestAuthorizerContextReachesTheFunction(t *testing.T) {
	j := says(policyOf("Allow", "*", `,"context":{"team":"blue","level":3,"big":12345678901234567890,"admin":true,"principalId":"eve"}`), false, nil)
	_, _, body := j.start(t).answer(t, "POST", imagesPath, token("x"))
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	want := map[string]any{"principalId": "ada", "team": "blue", "level": "3", "big": "12345678901234567890", "admin": "true"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The policy that is remembered decides for each route anew, also when it was asked for another.
func TestAuthorizerIsRemembered(t *testing.T) {
	j := says(policyOf("Allow", apiARN+"prod/GET/*", ""), false, nil)
	s := j.start(t)
	check := func(step, method, path, credentials string, want int, asked int64) {
		t.Helper()
		if status, _, body := s.answer(t, method, path, token(credentials)); status != want || j.asked.Load() != asked {
			t.Errorf("%s: got %d %s, asked %d times, want %d and %d", step, status, body, j.asked.Load(), want, asked)
		}
	}
	check("first", "POST", imagesPath, "a", 403, 1)
	check("again", "POST", imagesPath, "a", 403, 1)
	check("another route", "GET", pingPath, "a", 200, 1)
	check("another token", "GET", pingPath, "b", 200, 2)
	check("another stage", "GET", strings.Replace(pingPath, "prod", "dev", 1), "a", 403, 3)
	j.clock.Store(int64(300*time.Second - 1))
	check("before the TTL ends", "GET", pingPath, "a", 200, 3)
	j.clock.Store(int64(300 * time.Second))
	j.answer = says(policyOf("Deny", "*", ""), false, nil).answer
	check("when it has", "GET", pingPath, "a", 403, 4)

	failing := says(`{"errorMessage":"Unauthorized","errorType":"x"}`, true, nil)
	s, j = failing.start(t), failing
	check("a failure", "GET", pingPath, "a", 401, 1)
	check("a failure is not remembered", "GET", pingPath, "a", 401, 2)

	forgetful := says(policyOf("Allow", "*", ""), false, nil)
	s, j = forgetful.start(t, "authorizerResultTtlInSeconds: 300", "authorizerResultTtlInSeconds: 0"), forgetful
	check("no TTL", "GET", pingPath, "a", 200, 1)
	check("no TTL, again", "GET", pingPath, "a", 200, 2)
}

// Requests that come with the same token while the function is asked wait for its one answer, also when the first of them goes.
func TestAuthorizerIsAskedOnce(t *testing.T) {
	began, answer := make(chan struct{}), make(chan struct{})
	j := &judge{}
	j.answer = func(ctx context.Context, _ []byte) ([]byte, bool, error) {
		close(began) // a second question would panic
		<-answer
		return []byte(policyOf("Allow", "*", "")), false, ctx.Err()
	}
	s := j.start(t)
	first, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		r, err := http.NewRequestWithContext(first, "GET", s.url+pingPath, nil)
		if err != nil {
			t.Error(err)
			return
		}
		r.Header = token("a")
		if response, err := http.DefaultClient.Do(r); err == nil {
			response.Body.Close()
			t.Error("the request that was given up was answered")
		}
	})
	<-began
	leave()
	for range 20 {
		all.Go(func() {
			if status, _, body := s.answer(t, "GET", pingPath, token("a")); status != 200 {
				t.Errorf("got %d %s", status, body)
			}
		})
	}
	close(answer)
	all.Wait()
	if n := j.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestAuthorizerConfigIsValidated(t *testing.T) {
	good := access.AuthorizerConfig{
		Definition: definition.Authorizer{Function: "f"}, Ask: says("", false, nil).ask,
		Event: func(http.ResponseWriter, *http.Request, apigateway.Route) (*event.ProxyRequest, error) {
			return nil, nil
		},
	}
	if _, err := access.NewAuthorizer(good); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*access.AuthorizerConfig){
		"no function":      func(c *access.AuthorizerConfig) { c.Definition.Function = "" },
		"nothing to ask":   func(c *access.AuthorizerConfig) { c.Ask = nil },
		"no event":         func(c *access.AuthorizerConfig) { c.Event = nil },
		"negative timeout": func(c *access.AuthorizerConfig) { c.Timeout = -1 },
		"pattern":          func(c *access.AuthorizerConfig) { c.Definition.Pattern = "(" },
	} {
		cfg := good
		change(&cfg)
		if _, err := access.NewAuthorizer(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkAuthorizer(b *testing.B) {
	s := says(policyOf("Allow", "*", ""), false, nil).start(b)
	header := token("a")
	for b.Loop() {
		if status, _, body := s.answer(b, "GET", pingPath, header); status != 200 {
			b.Fatalf("%d %s", status, body)
		}
	}
}
