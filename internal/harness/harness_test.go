package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bluerose/event"
	"bluerose/internal/harness/invoker"
	"bluerose/internal/harness/results"
	"bluerose/internal/table"
)

// world is functions and tables that a test decides.
type world struct {
	table.Store // what is not below must not be called

	invoke func(ctx context.Context, function string, payload []byte) (*invoker.Outcome, error)
	send   func(function string, payload []byte) error

	mu      sync.Mutex
	tables  map[string][]table.Item
	summary *results.Summary
	sent    []string
	at      []time.Time
}

func (w *world) Invoke(ctx context.Context, function string, payload []byte) (*invoker.Outcome, error) {
	return w.invoke(ctx, function, payload)
}

func (w *world) Send(_ context.Context, function string, payload []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.send != nil {
		if err := w.send(function, payload); err != nil {
			return err
		}
	}
	w.sent, w.at = append(w.sent, string(payload)), append(w.at, time.Now())
	return nil
}

func (w *world) Schema(_ context.Context, name string) (table.Schema, error) {
	if _, ok := w.tables[name]; !ok {
		return table.Schema{}, table.NoTable(name)
	}
	return results.Schema(name), nil
}

func (w *world) Put(_ context.Context, name string, items ...table.Item) error {
	w.tables[name] = append(w.tables[name], items...)
	return nil
}

func (w *world) Get(context.Context, string, table.Key) (table.Item, error) {
	if w.summary == nil {
		return nil, nil
	}
	return table.ItemOf(w.summary)
}

func answers(payload string) func(context.Context, string, []byte) (*invoker.Outcome, error) {
	return func(context.Context, string, []byte) (*invoker.Outcome, error) {
		return &invoker.Outcome{Payload: []byte(payload), Version: "3", Report: invoker.Report{Billed: 4 * time.Millisecond, MemoryMB: 128, Init: time.Millisecond}}, nil
	}
}

