package imaging

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"bluerose/event"
)

// Invoke answers an invocation of the image function: it tells the service's own event from API Gateway's, and takes over
// payload. It makes the service a handler for lambda.StartWithOptions.
//
// An error is a messages.InvokeResponse_Error, which aws-lambda-go passes on as {"errorMessage", "errorType"}; a panic is
// one of kind Internal. A proxy event is always answered with a proxy response.
func (s *Service) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	isProxy := false
	defer func() {
		if cause := recover(); cause != nil {
			answer, err = s.fail(isProxy, s.panicked(ctx, cause))
		}
	}()
	if isProxy = event.IsProxy(payload); isProxy {
		return s.invokeProxy(ctx, payload)
	}
	answer, failure := s.Event(ctx, payload)
	if failure != nil {
		s.logFailure(ctx, failure)
		return s.fail(isProxy, event.From(failure))
	}
	return answer, nil
}

func (s *Service) invokeProxy(ctx context.Context, payload []byte) ([]byte, error) {
	r, err := event.ParseProxyRequest(payload)
	if err != nil {
		s.logFailure(ctx, err)
		return s.fail(true, event.From(err))
	}
	response, err := s.Proxy(ctx, r)
	if err != nil {
		return nil, err
	}
	return response.MarshalJSON()
}

// fail gives an error in the form that the event's sender expects.
func (s *Service) fail(isProxy bool, e *event.Error) ([]byte, error) {
	if isProxy {
		return s.failureResponse(e).MarshalJSON()
	}
	return nil, messages.InvokeResponse_Error{Message: e.Message, Type: string(e.Kind)}
}

// panicked logs a panic, and gives the error that its request is answered with.
func (s *Service) panicked(ctx context.Context, cause any) *event.Error {
	s.log.ErrorContext(ctx, "panic", slog.Any("cause", cause), slog.String("stack", string(debug.Stack())), requestID(ctx))
	return event.From(errors.New("panic"))
}

// logFailure logs an error with its cause: the service's faults as errors, the sender's as information.
func (s *Service) logFailure(ctx context.Context, err error) {
	e := event.From(err)
	if e.Kind == event.NotNative {
		return // another function answers
	}
	level := slog.LevelInfo
	if e.Kind == event.Internal {
		level = slog.LevelError
	}
	s.log.LogAttrs(ctx, level, "request failed",
		slog.String("kind", string(e.Kind)), slog.String("message", e.Message), slog.Any("cause", e.Unwrap()), requestID(ctx))
}

func requestID(ctx context.Context) slog.Attr {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return slog.String("requestId", lc.AwsRequestID)
	}
	return slog.Attr{}
}
