package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// mixture is places around a pixel with weights, for effects whose neighbourhood is not a kernel's.
type mixture func(x, y int, add func(x, y int, weight float64))

// mixed replaces every pixel by the weighted mean of a mixture. Alpha is a weight of the colours when it is among channels.
func (m *machine) mixed(p *Picture, of mixture) (*Picture, error) {
	p, around, err := m.surroundings(p)
	if err != nil {
		return nil, err
	}
	channels := m.settings.channels()
	q, err := p.rework(p.Width(), p.Height(), mixing[uint8](p, around, channels, of), mixing[uint16](p, around, channels, of))
	if err != nil {
		return nil, err
	}
	return p.keeping(q, channels)
}

func mixing[T number](p *Picture, around surround, channels magick.Channels, of mixture) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	weighted := p.Alpha() && channels&magick.ChannelAlpha != 0
	return func(src, dst grid[T]) error {
		s := newSampler(src, around)
		full := float64(^T(0))
		sums := make([]float64, src.bands)
		var total, visible float64
		add := func(x, y int, weight float64) {
			pixel := s.at(x, y)
			total += weight
			if weighted {
				last := len(sums) - 1
				sums[last] += weight * float64(pixel[last])
				weight *= float64(pixel[last]) / full
				visible += weight
				for b := range last {
					sums[b] += weight * float64(pixel[b])
				}
				return
			}
			for b := range sums {
				sums[b] += weight * float64(pixel[b])
			}
		}
		for y := range dst.height {
			if y%8 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			out := dst.row(y)
			for x := range dst.width {
				clear(sums)
				total, visible = 0, 0
				of(x, y, add)
				pixel := out[x*dst.bands : (x+1)*dst.bands]
				if total == 0 {
					copy(pixel, s.at(x, y))
					continue
				}
				scale := 1 / total
				if weighted {
					last := len(sums) - 1
					pixel[last] = quantum[T](sums[last] / total)
					scale = reciprocal(visible)
				}
				for b := range sums {
					if !weighted || b < len(sums)-1 {
						pixel[b] = quantum[T](sums[b] * scale)
					}
				}
			}
		}
		return nil
	}
}

// motionBlur is half a Gaussian along a line (magick/effect.c, MotionBlurImage): radius, sigma and angle in degrees.
func motionBlur(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius, sigma, err := bell(s)
	if err != nil || sigma == 0 {
		return p, err
	}
	sin, cos := math.Sincos(numbers(s).At(2, 0) * math.Pi / 180)
	taps := make([]tap, width1D(radius, sigma))
	for i := range taps {
		along := func(part float64) int { return int(math.Ceil(float64(i)*part - 0.5)) }
		taps[i] = tap{along(cos), along(sin), gauss(float64(i), sigma)}
	}
	return m.mixed(p, func(x, y int, add func(x, y int, weight float64)) {
		for _, t := range taps {
			add(x+t.x, y+t.y, t.weight)
		}
	})
}

// rotationalBlur is the mean over an arc of so many degrees about the middle (magick/effect.c, RotationalBlurImage).
func rotationalBlur(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	angle := numbers(s).At(0, 0) * math.Pi / 180
	if math.Abs(angle) > 4*math.Pi {
		return nil, refuse(s, "The angle may be at most 720 degrees")
	}
	cx, cy := float64(p.Width()-1)/2, float64(p.Height()-1)/2
	radius := math.Hypot(cx, cy)
	count := int(math.Abs(4*angle*math.Sqrt(radius) + 2))
	if count < 2 {
		return p, nil
	}
	theta := angle / float64(count-1)
	sines, cosines := make([]float64, count), make([]float64, count)
	for i := range sines {
		sines[i], cosines[i] = math.Sincos(theta*float64(i) - angle/2)
	}
	return m.mixed(p, func(x, y int, add func(x, y int, weight float64)) {
		dx, dy := float64(x)-cx, float64(y)-cy
		step := 1
		if r := math.Hypot(dx, dy); r > 0 {
			step = max(1, min(int(radius/r), count-1))
		}
		for i := 0; i < count; i += step {
			add(int(cx+dx*cosines[i]-dy*sines[i]+0.5), int(cy+dx*sines[i]+dy*cosines[i]+0.5), 1)
		}
	})
}

// shades gives the brightness of every pixel, 0 to 65535.
func (p *Picture) shades() ([]uint16, error) {
	gray, err := p.widen()
	if err == nil {
		gray, err = gray.intensity()
	}
	if err == nil {
		gray, err = gray.withoutAlpha()
	}
	if err != nil {
		return nil, err
	}
	data, err := gray.pixels()
	return words(data), err
}

