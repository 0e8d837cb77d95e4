// Package handler is what the functions of the harness have in common: how an event becomes an answer, and an error what
// Lambda's callers understand.
package handler

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime/debug"

	"bluerose/event"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Handler is a function as aws-lambda-go runs it. Run gives what is answered, as JSON; nil for null.
type Handler struct {
	Run func(ctx context.Context, payload []byte) (any, error)
	Log *slog.Logger
}

// Invoke answers an event. An error is {"errorMessage", "errorType"} with the words and the kind of an event.Error; its
// cause, and what else goes wrong, is in the log alone.
func (h Handler) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			h.Log.ErrorContext(ctx, "panic", "cause", cause, "stack", string(debug.Stack()), "requestId", requestID(ctx))
			answer, err = nil, failure(event.From(errors.New("panic")))
		}
	}()
	value, err := h.Run(ctx, payload)
	if err == nil {
		answer, err = json.Marshal(value)
	}
	if err != nil {
		e := event.From(err)
		h.Log.ErrorContext(ctx, "request failed", "kind", e.Kind, "message", e.Message, "cause", e.Unwrap(), "requestId", requestID(ctx))
		return nil, failure(e)
	}
	return answer, nil
}

func failure(e *event.Error) error {
	return messages.InvokeResponse_Error{Message: e.Message, Type: string(e.Kind)}
}

func requestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}
