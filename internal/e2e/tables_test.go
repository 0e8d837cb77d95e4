package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/harness/results"
	"bluerose/internal/table"
	"bluerose/internal/table/dynamotable"
	"bluerose/internal/table/tabletest"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// tables are the service's tables as AWS' own client of DynamoDB sees them.
func (s *service) tables(keyID, secret string) *dynamotable.Store {
	store, err := dynamotable.New(dynamotable.Config{Endpoint: s.url, Attempts: 1, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, nil
		})})
	if err != nil {
		s.t.Fatal(err)
	}
	return store
}

// resultOf gives a result of the test "load" as an item.
func resultOf(t *testing.T, iteration int64) table.Item {
	t.Helper()
	r := results.Result{
		TestID: "load", Iteration: iteration, Result: json.RawMessage(`{"text": "pong"}`), Passed: iteration%10 != 0,
		Started: time.Unix(1_800_000_000+iteration, 0), DurationMS: float64(iteration),
	}
	if !r.Passed {
		r.ErrorKind = string(event.Timeout)
	}
	item, err := table.ItemOf(r)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// summaryOf reads the summary of the test "load".
func summaryOf(t *testing.T, store table.Store) (s results.Summary) {
	t.Helper()
	item, err := store.Get(t.Context(), results.Summaries, table.Key{Hash: "load"})
	if err == nil {
		err = item.Into(&s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSummary puts results until the whole program is killed, again and again. Every one that was accepted is in the table
// then, and counts once in the summary, which the function makes in a process of its own.
func TestSummary(t *testing.T) {
	data := t.TempDir()
	const rounds, writers, each = 3, 4, 200
	var next, accepted atomic.Int64
	for range rounds {
		s := start(t, "--data", data, "--instances", "1")
		store := s.tables(s.keyID, s.secret)
		target := accepted.Load() + each
		var clients sync.WaitGroup
		for range writers {
			clients.Go(func() {
				for store.Put(t.Context(), results.Table, resultOf(t, next.Add(1))) == nil {
					if accepted.Add(1) == target {
						kill(t, s.cmd.Process.Pid)
					}
				}
			})
		}
		clients.Wait()
		_ = s.wait() // it was killed
	}
	s := start(t, "--data", data, "--instances", "1")
	store := s.tables(s.keyID, s.secret)
	var want results.Summary
	for item, err := range table.All(t.Context(), store, results.Table, table.Query{Hash: "load"}) {
		if err != nil {
			t.Fatal(err)
		}
		if want.Results++; item["passed"] == true {
			want.Passed++
		}
	}
	if want.Results < accepted.Load() {
		t.Fatalf("%d results are there, %d were accepted", want.Results, accepted.Load())
	}
	until(t, "all results are in the summary", func() bool { return summaryOf(t, store).Results >= want.Results })
	got := summaryOf(t, store)
	if got.Results != want.Results || got.Passed != want.Passed || got.Failed != got.Errors["Timeout"] || got.P50 == 0 || got.Throughput == 0 {
		t.Errorf("got %+v, want %d results, %d passed", got, want.Results, want.Passed)
	}
	if err := table.DeleteHash(t.Context(), store, results.Table, "load"); err != nil {
		t.Fatal(err)
	}
	until(t, "the summary is empty", func() bool { return summaryOf(t, store).Results == 0 })

	// Nobody else reaches the tables.
	_, err := s.tables(s.keyID, "guessed").Tables(t.Context())
	if e, ok := errors.AsType[*event.Error](err); !ok || e.Kind != event.AccessDenied {
		t.Errorf("a wrong secret gives %v", err)
	}
}

// TestTablesElsewhere keeps the tables in a DynamoDB, which the service passes on.
func TestTablesElsewhere(t *testing.T) {
	url := tabletest.StartDynalite(t)
	key := []string{"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret"}
	s := startWith(t, libvips(t), key, "--instances", "1", "--dynamodb", url)
	if err := s.tables(s.keyID, s.secret).Put(t.Context(), results.Table, resultOf(t, 1)); err != nil {
		t.Fatal(err)
	}
	elsewhere := &service{t: t, url: url}
	item, err := elsewhere.tables("id", "secret").Get(t.Context(), results.Table, table.Key{Hash: "load", Range: 1})
	if err != nil || item["passed"] != true {
		t.Errorf("in DynamoDB there is %v, %v", item, err)
	}
}
