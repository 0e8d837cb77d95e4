package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// A curveMaker gives the curve that a step asks for; nil changes nothing.
type curveMaker func(m *machine, s magick.Step) (curve, error)

// curveOperators are those whose channels depend on nothing but themselves.
var curveOperators = map[string]operator{
	"brightness-contrast": byCurve(brightnessContrast),
	"evaluate":            evaluate,
	"function":            byCurve(function),
	"gamma":               gamma,
	"level":               byCurve(level),
	"level-colors":        levelColors,
	"negate":              negate,
	"posterize":           posterize,
	"sigmoidal-contrast":  byCurve(sigmoidalContrast),
	"solarize":            byCurve(solarize),
	"threshold":           threshold,
	"black-threshold":     clip(func(v, limit float64) bool { return v < limit }, 0),
	"white-threshold":     clip(func(v, limit float64) bool { return v > limit }, 1),
	"clamp":               func(m *machine, p *Picture, s magick.Step) (*Picture, error) { return p, nil },
}

// byCurve makes an operator of a curve: all channels that -channel names have the same.
func byCurve(maker curveMaker) operator {
	return func(m *machine, p *Picture, s magick.Step) (*Picture, error) {
		f, err := maker(m, s)
		if err != nil || f == nil {
			return p, err
		}
		if p, err = p.spreadFor(m.partial()); err != nil {
			return nil, err
		}
		return p.mapped(m.settings.channels(), f)
	}
}

func negate(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	channels := m.settings.channels()
	p, err := p.spreadFor(m.partial())
	if err != nil {
		return nil, err
	}
	if !s.Plus || p.Space == Gray {
		return p.mapped(channels, func(v float64) float64 { return 1 - v })
	}
	// +negate changes the pixels that are gray only.
	return p.perPixel(p.pixelForm(), p.eachColour(channels, func(r, g, b float64) (float64, float64, float64) {
		if r != g || g != b {
			return r, g, b
		}
		return 1 - r, 1 - g, 1 - b
	}))
}

func gamma(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	if s.Plus {
		return p, nil
	}
	power := func(g float64) curve {
		if g == 0 {
			return func(float64) float64 { return 0 }
		}
		return func(v float64) float64 { return math.Pow(v, 1/g) }
	}
	noted := func(q *Picture, err error, by float64) (*Picture, error) {
		if err != nil {
			return nil, err
		}
		q = q.copy()
		q.Gamma = positive(p.Gamma, 1) * by
		return q, nil
	}
	red := argument(s, 0, 1)
	if !given(s, 1) {
		q, err := p.mapped(m.settings.channels(), power(red))
		return noted(q, err, red)
	}
	q, err := p.toRGB()
	if err != nil {
		return nil, err
	}
	green, blue := argument(s, 1, red), argument(s, 2, red)
	curves := make([]curve, q.img.Bands())
	for band, g := range [3]float64{red, green, blue} {
		curves[band] = power(g)
	}
	q, err = q.mappedEach(curves)
	return noted(q, err, (red+green+blue)/3)
}

// signedPow is a power that leaves negative numbers as they are.
func signedPow(v, exponent float64) float64 {
	if v < 0 {
		return v
	}
	return math.Pow(v, exponent)
}

// leveled stretches black to white over the full range; its inverse squeezes the full range between them.
func leveled(black, white, gamma float64, inverse bool) curve {
	if inverse {
		return func(v float64) float64 { return signedPow(v, gamma)*(white-black) + black }
	}
	scale := 1.0
	if d := white - black; math.Abs(d) > 1e-12 {
		scale = 1 / d
	} else {
		scale = 1e12
	}
	if gamma == 0 {
		gamma = 1e-12
	}
	return func(v float64) float64 { return signedPow(scale*(v-black), 1/gamma) }
}

func level(m *machine, s magick.Step) (curve, error) {
	black := intensity(s, 0, 0)
	white := intensity(s, 1, 1-black)
	return leveled(black, white, argument(s, 2, 1), s.Plus), nil
}

func levelColors(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	low, high := black, white
	if ends, ok := s.Value.(magick.ColorRange); ok {
		if ends.Black != nil {
			low = *ends.Black
		}
		if ends.White != nil {
			high = *ends.White
		}
	}
	var err error
	if !gray(low) || !gray(high) {
		if p, err = p.toRGB(); err != nil {
			return nil, err
		}
	}
	curves := make([]curve, p.img.Bands())
	from, to := p.ink(low), p.ink(high)
	for band := range p.colours() {
		if p.named(band, m.settings.channels()) {
			curves[band] = leveled(from[band]/p.Max(), to[band]/p.Max(), 1, s.Plus)
		}
	}
	return p.mappedEach(curves)
}

// brightnessContrast is a line whose slope and intercept are made of two percentages (MagickCore, BrightnessContrastImage).
func brightnessContrast(m *machine, s magick.Step) (curve, error) {
	brightness, contrast := argument(s, 0, 0), argument(s, 1, 0)
	slope := max(math.Tan(math.Pi*(contrast/100+1)/4), 0)
	intercept := brightness/100 + (100-brightness)/200*(1-slope)
	return func(v float64) float64 { return slope*v + intercept }, nil
}

