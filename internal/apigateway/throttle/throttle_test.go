package throttle_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bluerose/api"
	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/definition"
	"bluerose/internal/apigateway/quota"
	"bluerose/internal/apigateway/throttle"
)

const stages = `
stages:
  open: {alias: $LATEST, throttle: {rate: 10, burst: 20}, source: {rate: 1, burst: 3}}
  shared: {alias: $LATEST, throttle: {rate: 10, burst: 5}, routes: {ping: {throttle: {rate: 0.1, burst: 2}}}}
  free: {alias: $LATEST}
plans:
  slow: {throttle: {rate: 2, burst: 4}}
  counted: {quota: {limit: 3, period: DAY}}
  both: {throttle: {rate: 1, burst: 1}, quota: {limit: 2, period: DAY}}
  here: {stages: [shared]}
`

// pong is the function behind the gateway.
type pong struct{ calls atomic.Int64 }

func (p *pong) Invoke(context.Context, apigateway.Call, []byte) ([]byte, error) {
	p.calls.Add(1)
	return []byte(`"pong"`), nil
}

func (p *pong) Proxy(context.Context, apigateway.Call, *event.ProxyRequest) (*event.ProxyResponse, error) {
	return nil, event.Errorf(event.Throttled, "Too many requests are waiting")
}

// gateway is a gateway with throttles, on a clock that the test moves.
type gateway struct {
	http.Handler
	pong
	now time.Time
}

// access lets everybody in, as whom the headers say.
func access(_ apigateway.Route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller := event.Caller{Mode: "apiKey", ID: r.Header.Get("Caller"), Plan: r.Header.Get("Plan")}
		next.ServeHTTP(w, r.WithContext(event.WithCaller(r.Context(), caller)))
	})
}

