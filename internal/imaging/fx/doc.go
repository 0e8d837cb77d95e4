// Package fx is the expression language of ImageMagick 6.9's -fx and %[fx:…]: an expression is compiled once, and then
// evaluated for every channel of every pixel.
//
// A value is a float64, and a channel's full intensity is 1. The compiled form is a tree of Go closures; what does not
// depend on the pixel is worked out when it is compiled, and Local tells of an expression that is a curve of its own
// channel alone, so that the caller can make a table of it.
//
// The room computes and does nothing else: no I/O, no picture formats. Everything is bounded: the length of an
// expression, how deep it nests, and how many times its loops go round.
package fx

import "math"

// Channel is a channel of a pixel.
type Channel int

// The channels that an expression is evaluated for. Cyan, magenta and yellow are red, green and blue.
const (
	Red Channel = iota
	Green
	Blue
	Alpha
	Black
	Intensity // all colour channels together, weighted: what an expression outside -fx is about
	channels
)

// Pixel is the channels of a pixel, by Channel, 0 to 1. Alpha is 1 where a picture has none.
type Pixel [5]float64

// of gives a channel's value; Intensity is Rec. 709 luma, as everywhere in ImageMagick 6.9.
func (p *Pixel) of(c Channel) float64 {
	if c == Intensity {
		return luma(p)
	}
	return p[c]
}

func luma(p *Pixel) float64 { return 0.212656*p[Red] + 0.715158*p[Green] + 0.072186*p[Blue] }

func lightness(p *Pixel) float64 {
	return (max(p[Red], p[Green], p[Blue]) + min(p[Red], p[Green], p[Blue])) / 2
}

// hue is that of HSL, 0 to 1.
func hue(p *Pixel) float64 {
	r, g, b := p[Red], p[Green], p[Blue]
	top, bottom := max(r, g, b), min(r, g, b)
	chroma := top - bottom
	if chroma == 0 {
		return 0
	}
	var h float64
	switch top {
	case r:
		h = (g - b) / chroma
		if g < b {
			h += 6
		}
	case g:
		h = 2 + (b-r)/chroma
	default:
		h = 4 + (r-g)/chroma
	}
	return h / 6
}

// saturation is that of HSL.
func saturation(p *Pixel) float64 {
	top, bottom := max(p[Red], p[Green], p[Blue]), min(p[Red], p[Green], p[Blue])
	if top == bottom {
		return 0
	}
	return (top - bottom) / (1 - math.Abs(top+bottom-1))
}

// Image is a picture that an expression reads. Its functions are called from as many goroutines as there are Runs.
type Image struct {
	Width, Height int
	// Bands are numbers a pixel in Pix: 1 of gray, 3 of colour, 4 of CMYK, and one more for alpha. Pix may be nil: then
	// every pixel comes from At.
	Bands int
	CMYK  bool
	Alpha bool
	Pix   []uint16
	// At gives the pixel at a place that is not in Pix: outside, or between pixels, whose middles are whole numbers.
	At func(x, y float64) Pixel
	// Statistic gives mean, minima, maxima, standard_deviation, skewness, kurtosis or depth of a channel, of a full range
	// of 1; it is called once for each.
	Statistic func(name string, c Channel) (float64, error)
	// Attributes are the numbers known of the picture by name: "page.x", "resolution.y", "extent".
	Attributes map[string]float64
}

// pixel gives the pixel at a whole place.
func (m *Image) pixel(x, y int) Pixel {
	if uint(x) >= uint(m.Width) || uint(y) >= uint(m.Height) || m.Pix == nil {
		return m.At(float64(x), float64(y))
	}
	const scale = 1.0 / 65535
	px := m.Pix[(y*m.Width+x)*m.Bands:]
	p := Pixel{Alpha: 1}
	colours := m.Bands
	if m.Alpha {
		colours--
		p[Alpha] = float64(px[colours]) * scale
	}
	p[Red] = float64(px[0]) * scale
	if colours < 3 {
		p[Green], p[Blue] = p[Red], p[Red]
		return p
	}
	p[Green], p[Blue] = float64(px[1])*scale, float64(px[2])*scale
	if m.CMYK && colours > 3 {
		p[Black] = float64(px[3]) * scale
	}
	return p
}

// between gives the pixel at a place that need not be whole.
func (m *Image) between(x, y float64) Pixel {
	if x == math.Trunc(x) && y == math.Trunc(y) && math.Abs(x) < 1<<30 && math.Abs(y) < 1<<30 {
		return m.pixel(int(x), int(y))
	}
	return m.At(x, y)
}

// Band gives the place of a channel in a pixel of Pix; false where the channel is not in it.
func (m *Image) Band(c Channel) (int, bool) {
	colours := m.Bands
	if m.Alpha {
		colours--
	}
	switch {
	case c == Alpha:
		return colours, m.Alpha
	case c == Intensity:
		return 0, false
	case c == Black:
		return 3, m.CMYK && colours == 4
	case colours < 3:
		return 0, true
	}
	return int(c), true
}

// Here gives the first pixel of Pix.
func (m *Image) Here() Pixel { return m.pixel(0, 0) }
