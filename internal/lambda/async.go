package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"bluerose/event"
	"bluerose/internal/lambda/eventqueue"
)

const maxThrottleDelay = 5 * time.Minute

// eventHead is what the queue keeps of an asynchronous invocation besides its payload. Its names are on the disk.
type eventHead struct {
	Qualifier     string          `json:"qualifier,omitempty"`
	RequestID     string          `json:"requestId"`
	TraceID       string          `json:"traceId,omitempty"`
	ClientContext json.RawMessage `json:"clientContext,omitempty"`
	DeadLetter    bool            `json:"deadLetter,omitempty"` // it is the record of another event
}

// dispatcher runs asynchronous events: once, and again after the failures of the function, as Lambda does. Every function
// has as many workers as instances, so that a slow one keeps no events of others waiting.
type dispatcher struct {
	host  *Host
	cfg   AsyncConfig
	queue *eventqueue.Queue
	log   *slog.Logger
}

func openQueue(ctx context.Context, cfg Config) (*eventqueue.Queue, error) {
	return eventqueue.Open(ctx, eventqueue.Config{
		Path: filepath.Join(cfg.Dir, "events.db"), Events: cfg.Async.Queue, Bytes: cfg.Async.QueueBytes, Log: cfg.Logger,
	})
}

// newDispatcher starts the workers, which end with stopping.
func newDispatcher(stopping context.Context, h *Host, queue *eventqueue.Queue) (*dispatcher, error) {
	d := &dispatcher{host: h, cfg: h.cfg.Async, queue: queue, log: h.cfg.Logger}
	var names []string
	for _, f := range h.list() {
		names = append(names, f.name)
	}
	lost, err := queue.Discard(stopping, names, time.Now().Add(-d.cfg.MaxAge))
	if err != nil {
		return nil, err
	}
	if lost > 0 {
		d.log.Error("asynchronous events of functions that there are no more are too old", "events", lost)
	}
	for _, f := range h.list() {
		for range f.latest.def.Instances {
			h.wg.Go(func() { d.work(stopping, f) })
		}
	}
	return d, nil
}

// InvokeAsync accepts an event that is run later, and gives its request id. By then the event is on the disk: it is run
// at least once, whatever happens to the host. Function errors are retried after Config.Async.RetryDelays. Errors are
// those of Invoke; Throttled says that too many events wait, and Internal that the event could not be stored.
func (h *Host) InvokeAsync(inv Invocation) (requestID string, err error) {
	if !h.begin(inv.Inside) {
		return "", errStopping()
	}
	defer h.end()
	if limit := h.cfg.Async.MaxPayload; int64(len(inv.Payload)) > limit {
		return "", event.Errorf(event.PayloadTooLarge,
			"%d byte payload is too large for the Event invocation type (limit %d bytes)", len(inv.Payload), limit)
	}
	_, _, ref, err := h.resolve(inv.Function, inv.Qualifier, nil)
	if err != nil {
		return "", err
	}
	if inv.RequestID == "" {
		inv.RequestID = newRequestID()
	}
	err = h.async.queue.Put(newEvent(ref, inv.Payload, eventHead{RequestID: inv.RequestID, TraceID: inv.TraceID, ClientContext: inv.ClientContext}))
	switch {
	case errors.Is(err, eventqueue.ErrFull):
		e := event.Errorf(event.Throttled, "Too many events are waiting; try again in a moment")
		e.RetryAfter = time.Second
		return "", e
	case errors.Is(err, eventqueue.ErrClosed):
		return "", errStopping()
	case err != nil:
		return "", event.Errorf(event.Internal, "The event could not be stored, and is not accepted; try again later").Wrap(err)
	}
	return inv.RequestID, nil
}

func newEvent(ref reference, payload []byte, head eventHead) eventqueue.Event {
	head.Qualifier = ref.qualifier
	text, err := json.Marshal(head)
	if err != nil { // the client context is no JSON, which Lambda's API does not let in
		head.ClientContext = nil
		text, _ = json.Marshal(head)
	}
	now := time.Now()
	return eventqueue.Event{Lane: ref.name, Head: text, Payload: payload, Accepted: now, Due: now}
}

func (d *dispatcher) work(stopping context.Context, f *function) {
	for {
		e := d.queue.Take(stopping, f.name)
		if e == nil {
			return
		}
		d.run(stopping, f, e)
	}
}

// run runs an event, and settles it unless the host is stopping: then it is run when there is a host again.
func (d *dispatcher) run(stopping context.Context, f *function, e *eventqueue.Event) {
	a := attempt{event: e, function: f}
	if err := json.Unmarshal(e.Head, &a.head); err != nil {
		d.log.Error("asynchronous event is not readable", "function", f.name, "error", err)
		d.queue.Done(e)
		return
	}
	if time.Since(e.Accepted) > d.cfg.MaxAge {
		d.giveUp(a, eventAgeExceeded)
		return
	}
	var err error
	a.result, err = d.host.Invoke(d.host.ctx, Invocation{
		Function: f.name, Qualifier: a.head.Qualifier, Payload: e.Payload,
		RequestID: a.head.RequestID, TraceID: a.head.TraceID, ClientContext: a.head.ClientContext,
	})
	switch {
	case err == nil && a.result.FunctionError == "":
		d.queue.Done(e)
	case err == nil:
		if e.Failures++; e.Failures > len(d.cfg.RetryDelays) {
			d.giveUp(a, retriesExhausted)
			return
		}
		d.later(a, d.cfg.RetryDelays[e.Failures-1])
	case stopping.Err() != nil:
	default: // too many requests, or a version that is missing: neither is the function's failure, and both may pass
		if e.Delay == 0 {
			d.log.Warn("asynchronous event cannot run yet", "function", f.name, "requestId", a.head.RequestID, "error", err)
		}
		e.Delay = min(max(2*e.Delay, d.cfg.ThrottleDelay), maxThrottleDelay)
		d.later(a, e.Delay)
	}
}

// later runs the event again after wait, unless it is too old by then.
func (d *dispatcher) later(a attempt, wait time.Duration) {
	a.event.Due = time.Now().Add(wait)
	if a.event.Due.Sub(a.event.Accepted) > d.cfg.MaxAge {
		d.giveUp(a, eventAgeExceeded)
		return
	}
	d.queue.Retry(a.event)
}

// giveUp ends an event that cannot be run: a dead-letter function gets its record, or the log has the last word.
func (d *dispatcher) giveUp(a attempt, condition string) {
	d.log.Error("asynchronous event is given up", "function", a.function.name, "requestId", a.head.RequestID,
		"condition", condition, "failures", a.event.Failures, "accepted", a.event.Accepted, "payload", a.answer())
	target := a.function.deadLetter()
	if target == "" || a.head.DeadLetter {
		d.queue.Done(a.event)
		return
	}
	ref, err := parseReference(target, "") // it was valid when the host started
	if err != nil {
		d.log.Error("dead-letter function is not valid", "function", a.function.name, "error", err)
		d.queue.Done(a.event)
		return
	}
	record := a.record(d.host, condition, d.cfg.MaxPayload)
	d.queue.Replace(a.event, newEvent(ref, record, eventHead{RequestID: newRequestID(), DeadLetter: true}))
}

// clip cuts what goes to the log.
func clip(b []byte) string { return string(b[:min(len(b), 1024)]) }
