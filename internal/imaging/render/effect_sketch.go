package render

import (
	"math"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// sketch draws the picture with strokes of a pencil at an angle (magick/visual-effects.c, SketchImage): the strokes are
// noise of twice the size, blurred along the angle, and dodge the picture's colours, to which the picture is added (6.9
// means to blend a fifth of it in, but does not find its own weights).
func sketch(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius, sigma, err := bell(s)
	if err != nil {
		return nil, err
	}
	width, height := p.Width(), p.Height()
	if err := m.admit(2*width, 2*height); err != nil {
		return nil, err
	}
	strokes, err := m.strokes(p, s, radius, sigma)
	if err != nil {
		return nil, err
	}
	lines, err := strokes.pixels()
	if err != nil {
		return nil, err
	}
	return p.rework(width, height, sketching[uint8](p, lines), sketching[uint16](p, lines))
}

// strokes makes the pencil's lines in gray, 8 bits, of the picture's size.
func (m *machine) strokes(p *Picture, s magick.Step, radius, sigma float64) (*Picture, error) {
	r := m.random()
	noise := make([]byte, 4*p.Width()*p.Height())
	for i := range noise {
		noise[i] = byte(255*r.Float64() + 0.5)
	}
	img, err := p.img.Scope().FromPixels(noise, 2*p.Width(), 2*p.Height(), 1, vips.Uchar, vips.BW)
	if err != nil {
		return nil, err
	}
	q := p.with(img)
	q.Space = Gray
	angle := magick.Step{Value: magick.Numbers{{Value: radius, Set: true}, {Value: sigma, Set: true}, {Value: numbers(s).At(2, 0), Set: true}}}
	plain := &machine{engine: m.engine, scope: m.scope, settings: newSettings()}
	if q, err = motionBlur(plain, q, angle); err != nil {
		return nil, err
	}
	if q, err = q.convolved(edgeKernel(radius), magick.ChannelDefault, 0); err != nil {
		return nil, err
	}
	if q, err = q.settle(); err != nil {
		return nil, err
	}
	counts, err := q.histogram()
	if err != nil {
		return nil, err
	}
	low, high := stretchLimits(counts[0], 0.0015, 0.9995)
	if q, err = q.mapped(magick.ChannelRGB, func(v float64) float64 { return 1 - stretched(v, low, high) }); err != nil {
		return nil, err
	}
	half, err := q.img.Op("shrink", vips.Args{"hshrink": 2.0, "vshrink": 2.0})
	if err != nil {
		return nil, err
	}
	return q.cast(half)
}

func sketching[T number](p *Picture, lines []byte) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	colours := p.colours()
	return func(src, dst grid[T]) error {
		full := float64(^T(0))
		for y := range src.height {
			if y%32 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			in, out := src.row(y), dst.row(y)
			for x := range src.width {
				line := float64(lines[y*src.width+x]) / 255
				for b := range src.bands {
					i := x*src.bands + b
					if b >= colours {
						out[i] = in[i]
						continue
					}
					v := float64(in[i]) / full
					dodged := 1.0
					if v+line < 1 {
						dodged = v / max(1-line, epsilon)
					}
					out[i] = quantum[T](math.Min(dodged+v, 1) * full)
				}
			}
		}
		return nil
	}
}
