package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"bluerose/event"
	"bluerose/internal/harness/results"
	"bluerose/internal/table"
)

// LoadComplete is the answer to a load test that has only iterations.
const LoadComplete = "Load test complete"

// LoadReport is the answer to a load test that asks for more.
type LoadReport struct {
	Message string `json:"message"` // LoadComplete, or why it ended early
	Sent    int64  `json:"sent"`    // requests that were accepted
	Refused int64  `json:"refused"` // requests that were not, where a rate left no time to try them again
	// Offered is the rate that was asked for and Achieved the one at which requests were sent, both in requests a second;
	// Offered is 0 without a rate.
	Offered  float64 `json:"offeredPerSecond"`
	Achieved float64 `json:"achievedPerSecond"`
}

const (
	abortEvery   = time.Second            // how often a summary is looked at
	firstBackoff = 50 * time.Millisecond  // before a request that was refused is sent again
	maxBackoff   = 2 * time.Second        // it doubles up to this
	loadMargin   = 500 * time.Millisecond // of the function's own time, to answer in
)

// sender sends the requests of one load test.
type sender struct {
	h       *Harness
	e       *Event
	tail    []byte // of every payload, behind its iteration
	sent    atomic.Int64
	refused atomic.Int64
}

// load sends a load test's requests and answers when all are accepted.
func (h *Harness) load(ctx context.Context, e *Event) (any, error) {
	s := &sender{h: h, e: e}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if left := time.Until(deadline); e.Rate > 0 && e.plan().Span() > left {
			return nil, event.Errorf(event.InvalidRequest, "The load would take %v, and the function has %v; ask for less, or send it from the command line",
				e.plan().Span().Round(time.Second), left.Round(time.Second))
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-loadMargin))
		defer cancel()
	}
	started := time.Now()
	err := s.run(ctx)
	report := s.report(time.Since(started))
	switch early, is := errors.AsType[*aborted](err); {
	case is:
		report.Message = "Load test aborted: " + early.reason
	case err != nil && ctx.Err() != nil:
		return nil, event.Errorf(event.Timeout, "The time was over when %d of %d requests were sent; ask for fewer", report.Sent, e.count()).Wrap(err)
	case err != nil:
		return nil, err
	}
	h.cfg.Log.Info("load", "function", e.Function, "sent", report.Sent, "refused", report.Refused, "offered", report.Offered,
		"achieved", report.Achieved, slog.String("message", report.Message))
	if e.Rate == 0 && e.AbortOn == nil {
		return report.Message, nil
	}
	return report, nil
}

func (s *sender) report(took time.Duration) LoadReport {
	r := LoadReport{Message: LoadComplete, Sent: s.sent.Load(), Refused: s.refused.Load(), Offered: s.e.Rate}
	if took > 0 {
		r.Achieved = float64(r.Sent+r.Refused) / took.Seconds()
	}
	return r
}

// prepare makes what all payloads share: the event without its iteration.
func (s *sender) prepare() error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(s.e.Event, &fields); err != nil {
		return s.e.invalid("the event must be a JSON object, in which iteration is set")
	}
	delete(fields, "iteration")
	rest, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	s.tail = rest[1:]
	if len(fields) > 0 {
		s.tail = append([]byte{','}, s.tail...)
	}
	return nil
}

// payload gives the event of one iteration.
func (s *sender) payload(iteration int64) []byte {
	const head = `{"iteration":`
	b := make([]byte, 0, len(head)+20+len(s.tail))
	b = strconv.AppendInt(append(b, head...), iteration, 10)
	return append(b, s.tail...)
}

// run sends everything, with as many senders as the event allows, and ends with the first error that no further try can
// mend.
func (s *sender) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	iterations := make(chan int64)
	var senders sync.WaitGroup
	for range s.e.Concurrency {
		senders.Go(func() {
			for i := range iterations {
				if err := s.send(ctx, i); err != nil {
					stop(err)
				}
			}
		})
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watch(ctx, stop)
	}()
	s.feed(ctx, iterations)
	close(iterations)
	senders.Wait()
	err := context.Cause(ctx)
	stop(nil)
	<-watched
	return err
}

// feed gives the senders their iterations when each is due.
func (s *sender) feed(ctx context.Context, to chan<- int64) {
	give := func(i int64) bool {
		select {
		case to <- i:
			return true
		case <-ctx.Done():
			return false
		}
	}
	if s.e.Rate == 0 {
		for i := range *s.e.Iterations {
			if !give(i) {
				return
			}
		}
		return
	}
	begin, i := time.Now(), int64(0)
	for due := range s.e.plan().Times(s.h.cfg.Random()) {
		if !sleep(ctx, due-time.Since(begin)) || !give(i) {
			return
		}
		i++
	}
}

// send sends one iteration. With a rate it is tried once: what comes later would be another load. Without one it is tried
// until it is accepted.
func (s *sender) send(ctx context.Context, iteration int64) error {
	for wait := firstBackoff; ; wait = min(2*wait, maxBackoff) {
		err := s.h.cfg.Functions.Send(ctx, s.e.Function, s.payload(iteration))
		switch {
		case err == nil:
			s.sent.Add(1)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case event.From(err).Kind != event.Throttled:
			return err
		case s.e.Rate > 0:
			s.refused.Add(1)
			return nil
		}
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

// sleep waits, and reports whether ctx lasted as long.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// aborted ends a load early.
type aborted struct{ reason string }

func (a *aborted) Error() string { return a.reason }

// watch ends the load when the summary of its test passes a bound of AbortOn.
func (s *sender) watch(ctx context.Context, stop context.CancelCauseFunc) {
	if s.e.AbortOn == nil {
		return
	}
	id := s.e.testID()
	for sleep(ctx, abortEvery) {
		item, err := s.h.cfg.Tables.Get(ctx, results.Summaries, table.Key{Hash: id})
		if err != nil {
			s.h.cfg.Log.Warn("The summary of a load could not be read", "testId", id, "error", err)
			continue
		}
		var summary results.Summary
		if item == nil || item.Into(&summary) != nil {
			continue
		}
		if reason := s.e.AbortOn.passed(summary); reason != "" {
			stop(&aborted{reason})
			return
		}
	}
}

// passed gives which bound a summary has passed, or nothing.
func (a AbortOn) passed(s results.Summary) string {
	switch {
	case a.Failed > 0 && s.Failed > a.Failed:
		return fmt.Sprintf("%d results failed, more than %d", s.Failed, a.Failed)
	case a.ErrorRate > 0 && float64(s.Failed) > a.ErrorRate*float64(s.Results):
		return fmt.Sprintf("%d of %d results failed, more than %g %%", s.Failed, s.Results, 100*a.ErrorRate)
	case a.P99MS > 0 && s.P99 > a.P99MS:
		return fmt.Sprintf("the 99th percentile is %.1f ms, more than %g ms", s.P99, a.P99MS)
	}
	return ""
}
