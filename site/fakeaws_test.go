package site_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"bluerose/internal/harness/results"
	"bluerose/internal/identity"
	"bluerose/internal/table"
	"bluerose/internal/table/dynamoapi"
	"bluerose/internal/table/sqlitetable"
	"bluerose/site"
)

// fakeAWS is what the console calls: real tables behind the real check of signatures, and functions that do as a test wants.
type fakeAWS struct {
	t       *testing.T
	key     identity.Key
	url     string
	store   *sqlitetable.Store
	sample  []byte
	events  chan invoked  // every asynchronous invocation
	aborted chan struct{} // every invocation of "hang" whose caller went away
	changes int           // of results
}

// invoked is an invocation as the fake saw it.
type invoked struct {
	function, qualifier string
	event               []byte
}

func newFakeAWS(t *testing.T) *fakeAWS {
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
	f := &fakeAWS{
		t: t, key: identity.NewKey(), store: store, sample: testPicture(t, 70, 46),
		events: make(chan invoked, 10), aborted: make(chan struct{}, 10),
	}
	dynamo, err := dynamoapi.New(dynamoapi.Config{Store: store, ARN: func(name string) string { return name }})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := site.Handler(site.Config{})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/2015-03-31/", f.signed("lambda", f.functions()))
	mux.Handle("POST /{$}", f.signed("dynamodb", dynamo))
	mux.Handle("/", pages)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	f.url = server.URL + "/console/"
	return f
}

func (f *fakeAWS) signed(service string, next http.Handler) http.Handler {
	verifier, err := identity.New(identity.Config{Keys: identity.OwnerKey(f.key, "123456789012"), Service: service, MaxBody: 16 << 20})
	if err != nil {
		f.t.Fatal(err)
	}
	return verifier.Verify(next)
}

// functions serves the part of Lambda's API that the console calls: the functions image, which has a version and an alias,
// and harness.
func (f *fakeAWS) functions() http.Handler {
	const root = "/2015-03-31/functions"
	answer := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+root, answer(`{"Functions": [
		{"FunctionName": "harness", "Version": "$LATEST", "MemorySize": 256, "Timeout": 900},
		{"FunctionName": "image", "Version": "$LATEST", "MemorySize": 1024, "Timeout": 11, "Description": "Pictures"}]}`))
	mux.HandleFunc("GET "+root+"/image/versions", answer(`{"Versions": [{"Version": "$LATEST"},
		{"Version": "7", "LastModified": "2026-01-02T03:04:05.000+0000", "Description": "before the upgrade"}]}`))
	mux.HandleFunc("GET "+root+"/image/aliases", answer(`{"Aliases": [
		{"Name": "prod", "FunctionVersion": "7", "RoutingConfig": {"AdditionalVersionWeights": {"$LATEST": 0.1}}}]}`))
	mux.HandleFunc("GET "+root+"/harness/versions", answer(`{"Versions": [{"Version": "$LATEST"}]}`))
	mux.HandleFunc("GET "+root+"/harness/aliases", answer(`{"Aliases": []}`))
	mux.HandleFunc("POST "+root+"/{function}/invocations", f.invoke)
	return mux
}

func (f *fakeAWS) invoke(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.Header().Set("X-Amzn-Requestid", "request-1")
	if r.Header.Get("X-Amz-Invocation-Type") == "Event" {
		f.events <- invoked{r.PathValue("function"), r.URL.Query().Get("Qualifier"), body}
		w.WriteHeader(http.StatusAccepted)
		return
	}
	var event struct {
		Operation   string
		Base64Image []byte
	}
	if err := json.Unmarshal(body, &event); err != nil {
		f.t.Errorf("the event is %s: %v", body, err)
	}
	var answer any
	switch event.Operation {
	case "ping":
		answer = "pong"
	case "getSample":
		answer = f.sample
	case "convert":
		if answer, err = negate(event.Base64Image); err != nil {
			f.t.Error(err)
		}
	case "hang":
		<-r.Context().Done()
		f.aborted <- struct{}{}
		return
	default:
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		answer = map[string]string{"errorType": "InvalidRequest", "errorMessage": fmt.Sprintf("Unrecognized operation %q", event.Operation)}
	}
	log := "START RequestId: request-1\nREPORT RequestId: request-1\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 1024 MB\t" +
		"Max Memory Used: 55 MB\tInit Duration: 80.10 ms\t"
	w.Header().Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString([]byte(log)))
	w.Header().Set("X-Amz-Executed-Version", r.URL.Query().Get("Qualifier"))
	_ = json.NewEncoder(w).Encode(answer)
}

// put puts results of a test, and the summary that the function summary makes of them. Every tenth iteration has failed.
func (f *fakeAWS) put(test string, iterations int, slower float64) {
	f.t.Helper()
	durations := results.NewDurations()
	first := time.Now().Add(-time.Minute).UTC()
	sum := results.Summary{TestID: test, Errors: map[string]int64{}, First: first, ColdStarts: 2}
	var items []table.Item
	for i := range int64(iterations) {
		r := results.Result{
			TestID: test, Iteration: i, Passed: i%10 != 3, Started: first.Add(time.Duration(i) * 20 * time.Millisecond),
			DurationMS: slower * (5 + float64(i%50)), Function: "image", Version: "$LATEST", Result: json.RawMessage(`"pong"`),
		}
		if sum.Results++; r.Passed {
			sum.Passed++
		} else {
			r.ErrorKind, r.Reason, r.Result = "Timeout", "It took, as =SUM says, too long", json.RawMessage(`{"errorMessage": "late"}`)
			sum.Failed++
			sum.Errors["Timeout"]++
		}
		durations.Add(r.DurationMS)
		sum.Last = r.Started.Add(time.Duration(r.DurationMS) * time.Millisecond)
		items = append(items, f.item(r))
	}
	sum.P50, sum.P90, sum.P99, sum.Max = durations.Percentile(50), durations.Percentile(90), durations.Percentile(99), durations.Max()
	if took := sum.Last.Sub(first).Seconds(); took > 0 {
		sum.Throughput = float64(iterations) / took
	}
	var err error
	if sum.Histogram, err = durations.Text(); err != nil {
		f.t.Fatal(err)
	}
	for len(items) > 0 {
		n := min(25, len(items))
		if err := f.store.Put(context.Background(), results.Table, items[:n]...); err != nil {
			f.t.Fatal(err)
		}
		items = items[n:]
	}
	f.summarize(sum)
}

// summarize stores a summary that differs from the one before.
func (f *fakeAWS) summarize(sum results.Summary) {
	f.t.Helper()
	f.changes++
	sum.Sequence = strconv.Itoa(f.changes)
	if err := f.store.Put(context.Background(), results.Summaries, f.item(sum)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fakeAWS) item(v any) table.Item {
	f.t.Helper()
	item, err := table.ItemOf(v)
	if err != nil {
		f.t.Fatal(err)
	}
	return item
}

// left counts the results of a test that are in the table.
func (f *fakeAWS) left(test string) int {
	f.t.Helper()
	n := 0
	for _, err := range table.All(f.t.Context(), f.store, results.Table, table.Query{Hash: test}) {
		if err != nil {
			f.t.Fatal(err)
		}
		n++
	}
	return n
}
