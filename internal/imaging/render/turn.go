package render

import (
	"math"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// A turn is a list of libvips operations that move every pixel to another place and change none.
type turn []struct {
	operation string
	args      vips.Args
}

var (
	flips       = turn{{"flip", vips.Args{"direction": "vertical"}}}
	flops       = turn{{"flip", vips.Args{"direction": "horizontal"}}}
	quarter     = turn{{"rot", vips.Args{"angle": "d90"}}}
	halfTurn    = turn{{"rot", vips.Args{"angle": "d180"}}}
	threeTurn   = turn{{"rot", vips.Args{"angle": "d270"}}}
	transposes  = turn{quarter[0], flops[0]}
	transverses = turn{quarter[0], flips[0]}
)

// upright turns a picture of each EXIF orientation the right way up (EXIF 2.3, tag 0x0112).
var upright = [9]turn{2: flops, 3: halfTurn, 4: flips, 5: transposes, 6: quarter, 7: transverses, 8: threeTurn}

func (t turn) apply(img *vips.Image) (*vips.Image, error) {
	chain := img.Chain()
	for _, step := range t {
		chain = chain.Op(step.operation, step.args)
	}
	return chain.Image()
}

// oriented turns an image of an EXIF orientation the right way up.
func oriented(img *vips.Image, orientation int) (*vips.Image, error) {
	return upright[orientation].apply(img)
}

// autoOrient is -auto-orient. A picture that is not decoded yet stays so: its source remembers the turn.
func autoOrient(_ *machine, p *Picture, _ magick.Step) (*Picture, error) {
	if p.Orientation <= 1 || p.Orientation >= len(upright) {
		return p, nil
	}
	img, err := oriented(p.img, p.Orientation)
	if err != nil {
		return nil, err
	}
	q := p.with(img)
	if p.source != nil && p.source.turn == 0 {
		src := *p.source
		src.turn = p.Orientation
		q.source = &src
	}
	q.Orientation = 1
	return q, nil
}

// turning makes an operator of a turn, and of what it does to the virtual canvas.
func turning(t turn, page func(p, q *Picture)) operator {
	return func(_ *machine, p *Picture, _ magick.Step) (*Picture, error) {
		img, err := t.apply(p.img)
		if err != nil {
			return nil, err
		}
		q := p.with(img)
		page(p, q)
		return q, nil
	}
}

func mirrorPageX(p, q *Picture) {
	if p.Page.Width > 0 {
		q.Page.X = p.Page.Width - p.Width() - p.Page.X
	}
}

func mirrorPageY(p, q *Picture) {
	if p.Page.Height > 0 {
		q.Page.Y = p.Page.Height - p.Height() - p.Page.Y
	}
}

func mirrorPage(p, q *Picture) {
	mirrorPageX(p, q)
	mirrorPageY(p, q)
}

// growPage exchanges the sides of the canvas.
func growPage(p, q *Picture) {
	q.Page = Page{Width: p.Page.Height, Height: p.Page.Width, X: p.Page.Y, Y: p.Page.X}
}

// transposedPage scales the canvas with the picture's sides before it exchanges them, as ImageMagick does.
func transposedPage(p, q *Picture) {
	p.rescaled(q)
	q.Page = Page{Width: q.Page.Height, Height: q.Page.Width, X: q.Page.Y, Y: q.Page.X}
}

func transversedPage(p, q *Picture) {
	transposedPage(p, q)
	if q.Page.Width > 0 && q.Page.Height > 0 {
		q.Page.X = q.Page.Width - q.Width() - q.Page.X
		q.Page.Y = q.Page.Height - q.Height() - q.Page.Y
	}
}

func quarterPage(p, q *Picture) {
	growPage(p, q)
	if q.Page.Width > 0 {
		q.Page.X = q.Page.Width - q.Width() - q.Page.X
	}
}

func threeTurnPage(p, q *Picture) {
	growPage(p, q)
	if q.Page.Height > 0 {
		q.Page.Y = q.Page.Height - q.Height() - q.Page.Y
	}
}

// rotate is -rotate: clockwise by degrees, with > only when the picture is wider than high, with < only when it is higher.
func rotate(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	g := geometryArg(s)
	if g.Greater && p.Width() <= p.Height() || g.Less && p.Width() >= p.Height() {
		return p, nil
	}
	degrees := math.Mod(g.Width, 360)
	if degrees < 0 {
		degrees += 360
	}
	quarters := map[float64]operator{
		0:  func(_ *machine, p *Picture, _ magick.Step) (*Picture, error) { return p, nil },
		90: turning(quarter, quarterPage), 180: turning(halfTurn, mirrorPage), 270: turning(threeTurn, threeTurnPage),
	}
	if simple, ok := quarters[degrees]; ok {
		return simple(m, p, s)
	}
	return m.rotated(p, degrees)
}

// rotated turns a picture about its centre onto a canvas that holds all of it, as -distort ScaleRotateTranslate with best
// fit does (ImageMagick 6.9, DistortImage): every destination pixel's centre is looked up in the source.
func (m *machine) rotated(p *Picture, degrees float64) (*Picture, error) {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	w, h := float64(p.Width()), float64(p.Height())
	spanX := (math.Abs(w*cos) + math.Abs(h*sin)) / 2
	spanY := (math.Abs(w*sin) + math.Abs(h*cos)) / 2
	left, top := int(math.Floor(w/2-spanX-0.5)), int(math.Floor(h/2-spanY-0.5))
	width, height := int(math.Ceil(w/2+spanX-float64(left)+0.5)), int(math.Ceil(h/2+spanY-float64(top)+0.5))
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	background := m.ground(p)
	p, err := p.holding(background)
	if err != nil {
		return nil, err
	}
	if p, err = p.settle(); err != nil {
		return nil, err
	}
	q, err := p.premultiplied(func(img *vips.Image) (*vips.Image, error) {
		return img.Op("affine", vips.Args{
			"matrix": []float64{cos, -sin, sin, cos}, "interpolate": "bicubic", "premultiplied": true,
			"idx": 0.5 - w/2, "idy": 0.5 - h/2, "odx": w/2 - 0.5, "ody": h/2 - 0.5,
			"oarea": []int{left, top, width, height}, "background": p.premultipliedInk(background), "extend": "background",
		})
	})
	if err != nil {
		return nil, err
	}
	cw, ch := p.canvas()
	q.Page = Page{
		Width:  half(float64(width*cw) / float64(p.Width())),
		Height: half(float64(height*ch) / float64(p.Height())),
		X:      p.Page.X + left, Y: p.Page.Y + top,
	}
	return q, nil
}

// premultipliedInk gives a colour's numbers with its colours multiplied by its alpha, as premultiplied images hold them.
func (p *Picture) premultipliedInk(c magick.Color) []float64 {
	bands := p.ink(c)
	if p.Alpha() {
		share := float64(c.Alpha) / 65535
		for i := range p.colours() {
			bands[i] *= share
		}
	}
	return bands
}
