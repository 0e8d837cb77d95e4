package summary_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/harness/results"
	"bluerose/internal/harness/summary"
	"bluerose/internal/table"
	"bluerose/internal/table/sqlitetable"
	"bluerose/internal/table/stream"
)

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// open gives a store with the tables of results and summaries, and the function.
func open(t testing.TB) (*sqlitetable.Store, summary.Function) {
	t.Helper()
	store, err := sqlitetable.Open(t.Context(), sqlitetable.Config{Path: filepath.Join(t.TempDir(), "tables.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	for _, schema := range []table.Schema{results.Schema(results.Table), results.SummariesSchema()} {
		if err := store.Create(t.Context(), schema); err != nil {
			t.Fatal(err)
		}
	}
	return store, summary.Function{Store: store, Table: results.Summaries, Log: slog.New(slog.DiscardHandler)}
}

// result gives a result of the test "a" that began so many seconds after the first one.
func result(iteration int64, ms float64, errorKind string) results.Result {
	return results.Result{
		TestID: "a", Iteration: iteration, Result: json.RawMessage(`"pong"`), Passed: errorKind == "", ErrorKind: errorKind,
		Started: began.Add(time.Duration(iteration) * time.Second), DurationMS: ms, ColdStart: iteration == 0,
	}
}

// record gives a record of the stream.
func record(t testing.TB, sequence int, old, now *results.Result) map[string]any {
	t.Helper()
	change := map[string]any{"SequenceNumber": fmt.Sprintf("%020d", sequence)}
	for name, r := range map[string]*results.Result{"OldImage": old, "NewImage": now} {
		if r == nil {
			continue
		}
		item, err := table.ItemOf(r)
		if err != nil {
			t.Fatal(err)
		}
		change[name] = table.Attributes(item)
	}
	return map[string]any{"eventName": "any", "dynamodb": change}
}

func eventOf(t testing.TB, records ...map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func handle(t testing.TB, f summary.Function, payload []byte) {
	t.Helper()
	if _, err := f.Handle(t.Context(), payload); err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
}

// read gives the summary of a test, without its histogram.
func read(t testing.TB, store table.Store, test string) (s results.Summary) {
	t.Helper()
	item, err := store.Get(t.Context(), results.Summaries, table.Key{Hash: test})
	if err != nil {
		t.Fatal(err)
	}
	if err := item.Into(&s); err != nil {
		t.Fatal(err)
	}
	s.Histogram = ""
	return s
}

func TestHandle(t *testing.T) {
	store, f := open(t)
	first, second, third := result(0, 10, ""), result(1, 20, "Timeout"), result(9, 1000, "")
	batch := eventOf(t, record(t, 98, nil, &first), record(t, 99, nil, &second), record(t, 100, nil, &third))
	want := results.Summary{
		TestID: "a", Sequence: "100", Results: 3, Passed: 2, Failed: 1, ColdStarts: 1, Errors: map[string]int64{"Timeout": 1},
		First: began, Last: began.Add(10 * time.Second), Throughput: 0.3, P50: 20.015, P90: 1000.447, P99: 1000.447, Max: 1000.447,
	}
	for range 2 { // a stream may hand a batch over twice
		handle(t, f, batch)
		if got := read(t, store, "a"); !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}

	// A result that is put again counts as what it is now; records that are known count no more.
	better := result(1, 30, "")
	handle(t, f, eventOf(t, record(t, 100, nil, &third), record(t, 101, &second, &better)))
	got := read(t, store, "a")
	if got.Results != 3 || got.Passed != 3 || len(got.Errors) != 0 || got.P50 < 30 || got.P50 > 30.1 || got.Sequence != "101" {
		t.Errorf("after a change: %+v", got)
	}

	// What is deleted is taken out, in one step or another.
	handle(t, f, eventOf(t, record(t, 102, &first, nil), record(t, 103, &third, nil)))
	if got := read(t, store, "a"); got.Results != 1 || got.ColdStarts != 0 || got.Max > 31 {
		t.Errorf("after two were deleted: %+v", got)
	}
	handle(t, f, eventOf(t, record(t, 104, &better, nil)))
	empty := results.Summary{TestID: "a", Sequence: "104", Errors: map[string]int64{}}
	if got := read(t, store, "a"); !reflect.DeepEqual(got, empty) {
		t.Errorf("after all were deleted: %+v", got)
	}
	handle(t, f, batch)
	if got := read(t, store, "a"); !reflect.DeepEqual(got, empty) {
		t.Errorf("an old batch came back: %+v", got)
	}
}

func TestManyErrors(t *testing.T) {
	store, f := open(t)
	var records, gone []map[string]any
	const n = results.MaxErrors + 10
	for i := range n {
		r := result(int64(i), 1, fmt.Sprintf("Kind%d", i)+strings.Repeat("ü", 200))
		records = append(records, record(t, i+1, nil, &r))
		gone = append(gone, record(t, n+i+1, &r, nil))
	}
	handle(t, f, eventOf(t, records...))
	if got := read(t, store, "a"); len(got.Errors) != results.MaxErrors+1 || got.Errors[results.OtherErrors] != 10 {
		t.Errorf("%d kinds, %d others", len(got.Errors), got.Errors[results.OtherErrors])
	}
	handle(t, f, eventOf(t, gone[:n-1]...))
	if got := read(t, store, "a"); got.Failed != 1 || got.Errors[results.OtherErrors] != 1 || len(got.Errors) != 1 {
		t.Errorf("one is left: %+v", got)
	}
}

// Two invocations handle the same event at the same time, as after a timeout.
func TestTwoAtOnce(t *testing.T) {
	store, f := open(t)
	var wg sync.WaitGroup
	for i := range 20 {
		r := result(int64(i), 1, "")
		payload := eventOf(t, record(t, i+1, nil, &r))
		for range 2 {
			wg.Go(func() {
				if _, err := f.Handle(t.Context(), payload); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if got := read(t, store, "a"); got.Results != 20 {
		t.Errorf("%d results of 20", got.Results)
	}
}

func TestBadEvents(t *testing.T) {
	_, f := open(t)
	for name, payload := range map[string][]byte{
		"nothing": nil, "no JSON": []byte("{"), "no records": []byte(`{}`), "another event": []byte(`{"operation": "ping"}`),
	} {
		_, err := f.Handle(t.Context(), payload)
		if e, ok := errors.AsType[*event.Error](err); !ok || e.Kind != event.InvalidRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := result(1, 1, "")
	f.Table = "missing"
	_, err := f.Handle(t.Context(), eventOf(t, record(t, 1, nil, &good)))
	if e, ok := errors.AsType[*event.Error](err); !ok || e.Kind != event.NotFound {
		t.Errorf("a missing table: %v", err)
	}
}

// What is no result, and a summary that is none, keeps nothing else waiting.
func TestPassedOver(t *testing.T) {
	store, f := open(t)
	var log strings.Builder
	f.Log = slog.New(slog.NewTextHandler(&log, nil))
	broken := table.Item{"testId": "broken", "sequence": "1", "histogram": "none"}
	if err := store.Put(t.Context(), results.Summaries, broken); err != nil {
		t.Fatal(err)
	}
	first, good := result(1, 1, ""), result(2, 1, "")
	first.TestID = "broken"
	records := []map[string]any{record(t, 1, nil, nil), record(t, 2, nil, &first)}
	for _, image := range []string{`{"testId": {"S": "a"}, "durationMs": {"S": "long"}}`, `{"testId": {"S": "a"}, "data": {"B": "AAAA"}}`, `{"testId": {"N": "1"}}`, `{}`} {
		wrong := record(t, 3, nil, nil)
		wrong["dynamodb"].(map[string]any)["NewImage"] = json.RawMessage(image)
		records = append(records, wrong)
	}
	unnumbered := record(t, 4, nil, &good)
	unnumbered["dynamodb"].(map[string]any)["SequenceNumber"] = "first"
	handle(t, f, eventOf(t, append(records, unnumbered, record(t, 5, nil, &good))...))
	if got := read(t, store, "a"); got.Results != 1 || got.Sequence != "5" {
		t.Errorf("got %+v", got)
	}
	if n := strings.Count(log.String(), "no result"); n != 6 {
		t.Errorf("%d items are passed over:\n%s", n, log.String())
	}
	if !strings.Contains(log.String(), "test=broken") {
		t.Errorf("the broken summary is not in the log:\n%s", log.String())
	}
}

// FuzzHandle feeds the function what is no event of a stream.
func FuzzHandle(f *testing.F) {
	_, function := open(f)
	good := result(1, 1, "Timeout")
	f.Add(eventOf(f, record(f, 1, nil, &good)))
	f.Add([]byte(`{"Records": [{"dynamodb": {"SequenceNumber": "1", "OldImage": {"testId": {"S": "b"}, "durationMs": {"N": "-1e300"}}}}]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		_, err := function.Handle(t.Context(), payload)
		if e, ok := errors.AsType[*event.Error](err); err != nil && (!ok || e.Kind == event.Internal) {
			t.Errorf("%v: %v", err, errors.Unwrap(err))
		}
	})
}

// The whole way: results are put, put again and deleted at random, their stream is handed over by a function that fails now and
// then after its work, and the summary is what the table holds.
func TestStream(t *testing.T) {
	store, f := open(t)
	random := rand.New(rand.NewPCG(1, 2))
	done := make(chan struct{}, 1)
	const marker = "end"
	m, err := stream.Start(stream.Config{Source: store, Table: results.Table, Name: "summary", BatchSize: 16,
		Invoke: func(ctx context.Context, payload []byte) (stream.Outcome, error) {
			if _, err := f.Handle(ctx, payload); err != nil {
				return stream.Outcome{FunctionError: "Unhandled", Payload: []byte(err.Error())}, nil
			}
			if item, err := store.Get(ctx, results.Summaries, table.Key{Hash: marker}); err == nil && item != nil {
				done <- struct{}{}
				return stream.Outcome{}, nil
			}
			for random.IntN(3) == 0 { // handed over again, at once
				if _, err := f.Handle(ctx, payload); err != nil {
					return stream.Outcome{FunctionError: "Unhandled"}, nil
				}
			}
			return stream.Outcome{}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close(t.Context())
	inTable := map[int64]results.Result{}
	choice := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		n := choice.Int64N(100)
		if choice.IntN(5) == 0 {
			if err := store.Delete(t.Context(), results.Table, table.Key{Hash: "a", Range: n}); err != nil {
				t.Fatal(err)
			}
			delete(inTable, n)
			continue
		}
		r := result(n, float64(choice.IntN(1000)), []string{"", "", "Timeout", "Throttled"}[choice.IntN(4)])
		putResult(t, store, r)
		inTable[n] = r
	}
	end := result(0, 1, "")
	end.TestID = marker
	putResult(t, store, end)
	<-done
	got := read(t, store, "a")
	var want results.Summary
	durations := results.NewDurations()
	for _, r := range inTable {
		want.Results++
		durations.Add(r.DurationMS)
		if r.Passed {
			want.Passed++
		}
	}
	if got.Results != want.Results || got.Passed != want.Passed || got.Failed != want.Results-want.Passed ||
		got.P50 != durations.Percentile(50) || got.P99 != durations.Percentile(99) || got.Max != durations.Max() {
		t.Errorf("got %+v; the table has %d results, %d passed, p50 %v, p99 %v, max %v", got,
			want.Results, want.Passed, durations.Percentile(50), durations.Percentile(99), durations.Max())
	}
}

func putResult(t testing.TB, store table.Store, r results.Result) {
	t.Helper()
	item, err := table.ItemOf(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), results.Table, item); err != nil {
		t.Fatal(err)
	}
}
