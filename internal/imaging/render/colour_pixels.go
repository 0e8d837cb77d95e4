package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// A blender is a function of one colour, components 0 to 1.
type blender func(r, g, b float64) (float64, float64, float64)

// pixelOperators are those whose channels depend on one another, but on no other pixel.
var pixelOperators = map[string]operator{
	"color-matrix":     colorMatrix,
	"colorize":         colorize,
	"contrast":         contrast,
	"modulate":         modulate,
	"opaque":           opaque,
	"random-threshold": randomThreshold,
	"recolor":          colorMatrix,
	"sepia-tone":       sepiaTone,
	"tint":             tint,
	"transparent":      transparent,
}

// modulate scales brightness, saturation and hue in HSL, or in the colourspace of -define modulate:colorspace.
func modulate(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	brightness, saturation := argument(s, 0, 100)/100, argument(s, 1, 100)/100
	turn := math.Mod(argument(s, 2, 100)-100, 200) / 200
	space := Space("HSL")
	if name, err := magick.ParseEnum("colorspace", m.settings.defines["modulate:colorspace"]); err == nil {
		if _, ok := modulated[Space(name)]; ok {
			space = Space(name)
		}
	}
	order, c := modulated[space], colourspaces[space]
	if p.Space == Gray {
		if saturation == 1 && turn == 0 || space == "HSL" {
			return p.mapped(magick.ChannelRGB, func(v float64) float64 { return v * brightness })
		}
	}
	if space == "HSL" && turn == 0 {
		return p.shade(p.eachColour(magick.ChannelRGB, saturated(brightness, saturation)))
	}
	return p.perPixel(p.pixelForm(), p.eachColour(magick.ChannelRGB, func(r, g, b float64) (float64, float64, float64) {
		var v [3]float64
		v[0], v[1], v[2] = c.from(r, g, b)
		hue := v[order[0]] + turn
		v[order[0]] = hue - math.Floor(hue)
		v[order[1]] *= saturation
		v[order[2]] *= brightness
		return c.to(v[0], v[1], v[2])
	}))
}

// saturated scales lightness and saturation of HSL. While the hue stays, a colour keeps its direction from the gray of its
// lightness, so that no hue need be worked out: its distance goes with the chroma, S(1-|2L-1|).
func saturated(brightness, saturation float64) blender {
	return func(r, g, b float64) (float64, float64, float64) {
		light := (max(r, g, b) + min(r, g, b)) / 2
		to := light * brightness
		scale := 0.0
		if span := 1 - math.Abs(2*light-1); span > tiny {
			scale = saturation * (1 - math.Abs(2*to-1)) / span
		}
		return to + (r-light)*scale, to + (g-light)*scale, to + (b-light)*scale
	}
}

// modulated names the colourspaces of -modulate with the places of hue, saturation and brightness in them.
var modulated = map[Space][3]int{
	"HSL": {0, 1, 2}, "HSB": {0, 1, 2}, "HSV": {0, 1, 2}, "HSI": {0, 1, 2}, "HCL": {0, 1, 2}, "HCLp": {0, 1, 2},
	"HWB": {0, 1, 2}, "LCHab": {2, 1, 0}, "LCHuv": {2, 1, 0},
}

// contrast moves the brightness of HSB towards a sine, or away from it.
func contrast(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	sign := 1.0
	if s.Plus {
		sign = -1
	}
	if p.Space == Gray {
		return p.mapped(magick.ChannelRGB, func(v float64) float64 { return contrasted(v, sign) })
	}
	// In HSB, to change the brightness alone is to scale the colour.
	return p.perPixel(p.pixelForm(), p.eachColour(magick.ChannelRGB, func(r, g, b float64) (float64, float64, float64) {
		top := max(r, g, b)
		if top == 0 {
			v := contrasted(0, sign)
			return v, v, v
		}
		scale := contrasted(top, sign) / top
		return r * scale, g * scale, b * scale
	}))
}

func contrasted(v, sign float64) float64 {
	return min(max(v+0.5*sign*(0.5*(math.Sin(math.Pi*(v-0.5))+1)-v), 0), 1)
}

