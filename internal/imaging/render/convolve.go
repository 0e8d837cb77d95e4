package render

import (
	"math"
	"slices"
	"unsafe"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// smoothLimit is the number of taps from which 16-bit pictures are convolved by sums of boxes in place of single taps:
// libvips' "approximate", within 0.1 % of full range.
const smoothLimit = 13

// smoothed convolves the picture with taps across and down. Where channels are synchronised (ImageMagick's default),
// colours are weighted by alpha and alpha is convolved with them; else each named channel is on its own.
func (p *Picture) smoothed(taps []float64, channels magick.Channels) (*Picture, error) {
	return p.convolvedBy(taps, channels, false)
}

func (p *Picture) convolvedBy(taps []float64, channels magick.Channels, exact bool) (*Picture, error) {
	if len(taps) == 1 {
		return p, nil
	}
	if p.Alpha() && channels&magick.ChannelSync != 0 {
		return p.premultiplied(func(img *vips.Image) (*vips.Image, error) { return smooth(img, taps, exact) })
	}
	img, err := smooth(p.img, taps, exact)
	if err != nil {
		return nil, err
	}
	q, err := p.cast(img)
	if err != nil {
		return nil, err
	}
	return p.keeping(q, channels)
}

// smooth picks the fastest of libvips' convolutions that is exact enough for the image's numbers, or the exact one of 16-bit
// numbers.
func smooth(img *vips.Image, taps []float64, exact bool) (*vips.Image, error) {
	precision := "float"
	switch {
	case img.Format() == vips.Uchar:
		precision, taps = "integer", wholeTaps(taps)
	case !exact && len(taps) >= smoothLimit:
		precision, taps = "approximate", largeTaps(taps)
	}
	mask, err := matrix(img.Scope(), taps, len(taps), 1)
	if err != nil {
		return nil, err
	}
	args := vips.Args{"mask": mask, "precision": precision}
	if precision == "approximate" {
		args["layers"] = 40
	}
	return img.Op("convsep", args)
}

// largeTaps gives weights in thousandths of the largest: "approximate" takes the weights for whole numbers.
func largeTaps(taps []float64) []float64 {
	large := make([]float64, len(taps))
	for i, w := range taps {
		large[i] = math.Round(w / taps[len(taps)/2] * 1000)
	}
	return large
}

// wholeTaps gives symmetrical weights as the whole numbers that libvips' vector code works with: it holds a weight in 7
// bits and a common exponent, and does not mend their sum, which would brighten or darken the picture. The running sum
// is rounded in place of each weight, so that what a weight loses the next one gets.
func wholeTaps(taps []float64) []float64 {
	middle := len(taps) / 2
	unit := 128 * math.Exp2(-math.Ceil(math.Log2(taps[middle])+1))
	whole := make([]float64, len(taps))
	sum, given := 0.0, 0.0
	for i := range middle {
		sum += taps[i] * unit
		whole[i] = math.Round(sum) - given
		given += whole[i]
		whole[len(taps)-1-i] = whole[i]
	}
	whole[middle] = unit - 2*given
	return whole
}

// matrix makes a mask for libvips' convolutions that is scaled by the sum of its weights, or by 1 where they add up to 0.
func matrix(scope *vips.Scope, weights []float64, width, height int) (*vips.Image, error) {
	data := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(weights))), 8*len(weights))
	img, err := scope.FromPixels(data, width, height, 1, vips.Double, vips.Multiband)
	if err != nil {
		return nil, err
	}
	scale := 0.0
	for _, w := range weights {
		scale += w
	}
	if math.Abs(scale) < epsilon {
		scale = 1
	}
	return img.With(map[string]any{"scale": scale, "offset": 0.0})
}

