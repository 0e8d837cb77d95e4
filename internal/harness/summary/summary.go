// Package summary is the function that makes one item of all results of a test: how many passed and failed, percentiles of
// their durations, throughput, kinds of errors, cold starts. It handles the stream of a table of results.
//
// A summary is what the results in the table come to at a change: a result that is put again is counted once, with what it is
// now, and one that is deleted is taken out. It holds the sequence number of the last change that is in it, and is written on
// the condition that this is as it was read. So a change that is handed over twice, as a stream does, counts once, and so
// does one that two invocations handle at the same time.
package summary

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"

	"bluerose/event"
	"bluerose/internal/harness/results"
	"bluerose/internal/table"
)

// writeAttempts is how often a summary that another invocation has written meanwhile is made again.
const writeAttempts = 5

// errBroken says that a summary cannot be read.
var errBroken = errors.New("the summary is broken")

// Function summarizes. Its Handle is the function.
type Function struct {
	Store table.Store
	Table string // of summaries
	Log   *slog.Logger
}

// streamEvent is what a summary needs of an event of DynamoDB Streams.
type streamEvent struct {
	Records []record
}

type record struct {
	DynamoDB struct {
		NewImage, OldImage map[string]json.RawMessage
		SequenceNumber     string
	} `json:"dynamodb"`
}

// change is a record of the stream.
type change struct {
	test     string
	sequence string
	old, now *results.Result // nil for none
}

// Handle handles an event of the stream. Either all of a test's changes are in its summary afterwards, or none.
//
// What can never be handled is in the log, and keeps nothing else waiting: items that are no results, and a summary that
// somebody else has changed so that it cannot be read.
func (f Function) Handle(ctx context.Context, payload []byte) (any, error) {
	var e streamEvent
	if err := json.Unmarshal(payload, &e); err != nil || len(e.Records) == 0 {
		return nil, event.Errorf(event.InvalidRequest, "The event is none of a table's stream: it has no Records").Wrap(err)
	}
	tests := map[string][]change{}
	var order []string
	for _, r := range e.Records {
		c, err := r.change()
		if err != nil {
			f.Log.WarnContext(ctx, "an item that is no result is not in a summary", "sequence", r.DynamoDB.SequenceNumber, "error", err)
			continue
		}
		if _, seen := tests[c.test]; !seen {
			order = append(order, c.test)
		}
		tests[c.test] = append(tests[c.test], c)
	}
	for _, test := range order {
		err := f.update(ctx, test, tests[test])
		if errors.Is(err, errBroken) {
			f.Log.ErrorContext(ctx, "a summary cannot be read; delete it, and put its results again", "test", test, "error", err)
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (r record) change() (c change, err error) {
	c.sequence = strings.TrimLeft(r.DynamoDB.SequenceNumber, "0")
	if c.sequence == "" || strings.Trim(c.sequence, "0123456789") != "" {
		return c, errors.New("the record has no sequence number")
	}
	if c.old, err = parseResult(r.DynamoDB.OldImage); err != nil {
		return c, err
	}
	if c.now, err = parseResult(r.DynamoDB.NewImage); err != nil {
		return c, err
	}
	switch {
	case c.now != nil:
		c.test = c.now.TestID
	case c.old != nil:
		c.test = c.old.TestID
	}
	if c.test == "" {
		return c, errors.New("the record has no image with a testId; the stream must have new and old images")
	}
	return c, nil
}

func parseResult(image map[string]json.RawMessage) (*results.Result, error) {
	if image == nil {
		return nil, nil
	}
	item, err := table.FromAttributes(image)
	if err != nil {
		return nil, err
	}
	var result results.Result
	return &result, item.Into(&result)
}

// update writes the summary of a test with its changes.
func (f Function) update(ctx context.Context, test string, changes []change) error {
	for range writeAttempts {
		old, err := f.Store.Get(ctx, f.Table, table.Key{Hash: test})
		if err != nil {
			return err
		}
		s, err := load(test, old)
		if err != nil {
			return err
		}
		before := s.Sequence
		for _, c := range changes {
			s.apply(c)
		}
		if s.Sequence == before {
			return nil // all of them were in it
		}
		item, err := s.item()
		if err != nil {
			return err
		}
		switch err := f.Store.PutIf(ctx, f.Table, item, table.Equal{"sequence": old["sequence"]}); {
		case err == nil:
			return nil
		case !errors.Is(err, table.ErrCondition):
			return err
		}
	}
	return event.Errorf(event.Throttled, "The summary of the test is written by others all the time; try again")
}
