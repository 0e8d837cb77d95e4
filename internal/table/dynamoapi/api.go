// Package dynamoapi serves a table.Store as DynamoDB's API (JSON 1.0), so that the code of a function, an AWS client and the
// aws command line reach the tables of a region as they reach DynamoDB.
//
// It has what tables of test results need: CreateTable, DescribeTable, ListTables, PutItem, GetItem, DeleteItem,
// BatchWriteItem, Query and Scan. Hash keys are texts and range keys numbers; a key condition is `hash = :value`, other
// conditions are `name = :value` and `attribute_not_exists(name)`, joined by AND, and a projection is names of attributes. A
// parameter that it has not is refused, not passed over. It verifies no signatures: whoever mounts it puts a verifier in
// front of it.
package dynamoapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"bluerose/event"
	"bluerose/internal/table"
)

// Config says what is served. Store is required.
type Config struct {
	Store table.Store
	// ARN gives the Amazon resource name of a table, for descriptions. Required.
	ARN func(table string) string
	Log *slog.Logger // default none
}

// MaxBody is how many bytes a request may have: those of BatchWriteItem in DynamoDB.
const MaxBody = 16 << 20

const (
	target      = "DynamoDB_20120810." // of X-Amz-Target, before the operation
	contentType = "application/x-amz-json-1.0"
	errorPrefix = "com.amazonaws.dynamodb.v20120810#"
)

// api is the Config as methods.
type api struct{ Config }

// New gives the handler of POST /.
func New(cfg Config) (http.Handler, error) {
	if cfg.Store == nil || cfg.ARN == nil {
		return nil, errors.New("dynamoapi: Store and ARN are required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := api{cfg}
	operations := map[string]func(context.Context, []byte) (any, error){
		"CreateTable": operation(a.createTable), "DescribeTable": operation(a.describeTable), "ListTables": operation(a.listTables),
		"PutItem": operation(a.putItem), "GetItem": operation(a.getItem), "DeleteItem": operation(a.deleteItem),
		"BatchWriteItem": operation(a.batchWriteItem), "Query": operation(a.query), "Scan": operation(a.scan),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _ := strings.CutPrefix(r.Header.Get("X-Amz-Target"), target)
		run, ok := operations[name]
		if !ok {
			a.refuse(w, apiError{"UnknownOperationException", "This operation of DynamoDB is not available here"})
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
		if err != nil {
			a.refuse(w, apiError{"SerializationException", "The request's body is too large or cut off"})
			return
		}
		answer, err := run(r.Context(), body)
		if err != nil {
			a.refuse(w, err)
			return
		}
		write(w, http.StatusOK, answer)
	}), nil
}

// operation reads the parameters of an operation before it runs.
func operation[In any](run func(context.Context, In) (any, error)) func(context.Context, []byte) (any, error) {
	return func(ctx context.Context, body []byte) (any, error) {
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.DisallowUnknownFields()
		var in In
		if err := decoder.Decode(&in); err != nil {
			if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
				return nil, validation("The parameter " + name + " is not available here")
			}
			return nil, apiError{"SerializationException", "The request's body is not the JSON of its operation"}
		}
		return run(ctx, in)
	}
}

// apiError is an error in DynamoDB's words.
type apiError struct{ kind, message string }

func (e apiError) Error() string { return e.kind + ": " + e.message }

func validation(message string) apiError { return apiError{"ValidationException", message} }

// shapes maps the kinds of a store's errors to DynamoDB's exceptions. Other kinds are InternalServerError.
var shapes = map[event.Kind]string{
	event.InvalidRequest:  "ValidationException",
	event.PayloadTooLarge: "ValidationException",
	event.LimitExceeded:   "ValidationException",
	event.NotFound:        "ResourceNotFoundException",
	event.Throttled:       "ThrottlingException",
	event.AccessDenied:    "AccessDeniedException",
}

func (a api) refuse(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	e, ok := errors.AsType[apiError](err)
	switch {
	case ok:
	case errors.Is(err, table.ErrCondition):
		e = apiError{"ConditionalCheckFailedException", "The conditional request failed"}
	default:
		fault := event.From(err)
		if e = (apiError{shapes[fault.Kind], fault.Message}); e.kind == "" {
			e.kind, status = "InternalServerError", http.StatusInternalServerError
			a.Log.Error("a table failed", "error", err, "cause", errors.Unwrap(fault))
		}
	}
	write(w, status, map[string]string{"__type": errorPrefix + e.kind, "message": e.message})
}

func write(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // bodies are structures of texts, numbers and items
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(text) // a caller that went away needs no answer
}
