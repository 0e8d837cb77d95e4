package suite

import (
	"context"
	"encoding/json"

	"bluerose/event"
	"bluerose/internal/harness"
	"bluerose/internal/harness/results"
)

// Runner runs the event of a unit test. Its error says why there is no result.
type Runner func(ctx context.Context, unit []byte) (*results.Result, error)

// InHarness runs unit tests in the function of that name, which keeps their results.
func InHarness(functions harness.Invoker, name string) Runner {
	return func(ctx context.Context, unit []byte) (*results.Result, error) {
		outcome, err := functions.Invoke(ctx, name, unit)
		if err != nil {
			return nil, err
		}
		if outcome.FunctionError != "" {
			var failure event.Failure
			if json.Unmarshal(outcome.Payload, &failure) != nil || failure.ErrorMessage == "" {
				failure.ErrorMessage = "The function " + name + " failed; see its log"
			}
			return nil, event.Errorf(event.Kind(failure.ErrorType), "%s", failure.ErrorMessage)
		}
		var r results.Result
		if err := json.Unmarshal(outcome.Payload, &r); err != nil {
			return nil, event.Errorf(event.Internal, "The function %s answered no result", name).Wrap(err)
		}
		return &r, nil
	}
}

// Here runs unit tests in this process, and keeps no result.
func Here(functions harness.Invoker, image string) Runner {
	return func(ctx context.Context, unit []byte) (*results.Result, error) {
		e, err := harness.Parse(unit)
		if err != nil {
			return nil, err
		}
		return harness.Run(ctx, functions, image, e), nil
	}
}

// Outcome is a case with what became of it.
type Outcome struct {
	Case   Case
	Result *results.Result // nil where there is none
	Err    error           // why not
}

// Passed reports whether the case did.
func (o Outcome) Passed() bool { return o.Err == nil && o.Result.Passed }

// Reason says why it did not, in a sentence.
func (o Outcome) Reason() string {
	if o.Err != nil {
		return o.Err.Error()
	}
	return o.Result.Reason
}

// Run runs the cases one after the other, as iterations 0, 1, … of one test, and tells of each when it is done. It ends
// early with ctx.
func (s *Suite) Run(ctx context.Context, testID string, run Runner, tell func(i int, o Outcome)) []Outcome {
	var all []Outcome
	for i, c := range s.Cases {
		if ctx.Err() != nil {
			break
		}
		o := Outcome{Case: c}
		o.Result, o.Err = run(ctx, c.unit(testID, i))
		all = append(all, o)
		tell(i, o)
	}
	return all
}
