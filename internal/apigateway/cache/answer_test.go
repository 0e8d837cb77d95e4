package cache_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/cache"
)

// answers makes a function that always answers the same.
func answers(response *event.ProxyResponse, err error) *function {
	return &function{answer: func(context.Context, int, apigateway.Call, *event.ProxyRequest) (*event.ProxyResponse, error) {
		if err != nil {
			return nil, err
		}
		answer := *response
		return &answer, nil
	}}
}

func TestHit(t *testing.T) {
	s := start(t, setup{})
	r := post("args=-negate", "picture")
	first := s.expect("miss", r)
	s.set(func() { s.now = s.now.Add(90 * time.Second) })
	second := s.expect("hit", r)
	if first.status != 200 || second.status != 200 || second.body != "a" || first.body != "a" || s.function.count() != 1 {
		t.Errorf("%d %q, then %d %q", first.status, first.body, second.status, second.body)
	}
	// The SHA-256 of "a".
	const etag = `"ca978112ca1bbdcafac231b39a23dc4d"`
	for name, want := range map[string]string{
		"Age": "90", "Cache-Control": "public, max-age=300", "Etag": etag, "Content-Type": "image/png", "Content-Length": "1", "Vary": "Accept",
		"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*",
	} {
		if got := second.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
		if name != "Age" && first.header.Get(name) != second.header.Get(name) {
			t.Errorf("%s was %q at first", name, first.header.Get(name))
		}
	}
	if one, two := first.header.Get("X-Amzn-Requestid"), second.header.Get("X-Amzn-Requestid"); one == two || two == "" {
		t.Errorf("the request ids are %q and %q", one, two)
	}
}

func TestTTL(t *testing.T) {
	s := newService(t, setup{config: func(c *cache.Config) { c.Dir, c.Disk = t.TempDir(), 1<<20 }, stages: cachedPings})
	r := post("", "p")
	s.expect("miss", r)
	s.expect("miss", get())
	s.set(func() { s.now = s.now.Add(time.Minute - 1) })
	s.expect("hit", get())
	s.set(func() { s.now = s.now.Add(1) })
	s.expect("miss", get()) // a minute is the route's own
	s.set(func() { s.now = s.now.Add(4*time.Minute - 1) })
	s.expect("hit", r)
	s.set(func() { s.now = s.now.Add(1) })
	s.expect("miss", r)
	s.expect("hit", r)
	s.set(func() { s.now = s.now.Add(-time.Hour) }) // the clock is put back
	s.expect("miss", r)
	s.expect("", r.at("/dev/images")) // a stage without
	s.expect("", post("", "").at("/prod/nothing"))
}

func TestWhatIsNotKept(t *testing.T) {
	header := func(name, value string) *event.ProxyResponse {
		r := picture("p")
		r.Headers[name] = value
		return r
	}
	for name, f := range map[string]*function{
		"a failure":   answers(nil, event.Errorf(event.InvalidImage, "broken")),
		"a crash":     answers(nil, errors.New("crash")),
		"status 201":  answers(&event.ProxyResponse{StatusCode: 201, Body: []byte("p")}, nil),
		"status 422":  answers(&event.ProxyResponse{StatusCode: 422, Body: []byte("{}")}, nil),
		"no status":   answers(&event.ProxyResponse{StatusCode: 99}, nil),
		"no-store":    answers(header("cache-control", "max-age=5, No-Store"), nil),
		"no-cache":    answers(header("Cache-Control", "no-cache"), nil),
		"private":     answers(header("Cache-Control", "private"), nil),
		"a cookie":    answers(header("Set-Cookie", "a=b"), nil),
		"Vary":        answers(header("Vary", "Accept, User-Agent"), nil),
		"Vary on all": answers(header("Vary", "*"), nil),
		"too large":   answers(picture(strings.Repeat("a", 200_000)), nil), // of 1 MiB
	} {
		s := start(t, setup{function: f})
		a, again := s.expect("miss", post("", "p")), s.expect("miss", post("", "p"))
		if a.status != again.status || a.body != again.body || f.count() != 2 {
			t.Errorf("%s: %d, then %d after %d calls", name, a.status, again.status, f.count())
		}
	}
	f := answers(header("Cache-Control", "max-age=5"), nil)
	s := start(t, setup{function: f})
	s.expect("miss", post("", "p"))
	if got := s.expect("hit", post("", "p")).header.Get("Cache-Control"); got != "max-age=5" {
		t.Errorf("the function's own Cache-Control is %q", got)
	}
}

// A ping asks whether the function is there now.
func TestPing(t *testing.T) {
	s := start(t, setup{})
	r := post("", `{"operation":"ping"}`, "Content-Type", "application/json").at(servicePath)
	s.expect("", r)
	s.expect("", r)
	if s.function.count() != 2 {
		t.Errorf("the function ran %d times", s.function.count())
	}
}

