package dynamotable

import (
	"errors"
	"slices"
	"time"

	"bluerose/event"
	"bluerose/internal/table"

	"github.com/aws/smithy-go"
)

// The codes of DynamoDB's errors by what they mean to the caller. Those that it may pass on again were tried again already.
var (
	throttles = []string{"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException", "LimitExceededException"}
	refusals  = []string{"AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException",
		"MissingAuthenticationTokenException", "IncompleteSignatureException"}
)

// wrote words what a write failed with, nil for nil.
func (s *Store) wrote(name string, err error) error { return word(name, err, table.NotStored) }

// read does the same for a read.
func (s *Store) read(name string, err error) error { return word(name, err, table.NotRead) }

func word(name string, err error, otherwise func(error) *event.Error) error {
	if err == nil {
		return nil
	}
	failed, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return otherwise(err)
	}
	switch code := failed.ErrorCode(); {
	case code == "ConditionalCheckFailedException":
		return table.ErrCondition
	case code == "ResourceNotFoundException":
		return table.NoTable(name).Wrap(err)
	case code == "ValidationException":
		return event.Errorf(event.InvalidRequest, "DynamoDB does not take this: %s", failed.ErrorMessage()).Wrap(err)
	case code == "InternalServerError" && failed.ErrorMessage() != "": // package dynamoapi says there what is wrong, such as a full disk
		return event.Errorf(event.Internal, "%s", failed.ErrorMessage()).Wrap(err)
	case slices.Contains(refusals, code):
		return event.Errorf(event.AccessDenied, "DynamoDB refuses the access key; give one that may use the table").Wrap(err)
	case slices.Contains(throttles, code):
		e := event.Errorf(event.Throttled, "DynamoDB takes no more requests now; try again in a moment")
		e.RetryAfter = time.Second
		return e.Wrap(err)
	}
	return otherwise(err)
}
