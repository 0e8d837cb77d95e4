package harness

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"bluerose/event"
	"bluerose/internal/harness/arrival"
	"bluerose/internal/harness/results"
)

// Event is what the function harness takes.
type Event struct {
	Operation string          `json:"operation"` // "unit" or "load"
	Function  string          `json:"function"`  // to invoke: a name, name:qualifier or an ARN
	Event     json.RawMessage `json:"event"`     // for it; default {}

	// Of a unit test.
	TestID       string  `json:"testId"`
	Iteration    int64   `json:"iteration"` // default 0
	ResultsTable string  `json:"resultsTable"`
	Expect       *Expect `json:"expect"`

	// Of a load test.
	Iterations  *int64       `json:"iterations"`
	Rate        float64      `json:"rate"`        // requests a second; without it they are sent as fast as they are accepted
	Arrival     arrival.Kind `json:"arrival"`     // default constant
	Duration    float64      `json:"duration"`    // seconds after which no more are sent
	Concurrency int          `json:"concurrency"` // requests that are being sent at the same time; default 16
	AbortOn     *AbortOn     `json:"abortOn"`
}

// AbortOn ends a load test early. What it compares is the summary of the test whose units are sent.
type AbortOn struct {
	Failed    int64   `json:"failed"`    // more failed results than this; 0 is no bound
	ErrorRate float64 `json:"errorRate"` // a larger part of the results has failed, 0 to 1; 0 is no bound
	P99MS     float64 `json:"p99Ms"`     // a longer 99th percentile of the durations, in milliseconds; 0 is no bound
}

// The bounds of an event.
const (
	maxIterations  = arrival.MaxCount
	maxConcurrency = 256
	maxDepth       = 4 // harness events inside one another
	maxTestID      = 256

	defaultConcurrency = 16
)

// Operations of an Event.
const (
	unit = "unit"
	load = "load"
)

// Parse reads an event and checks it. What it gives is complete: defaults are set. Errors are *event.Error.
func Parse(payload []byte) (*Event, error) {
	var e Event
	decoder := json.NewDecoder(bytes.NewReader(payload))
	if err := decoder.Decode(&e); err != nil {
		return nil, event.Errorf(event.InvalidRequest, `The event must be a JSON object such as {"operation": "unit", "function": "image", …}, with fields of the right types`).Wrap(err)
	}
	if e.Operation != unit && e.Operation != load {
		return nil, event.Errorf(event.InvalidRequest, "Unrecognized operation %q", e.Operation)
	}
	if e.Function == "" {
		return nil, e.missing("function")
	}
	if len(e.Event) == 0 || string(e.Event) == "null" {
		e.Event = json.RawMessage("{}")
	}
	if e.Operation == unit {
		return &e, e.checkUnit()
	}
	return &e, e.checkLoad()
}

func (e *Event) missing(field string) error {
	return event.Errorf(event.InvalidRequest, "Invalid %s request: no %q field supplied", e.Operation, field)
}

func (e *Event) invalid(format string, args ...any) error {
	return event.Errorf(event.InvalidRequest, "Invalid "+e.Operation+" request: "+format, args...)
}

func (e *Event) checkUnit() error {
	if e.ResultsTable == "" {
		e.ResultsTable = results.Table
	}
	switch {
	case e.TestID == "":
		return e.missing("testId")
	case len(e.TestID) > maxTestID:
		return e.invalid("testId has more than %d bytes; choose a shorter one", maxTestID)
	case results.Schema(e.ResultsTable).Validate() != nil:
		return e.invalid("resultsTable must be the name of a table: 3 to 255 letters, digits, -, _ and .")
	case e.Expect != nil:
		return e.Expect.check()
	}
	return nil
}

func (e *Event) checkLoad() error {
	if e.Concurrency == 0 {
		e.Concurrency = defaultConcurrency
	}
	switch {
	case e.Iterations == nil && e.Duration == 0:
		return e.missing("iterations")
	case e.Iterations != nil && (*e.Iterations < 1 || *e.Iterations > maxIterations):
		return e.invalid("iterations must be between 1 and %d", maxIterations)
	case e.Concurrency < 1 || e.Concurrency > maxConcurrency:
		return e.invalid("concurrency must be between 1 and %d", maxConcurrency)
	case !(e.Duration >= 0 && e.Duration <= arrival.MaxDuration.Seconds()):
		return e.invalid("duration must be between 0 and %d seconds", int(arrival.MaxDuration.Seconds()))
	case e.Iterations == nil && e.Rate == 0:
		return e.invalid("a duration without iterations needs a rate")
	case e.Event[0] != '{':
		return e.invalid("the event must be a JSON object, in which iteration is set")
	case e.AbortOn != nil && e.testID() == "":
		return e.invalid("abortOn needs an event of a unit test: its results are what is compared")
	case e.AbortOn != nil && !e.AbortOn.valid():
		return e.invalid("abortOn takes failed of at least 0, errorRate of 0 to 1, and p99Ms of at least 0")
	}
	if e.Rate != 0 || e.Arrival != "" {
		return e.plan().Validate()
	}
	return nil
}

func (a AbortOn) valid() bool {
	return a.Failed >= 0 && a.ErrorRate >= 0 && a.ErrorRate <= 1 && a.P99MS >= 0
}

// plan gives when the requests of a load with a rate begin.
func (e *Event) plan() arrival.Plan {
	p := arrival.Plan{Kind: e.Arrival, Rate: e.Rate, Duration: time.Duration(e.Duration * float64(time.Second))}
	if e.Iterations != nil {
		p.Count = *e.Iterations
	}
	return p
}

// count gives how many requests a load sends.
func (e *Event) count() int64 {
	if e.Rate == 0 {
		return *e.Iterations
	}
	return e.plan().Expected()
}

// testID gives the test of the unit inside a load, however deep; empty where there is none.
func (e *Event) testID() string {
	inner := e
	for range maxDepth {
		var next Event
		if json.Unmarshal(inner.Event, &next) != nil {
			return ""
		}
		if next.Operation == unit {
			return next.TestID
		}
		inner = &next
	}
	return ""
}

// checkNesting bounds what one event sets off: harness events inside one another multiply. self is this function's name.
func (e *Event) checkNesting(self string) error {
	inner, sent := e, int64(1)
	for depth := 1; ; depth++ {
		if depth > maxDepth {
			return event.Errorf(event.InvalidRequest, "The event has harness events inside one another more than %d deep; take some away", maxDepth)
		}
		if inner.Operation == load {
			if sent *= inner.count(); sent > maxIterations {
				return event.Errorf(event.InvalidRequest, "The event would set off more than %d requests; lower its iterations", maxIterations)
			}
		}
		if !names(inner.Function, self) {
			return nil
		}
		next, err := Parse(inner.Event)
		if err != nil {
			return nil // the inner harness says what is wrong with it
		}
		inner = next
	}
}

// names reports whether a function as Lambda takes it (a name, name:qualifier, account:function:name or an ARN) is self.
func names(function, self string) bool {
	parts := strings.Split(function, ":")
	for i, part := range parts {
		if part == "function" && i+1 < len(parts) {
			return parts[i+1] == self
		}
	}
	return parts[0] == self
}
