package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// kuwahara smooths without blurring edges: of the four squares that meet in a pixel, the middle of the one whose luma
// varies least (ImageMagick 6.9, magick/effect.c, KuwaharaImageChannel). The numbers are the radius and the sigma of the
// blur before it, by default half a pixel less.
func kuwahara(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	n := numbers(s)
	radius := n.At(0, 1)
	sigma := n.At(1, radius-0.5)
	if !(radius >= 0 && radius <= maxKernel && math.Abs(sigma) <= maxRadius/4) {
		return nil, refuse(s, "The radius may be at most %d; take a smaller one", maxKernel)
	}
	smooth, err := p.widen()
	if err == nil && sigma > 0 {
		smooth, err = smooth.smoothed(blurTaps(radius, sigma), magick.ChannelDefault)
	}
	if err != nil {
		return nil, err
	}
	width := int(radius) + 1
	r, err := smooth.raster()
	if err != nil {
		return nil, err
	}
	lumas := r.lumas(smooth.colours())
	out := &raster{Width: r.Width, Height: r.Height, Bands: r.Bands, Pix: make([]uint16, len(r.Pix))}
	luma := func(x, y int) float64 {
		return lumas[max(0, min(y, r.Height-1))*r.Width+max(0, min(x, r.Width-1))]
	}
	err = smooth.eachStrip(func(top, bottom int) {
		g := newSampler(grid[uint16]{r.Width, r.Height, r.Bands, smooth.Alpha(), r.Pix}, surround{})
		for y := top; y < bottom && m.scope.Context().Err() == nil; y++ {
			for x := range r.Width {
				least, atX, atY := math.Inf(1), 0, 0
				for quadrant := range 4 {
					left, up := x-(width-1)*(1-quadrant&1), y-(width-1)*(1-quadrant>>1)
					sum, squares := 0.0, 0.0
					for v := range width {
						for u := range width {
							l := luma(left+u, up+v)
							sum += l
							squares += l * l
						}
					}
					if variance := squares - sum*sum/float64(width*width); variance < least {
						least, atX, atY = variance, left, up
					}
				}
				g.bilinear(out.Pix[(y*r.Width+x)*r.Bands:][:r.Bands], float64(atX)+float64(width)/2, float64(atY)+float64(width)/2)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	q, err := smooth.withRaster(out)
	if err != nil {
		return nil, err
	}
	if q, err = smooth.keeping(q, m.settings.channels()); err != nil {
		return nil, err
	}
	return q.as(p)
}

// lumas gives the luma of every pixel, 0 to 65535.
func (r *raster) lumas(colours int) []float64 {
	out := make([]float64, r.Width*r.Height)
	for i := range out {
		px := r.Pix[i*r.Bands:]
		if colours < 3 {
			out[i] = float64(px[0])
			continue
		}
		out[i] = lumaOf(float64(px[0]), float64(px[1]), float64(px[2]))
	}
	return out
}

// localRadiusMost bounds the radius of -local-contrast.
const localRadiusMost = 100

// localContrast makes what is lighter than its surroundings lighter, and what is darker darker: the radius of the
// surroundings is in 1/500 of the longer side, by default 10, and the strength in percent, by default 12.5 (ImageMagick
// 6.9, magick/effect.c, LocalContrastImage).
func localContrast(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	n := numbers(s)
	radius, strength := math.Abs(n.At(0, 10)), n.At(1, 12.5)
	if !(radius <= localRadiusMost) {
		return nil, refuse(s, "The radius may be at most %d; take a smaller one", localRadiusMost)
	}
	wide, err := p.widen()
	if err != nil {
		return nil, err
	}
	r, err := wide.raster()
	if err != nil {
		return nil, err
	}
	width := int(float64(max(r.Width, r.Height)) * 0.002 * radius)
	lumas := r.lumas(wide.colours())
	down := func(x int) func(i int) int { return func(i int) int { return i*r.Width + x } }
	around, err := m.tented(lumas, r.Width, r.Height, width, down, true)
	if err == nil {
		around, err = m.tented(around, r.Height, r.Width, width, func(y int) func(i int) int { return func(i int) int { return y*r.Width + i } }, false)
	}
	if err != nil {
		return nil, err
	}
	colours := wide.colours()
	for i, luma := range lumas {
		factor := (luma + (luma-around[i])*strength/100) / luma
		for band := range colours {
			at := i*r.Bands + band
			r.Pix[at] = quantum[uint16](float64(r.Pix[at]) * factor)
		}
	}
	q, err := wide.withRaster(r)
	if err != nil {
		return nil, err
	}
	return q.as(p)
}

// tented gives the means of numbers along lines, weighed by how near they are: at most width to each side, where the last
// number before the end stands for those beyond it or, without still, they are mirrored. place tells where number i of a
// line is.
func (m *machine) tented(in []float64, lines, length, width int, place func(line int) func(i int) int, still bool) ([]float64, error) {
	out := make([]float64, len(in))
	total := float64((width + 1) * (width + 1))
	err := inStrips(m.scope.Context(), lines, func(first, last int) {
		row := make([]float64, length+2*width)
		for line := first; line < last && m.scope.Context().Err() == nil; line++ {
			at := place(line)
			for i := range row {
				k := i - width
				if !still && length > 1 {
					if k = modulo(k, 2*length-2); k >= length {
						k = 2*length - 2 - k
					}
				}
				row[i] = in[at(max(0, min(k, length-1)))]
			}
			for i := range length {
				sum := 0.0
				for j := range width {
					sum += float64(j+1) * row[i+j]
				}
				for j := width; j < 2*width-1; j++ {
					sum += float64(2*width+1-j) * row[i+j]
				}
				out[at(i)] = sum / total
			}
		}
	})
	return out, err
}
