package stream

import (
	"context"
	"time"

	"bluerose/internal/table"
)

// reader is the one goroutine of a mapping.
type reader struct {
	Config
	ctx      context.Context // ends what runs
	stopping context.Context // begins nothing more

	schema table.Schema
	cursor int64
}

func (r *reader) run() {
	if !r.Source.Owned(r.stopping) || !r.insist("the stream cannot be opened", r.open) {
		return
	}
	for {
		batch := r.gather()
		if batch == nil || !r.deliver(batch) {
			return
		}
	}
}

func (r *reader) open(ctx context.Context) (err error) {
	if r.schema, err = r.Source.Schema(ctx, r.Table); err != nil {
		return err
	}
	r.cursor, err = r.Source.Cursor(ctx, r.Name, r.Table)
	return err
}

// insist calls do until it succeeds. False says that the mapping stops.
func (r *reader) insist(failed string, do func(context.Context) error) bool {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := do(r.ctx)
		if err == nil {
			return true
		}
		r.Log.Error(failed, "error", err)
		if !r.pause(wait, nil) {
			return false
		}
	}
}

// pause waits, or until wake is closed. False says that the mapping stops.
func (r *reader) pause(wait time.Duration, wake <-chan struct{}) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-r.stopping.Done():
	}
	return r.stopping.Err() == nil
}

// gather waits for changes, and for Window for more of them. Nil says that the mapping stops.
func (r *reader) gather() (batch []table.Change) {
	var since time.Time // the batch has changes
	for {
		changed := r.Source.Changed()
		read := func(ctx context.Context) (err error) {
			batch, err = r.Source.Changes(ctx, r.Table, r.cursor, r.BatchSize, maxEventBytes)
			return err
		}
		if !r.insist("the stream cannot be read", read) || r.stopping.Err() != nil {
			return nil
		}
		wait := lookAgain
		if len(batch) > 0 {
			if since.IsZero() {
				since = time.Now()
			}
			if wait = r.Window - time.Since(since); len(batch) == r.BatchSize || wait <= 0 {
				return batch
			}
		}
		if !r.pause(wait, changed) {
			return nil
		}
	}
}

// deliver hands over a batch until the function is done with it, or gives it up. False says that the mapping stops.
func (r *reader) deliver(batch []table.Change) bool {
	var last attempt
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		if batch = r.dropOld(batch, last); batch == nil {
			return r.stopping.Err() == nil
		}
		outcome, err := r.Invoke(r.ctx, r.event(batch))
		switch {
		case r.ctx.Err() != nil:
			return false
		case err != nil:
			r.Log.Warn("the function of a stream cannot run yet", "error", err)
		case outcome.FunctionError == "":
			r.advance(batch)
			return r.stopping.Err() == nil
		default:
			last.outcome = outcome
			last.failures++
			r.Log.Warn("the function of a stream failed", "changes", len(batch), "failures", last.failures, "payload", clip(outcome.Payload))
			if r.Retries != 0 && last.failures > max(0, r.Retries) {
				return r.giveUp(batch, last, retriesExhausted)
			}
		}
		if !r.pause(wait, nil) {
			return false
		}
		if half := len(batch) / 2; r.Bisect && half > 0 && last.failures > 0 {
			return r.deliver(batch[:half]) && r.deliver(batch[half:])
		}
	}
}

// attempt is what became of a batch so far.
type attempt struct {
	failures int
	outcome  Outcome // of the last failure
}

// dropOld gives up the changes at the start of a batch that are too old. Nil says that none are left, or that the mapping
// stops.
func (r *reader) dropOld(batch []table.Change, last attempt) []table.Change {
	n := 0
	for n < len(batch) && time.Since(batch[n].At) > r.MaxAge {
		n++
	}
	if n > 0 && !r.giveUp(batch[:n], last, ageExceeded) || n == len(batch) {
		return nil
	}
	return batch[n:]
}

// giveUp hands the record of a batch on, and goes past it. False says that the mapping stops.
func (r *reader) giveUp(batch []table.Change, last attempt, condition string) bool {
	r.Log.Error("changes of a table are given up", "changes", len(batch), "from", batch[0].Sequence,
		"to", batch[len(batch)-1].Sequence, "condition", condition, "failures", last.failures)
	if r.Discard != nil {
		record := r.record(batch, last, condition)
		discard := func(ctx context.Context) error { return r.Discard(ctx, record) }
		if !r.insist("the record of changes that are given up is not taken", discard) {
			return false
		}
	}
	r.advance(batch)
	return r.stopping.Err() == nil
}

// advance goes past a batch. Where that cannot be stored, the mapping goes on: the batch is handed over again after a start.
func (r *reader) advance(batch []table.Change) {
	r.cursor = batch[len(batch)-1].Sequence
	if err := r.Source.Advance(r.ctx, r.Name, r.Table, r.cursor); err != nil {
		r.Log.Error("the place in a stream cannot be stored", "error", err)
	}
}

// clip cuts what goes to the log.
func clip(b []byte) string { return string(b[:min(len(b), 1024)]) }
