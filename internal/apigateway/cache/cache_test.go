package cache_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"bluerose/api"
	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/cache"
	"bluerose/internal/apigateway/definition"
)

// function is a function that counts its answers, each of which is another.
type function struct {
	answer func(ctx context.Context, calls int, call apigateway.Call, request *event.ProxyRequest) (*event.ProxyResponse, error)

	mu    sync.Mutex
	calls int
}

func (f *function) next() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	return f.calls
}

func (f *function) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func (f *function) Invoke(ctx context.Context, call apigateway.Call, _ []byte) ([]byte, error) {
	response, err := f.Proxy(ctx, call, nil)
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}

func (f *function) Proxy(ctx context.Context, call apigateway.Call, request *event.ProxyRequest) (*event.ProxyResponse, error) {
	n := f.next()
	if f.answer != nil {
		return f.answer(ctx, n, call, request)
	}
	return picture(strings.Repeat("a", n)), nil
}

func picture(body string) *event.ProxyResponse {
	return &event.ProxyResponse{StatusCode: 200, Headers: map[string]string{"Content-Type": "image/png", "Vary": "Accept"}, Body: []byte(body)}
}

// service is a gateway with a cache.
type service struct {
	t        testing.TB
	function *function
	cache    *cache.Cache
	url      string

	mu             sync.Mutex
	caller         event.Caller // who calls; the zero value is a stranger
	version, build string
	now            time.Time
	handler, admin http.Handler
}

// setup is what a test changes; each may be nil.
type setup struct {
	function *function
	config   func(*cache.Config)
	stages   func(yaml string) string
	openapi  func(yaml string) string
}

const servicePath, imagesPath = "/prod/ImageProcessingService", "/prod/images"

// start starts a service behind a server.
func start(t testing.TB, with setup) *service {
	t.Helper()
	s := newService(t, with)
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func newService(t testing.TB, with setup) *service {
	t.Helper()
	openapi, stages := string(api.OpenAPI), string(api.Stages)
	if with.openapi != nil {
		openapi = with.openapi(openapi)
	}
	if with.stages != nil {
		stages = with.stages(stages)
	}
	d, err := definition.Parse([]byte(openapi), []byte(stages))
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, function: with.function, version: "1", build: "one", now: time.Unix(1_800_000_000, 0)}
	if s.function == nil {
		s.function = &function{}
	}
	gateway, err := apigateway.New(apigateway.Config{Definition: d, Function: s.function})
	if err != nil {
		t.Fatal(err)
	}
	cfg := cache.Config{Gateway: gateway, Choose: s.choose, Memory: 1 << 20, Now: s.clock}
	if with.config != nil {
		with.config(&cfg)
	}
	if s.cache, err = cache.New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.cache.Close)
	gateway.Measure(s.cache)
	mux := http.NewServeMux()
	gateway.Register(mux, s.callers, s.cache.Decorator)
	s.handler, s.admin = gateway.Observe(mux), s.cache.Handler("bluerose", []string{"dev", "prod"})
	return s
}

// set changes something while the service serves.
func (s *service) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *service) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *service) choose(_, qualifier string) (version, build string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if qualifier == "gone" {
		return "", "", event.Errorf(event.NotFound, "Function not found")
	}
	return s.version, s.build, nil
}

// callers stands for access.
func (s *service) callers(_ apigateway.Route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		caller := s.caller
		s.mu.Unlock()
		if caller.Mode != "" {
			r = r.WithContext(event.WithCaller(r.Context(), caller))
		}
		next.ServeHTTP(w, r)
	})
}

type answer struct {
	status int
	header http.Header
	body   string
}

// request is one that a test sends.
type request struct {
	method, path, query, body string
	header                    http.Header
}

func post(query, body string, header ...string) request {
	r := request{http.MethodPost, imagesPath, query, body, http.Header{"Content-Type": {"image/png"}}}
	for i := 0; i < len(header); i += 2 {
		r.header.Set(header[i], header[i+1])
	}
	return r
}

func (r request) at(path string) request { r.path = path; return r }

// get is a ping, whose answers cachedPings has kept.
func get(header ...string) request {
	r := post("", "", header...).at(servicePath)
	r.method = http.MethodGet
	return r
}

func cachedPings(stages string) string {
	return strings.Replace(stages, "ping: {cacheTTL: 0s}", "ping: {cacheTTL: 1m}", 1)
}

func (s *service) do(r request) answer {
	s.t.Helper()
	a, err := s.send(s.t.Context(), r)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// send sends a request to the server, or straight to the handler where there is none.
func (s *service) send(ctx context.Context, r request) (answer, error) {
	if s.url == "" {
		w := httptest.NewRecorder()
		in := httptest.NewRequestWithContext(ctx, r.method, r.path+"?"+r.query, strings.NewReader(r.body))
		in.Header = r.header
		s.handler.ServeHTTP(w, in)
		return answer{w.Code, w.Header(), w.Body.String()}, nil
	}
	out, err := http.NewRequestWithContext(ctx, r.method, s.url+r.path+"?"+r.query, strings.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	if out.Header = r.header; r.header == nil {
		out.Header = http.Header{}
	}
	response, err := http.DefaultClient.Do(out)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(body)}, err
}

// expect sends a request and looks at how it was answered: "hit", "miss" or "shared"; "" is without the cache.
func (s *service) expect(how string, r request) answer {
	s.t.Helper()
	a := s.do(r)
	if got := a.header.Get("X-Cache"); got != how {
		s.t.Errorf("%s %s?%s: X-Cache is %q, want %q", r.method, r.path, r.query, got, how)
	}
	return a
}
