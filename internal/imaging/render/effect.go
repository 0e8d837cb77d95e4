package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// effectOperators make pixels of their neighbours.
var effectOperators = map[string]operator{
	"adaptive-blur":    adaptive(false),
	"adaptive-sharpen": adaptive(true),
	"blur":             amid(byBell, blur),
	"charcoal":         charcoal,
	"convolve":         amid(byKernel, convolve),
	"despeckle":        despeckle,
	"distort":          distort,
	"edge":             amid(byRadius, edge),
	"emboss":           amid(byBell, emboss),
	"enhance":          enhance,
	"gaussian":         amid(byBell, gaussianBlur),
	"gaussian-blur":    amid(byBell, gaussianBlur),
	"implode":          implode,
	"kuwahara":         kuwahara,
	"lat":              localThreshold,
	"local-contrast":   localContrast,
	"median":           amid(byWindow, reduced("Median")),
	"mode":             amid(byWindow, reduced("Mode")),
	"morphology":       morphology,
	"motion-blur":      motionBlur,
	"noise":            noise,
	"paint":            paint,
	"radial-blur":      rotationalBlur,
	"rotational-blur":  rotationalBlur,
	"segment":          segment,
	"selective-blur":   selectiveBlur,
	"shade":            shade,
	"shadow":           shadow,
	"sharpen":          amid(byBell, sharpen),
	"shear":            shear,
	"sketch":           sketch,
	"spread":           spread,
	"statistic":        amid(byWindow, statistic),
	"swirl":            swirl,
	"unsharp":          amid(byBell, unsharp),
	"vignette":         vignette,
	"wave":             wave,
}

// numbers gives a step's argument as numbers, however its row types it: "0x3+1.5+0.05" is four of them.
func numbers(s magick.Step) magick.Numbers {
	switch v := s.Value.(type) {
	case magick.Numbers:
		return v
	case magick.Number:
		return magick.Numbers{v}
	case magick.Geometry:
		n := func(value float64, has bool) magick.Number {
			return magick.Number{Value: value, Set: has, Percent: v.Percent}
		}
		return magick.Numbers{n(v.Width, v.HasWidth), n(v.Height, v.HasHeight), n(v.X, v.HasX), n(v.Y, v.HasY)}
	}
	return nil
}

// maxRadius bounds how far an effect looks around a pixel: beyond it the time would be out of proportion.
const maxRadius = 2000

// bell reads the two numbers that most effects take: a radius in pixels, 0 to have it chosen, and a sigma, by default 1.
func bell(s magick.Step) (radius, sigma float64, err error) {
	n := numbers(s)
	radius, sigma = n.At(0, 0), n.At(1, 1)
	if math.Abs(radius) > maxRadius || math.Abs(sigma) > maxRadius/4 {
		return 0, 0, refuse(s, "The radius may be at most %d and the sigma at most %d; take smaller ones", maxRadius, maxRadius/4)
	}
	return math.Abs(radius), math.Abs(sigma), nil
}

// grid is pixels in Go's hands in the picture's own numbers, for effects that libvips has no operation for: rows from top
// to bottom, the bands of a pixel side by side. The last band is alpha where alpha is set.
type grid[T number] struct {
	width, height, bands int
	alpha                bool
	pix                  []T
}

// clamped gives where in pix the pixel at x, y begins; beyond the edge, that of the nearest pixel of the edge.
func (g grid[T]) clamped(x, y int) int {
	x, y = max(0, min(x, g.width-1)), max(0, min(y, g.height-1))
	return (y*g.width + x) * g.bands
}

// row gives the pixels of a row.
func (g grid[T]) row(y int) []T { return g.pix[y*g.width*g.bands : (y+1)*g.width*g.bands] }

// quantum rounds a sum to the nearest number of the channel and keeps it in range.
func quantum[T number](v float64) T {
	v += 0.5
	if !(v > 0) {
		return 0
	}
	if full := float64(^T(0)); v >= full {
		return ^T(0)
	}
	return T(v)
}

// rework computes a picture of width x height from the pixels of p, by whichever of the two functions has its numbers.
func (p *Picture) rework(width, height int, narrow func(src, dst grid[uint8]) error, wide func(src, dst grid[uint16]) error) (*Picture, error) {
	data, err := p.pixels()
	if err != nil {
		return nil, err
	}
	bands := p.img.Bands()
	out := make([]byte, width*height*bands*p.img.Format().Size())
	if p.wide() {
		err = wide(grid[uint16]{p.Width(), p.Height(), bands, p.Alpha(), words(data)}, grid[uint16]{width, height, bands, p.Alpha(), words(out)})
	} else {
		err = narrow(grid[uint8]{p.Width(), p.Height(), bands, p.Alpha(), data}, grid[uint8]{width, height, bands, p.Alpha(), out})
	}
	if err != nil {
		return nil, err
	}
	img, err := p.img.Scope().FromPixels(out, width, height, bands, p.img.Format(), interpretation(p.Space, p.wide()))
	if err != nil {
		return nil, err
	}
	q := p.with(img)
	q.settled = true
	return q, nil
}

// paired computes a picture from two of the same size and form, number by number; bands that channels does not name, and
// alpha where it is not synchronised either, stay those of p.
func (p *Picture) paired(other *Picture, channels magick.Channels, f func(a, b float64) float64) (*Picture, error) {
	data, err := other.pixels()
	if err != nil {
		return nil, err
	}
	kept := make([]bool, p.img.Bands())
	for band := range kept {
		kept[band] = !p.named(band, channels)
	}
	ctx := p.img.Scope().Context()
	return p.rework(p.Width(), p.Height(), func(src, dst grid[uint8]) error {
		table := make([]uint8, 1<<16)
		for a := range 256 {
			for b := range 256 {
				table[a<<8|b] = quantum[uint8](f(float64(a)/255, float64(b)/255) * 255)
			}
		}
		return pairing(ctx, src, dst, data, kept, func(a, b uint8) uint8 { return table[int(a)<<8|int(b)] })
	}, func(src, dst grid[uint16]) error {
		return pairing(ctx, src, dst, words(data), kept, func(a, b uint16) uint16 {
			return quantum[uint16](f(float64(a)/65535, float64(b)/65535) * 65535)
		})
	})
}
