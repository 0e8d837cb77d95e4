package apigateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"bluerose/api"
	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/definition"
)

// fake is a Function that keeps what it was asked, and answers with what its fields say.
type fake struct {
	invoke func(ctx context.Context, payload []byte) ([]byte, error)
	proxy  func(ctx context.Context, request *event.ProxyRequest) (*event.ProxyResponse, error)
	ids    []string
}

func (f *fake) Invoke(ctx context.Context, call apigateway.Call, payload []byte) ([]byte, error) {
	f.ids = append(f.ids, call.RequestID)
	return f.invoke(ctx, payload)
}

func (f *fake) Proxy(ctx context.Context, call apigateway.Call, request *event.ProxyRequest) (*event.ProxyResponse, error) {
	f.ids = append(f.ids, call.RequestID)
	return f.proxy(ctx, request)
}

// echo answers an invocation with its own payload, and a proxy event with its own body.
func echo() *fake {
	return &fake{
		invoke: func(_ context.Context, payload []byte) ([]byte, error) { return payload, nil },
		proxy: func(_ context.Context, r *event.ProxyRequest) (*event.ProxyResponse, error) {
			return &event.ProxyResponse{StatusCode: 200, Headers: map[string]string{"content-type": "image/webp"}, Body: r.Body}, nil
		},
	}
}

func fails(err error) *fake {
	return &fake{
		invoke: func(context.Context, []byte) ([]byte, error) { return nil, err },
		proxy:  func(context.Context, *event.ProxyRequest) (*event.ProxyResponse, error) { return nil, err },
	}
}

func shipped(t testing.TB) *definition.Definition {
	t.Helper()
	d, err := definition.Parse(api.OpenAPI, api.Stages)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func start(t *testing.T, cfg apigateway.Config, decorators ...apigateway.Decorator) *httptest.Server {
	t.Helper()
	return startWith(t, shipped(t), cfg, decorators...)
}

func startWith(t *testing.T, d *definition.Definition, cfg apigateway.Config, decorators ...apigateway.Decorator) *httptest.Server {
	t.Helper()
	cfg.Definition = d
	g, err := apigateway.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	g.Register(mux, decorators...)
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("a secret of the inside") })
	server := httptest.NewServer(g.Observe(mux))
	t.Cleanup(server.Close)
	return server
}

type answer struct {
	status int
	header http.Header
	body   string
}

func do(t *testing.T, method, url string, body io.Reader, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

const (
	servicePath = "/prod/ImageProcessingService"
	imagesPath  = "/prod/images"
)

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestInvocation(t *testing.T) {
	f := echo()
	server := start(t, apigateway.Config{Function: f})
	for _, c := range []struct{ method, path, body, want string }{
		{"POST", servicePath, `{"operation":"getSample"}`, `{"operation":"getSample"}`},
		{"POST", servicePath + "/", `{}`, `{}`},
		{"POST", servicePath, ``, ``},
		{"GET", servicePath, ``, `{"operation":"ping"}`},
	} {
		a := do(t, c.method, server.URL+c.path, strings.NewReader(c.body))
		if a.status != 200 || a.body != c.want || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: got %d %q of %s", c.method, c.path, a.status, a.body, a.header.Get("Content-Type"))
		}
		if id := a.header.Get("X-Amzn-RequestId"); !uuid.MatchString(id) || f.ids[len(f.ids)-1] != id {
			t.Errorf("the function saw request id %q, the caller %q", f.ids[len(f.ids)-1], id)
		}
	}
}

func TestChunkedBody(t *testing.T) {
	server := start(t, apigateway.Config{Function: echo()})
	a := do(t, "POST", server.URL+servicePath, io.MultiReader(strings.NewReader(`{"operation":`), strings.NewReader(`"ping"}`)))
	if a.status != 200 || a.body != `{"operation":"ping"}` {
		t.Errorf("got %d %q", a.status, a.body)
	}
}

