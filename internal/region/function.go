package region

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/cost"
	"bluerose/internal/lambda"
	"bluerose/internal/lambda/beside"
)

// The functions behind the HTTPS API: image answers, and the host asks imagemagick for what image says it has not. authorizer
// is the owner's, and judges who may call.
const (
	imageFunctionName      = "image"
	magickFunctionName     = "imagemagick"
	authorizerFunctionName = "authorizer"
)

// engines are the engines of the functions, as the header X-Bluerose-Engine names them.
var engines = map[string]string{imageFunctionName: "native", magickFunctionName: "imagemagick"}

// functions is the function host as the gateway sees it.
type functions struct{ host *lambda.Host }

func (f functions) Invoke(ctx context.Context, call apigateway.Call, payload []byte) ([]byte, error) {
	answer, functionError, err := f.invoke(ctx, call, payload, nil)
	if functionError != "" {
		return nil, failure(answer)
	}
	return answer, err
}

// Proxy sends the picture beside the event, not as base64 text inside.
func (f functions) Proxy(ctx context.Context, call apigateway.Call, request *event.ProxyRequest) (*event.ProxyResponse, error) {
	response, err := beside.Call(ctx, request, func(ctx context.Context, head, rest []byte) ([]byte, string, error) {
		return f.invoke(ctx, call, head, rest)
	})
	if failed, ok := errors.AsType[*beside.FunctionError](err); ok {
		return nil, failure(failed.Payload)
	}
	return response, err
}

func (f functions) invoke(ctx context.Context, call apigateway.Call, payload, rest []byte) (answer []byte, functionError string, err error) {
	result, err := f.host.Invoke(ctx, lambda.Invocation{
		Function: call.Function, Qualifier: call.Qualifier, Payload: payload, Rest: rest, RequestID: call.RequestID,
	})
	if err != nil {
		return nil, "", err
	}
	return result.Payload, result.FunctionError, nil
}

// costOf estimates an invocation by its pictures: the one beside the event, or those in it.
func costOf(inv lambda.Invocation) int64 {
	if len(inv.Rest) > 0 {
		return cost.Body(inv.Rest)
	}
	return cost.Event(inv.Payload)
}

// failure gives what a failed invocation answered as an error. The function's own kinds are public as they stand; what
// Lambda says of a function that was killed, or a runtime of an error of its own making, is for the log.
func failure(payload []byte) error {
	var f event.Failure
	if err := json.Unmarshal(payload, &f); err != nil {
		return event.From(errors.New("the function failed and answered no JSON"))
	}
	if event.Kind(f.ErrorType).Known() {
		return event.Errorf(event.Kind(f.ErrorType), "%s", f.ErrorMessage)
	}
	cause := errors.New(f.ErrorType + ": " + f.ErrorMessage)
	switch {
	case f.ErrorType == "Sandbox.Timedout":
		return event.Errorf(event.Timeout, "The request took too long and was ended; send a smaller picture or fewer arguments").Wrap(cause)
	case f.ErrorType == "Function.ResponseSizeTooLarge":
		return event.Errorf(event.PayloadTooLarge, "The result is larger than this service gives; ask for a smaller picture or a lower quality").Wrap(cause)
	case strings.HasPrefix(f.ErrorType, "Runtime."):
		return event.Errorf(event.FunctionCrashed, "The function ended in the middle of the request; try again, with a smaller picture if it happens again").Wrap(cause)
	}
	return event.From(cause)
}

// stats gives the figures of host's functions as the metrics want them.
func stats(host *lambda.Host) []apigateway.FunctionStats {
	var all []apigateway.FunctionStats
	for name, s := range host.Stats() {
		all = append(all, apigateway.FunctionStats{
			Function: name, Instances: s.Instances, Busy: s.Busy, Queued: s.Queued, Cost: s.Cost, Events: s.Events,
			Invocations: s.Invocations, Errors: s.Errors, Timeouts: s.Timeouts, Crashes: s.Crashes, Throttles: s.Throttles, Sheds: s.Sheds,
			Cancelled: s.Cancelled, ColdStarts: s.ColdStarts, Engine: engines[name],
		})
	}
	return all
}
