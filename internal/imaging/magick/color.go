package magick

import (
	"math"
	"strconv"
	"strings"
)

// Space is the colour space that a Color's components are in.
type Space int

// The colour spaces of colours.
const (
	SRGB Space = iota
	CMYK       // Red, Green and Blue are cyan, magenta and yellow
	Gray       // written as gray(), or by a name that begins with gray; the three are the same
)

// Color is a colour with 16 bits per component, as ImageMagick's Q16 keeps it.
type Color struct {
	Space            Space
	Red, Green, Blue uint16
	Black            uint16 // CMYK only
	Alpha            uint16 // 65535 is opaque
}

func (Color) value() {}

const quantum = 65535

const colorExpected = expectation(`a colour such as "red", "#ff8800", "rgba(255,0,0,0.5)" or "none"`)

// ParseColor reads a colour as ImageMagick 6.9 does: the X11 and SVG names; # and 3, 4, 6, 8, 9, 12 or 16 hexadecimal
// digits; and rgb(), rgba(), srgb(), srgba(), hsl(), hsla(), hsb(), hsv(), hwb(), gray(), graya(), cmyk(), cmyka() with numbers of
// 0 to 255 or percentages, hues in degrees, and an alpha of 0 to 1. A component out of range is clamped.
func ParseColor(s string) (Color, error) {
	c, err := parseColor(s)
	return c, public(err, s)
}

func parseColor(s string) (Color, error) {
	s = strings.TrimSpace(s)
	if digits, ok := strings.CutPrefix(s, "#"); ok {
		return parseHex(digits)
	}
	if name, rest, ok := strings.Cut(s, "("); ok {
		return parseColorFunction(strings.ToLower(strings.TrimSpace(name)), strings.TrimSuffix(strings.TrimSpace(rest), ")"))
	}
	name := strings.ToLower(strings.ReplaceAll(s, " ", ""))
	if name == "none" || name == "transparent" || name == "matte" {
		return Color{}, nil
	}
	rgb, ok := colorNames[name]
	if !ok {
		return Color{}, colorExpected
	}
	c := Color{Red: wide(rgb >> 16), Green: wide(rgb >> 8), Blue: wide(rgb), Alpha: quantum}
	if strings.HasPrefix(name, "gray") || strings.HasPrefix(name, "grey") {
		c.Space = Gray
	}
	return c, nil
}

// wide spreads the low eight bits over sixteen.
func wide(v uint32) uint16 { return uint16(v&0xff) * 257 }

func parseHex(digits string) (Color, error) {
	components, width := 3, len(digits)/3
	switch len(digits) {
	case 3, 6, 9, 12:
	case 4, 8, 16:
		components, width = 4, len(digits)/4
	default:
		return Color{}, colorExpected
	}
	v := [4]uint16{3: quantum}
	for i := range components {
		n, err := strconv.ParseUint(digits[i*width:(i+1)*width], 16, 32)
		if err != nil {
			return Color{}, colorExpected
		}
		v[i] = uint16((n*quantum + (1<<(4*width)-1)/2) / (1<<(4*width) - 1))
	}
	return Color{Red: v[0], Green: v[1], Blue: v[2], Alpha: v[3]}, nil
}

func parseColorFunction(name, arguments string) (Color, error) {
	hasAlpha := strings.HasSuffix(name, "a") && name != "a"
	if hasAlpha {
		name = strings.TrimSuffix(name, "a")
	}
	n, err := parseNumbers(arguments)
	if err != nil || len(n) > 8 {
		return Color{}, colorExpected
	}
	var c Color
	alphaAt := 3
	switch name {
	case "rgb", "srgb":
		c = Color{Red: n.component(0), Green: n.component(1), Blue: n.component(2)}
	case "gray", "grey":
		alphaAt = 1
		v := n.component(0)
		c = Color{Space: Gray, Red: v, Green: v, Blue: v}
	case "cmyk":
		alphaAt = 4
		c = Color{Space: CMYK, Red: n.component(0), Green: n.component(1), Blue: n.component(2), Black: n.component(3)}
	case "hsl", "hsb", "hsv", "hwb":
		c = n.hueColor(name)
	default:
		return Color{}, colorExpected
	}
	c.Alpha = quantum
	if hasAlpha {
		c.Alpha = alpha16(n.At(alphaAt, 1))
	}
	return c, nil
}

// alpha16 rounds an alpha of 0 to 1 to 16 bits. Halves go as measured in 6.9, where 0.1 is 6554 and 0.9 is 58981.
func alpha16(a float64) uint16 {
	if a < 0.5 {
		return clamp16(quantum * a)
	}
	return uint16(math.Ceil(quantum*min(a, 1) - 0.5))
}