func newHarness(t *testing.T, w *world) *Harness {
	t.Helper()
	if w.tables == nil {
		w.tables = map[string][]table.Item{results.Table: nil}
	}
	h, err := New(Config{Functions: w, Tables: w, Self: "harness", Region: "eu-west-1", Image: "image"})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// handle gives the answer to payload as JSON.
func handle(ctx context.Context, t *testing.T, w *world, payload []byte) (string, error) {
	t.Helper()
	value, err := newHarness(t, w).Handle(ctx, payload)
	if err != nil {
		return "", err
	}
	answer, err := json.Marshal(value)
	return string(answer), err
}

func TestUnitKeepsItsResult(t *testing.T) {
	var called string
	w := &world{invoke: func(_ context.Context, function string, payload []byte) (*invoker.Outcome, error) {
		called = function + " " + string(payload)
		return answers(`"pong"`)(nil, "", nil)
	}}
	answer, err := handle(t.Context(), t, w, []byte(`{"operation":"unit","function":"image:prod","event":{"operation":"ping"},"testId":"T","iteration":5}`))
	if err != nil {
		t.Fatal(err)
	}
	if called != `image:prod {"operation":"ping"}` {
		t.Errorf("invoked %s", called)
	}
	var r results.Result
	if err := w.tables[results.Table][0].Into(&r); err != nil {
		t.Fatal(err)
	}
	if string(r.Result) != `"pong"` || !r.Passed || r.TestID != "T" || r.Iteration != 5 || r.Version != "3" || r.Region != "eu-west-1" ||
		r.BilledMS != 4 || r.MemoryMB != 128 || !r.ColdStart || r.Started.IsZero() || r.ErrorKind != "" || r.Function != "image:prod" {
		t.Errorf("kept %+v", r)
	}
	if !strings.Contains(answer, `"result":"pong"`) {
		t.Errorf("answered %s", answer)
	}
}

// Whatever becomes of the function is a result.
func TestUnitOfAFunctionThatFails(t *testing.T) {
	huge := `"` + strings.Repeat("a", 6<<20) + `"`
	for name, test := range map[string]struct {
		outcome string
		err     error
		kind    string
		reason  string
		result  string
	}{
		"it fails":       {outcome: `{"errorMessage":"no picture","errorType":"InvalidRequest"}`, kind: "InvalidRequest", reason: "no picture"},
		"no type":        {outcome: `{"errorMessage":"no picture"}`, kind: "Error", reason: "no picture"},
		"no text":        {outcome: `{"errorMessage":{"a":1}}`, kind: "Error", reason: `{"a":1}`},
		"null":           {outcome: `{"errorMessage":null}`, result: `{"errorMessage":null}`},
		"it is missing":  {err: event.Errorf(event.NotFound, "There is no function f"), kind: "NotFound", reason: "There is no function f", result: `{"errorMessage":"There is no function f","errorType":"NotFound"}`},
		"no answer":      {outcome: ``, result: `null`},
		"no JSON":        {outcome: `abc`, result: `"abc"`},
		"6 MB of answer": {outcome: huge, result: fmt.Sprintf(`{"omittedBytes":%d,"sha256":"`, len(huge))},
	} {
		w := &world{invoke: func(context.Context, string, []byte) (*invoker.Outcome, error) {
			if test.err != nil {
				return nil, test.err
			}
			return &invoker.Outcome{Payload: []byte(test.outcome)}, nil
		}}
		if _, err := handle(t.Context(), t, w, []byte(`{"operation":"unit","function":"f","testId":"T"}`)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var r results.Result
		if err := w.tables[results.Table][0].Into(&r); err != nil {
			t.Fatal(err)
		}
		if r.Passed != (test.kind == "") || r.ErrorKind != test.kind || r.Reason != test.reason || !strings.HasPrefix(string(r.Result), test.result) {
			t.Errorf("%s: kept %.200s", name, fmt.Sprintf("%+v", r))
		}
	}
}

// A function that hangs is ended early enough to store that.
func TestUnitOfAFunctionThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{invoke: func(ctx context.Context, _ string, _ []byte) (*invoker.Outcome, error) {
			<-ctx.Done()
			return nil, event.Errorf(event.Timeout, "The time was over")
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		answer, err := handle(ctx, t, w, []byte(`{"operation":"unit","function":"f","testId":"T"}`))
		if err != nil || !strings.Contains(answer, `"errorKind":"Timeout"`) || len(w.tables[results.Table]) != 1 {
			t.Errorf("got %s, %v", answer, err)
		}
	})
}

func TestUnitNeedsItsTable(t *testing.T) {
	w := &world{invoke: func(context.Context, string, []byte) (*invoker.Outcome, error) {
		t.Error("invoked without a table to keep the result in")
		return nil, errors.New("no")
	}}
	_, err := handle(t.Context(), t, w, []byte(`{"operation":"unit","function":"f","testId":"T","resultsTable":"other"}`))
	if e := event.From(err); e == nil || e.Kind != event.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestLoadSendsEveryIteration(t *testing.T) {
	w := &world{}
	answer, err := handle(t.Context(), t, w, []byte(`{"operation":"load","function":"f","event":{"a":[1],"iteration":9},"iterations":500,"concurrency":7}`))
	if err != nil || answer != `"Load test complete"` {
		t.Fatalf("got %s, %v", answer, err)
	}
	seen := map[int64]bool{}
	for _, payload := range w.sent {
		var got struct {
			A         []int
			Iteration int64
		}
		if err := json.Unmarshal([]byte(payload), &got); err != nil || len(got.A) != 1 {
			t.Fatalf("sent %s", payload)
		}
		seen[got.Iteration] = true
	}
	if len(w.sent) != 500 || len(seen) != 500 || !seen[0] || !seen[499] {
		t.Errorf("sent %d requests of %d iterations", len(w.sent), len(seen))
	}
}

func TestLoadSendsWhatWasRefusedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := 0
		w := &world{send: func(string, []byte) error {
			if refused++; refused <= 3 {
				return event.Errorf(event.Throttled, "later")
			}
			return nil
		}}
		answer, err := handle(t.Context(), t, w, []byte(`{"operation":"load","function":"f","iterations":3,"concurrency":1}`))
		if err != nil || answer != `"Load test complete"` || len(w.sent) != 3 {
			t.Errorf("got %s, %v, sent %d", answer, err, len(w.sent))
		}
	})
}

// With a rate requests are sent when they are due, and what is refused is told and not tried again.
func TestLoadKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		w := &world{send: func(string, []byte) error {
			if n++; n%10 == 0 {
				return event.Errorf(event.Throttled, "later")
			}
			return nil
		}}
		begin := time.Now()
		answer, err := handle(t.Context(), t, w, []byte(`{"operation":"load","function":"f","rate":50,"duration":2}`))
		if err != nil {
			t.Fatal(err)
		}
		var report LoadReport
		if err := json.Unmarshal([]byte(answer), &report); err != nil {
			t.Fatal(err)
		}
		if report.Message != LoadComplete || report.Sent != 90 || report.Refused != 10 || report.Offered != 50 || report.Achieved < 50 || report.Achieved > 51 {
			t.Errorf("got %s", answer)
		}
		if last := w.at[len(w.at)-1].Sub(begin); last != 1960*time.Millisecond {
			t.Errorf("the last was sent after %v", last)
		}
	})
}

func TestLoadIsAborted(t *testing.T) {
	const inner = `{"operation":"unit","function":"f","testId":"T","event":{}}`
	for on, summary := range map[string]results.Summary{
		`{"failed":3}`:      {Results: 100, Failed: 4},
		`{"errorRate":0.1}`: {Results: 100, Failed: 11},
		`{"p99Ms":200}`:     {Results: 100, P99: 201},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{summary: &summary}
			answer, err := handle(t.Context(), t, w, []byte(`{"operation":"load","function":"harness","event":`+inner+`,"rate":10,"duration":60,"abortOn":`+on+`}`))
			if err != nil || !strings.Contains(answer, "Load test aborted: ") || len(w.sent) > 20 {
				t.Errorf("%s: got %s, %v, sent %d", on, answer, err, len(w.sent))
			}
			w.summary = &results.Summary{Results: 100, Failed: 3, P99: 199}
			answer, err = handle(t.Context(), t, w, []byte(`{"operation":"load","function":"harness","event":`+inner+`,"iterations":20,"abortOn":`+on+`}`))
			if err != nil || !strings.Contains(answer, LoadComplete) {
				t.Errorf("%s: got %s, %v", on, answer, err)
			}
		})
	}
}

func TestLoadEndsWithItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{send: func(string, []byte) error { return event.Errorf(event.Throttled, "later") }}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := handle(ctx, t, w, []byte(`{"operation":"load","function":"f","iterations":3}`))
		if e := event.From(err); e == nil || e.Kind != event.Timeout || !strings.Contains(e.Message, "0 of 3") {
			t.Errorf("got %v", err)
		}
	})
}

func TestLoadEndsWithAFunctionThatIsMissing(t *testing.T) {
	w := &world{send: func(string, []byte) error { return event.Errorf(event.NotFound, "There is no function f") }}
	_, err := handle(t.Context(), t, w, []byte(`{"operation":"load","function":"f","iterations":1000}`))
	if e := event.From(err); e == nil || e.Kind != event.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestEventsThatAreRefused(t *testing.T) {
	nested := `{"operation":"unit","function":"image","testId":"T"}`
	for range maxDepth {
		nested = `{"operation":"load","function":"harness","iterations":2,"event":` + nested + `}`
	}
	for payload, want := range map[string]string{
		`[]`:                                  "must be a JSON object",
		`{"operation":"fly"}`:                 `Unrecognized operation "fly"`,
		`{}`:                                  `Unrecognized operation ""`,
		`{"operation":"unit"}`:                `no "function" field`,
		`{"operation":"unit","function":"f"}`: `no "testId" field`,
		`{"operation":"unit","function":"f","testId":"` + strings.Repeat("a", 300) + `"}`:                                                "shorter",
		`{"operation":"unit","function":"f","testId":"T","resultsTable":"a"}`:                                                            "resultsTable",
		`{"operation":"unit","function":"f","testId":"T","iteration":"x"}`:                                                               "right types",
		`{"operation":"unit","function":"f","testId":"T","expect":{"equals":{"width":1}}}`:                                               "JSONPath",
		`{"operation":"unit","function":"f","testId":"T","expect":{"matches":{"$":"("}}}`:                                                "regular expression",
		`{"operation":"unit","function":"f","testId":"T","expect":{"picture":{"distance":2}}}`:                                           "distance",
		`{"operation":"load","function":"f"}`:                                                                                            `no "iterations" field`,
		`{"operation":"load","function":"f","iterations":0}`:                                                                             "between 1 and 1000000",
		`{"operation":"load","function":"f","iterations":-1}`:                                                                            "between 1 and 1000000",
		`{"operation":"load","function":"f","iterations":1000000000}`:                                                                    "between 1 and 1000000",
		`{"operation":"load","function":"f","iterations":1,"event":[]}`:                                                                  "object",
		`{"operation":"load","function":"f","iterations":1,"concurrency":1000}`:                                                          "concurrency",
		`{"operation":"load","function":"f","iterations":1,"rate":-1}`:                                                                   "rate",
		`{"operation":"load","function":"f","iterations":1,"rate":1,"arrival":"x"}`:                                                      "arrival",
		`{"operation":"load","function":"f","duration":-1,"rate":1}`:                                                                     "duration",
		`{"operation":"load","function":"f","duration":1}`:                                                                               "needs a rate",
		`{"operation":"load","function":"f","iterations":1,"abortOn":{"failed":1}}`:                                                      "unit test",
		`{"operation":"load","function":"harness","iterations":2,"event":` + nested + `}`:                                                "inside one another",
		`{"operation":"load","function":"harness:prod","iterations":2000,"event":{"operation":"load","function":"x","iterations":1000}}`: "more than 1000000",
	} {
		_, err := handle(t.Context(), t, &world{}, []byte(payload))
		if e := event.From(err); e == nil || e.Kind != event.InvalidRequest || !strings.Contains(e.Message, want) {
			t.Errorf("%.120s: got %v, want %q", payload, err, want)
		}
	}
}

func TestALoadLongerThanTheFunction(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := handle(ctx, t, &world{}, []byte(`{"operation":"load","function":"f","rate":1,"duration":3600}`))
	if e := event.From(err); e == nil || e.Kind != event.InvalidRequest {
		t.Errorf("got %v", err)
	}
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"operation":"load","function":"harness","iterations":2,"rate":1e300,"event":{"operation":"unit","function":"image","testId":"T","expect":{"equals":{"$..a[?@.b]":1}}}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, err := Parse(payload)
		if err != nil {
			return
		}
		if err := e.checkNesting("harness"); err == nil && e.Operation == load && e.count() > maxIterations {
			t.Errorf("%s: would send %d", payload, e.count())
		}
	})
}