func TestFailureHasTheStatusOfItsKind(t *testing.T) {
	inner := errors.New("/secret/path: inner trouble")
	for _, c := range []struct {
		err        error
		status     int
		kind       string
		retryAfter string
	}{
		{event.Errorf(event.UnsupportedArgument, `no "-foo"`).Wrap(inner), 422, "UnsupportedArgument", ""},
		{event.Errorf(event.Timeout, "too slow"), 504, "Timeout", ""},
		{event.Errorf(event.FunctionCrashed, "crashed"), 502, "FunctionCrashed", ""},
		{event.Errorf(event.Throttled, "busy"), 429, "Throttled", "1"},
		{&event.Error{Kind: event.Throttled, Message: "busy", RetryAfter: 1500 * time.Millisecond}, 429, "Throttled", "2"},
		{inner, 500, "Internal", ""},
	} {
		server := start(t, apigateway.Config{Function: fails(c.err)})
		for _, path := range []string{servicePath, imagesPath} {
			a := do(t, "POST", server.URL+path, strings.NewReader("{}"))
			var failure event.Failure
			if err := json.Unmarshal([]byte(a.body), &failure); err != nil {
				t.Fatalf("%s: %q is not JSON: %v", path, a.body, err)
			}
			if a.status != c.status || failure.ErrorType != c.kind || failure.ErrorMessage != event.From(c.err).Message {
				t.Errorf("%s: got %d %+v, want %d %s", path, a.status, failure, c.status, c.kind)
			}
			if a.header.Get("X-Amzn-ErrorType") != c.kind || a.header.Get("Retry-After") != c.retryAfter {
				t.Errorf("%s: got headers %v", path, a.header)
			}
			if strings.Contains(a.body, "secret") {
				t.Errorf("%s: the answer shows the inside: %s", path, a.body)
			}
			checkCORS(t, a)
		}
	}
}

func checkCORS(t *testing.T, a answer) {
	t.Helper()
	if a.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error("no Access-Control-Allow-Origin")
	}
	for _, name := range []string{"X-Amzn-RequestId", "Retry-After"} {
		if !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), name) {
			t.Errorf("%s is not exposed", name)
		}
	}
	if !uuid.MatchString(a.header.Get("X-Amzn-RequestId")) {
		t.Errorf("no request id")
	}
}

