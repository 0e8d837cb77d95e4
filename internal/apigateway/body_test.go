package apigateway_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/apigateway"
)

func TestBodyIsBounded(t *testing.T) {
	server := start(t, apigateway.Config{Function: echo(), MaxJSON: 1000, MaxPicture: 2 << 20, MaxBodies: 4 << 20})
	for _, c := range []struct {
		path  string
		size  int
		limit string
	}{
		{servicePath, 1000, ""},
		{servicePath, 1001, "1000 bytes"},
		{servicePath, 8 << 20, "1000 bytes"},
		{imagesPath, 2 << 20, ""},
		{imagesPath, 2<<20 + 1, "2 MiB (2097152 bytes)"},
	} {
		body := bytes.Repeat([]byte("x"), c.size)
		for kind, reader := range map[string]io.Reader{"announced": bytes.NewReader(body), "chunked": io.MultiReader(bytes.NewReader(body))} {
			a := do(t, "POST", server.URL+c.path, reader)
			switch {
			case c.limit == "" && (a.status != 200 || len(a.body) != c.size):
				t.Errorf("%s, %d bytes %s: got %d", c.path, c.size, kind, a.status)
			case c.limit != "" && (a.status != 413 || !strings.Contains(a.body, c.limit) || !strings.Contains(a.body, "PayloadTooLarge")):
				t.Errorf("%s, %d bytes %s: got %d %s, want 413 and %q", c.path, c.size, kind, a.status, a.body, c.limit)
			}
			if c.limit != "" {
				checkCORS(t, a)
			}
		}
	}
}

// A client that asks first is told no without sending anything.
func TestExpectContinueOfATooLargeBody(t *testing.T) {
	server := start(t, apigateway.Config{Function: fails(errors.New("must not be called")), MaxJSON: 1000})
	conn := dial(t, server.URL)
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n", servicePath)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != 413 || !response.Close {
		t.Errorf("got %s, close %v", response.Status, response.Close)
	}
}

func dial(t *testing.T, url string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

func TestCutOffBodyDoesNotReachTheFunction(t *testing.T) {
	f := fails(errors.New("must not be called"))
	server := start(t, apigateway.Config{Function: f})
	for name, request := range map[string]string{
		"announced": "Content-Length: 100\r\n\r\nhalf",
		"chunked":   "Transfer-Encoding: chunked\r\n\r\n64\r\nhalf",
	} {
		conn := dial(t, server.URL)
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\n%s", imagesPath, request)
		conn.CloseWrite()
		text, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 400 ") || !strings.Contains(string(text), "InvalidRequest") {
			t.Errorf("%s: got %v %s", name, err, text)
		}
	}
	if len(f.ids) != 0 {
		t.Error("the function was called")
	}
	if a := do(t, "GET", server.URL+"/healthz", nil); a.status != 200 {
		t.Errorf("the next request got %d", a.status)
	}
}

func TestHungUpClientCancelsTheInvocation(t *testing.T) {
	called, ended := make(chan struct{}), make(chan error)
	f := &fake{invoke: func(ctx context.Context, _ []byte) ([]byte, error) {
		close(called)
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, event.From(ctx.Err())
	}}
	server := start(t, apigateway.Config{Function: f})
	conn := dial(t, server.URL)
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", servicePath)
	<-called
	conn.Close()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the function's context ended with %v", err)
	}
	server.Close() // waits until the request is counted
	want := `bluerose_http_requests_total{method="POST",route="` + servicePath + `",status="499"} 1`
	w := httptest.NewRecorder()
	server.Config.Handler.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(w.Body.String(), want) {
		t.Errorf("metrics lack %s", want)
	}
}

// Who waits too long for an answer is told so, and the function too.
func TestTimeoutOfTheGateway(t *testing.T) {
	f := &fake{
		invoke: func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, event.Errorf(event.Timeout, "too long").Wrap(ctx.Err())
		},
		proxy: func(ctx context.Context, _ *event.ProxyRequest) (*event.ProxyResponse, error) {
			<-ctx.Done()
			return nil, event.Errorf(event.Timeout, "too long").Wrap(ctx.Err())
		},
	}
	server := start(t, apigateway.Config{Function: f, Timeout: time.Millisecond})
	for _, path := range []string{servicePath, imagesPath} {
		if a := do(t, "POST", server.URL+path, strings.NewReader("{}")); a.status != 504 {
			t.Errorf("%s: got %d %s", path, a.status, a.body)
		}
	}
}

