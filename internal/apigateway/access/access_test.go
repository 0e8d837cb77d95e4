package access_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"bluerose/api"
	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/access"
	"bluerose/internal/apigateway/definition"
)

// echo answers a proxy event with the authorizer of its request context, and an invocation with its payload.
type echo struct{}

func (echo) Invoke(_ context.Context, _ apigateway.Call, payload []byte) ([]byte, error) {
	return payload, nil
}

func (echo) Proxy(_ context.Context, _ apigateway.Call, r *event.ProxyRequest) (*event.ProxyResponse, error) {
	body, err := json.Marshal(r.RequestContext.Authorizer)
	return &event.ProxyResponse{StatusCode: 200, Body: body}, err
}

// service is a gateway that a scheme stands before.
type service struct {
	url string
	log lockedBuffer
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// serve starts a service. scheme gives its scheme; replacements change openapi.yaml, the old text before the new.
func serve(t testing.TB, scheme func(*apigateway.Gateway, *definition.Definition) access.Scheme, replacements ...string) *service {
	t.Helper()
	d, err := definition.Parse([]byte(strings.NewReplacer(replacements...).Replace(string(api.OpenAPI))), api.Stages)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{}
	g, err := apigateway.New(apigateway.Config{Definition: d, Function: echo{}, Log: slog.New(slog.NewJSONHandler(&s.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	g.Register(mux, access.Decorator(g, scheme(g, d)))
	server := httptest.NewServer(g.Observe(mux))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// answer sends a request, and gives the status, X-Amzn-ErrorType and the body of what comes back.
func (s *service) answer(t testing.TB, method, path string, header http.Header) (status int, errorType, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("X-Amzn-ErrorType"), string(text)
}
