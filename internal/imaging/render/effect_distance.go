package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// distances measure how far a place is from the middle of a kernel.
var distances = map[string]func(u, v float64) float64{
	"Chebyshev": func(u, v float64) float64 { return max(u, v) },
	"Manhattan": func(u, v float64) float64 { return u + v },
	"Octagonal": func(u, v float64) float64 { return max(u, v, math.Floor((u+v+1)/1.5)) },
	"Euclidean": math.Hypot,
}

// distanceKernel holds the distance of every place, in steps of 16 bits: 100 for a pixel, or as many as were said, or the
// full range for one pixel more than were said and "!" behind it.
func distanceKernel(k magick.Kernel, measure func(u, v float64) float64) []kernel {
	least := 1
	if k.Name == "Octagonal" {
		least = 2
	}
	half := max(int(k.Args.At(0, 0)), least)
	step := k.Args.At(1, 100)
	switch {
	case !k.Args.Has(1):
	case k.Fit:
		step = fullRange / (step + 1)
	case k.Args.Percent():
		step *= fullRange / 100.0
	}
	return []kernel{square(2*half+1, func(u, v int) float64 {
		return step * measure(math.Abs(float64(u)), math.Abs(float64(v)))
	})}
}

// distanced is -morphology Distance: how far every pixel of a shape is from its dark edge, the least sum of a pixel around
// and its distance, found in one pass downwards and one upwards (ImageMagick 6.9, MorphologyPrimitiveDirect).
func distanced(m *machine, p *Picture, k kernel) (*Picture, error) {
	wide, around, err := m.wideSurroundings(p)
	if err != nil {
		return nil, err
	}
	r, err := wide.raster()
	if err != nil {
		return nil, err
	}
	var before, after []tap // what a pass downwards has done already, and a pass upwards
	for _, t := range k.reflected() {
		if t.y < 0 || t.y == 0 && t.x <= 0 {
			before = append(before, t)
		}
		if t.y > 0 || t.y == 0 && t.x >= 0 {
			after = append(after, t)
		}
	}
	g := grid[uint16]{r.Width, r.Height, r.Bands, wide.Alpha(), r.Pix}
	s := newSampler(g, around)
	pass := func(taps []tap, y int, x func(i int) int) {
		for i := range g.width {
			at := x(i)
			px := g.pix[(y*g.width+at)*g.bands:][:g.bands]
			for _, t := range taps {
				for band, v := range s.at(at+t.x, y+t.y) {
					if d := float64(v) + t.weight; d < float64(px[band]) {
						px[band] = quantum[uint16](d)
					}
				}
			}
		}
	}
	for y := range g.height {
		if err := m.scope.Context().Err(); err != nil {
			return nil, err
		}
		pass(before, y, func(i int) int { return i })
	}
	for y := g.height - 1; y >= 0; y-- {
		if err := m.scope.Context().Err(); err != nil {
			return nil, err
		}
		pass(after, y, func(i int) int { return g.width - 1 - i })
	}
	q, err := wide.withRaster(r)
	if err != nil {
		return nil, err
	}
	return wide.keeping(q, m.settings.channels())
}

// wideSurroundings is surroundings for a picture of 16 bits.
func (m *machine) wideSurroundings(p *Picture) (*Picture, surround, error) {
	wide, err := p.widen()
	if err != nil {
		return nil, surround{}, err
	}
	return m.surroundings(wide)
}

// approached is a pass of -morphology IterativeDistance: the least sum of a pixel around and its distance.
func approached(m *machine, p *Picture, k kernel) (*Picture, error) {
	return m.gathered(p, func(s *sampler[uint16], out []uint16, x, y int) {
		for _, t := range k.reflected() {
			for band, v := range s.at(x+t.x, y+t.y) {
				out[band] = min(out[band], quantum[uint16](float64(v)+t.weight))
			}
		}
	})
}

// brightest makes the pass of DilateIntensity, which takes the whole pixel of the greatest intensity around, and of
// ErodeIntensity, which takes that of the least.
func brightest(greatest bool) primitive {
	return func(m *machine, p *Picture, k kernel) (*Picture, error) {
		taps := k.flat(k.taps())
		if greatest {
			taps = k.flat(k.reflected())
		}
		intensity := func(px []uint16) float64 {
			if p.colours() < 3 {
				return float64(px[0])
			}
			return lumaOf(float64(px[0]), float64(px[1]), float64(px[2]))
		}
		return m.gathered(p, func(s *sampler[uint16], out []uint16, x, y int) {
			best := math.Inf(-1)
			for _, t := range taps {
				px := s.at(x+t.x, y+t.y)
				v := intensity(px)
				if !greatest {
					v = -v
				}
				if v > best {
					best = v
					copy(out, px)
				}
			}
		})
	}
}

// gathered makes a picture whose pixels are found one by one from those around; out holds the pixel as it was.
func (m *machine) gathered(p *Picture, find func(s *sampler[uint16], out []uint16, x, y int)) (*Picture, error) {
	wide, around, err := m.wideSurroundings(p)
	if err != nil {
		return nil, err
	}
	r, err := wide.raster()
	if err != nil {
		return nil, err
	}
	out := &raster{Width: r.Width, Height: r.Height, Bands: r.Bands, Pix: make([]uint16, len(r.Pix))}
	copy(out.Pix, r.Pix)
	err = wide.eachStrip(func(top, bottom int) {
		s := newSampler(grid[uint16]{r.Width, r.Height, r.Bands, wide.Alpha(), r.Pix}, around)
		for y := top; y < bottom; y++ {
			for x := range r.Width {
				find(s, out.Pix[(y*r.Width+x)*r.Bands:][:r.Bands], x, y)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	q, err := wide.withRaster(out)
	if err != nil {
		return nil, err
	}
	if q, err = wide.keeping(q, m.settings.channels()); err != nil {
		return nil, err
	}
	return q.as(p)
}