// The memory of all bodies is bounded: who finds no room in time is told to come back.
func TestMemoryOfBodiesIsBounded(t *testing.T) {
	running, finish := make(chan struct{}), make(chan struct{})
	f := &fake{invoke: func(_ context.Context, payload []byte) ([]byte, error) {
		if len(payload) == 1000 {
			running <- struct{}{}
			<-finish
		}
		return payload, nil
	}}
	server := start(t, apigateway.Config{Function: f, MaxJSON: 1000, MaxPicture: 1000, MaxBodies: 1000, BodyWait: time.Millisecond})
	first := make(chan int)
	go func() {
		response, err := http.Post(server.URL+servicePath, "application/json", strings.NewReader(`{"operation":"ping"}`+strings.Repeat(" ", 980)))
		if err != nil {
			first <- 0
			return
		}
		response.Body.Close()
		first <- response.StatusCode
	}()
	<-running
	if a := do(t, "POST", server.URL+servicePath, strings.NewReader("{}")); a.status != 429 || a.header.Get("Retry-After") != "1" {
		t.Errorf("second: got %d %s", a.status, a.body)
	}
	if a := do(t, "GET", server.URL+servicePath, nil); a.status != 200 {
		t.Errorf("ping needs no memory, and got %d", a.status)
	}
	close(finish)
	if status := <-first; status != 200 {
		t.Errorf("first: got %d", status)
	}
	if a := do(t, "POST", server.URL+servicePath, strings.NewReader("{}")); a.status != 200 {
		t.Errorf("third: got %d %s", a.status, a.body)
	}
}

// A client that hangs up while its request is with the function gives the memory of its body back at once.
func TestHangingUpFreesTheBody(t *testing.T) {
	running := make(chan struct{})
	f := &fake{invoke: func(ctx context.Context, payload []byte) ([]byte, error) {
		if len(payload) == 1000 {
			close(running)
			<-ctx.Done()
			return nil, event.From(ctx.Err())
		}
		return payload, nil
	}}
	server := start(t, apigateway.Config{Function: f, MaxJSON: 1000, MaxPicture: 1000, MaxBodies: 1000, BodyWait: time.Hour})
	conn := dial(t, server.URL)
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n%1000s", servicePath, "{}")
	<-running
	conn.Close()
	if a := do(t, "POST", server.URL+servicePath, strings.NewReader("{}")); a.status != 200 { // it waits for room
		t.Errorf("got %d %s", a.status, a.body)
	}
}

// What stands before a route's integration gets the same body as the function, in the same memory, which is counted once.
func TestBodyIsReadOnce(t *testing.T) {
	g, err := apigateway.New(apigateway.Config{Definition: shipped(t), Function: echo(), MaxJSON: 1000, MaxPicture: 1000, MaxBodies: 1000, BodyWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	look := func(route apigateway.Route, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			first, err := g.Body(w, r, route)
			if err != nil {
				g.Fail(w, r, err)
				return
			}
			if again, err := g.Body(w, r, route); err != nil || len(first) > 0 && &again[0] != &first[0] {
				t.Errorf("the second look is at another body, or %v", err)
			}
			next.ServeHTTP(w, r)
		})
	}
	mux := http.NewServeMux()
	g.Register(mux, look)
	server := httptest.NewServer(g.Observe(mux))
	defer server.Close()
	for range 3 { // each takes all the memory that there is, and gives it back
		if a := do(t, "POST", server.URL+imagesPath, strings.NewReader(strings.Repeat("x", 1000))); a.status != 200 || len(a.body) != 1000 {
			t.Errorf("got %d, %d bytes", a.status, len(a.body))
		}
	}
	if a := do(t, "POST", server.URL+imagesPath, strings.NewReader(strings.Repeat("x", 1001))); a.status != 413 || !strings.Contains(a.body, "PayloadTooLarge") {
		t.Errorf("too large: got %d %s", a.status, a.body)
	}
}

func TestCountedBesideTheRoutes(t *testing.T) {
	g, err := apigateway.New(apigateway.Config{Definition: shipped(t), Function: echo(), MaxJSON: 1000, MaxPicture: 1000, MaxBodies: 1000, BodyWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	running, finish := make(chan struct{}), make(chan struct{})
	handler := g.Counted(1000, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(running)
			<-finish
		}
	}))
	send := func(path, body string) int {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("POST", path, strings.NewReader(body)))
		return w.Code
	}
	first := make(chan int)
	go func() { first <- send("/slow", strings.Repeat("x", 5000)) }() // counts as what is read of it
	<-running
	if status := send("/", "x"); status != 429 {
		t.Errorf("second: got %d", status)
	}
	if status := send("/", ""); status != 200 {
		t.Errorf("without a body: got %d", status)
	}
	close(finish)
	if status := <-first; status != 200 {
		t.Errorf("first: got %d", status)
	}
	if status := send("/", "x"); status != 200 {
		t.Errorf("third: got %d", status)
	}
}
