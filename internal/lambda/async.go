package lambda

import (
	"container/heap"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"bluerose/event"
)

const maxThrottleDelay = 5 * time.Minute

// asyncEvent is an asynchronous invocation that is not done yet.
type asyncEvent struct {
	Invocation
	accepted time.Time
	due      time.Time
	failures int           // how often the function failed
	throttle time.Duration // the wait after the last refusal
}

// eventQueue holds asynchronous events until they are due.
type eventQueue interface {
	// put adds an event; false says that the queue is full or stopped.
	put(e *asyncEvent) bool
	// retry adds an event that was taken, for which there is always room; false says that the queue is stopped.
	retry(e *asyncEvent) bool
	// take waits for an event that is due; false says that the queue is stopped.
	take() (*asyncEvent, bool)
	// stop lets every take end, and gives the number of events that are lost.
	stop() int
}

// dispatcher runs asynchronous events: once, and again after the failures of the function, as Lambda does.
type dispatcher struct {
	host  *Host
	cfg   AsyncConfig
	queue eventQueue
	log   *slog.Logger
}

func newDispatcher(h *Host) *dispatcher {
	d := &dispatcher{host: h, cfg: h.cfg.Async, queue: newMemoryQueue(h.cfg.Async.Queue), log: h.cfg.Logger}
	for range d.cfg.Workers {
		h.wg.Go(d.work)
	}
	return d
}

// InvokeAsync accepts an event that is run later, and gives its request id. Function errors are retried after
// Config.Async.RetryDelays. Errors are those of Invoke; Throttled says that too many events wait.
func (h *Host) InvokeAsync(inv Invocation) (requestID string, err error) {
	if h.isClosed() {
		return "", errStopping()
	}
	if limit := h.cfg.Async.MaxPayload; int64(len(inv.Payload)) > limit {
		return "", event.Errorf(event.PayloadTooLarge,
			"%d byte payload is too large for the Event invocation type (limit %d bytes)", len(inv.Payload), limit)
	}
	if err := h.Check(inv); err != nil {
		return "", err
	}
	if inv.RequestID == "" {
		inv.RequestID = newRequestID()
	}
	now := time.Now()
	if !h.async.queue.put(&asyncEvent{Invocation: inv, accepted: now, due: now}) {
		e := event.Errorf(event.Throttled, "Too many events are waiting; try again in a moment")
		e.RetryAfter = time.Second
		return "", e
	}
	return inv.RequestID, nil
}

func (d *dispatcher) stop() {
	if lost := d.queue.stop(); lost > 0 {
		d.log.Warn("asynchronous events are lost, because they wait in memory", "events", lost)
	}
}

func (d *dispatcher) work() {
	for {
		e, ok := d.queue.take()
		if !ok {
			return
		}
		d.run(e)
	}
}

func (d *dispatcher) run(e *asyncEvent) {
	log := d.log.With("function", e.Function, "requestId", e.RequestID)
	result, err := d.host.Invoke(d.host.ctx, e.Invocation)
	var refused *event.Error
	switch {
	case err == nil && result.FunctionError == "":
		return
	case err == nil && e.failures < len(d.cfg.RetryDelays):
		e.due = time.Now().Add(d.cfg.RetryDelays[e.failures])
		e.failures++
	case err == nil:
		log.Error("asynchronous event failed for the last time", "attempts", e.failures+1, "payload", clip(result.Payload))
		return
	case errors.As(err, &refused) && refused.Kind == event.Throttled:
		e.throttle = min(max(2*e.throttle, d.cfg.ThrottleDelay), maxThrottleDelay)
		e.due = time.Now().Add(e.throttle)
	default:
		log.Error("asynchronous event cannot run", "error", err)
		return
	}
	if e.due.Sub(e.accepted) > d.cfg.MaxAge {
		log.Error("asynchronous event is too old", "accepted", e.accepted)
		return
	}
	if !d.queue.retry(e) {
		log.Warn("asynchronous event is lost, because it waits in memory")
	}
}

// clip cuts what goes to the log.
func clip(b []byte) string { return string(b[:min(len(b), 1024)]) }

// memoryQueue is an eventQueue in memory.
type memoryQueue struct {
	limit  int
	ctx    context.Context
	cancel context.CancelFunc
	wake   chan struct{} // holds a token when something changed

	mu     sync.Mutex
	events eventHeap
}

func newMemoryQueue(limit int) *memoryQueue {
	q := &memoryQueue{limit: limit, wake: make(chan struct{}, 1)}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	return q
}

func (q *memoryQueue) put(e *asyncEvent) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) >= q.limit || q.ctx.Err() != nil {
		return false
	}
	q.add(e)
	return true
}

func (q *memoryQueue) retry(e *asyncEvent) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ctx.Err() != nil {
		return false
	}
	q.add(e)
	return true
}

func (q *memoryQueue) add(e *asyncEvent) {
	heap.Push(&q.events, e)
	q.signal()
}

func (q *memoryQueue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *memoryQueue) take() (*asyncEvent, bool) {
	for q.ctx.Err() == nil {
		e, wait := q.first()
		if e != nil {
			return e, true
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-q.wake:
		case <-q.ctx.Done():
		}
		timer.Stop()
	}
	return nil, false
}

// first gives the event that is due, or says how long to wait for one.
func (q *memoryQueue) first() (*asyncEvent, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) == 0 {
		return nil, time.Hour
	}
	if wait := time.Until(q.events[0].due); wait > 0 {
		return nil, wait
	}
	e := heap.Pop(&q.events).(*asyncEvent)
	if len(q.events) > 0 {
		q.signal() // for another worker
	}
	return e, 0
}

func (q *memoryQueue) stop() int {
	q.cancel()
	q.mu.Lock()
	defer q.mu.Unlock()
	lost := len(q.events)
	q.events = nil
	return lost
}

// eventHeap orders events by when they are due.
type eventHeap []*asyncEvent

func (h eventHeap) Len() int           { return len(h) }
func (h eventHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h eventHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(e any)        { *h = append(*h, e.(*asyncEvent)) }
func (h *eventHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return e
}
