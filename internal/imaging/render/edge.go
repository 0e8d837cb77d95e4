package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// slopes are how edges run: the steps to the two neighbours across each (ImageMagick 6.9, magick/feature.c).
var slopes = [4][2]int{{0, 1}, {1, 1}, {1, 0}, {-1, 1}}

// canny is -canny: the edges of a blurred picture, white on black. The numbers are radius and sigma of the blur, and the
// shares of the strongest edge from which an edge goes on, and from which one begins.
func canny(_ *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius, sigma, err := bell(s)
	if err != nil {
		return nil, err
	}
	n := numbers(s)
	lower, upper := 0.1, 0.3
	share := func(i int, def float64) float64 {
		if !n.Has(i) {
			return def
		}
		if v := n.At(i, def); !n.Percent() {
			return v
		} else {
			return v / 100
		}
	}
	lower, upper = share(2, lower), share(3, upper)
	if p, err = p.withoutAlpha(); err == nil {
		p, err = p.widen()
	}
	if err == nil && sigma > 0 {
		p, err = p.smoothed(blurTaps(radius, sigma), magick.ChannelDefault)
	}
	if err == nil {
		p, err = p.intensity()
	}
	if err != nil {
		return nil, err
	}
	r, err := p.raster()
	if err != nil {
		return nil, err
	}
	strength := r.ridges()
	low, high := math.Inf(1), 0.0
	for _, v := range strength {
		low, high = min(low, v), max(high, v)
	}
	lower, upper = lower*(high-low)+low, upper*(high-low)+low
	return p.withRaster(r.traced(strength, lower, upper))
}

// ridges gives how steep a gray picture is at each pixel that is steeper than those on both sides of its edge; 0 for the
// others.
func (r *raster) ridges() []float64 {
	steep, across := make([]float64, len(r.Pix)), make([]uint8, len(r.Pix))
	for y := range r.Height {
		below := min(y+1, r.Height-1) * r.Width
		for x := range r.Width {
			right := min(x+1, r.Width-1)
			a, b := float64(r.Pix[y*r.Width+x]), float64(r.Pix[y*r.Width+right])
			c, d := float64(r.Pix[below+x]), float64(r.Pix[below+right])
			dx, dy := 0.5*(b-a+d-c), 0.5*(a+b-c-d)
			i := y*r.Width + x
			steep[i] = float64(math.Hypot(dx, dy))
			if dx == 0 {
				continue
			}
			switch slope := dy / dx; {
			case math.Abs(slope) > 2.41421356237:
			case slope < -0.414213562373:
				across[i] = 1
			case slope > 0.414213562373:
				across[i] = 3
			default:
				across[i] = 2
			}
		}
	}
	out := make([]float64, len(steep))
	at := func(x, y int) float64 {
		return steep[max(0, min(y, r.Height-1))*r.Width+max(0, min(x, r.Width-1))]
	}
	for i, v := range steep {
		x, y, step := i%r.Width, i/r.Width, slopes[across[i]]
		if v >= at(x+step[0], y+step[1]) && v >= at(x-step[0], y-step[1]) {
			out[i] = v
		}
	}
	return out
}

// traced gives the edges that begin at a strength of upper and go on, to any neighbour, down to lower.
func (r *raster) traced(strength []float64, lower, upper float64) *raster {
	out := &raster{Width: r.Width, Height: r.Height, Bands: 1, Pix: make([]uint16, len(r.Pix))}
	var pending []int
	for i, v := range strength {
		if v < upper || out.Pix[i] != 0 {
			continue
		}
		out.Pix[i] = math.MaxUint16
		pending = append(pending[:0], i)
		for len(pending) > 0 {
			at := pending[len(pending)-1]
			pending = pending[:len(pending)-1]
			x, y := at%r.Width, at/r.Width
			// ImageMagick goes on from each pixel that it finds, before it has seen all neighbours of the one before.
			for k := range 9 {
				nx, ny := x+k%3-1, y+k/3-1
				if nx < 0 || ny < 0 || nx >= r.Width || ny >= r.Height {
					continue
				}
				if j := ny*r.Width + nx; out.Pix[j] == 0 && strength[j] >= lower {
					out.Pix[j] = math.MaxUint16
					pending = append(pending, j)
					x, y = nx, ny
				}
			}
		}
	}
	return out
}
