package apigateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bluerose/api"
	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/apitest"
	"bluerose/internal/apigateway/definition"
)

// letIn is access control that lets everyone in, by the mode that the route wants first.
func letIn(route apigateway.Route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(route.Access) > 0 {
			r = r.WithContext(event.WithCaller(r.Context(), event.Caller{Mode: route.Access[0], ID: "me"}))
		}
		next.ServeHTTP(w, r)
	})
}

// conform sends a request to every method and path of the definition, in every stage, and gives each answer to look at.
func conform(t *testing.T, server string, d *definition.Definition, look func(definition.Stage, definition.Route, answer)) {
	t.Helper()
	for _, stage := range d.Stages {
		for _, route := range d.Routes {
			examples, err := route.Examples()
			if err != nil {
				t.Fatal(err)
			}
			if len(examples) == 0 {
				examples = []definition.Example{{Name: "bytes", Body: []byte("\x89PNG")}}
			}
			for _, example := range examples {
				a := do(t, route.Method, server+"/"+stage.Name+route.Path, bytes.NewReader(example.Body), "Content-Type", "application/json")
				if err := route.CheckAnswer(a.status, a.header, []byte(a.body)); err != nil {
					t.Errorf("%s %s: %v; got %.200s", stage.Name, example.Name, err, a.body)
				}
				look(stage, route, a)
			}
		}
	}
}

// answers is a function that answers as the image service does.
func answers() *fake {
	return &fake{
		invoke: func(_ context.Context, payload []byte) ([]byte, error) {
			r, err := event.ParseRequest(payload)
			if err != nil || r.Operation == event.Ping {
				return []byte(`"pong"`), err
			}
			return []byte(`"text"`), nil
		},
		proxy: func(_ context.Context, r *event.ProxyRequest) (*event.ProxyResponse, error) {
			return &event.ProxyResponse{Headers: map[string]string{"Content-Type": "image/png", "X-Bluerose-Engine": "native"}, Body: r.Body}, nil
		},
	}
}

func TestEveryRouteAnswersAsItsSchemaSays(t *testing.T) {
	server := start(t, apigateway.Config{Function: answers()}, letIn)
	count := 0
	conform(t, server.URL, shipped(t), func(stage definition.Stage, route definition.Route, a answer) {
		count++
		if a.status != 200 && a.status != 204 {
			t.Errorf("%s %s: got %d %s", stage.Name, route.OperationID, a.status, a.body)
		}
	})
	if count < 2*25 {
		t.Errorf("only %d requests were sent", count)
	}
}

func TestEveryFailureIsInTheDefinition(t *testing.T) {
	for _, kind := range []event.Kind{event.InvalidRequest, event.AccessDenied, event.NotFound, event.PayloadTooLarge, event.UnsupportedMedia,
		event.InvalidImage, event.UnsupportedArgument, event.LimitExceeded, event.Throttled, event.Internal, event.FunctionCrashed, event.NotNative, event.Timeout} {
		server := start(t, apigateway.Config{Function: fails(event.Errorf(kind, "words"))}, letIn)
		for _, route := range shipped(t).Routes {
			if route.Method != "POST" {
				continue // a GET has no body to be too large or broken
			}
			a := do(t, route.Method, server.URL+"/dev"+route.Path, strings.NewReader(`{"operation":"ping"}`))
			if err := route.CheckAnswer(a.status, a.header, []byte(a.body)); err != nil || a.status != kind.Status() {
				t.Errorf("%s: got %d, %v", kind, a.status, err)
			}
		}
	}
}

// The template that maps failures in AWS says the same statuses as the table of kinds.
func TestTheTemplateOfFailuresHasEveryKind(t *testing.T) {
	text := string(shipped(t).OpenAPI)
	for _, kind := range []event.Kind{event.InvalidRequest, event.AccessDenied, event.NotFound, event.PayloadTooLarge, event.UnsupportedMedia,
		event.InvalidImage, event.UnsupportedArgument, event.LimitExceeded, event.Throttled, event.Internal, event.FunctionCrashed, event.NotNative, event.Timeout} {
		want := fmt.Sprintf(`($kind == "%s")#set($context.responseOverride.status = %d)`, kind, kind.Status())
		if strings.Count(text, want) != 10 {
			t.Errorf("%d templates say %s", strings.Count(text, want), want)
		}
	}
}

