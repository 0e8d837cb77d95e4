package render

import (
	"fmt"
	"math"
	"strings"

	"bluerose/internal/imaging/fx"
)

// pixel is the escape pixel:EXPRESSION, the colour that an expression gives for each channel, in SVG's words (magick/color.c,
// GetColorTuple): of 8 bits where that is all that it has, else in percent.
func (s *subject) pixel(expression string) (string, error) {
	values, err := s.channels(expression)
	if err != nil {
		return "", err
	}
	colours := values[:s.p.colours()]
	name, whole := strings.ToLower(string(s.p.Space)), true
	for _, v := range colours {
		whole = whole && math.Abs(v*255-math.Round(v*255)) < 1e-4 && v >= 0 && v <= 1
	}
	parts := make([]string, 0, len(values))
	for _, v := range colours {
		switch {
		case s.p.Space == CMYK:
			parts = append(parts, s.m.decimal(255*v))
		case whole:
			parts = append(parts, itoa(int(math.Round(v*255))))
		default:
			parts = append(parts, s.m.decimal(100*v)+"%")
		}
	}
	if s.p.Alpha() {
		name += "a"
		parts = append(parts, s.m.decimal(values[len(colours)]))
	}
	return name + "(" + strings.Join(parts, ",") + ")", nil
}

// hex is the escape hex:EXPRESSION: the same in hexadecimal digits, two or four a channel.
func (s *subject) hex(expression string) (string, error) {
	values, err := s.channels(expression)
	if err != nil {
		return "", err
	}
	if s.p.Space == Gray { // written as red, green and blue
		values = append([]float64{values[0], values[0]}, values...)
	}
	full, digits := 255.0, 2
	if s.p.Depth > 8 {
		full, digits = fullRange, 4
	}
	var out strings.Builder
	for _, v := range values {
		fmt.Fprintf(&out, "%0*X", digits, int(min(max(v, 0), 1)*full+0.5))
	}
	return out.String(), nil
}

// channels evaluates an expression for every channel of the picture, at its corner.
func (s *subject) channels(expression string) ([]float64, error) {
	run, err := s.run(expression)
	if err != nil {
		return nil, err
	}
	values := make([]float64, 0, s.p.img.Bands())
	for band := range s.p.img.Bands() {
		values = append(values, run.At(0, 0, s.p.fxChannel(band)))
	}
	if err := run.Err(); err != nil {
		return nil, fxFailure(err)
	}
	return values, nil
}

// run compiles an expression of a template, and makes it ready to be evaluated.
func (s *subject) run(expression string) (*fx.Run, error) {
	e, err := fx.Compile(expression, fxColour)
	if err != nil {
		return nil, unreadable(err)
	}
	scene, err := s.m.scene(s.list, s.index)
	if err != nil {
		return nil, err
	}
	return e.Run(s.m.scope.Context(), scene), nil
}