func start(t testing.TB, buckets int) *gateway {
	t.Helper()
	d, err := definition.Parse(api.OpenAPI, []byte(stages))
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{now: time.Date(2026, 9, 30, 23, 0, 0, 0, time.UTC)}
	inner, err := apigateway.New(apigateway.Config{Definition: d, Function: &g.pong, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return g.now }
	counter, err := quota.Open(t.Context(), quota.Config{Path: filepath.Join(t.TempDir(), "quotas.db"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := counter.Close(); err != nil {
			t.Error(err)
		}
	})
	throttles, err := throttle.New(throttle.Config{Gateway: inner, Definition: d, Quotas: counter, Buckets: buckets, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	inner.Register(mux, throttles.Before, access, throttles.After)
	g.Handler = inner.Observe(mux)
	return g
}

// get pings a stage from an address; headers are names and values.
func (g *gateway) get(stage, from string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/"+stage+"/ImageProcessingService", nil)
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(from), 1234).String()
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

// passes gives how many of n pings are let through.
func (g *gateway) passes(n int, stage, from string, headers ...string) (passed int) {
	for range n {
		if g.get(stage, from, headers...).Code == http.StatusOK {
			passed++
		}
	}
	return passed
}

func checkRefusal(t *testing.T, w *httptest.ResponseRecorder, status int, errorType, message, retryAfter string) {
	t.Helper()
	body := fmt.Sprintf(`{"message":%q}`, message)
	if w.Code != status || w.Header().Get("X-Amzn-ErrorType") != errorType || w.Body.String() != body || w.Header().Get("Retry-After") != retryAfter {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
	if w.Header().Get("Access-Control-Allow-Origin") == "" {
		t.Error("pages of other origins cannot read it")
	}
}

func (g *gateway) checkThrottled(t *testing.T, reason string, want int) {
	t.Helper()
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if line := fmt.Sprintf("bluerose_throttled_requests_total{reason=%q} %d\n", reason, want); !strings.Contains(w.Body.String(), line) {
		t.Errorf("the metrics lack %s", line)
	}
}

func TestSourcesDoNotShare(t *testing.T) {
	g := start(t, 0)
	if n := g.passes(10, "open", "198.51.100.1"); n != 3 {
		t.Errorf("%d of a burst of 3", n)
	}
	checkRefusal(t, g.get("open", "198.51.100.1"), 429, "TooManyRequestsException", "Too Many Requests", "1")
	g.checkThrottled(t, "source", 8)
	if n := g.passes(10, "open", "198.51.100.2"); n != 3 {
		t.Errorf("another address has %d of a burst of 3", n)
	}
	if n := g.passes(10, "free", "198.51.100.1"); n != 10 {
		t.Errorf("another stage lets %d of 10 through", n)
	}
	if n := g.passes(2, "open", "2001:db8:0:1::1") + g.passes(10, "open", "2001:db8:0:1:ffff::2"); n != 3 {
		t.Errorf("addresses of one /64 have %d of a burst of 3", n)
	}
	if n := g.passes(10, "open", "2001:db8:0:2::1"); n != 3 {
		t.Errorf("another /64 has %d of a burst of 3", n)
	}
	g.now = g.now.Add(1500 * time.Millisecond)
	if n := g.passes(10, "open", "198.51.100.1"); n != 1 {
		t.Errorf("%d after 1.5 s at 1 a second", n)
	}
}

// Who may be forwarded for is the owner's to say.
func TestForwardedSources(t *testing.T) {
	g := start(t, 0)
	for i := range 3 {
		if w := g.get("open", "198.51.100.1", "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i)); w.Code != 200 {
			t.Errorf("got %d", w.Code)
		}
	}
	if w := g.get("open", "198.51.100.1", "X-Forwarded-For", "203.0.113.9"); w.Code != 429 {
		t.Errorf("a caller who makes up addresses gets %d", w.Code)
	}
	if n := g.passes(10, "open", "10.0.0.1", "X-Forwarded-For", "203.0.113.1"); n != 3 {
		t.Errorf("%d through a proxy", n)
	}
	if n := g.passes(10, "open", "10.0.0.1", "X-Forwarded-For", "203.0.113.2"); n != 3 {
		t.Errorf("%d for another client of the proxy", n)
	}
}

// The table of addresses is bounded: the one that was used least lately makes room.
func TestSourcesAreBounded(t *testing.T) {
	g := start(t, 2)
	for _, c := range []struct {
		from string
		want int
	}{{"198.51.100.1", 3}, {"198.51.100.2", 1}, {"198.51.100.1", 0}, {"198.51.100.3", 1}, {"198.51.100.1", 0}, {"198.51.100.2", 3}} {
		if n := g.passes(max(c.want, 1), "open", c.from); n != c.want {
			t.Errorf("%s: %d pass, want %d", c.from, n, c.want)
		}
	}
}

func TestRoutesAndStages(t *testing.T) {
	g := start(t, 0)
	if n := g.passes(3, "shared", "198.51.100.1"); n != 2 {
		t.Errorf("%d of the route's burst of 2", n)
	}
	checkRefusal(t, g.get("shared", "198.51.100.2"), 429, "TooManyRequestsException", "Too Many Requests", "10")
	post := func() int {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/shared/ImageProcessingService/", strings.NewReader(`{"operation":"ping"}`))
		r.Header.Set("Content-Type", "application/json")
		g.ServeHTTP(w, r)
		return w.Code
	}
	for i, want := range []int{200, 200, 200, 429} { // the stage's 5, of which the other route has had 2
		if got := post(); got != want {
			t.Errorf("request %d: got %d", i, got)
		}
	}
	g.checkThrottled(t, "route", 2)
	g.checkThrottled(t, "stage", 1)
	g.now = g.now.Add(time.Minute)
	if got := post(); got != 200 {
		t.Errorf("after a minute: got %d", got)
	}
}

func TestPlans(t *testing.T) {
	g := start(t, 0)
	if n := g.passes(10, "free", "198.51.100.1", "Caller", "a", "Plan", "slow"); n != 4 {
		t.Errorf("%d of a burst of 4", n)
	}
	if n := g.passes(10, "free", "198.51.100.1", "Caller", "b", "Plan", "slow"); n != 4 {
		t.Errorf("another caller has %d of a burst of 4", n)
	}
	checkRefusal(t, g.get("free", "198.51.100.1", "Caller", "a", "Plan", "slow"), 429, "TooManyRequestsException", "Too Many Requests", "1")
	g.checkThrottled(t, "plan", 13)
	if n := g.passes(10, "free", "198.51.100.1", "Caller", "a"); n != 10 {
		t.Errorf("a caller without a plan has %d of 10", n)
	}
	checkRefusal(t, g.get("free", "198.51.100.1", "Caller", "a", "Plan", "here"), 403, "ForbiddenException", "Forbidden", "")
	checkRefusal(t, g.get("free", "198.51.100.1", "Caller", "a", "Plan", "gone"), 403, "ForbiddenException", "Forbidden", "")
	if n := g.passes(1, "shared", "198.51.100.1", "Caller", "a", "Plan", "here"); n != 1 {
		t.Error("the plan's own stage is closed")
	}
}

func TestQuotas(t *testing.T) {
	g := start(t, 0)
	if n := g.passes(10, "free", "198.51.100.1", "Caller", "a", "Plan", "counted"); n != 3 {
		t.Errorf("%d of a quota of 3", n)
	}
	checkRefusal(t, g.get("shared", "198.51.100.1", "Caller", "a", "Plan", "counted"), 429, "LimitExceededException", "Limit Exceeded", "3600")
	g.checkThrottled(t, "quota", 8)
	// What the rate refuses does not count.
	if n := g.passes(10, "free", "198.51.100.1", "Caller", "b", "Plan", "both"); n != 1 {
		t.Errorf("%d of a burst of 1", n)
	}
	g.now = g.now.Add(2 * time.Second)
	if n := g.passes(1, "free", "198.51.100.1", "Caller", "b", "Plan", "both"); n != 1 {
		t.Error("requests that were throttled are counted")
	}
	g.now = g.now.Add(time.Hour)
	if n := g.passes(10, "free", "198.51.100.1", "Caller", "a", "Plan", "counted"); n != 3 {
		t.Errorf("%d of the next day's 3", n)
	}
}

// 200 requests at once: exactly the burst is let through, and no refused one takes anything from it.
func TestManyAtOnce(t *testing.T) {
	g := start(t, 0)
	for range 3 {
		before := g.calls.Load()
		var clients sync.WaitGroup
		for i := range 200 {
			clients.Go(func() { g.get("open", fmt.Sprintf("198.51.100.%d", i)) })
		}
		clients.Wait()
		if n := g.calls.Load() - before; n != 20 {
			t.Errorf("%d of a burst of 20", n)
		}
		g.now = g.now.Add(2 * time.Second) // 10 a second: the burst is there again
	}
}

// What is answered to a request that came too often, the definition knows of every route.
func TestRefusalsAreInTheDefinition(t *testing.T) {
	g := start(t, 0)
	d, err := definition.Parse(api.OpenAPI, []byte(stages))
	if err != nil {
		t.Fatal(err)
	}
	g.passes(3, "open", "192.0.2.1") // the burst of the address that httptest's requests come from
	for _, route := range d.Routes {
		for stage, headers := range map[string]http.Header{
			"open": {}, "free": {"Caller": {"a"}, "Plan": {"both"}}, "shared": {"Caller": {"a"}, "Plan": {"gone"}},
		} {
			r := httptest.NewRequest(route.Method, "/"+stage+route.Path, nil)
			r.Header = headers
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r)
			if err := route.CheckAnswer(w.Code, w.Header(), w.Body.Bytes()); err != nil || stage == "open" && w.Code != 429 && w.Code != 204 {
				t.Errorf("%s %s %s: %d, %v", stage, route.Method, route.Path, w.Code, err)
			}
		}
	}
}

// Requests that the function has no room for count as load.
func TestLoadIsCounted(t *testing.T) {
	g := start(t, 0)
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest("POST", "/free/images", bytes.NewReader([]byte("GIF89a"))))
	if w.Code != 429 {
		t.Fatalf("got %d", w.Code)
	}
	g.checkThrottled(t, "load", 1)
}

func BenchmarkThrottles(b *testing.B) {
	for name, c := range map[string]struct{ stage, plan string }{"none": {"free", ""}, "all": {"quick", "quick"}} {
		b.Run(name, func(b *testing.B) {
			d, err := definition.Parse(api.OpenAPI, []byte("stages: {free: {alias: a}, quick: {alias: a, throttle: {rate: 1e9, burst: 1000000}, "+
				"source: {rate: 1e9, burst: 1000000}}}\nplans: {quick: {throttle: {rate: 1e9, burst: 1000000}, quota: {limit: 1000000000, period: MONTH}}}"))
			if err != nil {
				b.Fatal(err)
			}
			inner, err := apigateway.New(apigateway.Config{Definition: d, Function: &pong{}})
			if err != nil {
				b.Fatal(err)
			}
			counter, err := quota.Open(b.Context(), quota.Config{Path: filepath.Join(b.TempDir(), "quotas.db")})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = counter.Close() }()
			throttles, err := throttle.New(throttle.Config{Gateway: inner, Definition: d, Quotas: counter})
			if err != nil {
				b.Fatal(err)
			}
			stage, _ := d.Stage(c.stage)
			route := apigateway.Route{Stage: c.stage, OperationID: "ping", In: stage}
			h := throttles.Before(route, throttles.After(route, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
			r := httptest.NewRequest("GET", "/", nil)
			r = r.WithContext(event.WithCaller(r.Context(), event.Caller{Mode: "apiKey", ID: "a", Plan: c.plan}))
			w := httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
			if w.Code != 200 {
				b.Errorf("got %d", w.Code)
			}
		})
	}
}
