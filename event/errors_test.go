package event

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestKindStatus(t *testing.T) {
	for kind, want := range map[Kind]int{InvalidRequest: 400, UnsupportedArgument: 422, Throttled: 429, FunctionCrashed: 502, "Else": 500} {
		if got := kind.Status(); got != want {
			t.Errorf("%s: status %d, want %d", kind, got, want)
		}
	}
	if Kind("Else").Known() || !Timeout.Known() {
		t.Error("Known is wrong")
	}
}

func TestFrom(t *testing.T) {
	cause := errors.New("/secret/path")
	refused := Errorf(InvalidImage, "The picture is broken").Wrap(cause)
	if got := From(fmt.Errorf("more: %w", refused)); got != refused || !errors.Is(got, cause) {
		t.Errorf("got %v", got)
	}
	hidden := From(cause)
	if hidden.Kind != Internal || strings.Contains(hidden.Message, "secret") || !errors.Is(hidden, cause) {
		t.Errorf("got %+v", hidden)
	}
	if From(nil) != nil {
		t.Error("From(nil) is an error")
	}
}