// keeping gives the channels that channels names from changed and the others from p. Both have the same bands.
func (p *Picture) keeping(changed *Picture, channels magick.Channels) (*Picture, error) {
	bands := p.img.Bands()
	parts := make([]*vips.Image, bands)
	all := true
	for band := range bands {
		from := changed
		if !p.named(band, channels) {
			from, all = p, false
		}
		part, err := from.img.Op("extract_band", vips.Args{"band": band})
		if err != nil {
			return nil, err
		}
		parts[band] = part
	}
	if all {
		return changed, nil
	}
	img, err := p.img.Scope().Create("bandjoin", vips.Args{"in": parts})
	if err != nil {
		return nil, err
	}
	img, err = img.Op("copy", vips.Args{"interpretation": int(interpretation(p.Space, p.wide()))})
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// plain reports whether every weight is a whole number that libvips' vector code holds exactly.
func (k kernel) plain() bool {
	for _, w := range k.values {
		if w != math.Trunc(w) || math.Abs(w) > 63 {
			return false
		}
	}
	return true
}

// convolved convolves the picture with a kernel, which is turned by half a circle as ImageMagick does it, and adds bias
// (of 1 for full range) to the result. Alpha weights the colours where channels are synchronised.
func (p *Picture) convolved(k kernel, channels magick.Channels, bias float64) (*Picture, error) {
	centred := k.x == k.width/2 && k.y == k.height/2 && k.width%2 == 1 && k.height%2 == 1
	if !centred || p.Alpha() && channels&magick.ChannelSync != 0 || bias != 0 || k.holes() {
		return convolveSlowly(p, k, channels, bias)
	}
	turned := make([]float64, len(k.values))
	for i, w := range k.values {
		turned[len(turned)-1-i] = w
	}
	precision := "float"
	if !p.wide() && k.plain() {
		precision = "integer"
	}
	mask, err := matrix(p.img.Scope(), turned, k.width, k.height)
	if err == nil {
		mask, err = mask.With(map[string]any{"scale": 1.0})
	}
	if err != nil {
		return nil, err
	}
	img, err := p.img.Op("conv", vips.Args{"mask": mask, "precision": precision})
	if err != nil {
		return nil, err
	}
	q, err := p.cast(img)
	if err != nil {
		return nil, err
	}
	return p.keeping(q, channels)
}

func (k kernel) holes() bool {
	for _, w := range k.values {
		if math.IsNaN(w) {
			return true
		}
	}
	return false
}

// convolveSlowly is convolved for what libvips cannot do: alpha as a weight where weights add up to nothing, origins aside, bias.
func convolveSlowly(p *Picture, k kernel, channels magick.Channels, bias float64) (*Picture, error) {
	return p.rework(p.Width(), p.Height(), convolving[uint8](p, k, channels, bias), convolving[uint16](p, k, channels, bias))
}

func convolving[T number](p *Picture, k kernel, channels magick.Channels, bias float64) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	synced := p.Alpha() && channels&magick.ChannelSync != 0
	return func(src, dst grid[T]) error {
		taps := k.reflected()
		full := float64(^T(0))
		unit := 65535 / full
		sums := make([]float64, src.bands)
		for y := range src.height {
			if y%16 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			for x := range src.width {
				weight := 0.0
				for b := range sums {
					sums[b] = bias * full
				}
				for _, tap := range taps {
					at := src.clamped(x+tap.x, y+tap.y)
					w := tap.weight
					if synced {
						w *= quantumScale * (float64(src.pix[at+src.bands-1]) * unit)
						weight += w
					}
					for b := range sums {
						sums[b] += w * float64(src.pix[at+b])
					}
				}
				at := (y*src.width + x) * src.bands
				gamma := 1.0
				if synced {
					gamma = reciprocal(weight) * float64(len(k.values)) / float64(len(taps))
				}
				for b, sum := range sums {
					switch {
					case synced && b == src.bands-1:
						// ImageMagick convolves opacity, so that weights that do not add up to 1 work on it.
						opacity := 0.0
						for _, tap := range taps {
							opacity += tap.weight * (full - float64(src.pix[src.clamped(x+tap.x, y+tap.y)+b]))
						}
						dst.pix[at+b] = ^T(0) - quantum[T](opacity+bias*full)
					case synced:
						dst.pix[at+b] = quantum[T](gamma * sum)
					case p.named(b, channels):
						dst.pix[at+b] = quantum[T](sum)
					default:
						dst.pix[at+b] = src.pix[at+b]
					}
				}
			}
		}
		return nil
	}
}

// reciprocal is 1/x kept away from infinity (magick/pixel-accessor.h, PerceptibleReciprocal).
func reciprocal(x float64) float64 {
	switch {
	case math.Abs(x) >= epsilon:
		return 1 / x
	case x < 0:
		return -1 / epsilon
	}
	return 1 / epsilon
}

// tap is a place of a kernel, from the pixel, with its weight.
type tap struct {
	x, y   int
	weight float64
}

// taps gives the kernel's places where it lies on the picture as it is written: for correlation and erosion.
func (k kernel) taps() []tap {
	var out []tap
	for i, w := range k.values {
		if !math.IsNaN(w) {
			out = append(out, tap{i%k.width - k.x, i/k.width - k.y, w})
		}
	}
	return out
}

// reflected gives the kernel's places turned about its origin: for convolution and dilation.
func (k kernel) reflected() []tap {
	out := k.taps()
	for i := range out {
		out[i].x, out[i].y = -out[i].x, -out[i].y
	}
	slices.Reverse(out) // row by row, as ImageMagick adds them up
	return out
}
