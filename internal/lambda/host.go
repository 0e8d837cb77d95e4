package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"bluerose/event"
)

// Host runs functions.
type Host struct {
	cfg     Config
	starter *starter
	store   *store
	async   *dispatcher
	ctx     context.Context // ends when Close loses its patience
	kill    context.CancelFunc
	stop    context.CancelFunc // ends what waits for work of its own: the workers of events, and the reaper
	wg      sync.WaitGroup     // calls, pools and what belongs to them

	mu        sync.Mutex
	closed    bool          // to calls from outside
	retired   bool          // to all calls: the last one of before has its answer
	calls     int           // that run
	drained   chan struct{} // closed when, after closed, no call runs; nil where Close need not wait
	functions map[string]*function
}

// New starts a host with an instance pool for $LATEST of every function that is not lazy, and with the versions, the
// aliases and the events that Config.Dir has. It returns before the instances are ready; requests wait for them.
func New(cfg Config) (*Host, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	h := &Host{cfg: cfg.withDefaults(), starter: newStarter(), functions: map[string]*function{}}
	h.ctx, h.kill = context.WithCancel(context.Background())
	var stopping context.Context
	stopping, h.stop = context.WithCancel(h.ctx)
	if err := h.open(stopping); err != nil {
		h.stop()
		h.kill()
		h.wg.Wait()
		h.starter.close()
		return nil, err
	}
	h.wg.Go(func() { h.reap(stopping) })
	h.wg.Go(func() { h.sweep(stopping) })
	return h, nil
}

// open reads what there is, and starts everything: first the processes, which take the longest.
func (h *Host) open(stopping context.Context) (err error) {
	if h.store, err = openStore(stopping, h.cfg.Dir); err != nil {
		return err
	}
	if err = h.load(stopping); err != nil {
		return errors.Join(err, h.store.close())
	}
	queue, err := openQueue(stopping, h.cfg)
	if err != nil {
		return errors.Join(err, h.store.close())
	}
	if h.async, err = newDispatcher(stopping, h, queue); err != nil {
		return errors.Join(err, queue.Close(), h.store.close())
	}
	return nil
}

func (h *Host) load(ctx context.Context) error {
	for _, def := range h.cfg.Functions {
		f := newFunction(h, def.withDefaults(h.cfg))
		if err := h.store.load(ctx, f); err != nil {
			return err
		}
		h.functions[def.Name] = f
	}
	for _, f := range h.list() {
		if !f.latest.def.Lazy {
			f.pool(f.latest)
		}
	}
	return nil
}

// sweep removes what a host before this one has left, once it is gone.
func (h *Host) sweep(stopping context.Context) {
	if !h.async.queue.Owned(stopping) {
		return
	}
	for _, f := range h.list() {
		if err := h.store.sweep(f); err != nil {
			h.cfg.Logger.Warn("what is left of unfinished versions cannot be removed", "error", err)
		}
	}
}

// reap ends instances that nobody has needed for long.
func (h *Host) reap(stopping context.Context) {
	ticker := time.NewTicker(max(h.cfg.Idle/4, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			for _, f := range h.list() {
				f.reap(now.Add(-h.cfg.Idle))
			}
		case <-stopping.Done():
			return
		}
	}
}

// Close stops the host: new requests are refused, those inside finish, with what their functions ask of other functions
// (Invocation.Inside), and then every process is ended. When ctx ends
// first, what still runs is killed and Close gives ctx's error. Nothing of the host runs when Close returns. Events that
// wait, and those that were cut off, run when there is a host again.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	first := !h.closed
	h.closed = true
	if first && h.calls > 0 {
		h.drained = make(chan struct{})
	}
	drained := h.drained
	h.mu.Unlock()
	if !first {
		return errors.New("lambda: the host is closed already")
	}
	h.stop()
	if drained != nil { // the functions inside may call one another
		select {
		case <-drained:
		case <-ctx.Done():
		}
	}
	h.mu.Lock()
	h.retired = true
	h.mu.Unlock()
	for _, f := range h.list() {
		for _, p := range f.pools() {
			p.retire()
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.wg.Wait()
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = fmt.Errorf("lambda: requests were cut off: %w", ctx.Err())
	}
	h.kill()
	<-done
	h.starter.close()
	return errors.Join(err, h.async.queue.Close(), h.store.close())
}

// Invoke runs a function and waits for its answer. A failure of the function is a Result with FunctionError; an error is
// an *event.Error: NotFound for a function, version or alias that there is not, PayloadTooLarge, Throttled when too many
// requests wait, when the answer would come after ctx's deadline or when the host is stopping, Timeout (which wraps ctx's
// error) when ctx ends first. Then a waiting request leaves the queue, and a running one ends with its process.
func (h *Host) Invoke(ctx context.Context, inv Invocation) (*Result, error) {
	return h.traced(ctx, inv, h.invoke)
}