// An answer that the definition does not know is found.
func TestUnknownAnswersFail(t *testing.T) {
	d := shipped(t)
	invoke, _ := d.Route("invoke")
	images, _ := d.Route("convertImage")
	preflight, _ := d.Route("preflightImages")
	jsonType, png := http.Header{"Content-Type": {"application/json"}}, http.Header{"Content-Type": {"image/png"}}
	for name, err := range map[string]error{
		"status":       invoke.CheckAnswer(418, jsonType, []byte(`"x"`)),
		"content type": invoke.CheckAnswer(200, png, []byte(`"x"`)),
		"no type":      invoke.CheckAnswer(200, http.Header{}, []byte(`"x"`)),
		"shape":        invoke.CheckAnswer(200, jsonType, []byte(`{"widthh":1}`)),
		"no JSON":      invoke.CheckAnswer(200, jsonType, []byte(`pong`)),
		"kind":         invoke.CheckAnswer(422, jsonType, []byte(`{"errorMessage":"x","errorType":"Nope"}`)),
		"more fields":  invoke.CheckAnswer(400, jsonType, []byte(`{"message":"x","stack":"y"}`)),
		"empty":        images.CheckAnswer(200, png, nil),
		"body":         preflight.CheckAnswer(204, http.Header{}, []byte("x")),
	} {
		if err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}

// A route with access modes is closed where nothing lets callers in.
func TestRoutesAreClosedWithoutAccessControl(t *testing.T) {
	server := start(t, apigateway.Config{Function: fails(errors.New("must not be called"))})
	want := map[string]string{
		"/key": `403 {"message":"Forbidden"}`, "/iam": `403 {"message":"Missing Authentication Token"}`,
		"/oauth": `401 {"message":"Unauthorized"}`, "/authorizer": `401 {"message":"Unauthorized"}`,
	}
	for prefix, want := range want {
		for _, path := range []string{"/ImageProcessingService", "/images"} {
			a := do(t, "POST", server.URL+"/prod"+prefix+path, strings.NewReader("{}"), "X-Api-Key", "guess", "Authorization", "Bearer guess")
			if got := fmt.Sprint(a.status, " ", a.body); got != want {
				t.Errorf("%s%s: got %s, want %s", prefix, path, got, want)
			}
			checkCORS(t, a)
		}
	}
}

func TestStagesAskTheirAliases(t *testing.T) {
	var calls []apigateway.Call
	f := answers()
	d := shipped(t)
	recorded := recorder{f, &calls}
	for i := range d.Stages {
		if d.Stages[i].Name == "prod" {
			d.Stages[i].Canary = definition.Canary{Percent: 10, Alias: "canary"}
		}
	}
	random := 0.0
	server := startWith(t, d, apigateway.Config{Function: recorded, Random: func() float64 { return random }})
	for _, c := range []struct {
		stage     string
		random    float64
		qualifier string
	}{{"dev", 0, "dev"}, {"prod", 0.05, "canary"}, {"prod", 0.5, "prod"}} {
		random = c.random
		do(t, "GET", server.URL+"/"+c.stage+"/ImageProcessingService", nil)
		if got := calls[len(calls)-1]; got.Qualifier != c.qualifier || got.Function != "image" {
			t.Errorf("%s asked %+v, want %s", c.stage, got, c.qualifier)
		}
	}
}

type recorder struct {
	*fake
	calls *[]apigateway.Call
}

func (r recorder) Invoke(ctx context.Context, call apigateway.Call, payload []byte) ([]byte, error) {
	*r.calls = append(*r.calls, call)
	return r.fake.Invoke(ctx, call, payload)
}

// Decorators stand in their order, and see the route and what the stage says of it.
func TestDecoratorsStandInTheirOrder(t *testing.T) {
	var order []string
	mark := func(name string) apigateway.Decorator {
		return func(route apigateway.Route, next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				order = append(order, name+" "+route.Stage+" "+route.OperationID+" "+apigateway.QualifierOf(r.Context()))
				next.ServeHTTP(w, r)
			})
		}
	}
	server := start(t, apigateway.Config{Function: answers()}, mark("outer"), mark("inner"))
	do(t, "GET", server.URL+"/prod/ImageProcessingService", nil)
	if got := strings.Join(order, ", "); got != "outer prod ping prod, inner prod ping prod" {
		t.Error(got)
	}
}