// selectiveBlur blurs with those neighbours that differ from the pixel by less than a threshold.
func selectiveBlur(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius, sigma, err := bell(s)
	if err != nil || sigma == 0 {
		return p, err
	}
	n := numbers(s)
	threshold := n.At(2, 0)
	if n.Percent() {
		threshold *= 655.35
	}
	width := width1D(radius, sigma)
	if width > 4*maxKernel {
		return nil, refuse(s, "The radius or sigma is too large; take a smaller one")
	}
	if p, err = p.settle(); err != nil {
		return nil, err
	}
	shades, err := p.shades()
	if err != nil {
		return nil, err
	}
	w, h := p.Width(), p.Height()
	taps := square(width, func(u, v int) float64 { return gauss(float64(u), sigma) * gauss(float64(v), sigma) }).taps()
	return m.mixed(p, func(x, y int, add func(x, y int, weight float64)) {
		middle := float64(shades[y*w+x])
		for _, t := range taps {
			tx, ty := max(0, min(x+t.x, w-1)), max(0, min(y+t.y, h-1))
			if math.Abs(float64(shades[ty*w+tx])-middle) < threshold {
				add(tx, ty, t.weight)
			}
		}
	})
}

// adaptive blurs less near edges, or sharpens more (magick/effect.c, AdaptiveBlurImage and AdaptiveSharpenImage).
func adaptive(sharper bool) operator {
	return func(m *machine, p *Picture, s magick.Step) (*Picture, error) {
		radius, sigma, err := bell(s)
		if err != nil || sigma == 0 {
			return p, err
		}
		width := width2D(radius, sigma)
		if width > 2*maxKernel {
			return nil, refuse(s, "The radius or sigma is too large; take a smaller one")
		}
		if p, err = p.settle(); err != nil {
			return nil, err
		}
		edges, err := p.edginess(radius, sigma)
		if err != nil {
			return nil, err
		}
		kernels := make([][]tap, width+1)
		for i := 0; i < width; i += 2 {
			kernels[i] = adaptiveTaps(width-i, sigma, sharper)
		}
		columns := p.Width()
		return m.mixed(p, func(x, y int, add func(x, y int, weight float64)) {
			edge := float64(edges[y*columns+x]) / 65535
			if sharper {
				edge = 1 - edge
			}
			i := max(0, min(int(math.Ceil(float64(width)*edge-0.5)), width-1)) &^ 1
			for _, t := range kernels[i] {
				add(x+t.x, y+t.y, t.weight)
			}
		})
	}
}

func adaptiveTaps(width int, sigma float64, sharper bool) []tap {
	sum := 0.0
	k := square(width, func(u, v int) float64 {
		weight := gauss(float64(u), sigma) * gauss(float64(v), sigma) / (2 * math.Pi * sigma * sigma)
		sum += weight
		return weight
	})
	middle := len(k.values) / 2
	if !sharper {
		k.values[middle] += 1 - sum
		return k.taps()
	}
	for i := range k.values {
		k.values[i] = -k.values[i]
	}
	k.values[middle] = 2 * sum
	return k.taps()
}

// edginess gives how much of an edge every pixel is, 0 to 65535.
func (p *Picture) edginess(radius, sigma float64) ([]uint16, error) {
	q, err := p.withoutAlpha()
	if err == nil {
		q, err = q.convolved(edgeKernel(radius), magick.ChannelDefault, 0)
	}
	if err == nil {
		q, err = q.widen()
	}
	if err == nil {
		q, err = q.spanned()
	}
	if err == nil {
		q, err = q.smoothed(blurTaps(radius, sigma), magick.ChannelDefault)
	}
	if err == nil {
		q, err = q.spanned()
	}
	if err != nil {
		return nil, err
	}
	return q.shades()
}

// spanned stretches all bands alike, so that their least number is 0 and their greatest the full range.
func (p *Picture) spanned() (*Picture, error) {
	p, err := p.settle()
	if err != nil {
		return nil, err
	}
	counts, err := p.histogram()
	if err != nil {
		return nil, err
	}
	least, greatest := math.Inf(1), math.Inf(-1)
	for _, tally := range counts {
		low, high := stretchLimits(tally, 0, 1)
		least, greatest = min(least, low), max(greatest, high)
	}
	return p.mapped(magick.ChannelRGB|magick.ChannelBlack, func(v float64) float64 { return stretched(v, least, greatest) })
}
