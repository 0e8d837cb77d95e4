package render

import (
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// onto puts a picture at x, y on a canvas of one colour. The picture is composed over the colour, unless compose says to
// copy it; what lies outside the canvas is cut off.
func (m *machine) onto(p *Picture, c magick.Color, width, height, x, y int) (*Picture, error) {
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	p, err := p.holding(c)
	if err != nil {
		return nil, err
	}
	compose := m.settings.compose()
	over := p.Alpha() && c.Alpha != 0 && compose != "Copy" && compose != "Src"
	img := p.img
	if over && c.Alpha == 0xffff {
		img, err = img.Chain().Op("flatten", vips.Args{"background": p.ink(c)[:p.colours()], "max_alpha": p.Max()}).
			Op("bandjoin_const", vips.Args{"c": []float64{p.Max()}}).Image()
		if err != nil {
			return nil, err
		}
		over = false
	}
	ground := p.ink(c)
	if over {
		ground = p.ink(magick.Color{})
	}
	img, err = img.Op("embed", vips.Args{"x": x, "y": y, "width": width, "height": height, "extend": "background", "background": ground})
	if err != nil {
		return nil, err
	}
	if !over {
		return p.with(img), nil
	}
	canvas, err := img.Chain().Op("linear", vips.Args{"a": 0.0, "b": p.ink(c)}).Image()
	if err != nil {
		return nil, err
	}
	img, err = canvas.Op("composite2", vips.Args{"base": nil, "overlay": img, "mode": "over", "compositing_space": int(img.Interpretation())})
	if err != nil {
		return nil, err
	}
	return p.cast(img)
}

// border is -border: a frame of bordercolor, over which the picture is composed, so that it shows through transparency.
func border(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	w, h := thickness(p, geometryArg(s))
	q, err := m.onto(p, m.settings.bordercolor(), p.Width()+2*w, p.Height()+2*h, w, h)
	if err != nil {
		return nil, err
	}
	if q.Page.Width > 0 && q.Page.Height > 0 {
		q.Page.Width += 2 * w
		q.Page.Height += 2 * h
	}
	return q, nil
}

// extent is -extent: a canvas of the size, with the picture where gravity and the offset put it.
func extent(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	r := m.gravitated(p, geometryArg(s))
	if r.Width == 0 {
		r.Width = p.Width()
	}
	if r.Height == 0 {
		r.Height = p.Height()
	}
	q, err := m.onto(p, m.ground(p), r.Width, r.Height, -r.X, -r.Y)
	if err != nil {
		return nil, err
	}
	return p.rescaled(q), nil
}

// chop is -chop: takes out a band of columns and a band of rows, and closes the gap.
func chop(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	g := geometryArg(s)
	r := m.gravitated(p, g)
	x, y := max(r.X, 0), max(r.Y, 0)
	right, bottom := min(r.X+r.Width, p.Width()), min(r.Y+r.Height, p.Height())
	width, height := p.Width()-max(right-x, 0), p.Height()-max(bottom-y, 0)
	if width <= 0 || height <= 0 { // ImageMagick leaves such a picture as it is
		return p, nil
	}
	p, err := p.settle()
	if err != nil {
		return nil, err
	}
	img, err := without(p.img, true, x, right)
	if err == nil {
		img, err = without(img, false, y, bottom)
	}
	if err != nil {
		return nil, err
	}
	return p.rescaled(p.with(img)), nil
}

// without takes the columns, or the rows, from and up to to out of an image.
func without(img *vips.Image, columns bool, from, to int) (*vips.Image, error) {
	size := img.Height()
	if columns {
		size = img.Width()
	}
	switch {
	case from >= to:
		return img, nil
	case from <= 0:
		return strip(img, columns, to, size)
	case to >= size:
		return strip(img, columns, 0, from)
	}
	before, err := strip(img, columns, 0, from)
	if err != nil {
		return nil, err
	}
	after, err := strip(img, columns, to, size)
	if err != nil {
		return nil, err
	}
	return before.Op("join", vips.Args{"in1": nil, "in2": after, "direction": direction(columns)})
}

func direction(columns bool) string {
	if columns {
		return "horizontal"
	}
	return "vertical"
}

// strip gives the columns, or the rows, from and up to to.
func strip(img *vips.Image, columns bool, from, to int) (*vips.Image, error) {
	args := vips.Args{"input": nil, "left": 0, "top": from, "width": img.Width(), "height": to - from}
	if columns {
		args = vips.Args{"input": nil, "left": from, "top": 0, "width": to - from, "height": img.Height()}
	}
	return img.Op("extract_area", args)
}

// splice is -splice: opens a band of columns and a band of rows, of the background's colour.
func splice(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	r := m.gravitated(p, geometryArg(s))
	background := m.ground(p)
	if err := m.admit(p.Width()+r.Width, p.Height()+r.Height); err != nil {
		return nil, err
	}
	p, err := p.holding(background)
	if err != nil {
		return nil, err
	}
	if p, err = p.settle(); err != nil {
		return nil, err
	}
	// Gravity to the far sides has already counted the band itself: the gap opens behind the picture.
	x, y := spliceAt(m.settings.gravity(), r)
	img, err := gap(p.img, true, x, r.Width, p.ink(background))
	if err == nil {
		img, err = gap(img, false, y, r.Height, p.ink(background))
	}
	if err != nil {
		return nil, err
	}
	return p.rescaled(p.with(img)), nil
}

// spliceAt gives where the bands open (ImageMagick 6.9, SpliceImage).
func spliceAt(gravity string, r region) (x, y int) {
	x, y = r.X, r.Y
	switch gravity {
	case "North", "South", "Center":
		x += r.Width / 2
	case "NorthEast", "East", "SouthEast":
		x += r.Width
	}
	switch gravity {
	case "West", "East", "Center":
		y += r.Height / 2
	case "SouthWest", "South", "SouthEast":
		y += r.Height
	}
	return x, y
}

// gap opens size columns, or rows, of one colour before the column, or row, at.
func gap(img *vips.Image, columns bool, at, size int, background []float64) (*vips.Image, error) {
	if size <= 0 {
		return img, nil
	}
	length := img.Height()
	args := vips.Args{"x": 0, "y": size, "width": img.Width(), "height": img.Height() + size, "extend": "background", "background": background}
	if columns {
		length = img.Width()
		args["x"], args["y"], args["width"], args["height"] = size, 0, img.Width()+size, img.Height()
	}
	switch {
	case at <= 0:
		return img.Op("embed", args)
	case at >= length:
		args["x"], args["y"] = 0, 0
		return img.Op("embed", args)
	}
	before, err := strip(img, columns, 0, at)
	if err != nil {
		return nil, err
	}
	after, err := strip(img, columns, at, length)
	if err != nil {
		return nil, err
	}
	return before.Op("join", vips.Args{"in1": nil, "in2": after, "direction": direction(columns), "shim": size, "background": background})
}
