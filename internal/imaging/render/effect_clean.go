package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// spread takes every pixel from a random place near it (magick/effect.c, SpreadImage).
func spread(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius := numbers(s).At(0, 3)
	if math.Abs(radius) > maxRadius {
		return nil, refuse(s, "The radius may be at most %d; take a smaller one", maxRadius)
	}
	width, r := float64(width1D(radius, 0.5)), m.random()
	p, around, err := m.surroundings(p)
	if err != nil {
		return nil, err
	}
	return p.warped(p.Width(), p.Height(), around, func(y int, xs, ys []float64) {
		for x := range xs {
			xs[x], ys[x] = float64(x)+width*(r.Float64()-0.5), float64(y)+width*(r.Float64()-0.5)
		}
	})
}

// localThreshold is -lat: white where a number is above the mean of the window around it and an offset, else black.
func localThreshold(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	n := numbers(s)
	width := int(n.At(0, 3))
	height := int(n.At(1, float64(width)))
	offset := n.At(2, 0) / 65535
	if n.Percent() {
		offset = n.At(2, 0) / 100
	}
	if width < 1 || height < 1 || width > 8*maxKernel || height > 8*maxKernel {
		return nil, refuse(s, "The window may have at most %d pixels a side", 8*maxKernel)
	}
	q, err := p.rework(p.Width(), p.Height(), aboveMean[uint8](p, width, height, offset), aboveMean[uint16](p, width, height, offset))
	if err != nil {
		return nil, err
	}
	return p.keeping(q, m.settings.channels())
}

// aboveMean makes full what is above the mean of the window around it and an offset, 0 to 1, and 0 of the rest. It keeps
// the sum of every column of the window's rows.
func aboveMean[T number](p *Picture, width, height int, offset float64) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	return func(src, dst grid[T]) error {
		full := ^T(0)
		columns, count := make([]int64, src.width*src.bands), float64(width*height)
		change := func(y int, sign int64) {
			for i, v := range src.row(max(0, min(y, src.height-1))) {
				columns[i] += sign * int64(v)
			}
		}
		for v := range height {
			change(v-height/2, 1)
		}
		sums := make([]int64, src.bands)
		for y := range src.height {
			if y%16 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			clear(sums)
			column := func(x int) int { return max(0, min(x, src.width-1)) * src.bands }
			for u := range width {
				for b := range sums {
					sums[b] += columns[column(u-width/2)+b]
				}
			}
			in, out := src.row(y), dst.row(y)
			for x := range src.width {
				left, right := column(x-width/2), column(x-width/2+width)
				for b := range sums {
					i := x*src.bands + b
					out[i] = 0
					if float64(in[i]) > float64(sums[b])/count+offset*float64(full) {
						out[i] = full
					}
					sums[b] += columns[right+b] - columns[left+b]
				}
			}
			change(y-height/2, -1)
			change(y-height/2+height, 1)
		}
		return nil
	}
}

// despeckle is the Crimmins filter that takes out what stands up from its neighbours, in steps of 1/255
// (T. Crimmins, "Geometric filter for reducing speckle", 1985; magick/effect.c, DespeckleImage).
func despeckle(_ *machine, p *Picture, _ magick.Step) (*Picture, error) {
	return p.rework(p.Width(), p.Height(), despeckling[uint8](p), despeckling[uint16](p))
}

func despeckling[T number](p *Picture) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	return func(src, dst grid[T]) error {
		unit := int32(^T(0)) / 255
		stride := src.width + 2
		f, g := make([]int32, stride*(src.height+2)), make([]int32, stride*(src.height+2))
		for band := range src.bands {
			clear(f)
			clear(g)
			opacity := src.alpha && band == src.bands-1
			for y := range src.height {
				for x, row := 0, src.row(y); x < src.width; x++ {
					v := row[x*src.bands+band]
					if opacity {
						v = ^v
					}
					f[(y+1)*stride+x+1] = int32(v)
				}
			}
			for _, d := range [...]int{stride, 1, stride + 1, stride - 1} {
				for _, pass := range [...]struct{ offset, sign int32 }{{int32(d), 1}, {int32(-d), 1}, {int32(-d), -1}, {int32(d), -1}} {
					if ctx.Err() != nil {
						return ctx.Err()
					}
					hull(f, g, stride, src.width, src.height, int(pass.offset), pass.sign, unit)
				}
			}
			for y := range src.height {
				for x, row := 0, dst.row(y); x < src.width; x++ {
					v := T(f[(y+1)*stride+x+1])
					if opacity {
						v = ^v
					}
					row[x*src.bands+band] = v
				}
			}
		}
		return nil
	}
}

// hull moves the numbers of f by a unit towards their neighbour at offset where that is two units away, on the side that
// sign says; g is room to work in.
func hull(f, g []int32, stride, width, height, offset int, sign, unit int32) {
	for y := 1; y <= height; y++ {
		at := y*stride + 1
		for i := at; i < at+width; i++ {
			v := f[i]
			if (f[i+offset]-v)*sign >= 2*unit {
				v += sign * unit
			}
			g[i] = v
		}
	}
	for y := 1; y <= height; y++ {
		at := y*stride + 1
		for i := at; i < at+width; i++ {
			v := g[i]
			if (g[i-offset]-v)*sign >= 2*unit && (g[i+offset]-v)*sign > 0 {
				v += sign * unit
			}
			f[i] = v
		}
	}
}

// enhanceWeights are the weights of the 5x5 pixels that -enhance may mix.
var enhanceWeights = [25]float64{5, 8, 10, 8, 5, 8, 20, 40, 20, 8, 10, 40, 80, 40, 10, 8, 20, 40, 20, 8, 5, 8, 10, 8, 5}

// enhance mixes every pixel with those around it whose colour is near its own (magick/enhance.c, EnhanceImage).
func enhance(_ *machine, p *Picture, _ magick.Step) (*Picture, error) {
	return p.rework(p.Width(), p.Height(), enhancing[uint8](p), enhancing[uint16](p))
}

func enhancing[T number](p *Picture) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	const near = 65535.0 * 65535 / 25
	return func(src, dst grid[T]) error {
		wide := src.padded(surround{}, 2, 2, 2, 2)
		scale := 65535 / float64(^T(0))
		sums := make([]float64, src.bands)
		red, green, blue := 0, min(1, p.colours()-1), min(2, p.colours()-1)
		for y := range src.height {
			if y%8 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			out := dst.row(y)
			for x := range src.width {
				centre := wide.row(y + 2)[(x+2)*src.bands:]
				clear(sums)
				total := 0.0
				for i, weight := range enhanceWeights {
					pixel := wide.row(y + i/5)[(x+i%5)*src.bands:]
					axis := func(b int) (mean, square float64) {
						a, c := float64(pixel[b])*scale, float64(centre[b])*scale
						return (a + c) / 2, (a - c) * (a - c)
					}
					meanR, squareR := axis(red)
					_, squareG := axis(green)
					meanB, squareB := axis(blue)
					distance := (2*65535+meanR)*squareR/65535 + 4*squareG + (3*65535-1-meanB)*squareB/65535
					if distance < near {
						total += weight
						for b := range sums {
							sums[b] += weight * float64(pixel[b])
						}
					}
				}
				for b := range sums {
					out[x*src.bands+b] = centre[b]
					if total > 0 {
						out[x*src.bands+b] = quantum[T](sums[b] / total)
					}
				}
			}
		}
		return nil
	}
}
