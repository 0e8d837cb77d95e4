package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"bluerose/event"
)

// due is a context with a deadline that no clock watches.
type due struct {
	context.Context
	at time.Time
}

func (d due) Deadline() (time.Time, bool) { return d.at, true }

// simulation is a line with instances that take a fixed time for a unit of cost, on a clock of its own.
type simulation struct {
	line
	unit    time.Duration
	running []*call // one place for each instance
	ends    []time.Time

	inTime, late, refused, given []*call // what became of calls; given are those refused after they waited
}

func newSimulation(instances int, unit time.Duration) *simulation {
	return &simulation{
		line: line{instances: instances, timeout: 10 * time.Second},
		unit: unit, running: make([]*call, instances), ends: make([]time.Time, instances),
	}
}

// come is a call that comes at now, and wants its answer within patience.
func (s *simulation) come(now time.Time, cost int64, patience time.Duration) *call {
	s.work(now)
	c := &call{ctx: due{context.Background(), now.Add(patience)}, cost: cost, came: now}
	c.turn = s.turn(c)
	free := slices.Index(s.running, nil)
	switch {
	case free >= 0:
		s.inside += cost
		s.start(free, c, now)
	case s.line.late(c, now) > 0:
		s.refused = append(s.refused, c)
	default:
		s.inside += cost
		s.add(c)
	}
	return c
}

func (s *simulation) start(i int, c *call, now time.Time) {
	s.running[i], s.ends[i] = c, now.Add(time.Duration(c.cost)*s.unit)
}

// work lets instances finish until now, the earliest first.
func (s *simulation) work(now time.Time) {
	for {
		next := -1
		for i, c := range s.running {
			if c != nil && !s.ends[i].After(now) && (next < 0 || s.ends[i].Before(s.ends[next])) {
				next = i
			}
		}
		if next < 0 {
			return
		}
		c, end := s.running[next], s.ends[next]
		s.running[next] = nil
		s.inside -= c.cost
		s.pace.add(c.cost, time.Duration(c.cost)*s.unit)
		if deadline, _ := c.ctx.Deadline(); end.After(deadline) {
			s.late = append(s.late, c)
		} else {
			s.inTime = append(s.inTime, c)
		}
		for c := s.pop(); c != nil; c = s.pop() {
			if !s.hopeless(c, end) {
				s.start(next, c, end)
				break
			}
			s.inside -= c.cost
			s.given = append(s.given, c)
		}
	}
}

// Three times as much as two instances can do: what is let in is in time, the rest is told so when it comes, and nobody is
// refused any more once there is less to do.
func TestOverloadIsShed(t *testing.T) {
	s := newSimulation(2, 2*time.Millisecond)
	now := time.Unix(0, 0)
	for range 3000 { // a minute
		s.come(now, 60, 3*time.Second)
		now = now.Add(20 * time.Millisecond)
	}
	busy := time.Duration(len(s.inTime)) * 120 * time.Millisecond
	if len(s.late) > 0 || len(s.given) > 0 || busy < 2*58*time.Second {
		t.Errorf("%d in time (%v of work), %d late, %d refused at once, %d after waiting", len(s.inTime), busy, len(s.late), len(s.refused), len(s.given))
	}
	if len(s.refused) < 1500 {
		t.Errorf("only %d of 3000 are refused", len(s.refused))
	}
	refused := len(s.refused)
	now = now.Add(5 * time.Second)
	for range 100 {
		s.come(now, 60, 3*time.Second)
		now = now.Add(100 * time.Millisecond)
	}
	if len(s.refused) != refused {
		t.Errorf("%d are refused after the overload", len(s.refused)-refused)
	}
}

// What is cheap is answered while what is expensive waits, and the expensive is not passed for ever.
func TestCheapPassesExpensive(t *testing.T) {
	s := newSimulation(2, time.Millisecond)
	now := time.Unix(0, 0)
	s.come(now, 10, time.Minute)
	now = now.Add(time.Second) // now the pace is known
	s.work(now)
	var big []*call
	for range 10 {
		big = append(big, s.come(now, 1000, time.Minute))
	}
	small := s.come(now, 1, time.Minute)
	if wait, _ := s.expected(&call{cost: 1, turn: now}); wait > 2*time.Second {
		t.Errorf("a cheap call would wait for %v", wait)
	}
	s.work(now.Add(1100 * time.Millisecond))
	if !slices.Contains(s.inTime, small) || slices.Contains(s.inTime, big[2]) {
		t.Error("the cheap call did not pass")
	}
	// From now on cheap calls alone are more than two instances can do.
	for range 10_000 {
		now = now.Add(4 * time.Millisecond)
		s.come(now, 10, time.Minute)
	}
	for i, c := range big {
		if !slices.Contains(s.inTime, c) {
			t.Errorf("the expensive call %d was not answered in 40 s", i)
		}
	}
}

