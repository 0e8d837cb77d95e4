package cache_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/cache"
)

// sent is a request that may not be answered yet.
type sent struct {
	*httptest.ResponseRecorder
	hangUp context.CancelFunc
	done   chan struct{}
}

// begin sends a request and waits until it goes no further.
func (s *service) begin(r request) sent {
	ctx, cancel := context.WithCancel(s.t.Context())
	is := sent{httptest.NewRecorder(), cancel, make(chan struct{})}
	in := httptest.NewRequestWithContext(ctx, r.method, r.path+"?"+r.query, strings.NewReader(r.body))
	in.Header = r.header
	go func() {
		defer close(is.done)
		s.handler.ServeHTTP(is, in)
	}()
	synctest.Wait()
	return is
}

func (is sent) isDone() bool {
	synctest.Wait()
	select {
	case <-is.done:
		return true
	default:
		return false
	}
}

// gate is a function that answers when it is told to.
type gate struct {
	function
	open  chan *event.ProxyResponse // an answer; nil is a failure
	ended chan error                // of the context of a call that ended without one
}

func newGate() *gate {
	g := &gate{open: make(chan *event.ProxyResponse), ended: make(chan error, 10)}
	g.answer = func(ctx context.Context, _ int, _ apigateway.Call, _ *event.ProxyRequest) (*event.ProxyResponse, error) {
		select {
		case response := <-g.open:
			if response == nil {
				return nil, event.Errorf(event.InvalidImage, "broken")
			}
			return response, nil
		case <-ctx.Done():
			g.ended <- ctx.Err()
			return nil, event.Errorf(event.Timeout, "ended").Wrap(ctx.Err())
		}
	}
	return g
}

func TestSharedAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		s := newService(t, setup{function: &g.function})
		first, second, other := s.begin(post("", "p")), s.begin(post("", "p")), s.begin(post("", "q"))
		if g.count() != 2 {
			t.Errorf("the function runs %d times", g.count())
		}
		g.open <- picture("1")
		g.open <- picture("1")
		for name, is := range map[string]sent{"miss": first, "shared": second} {
			if !is.isDone() || is.Code != 200 || is.Body.String() != "1" || is.Header().Get("X-Cache") != name || is.Header().Get("Etag") == "" {
				t.Errorf("%s is answered %d %v", name, is.Code, is.Header())
			}
		}
		if !other.isDone() || s.cache.Stats().Shared != 1 || s.cache.Stats().Misses != 2 {
			t.Errorf("%+v", s.cache.Stats())
		}
	})
}

// A failure goes to all who wait, and to nobody later.
func TestSharedFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		s := newService(t, setup{function: &g.function})
		first, second := s.begin(post("", "p")), s.begin(post("", "p"))
		g.open <- nil
		for _, is := range []sent{first, second} {
			if !is.isDone() || is.Code != 422 || !strings.Contains(is.Body.String(), "broken") {
				t.Errorf("answered %d %s", is.Code, is.Body)
			}
		}
		third := s.begin(post("", "p"))
		g.open <- picture("1")
		if !third.isDone() || third.Code != 200 || g.count() != 2 {
			t.Errorf("later: %d", third.Code)
		}
	})
}

// Who hangs up, be it the first, leaves the others what they wait for. When nobody is left, the work ends.
func TestHangUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		s := newService(t, setup{function: &g.function})
		first, second, third := s.begin(post("", "p")), s.begin(post("", "p")), s.begin(post("", "p"))
		first.hangUp()
		third.hangUp()
		if first.isDone() || second.isDone() || !third.isDone() || len(g.ended) != 0 {
			t.Error("the wrong one has ended")
		}
		g.open <- picture("1")
		if !second.isDone() || second.Code != 200 || second.Body.String() != "1" || !first.isDone() {
			t.Errorf("who waits is answered %d", second.Code)
		}

		first, second = s.begin(post("", "q")), s.begin(post("", "q"))
		first.hangUp()
		second.hangUp()
		if !first.isDone() || !second.isDone() || len(g.ended) != 1 {
			t.Error("work goes on that nobody waits for")
		}
		again := s.begin(post("", "q")) // does not meet what has ended
		g.open <- picture("2")
		if !again.isDone() || again.Body.String() != "2" {
			t.Errorf("later: %d %s", again.Code, again.Body)
		}
	})
}

func TestWaitingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		s := newService(t, setup{function: &g.function, config: func(c *cache.Config) { c.Waiting = 2 }})
		s.begin(post("", "p"))
		s.begin(post("", "p"))
		waiting := s.begin(post("", "p"))
		if waiting.isDone() {
			t.Errorf("the second who waits is answered %d", waiting.Code)
		}
		if third := s.begin(post("", "p")); !third.isDone() || third.Code != 429 || third.Header().Get("Retry-After") == "" {
			t.Errorf("the third who waits is answered %d", third.Code)
		}
		waiting.hangUp()
		waiting.isDone()
		if third := s.begin(post("", "p")); third.isDone() {
			t.Errorf("after one has gone: %d", third.Code)
		}
		g.open <- picture("1")
		synctest.Wait()
	})
}

// What is for the first alone, and a panic, leaves the others to themselves.
func TestNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret := picture("secret")
		secret.Headers["Cache-Control"] = "no-store"
		g := newGate()
		s := newService(t, setup{function: &g.function})
		first, second := s.begin(post("", "p")), s.begin(post("", "p"))
		g.open <- secret
		if !first.isDone() || second.isDone() || first.Body.String() != "secret" {
			t.Fatal("both have the answer of the first")
		}
		g.open <- picture("own")
		if !second.isDone() || second.Body.String() != "own" {
			t.Errorf("the second is answered %s", second.Body)
		}

		calm := g.answer
		g.answer = func(ctx context.Context, n int, call apigateway.Call, r *event.ProxyRequest) (*event.ProxyResponse, error) {
			response, err := calm(ctx, n, call, r)
			if string(response.Body) == "panic" {
				panic("a function")
			}
			return response, err
		}
		first, second = s.begin(post("", "q")), s.begin(post("", "q"))
		g.open <- picture("panic")
		if !first.isDone() || first.Code != 500 || second.isDone() {
			t.Errorf("the panic is answered %d", first.Code)
		}
		g.open <- picture("2")
		if !second.isDone() || second.Code != http.StatusOK {
			t.Errorf("the second is answered %d", second.Code)
		}
	})
}

// An answer that was asked for before a purge is not kept after it.
func TestPurgeMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		s := newService(t, setup{function: &g.function})
		first := s.begin(post("", "p"))
		if _, err := s.cache.Purge(cache.Purge{Tag: "other"}); err != nil {
			t.Fatal(err)
		}
		g.open <- picture("1")
		if !first.isDone() || first.Code != 200 || s.cache.Stats().Memory.Entries != 0 {
			t.Errorf("%d, %+v", first.Code, s.cache.Stats())
		}
	})
}