// sepiaTone is three curves of the intensity, then normalize and contrast (MagickCore, SepiaToneImage).
func sepiaTone(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	limit := interval(s, 0, 0.8)
	p, err := p.toRGB()
	if err != nil {
		return nil, err
	}
	p, err = p.perPixel(p.pixelForm(), p.eachColour(magick.ChannelRGB, func(r, g, b float64) (float64, float64, float64) {
		v := lumaOf(r, g, b)
		red, green, blue := v+1-limit, v+1-7*limit/6, v-limit/6
		if v > limit {
			red = 1
		}
		if v > 7*limit/6 {
			green = 1
		}
		if v < limit/6 {
			blue = 0
		}
		return red, max(green, limit/7), max(blue, limit/7)
	}))
	if err != nil {
		return nil, err
	}
	plain := magick.Step{Name: s.Name, Position: s.Position}
	pixels := float64(p.Width()) * float64(p.Height())
	if p, err = m.stretched(p, 0.0015*pixels, 0.9995*pixels); err != nil {
		return nil, err
	}
	return contrast(m, p, plain)
}

// tint adds a share of -fill, most to the mid-tones.
func tint(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	fill := m.settings.fill()
	var err error
	if !gray(fill) {
		if p, err = p.toRGB(); err != nil {
			return nil, err
		}
	}
	r0, g0, b0 := rgbOf(fill)
	own := luma(fill) / fullRange
	share := func(i int) float64 { return argument(s, i, argument(s, 0, 0)) / 100 }
	red, green, blue := share(0)*r0/fullRange-own, share(1)*g0/fullRange-own, share(2)*b0/fullRange-own
	weight := func(v float64) float64 { return 1 - 4*(v-0.5)*(v-0.5) }
	curves := make([]curve, p.img.Bands())
	for band, amount := range []float64{red, green, blue}[:min(p.colours(), 3)] {
		curves[band] = func(v float64) float64 { return v + amount*weight(v) }
	}
	return p.mappedEach(curves)
}

// colorize mixes -fill in, by percentages for the channels. Alpha stays what it is.
func colorize(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	fill := m.settings.fill()
	p, err := p.holding(fill)
	if err != nil {
		return nil, err
	}
	if p, err = p.spreadFor(given(s, 1)); err != nil {
		return nil, err
	}
	ink := p.ink(fill)
	curves := make([]curve, p.img.Bands())
	for band := range p.colours() {
		share, colour := argument(s, band, argument(s, 0, 0))/100, ink[band]/p.Max()
		curves[band] = func(v float64) float64 { return v*(1-share) + colour*share }
	}
	return p.mappedEach(curves)
}

// nearness compares colours within -fuzz, as ImageMagick does (MagickCore, IsMagickColorSimilar): the distance over red, green
// and blue is weighed by both alphas, and alphas themselves must be as near.
type nearness struct {
	r, g, b, a float64
	limit      float64 // the square of the distance
}

// near makes the test for a colour. Numbers of pixels are 0 to 65535.
func (m *machine) near(c magick.Color) nearness {
	r, g, b := rgbOf(c)
	limit := max(m.settings.fuzz()*fullRange, math.Sqrt2/2)
	return nearness{r: r, g: g, b: b, a: float64(c.Alpha), limit: limit * limit}
}

func (n nearness) is(r, g, b, a float64) bool {
	d := a - n.a
	distance := d * d
	if distance > n.limit {
		return false
	}
	weight := n.a / fullRange * a / fullRange
	if weight <= 1e-12 {
		return true
	}
	r, g, b = r-n.r, g-n.g, b-n.b
	return 3*distance+weight*(r*r+g*g+b*b) <= 3*n.limit
}

// pixel tests a pixel of a row.
func (n nearness) pixel(px []uint16, colours int, alpha bool) bool {
	a := float64(fullRange)
	if alpha {
		a = float64(px[len(px)-1])
	}
	switch colours {
	case 1:
		return n.is(float64(px[0]), float64(px[0]), float64(px[0]), a)
	case 4:
		r, g, b := rgbOf(magick.Color{Space: magick.CMYK, Red: px[0], Green: px[1], Blue: px[2], Black: px[3]})
		return n.is(r, g, b, a)
	}
	return n.is(float64(px[0]), float64(px[1]), float64(px[2]), a)
}

// repaint sets the pixels that match a colour (that do not, with a plus) by paint.
func (m *machine) repaint(p *Picture, s magick.Step, paint func(px []uint16)) (*Picture, error) {
	target, ok := s.Value.(magick.Color)
	if !ok {
		return nil, refuse(s, "give the colour to look for")
	}
	test := m.near(target)
	bands, colours, alpha := p.img.Bands(), p.colours(), p.Alpha()
	if colours == 3 && !p.wide() && target.Alpha == fullRange {
		return p.repaintNarrow(test, s.Plus, paint)
	}
	return p.perPixel(p.pixelForm(), func(_ int, out, in []uint16) {
		copy(out, in)
		for i := 0; i+bands <= len(out); i += bands {
			if px := out[i : i+bands]; test.pixel(px, colours, alpha) != s.Plus {
				paint(px)
			}
		}
	})
}

