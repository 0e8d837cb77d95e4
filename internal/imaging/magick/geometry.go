package magick

import (
	"slices"
	"strings"
)

// Geometry is a size, an offset, or both, with ImageMagick's flags: "512x", "50%", "600x400^>", "100x100+10-5", "16:9".
type Geometry struct {
	Width, Height       float64 // pixels, or percent with Percent; with Ratio the two sides of an aspect ratio
	HasWidth, HasHeight bool    // "512" and "512x" have no height, "x512" no width, "+10+10" neither
	Separator           bool    // "512x": the height was left out, so it is none, where "512" alone may mean both sides
	X, Y                float64 // pixels; negative when written with a minus
	HasX, HasY          bool
	XNegative           bool // the sign was a minus, which "-0" does not show
	YNegative           bool

	Percent bool // %: sides are percent of the picture's
	Exact   bool // !: take both sides as they are, whatever the aspect
	Greater bool // >: only when the picture is larger
	Less    bool // <: only when the picture is smaller
	Fill    bool // ^: the sides are the least, not the most
	Area    bool // @: Width is the number of pixels (of tiles for -crop)
	Ratio   bool // W:H is an aspect ratio
}

func (Geometry) value() {}

const geometryExpected = expectation(`a geometry such as "640x480>", "50%" or "100x100+10+10"`)

// ParseGeometry reads a geometry. Flags may stand anywhere in it and together; spaces do not count.
func ParseGeometry(s string) (Geometry, error) {
	g, err := parseGeometry(s)
	return g, public(err, s)
}

func parseGeometry(s string) (Geometry, error) {
	var g Geometry
	rest := g.takeFlags(s)
	sc := scanner{rest: rest}
	if !sc.atSign() || strings.ContainsAny(rest, "xX") && !strings.HasPrefix(rest, "+") {
		g.Width, g.HasWidth = sc.number()
		if sc.separator() {
			g.Height, g.HasHeight = sc.sideNumber()
			g.Separator = g.HasWidth && !g.HasHeight
		} else if sc.take(':') {
			g.Ratio = true
			if g.Height, g.HasHeight = sc.number(); !g.HasHeight || !g.HasWidth || g.Width <= 0 || g.Height <= 0 {
				return Geometry{}, expectation(`an aspect ratio such as "16:9"`)
			}
		}
	}
	g.X, g.XNegative, g.HasX = sc.offset()
	g.Y, g.YNegative, g.HasY = sc.offset()
	if sc.rest != "" || !g.HasWidth && !g.HasHeight && !g.HasX {
		return Geometry{}, geometryExpected
	}
	return g, nil
}

// takeFlags sets the flags that s holds and gives s without them.
func (g *Geometry) takeFlags(s string) string {
	var rest strings.Builder
	for _, r := range s {
		switch r {
		case '%':
			g.Percent = true
		case '!':
			g.Exact = true
		case '>':
			g.Greater = true
		case '<':
			g.Less = true
		case '^':
			g.Fill = true
		case '@':
			g.Area = true
		case '(', ')', ' ', '\t', '\n':
		case '×':
			rest.WriteByte('x')
		default:
			rest.WriteRune(r)
		}
	}
	return rest.String()
}

// parseAnnotation reads the first argument of -annotate and that of -rotate, where a lone number is a rotation whatever
// its sign.
func parseAnnotation(s string) (Geometry, error) {
	g, err := parseGeometry(s)
	if err != nil {
		return separatedAnnotation(s)
	}
	if !g.HasWidth && !g.HasHeight && g.HasX && !g.HasY {
		g.Width, g.HasWidth, g.X, g.HasX, g.XNegative = g.X, true, 0, false, false
	}
	return g, nil
}

// separatedAnnotation reads rotations and an offset with commas between all of them: "0,0,5,5".
func separatedAnnotation(s string) (Geometry, error) {
	n, err := parseNumbers(s)
	if err != nil || len(n) > 4 || n.Percent() || slices.ContainsFunc(n, func(v Number) bool { return !v.Set }) {
		return Geometry{}, geometryExpected
	}
	return Geometry{
		Width: n.At(0, 0), Height: n.At(1, 0), X: n.At(2, 0), Y: n.At(3, 0),
		HasWidth: n.Has(0), HasHeight: n.Has(1), HasX: n.Has(2), HasY: n.Has(3),
		XNegative: n.At(2, 0) < 0, YNegative: n.At(3, 0) < 0,
	}, nil
}

// samplingFactors are the names that video engineers give to the factors of the luma samples.
var samplingFactors = map[string][2]float64{
	"4:4:4": {1, 1}, "4:4:0": {1, 2}, "4:2:2": {2, 1}, "4:2:0": {2, 2}, "4:1:1": {4, 1}, "4:1:0": {4, 2},
}