func TestPreflight(t *testing.T) {
	server := start(t, apigateway.Config{Function: fails(errors.New("must not be called"))})
	for path, methods := range map[string]string{
		servicePath: "GET, POST, OPTIONS", servicePath + "/": "GET, POST, OPTIONS", imagesPath: "POST, OPTIONS",
	} {
		a := do(t, "OPTIONS", server.URL+path, nil, "Origin", "https://example.org", "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "content-type")
		checkCORS(t, a)
		if a.status != 204 || a.header.Get("Access-Control-Allow-Methods") != methods ||
			!strings.Contains(a.header.Get("Access-Control-Allow-Headers"), "Content-Type") {
			t.Errorf("%s: got %d %v", path, a.status, a.header)
		}
	}
}

func TestUnknownRouteAndMethodAnswerAsAPIGateway(t *testing.T) {
	server := start(t, apigateway.Config{Function: fails(errors.New("must not be called"))})
	for _, c := range [][2]string{
		{"GET", "/prod/"}, {"GET", "/prod/nothing"}, {"POST", "/prod/images/more"}, {"PUT", servicePath},
		{"GET", imagesPath}, {"DELETE", imagesPath + "/"}, {"OPTIONS", "/prod/nothing"}, {"POST", "/prod/imageprocessingservice"},
	} {
		a := do(t, c[0], server.URL+c[1], nil)
		if a.status != 403 || a.body != `{"message":"Missing Authentication Token"}` ||
			a.header.Get("X-Amzn-ErrorType") != "MissingAuthenticationTokenException" {
			t.Errorf("%s %s: got %d %s %v", c[0], c[1], a.status, a.body, a.header)
		}
		checkCORS(t, a)
	}
}

func TestImagesBuildsTheProxyEvent(t *testing.T) {
	var got *event.ProxyRequest
	f := &fake{proxy: func(_ context.Context, r *event.ProxyRequest) (*event.ProxyResponse, error) {
		got = r
		return &event.ProxyResponse{Headers: map[string]string{
			"content-type": "image/webp", "x-bluerose-duration": "3", "Connection": "close", "X-Amzn-RequestId": "forged",
		}, Body: []byte("\x00bytes")}, nil
	}}
	now := time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC)
	server := start(t, apigateway.Config{Function: f, Now: func() time.Time { return now }})
	a := do(t, "POST", server.URL+imagesPath+"/?args=-resize+512x+-negate&output=png&output=webp", strings.NewReader("\xff\xd8picture"),
		"Accept", "image/webp", "Content-MD5", "x", "Authorization", "kept", "User-Agent", "me", "X-Forwarded-For", "192.0.2.1")

	if a.status != 200 || a.body != "\x00bytes" || a.header.Get("Content-Type") != "image/webp" || a.header.Get("X-Bluerose-Duration") != "3" {
		t.Errorf("got %d %q %v", a.status, a.body, a.header)
	}
	checkCORS(t, a)
	if !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "X-Bluerose-Duration") {
		t.Error("X-Bluerose-Duration is not exposed")
	}
	host := strings.TrimPrefix(server.URL, "http://")
	for name, c := range map[string][2]string{
		"resource":         {got.Resource, "/images"},
		"path":             {got.Path, "/images/"},
		"method":           {got.HTTPMethod, "POST"},
		"args":             {got.QueryStringParameters["args"], "-resize 512x -negate"},
		"last output":      {got.QueryStringParameters["output"], "webp"},
		"all outputs":      {strings.Join(got.MultiValueQueryStringParameters["output"], " "), "png webp"},
		"accept":           {got.Headers["Accept"], "image/webp"},
		"authorization":    {got.Headers["Authorization"], "kept"},
		"host":             {got.Headers["Host"], host},
		"dropped header":   {got.Headers["Content-Md5"] + got.Headers["Content-Length"], ""},
		"forwarded for":    {got.Headers["X-Forwarded-For"], "192.0.2.1, 127.0.0.1"},
		"forwarded proto":  {got.Headers["X-Forwarded-Proto"], "http"},
		"trace":            {got.Headers["X-Amzn-Trace-Id"][:15], "Root=1-69a7bdbf"},
		"stage":            {got.RequestContext.Stage, "prod"},
		"context path":     {got.RequestContext.Path, "/prod/images/"},
		"request id":       {got.RequestContext.RequestID, a.header.Get("X-Amzn-RequestId")},
		"request time":     {got.RequestContext.RequestTime, "04/Mar/2026:05:06:07 +0000"},
		"source":           {got.RequestContext.Identity.SourceIP, "127.0.0.1"},
		"user agent":       {got.RequestContext.Identity.UserAgent, "me"},
		"body":             {string(got.Body), "\xff\xd8picture"},
		"request id known": {f.ids[0], a.header.Get("X-Amzn-RequestId")},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: got %q, want %q", name, c[0], c[1])
		}
	}
	if got.RequestContext.RequestTimeEpoch != now.UnixMilli() {
		t.Errorf("request time: got %d, want %d", got.RequestContext.RequestTimeEpoch, now.UnixMilli())
	}
}

func TestImagesWithoutQueryHasNilMaps(t *testing.T) {
	f := echo()
	inner := f.proxy
	f.proxy = func(ctx context.Context, r *event.ProxyRequest) (*event.ProxyResponse, error) {
		if r.QueryStringParameters != nil || r.MultiValueQueryStringParameters != nil || r.PathParameters != nil {
			t.Errorf("got maps %v %v", r.QueryStringParameters, r.PathParameters)
		}
		return inner(ctx, r)
	}
	if a := do(t, "POST", start(t, apigateway.Config{Function: f}).URL+imagesPath, strings.NewReader("x")); a.status != 200 {
		t.Errorf("got %d", a.status)
	}
}

func TestImagesRefusesABrokenQueryAndABrokenAnswer(t *testing.T) {
	server := start(t, apigateway.Config{Function: &fake{
		proxy: func(context.Context, *event.ProxyRequest) (*event.ProxyResponse, error) {
			return &event.ProxyResponse{StatusCode: 42}, nil
		}}})
	for query, status := range map[string]int{"?args=%zz": 400, "": 502} {
		if a := do(t, "POST", server.URL+imagesPath+query, strings.NewReader("x")); a.status != status {
			t.Errorf("%q: got %d %s, want %d", query, a.status, a.body, status)
		}
	}
}

