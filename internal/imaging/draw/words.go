package draw

import (
	"math"
	"strconv"
	"strings"

	"bluerose/internal/imaging/magick"
)

// shape is a primitive that is a path through points.
type shape struct {
	least, most int // points; most 0 is any number
	expects     string
	path        func(p []Point) Path
}

var shapes = map[string]shape{
	"line":      {2, 2, "x0,y0 x1,y1", func(p []Point) Path { return Path{{Points: p}} }},
	"rectangle": {2, 2, "x0,y0 x1,y1", func(p []Point) Path { return rectangle(p[0], p[1]) }},
	"roundrectangle": {3, 3, "x0,y0 x1,y1 and the corners' width,height", func(p []Point) Path {
		return roundRectangle(p[0], p[1], p[2])
	}},
	"arc": {3, 3, "x0,y0 x1,y1 and two angles", func(p []Point) Path {
		return ellipse(p[0].towards(p[1], 0.5), p[1].sub(p[0]).mul(0.5), p[2].X, p[2].Y)
	}},
	"ellipse": {3, 3, "x,y of the centre, the radii and two angles", func(p []Point) Path {
		return ellipse(p[0], p[1], p[2].X, p[2].Y)
	}},
	"circle": {2, 2, "x,y of the centre and of a point on the edge", func(p []Point) Path {
		r := p[1].sub(p[0]).length()
		return ellipse(p[0], Point{r, r}, 0, 360)
	}},
	"polyline": {2, 0, "two or more points", looped},
	"polygon":  {3, 0, "three or more points", func(p []Point) Path { return Path{{Points: p, Closed: true}} }},
	"bezier":   {3, 0, "three or more points", func(p []Point) Path { return looped(bezier(p)) }},
}

// change is a word that takes numbers.
type change struct {
	count int
	apply func(s *State, v []float64)
}

func moved(m func(v []float64) Matrix) func(s *State, v []float64) {
	return func(s *State, v []float64) { s.Matrix = s.Matrix.Then(m(v)) }
}

func tan(degrees float64) float64 { return math.Tan(math.Mod(degrees, 360) * math.Pi / 180) }

var changes = map[string]change{
	"affine": {6, moved(func(v []float64) Matrix {
		return Matrix{SX: v[0], RY: v[1], RX: v[2], SY: v[3], TX: v[4], TY: v[5]} // not the order of -affine
	})},
	"rotate":    {1, moved(func(v []float64) Matrix { return Rotation(v[0]) })},
	"scale":     {2, moved(func(v []float64) Matrix { return Matrix{SX: v[0], SY: v[1]} })},
	"skewx":     {1, moved(func(v []float64) Matrix { return Matrix{SX: 1, SY: 1, RY: tan(v[0])} })},
	"skewy":     {1, moved(func(v []float64) Matrix { return Matrix{SX: 1, SY: 1, RX: tan(v[0])} })},
	"translate": {2, moved(func(v []float64) Matrix { return Matrix{SX: 1, SY: 1, TX: v[0], TY: v[1]} })},

	"stroke-width":      {1, func(s *State, v []float64) { s.Pen.Width = max(v[0], 0) }},
	"stroke-miterlimit": {1, func(s *State, v []float64) { s.Pen.MiterLimit = v[0] }},
	"stroke-dashoffset": {1, func(s *State, v []float64) { s.Pen.DashOffset = v[0] }},
	"stroke-antialias":  {1, func(s *State, v []float64) { s.Aliased = v[0] == 0 }},
	"text-antialias":    {1, func(s *State, v []float64) { s.TextAliased = v[0] == 0 }},
	"font-size":         {1, func(s *State, v []float64) { s.Font.Size = max(v[0], 0) }},
	"kerning":           {1, func(s *State, v []float64) { s.Kerning = v[0] }},
	"letter-spacing":    {1, func(s *State, v []float64) { s.Kerning = v[0] }},
	"interword-spacing": {1, func(s *State, v []float64) { s.Word = v[0] }},
	"word-spacing":      {1, func(s *State, v []float64) { s.Word = v[0] }},
	"interline-spacing": {1, func(s *State, v []float64) { s.Line = v[0] }},
}

