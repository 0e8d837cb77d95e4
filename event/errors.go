package event

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Kind says what went wrong in a word that a program can switch on. It is the errorType of a failed invocation.
type Kind string

// The error kinds of the service. Each has one HTTP status (Kind.Status).
const (
	InvalidRequest      Kind = "InvalidRequest"      // the request is not one the service understands
	AccessDenied        Kind = "AccessDenied"        // the caller may not do this
	NotFound            Kind = "NotFound"            // no such function, route or object
	PayloadTooLarge     Kind = "PayloadTooLarge"     // more bytes than the service takes or gives
	UnsupportedMedia    Kind = "UnsupportedMedia"    // the bytes are of no picture format that the service reads or writes
	InvalidImage        Kind = "InvalidImage"        // the picture is of a known format but broken
	UnsupportedArgument Kind = "UnsupportedArgument" // an argument is unknown, malformed, not available or refused
	LimitExceeded       Kind = "LimitExceeded"       // the job would pass a limit on pixels, sides, frames or memory
	Throttled           Kind = "Throttled"           // too many requests; try again after Error.RetryAfter
	Internal            Kind = "Internal"            // a fault of the service
	FunctionCrashed     Kind = "FunctionCrashed"     // the function's process ended in the middle of the request
	NotNative           Kind = "NotNative"           // the arguments need the function that has ImageMagick; the host asks it, and callers never see this
	Timeout             Kind = "Timeout"             // the request took longer than its deadline allows
)

var statuses = map[Kind]int{
	InvalidRequest:      http.StatusBadRequest,
	AccessDenied:        http.StatusForbidden,
	NotFound:            http.StatusNotFound,
	PayloadTooLarge:     http.StatusRequestEntityTooLarge,
	UnsupportedMedia:    http.StatusUnsupportedMediaType,
	InvalidImage:        http.StatusUnprocessableEntity,
	UnsupportedArgument: http.StatusUnprocessableEntity,
	LimitExceeded:       http.StatusUnprocessableEntity,
	Throttled:           http.StatusTooManyRequests,
	Internal:            http.StatusInternalServerError,
	FunctionCrashed:     http.StatusBadGateway,
	NotNative:           http.StatusUnprocessableEntity,
	Timeout:             http.StatusGatewayTimeout,
}

// Status gives the HTTP status of the kind; a kind that the table does not know is 500.
func (k Kind) Status() int {
	if s, ok := statuses[k]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// Known reports whether k is one of the service's kinds.
func (k Kind) Known() bool {
	_, ok := statuses[k]
	return ok
}

// Error is a failure as the caller may see it, with its cause for the log.
// Message is one sentence that tells the caller what to do; it never holds a path, a stack or an inner error.
type Error struct {
	Kind       Kind
	Message    string
	RetryAfter time.Duration // for Throttled: when to try again; 0 says nothing
	cause      error
}

// Errorf makes an Error whose public message is formatted. Whatever is formatted becomes public: inner errors belong in Wrap.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap gives a copy of e that keeps cause for the log.
func (e *Error) Wrap(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Error gives the public message.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause, which only the log may see.
func (e *Error) Unwrap() error { return e.cause }

// From gives err as an Error: itself when it is one, otherwise Internal with a message that gives nothing away.
// A nil err gives nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Errorf(Internal, "The service failed; try again, and tell its owner the request id if it fails again").Wrap(err)
}

// Failure is how a failed invocation answers, in Lambda and over HTTPS.
type Failure struct {
	ErrorMessage string `json:"errorMessage"`
	ErrorType    string `json:"errorType"`
}

// Failure gives the error in the form that goes over the wire.
func (e *Error) Failure() Failure {
	return Failure{ErrorMessage: e.Message, ErrorType: string(e.Kind)}
}