// component gives number i, of 0 to 255 or a percentage, as 16 bits.
func (n Numbers) component(i int) uint16 { return clamp16(quantum * n.fraction(i)) }

// fraction gives number i, of 0 to 255 or a percentage, as 0 to 1.
func (n Numbers) fraction(i int) float64 {
	if i < len(n) && n[i].Percent {
		return n[i].Value / 100
	}
	return n.At(i, 0) / 255
}

func clamp16(v float64) uint16 {
	if !(v > 0) {
		return 0
	}
	return uint16(min(v+0.5, quantum))
}

// hueColor gives the colour of a hue in degrees (a percentage is of 255) and two fractions, by the definitions of
// the HSL, HSB (HSV) and HWB colour models.
func (n Numbers) hueColor(model string) Color {
	hue := n.At(0, 0)
	if len(n) > 0 && n[0].Percent {
		hue = hue * 255 / 100
	}
	hue = math.Mod(hue, 360)
	if hue < 0 {
		hue += 360
	}
	a, b := n.fraction(1), n.fraction(2)
	var high, low float64
	switch model {
	case "hsl":
		chroma := a * (1 - math.Abs(2*b-1))
		low = b - chroma/2
		high = low + chroma
	case "hwb":
		high, low = 1-b, a
	default:
		high, low = b, b*(1-a)
	}
	channel := func(shift float64) uint16 {
		k := math.Mod(shift+hue/60, 6)
		return clamp16(quantum * (high - (high-low)*max(0, min(k, 4-k, 1))))
	}
	return Color{Red: channel(5), Green: channel(3), Blue: channel(1)}
}

// String writes the colour as ImageMagick reads it, exactly.
func (c Color) String() string {
	exact := func(v uint16) string { return formatNumber(float64(v)*100/quantum) + "%" }
	if c.Space != SRGB {
		name, parts := "gray", []string{exact(c.Red)}
		if c.Space == CMYK {
			name, parts = "cmyk", []string{exact(c.Red), exact(c.Green), exact(c.Blue), exact(c.Black)}
		}
		if c.Alpha != quantum {
			name, parts = name+"a", append(parts, formatNumber(float64(c.Alpha)/quantum))
		}
		return name + "(" + strings.Join(parts, ",") + ")"
	}
	const digits = "0123456789ABCDEF"
	out := []byte{'#'}
	components := []uint16{c.Red, c.Green, c.Blue}
	if c.Alpha != quantum {
		components = append(components, c.Alpha)
	}
	for _, v := range components {
		out = append(out, digits[v>>12], digits[v>>8&15], digits[v>>4&15], digits[v&15])
	}
	return string(out)
}

// parseColorRange reads "black,white", where either may be missing; one colour alone is both.
func parseColorRange(s string) (ColorRange, error) {
	parts := splitOutside(s, ',')
	if len(parts) > 2 {
		return ColorRange{}, expectation(`one colour or two with a comma between them, such as "navy,gold"`)
	}
	var ends [2]*Color
	for i, p := range parts {
		if strings.TrimSpace(p) == "" {
			continue
		}
		c, err := parseColor(p)
		if err != nil {
			return ColorRange{}, err
		}
		ends[i] = &c
	}
	if len(parts) == 1 {
		ends[1] = ends[0]
	}
	if ends[0] == nil && ends[1] == nil {
		return ColorRange{}, colorExpected
	}
	return ColorRange{Black: ends[0], White: ends[1]}, nil
}

// splitOutside splits s at each sep that stands outside parentheses.
func splitOutside(s string, sep byte) []string {
	var out []string
	depth, start := 0, 0
	for i := range len(s) {
		switch {
		case s[i] == '(':
			depth++
		case s[i] == ')':
			depth--
		case s[i] == sep && depth == 0:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// parseSparse reads the points of -sparse-color: "x,y colour x,y colour …", with commas or spaces between.
func parseSparse(s string) (ColorPoints, error) {
	const want = expectation(`points with colours such as "0,0 red 99,99 blue"`)
	var words []string
	for _, part := range splitOutside(strings.NewReplacer("\t", " ", "\n", " ").Replace(s), ' ') {
		for _, w := range splitOutside(part, ',') {
			if w != "" {
				words = append(words, w)
			}
		}
	}
	if len(words) == 0 || len(words)%3 != 0 || len(words) > maxNumbers {
		return nil, want
	}
	var out ColorPoints
	for i := 0; i < len(words); i += 3 {
		x, errX := parseNumber(words[i])
		y, errY := parseNumber(words[i+1])
		c, err := parseColor(words[i+2])
		if errX != nil || errY != nil {
			return nil, want
		}
		if err != nil {
			return nil, err
		}
		out = append(out, ColorPoint{X: x.Value, Y: y.Value, Color: c})
	}
	return out, nil
}