// words are the words that take another word.
var words = map[string]func(s *State, argument string) error{
	"fill":         func(s *State, a string) error { return paint(&s.Fill, s.FillOpacity, a) },
	"stroke":       func(s *State, a string) error { return paint(&s.Stroke, s.StrokeOpacity, a) },
	"fill-opacity": func(s *State, a string) error { return opacity(a, &s.FillOpacity, &s.Fill) },
	"stroke-opacity": func(s *State, a string) error {
		return opacity(a, &s.StrokeOpacity, &s.Stroke)
	},
	"opacity": func(s *State, a string) error {
		if err := opacity(a, &s.FillOpacity, &s.Fill); err != nil || !s.Stroke.Visible() {
			return err
		}
		return opacity(a, &s.StrokeOpacity, &s.Stroke)
	},
	"fill-rule": func(s *State, a string) error {
		return choose(a, map[string]func(){"evenodd": func() { s.EvenOdd = true }, "nonzero": func() { s.EvenOdd = false }})
	},
	"stroke-linecap": func(s *State, a string) error {
		return choose(a, map[string]func(){
			"butt": func() { s.Pen.Cap = ButtCap }, "round": func() { s.Pen.Cap = RoundCap }, "square": func() { s.Pen.Cap = SquareCap },
		})
	},
	"stroke-linejoin": func(s *State, a string) error {
		return choose(a, map[string]func(){
			"miter": func() { s.Pen.Join = MiterJoin }, "round": func() { s.Pen.Join = RoundJoin }, "bevel": func() { s.Pen.Join = BevelJoin },
		})
	},
	"font":         func(s *State, a string) error { s.Font.Name = a; return nil },
	"font-family":  func(s *State, a string) error { s.Font.Family = a; return nil },
	"font-style":   func(s *State, a string) error { s.Font.Style = a; return nil },
	"font-stretch": func(s *State, a string) error { s.Font.Stretch = a; return nil },
	"font-weight":  func(s *State, a string) error { s.Font.Weight = Weight(a); return nil },
	"gravity": func(s *State, a string) error {
		for _, name := range gravities {
			if strings.EqualFold(name, a) {
				s.Gravity = name
				return nil
			}
		}
		return errorf("gravity takes one of %s", strings.Join(gravities, ", "))
	},
	"text-align": func(s *State, a string) error {
		s.Align = named(a, "Left", "Center", "Right")
		return nil
	},
	"text-anchor": func(s *State, a string) error {
		s.Align = map[string]string{"start": "Left", "middle": "Center", "end": "Right"}[strings.ToLower(a)]
		return nil
	},
	"decorate": func(s *State, a string) error {
		s.Decorate = named(strings.ReplaceAll(a, "-", ""), "Underline", "Overline", "LineThrough")
		return nil
	},
	"text-undercolor": func(s *State, a string) error {
		c, err := magick.ParseColor(a)
		s.Undercolor = c
		return err
	},
}

var gravities = []string{"NorthWest", "North", "NorthEast", "West", "Center", "East", "SouthWest", "South", "SouthEast"}

func named(word string, names ...string) string {
	for _, name := range names {
		if strings.EqualFold(name, word) {
			return name
		}
	}
	return ""
}

func choose(word string, of map[string]func()) error {
	if set, ok := of[strings.ToLower(word)]; ok {
		set()
		return nil
	}
	return errorf("%q cannot be chosen here", word)
}

// Weight gives a font's weight by its name or number; 0 for one that is neither.
func Weight(word string) int {
	switch strings.ToLower(word) {
	case "normal", "regular":
		return 400
	case "bold":
		return 700
	case "thin":
		return 100
	case "light":
		return 300
	case "medium":
		return 500
	case "demibold", "semibold":
		return 600
	case "heavy", "black":
		return 900
	}
	n, err := strconv.Atoi(word)
	if err != nil || n < 1 || n > 1000 {
		return 0
	}
	return n
}

func paint(p *Paint, opacity float64, argument string) error {
	c, err := magick.ParseColor(argument)
	if err != nil {
		return err
	}
	if opacity != 1 && c.Alpha != 0 {
		c.Alpha = alpha(opacity)
	}
	*p = Paint{Color: c, Own: true}
	return nil
}

func opacity(argument string, kept *float64, p *Paint) error {
	v, ok := number(token{text: argument})
	if !ok {
		return errorf("an opacity is a number of 0 to 1, or a percentage")
	}
	if strings.HasSuffix(argument, "%") {
		v /= 100
	}
	*kept = min(max(v, 0), 1)
	p.Color.Alpha = alpha(*kept)
	return nil
}

func alpha(opacity float64) uint16 { return uint16(opacity*0xffff + 0.5) }
