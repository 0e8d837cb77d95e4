package lambda

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"bluerose/event"
)

func later(t *testing.T, h *Host, o order) string {
	t.Helper()
	id, err := h.InvokeAsync(Invocation{Function: "f", Payload: payload(t, o)})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAsync(t *testing.T) {
	h, watch := newHost(t, func(c *Config) {
		c.Async = AsyncConfig{Queue: 3, RetryDelays: []time.Duration{0, 0}}
	})
	done := watch.wait("line 0 later")
	later(t, h, order{Do: "print", N: 1, Text: "later"})
	<-done
	failed := watch.wait("asynchronous event is given up")
	later(t, h, order{Do: "fail"})
	<-failed
	if s := h.Stats()["f"]; s.Invocations != 4 || s.Errors != 3 {
		t.Errorf("%+v", s)
	}
	if _, err := h.InvokeAsync(Invocation{Function: "f", Payload: make([]byte, 1_000_001)}); event.From(err).Kind != event.PayloadTooLarge {
		t.Errorf("error %v", err)
	}
	if _, err := h.InvokeAsync(Invocation{Function: "g"}); event.From(err).Kind != event.NotFound {
		t.Errorf("error %v", err)
	}
}

// What waits and what runs when the host ends runs in the next one, also where requests are cut off.
func TestAsyncAfterTheHost(t *testing.T) {
	dir := t.TempDir()
	h, watch := newHost(t, func(c *Config) { c.Dir, c.Async.Queue = dir, 2 })
	hanging := watch.wait("hanging")
	later(t, h, order{Do: "hang", Text: "first"})
	<-hanging
	later(t, h, order{Do: "print", N: 1, Text: "second"})
	if _, err := h.InvokeAsync(Invocation{Function: "f"}); event.From(err) == nil || event.From(err).Kind != event.Throttled {
		t.Errorf("a full queue says %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = h.Close(ctx)

	_, watch = newHost(t, func(c *Config) {
		c.Dir, c.Functions[0].Timeout, c.Async.RetryDelays = dir, time.Second, []time.Duration{}
	})
	<-watch.wait("hanging first")
	<-watch.wait("asynchronous event is given up")
	<-watch.wait("line 0 second")
}

// An event that the function fails goes to the dead-letter function as Lambda's record, and no further.
func TestDeadLetter(t *testing.T) {
	h, watch := newHost(t, func(c *Config) {
		c.Functions = []Function{{Name: "f", DeadLetter: "letters"}, {Name: "letters", Handler: "record"}}
		c.Async = AsyncConfig{RetryDelays: []time.Duration{0}}
	})
	id := later(t, h, order{Do: "fail", Text: "no luck"})
	var got destinationRecord
	line := <-watch.wait("record {")
	if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "record ")), &got); err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, got.Timestamp)
	if err != nil || time.Since(at) > time.Hour {
		t.Errorf("time stamp %s %v", got.Timestamp, err)
	}
	request := event.RequestContext{
		RequestID: id, FunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST", Condition: retriesExhausted, ApproximateInvokeCount: 2,
	}
	response := event.ResponseContext{StatusCode: 200, ExecutedVersion: Latest, FunctionError: Unhandled}
	if got.RequestContext != request || *got.ResponseContext != response || got.Version != "1.0" {
		t.Errorf("%s", line)
	}
	if !strings.Contains(line, `"requestPayload":{"do":"fail","text":"no luck","n":0}`) ||
		!strings.Contains(line, `"responsePayload":{"errorMessage":"no luck","errorType":"errorString"}`) {
		t.Errorf("%s", line)
	}
}

// An event that waited for too long is given up without a try.
func TestMaxAge(t *testing.T) {
	h, watch := newHost(t, func(c *Config) {
		c.Functions = append(c.Functions, Function{Name: "letters", Handler: "record"})
		c.Async = AsyncConfig{RetryDelays: []time.Duration{time.Hour}, MaxAge: time.Minute, DeadLetter: "letters"}
	})
	later(t, h, order{Do: "fail"})
	line := <-watch.wait("record {")
	if !strings.Contains(line, `"condition":"EventAgeExceeded","approximateInvokeCount":1}`) {
		t.Errorf("%s", line)
	}
}

// Records keep to the bound on events: the answer is left out before they pass it.
func TestRecordBound(t *testing.T) {
	h, _ := newHost(t, nil)
	e := newEvent(reference{name: "f", qualifier: "prod"}, []byte("no JSON"), eventHead{RequestID: "r"})
	a := attempt{event: &e, function: h.functions["f"], head: eventHead{RequestID: "r", Qualifier: "prod"}}
	if got := string(a.record(h, eventAgeExceeded, 100)); !strings.Contains(got, `"responseContext":null,"requestPayload":"no JSON","responsePayload":null`) ||
		!strings.Contains(got, ":function:f:prod") {
		t.Errorf("%s", got)
	}
	a.result = &Result{Payload: []byte(strings.Repeat("1", 100)), ExecutedVersion: "3", FunctionError: Unhandled}
	if got := string(a.record(h, retriesExhausted, 100)); !strings.Contains(got, `"executedVersion":"3"`) || !strings.Contains(got, `"responsePayload":null`) {
		t.Errorf("%s", got)
	}
}

// Too many requests, and versions that there are not (yet), are no failures of the function.
func TestAsyncBacksOff(t *testing.T) {
	h, watch := newHost(t, func(c *Config) { c.Queue, c.Async.ThrottleDelay = NoQueue, time.Millisecond })
	hanging := watch.wait("hanging")
	ctx, hangUp := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = h.Invoke(ctx, Invocation{Function: "f", Payload: payload(t, order{Do: "hang"})})
	}()
	<-hanging
	waits := watch.wait("asynchronous event cannot run yet")
	later(t, h, order{Do: "print", N: 1, Text: "at last"})
	<-waits
	hangUp()
	<-ended
	<-watch.wait("line 0 at last")
}