// Bodies that do not fit their schema are answered before the function runs, in the event contract's words.
func TestBodiesAreHeldAgainstTheirSchema(t *testing.T) {
	f := fails(errors.New("must not be called"))
	server := start(t, apigateway.Config{Function: f})
	for body, message := range map[string]string{
		``: `The event is not JSON; send one JSON object`, `{"operation":"ping"`: `The event is not JSON; send one JSON object`,
		`["ping"]`: `The event must be a JSON object such as {"operation": "ping"}`, `{"operation":7}`: `Invalid request: the field "operation" must be text in double quotes`,
		`{"operation":"resize","width":-1}`:               `Invalid request: the field "width" must be a whole number of pixels such as 512`,
		`{"operation":"resize","quality":80}`:             `Invalid request: the field "quality" must be a number from 0 to 1 such as 0.8`,
		`{"operation":"convert","customArgs":"-negate"}`:  `Invalid request: the field "customArgs" must be a list of strings such as ["-rotate", "90"]`,
		`{"operation":"resize","base64Image":[1]}`:        `Invalid request: the field "base64Image" must be base64 text`,
		`{"operation":"ping","outputExtension":"../etc"}`: `Invalid request: the field "outputExtension" must be a file name's extension such as "png" or "webp"`,
	} {
		a := do(t, "POST", server.URL+servicePath, strings.NewReader(body), "Content-Type", "application/json; charset=utf-8")
		want, _ := json.Marshal(event.Failure{ErrorMessage: message, ErrorType: "InvalidRequest"})
		if a.status != 400 || a.body != string(want) {
			t.Errorf("%s: got %d %s, want %s", body, a.status, a.body, want)
		}
	}
	if len(f.ids) != 0 {
		t.Error("the function was called")
	}
}

func TestTheDefinitionIsServed(t *testing.T) {
	server := start(t, apigateway.Config{Function: answers()})
	d := shipped(t)
	for path, want := range map[string][]byte{"/openapi.yaml": d.OpenAPI, "/openapi.json": d.JSON} {
		a := do(t, "GET", server.URL+path, nil)
		if a.status != 200 || a.body != string(want) || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: got %d, %d bytes", path, a.status, len(a.body))
		}
		if again := do(t, "GET", server.URL+path, nil, "If-None-Match", a.header.Get("ETag")); again.status != 304 {
			t.Errorf("%s again: got %d", path, again.status)
		}
	}
}

// fuzzed sends a generated request, and holds the answer against the definition.
func fuzzed(t *testing.T, handler http.Handler, d *definition.Definition, seed uint64) {
	t.Helper()
	route, r, err := apitest.Request(d, rand.New(rand.NewPCG(seed, 0)), "http://example.com")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code >= 500 {
		t.Errorf("seed %d: %s %s: got %d %s", seed, r.Method, r.URL, w.Code, w.Body)
	}
	if r.Method == route.Method {
		if err := route.CheckAnswer(w.Code, w.Result().Header, w.Body.Bytes()); err != nil {
			t.Errorf("seed %d: %s %s: %v", seed, r.Method, r.URL, err)
		}
	}
}

func fuzzTarget(t testing.TB) (http.Handler, *definition.Definition) {
	d := shipped(t)
	g, err := apigateway.New(apigateway.Config{Definition: d, Function: answers()})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	g.Register(mux, letIn)
	return g.Observe(mux), d
}

func TestGeneratedRequestsFindNo500(t *testing.T) {
	handler, d := fuzzTarget(t)
	for seed := range uint64(5000) {
		fuzzed(t, handler, d, seed)
	}
}

