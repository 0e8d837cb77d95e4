// Package invoker reaches functions through Lambda's Invoke API, here and in AWS, and reads what Lambda reports of each
// invocation.
package invoker

import (
	"context"
	"errors"
	"net/http"
	"time"

	"bluerose/event"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Outcome is what became of an invocation that reached its function.
type Outcome struct {
	Payload       []byte // JSON: what the function answered, or {"errorMessage", "errorType", …}
	FunctionError string // empty where the function did not fail
	Version       string // that ran
	Report        Report
}

// Client invokes functions.
type Client struct{ api *lambda.Client }

// New gives a Client on an AWS SDK's. It tries nothing twice: whoever measures wants to know of every try.
func New(api *lambda.Client) *Client { return &Client{api} }

// Invoke runs a function, named as Lambda takes it ("image", "image:prod" or an ARN), and waits for its answer. A function
// that fails is no error. Errors are *event.Error.
func (c *Client) Invoke(ctx context.Context, function string, payload []byte) (*Outcome, error) {
	out, err := c.api.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: payload, LogType: types.LogTypeTail}, once)
	if err != nil {
		return nil, failure(ctx, function, err)
	}
	return &Outcome{
		Payload: out.Payload, FunctionError: aws.ToString(out.FunctionError), Version: aws.ToString(out.ExecutedVersion),
		Report: parseTail(aws.ToString(out.LogResult)),
	}, nil
}

// Send has a function run later: it is accepted when Send returns. Errors are *event.Error.
func (c *Client) Send(ctx context.Context, function string, payload []byte) error {
	_, err := c.api.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: payload, InvocationType: types.InvocationTypeEvent}, once)
	if err != nil {
		return failure(ctx, function, err)
	}
	return nil
}

func once(o *lambda.Options) { o.Retryer = aws.NopRetryer{} }

// failure puts an error of the API into public words.
func failure(ctx context.Context, function string, err error) error {
	var response *smithyhttp.ResponseError
	var known smithy.APIError
	switch {
	case ctx.Err() != nil:
		return event.Errorf(event.Timeout, "The time was over before the function %s had answered", function).Wrap(err)
	case !errors.As(err, &response) || !errors.As(err, &known):
		return event.Errorf(event.Internal, "The function %s could not be reached; try again", function).Wrap(err)
	}
	switch response.HTTPStatusCode() {
	case http.StatusNotFound:
		return event.Errorf(event.NotFound, "There is no function %s; name one that there is", function).Wrap(err)
	case http.StatusTooManyRequests:
		throttled := event.Errorf(event.Throttled, "Too many requests wait for the function %s; try again, or send fewer", function).Wrap(err)
		throttled.RetryAfter = time.Second
		return throttled
	case http.StatusForbidden:
		return event.Errorf(event.AccessDenied, "The function %s may not be invoked from here; ask its owner", function).Wrap(err)
	case http.StatusRequestEntityTooLarge:
		return event.Errorf(event.PayloadTooLarge, "The event is larger than the function %s takes; send a smaller one", function).Wrap(err)
	case http.StatusBadRequest:
		return event.Errorf(event.InvalidRequest, "The function %s cannot be invoked so: %s", function, known.ErrorMessage()).Wrap(err)
	}
	return event.Errorf(event.Internal, "The function %s could not be run; try again", function).Wrap(err)
}
