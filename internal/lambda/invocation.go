package lambda

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Invocation is one request to a function.
type Invocation struct {
	Function      string // name, name:qualifier, account:function:name or ARN
	Qualifier     string // a version or an alias; default $LATEST
	Payload       []byte // JSON as a rule; the host does not look into it. Not to be changed until Invoke returns.
	Rest          []byte // follows Payload, so that two large pieces need not be copied into one; for Invoke alone
	ClientContext []byte // JSON, or nil
	TraceID       string // X-Ray trace header, or empty
	Inside        bool   // a function of this host asks: it may while the host stops, until the calls of before have their answers
	RequestID     string // letters, digits and dashes, unique among the requests that run; default: a new one
}

// Unhandled is the Result.FunctionError of every failure of a function.
const Unhandled = "Unhandled"

// Result is what became of an Invocation that reached its function.
type Result struct {
	Payload         []byte // what the function answered, or why it failed: {"errorMessage", "errorType", …}
	FunctionError   string // empty, or Unhandled
	LogTail         []byte // the last 4 KB of the request's log, with START, END and REPORT lines
	ExecutedVersion string
	RequestID       string
	Duration        time.Duration // of the function alone, without waiting for an instance
	InitDuration    time.Duration // of the instance's start when this was its first request; else 0
	MaxMemoryUsed   int64         // bytes: the peak of the instance since its start; 0 where that is not known
}

// failure is a fault of an instance as Lambda words it.
type failure struct {
	Type    string
	Message string // without the request id, which differs for each caller that is answered with it
	Body    []byte // what the runtime posted, passed on verbatim instead of the two above
	Tail    []byte // of the log of an instance that did not start
}

func (f failure) payload(requestID string) []byte {
	if f.Body != nil {
		return f.Body
	}
	body, err := json.Marshal(struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}{f.Type, "RequestId: " + requestID + " Error: " + f.Message})
	if err != nil {
		panic(err) // two strings always marshal
	}
	return body
}

func timedOut(after time.Duration) failure {
	return failure{Type: "Sandbox.Timedout", Message: fmt.Sprintf("Task timed out after %.2f seconds", after.Seconds())}
}

func exited(status string) failure {
	const kind = "Runtime.ExitError"
	if status == "exit status 0" {
		return failure{Type: kind, Message: "Runtime exited without providing a reason"}
	}
	return failure{Type: kind, Message: "Runtime exited with error: " + status}
}

func responseTooLarge(limit int64) failure {
	body := fmt.Sprintf(`{"errorMessage":"Response payload size exceeded maximum allowed payload size (%d bytes).",`+
		`"errorType":"Function.ResponseSizeTooLarge"}`, limit)
	return failure{Body: []byte(body)}
}

// call is an Invocation on its way through a pool.
type call struct {
	Invocation
	ctx      context.Context
	cost     int64     // what Config.Cost says
	came     time.Time // when it was made
	turn     time.Time // in the line, where smaller ones go first
	arn      string    // as the caller named the function: qualified only when the caller qualified it
	attempts int       // instances that it was given to and that never saw it

	exchange exchange

	done   chan struct{} // closed when result or err is there
	result *Result
	err    error
}

func newCall(ctx context.Context, inv Invocation, cost int64, arn string) *call {
	return &call{Invocation: inv, ctx: ctx, cost: cost, came: time.Now(), arn: arn, done: make(chan struct{})}
}

// finish answers the caller; it happens exactly once.
func (c *call) finish(result *Result, err error) {
	c.result, c.err = result, err
	close(c.done)
}

// newRequestID gives a version 4 UUID.
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