// posterize makes even levels of every channel. ImageMagick then keeps to 256 colours, which only shows with alpha.
func posterize(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	levels := max(math.Trunc(argument(s, 0, 1)), 1)
	p, err := p.spreadFor(m.partial())
	if err != nil {
		return nil, err
	}
	p, err = p.mapped(m.settings.channels(), func(v float64) float64 { return math.Floor(v*(levels-1)+0.5) / max(levels-1, 1) })
	if most := int(min(levels*levels*levels, 256)); err == nil && (p.Alpha() || levels > 6) {
		return m.reducedAt(p, most, octreeDepth)
	}
	return p, err
}

func solarize(m *machine, s magick.Step) (curve, error) {
	limit := interval(s, 0, 0)
	return func(v float64) float64 {
		if v > limit {
			return 1 - v
		}
		return v
	}, nil
}

// sigmoidalContrast is a logistic function, scaled so that black and white stay; +sigmoidal-contrast is its inverse.
func sigmoidalContrast(m *machine, s magick.Step) (curve, error) {
	contrast, middle := argument(s, 0, 0), intensity(s, 1, 0.5)
	if contrast == 0 {
		return nil, nil
	}
	wave := func(v float64) float64 { return math.Tanh(0.5 * contrast * (v - middle)) }
	low, high := wave(0), wave(1)
	if !s.Plus {
		return func(v float64) float64 { return (wave(v) - low) / (high - low) }, nil
	}
	return func(v float64) float64 {
		const edge = 1 - 1e-12
		return middle + 2/contrast*math.Atanh(min(max((high-low)*v+low, -edge), edge))
	}, nil
}

// threshold makes channels full or empty; all channels by the intensity of the pixel, until -channel names some.
func threshold(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	limit := interval(s, 0, 0.5)
	cut := func(v float64) float64 {
		if v <= limit {
			return 0
		}
		return 1
	}
	channels, separate := m.channelsGiven()
	if separate || p.Space == Gray || p.colours() != 3 {
		return p.mapped(channels, cut)
	}
	p, err := p.toSpace(SRGB)
	if err != nil {
		return nil, err
	}
	of, ok := intensities[m.settings.enum("intensity", "")]
	if !ok && p.lumaTabled() {
		return p.lumaMapped(func(v float64) byte { return narrow(steps(cut(v))) })
	}
	if !ok {
		of = lumaOf
	}
	to := p.pixelForm()
	to.space = Gray
	in, out := p.pixelForm().bands(), to.bands()
	return p.perPixel(to, func(_ int, dst, src []uint16) {
		for i, j := 0, 0; i < len(src); i, j = i+in, j+out {
			dst[j] = steps(cut(of(float64(src[i])*perStep, float64(src[i+1])*perStep, float64(src[i+2])*perStep)))
			if to.alpha {
				dst[j+1] = src[i+3]
			}
		}
	})
}

// clip sets the channels that pass a limit to a value. There is a limit for every channel.
func clip(passes func(v, limit float64) bool, value float64) operator {
	return func(m *machine, p *Picture, s magick.Step) (*Picture, error) {
		p, err := p.spreadFor(given(s, 1))
		if err != nil {
			return nil, err
		}
		curves := make([]curve, p.img.Bands())
		for band := range curves {
			if !p.named(band, m.settings.channels()) {
				continue
			}
			limit := intensity(s, band, intensity(s, 0, 0))
			curves[band] = func(v float64) float64 {
				if passes(v, limit) {
					return value
				}
				return v
			}
		}
		return p.mappedEach(curves)
	}
}

// partial reports whether -channel names some of red, green and blue, but not all: what gives a gray picture colours.
func (m *machine) partial() bool {
	named := m.settings.channels() & magick.ChannelRGB
	return named != 0 && named != magick.ChannelRGB
}

// spreadFor gives a gray picture three bands when channels are to differ.
func (p *Picture) spreadFor(differ bool) (*Picture, error) {
	if !differ {
		return p, nil
	}
	return p.toRGB()
}

// function is one of ImageMagick's functions of a channel, with its parameters (MagickCore, ApplyFunction).
func function(m *machine, s magick.Step) (curve, error) {
	list, _ := s.Second.(magick.Numbers)
	p := func(i int, def float64) float64 { return list.At(i, def) }
	switch choice(s, "") {
	case "Polynomial":
		return func(v float64) float64 {
			sum := 0.0
			for i := range list {
				sum = sum*v + p(i, 0)
			}
			return sum
		}, nil
	case "Sinusoid":
		frequency, phase, amplitude, bias := p(0, 1), p(1, 0), p(2, 0.5), p(3, 0.5)
		return func(v float64) float64 { return amplitude*math.Sin(2*math.Pi*(frequency*v+phase/360)) + bias }, nil
	case "ArcSin":
		width, center, extent, bias := p(0, 1), p(1, 0.5), p(2, 1), p(3, 0.5)
		return func(v float64) float64 {
			x := min(max(2/width*(v-center), -1), 1)
			return extent/math.Pi*math.Asin(x) + bias
		}, nil
	case "ArcTan":
		slope, center, extent, bias := p(0, 1), p(1, 0.5), p(2, 1), p(3, 0.5)
		return func(v float64) float64 { return extent/math.Pi*math.Atan(math.Pi*slope*(v-center)) + bias }, nil
	}
	return nil, refuse(s, "give Polynomial, Sinusoid, ArcSin or ArcTan and its numbers")
}
