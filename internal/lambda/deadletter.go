package lambda

import (
	"encoding/json"

	"bluerose/event"
	"bluerose/internal/lambda/eventqueue"
)

// The conditions under which an asynchronous event is given up, as Lambda words them.
const (
	retriesExhausted = "RetriesExhausted"
	eventAgeExceeded = "EventAgeExceeded"
)

// attempt is an asynchronous event that was taken, and what came of it.
type attempt struct {
	event    *eventqueue.Event
	head     eventHead
	function *function
	result   *Result // nil when it did not run
}

// destinationRecord is Lambda's record of an asynchronous invocation that is over.
type destinationRecord struct {
	event.InvocationRecord
	RequestPayload  any `json:"requestPayload"`
	ResponsePayload any `json:"responsePayload"` // null for an event that did not run
}

// record gives the destination record. The answer of the function is left out where the record would pass limit, in bytes,
// with it: what was asked says more.
func (a attempt) record(h *Host, condition string, limit int64) []byte {
	qualifier := a.head.Qualifier
	if qualifier == "" {
		qualifier = Latest
	}
	request := event.RequestContext{
		RequestID: a.head.RequestID, FunctionArn: h.ARN(a.function.name, qualifier), Condition: condition,
		ApproximateInvokeCount: a.event.Failures,
	}
	record := destinationRecord{RequestPayload: jsonOrText(a.event.Payload)}
	var response *event.ResponseContext
	if a.result != nil {
		response = &event.ResponseContext{StatusCode: 200, ExecutedVersion: a.result.ExecutedVersion, FunctionError: a.result.FunctionError}
		if int64(len(a.event.Payload)+len(a.result.Payload)) < limit {
			record.ResponsePayload = jsonOrText(a.result.Payload)
		}
	}
	record.InvocationRecord = event.NewInvocationRecord(request, response)
	text, err := json.Marshal(record)
	if err != nil {
		panic(err) // texts, numbers and JSON that was looked at
	}
	return text
}

// jsonOrText gives a payload as it stands in JSON: an event without one is {}, and bytes that are no JSON are a text.
func jsonOrText(payload []byte) any {
	switch {
	case len(payload) == 0:
		return struct{}{}
	case validJSON(payload):
		return json.RawMessage(payload)
	}
	return string(payload)
}

// answer gives what the function said last, for the log.
func (a attempt) answer() string {
	if a.result == nil {
		return ""
	}
	return clip(a.result.Payload)
}

// deadLetter names the function that gets the records of this one's events; empty for none.
func (f *function) deadLetter() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name := f.latest.def.DeadLetter; name != "" {
		return name
	}
	return f.host.cfg.Async.DeadLetter
}
