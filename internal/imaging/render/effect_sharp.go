package render

import (
	"context"
	"math"
	"slices"

	"bluerose/internal/imaging/magick"
)

func blur(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius, sigma, err := bell(s)
	if err != nil || sigma == 0 {
		return p, err
	}
	return m.smoothed(p, blurTaps(radius, sigma))
}

func gaussianBlur(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius, sigma, err := bell(s)
	if err != nil || sigma == 0 {
		return p, err
	}
	return m.smoothed(p, gaussianTaps(radius, sigma))
}

// smoothed convolves a picture with taps, to the last of 16 bits where that one counts.
func (m *machine) smoothed(p *Picture, taps []float64) (*Picture, error) {
	exact := m.decides()
	if exact {
		var err error
		if p, err = p.widen(); err != nil {
			return nil, err
		}
	}
	return p.convolvedBy(taps, m.settings.channels(), exact)
}

// sharpen is ImageMagick's SharpenImage: a negative Gaussian but for its middle, which is twice the bell's sum. That is
// the pixel less its blurred neighbourhood, so that the bell can be taken across and down apart.
func sharpen(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius, sigma, err := bell(s)
	if err != nil || sigma == 0 {
		return p, err
	}
	taps := gaussianTaps(radius, sigma)
	blurred, err := p.smoothed(taps, m.settings.channels())
	if err != nil {
		return nil, err
	}
	middle := taps[len(taps)/2] * taps[len(taps)/2]
	a, b := (2+middle)/(1+middle), 1/(1+middle)
	return p.paired(blurred, m.settings.channels(), func(old, smooth float64) float64 { return a*old - b*smooth })
}

// unsharp adds the difference between a picture and its blur, gain times, where twice the difference is at least the threshold.
func unsharp(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius, sigma, err := bell(s)
	if err != nil || sigma == 0 {
		return p, err
	}
	n := numbers(s)
	gain, threshold := n.At(2, 1), n.At(3, 0.05)
	blurred, err := p.smoothed(blurTaps(radius, sigma), m.settings.channels())
	if err != nil {
		return nil, err
	}
	return p.paired(blurred, m.settings.channels(), func(old, smooth float64) float64 {
		if difference := old - smooth; math.Abs(2*difference) >= threshold {
			return old + gain*difference
		}
		return old
	})
}

func edge(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius := numbers(s).At(0, 0)
	if math.Abs(radius) > maxKernel {
		return nil, refuse(s, "The radius may be at most %d; take a smaller one", maxKernel)
	}
	return p.convolved(edgeKernel(radius), magick.ChannelDefault, 0)
}

// maxKernel bounds the radius of effects whose time grows with its square.
const maxKernel = 50

func emboss(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius, sigma, err := bell(s)
	if err != nil || sigma == 0 {
		return p, err
	}
	wide, err := p.widen()
	if err != nil {
		return nil, err
	}
	if wide, err = wide.convolved(embossKernel(radius, sigma), magick.ChannelDefault, 0); err != nil {
		return nil, err
	}
	if wide, err = wide.equalizedEach(); err != nil {
		return nil, err
	}
	return wide.as(p)
}

// charcoal is edges, blurred, stretched to the full range, negated and gray.
func charcoal(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius, sigma, err := bell(s)
	if err != nil {
		return nil, err
	}
	q, err := p.convolved(edgeKernel(radius), magick.ChannelDefault, 0)
	if err == nil {
		q, err = q.widen()
	}
	if err == nil && sigma > 0 {
		q, err = q.smoothed(blurTaps(radius, sigma), magick.ChannelDefault)
	}
	if err != nil {
		return nil, err
	}
	gray, err := q.intensity()
	if err != nil {
		return nil, err
	}
	counts, err := gray.histogram()
	if err != nil {
		return nil, err
	}
	low, high := stretchLimits(counts[0], 0.0015, 0.9995)
	q, err = q.mapped(magick.ChannelRGB|magick.ChannelBlack, func(v float64) float64 { return 1 - stretched(v, low, high) })
	if err != nil {
		return nil, err
	}
	if q, err = q.intensity(); err != nil {
		return nil, err
	}
	return q.as(p)
}

// pairing puts f of two pictures' numbers into dst, but for the bands that are kept.
func pairing[T number](ctx context.Context, src, dst grid[T], other []T, kept []bool, f func(a, b T) T) error {
	some := slices.Contains(kept, true)
	for y := range src.height {
		if y%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		a, out := src.row(y), dst.row(y)
		b := other[y*len(a) : (y+1)*len(a)]
		for i, v := range a {
			out[i] = f(v, b[i])
		}
		if some {
			for i, v := range a {
				if kept[i%src.bands] {
					out[i] = v
				}
			}
		}
	}
	return nil
}
