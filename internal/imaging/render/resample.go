package render

import (
	"math"

	"bluerose/internal/imaging/vips"
)

// taps are the source pixels that one target pixel is made of, with fixed-point weights that add up to tapsUnit.
type taps struct {
	first   int
	weights []int32
}

const (
	tapsBits = 16
	tapsUnit = 1 << tapsBits
)

// tapsOf gives the taps of every target pixel along an axis (ImageMagick 6.9, HorizontalFilter).
func tapsOf(f filter, source, target int) []taps {
	factor := float64(target) / float64(source)
	scale := max(1/factor, 1)
	support := scale * f.support
	if support < 0.5 {
		support, scale = 0.5, 1
	}
	all := make([]taps, target)
	for x := range all {
		centre := (float64(x) + 0.5) / factor
		first := int(max(centre-support+0.5, 0))
		last := int(min(centre+support+0.5, float64(source)))
		if last <= first {
			first = min(first, source-1)
			last = first + 1
		}
		raw := make([]float64, last-first)
		sum := 0.0
		for i := range raw {
			raw[i] = f.weight(math.Abs((float64(first+i) - centre + 0.5) / scale))
			sum += raw[i]
		}
		all[x] = taps{first: first, weights: fixed(raw, sum)}
	}
	return all
}

// fixed turns weights into whole numbers that add up to tapsUnit: what rounding leaves goes to the largest.
func fixed(raw []float64, sum float64) []int32 {
	if sum == 0 {
		sum = 1
	}
	out := make([]int32, len(raw))
	rest, largest := int32(tapsUnit), 0
	for i, w := range raw {
		out[i] = int32(math.Round(w / sum * tapsUnit))
		rest -= out[i]
		if out[i] > out[largest] {
			largest = i
		}
	}
	out[largest] += rest
	return out
}

// resample resizes by any filter, in Go. The image must hold Uchar or Ushort; alpha must be premultiplied.
func resample(img *vips.Image, width, height int, f filter) (*vips.Image, error) {
	return tapped(img, tapsOf(f, img.Width(), width), tapsOf(f, img.Height(), height))
}

// tapped makes an image of one pixel for every tap across and down.
func tapped(img *vips.Image, across, down []taps) (*vips.Image, error) {
	data, err := img.Pixels()
	if err != nil {
		return nil, err
	}
	w, h, bands := img.Width(), img.Height(), img.Bands()
	ctx := img.Scope().Context()
	var out []byte
	if img.Format() == vips.Ushort {
		var pix []uint16
		pix, err = separable(ctx, words(data), w, h, bands, across, down)
		out = octets(pix)
	} else {
		out, err = separable(ctx, data, w, h, bands, across, down)
	}
	if err != nil {
		return nil, err
	}
	return img.Scope().FromPixels(out, len(across), len(down), bands, img.Format(), img.Interpretation())
}
