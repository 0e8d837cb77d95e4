package handler_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"bluerose/event"
	"bluerose/internal/harness/handler"

	"github.com/aws/aws-lambda-go/lambda/messages"
)

func TestInvoke(t *testing.T) {
	for name, test := range map[string]struct {
		run    func() (any, error)
		answer string
		kind   event.Kind
	}{
		"an answer":     {func() (any, error) { return map[string]int{"a": 1}, nil }, `{"a":1}`, ""},
		"nothing":       {func() (any, error) { return nil, nil }, `null`, ""},
		"a public kind": {func() (any, error) { return nil, event.Errorf(event.NotFound, "none").Wrap(errors.New("inner")) }, "none", event.NotFound},
		"a fault":       {func() (any, error) { return nil, errors.New("inner") }, "The service failed", event.Internal},
		"a panic":       {func() (any, error) { panic("inner") }, "The service failed", event.Internal},
		"no JSON":       {func() (any, error) { return func() {}, nil }, "The service failed", event.Internal},
	} {
		var log strings.Builder
		h := handler.Handler{Log: slog.New(slog.NewTextHandler(&log, nil)), Run: func(context.Context, []byte) (any, error) { return test.run() }}
		answer, err := h.Invoke(t.Context(), nil)
		if failed, ok := errors.AsType[messages.InvokeResponse_Error](err); ok {
			answer = []byte(failed.Message)
			if event.Kind(failed.Type) != test.kind || strings.Contains(failed.Message, "inner") || log.Len() == 0 {
				t.Errorf("%s: %+v; log %s", name, failed, log.String())
			}
		} else if test.kind != "" || err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.HasPrefix(string(answer), test.answer) {
			t.Errorf("%s: %s", name, answer)
		}
	}
}