func (h *Host) invoke(ctx context.Context, inv Invocation) (*Result, error) {
	if !h.begin(inv.Inside) {
		return nil, errStopping()
	}
	defer h.end()
	if int64(len(inv.Payload)+len(inv.Rest)) > h.cfg.MaxPayload {
		return nil, tooLarge(h.cfg.MaxPayload)
	}
	if inv.RequestID == "" {
		inv.RequestID = newRequestID()
	}
	if inv.Payload == nil {
		inv.Payload = []byte("{}")
	}
	if ctx.Err() != nil {
		return nil, callerEnded(ctx)
	}
	cost := min(max(h.cfg.Cost(inv), 1), maxCost)
	for first := true; ; {
		f, v, ref, err := h.resolve(inv.Function, inv.Qualifier, h.cfg.Random)
		if err != nil {
			return nil, err
		}
		result, err := f.pool(v).invoke(newCall(ctx, inv, cost, h.ARN(ref.name, ref.qualifier)))
		if err == nil && first {
			if other := v.def.instead(result); other != "" {
				f.counters.passedOn.Add(1)
				inv.Function, inv.Qualifier, first = other, "", false
				continue
			}
		}
		if !errors.Is(err, errRetired) {
			return result, err
		}
		if h.isRetired() {
			return nil, errStopping()
		}
	}
}

// instead gives the function to ask after a failure of this one; empty for none.
func (f Function) instead(r *Result) string {
	if r.FunctionError == "" || len(f.Instead) == 0 {
		return ""
	}
	var failed event.Failure
	if err := json.Unmarshal(r.Payload, &failed); err != nil {
		return ""
	}
	return f.Instead[failed.ErrorType]
}

// Check says whether Invoke could find its function: it is the dry run.
func (h *Host) Check(inv Invocation) error {
	_, _, _, err := h.resolve(inv.Function, inv.Qualifier, nil)
	return err
}

// begin counts a call in, so that Close waits for it; who gets true calls end. False says that the host is closed, which it
// is not for its own functions (inside) as long as a call of before runs.
func (h *Host) begin(inside bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.retired || h.closed && !(inside && h.calls > 0) {
		return false
	}
	h.calls++
	h.wg.Add(1)
	return true
}

func (h *Host) end() {
	h.mu.Lock()
	if h.calls--; h.calls == 0 && h.drained != nil {
		close(h.drained)
		h.drained = nil
	}
	h.mu.Unlock()
	h.wg.Done()
}

// isRetired reports whether the pools are retired, or about to be.
func (h *Host) isRetired() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.retired
}

// list gives the functions by name.
func (h *Host) list() []*function {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]*function, 0, len(h.functions))
	for _, f := range h.functions {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *function) int { return strings.Compare(a.name, b.name) })
	return all
}

// find gives the function that id names.
func (h *Host) find(id, qualifier string) (*function, reference, error) {
	ref, err := parseReference(id, qualifier)
	if err != nil {
		return nil, ref, err
	}
	h.mu.Lock()
	f := h.functions[ref.name]
	h.mu.Unlock()
	if f == nil || ref.region != "" && ref.region != h.cfg.Region || ref.account != "" && ref.account != h.cfg.AccountID {
		return nil, ref, h.notFound(ref)
	}
	return f, ref, nil
}

// resolve gives the function and the version that a call means; see function.version for random.
func (h *Host) resolve(id, qualifier string, random func() float64) (*function, *version, reference, error) {
	f, ref, err := h.find(id, qualifier)
	if err != nil {
		return nil, nil, ref, err
	}
	v := f.version(ref.qualifier, random)
	if v == nil {
		return nil, nil, ref, h.notFound(ref)
	}
	return f, v, ref, nil
}

func (h *Host) notFound(ref reference) error {
	qualifier := ref.qualifier
	if qualifier == "" {
		qualifier = Latest
	}
	return event.Errorf(event.NotFound, "Function not found: %s", h.ARN(ref.name, qualifier))
}

func errStopping() error {
	e := event.Errorf(event.Throttled, "The service is stopping; try again in a moment")
	e.RetryAfter = time.Second
	return e
}

func callerEnded(ctx context.Context) error {
	return event.Errorf(event.Timeout, "The request was ended before its answer was there").Wrap(ctx.Err())
}

func tooLarge(limit int64) error {
	return event.Errorf(event.PayloadTooLarge, "Request must be smaller than %d bytes for the InvokeFunction operation", limit)
}
