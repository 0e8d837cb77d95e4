package render

import (
	"context"
	"math"
	"path"
	"slices"
	"strings"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// deciding are the operators that make one of two colours of a pixel by the last bit of its value. What comes before one
// of them keeps 16 bits, and every picture is resized from all its pixels, in ImageMagick's own order: the least
// difference would lead error diffusion, or a threshold on a smooth gradient, another way.
var deciding = []string{
	"black-threshold", "colors", "cycle", "lat", "map", "monochrome", "opaque", "ordered-dither", "paint", "posterize", "random-threshold",
	"remap", "segment", "statistic", "threshold", "transparent", "type", "unique-colors", "white-threshold",
}

// decidingMethods are those of -compose that divide by what is left to full intensity, or to black.
var decidingMethods = []string{"ColorBurn", "ColorDodge", "DivideDst", "DivideSrc", "HardMix", "VividLight"}

// decidingFormats hold few colours, which are chosen when they are written, or tell of the pixels in numbers.
var decidingFormats = []string{"gif", "histogram", "info", "mono", "pbm", "png8", "txt", "xbm"}

// decides reports whether the last bit of the pixels counts for what the program has yet to do.
func (m *machine) decides() bool {
	if m.job.Program == nil { // a step of an operator's own
		return false
	}
	to := m.job.Program.Output
	if coder := strings.ToLower(to.Coder); slices.Contains(decidingFormats, coder) {
		return true
	} else if coder == "" && slices.Contains(decidingFormats, strings.ToLower(strings.TrimPrefix(path.Ext(to.Name), "."))) {
		return true
	}
	method := m.settings.compose()
	return slices.ContainsFunc(m.rest, func(s magick.Step) bool {
		switch s.Name {
		case "compose":
			method = choice(s, "Over")
		case "composite", "layers", "flatten":
			return slices.Contains(decidingMethods, method)
		}
		return slices.Contains(deciding, s.Name)
	})
}

// refining are the operators that make values between those that 8 bits hold. A resize does so too, in its own way.
var refining = []string{
	"auto-gamma", "auto-level", "blur", "brightness-contrast", "color-matrix", "colorize", "colorspace", "contrast", "contrast-stretch",
	"convolve", "distort", "equalize", "evaluate", "function", "gamma", "gaussian-blur", "grayscale", "level", "linear-stretch", "modulate",
	"normalize", "sepia-tone", "sharpen", "sigmoidal-contrast", "statistic", "tint", "unsharp",
}

// ready gives the picture with the bits that its next operator is to work with.
func (m *machine) ready(p *Picture, s magick.Step) (*Picture, error) {
	if p.wide() || !slices.Contains(refining, s.Name) || !m.decides() {
		return p, nil
	}
	return p.widen()
}

// exactSpan is the source pixels of a target pixel, with weights that add up to 1.
type exactSpan struct {
	first   int
	weights []float64
}

// exactSpans gives the span of every target pixel along an axis (ImageMagick 6.9, HorizontalFilter).
func exactSpans(f filter, source, target int) []exactSpan {
	factor := float64(target) / float64(source)
	scale := max(1/factor+epsilon, 1)
	support := scale * f.support
	if support < 0.5 {
		support, scale = 0.5, 1
	}
	all := make([]exactSpan, target)
	for x := range all {
		centre := (float64(x)+0.5)/factor + epsilon
		first := int(max(centre-support+0.5, 0))
		last := int(min(centre+support+0.5, float64(source)))
		weights := make([]float64, max(last-first, 0))
		sum := 0.0
		for i := range weights {
			weights[i] = f.weight(math.Abs((float64(first+i) - centre + 0.5) / scale))
			sum += weights[i]
		}
		if sum != 0 {
			sum = 1 / sum
		}
		for i := range weights {
			weights[i] *= sum
		}
		all[x] = exactSpan{first: first, weights: weights}
	}
	return all
}

// exactly16 resizes a picture to 16 bits, as ImageMagick does to the last of them.
func (m *machine) exactly16(p *Picture, width, height int, f filter) (*Picture, error) {
	data, err := p.pixels()
	if err != nil {
		return nil, err
	}
	bands := p.img.Bands()
	across, down := exactSpans(f, p.Width(), width), exactSpans(f, p.Height(), height)
	var pix []uint16
	if p.wide() {
		pix, err = exactResize(m.scope.Context(), words(data), p.Width(), bands, p.Alpha(), 1, across, down)
	} else {
		pix, err = exactResize(m.scope.Context(), data, p.Width(), bands, p.Alpha(), 257, across, down)
	}
	if err != nil {
		return nil, err
	}
	img, err := m.scope.FromPixels(octets(pix), width, height, bands, vips.Ushort, interpretation(p.Space, true))
	if err != nil {
		return nil, err
	}
	q := p.with(img)
	q.settled = true
	return q, nil
}

// exactResize filters pixels of any number type; scale makes 16-bit numbers of them.
func exactResize[T number](ctx context.Context, pix []T, width, bands int, alpha bool, scale float64, across, down []exactSpan) ([]uint16, error) {
	height := len(pix) / width / bands
	// The rows come first where they keep more of their pixels than the columns do (ImageMagick 6.9, ResizeImage).
	rowsBefore := float64(len(across))/float64(width) > float64(len(down))/float64(height)
	switch {
	case alpha && rowsBefore:
		return weighedColumns(ctx, weighedRows(ctx, pix, width, bands, scale, across), len(across), bands, 1, down), ctx.Err()
	case alpha:
		return weighedRows(ctx, weighedColumns(ctx, pix, width, bands, scale, down), width, bands, 1, across), ctx.Err()
	case rowsBefore:
		return exactColumns(ctx, exactRows(ctx, pix, width, bands, scale, across), len(across)*bands, 1, down), ctx.Err()
	}
	return exactRows(ctx, exactColumns(ctx, pix, width*bands, scale, down), width, bands, 1, across), ctx.Err()
}

func weighedRows[T number](ctx context.Context, pix []T, width, bands int, scale float64, across []exactSpan) []uint16 {
	height := len(pix) / width / bands
	out := make([]uint16, len(across)*bands*height)
	_ = inStrips(ctx, height, func(top, bottom int) {
		for y := top; y < bottom; y++ {
			for x, span := range across {
				weighPixel(out[(y*len(across)+x)*bands:][:bands], pix[(y*width+span.first)*bands:], bands, scale, span.weights)
			}
		}
	})
	return out
}

func weighedColumns[T number](ctx context.Context, pix []T, width, bands int, scale float64, down []exactSpan) []uint16 {
	out := make([]uint16, len(down)*bands*width)
	_ = inStrips(ctx, len(down), func(top, bottom int) {
		for y := top; y < bottom; y++ {
			for x := range width {
				weighPixel(out[(y*width+x)*bands:][:bands], pix[(down[y].first*width+x)*bands:], width*bands, scale, down[y].weights)
			}
		}
	})
	return out
}

// weighPixel makes a pixel of those that stand step numbers apart: the colours count by their alpha too.
func weighPixel[T number](out []uint16, pix []T, step int, scale float64, weights []float64) {
	var sums [5]float64
	last := len(out) - 1
	gamma := 0.0
	for i, weight := range weights {
		px := pix[i*step:][:len(out)]
		a := float64(px[last]) * scale
		sums[last] += weight * a
		weight *= a / fullRange
		gamma += weight
		for band := range last {
			sums[band] += weight * scale * float64(px[band])
		}
	}
	if math.Abs(gamma) < epsilon {
		gamma = math.Copysign(epsilon, gamma)
	}
	for band := range last {
		out[band] = quantum[uint16](sums[band] / gamma)
	}
	out[last] = quantum[uint16](sums[last])
}

func exactColumns[T number](ctx context.Context, pix []T, stride int, scale float64, down []exactSpan) []uint16 {
	out := make([]uint16, stride*len(down))
	_ = inStrips(ctx, len(down), func(top, bottom int) {
		sums := make([]float64, stride)
		for y := top; y < bottom; y++ {
			clear(sums)
			for i, weight := range down[y].weights {
				row := pix[(down[y].first+i)*stride:][:stride]
				for x, v := range row {
					sums[x] += weight * (scale * float64(v))
				}
			}
			for x, v := range sums {
				out[y*stride+x] = quantum[uint16](v)
			}
		}
	})
	return out
}

func exactRows[T number](ctx context.Context, pix []T, width, bands int, scale float64, across []exactSpan) []uint16 {
	height := len(pix) / width / bands
	stride := len(across) * bands
	out := make([]uint16, stride*height)
	_ = inStrips(ctx, height, func(top, bottom int) {
		for y := top; y < bottom; y++ {
			row := pix[y*width*bands : (y+1)*width*bands]
			to := out[y*stride : (y+1)*stride]
			for x := range across {
				for band := range bands {
					sum := 0.0
					at := across[x].first*bands + band
					for _, weight := range across[x].weights {
						sum += weight * (scale * float64(row[at]))
						at += bands
					}
					to[x*bands+band] = quantum[uint16](sum)
				}
			}
		}
	})
	return out
}
