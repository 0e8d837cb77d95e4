package render

import (
	"math"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// crop is -crop: with an offset one piece, without one as many tiles as cover the canvas, with @ that many tiles across
// and down (ImageMagick 6.9, CropImageToTiles).
func crop(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	var out []*Picture
	for _, p := range list {
		if p.trail == nil {
			settled, err := p.settle()
			if err != nil {
				return nil, err
			}
			p = settled
		}
		pieces, err := m.cropped(p, s)
		if err != nil {
			return nil, err
		}
		out = append(out, pieces...)
	}
	return out, nil
}

func (m *machine) cropped(p *Picture, s magick.Step) ([]*Picture, error) {
	g := geometryArg(s)
	if g.Area {
		return m.equalTiles(p, g)
	}
	r := m.gravitated(p, g)
	// Gravity counts for one piece only, which an aspect ratio asks for as soon as gravity is said.
	if g.HasX || g.HasY || r.Width == 0 && r.Height == 0 || g.Ratio && m.settings.gravity() != "Undefined" {
		q, err := m.piece(p, r)
		if err != nil {
			return nil, err
		}
		if g.Exact {
			q.Page.Width, q.Page.Height = r.Width, r.Height
			q.Page.X -= r.X
			q.Page.Y -= r.Y
		}
		return []*Picture{q}, nil
	}
	cw, ch := p.canvas()
	if r.Width == 0 {
		r.Width = cw
	}
	if r.Height == 0 {
		r.Height = ch
	}
	if tiles := ceilDiv(cw, r.Width) * ceilDiv(ch, r.Height); tiles > m.engine.limits.Frames {
		return nil, event.Errorf(event.LimitExceeded, "%s would make %d tiles, and at most %d are allowed; make them larger",
			located(s), tiles, m.engine.limits.Frames)
	}
	var out []*Picture
	for y := 0; y < ch; y += r.Height {
		for x := 0; x < cw; x += r.Width {
			q, err := m.piece(p, region{Width: r.Width, Height: r.Height, X: x, Y: y})
			if err != nil {
				return nil, err
			}
			out = append(out, q)
		}
	}
	return out, nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// equalTiles cuts a picture into g.Width x g.Height tiles of nearly one size.
func (m *machine) equalTiles(p *Picture, g magick.Geometry) ([]*Picture, error) {
	across, down := max(half(g.Width), 1), max(half(g.Height), 1)
	if !g.HasHeight {
		down = across
	}
	if across*down > m.engine.limits.Frames {
		return nil, m.engine.limits.admit(p.Width(), p.Height(), across*down)
	}
	// Offsets take a margin away from the picture, or with ! add one (tiles that overlap).
	marginX, marginY := math.Abs(g.X), math.Abs(g.Y)
	if g.Exact {
		marginX, marginY = -marginX, -marginY
	}
	stepX := max((float64(p.Width())-marginX)/float64(across), 1)
	stepY := max((float64(p.Height())-marginY)/float64(down), 1)
	var out []*Picture
	for y := range down {
		for x := range across {
			left, right := tileSpan(x, stepX, g.X, g.Exact)
			top, bottom := tileSpan(y, stepY, g.Y, g.Exact)
			q, err := m.piece(p, region{Width: right - left, Height: bottom - top, X: left + p.Page.X, Y: top + p.Page.Y})
			if err != nil {
				return nil, err
			}
			out = append(out, q)
		}
	}
	return out, nil
}

func tileSpan(i int, step, offset float64, exact bool) (from, to int) {
	low, high := min(offset, 0), max(offset, 0)
	if exact {
		low, high = -high, -low
	}
	return half(float64(i)*step - low), half(float64(i+1)*step + high)
}

// piece cuts a region of the virtual canvas out of a picture (ImageMagick 6.9, CropImage). A region that misses the
// picture gives one transparent pixel.
func (m *machine) piece(p *Picture, r region) (*Picture, error) {
	cw, ch := p.canvas()
	boxX, boxY := p.Page.X, p.Page.Y
	width, height := r.Width, r.Height
	if width == 0 {
		width = cw
	}
	if height == 0 {
		height = ch
	}
	if boxX-r.X >= width || boxY-r.Y >= height || r.X-boxX > p.Width() || r.Y-boxY > p.Height() {
		return m.missed(p, cw, ch)
	}
	x, width := clipSpan(r.X, width, boxX, p.Width(), r.Width)
	y, height := clipSpan(r.Y, height, boxY, p.Height(), r.Height)
	if width <= 0 || height <= 0 {
		return m.missed(p, cw, ch)
	}
	q, err := p.region(x, y, width, height)
	if err != nil {
		return nil, err
	}
	q.settled = p.settled
	if p.trail != nil {
		q.follow(p, func(in *Picture) (*Picture, error) { return in.region(x, y, width, height) })
	}
	q.Page = Page{Width: max(cw, boxX+x+width), Height: max(ch, boxY+y+height), X: boxX + x, Y: boxY + y}
	return q, nil
}

// clipSpan gives the part of a span of the canvas that lies in the picture, as an offset into the picture and a length.
func clipSpan(at, length, box, size, asked int) (int, int) {
	if at < 0 && box >= 0 {
		length += at - box
		at = 0
	} else {
		length -= box - at
		at = max(at-box, 0)
	}
	length = min(length, size-at)
	if asked != 0 {
		length = min(length, asked)
	}
	return at, length
}

// missed is what a crop that misses its picture gives: one transparent pixel that lies outside its canvas.
func (m *machine) missed(p *Picture, canvasWidth, canvasHeight int) (*Picture, error) {
	p, err := p.withAlpha()
	if err != nil {
		return nil, err
	}
	img, err := m.scope.Create("black", vips.Args{"width": 1, "height": 1, "bands": p.img.Bands()})
	if err != nil {
		return nil, err
	}
	q, err := p.cast(img)
	if err != nil {
		return nil, err
	}
	q.Page = Page{Width: canvasWidth, Height: canvasHeight, X: -1, Y: -1}
	return q, nil
}

// trim is -trim: cuts off edges that are of the corners' colour, within -fuzz (ImageMagick 6.9, GetImageBoundingBox).
func trim(m *machine, p *Picture, _ magick.Step) (*Picture, error) {
	p, err := p.settle()
	if err != nil {
		return nil, err
	}
	r, err := p.raster()
	if err != nil {
		return nil, err
	}
	box := r.content(m.settings.fuzz(), p.Alpha())
	cw, ch := p.canvas()
	if box.Width <= 0 || box.Height <= 0 {
		return m.missed(p, cw, ch)
	}
	q, err := p.region(box.X, box.Y, box.Width, box.Height)
	if err != nil {
		return nil, err
	}
	q.settled = true
	q.Page = Page{Width: cw, Height: ch, X: p.Page.X + box.X, Y: p.Page.Y + box.Y}
	return q, nil
}

// content gives the smallest region outside which all is of the corners' colours: the left and upper edges are compared
// with the upper left corner, the right edge with the upper right one, the lower edge with the lower left one.
func (r *raster) content(fuzz float64, alpha bool) region {
	likeness := alike(r.Bands, alpha, fuzz)
	corner := func(x, y int) []uint16 { return r.at(x, y) }
	blankRow := func(y int, c []uint16) bool {
		for x := range r.Width {
			if !likeness(r.at(x, y), c) {
				return false
			}
		}
		return true
	}
	blankColumn := func(x, top, bottom int, c []uint16) bool {
		for y := top; y < bottom; y++ {
			if !likeness(r.at(x, y), c) {
				return false
			}
		}
		return true
	}
	top, bottom, left, right := 0, r.Height, 0, r.Width
	for top < bottom && blankRow(top, corner(0, 0)) {
		top++
	}
	if top == bottom {
		return region{}
	}
	for bottom > top && blankRow(bottom-1, corner(0, r.Height-1)) {
		bottom--
	}
	for left < right && blankColumn(left, 0, r.Height, corner(0, 0)) {
		left++
	}
	for right > left && blankColumn(right-1, 0, r.Height, corner(r.Width-1, 0)) {
		right--
	}
	return region{Width: right - left, Height: bottom - top, X: left, Y: top}
}

// at gives the bands of a pixel.
func (r *raster) at(x, y int) []uint16 {
	i := (y*r.Width + x) * r.Bands
	return r.Pix[i : i+r.Bands : i+r.Bands]
}

// alike gives the test whether two pixels are the same colour within fuzz, a distance where 1 is the full range of a
// channel (ImageMagick 6.9, IsMagickColorSimilar): transparent pixels are alike whatever colours they hide.
func alike(bands int, alpha bool, fuzz float64) func(a, b []uint16) bool {
	limit := max(fuzz*65535, math.Sqrt2/2)
	limit *= limit
	colours := bands
	if alpha {
		colours--
	}
	weight := 1.0
	if colours == 1 {
		weight = 3
	}
	return func(a, b []uint16) bool {
		distance, scale := 0.0, 1.0
		if alpha {
			d := float64(a[colours]) - float64(b[colours])
			if distance = d * d; distance > limit {
				return false
			}
			scale = float64(a[colours]) / 65535 * float64(b[colours]) / 65535
		}
		for i := range colours {
			d := float64(a[i]) - float64(b[i])
			if distance += weight * scale * d * d; distance > limit {
				return false
			}
		}
		return true
	}
}

// magnify is -magnify: twice the size by Scale2x, which keeps edges sharp.
func magnify(m *machine, p *Picture, _ magick.Step) (*Picture, error) {
	if err := m.admit(2*p.Width(), 2*p.Height()); err != nil {
		return nil, err
	}
	r, err := p.raster()
	if err != nil {
		return nil, err
	}
	q, err := p.withRaster(r.scale2x())
	if err != nil {
		return nil, err
	}
	return p.rescaled(q), nil
}

// scale2x is Andrea Mazzoleni's Scale2x: a corner takes the colour of its two neighbours when they agree and the
// opposite ones do not.
func (r *raster) scale2x() *raster {
	out := &raster{Width: 2 * r.Width, Height: 2 * r.Height, Bands: r.Bands, Pix: make([]uint16, 4*len(r.Pix))}
	same := func(a, b []uint16) bool {
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	}
	for y := range r.Height {
		for x := range r.Width {
			e := r.at(x, y)
			b, h := r.at(x, max(y-1, 0)), r.at(x, min(y+1, r.Height-1))
			d, f := r.at(max(x-1, 0), y), r.at(min(x+1, r.Width-1), y)
			corners := [4][]uint16{e, e, e, e}
			if !same(b, h) && !same(d, f) {
				for i, pair := range [4][2][]uint16{{d, b}, {b, f}, {d, h}, {h, f}} {
					if same(pair[0], pair[1]) {
						corners[i] = pair[0]
					}
				}
			}
			for i, c := range corners {
				copy(out.at(2*x+i%2, 2*y+i/2), c)
			}
		}
	}
	return out
}