// The pace follows what requests take, and one slow request does not stay in it.
func TestPace(t *testing.T) {
	var p pace
	if p.known() || p.of(5) != 0 {
		t.Error("a pace that nobody measured")
	}
	p.add(10, 20*time.Millisecond)
	if got := p.of(100); got != 200*time.Millisecond {
		t.Errorf("got %v", got)
	}
	p.add(1, time.Minute)
	for range 10 * paceMemory {
		p.add(10, 10*time.Millisecond)
	}
	if got := p.of(100); got < 99*time.Millisecond || got > 110*time.Millisecond {
		t.Errorf("got %v", got)
	}
	if got := p.of(maxCost); got > 24*time.Hour || got <= 0 {
		t.Errorf("got %v", got)
	}
}

// asSaid is a Config.Cost for tests: the event says what it costs.
func asSaid(inv Invocation) int64 {
	var said struct{ Cost int64 }
	_ = json.Unmarshal(inv.Payload, &said)
	return said.Cost
}

// busyHost gives a host whose only instance works on something of great cost until release is called.
func busyHost(t *testing.T, change func(*Config)) (h *Host, release func()) {
	t.Helper()
	h, watch := newHost(t, func(c *Config) {
		c.Cost = asSaid
		if change != nil {
			change(c)
		}
	})
	if _, err := h.Invoke(t.Context(), Invocation{Function: "f", Payload: []byte(`{"cost":1}`)}); err != nil { // its pace is known now
		t.Fatal(err)
	}
	ctx, hangUp := context.WithCancel(t.Context())
	var running sync.WaitGroup
	started := watch.wait("hanging")
	running.Go(func() {
		_, _ = h.Invoke(ctx, Invocation{Function: "f", Payload: []byte(`{"do":"hang","cost":1000000000}`)})
	})
	<-started
	release = func() {
		hangUp()
		running.Wait()
	}
	t.Cleanup(release)
	return h, release
}

// A request that cannot be answered before its caller's deadline is refused when it comes; one without a deadline waits.
func TestNoHopeIsRefusedAtOnce(t *testing.T) {
	h, release := busyHost(t, nil)
	soon, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := h.Invoke(soon, Invocation{Function: "f", Payload: []byte(`{"cost":1}`)})
	if e := event.From(err); e == nil || e.Kind != event.Throttled || e.RetryAfter != time.Minute || soon.Err() != nil {
		t.Errorf("got %v", err)
	}
	if s := h.Stats()["f"]; s.Sheds != 1 || s.Throttles != 1 || s.Cost != 1_000_000_000 || s.Queued != 0 {
		t.Errorf("%+v", s)
	}
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if _, err := h.Invoke(t.Context(), Invocation{Function: "f", Payload: []byte(`{"cost":1}`)}); err != nil {
			t.Errorf("a request that has time: %v", err)
		}
	})
	release()
	waiting.Wait()
	if _, err := h.Invoke(soon, Invocation{Function: "f", Payload: []byte(`{"cost":1}`)}); err != nil {
		t.Errorf("a request to an instance that is free: %v", err)
	}
}

// The cost that may wait is bounded; one request may always wait, and one that hangs up gives its place back.
func TestQueueCost(t *testing.T) {
	h, _ := busyHost(t, func(c *Config) { c.QueueCost = 10 })
	queued := func(want int) {
		t.Helper()
		for end := time.Now().Add(time.Minute); h.Stats()["f"].Queued != want; {
			if time.Now().After(end) {
				t.Fatalf("%d requests wait, not %d", h.Stats()["f"].Queued, want)
			}
			runtime.Gosched()
		}
	}
	ctx, hangUp := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	wait := func(ctx context.Context, payload string) {
		waiting.Go(func() {
			if _, err := h.Invoke(ctx, Invocation{Function: "f", Payload: []byte(payload)}); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", payload, err)
			}
		})
	}
	wait(ctx, `{"cost":20}`)
	queued(1)
	if _, err := h.Invoke(t.Context(), Invocation{Function: "f", Payload: []byte(`{"cost":1}`)}); event.From(err) == nil || event.From(err).Kind != event.Throttled {
		t.Errorf("got %v", err)
	}
	hangUp()
	waiting.Wait()
	queued(0)
	ctx, hangUp = context.WithCancel(t.Context())
	wait(ctx, `{"cost":4}`)
	wait(ctx, `{"cost":6}`)
	queued(2)
	if s := h.Stats()["f"]; s.Cost != 1_000_000_010 {
		t.Errorf("%+v", s)
	}
	hangUp()
	waiting.Wait()
}

// The function hears of its caller's deadline where that comes before its own timeout.
func TestCallersDeadlineReachesTheFunction(t *testing.T) {
	h, _ := newHost(t, func(c *Config) { c.Timeout = time.Minute })
	for limit, want := range map[time.Duration]time.Duration{30 * time.Second: 30 * time.Second, time.Hour: time.Minute} {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		r, err := h.Invoke(ctx, Invocation{Function: "f", Payload: payload(t, order{Do: "context"})})
		cancel()
		var said struct{ Left float64 }
		if err != nil || json.Unmarshal(r.Payload, &said) != nil {
			t.Fatal(err)
		}
		if said.Left > want.Seconds() || said.Left < want.Seconds()-20 {
			t.Errorf("within %v the function has %v s", limit, said.Left)
		}
	}
}
