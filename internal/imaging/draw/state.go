package draw

import (
	"fmt"

	"bluerose/internal/imaging/magick"
)

// Limits of one drawing. They are far above what a drawing needs, and bound what one may cost.
const (
	maxPoints     = 200_000 // of one drawing
	maxPrimitives = 10_000
	maxControl    = 100 // points of one bezier primitive
	maxDashes     = 20_000
	maxDepth      = 64  // of push
	maxCoordinate = 1e9 // of a number in a drawing
)

// Paint is what an area is covered with. The renderer may hold a pattern for it: Own says that the drawing itself named the
// colour, which takes the pattern's place.
type Paint struct {
	Color magick.Color
	Own   bool
}

// Visible reports whether the paint leaves a trace.
func (p Paint) Visible() bool { return p.Color.Alpha != 0 }

// Font is how text looks. The zero value is the default font in its regular style, 12 points high.
type Font struct {
	Name, Family string
	Style        string  // "Italic", "Oblique"; else upright
	Stretch      string  // "Condensed", …; else normal
	Weight       int     // 100 to 900; 0 is not said
	Size         float64 // points; 0 is 12
	DensityX     float64 // pixels an inch; 0 is 72
	DensityY     float64
}

// State is what the words of a drawing change for the primitives behind them.
type State struct {
	Fill, Stroke  Paint
	FillOpacity   float64 // 0 to 1: the alpha that fill gives colours, where it is not 1
	StrokeOpacity float64
	Pen           Pen // widths and dashes before Matrix enlarges them
	EvenOdd       bool
	Aliased       bool // strokes and shapes have sharp edges
	TextAliased   bool
	Matrix        Matrix
	Font          Font
	Gravity       string // ImageMagick's name; "Undefined" for none
	Align         string // "Left", "Center", "Right"; empty for none
	Decorate      string // "Underline", "Overline", "LineThrough"; empty for none
	Undercolor    magick.Color
	Kerning       float64 // pixels between letters, words and lines beyond the font's own
	Word, Line    float64
}

// Default is the state at the beginning of a drawing: black, no stroke, lines of one pixel.
func Default() State {
	return State{
		Fill:        Paint{Color: magick.Color{Alpha: 0xffff}},
		FillOpacity: 1, StrokeOpacity: 1, EvenOdd: true,
		Pen:     Pen{Width: 1, MiterLimit: 10},
		Matrix:  Identity,
		Gravity: "Undefined",
	}
}

// Shapes gives what a path in pixels covers: by the fill, and by the stroke. The fill comes first.
func (s State) Shapes(path Path) (fill Shape, strokes []Shape) {
	fill = Shape{Path: path, Fill: true, EvenOdd: s.EvenOdd, Half: -1, Sharp: s.Aliased}
	if !s.Stroke.Visible() {
		return fill, nil
	}
	scale := s.Matrix.Scale()
	pen := s.Pen
	pen.Width *= scale
	pen.DashOffset *= scale
	pen.Dash = make([]float64, len(s.Pen.Dash))
	for i, d := range s.Pen.Dash {
		pen.Dash[i] = d * scale
	}
	strokes = pen.Strokes(path)
	for i := range strokes {
		strokes[i].Sharp = s.Aliased
	}
	return fill, strokes
}

// Error says what is wrong with a drawing, in words for the user.
type Error string

func (e Error) Error() string { return string(e) }

func errorf(format string, args ...any) error { return Error(fmt.Sprintf(format, args...)) }
