package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bluerose/event"
	"bluerose/internal/policy"
)

// verdict is what a function as authorizer says of a caller. It does not change.
type verdict struct {
	principal string
	policy    *policy.Document
	context   map[string]any // what the function gave, as texts, and principalId
	expires   time.Time
	size      uint32 // in memory, roughly
}

// maxAnswer is how many bytes an authorizer may answer: a policy of the greatest size, and as much of context.
const maxAnswer = 2 * policy.MaxSize

// parseVerdict reads a function's answer.
func parseVerdict(answer []byte) (*verdict, error) {
	if len(answer) > maxAnswer {
		return nil, fmt.Errorf("the authorizer's answer is longer than %d bytes", maxAnswer)
	}
	var wire struct {
		PrincipalID *string         `json:"principalId"`
		Policy      json.RawMessage `json:"policyDocument"`
		Context     map[string]any  `json:"context"`
	}
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber()
	if err := decoder.Decode(&wire); err != nil || wire.PrincipalID == nil || wire.Policy == nil {
		return nil, errors.New("the authorizer's answer must be an object with a principalId and a policyDocument, and a context, if any, must be one")
	}
	document, err := policy.Parse(wire.Policy)
	if err != nil {
		return nil, fmt.Errorf("the authorizer's policyDocument: %w", err)
	}
	v := &verdict{principal: *wire.PrincipalID, policy: document, context: make(map[string]any, len(wire.Context)+1), size: uint32(2*len(answer) + 512)}
	for name, value := range wire.Context {
		switch value.(type) {
		case string, json.Number, bool:
			v.context[name] = claim(value)
		default:
			return nil, errors.New("the authorizer's context may hold texts, numbers, true and false, and nothing else")
		}
	}
	v.context["principalId"] = v.principal
	return v, nil
}

// refused gives what a function that failed means by it: by the one word Unauthorized, that the caller shall not come in. What
// else it says may hold a token, and is not repeated.
func refused(answer []byte) *event.Refusal {
	var failure event.Failure
	if err := json.Unmarshal(answer, &failure); err != nil {
		return event.AuthorizerFailed().Wrap(errors.New("the authorizer failed and answered no JSON"))
	}
	if failure.ErrorMessage == "Unauthorized" {
		return event.Unauthorized().Wrap(errors.New("the authorizer says so"))
	}
	return event.AuthorizerFailed().Wrap(fmt.Errorf("the authorizer failed: %.100s", failure.ErrorType))
}
