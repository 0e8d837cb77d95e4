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
	for i, in := range connected(e.width, e.height, x, y, test) {
		if in {
			paint(i%e.width, i/e.width)
		}
	}
	return e.m.scope.Context().Err()
}
