package render

import (
	"errors"
	"strings"
	"testing"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
)

// TestCheck sees that what no table has is refused by name and position, and marked for another engine.
func TestCheck(t *testing.T) {
	rose := magick.Step{Class: magick.Read, Value: magick.Source{Coder: "rose"}, Text: "rose:", Position: 1}
	for name, step := range map[string]magick.Step{
		"-unheard-of": {Class: magick.Operator, Name: "unheard-of", Position: 2},
		"+unheard-of": {Class: magick.ListOperator, Name: "unheard-of", Plus: true, Position: 2},
		"heard:of":    {Class: magick.Read, Value: magick.Source{Coder: "heard", Name: "of"}, Text: "heard:of", Position: 2},
		"-remap":      {Class: magick.Operator, Name: "remap", Value: magick.Source{Coder: "magick", Name: "rose"}, Position: 2},
	} {
		err := Check(&magick.Program{Steps: []magick.Step{rose, step}})
		if !errors.Is(err, ErrNotNative) || event.From(err).Kind != event.UnsupportedArgument || !strings.HasPrefix(err.Error(), "Argument 2, "+name+" ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := Check(&magick.Program{Steps: []magick.Step{rose, {Class: magick.Operator, Name: "negate", Position: 2}}}); err != nil {
		t.Error(err)
	}
}
