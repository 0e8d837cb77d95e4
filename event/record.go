package event

import "time"

// InvocationRecord is what Lambda's records of events that are given up have in common. Each kind of event adds what it was.
type InvocationRecord struct {
	Version        string         `json:"version"` // "1.0"
	Timestamp      string         `json:"timestamp"`
	RequestContext RequestContext `json:"requestContext"`
	// ResponseContext is null for an event that did not run.
	ResponseContext *ResponseContext `json:"responseContext"`
}

// RequestContext says which function got the event, and why it got it no more.
type RequestContext struct {
	RequestID              string `json:"requestId"`
	FunctionArn            string `json:"functionArn"`
	Condition              string `json:"condition"` // such as "RetriesExhausted"
	ApproximateInvokeCount int    `json:"approximateInvokeCount"`
}

// ResponseContext says how the last invocation ended.
type ResponseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError"`
}

// NewInvocationRecord gives the record of an event that is given up now. Response is nil for one that did not run.
func NewInvocationRecord(request RequestContext, response *ResponseContext) InvocationRecord {
	return InvocationRecord{"1.0", Timestamp(time.Now()), request, response}
}

// Timestamp gives a time as Lambda's records write it: in UTC, with milliseconds.
func Timestamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }
