package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"bluerose/internal/harness/invoker"
	"bluerose/internal/harness/results"
	"bluerose/internal/table"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// functions are the service's functions as AWS' own client sees them.
func (s *service) functions() *invoker.Client {
	return invoker.New(lambda.New(lambda.Options{
		Region: "us-east-1", BaseEndpoint: &s.url,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: s.keyID, SecretAccessKey: s.secret}, nil
		}),
	}))
}

// resultsOf reads what the table has of a test, by iteration.
func resultsOf(t *testing.T, s *service, testID string) map[int64]results.Result {
	t.Helper()
	all := map[int64]results.Result{}
	for item, err := range table.All(t.Context(), s.tables(s.keyID, s.secret), results.Table, table.Query{Hash: testID}) {
		var r results.Result
		if err == nil {
			err = item.Into(&r)
		}
		if err != nil {
			t.Fatal(err, errors.Unwrap(err))
		}
		all[r.Iteration] = r
	}
	return all
}

// TestAcceptedEventsOutliveTwentyKills sends 5,000 unit tests as events while the whole program is killed twenty times. Every
// one that was accepted has its result in the end. What was on the way when the program was killed may have been accepted or
// not: whoever sent it sends it again.
func TestAcceptedEventsOutliveTwentyKills(t *testing.T) {
	const kills, events, senders = 20, 5000, 16
	data := t.TempDir()
	todo := make(chan int, events+senders*kills)
	for i := range events {
		todo <- i
	}
	var s *service
	accepted := 0
	for round := range kills + 1 {
		s = start(t, "--data", data, "--instances", "2", "--log", "none")
		functions := s.functions()
		target := (round + 1) * events / (kills + 1)
		done := make(chan bool, senders)
		running, stopping := 0, false
		send := func() {
			i := <-todo
			payload := fmt.Sprintf(`{"operation":"unit","function":"image","event":{"operation":"ping"},"testId":"kills","iteration":%d}`, i)
			err := functions.Send(t.Context(), "harness", []byte(payload))
			if err != nil {
				todo <- i
			}
			done <- err == nil
		}
		for running > 0 || !stopping {
			for !stopping && running < senders && accepted+running < events {
				running++
				go send()
			}
			if running == 0 {
				break
			}
			running--
			if <-done {
				accepted++
			}
			if accepted >= target && round < kills && !stopping {
				stopping = true
				kill(t, s.cmd.Process.Pid)
				<-s.ended
			}
		}
	}
	var got map[int64]results.Result
	until(t, "every iteration is in the table", func() bool {
		got = resultsOf(t, s, "kills")
		return len(got) == events
	})
	for i := range int64(events) {
		if r, ok := got[i]; !ok || string(r.Result) != `"pong"` {
			t.Fatalf("iteration %d: %s", i, r.Result)
		}
	}
}

// TestALoadOfUnitsOfTheAPI is a load test of unit tests of the HTTPS API, each through three functions.
func TestALoadOfUnitsOfTheAPI(t *testing.T) {
	s := start(t, "--instances", "2")
	request := fmt.Sprintf(`{"operation":"load","iterations":40,"function":"harness","event":{"operation":"unit","function":"https","testId":"api",
		"event":{"options":{"protocol":"http:","host":%q,"path":"/prod/ImageProcessingService","method":"POST"},"data":{"operation":"ping"}}}}`, s.addr)
	outcome, err := s.functions().Invoke(t.Context(), "harness", []byte(request))
	if err != nil || string(outcome.Payload) != `"Load test complete"` {
		t.Fatalf("got %s, %v", outcome.Payload, err)
	}
	store := s.tables(s.keyID, s.secret)
	var summary results.Summary
	until(t, "the summary has every result", func() bool {
		item, err := store.Get(t.Context(), results.Summaries, table.Key{Hash: "api"})
		if err != nil || item != nil && item.Into(&summary) != nil {
			t.Fatalf("got %v, %v", item, err)
		}
		return summary.Results == 40
	})
	if summary.Passed != 40 || summary.ColdStarts == 0 || !(summary.P50 > 0 && summary.P50 <= summary.P99 && summary.P99 <= summary.Max) || summary.Throughput <= 0 {
		t.Errorf("got %+v", summary)
	}
	for i, r := range resultsOf(t, s, "api") {
		if string(r.Result) != `"pong"` || !r.Passed || r.Function != "https" {
			t.Errorf("iteration %d: %+v", i, r)
		}
	}
}

// Each of these has a clear answer, and leaves the others' results alone.
func TestTestsThatGoWrong(t *testing.T) {
	s := start(t, "--instances", "1", "--timeout", "2s")
	functions := s.functions()
	unit := func(function, event, more string) string {
		return fmt.Sprintf(`{"operation":"unit","function":%q,"event":%s,"testId":"wrong"%s}`, function, event, more)
	}
	for i, test := range []struct{ payload, kind, words string }{
		{unit("image", `{"operation":"ping"}`, ""), "", `"pong"`},
		{unit("nobody", `{}`, `,"iteration":1`), "NotFound", "There is no function nobody"},
		{unit("https", `{"options":{"host":"127.0.0.1:1"}}`, `,"iteration":2`), "AccessDenied", "not public"},
		{unit("https", `{"options":{"host":"169.254.169.254","protocol":"http:"}}`, `,"iteration":3`), "AccessDenied", "not public"},
		{unit("image", `{"operation":"convert","outputExtension":"png","base64Image":"eA=="}`, `,"iteration":4`), "*", ""},
		{unit("https", fmt.Sprintf(`{"options":{"protocol":"http:","host":%q,"path":"/prod/nothing"}}`, s.addr), `,"iteration":5`), "AccessDenied", "Missing Authentication Token"},
	} {
		outcome, err := functions.Invoke(t.Context(), "harness", []byte(test.payload))
		if err != nil || outcome.FunctionError != "" {
			t.Errorf("%s: got %v, %s", test.payload, err, outcome.Payload)
			continue
		}
		var r results.Result
		if err := json.Unmarshal(outcome.Payload, &r); err != nil {
			t.Fatal(err)
		}
		if r.Passed != (test.kind == "") || test.kind != "*" && r.ErrorKind != test.kind || !strings.Contains(string(r.Result)+r.Reason, test.words) {
			t.Errorf("%s: got %s", test.payload, outcome.Payload)
		}
		if kept := resultsOf(t, s, "wrong"); len(kept) != i+1 {
			t.Errorf("%d results are kept after %d tests", len(kept), i+1)
		}
	}
	for payload, words := range map[string]string{
		unit("image", `{}`, `,"resultsTable":"missing"`):                  `There is no table \"missing\"`,
		`{"operation":"load","function":"image","iterations":0}`:          "between 1 and 1000000",
		`{"operation":"load","function":"image","iterations":-1}`:         "between 1 and 1000000",
		`{"operation":"load","function":"image","iterations":1000000000}`: "between 1 and 1000000",
		`{"operation":"load","function":"nobody","iterations":5}`:         "There is no function nobody",
		`{"operation":"fly"}`: `Unrecognized operation \"fly\"`,
	} {
		outcome, err := functions.Invoke(t.Context(), "harness", []byte(payload))
		if err != nil || outcome.FunctionError == "" || !strings.Contains(string(outcome.Payload), words) {
			t.Errorf("%s: got %v, %s", payload, err, outcome.Payload)
		}
	}
}
