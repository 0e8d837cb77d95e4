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
	"strings"

	"bluerose/event"
	"bluerose/internal/harness/results"
	"bluerose/internal/table"
)

// writeAttempts is how often a summary that another invocation has written meanwhile is made again.
const writeAttempts = 5

// Function summarizes. Its Handle is the function.
type Function struct {
	Store table.Store
	Table string // of summaries
}

// streamEvent is what a summary needs of an event of DynamoDB Streams.
type streamEvent struct {
	Records []struct {
		DynamoDB struct {
			Keys, NewImage, OldImage map[string]json.RawMessage
			SequenceNumber           string
		} `json:"dynamodb"`
	}
}

// change is a record of the stream.
type change struct {
	sequence string
	old, now *results.Result // nil for none
}

// Handle handles an event of the stream. Either all of a test's changes are in its summary afterwards, or none.
func (f Function) Handle(ctx context.Context, payload []byte) (any, error) {
	tests, order, err := parse(payload)
	if err != nil {
		return nil, err
	}
	for _, test := range order {
		if err := f.update(ctx, test, tests[test]); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// parse gives the changes of an event by test, and the tests in the order of their first changes.
func parse(payload []byte) (tests map[string][]change, order []string, err error) {
	var e streamEvent
	if err := json.Unmarshal(payload, &e); err != nil || len(e.Records) == 0 {
		return nil, nil, event.Errorf(event.InvalidRequest, "The event is none of a table's stream: it has no Records").Wrap(err)
	}
	tests = map[string][]change{}
	for _, record := range e.Records {
		c := change{sequence: strings.TrimLeft(record.DynamoDB.SequenceNumber, "0")}
		if c.sequence == "" || strings.Trim(c.sequence, "0123456789") != "" {
			return nil, nil, event.Errorf(event.InvalidRequest, "A record of the event has no SequenceNumber")
		}
		if c.now, err = parseResult(record.DynamoDB.NewImage); err != nil {
			return nil, nil, err
		}
		if c.old, err = parseResult(record.DynamoDB.OldImage); err != nil {
			return nil, nil, err
		}
		test := ""
		for _, result := range []*results.Result{c.old, c.now} {
			if result != nil {
				test = result.TestID
			}
		}
		if test == "" {
			return nil, nil, event.Errorf(event.InvalidRequest, "A record of the event has no image with a testId; the stream must have new and old images")
		}
		if _, seen := tests[test]; !seen {
			order = append(order, test)
		}
		tests[test] = append(tests[test], c)
	}
	return tests, order, nil
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
	if err := item.Into(&result); err != nil {
		return nil, event.Errorf(event.InvalidRequest, "A record of the event is no result of a test").Wrap(err)
	}
	return &result, nil
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