// parseSampling reads the factors of the first component: "4:2:0", "2x2", "2x1,1x1,1x1".
func parseSampling(s string) (Geometry, error) {
	f, ok := samplingFactors[strings.TrimSpace(s)]
	if !ok {
		first, _, _ := strings.Cut(s, ",")
		g, err := parseGeometry(first)
		if err != nil || !g.HasWidth || g.Ratio {
			return Geometry{}, expectation(`sampling factors such as "4:2:0" or "2x2"`)
		}
		if f = [2]float64{g.Width, g.Height}; !g.HasHeight {
			f[1] = g.Width
		}
	}
	return Geometry{Width: f[0], Height: f[1], HasWidth: true, HasHeight: true}, nil
}

// pageSizes are the paper sizes that -page and -repage know, in points (1/72 inch), from ISO 216 and ANSI.
var pageSizes = map[string][2]float64{
	"4x6": {288, 432}, "5x7": {360, 504}, "7x9": {504, 648}, "8x10": {576, 720}, "9x11": {648, 792}, "9x12": {648, 864},
	"10x13": {720, 936}, "10x14": {720, 1008}, "11x17": {792, 1224}, "a0": {2384, 3370}, "a1": {1684, 2384},
	"a10": {73, 105}, "a2": {1191, 1684}, "a3": {842, 1191}, "a4": {595, 842}, "a4small": {595, 842}, "a5": {420, 595},
	"a6": {297, 420}, "a7": {210, 297}, "a8": {148, 210}, "a9": {105, 148}, "archa": {648, 864}, "archb": {864, 1296},
	"archc": {1296, 1728}, "archd": {1728, 2592}, "arche": {2592, 3456}, "b0": {2920, 4127}, "b1": {2064, 2920},
	"b10": {91, 127}, "b2": {1460, 2064}, "b3": {1032, 1460}, "b4": {729, 1032}, "b5": {516, 729}, "b6": {363, 516},
	"b7": {258, 363}, "b8": {181, 258}, "b9": {127, 181}, "c0": {2599, 3676}, "c1": {1837, 2599}, "c2": {1298, 1837},
	"c3": {918, 1296}, "c4": {649, 918}, "c5": {459, 649}, "c6": {323, 459}, "c7": {230, 323}, "executive": {540, 720},
	"flsa": {612, 936}, "flse": {612, 936}, "folio": {612, 936}, "halfletter": {396, 612}, "isob0": {2835, 4008},
	"isob1": {2004, 2835}, "isob2": {1417, 2004}, "isob3": {1001, 1417}, "isob4": {709, 1001}, "isob5": {499, 709},
	"ledger": {1224, 792}, "legal": {612, 1008}, "letter": {612, 792}, "lettersmall": {612, 792}, "quarto": {610, 780},
	"statement": {396, 612}, "tabloid": {792, 1224},
}

// parsePage reads a geometry whose size may be a paper size: "A4", "letter+36+36".
func parsePage(s string) (Geometry, error) {
	cut := strings.IndexAny(s, "+-!<>^ ")
	if cut < 0 {
		cut = len(s)
	}
	size, ok := pageSizes[strings.ToLower(s[:cut])]
	if !ok || s[0] >= '0' && s[0] <= '9' {
		return parseGeometry(s)
	}
	g := Geometry{}
	if cut < len(s) {
		var err error
		if g, err = parseGeometry(s[cut:]); err != nil {
			return g, err
		}
	}
	g.Width, g.Height, g.HasWidth, g.HasHeight = size[0], size[1], true, true
	return g, nil
}

// String writes the geometry as ImageMagick reads it.
func (g Geometry) String() string {
	var b strings.Builder
	if g.HasWidth {
		b.WriteString(formatNumber(g.Width))
	}
	switch {
	case g.Ratio:
		b.WriteString(":" + formatNumber(g.Height))
	case g.HasHeight:
		b.WriteString("x" + formatNumber(g.Height))
	case g.Separator:
		b.WriteString("x")
	}
	writeOffset(&b, g.X, g.HasX, g.XNegative)
	writeOffset(&b, g.Y, g.HasY, g.YNegative)
	for _, f := range []struct {
		on   bool
		flag byte
	}{{g.Percent, '%'}, {g.Exact, '!'}, {g.Greater, '>'}, {g.Less, '<'}, {g.Fill, '^'}, {g.Area, '@'}} {
		if f.on {
			b.WriteByte(f.flag)
		}
	}
	return b.String()
}

func writeOffset(b *strings.Builder, v float64, has, negative bool) {
	if !has {
		return
	}
	if negative {
		b.WriteString("-" + formatNumber(-v))
		return
	}
	b.WriteString("+" + formatNumber(v))
}