func FuzzAPI(f *testing.F) {
	handler, d := fuzzTarget(f)
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { fuzzed(t, handler, d, seed) })
}

// FuzzSchemaAndParserAgree looks for events that the definition takes and the service does not, or the other way round.
func FuzzSchemaAndParserAgree(f *testing.F) {
	invoke, _ := shipped(f).Route("invoke")
	schema := invoke.BodySchema("application/json")
	for _, seed := range []string{`{"operation":"ping"}`, `{"operation":"resize","width":1.5}`, `{"operation":"convert","customArgs":["a",1,null]}`,
		`{"operation":"ping","outputs":null,"format":".PNG"}`, `{"operation":"ping","width":1e2,"inputs":{"a":""}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		outline, err := event.Outline(payload)
		if err != nil {
			return
		}
		fits := schema.Check(outline) == nil
		r, err := event.ParseRequest(bytes.Clone(outline))
		if fits && err != nil {
			t.Errorf("%q fits the schema, and the service says %v", payload, err)
		}
		if !fits && err == nil && r.Operation.Known() {
			t.Errorf("%q does not fit the schema, and the service takes it: %v", payload, schema.Check(outline))
		}
	})
}

// Required parameters and Content-Types are looked at in API Gateway's words, where the definition asks for them.
func TestRequestsAreHeldAgainstTheDefinition(t *testing.T) {
	text := string(api.OpenAPI)
	for old, changed := range map[string]string{
		"      name: args\n": "      name: args\n      required: true\n", "      name: Accept\n": "      name: Accept\n      required: true\n",
		"        passthroughBehavior: when_no_match\n        cacheKeyParameters": "        passthroughBehavior: never\n        cacheKeyParameters",
	} {
		if !strings.Contains(text, old) {
			t.Fatalf("the definition has no %q", old)
		}
		text = strings.ReplaceAll(text, old, changed)
	}
	d, err := definition.Parse([]byte(text), api.Stages)
	if err != nil {
		t.Fatal(err)
	}
	server := startWith(t, d, apigateway.Config{Function: answers()})
	for _, c := range []struct{ query, accept, media, want string }{
		{"", "", "image/png", `400 BadRequestException {"message":"Missing required request parameters: [args, Accept]"}`},
		{"?args=+", "image/png", "image/png", `400 BadRequestException {"message":"Missing required request parameters: [args]"}`},
		{"?args=-negate", "*/*", "text/csv", `415 BadRequestException {"message":"Unsupported Media Type"}`},
		{"?args=-negate", "*/*", "image/png", `200  x`},
	} {
		a := do(t, "POST", server.URL+imagesPath+c.query, strings.NewReader("x"), "Content-Type", c.media, "Accept", c.accept)
		if got := fmt.Sprint(a.status, " ", a.header.Get("X-Amzn-ErrorType"), " ", a.body); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
		checkCORS(t, a)
	}
}

// The function finds who called in its request context.
func TestTheFunctionIsToldOfTheCaller(t *testing.T) {
	var got map[string]any
	f := answers()
	inner := f.proxy
	f.proxy = func(ctx context.Context, r *event.ProxyRequest) (*event.ProxyResponse, error) {
		got = r.RequestContext.Authorizer
		return inner(ctx, r)
	}
	claims := func(_ apigateway.Route, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			caller := event.Caller{Mode: definition.AccessOAuth, Authorizer: map[string]any{"claims": map[string]any{"sub": "rose"}}}
			next.ServeHTTP(w, r.WithContext(event.WithCaller(r.Context(), caller)))
		})
	}
	server := start(t, apigateway.Config{Function: f}, claims)
	a := do(t, "POST", server.URL+"/prod/oauth/images", strings.NewReader("x"))
	if a.status != 200 || fmt.Sprint(got) != "map[claims:map[sub:rose]]" {
		t.Errorf("got %d, %v", a.status, got)
	}
	if a := do(t, "POST", server.URL+"/prod/key/images", strings.NewReader("x")); a.status != 403 {
		t.Errorf("a token let in by key: %d", a.status)
	}
}
