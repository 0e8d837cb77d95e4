package render

import (
	"maps"
	"strconv"
	"strings"

	"bluerose/internal/imaging/magick"
)

func itoa(n int) string { return strconv.Itoa(n) }

// settings are what the settings of a program have said so far: the last step of each name, and -define's keys.
type settings struct {
	steps   map[string]magick.Step
	defines map[string]string // by key in lower case: "webp:lossless", "filter:blur"
}

func newSettings() settings {
	return settings{steps: map[string]magick.Step{}, defines: map[string]string{}}
}

func (s settings) clone() settings {
	return settings{steps: maps.Clone(s.steps), defines: maps.Clone(s.defines)}
}

func (s settings) set(step magick.Step) {
	define, ok := step.Value.(magick.Define)
	switch {
	case ok && step.Plus:
		delete(s.defines, strings.ToLower(define.Key))
	case ok:
		s.define(define.Key, define.Value)
	default:
		s.steps[step.Name] = step
	}
}

func (s settings) define(key, value string) { s.defines[strings.ToLower(key)] = value }

// given gives the last step of a name, unless it was written with a plus, which takes back what was said.
func (s settings) given(name string) (magick.Step, bool) {
	step, ok := s.steps[name]
	return step, ok && !step.Plus
}

// on gives a switch: true after -name, false after +name, def before either.
func (s settings) on(name string, def bool) bool {
	if step, ok := s.steps[name]; ok {
		return !step.Plus
	}
	return def
}

// enum gives a name of one of ImageMagick's lists, in ImageMagick's spelling.
func (s settings) enum(name, def string) string {
	if step, ok := s.given(name); ok {
		if v, ok := step.Value.(magick.Enum); ok {
			return string(v)
		}
	}
	return def
}

func (s settings) color(name string, def magick.Color) magick.Color {
	if step, ok := s.given(name); ok {
		if v, ok := step.Value.(magick.Color); ok {
			return v
		}
	}
	return def
}

func (s settings) geometry(name string) (magick.Geometry, bool) {
	if step, ok := s.given(name); ok {
		v, ok := step.Value.(magick.Geometry)
		return v, ok
	}
	return magick.Geometry{}, false
}

// number gives a number; the second result says whether it was given, and the third whether it is a percentage.
func (s settings) number(name string, def float64) (value float64, given, percent bool) {
	step, ok := s.given(name)
	if !ok {
		return def, false, false
	}
	switch v := step.Value.(type) {
	case magick.Number:
		return v.Value, true, v.Percent
	case magick.Numbers:
		return v.At(0, def), true, v.Percent()
	}
	return def, false, false
}

// channels gives what -channel named, or ImageMagick's default.
func (s settings) channels() magick.Channels {
	if step, ok := s.given("channel"); ok {
		if v, ok := step.Value.(magick.Channels); ok {
			return v
		}
	}
	return magick.ChannelDefault
}

// Colours that stand where none was given (ImageMagick 6.9, magick/image.c).
var (
	white         = magick.Color{Red: 0xffff, Green: 0xffff, Blue: 0xffff, Alpha: 0xffff}
	black         = magick.Color{Alpha: 0xffff}
	borderDefault = magick.Color{Red: 0xdfdf, Green: 0xdfdf, Blue: 0xdfdf, Alpha: 0xffff}
	matteDefault  = magick.Color{Red: 0xbdbd, Green: 0xbdbd, Blue: 0xbdbd, Alpha: 0xffff}
)

func (s settings) background() magick.Color  { return s.color("background", white) }
func (s settings) bordercolor() magick.Color { return s.color("bordercolor", borderDefault) }
func (s settings) mattecolor() magick.Color  { return s.color("mattecolor", matteDefault) }
func (s settings) fill() magick.Color        { return s.color("fill", black) }
func (s settings) gravity() string           { return s.enum("gravity", "Undefined") }
func (s settings) compose() string           { return s.enum("compose", "Over") }

// ground gives -background or, where it was not said, what the picture's own file says of it.
func (m *machine) ground(p *Picture) magick.Color {
	if p.Background != nil {
		return m.settings.color("background", *p.Background)
	}
	return m.settings.background()
}

// fuzz gives -fuzz as a distance between colours, where 1 is the full range of a channel.
func (s settings) fuzz() float64 {
	value, _, percent := s.number("fuzz", 0)
	if percent {
		return value / 100
	}
	return value / 65535
}

// fraction reads a define as a number.
func (s settings) fraction(key string) float64 {
	v, err := strconv.ParseFloat(s.defines[key], 64)
	if err != nil {
		return 0
	}
	return v
}
