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

// pool runs the instances of one version, and lets calls wait for them in a line.
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
	line    line
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
		line: line{instances: v.def.Instances, timeout: v.def.Timeout},
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

// invoke runs c, or says why it does not: errRetired, Throttled when there is no room in the line or no hope to be in time,
// or that the caller's context ended.
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
		return p.throttle(time.Second)
	}
	if n := len(p.idle); n > 0 {
		in := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.entered(c)
		in.work <- c
		return nil
	}
	if len(p.line.calls) > 0 && p.line.waiting+c.cost > p.host.cfg.QueueCost {
		return p.throttle(time.Second)
	}
	c.turn = p.line.turn(c)
	if late := p.line.late(c, c.came); late > 0 {
		return p.shed(late)
	}
	p.line.add(c)
	p.entered(c)
	return nil
}

// entered counts a call in. The caller holds mu.
func (p *pool) entered(c *call) {
	p.inside++
	p.line.inside += c.cost
}

func (p *pool) throttle(after time.Duration) error {
	p.counters.throttles.Add(1)
	e := event.Errorf(event.Throttled, "Too many requests are waiting; try again in a moment")
	e.RetryAfter = min(max(after, time.Second), time.Minute)
	return e
}

// shed refuses a call that would be late by so much: then the line may be short enough for it.
func (p *pool) shed(late time.Duration) error {
	p.counters.sheds.Add(1)
	return p.throttle(late)
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
	if !p.line.remove(c) {
		return false
	}
	p.left(c)
	return true
}

// left counts a call that is inside no more. The caller holds mu.
func (p *pool) left(c *call) {
	p.inside--
	p.line.inside -= c.cost
	p.used = time.Now()
	p.stopUnused()
}

// stopUnused ends a pool that nobody can come to, and that nobody is in. The caller holds mu.
func (p *pool) stopUnused() {
	if p.retired && p.inside == 0 {
		p.stop()
	}
}

// ready gives a free instance its next call; without one the instance is idle. Who has waited for so long that the rest of
// their time is too short is refused now, and not when it is over.
func (p *pool) ready(in *instance) *call {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := p.line.pop(); c != nil; c = p.line.pop() {
		if !p.line.hopeless(c, time.Now()) {
			return c
		}
		p.left(c)
		c.finish(nil, p.shed(time.Second))
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

// again puts a call that no runtime has seen back into the line, where its turn is.
func (p *pool) again(c *call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.ctx.Err() != nil {
		p.left(c)
		c.finish(nil, callerEnded(c.ctx))
		return
	}
	c.attempts++
	p.line.add(c)
}

// finish answers a call that an instance had.
func (p *pool) finish(c *call, r *Result, err error) {
	p.mu.Lock()
	p.left(c)
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
	for c := p.line.pop(); c != nil; c = p.line.pop() {
		p.left(c)
		c.finish(p.faulty(c, fault), nil)
	}
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
	for c := p.line.pop(); c != nil; c = p.line.pop() {
		c.finish(nil, errStopping())
	}
}

// retire lets no more calls in, and ends the instances when those inside have their answers.
func (p *pool) retire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retired = true
	p.stopUnused()
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
	p.stopUnused()
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
	s.Queued += len(p.line.calls)
	s.Cost += p.line.inside
}

// ran tells the line how long a call has kept an instance. A failure that came early was refused, and says nothing of how long
// the work takes.
func (p *pool) ran(c *call, took time.Duration, failed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !failed || took > p.line.pace.of(c.cost) {
		p.line.pace.add(c.cost, took)
	}
}
