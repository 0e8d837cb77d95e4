package lambda

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"bluerose/event"
)

// The waits between the starts of an instance that keeps dying before it serves a request.
const (
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 5 * time.Second
)

// errRetired is the answer of a pool that takes no more calls; the function has another by then.
var errRetired = errors.New("lambda: the pool is retired")

// pool runs the instances of one version, and lets calls wait for them in the order in which they came.
type pool struct {
	host     *Host
	version  *version
	counters *counters
	log      *slog.Logger
	ctx      context.Context // ends with the pool: instances stop then
	stop     context.CancelFunc

	mu      sync.Mutex
	retired bool
	idle    []*instance // the last one was used last
	waiting []*call
	inside  int           // calls that were let in and have no answer yet
	live    int           // instances that start or run
	up      int           // instances that run
	slots   int           // goroutines that each keep one instance
	fault   *failure      // why the last instance did not start
	used    time.Time     // when a call left last
	known   chan struct{} // closed when an instance has started, or none could
}

// newPool starts a pool with all of its instances.
func newPool(h *Host, v *version, counters *counters) *pool {
	p := &pool{
		host: h, version: v, counters: counters,
		log:  h.cfg.Logger.With("function", v.def.Name, "version", v.number),
		live: v.def.Instances, slots: v.def.Instances, used: time.Now(), known: make(chan struct{}),
	}
	p.ctx, p.stop = context.WithCancel(h.ctx)
	for range v.def.Instances {
		h.wg.Go(p.slot)
	}
	return p
}

// retiredPool gives a pool without instances that lets nobody in.
func retiredPool() *pool {
	p := &pool{retired: true, known: make(chan struct{})}
	p.tell()
	return p
}

// invoke runs c, or says why it does not: errRetired, Throttled, or that the caller's context ended.
func (p *pool) invoke(c *call) (*Result, error) {
	if err := p.enter(c); err != nil {
		return nil, err
	}
	select {
	case <-c.done:
	case <-c.ctx.Done():
		if p.leave(c) {
			p.counters.cancelled.Add(1)
			return nil, callerEnded(c.ctx)
		}
		<-c.done // its instance kills the process and finishes it
	}
	return c.result, c.err
}

func (p *pool) enter(c *call) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.retired:
		return errRetired
	case p.live == 0 && p.fault != nil:
		c.finish(p.faulty(c, *p.fault), nil)
		return nil
	case p.inside >= p.version.def.Instances+max(p.host.cfg.Queue, 0):
		p.counters.throttles.Add(1)
		e := event.Errorf(event.Throttled, "Too many requests are waiting; try again in a moment")
		e.RetryAfter = time.Second
		return e
	}
	p.inside++
	if n := len(p.idle); n > 0 {
		in := p.idle[n-1]
		p.idle = p.idle[:n-1]
		in.work <- c
		return nil
	}
	p.waiting = append(p.waiting, c)
	return nil
}

// faulty is the result of a call that no instance can be started for.
func (p *pool) faulty(c *call, f failure) *Result {
	r := &Result{
		Payload: f.payload(c.RequestID), FunctionError: Unhandled, LogTail: f.Tail,
		ExecutedVersion: p.version.number, RequestID: c.RequestID,
	}
	p.counters.add(r)
	return r
}

// leave takes a call that still waits out of the queue; false says that it waits no more.
func (p *pool) leave(c *call) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.waiting, c)
	if i < 0 {
		return false
	}
	p.waiting = slices.Delete(p.waiting, i, i+1)
	p.left(1)
	return true
}

// left counts calls that are inside no more. The caller holds mu.
func (p *pool) left(n int) {
	p.inside -= n
	p.used = time.Now()
	if p.retired && p.inside == 0 {
		p.stop()
	}
}

