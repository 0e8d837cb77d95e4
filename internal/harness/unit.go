package harness

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"bluerose/event"
	"bluerose/internal/harness/invoker"
	"bluerose/internal/harness/results"
	"bluerose/internal/table"
)

// maxKept is how many bytes of a function's answer a result keeps: an item of a table has 400 KiB at most.
const maxKept = 256 << 10

// omitted stands in a result for an answer that is too large to keep.
type omitted struct {
	Omitted int    `json:"omittedBytes"`
	SHA256  string `json:"sha256"`
}

// unit invokes a function and keeps what it answered. A function that fails, hangs, crashes or is not there is a result
// like any other; only one that cannot be stored is an error, and then Lambda runs the event again.
func (h *Harness) unit(ctx context.Context, e *Event) (*results.Result, error) {
	// First, so that a table that is missing costs no invocation.
	if _, err := h.cfg.Tables.Schema(ctx, e.ResultsTable); err != nil {
		return nil, err
	}
	r := h.invoke(ctx, e)
	item, err := table.ItemOf(r)
	if err != nil {
		return nil, err
	}
	return r, h.cfg.Tables.Put(ctx, e.ResultsTable, item)
}

// invoke runs the function under test and judges its answer.
func (h *Harness) invoke(ctx context.Context, e *Event) *results.Result {
	ctx, cancel := leaveTime(ctx)
	defer cancel()
	r := Run(ctx, h.cfg.Functions, h.cfg.Image, e)
	r.Region = h.cfg.Region
	return r
}

// Run invokes the function of a unit test and judges its answer. It keeps the result nowhere. image is the function that
// measures pictures.
func Run(ctx context.Context, functions Invoker, image string, e *Event) *results.Result {
	started := time.Now()
	outcome, err := functions.Invoke(ctx, e.Function, e.Event)
	took := time.Since(started)
	if err != nil {
		failure, _ := json.Marshal(event.From(err).Failure()) // two strings: cannot fail
		outcome = &invoker.Outcome{Payload: failure}
	}
	r := &results.Result{
		TestID: e.TestID, Iteration: e.Iteration, Function: e.Function, Version: outcome.Version,
		Started: started.UTC(), DurationMS: milliseconds(took), BilledMS: milliseconds(outcome.Report.Billed),
		MemoryMB: outcome.Report.MemoryMB, ColdStart: outcome.Report.Cold(), Result: kept(outcome.Payload),
	}
	r.ErrorKind, r.Reason = e.Expect.judge(ctx, meter{functions, image}, outcome.Payload)
	r.Passed = r.ErrorKind == ""
	return r
}

// storeTime is what a unit test keeps of its own time to store the result in.
const storeTime = 2 * time.Second

// leaveTime ends earlier than ctx, so that a function that hangs has a result.
func leaveTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(storeTime, time.Until(deadline)/2)))
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// failed gives why a function's answer is a failure, which is that it has an errorMessage; nothing when it is none.
func failed(answer []byte) (kind, reason string) {
	var failure struct {
		Message *json.RawMessage `json:"errorMessage"`
		Type    string           `json:"errorType"`
	}
	if json.Unmarshal(answer, &failure) != nil || failure.Message == nil {
		return "", ""
	}
	if json.Unmarshal(*failure.Message, &reason) != nil {
		reason = string(*failure.Message)
	}
	if failure.Type == "" {
		failure.Type = "Error"
	}
	return failure.Type, clip(reason, 1000)
}

func clip(text string, most int) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// kept gives what a result keeps of an answer.
func kept(answer []byte) json.RawMessage {
	switch {
	case len(answer) == 0:
		return json.RawMessage("null")
	case len(answer) > maxKept:
		note, _ := json.Marshal(omitted{len(answer), fmt.Sprintf("%x", sha256.Sum256(answer))}) // cannot fail
		return note
	case !json.Valid(answer):
		text, _ := json.Marshal(string(answer)) // cannot fail
		return text
	}
	return answer
}
