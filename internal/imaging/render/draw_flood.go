package render

import (
	"image"
	imagedraw "image/draw"

	"golang.org/x/image/vector"

	"bluerose/internal/imaging/draw"
)

// coverage gives how much of each pixel the rasterizer's path covers, 0 to 255.
func coverage(r *vector.Rasterizer, width, height int) []byte {
	mask := image.NewAlpha(image.Rect(0, 0, width, height))
	r.DrawOp = imagedraw.Src
	r.Draw(mask, mask.Bounds(), image.Opaque, image.Point{})
	return mask.Pix
}

// flood carries out the color and matte primitives.
func (e *easel) flood(primitive draw.Primitive, fuzz float64) error {
	fill := e.painter(primitive.State.Fill, e.fill)
	if fill == nil {
		none := ink{}
		fill = func(int, int) *ink { return &none }
	}
	paint := e.replacing(fill, primitive.Kind == draw.Matte)
	x, y := half(primitive.At.X), half(primitive.At.Y)
	if primitive.Method == "reset" {
		for y := range e.height {
			for x := range e.width {
				paint(x, y)
			}
		}
		return e.m.scope.Context().Err()
	}
	if !e.holds(x, y) {
		return nil
	}
	target := e.pixel(x, y)
	switch primitive.Method {
	case "point":
		paint(x, y)
	case "replace":
		for y := range e.height {
			for x := range e.width {
				if e.like(x, y, target, fuzz) {
					paint(x, y)
				}
			}
		}
	case "filltoborder":
		border := e.inkOf(e.m.settings.bordercolor())
		return e.spread(x, y, func(x, y int) bool { return !e.like(x, y, border, fuzz) }, paint)
	default:
		return e.spread(x, y, func(x, y int) bool { return e.like(x, y, target, fuzz) }, paint)
	}
	return e.m.scope.Context().Err()
}

// replacing gives a function that makes a pixel the paint's own; for alpha alone, only its alpha.
func (e *easel) replacing(fill painter, alphaOnly bool) func(x, y int) {
	return func(x, y int) {
		c := fill(x, y)
		if alphaOnly {
			e.set((y*e.width+x)*e.bands+e.colours, c.alpha*e.p.Max())
			return
		}
		e.replace(x, y, c)
	}
}

// fillRegion paints the pixels around a point that look like target, or with border those up to it.
func (e *easel) fillRegion(state draw.State, at draw.Point, target ink, fuzz float64, border bool) error {
	fill := e.painter(state.Fill, e.fill)
	x, y := int(at.X), int(at.Y)
	if fill == nil || !e.holds(x, y) {
		return nil
	}
	test := func(x, y int) bool { return e.like(x, y, target, fuzz) != border }
	return e.spread(x, y, test, e.replacing(fill, false))
}

func (e *easel) pixel(x, y int) ink {
	i := (y*e.width + x) * e.bands
	out := ink{alpha: 1}
	for band := range e.colours {
		out.bands[band] = e.at(i + band)
	}
	if e.alpha {
		out.alpha = e.at(i+e.colours) / e.p.Max()
	}
	return out
}

// like reports whether a pixel is of a colour, within -fuzz.
func (e *easel) like(x, y int, c ink, fuzz float64) bool {
	scale := fullRange / e.p.Max()
	at := e.pixel(x, y)
	limit := max(fuzz*fullRange, 0.7071067811865476)
	spread := func(c ink) (r, g, b, a float64) {
		if e.colours == 1 {
			return c.bands[0] * scale, c.bands[0] * scale, c.bands[0] * scale, c.alpha * fullRange
		}
		return c.bands[0] * scale, c.bands[1] * scale, c.bands[2] * scale, c.alpha * fullRange
	}
	var n nearness
	n.r, n.g, n.b, n.a = spread(c)
	n.limit = limit * limit
	return n.is(spread(at))
}

// spread runs paint on the pixels that hang together with x,y over sides and pass the test.
func (e *easel) spread(x, y int, test func(x, y int) bool, paint func(x, y int)) error {
	seen := make([]bool, e.width*e.height)
	stack := []int{y*e.width + x}
	for n := 0; len(stack) > 0; n++ {
		if n%4096 == 4095 && e.m.scope.Context().Err() != nil {
			return e.m.scope.Context().Err()
		}
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		row, x := at/e.width, at%e.width
		if seen[at] || !test(x, row) {
			continue
		}
		from, to := x, x
		for from > 0 && !seen[row*e.width+from-1] && test(from-1, row) {
			from--
		}
		for to+1 < e.width && !seen[row*e.width+to+1] && test(to+1, row) {
			to++
		}
		for x := from; x <= to; x++ {
			seen[row*e.width+x] = true
			paint(x, row)
		}
		for _, next := range []int{row - 1, row + 1} {
			if next < 0 || next >= e.height {
				continue
			}
			for x, open := from, false; x <= to; x++ {
				fits := !seen[next*e.width+x] && test(x, next)
				if fits && !open {
					stack = append(stack, next*e.width+x)
				}
				open = fits
			}
		}
	}
	return nil
}