// ready gives a free instance its next call; without one the instance is idle.
func (p *pool) ready(in *instance) *call {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 {
		c := p.waiting[0]
		p.waiting = slices.Delete(p.waiting, 0, 1)
		return c
	}
	p.idle = append(p.idle, in)
	return nil
}

// withdraw takes an instance that ends out of the idle ones. When it is none of them it has been given a call.
func (p *pool) withdraw(in *instance) *call {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.idle, in); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
		return nil
	}
	return <-in.work
}

// again puts a call that no runtime has seen at the head of the queue.
func (p *pool) again(c *call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.ctx.Err() != nil {
		p.left(1)
		c.finish(nil, callerEnded(c.ctx))
		return
	}
	c.attempts++
	p.waiting = slices.Insert(p.waiting, 0, c)
}

// finish answers a call that an instance had.
func (p *pool) finish(c *call, r *Result, err error) {
	p.mu.Lock()
	p.left(1)
	p.mu.Unlock()
	c.finish(r, err)
}

// slot keeps one instance running until the pool stops.
func (p *pool) slot() {
	defer p.slotEnded()
	for delay := time.Duration(0); ; {
		fault, served := p.oneInstance()
		if p.ctx.Err() != nil {
			return
		}
		if served > 0 {
			delay = 0
			continue
		}
		p.down(fault)
		delay = min(max(2*delay, firstBackoff), maxBackoff)
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-p.ctx.Done():
			timer.Stop()
			return
		}
		p.mu.Lock()
		p.live++
		p.mu.Unlock()
	}
}

// oneInstance runs an instance from its start to its end; fault says why it ended or did not start.
func (p *pool) oneInstance() (fault failure, served int) {
	in, failed := p.startInstance(p.ctx.Done())
	if failed != nil {
		return *failed, 0
	}
	p.mu.Lock()
	p.up++
	p.tell()
	p.mu.Unlock()
	in.serve(p.ctx.Done())
	p.mu.Lock()
	p.up--
	p.mu.Unlock()
	if p.ctx.Err() == nil {
		in.log.Warn("instance ended", "status", in.cmd.ProcessState.String(), "served", in.served)
	}
	return in.exitFailure(), in.served
}

// down counts an instance out. When it was the last, nobody can serve who waits, and the reason is their answer.
func (p *pool) down(fault failure) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = &fault
	if p.live--; p.live > 0 {
		return
	}
	p.tell()
	for _, c := range p.waiting {
		c.finish(p.faulty(c, fault), nil)
	}
	p.left(len(p.waiting))
	p.waiting = nil
}

// slotEnded counts a slot out. The last one answers who is still there.
func (p *pool) slotEnded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.slots--; p.slots > 0 {
		return
	}
	p.retired = true
	p.tell()
	for _, c := range p.waiting {
		c.finish(nil, errStopping())
	}
	p.waiting = nil
}

// retire lets no more calls in, and ends the instances when those inside have their answers.
func (p *pool) retire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retired = true
	p.left(0)
}

// retireIdle retires the pool unless it is in use.
func (p *pool) retireIdle() bool { return p.retireSince(time.Now()) }

// retireSince retires the pool unless it is in use, or was after that time.
func (p *pool) retireSince(since time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inside > 0 || p.used.After(since) {
		return false
	}
	p.retired = true
	p.left(0)
	return true
}

// tell says that it is known whether the instances start. The caller holds mu.
func (p *pool) tell() {
	select {
	case <-p.known:
	default:
		close(p.known)
	}
}

// waitUp waits until an instance has started, and says why none does.
func (p *pool) waitUp() error {
	<-p.known // within Config.InitTimeout, or when the pool ends
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.up == 0 && p.fault != nil {
		return errors.New(p.fault.Type + ": " + p.fault.Message + string(p.fault.Body))
	}
	return nil
}

// gauges adds what the pool holds now to s.
func (p *pool) gauges(s *Stats) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Instances += p.up
	s.Busy += p.up - len(p.idle)
	s.Queued += len(p.waiting)
}