func TestIfNoneMatch(t *testing.T) {
	s := start(t, setup{stages: cachedPings})
	etag := s.expect("miss", get()).header.Get("Etag")
	for value, same := range map[string]bool{
		etag: true, "W/" + etag: true, `"x", ` + etag: true, "*": true, `"x"`: false, strings.Trim(etag, `"`): false,
	} {
		a := s.expect("hit", get("If-None-Match", value))
		if want := map[bool]int{true: 304, false: 200}[same]; a.status != want || same && (a.body != "" || a.header.Get("Etag") != etag || a.header.Get("Cache-Control") == "") {
			t.Errorf("GET with %s is answered %d %v", value, a.status, a.header)
		}
	}
	etag = s.expect("miss", post("", "p")).header.Get("Etag")
	a := s.expect("hit", post("", "p", "If-None-Match", etag))
	if a.status != http.StatusPreconditionFailed || a.header.Get("Etag") != etag || !strings.HasPrefix(a.body, `{"message":`) {
		t.Errorf("POST is answered %d %v %s", a.status, a.header, a.body)
	}
	s.set(func() { s.now = s.now.Add(time.Hour) })
	s = start(t, setup{function: answers(picture("p"), nil)})
	etag = s.expect("miss", post("", "p")).header.Get("Etag")
	if a := s.expect("miss", post("", "q", "If-None-Match", etag)); a.status != http.StatusPreconditionFailed {
		t.Errorf("an answer that was made anew and is the same is answered %d", a.status)
	}
}

func TestRefresh(t *testing.T) {
	everyone := func(stages string) string {
		return strings.ReplaceAll(stages, "cache: {ttl: 5m}", "cache: {ttl: 5m, refreshByAll: true}")
	}
	for _, c := range []struct {
		name    string
		stages  func(string) string
		may     bool
		control string
		want    string
	}{
		{"a stranger", nil, false, "no-cache", "hit"},
		{"who may", nil, true, "no-cache", "miss"},
		{"who may, in other words", nil, true, "foo, Max-Age=0", "miss"},
		{"who may and does not", nil, true, "max-age=10", "hit"},
		{"a stranger where all may", everyone, false, "max-age=0", "miss"},
	} {
		s := start(t, setup{stages: c.stages})
		s.set(func() { s.caller.Mode, s.caller.MayRefresh = "public", c.may })
		s.expect("miss", post("", "p"))
		a := s.expect(c.want, post("", "p", "Cache-Control", c.control))
		if again := s.expect("hit", post("", "p")); again.body != a.body {
			t.Errorf("%s: the fresh answer is %q, and the kept one %q", c.name, a.body, again.body)
		}
	}
}

// The version that the key names is the version that is asked, and what it runs must be the same afterwards.
func TestVersionOfKeyAndAnswer(t *testing.T) {
	var s *service
	f := &function{answer: func(_ context.Context, n int, call apigateway.Call, _ *event.ProxyRequest) (*event.ProxyResponse, error) {
		if n == 1 {
			s.set(func() { s.build = "replaced meanwhile" })
		}
		return picture(call.Qualifier), nil
	}}
	s = start(t, setup{function: f})
	s.set(func() { s.version = "7" })
	if a := s.expect("miss", post("", "p")); a.body != "7" {
		t.Errorf("version %q was asked", a.body)
	}
	s.set(func() { s.build = "one" })
	s.expect("miss", post("", "p"))
	s.expect("hit", post("", "p"))
	s.set(func() { s.build = "" }) // nobody knows
	if a := s.expect("", post("", "p")); a.body != "prod" {
		t.Errorf("%q was asked", a.body)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	s := start(t, setup{function: answers(picture(strings.Repeat("a", 50_000)), nil)})
	for i := range 100 {
		s.expect("miss", post("", strings.Repeat("p", i)))
	}
	is := s.cache.Stats().Memory
	if is.Bytes > 1<<20 || is.Entries > 20 || is.Entries < 10 || is.Evictions < 80 {
		t.Errorf("%+v", is)
	}
}

func TestMetrics(t *testing.T) {
	s := start(t, setup{})
	s.expect("miss", post("", "p"))
	s.expect("hit", post("", "p"))
	r := post("", "").at("/metrics")
	r.method = http.MethodGet
	text := s.do(r).body
	for _, line := range []string{`bluerose_cache_hits_total{tier="memory"} 1`, `bluerose_cache_misses_total 1`, `bluerose_cache_entries{tier="memory"} 1`} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("there is no %s", line)
		}
	}
}

func TestConfig(t *testing.T) {
	gateway, choose := &apigateway.Gateway{}, func(string, string) (string, string, error) { return "", "", nil }
	for name, c := range map[string]cache.Config{
		"no gateway": {Choose: choose}, "no versions": {Gateway: gateway}, "a negative bound": {Gateway: gateway, Choose: choose, Memory: -1},
		"a disk without a folder": {Gateway: gateway, Choose: choose, Disk: 1},
	} {
		if _, err := cache.New(c); err == nil {
			t.Errorf("%s is valid", name)
		}
	}
}