func TestHealthAndMetrics(t *testing.T) {
	server := start(t, apigateway.Config{Function: echo(), Stats: func() []apigateway.FunctionStats {
		return []apigateway.FunctionStats{{Function: "image", Instances: 4, Busy: 3, Queued: 2, ColdStarts: 1,
			Invocations: 11, Errors: 12, Timeouts: 13, Crashes: 14, Throttles: 15, Cancelled: 16}}
	}})
	if a := do(t, "GET", server.URL+"/healthz", nil); a.status != 200 || a.body != `{"status":"ok"}` {
		t.Errorf("healthz: got %d %s", a.status, a.body)
	}
	do(t, "POST", server.URL+imagesPath, strings.NewReader("x"))
	do(t, "BREW", server.URL+"/prod/coffee", nil)
	a := do(t, "GET", server.URL+"/metrics", nil)
	for _, line := range []string{
		`bluerose_http_requests_total{method="POST",route="/prod/images",status="200"} 1`,
		`bluerose_http_requests_total{method="other",route="/prod/",status="403"} 1`,
		`bluerose_http_request_duration_seconds_count{method="POST",route="/prod/images"} 1`,
		`bluerose_http_requests_in_flight 1`,
		`bluerose_function_instances{function="image"} 4`,
		`bluerose_function_instances_busy{function="image"} 3`,
		`bluerose_function_queue_length{function="image"} 2`,
		`bluerose_function_cold_starts_total{function="image"} 1`,
		`bluerose_function_invocations_total{function="image"} 11`,
		`bluerose_function_errors_total{function="image"} 12`,
		`bluerose_function_timeouts_total{function="image"} 13`,
		`bluerose_function_crashes_total{function="image"} 14`,
		`bluerose_function_throttles_total{function="image"} 15`,
		`bluerose_function_cancelled_total{function="image"} 16`,
	} {
		if !strings.Contains(a.body, line+"\n") {
			t.Errorf("metrics lack %s", line)
		}
	}
}

func TestAccessLog(t *testing.T) {
	var log bytes.Buffer
	f := fails(event.Errorf(event.Internal, "public words").Wrap(errors.New("inner words")))
	server := start(t, apigateway.Config{Function: f, Log: slog.New(slog.NewJSONHandler(&log, nil))})
	a := do(t, "POST", server.URL+imagesPath+"?args=-negate&X-Amz-Signature=s3cr3t", strings.NewReader("b0dy"), "Authorization", "s3cr3t")
	server.Close() // waits until the line is written
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, log.String())
	}
	for name, want := range map[string]any{
		"requestId": a.header.Get("X-Amzn-RequestId"), "method": "POST", "path": imagesPath, "route": imagesPath, "status": 500.0,
		"bytesIn": 4.0, "bytesOut": float64(len(a.body)), "error": "public words", "cause": "inner words", "level": "ERROR",
	} {
		if line[name] != want {
			t.Errorf("%s: got %v, want %v", name, line[name], want)
		}
	}
	if strings.Contains(log.String(), "s3cr3t") || strings.Contains(log.String(), "b0dy") {
		t.Errorf("the log holds what it must not: %s", log.String())
	}
}

func TestPanicIsAnswered(t *testing.T) {
	var log bytes.Buffer
	server := start(t, apigateway.Config{Function: echo(), Log: slog.New(slog.NewJSONHandler(&log, nil))})
	a := do(t, "GET", server.URL+"/panic", nil)
	server.Close()
	if a.status != 500 || !strings.Contains(a.body, `"errorType":"Internal"`) || strings.Contains(a.body, "secret") {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if !strings.Contains(log.String(), "a secret of the inside") {
		t.Errorf("the log does not say why: %s", log.String())
	}
}

func TestConfigIsValidated(t *testing.T) {
	for name, cfg := range map[string]apigateway.Config{
		"no definition":    {Function: echo()},
		"no function":      {Definition: shipped(t)},
		"negative limit":   {Definition: shipped(t), Function: echo(), MaxJSON: -1},
		"bodies too small": {Definition: shipped(t), Function: echo(), MaxBodies: 1 << 20},
	} {
		if _, err := apigateway.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