// repaintNarrow is repaint for an opaque colour in 8-bit pictures of three colours: the squares of all distances of a
// channel are in a table.
func (p *Picture) repaintNarrow(test nearness, other bool, paint func(px []uint16)) (*Picture, error) {
	data, err := p.pixels()
	if err != nil {
		return nil, err
	}
	var red, green, blue [256]float64
	for i := range red {
		v := float64(i * 257)
		red[i], green[i], blue[i] = (v-test.r)*(v-test.r), (v-test.g)*(v-test.g), (v-test.b)*(v-test.b)
	}
	bands, alpha := p.img.Bands(), p.Alpha()
	stride := p.Width() * bands
	err = p.eachStrip(func(top, bottom int) {
		var wide [4]uint16
		for i := top * stride; i < bottom*stride; i += bands {
			px := data[i : i+bands : i+bands]
			match := red[px[0]]+green[px[1]]+blue[px[2]] <= 3*test.limit
			if alpha && px[3] != 255 {
				expand(wide[:], px)
				match = test.pixel(wide[:], 3, true)
			}
			if match != other {
				expand(wide[:bands], px)
				paint(wide[:bands])
				gather(px, wide[:bands])
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return p.holdingPixels(data, p.Width(), p.Height(), p.pixelForm())
}

func opaque(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	fill := m.settings.fill()
	p, err := p.holding(fill)
	if err != nil {
		return nil, err
	}
	channels := m.settings.channels()
	ink, named := make([]uint16, p.img.Bands()), make([]bool, p.img.Bands())
	for band, v := range p.ink(fill) {
		ink[band], named[band] = quantum[uint16](v/p.Max()*fullRange), p.named(band, channels)
	}
	return m.repaint(p, s, func(px []uint16) {
		for band := range px {
			if named[band] {
				px[band] = ink[band]
			}
		}
	})
}

func transparent(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	p, err := p.withAlpha()
	if err != nil {
		return nil, err
	}
	return m.repaint(p, s, func(px []uint16) { px[len(px)-1] = 0 })
}

// colorMatrix makes every channel a weighted sum of all: columns are red, green, blue, alpha, black and a constant.
func colorMatrix(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	kernels, _ := s.Value.(magick.Kernels)
	if len(kernels) == 0 || kernels[0].Name != "" {
		return nil, refuse(s, "give the matrix as numbers, such as \"1 0 0  0 1 0  0 0 1\"")
	}
	matrix := [6][6]float64{}
	for i := range matrix {
		matrix[i][i] = 1
	}
	for i, v := range kernels[0].Values {
		if row, column := i/kernels[0].Width, i%kernels[0].Width; row < 6 && column < 6 && v.Set {
			matrix[row][column] = v.Value
		}
	}
	p, err := p.toRGB()
	if err != nil {
		return nil, err
	}
	bands, alpha, colours := p.img.Bands(), p.Alpha(), p.colours()
	return p.perPixel(p.pixelForm(), func(_ int, out, in []uint16) {
		for i := 0; i+bands <= len(in); i += bands {
			v := [6]float64{float64(in[i]), float64(in[i+1]), float64(in[i+2]), 0, 0, fullRange}
			if alpha {
				v[3] = float64(in[i+bands-1])
			}
			if colours == 4 {
				v[4] = float64(in[i+3])
			}
			sum := func(row int) (total float64) {
				for j, w := range matrix[row] {
					total += w * v[j]
				}
				return total
			}
			for band := range 3 {
				out[i+band] = quantum[uint16](sum(band))
			}
			if colours == 4 {
				out[i+3] = quantum[uint16](sum(4))
			}
			if alpha {
				out[i+bands-1] = quantum[uint16](sum(3))
			}
		}
	})
}

// randomThreshold makes values 0 or full: what is below the first number or above the second surely, the rest by chance.
func randomThreshold(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	low, high := intensity(s, 0, 0), intensity(s, 1, 1)
	p, err := p.toRGB() // each channel has a chance of its own
	if err != nil {
		return nil, err
	}
	return m.scatter(p, m.settings.channels(), func(r *chance, v float64) float64 {
		limit := min(max(v, low), high)
		if limit == v {
			limit = r.Float64()
		}
		if v <= limit {
			return 0
		}
		return 1
	})
}
