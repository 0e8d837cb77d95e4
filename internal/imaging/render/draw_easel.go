package render

import (
	"math"

	"golang.org/x/image/vector"

	"bluerose/internal/imaging/draw"
	"bluerose/internal/imaging/magick"
)

// easel holds a picture's pixels while they are drawn on.
type easel struct {
	m             *machine
	p             *Picture
	data          []byte
	wide, alpha   bool
	width, height int
	bands         int
	colours       int
	fill, stroke  *tile // what -tile, -fill and -stroke gave in place of colours; nil for none
}

// ink is a colour in the picture's own numbers, and its alpha from 0 to 1.
type ink struct {
	bands [4]float64
	alpha float64
}

// tile is a picture that fills areas, again and again.
type tile struct {
	pix           *raster
	scale         float64
	colours       int
	alpha         bool
	width, height int
	x, y          int // what lies at the picture's corner
}

// easel takes a picture's pixels to draw the primitives on, with the pictures that the settings paint with.
func (m *machine) easel(p *Picture, primitives ...draw.Primitive) (*easel, error) {
	fill, err := m.patterned("tile")
	if err == nil && fill == nil {
		fill, err = m.patterned("fill")
	}
	if err != nil {
		return nil, err
	}
	stroke, err := m.patterned("stroke")
	if err != nil {
		return nil, err
	}
	if fill != nil || stroke != nil {
		if p, err = p.toRGB(); err != nil {
			return nil, err
		}
	}
	e, err := m.plainEasel(p, primitives...)
	if err == nil && fill != nil {
		e.fill, err = e.tiled(fill)
	}
	if err == nil && stroke != nil {
		e.stroke, err = e.tiled(stroke)
	}
	return e, err
}

// plainEasel takes a picture's pixels to draw the primitives on in colours. A gray picture becomes sRGB when they are none.
func (m *machine) plainEasel(p *Picture, primitives ...draw.Primitive) (*easel, error) {
	coloured, seeThrough := false, false
	for _, primitive := range primitives {
		s := primitive.State
		for _, c := range []magick.Color{s.Fill.Color, s.Stroke.Color, s.Undercolor} {
			coloured = coloured || c.Alpha != 0 && !gray(c)
		}
		seeThrough = seeThrough || primitive.Kind == draw.Matte || primitive.Kind == draw.Color && s.Fill.Color.Alpha != 0xffff
	}
	var err error
	if coloured {
		if p, err = p.toRGB(); err != nil {
			return nil, err
		}
	}
	if seeThrough {
		if p, err = p.withAlpha(); err != nil {
			return nil, err
		}
	}
	data, err := p.img.Pixels()
	if err != nil {
		return nil, err
	}
	return &easel{m: m, p: p, data: data, wide: p.wide(), alpha: p.Alpha(), width: p.Width(), height: p.Height(),
		bands: p.img.Bands(), colours: p.colours()}, nil
}

// patterned gives the picture that a setting paints with; nil when it names none.
func (m *machine) patterned(name string) (*Picture, error) {
	step, ok := m.settings.given(name)
	if !ok {
		return nil, nil
	}
	src, ok := step.Value.(magick.Source)
	if !ok {
		return nil, nil
	}
	pictures, err := m.read(src)
	if err != nil || len(pictures) == 0 {
		return nil, err
	}
	return pictures[0], nil
}

func (e *easel) tiled(p *Picture) (*tile, error) {
	p, err := p.toSpace(e.p.Space)
	if err != nil {
		return nil, err
	}
	pix, err := p.raster()
	if err != nil {
		return nil, err
	}
	offset, _ := e.m.settings.geometry("tile-offset")
	return &tile{pix: pix, scale: e.p.Max() / fullRange, colours: p.colours(), alpha: p.Alpha(), width: pix.Width, height: pix.Height,
		x: wrapped(int(offset.X), pix.Width), y: wrapped(int(offset.Y), pix.Height)}, nil
}

// picture gives what was drawn.
func (e *easel) picture() (*Picture, error) {
	q, err := e.p.holdingPixels(e.data, e.width, e.height, e.p.pixelForm())
	if err != nil {
		return nil, err
	}
	q.Palette, q.Colors = false, 0
	return q, nil
}

func (e *easel) inkOf(c magick.Color) ink {
	out := ink{alpha: float64(c.Alpha) / fullRange}
	copy(out.bands[:], e.p.ink(c)[:e.colours])
	return out
}

// a painter gives the ink of a pixel.
type painter func(x, y int) *ink

// painter gives what a paint covers pixels with; nil for nothing.
func (e *easel) painter(p draw.Paint, t *tile) painter {
	if t != nil && !p.Own {
		var out ink
		return func(x, y int) *ink {
			n := t.pix.Bands
			px := t.pix.Pix[((y+t.y)%t.height*t.width+(x+t.x)%t.width)*n:][:n]
			for band := range t.colours {
				out.bands[band] = float64(px[band]) * t.scale
			}
			out.alpha = 1
			if t.alpha {
				out.alpha = float64(px[n-1]) / fullRange
			}
			return &out
		}
	}
	if !p.Visible() {
		return nil
	}
	even := e.inkOf(p.Color)
	return func(int, int) *ink { return &even }
}

func (e *easel) at(i int) float64 {
	if e.wide {
		return float64(words(e.data)[i])
	}
	return float64(e.data[i])
}

func (e *easel) set(i int, v float64) {
	if e.wide {
		words(e.data)[i] = uint16(v + 0.5)
	} else {
		e.data[i] = byte(v + 0.5)
	}
}

// over puts ink over a pixel that it covers to a share of 0 to 1.
func (e *easel) over(x, y int, c *ink, share float64) {
	a := c.alpha * share
	if a <= 0 {
		return
	}
	i := (y*e.width + x) * e.bands
	below, total := 1-a, 1.0
	if e.alpha {
		full := e.p.Max()
		below *= e.at(i+e.colours) / full
		total = a + below
		e.set(i+e.colours, total*full)
	}
	for band := range e.colours {
		e.set(i+band, (c.bands[band]*a+e.at(i+band)*below)/total)
	}
}

// replace makes a pixel the ink's own colour and alpha.
func (e *easel) replace(x, y int, c *ink) {
	i := (y*e.width + x) * e.bands
	for band := range e.colours {
		e.set(i+band, c.bands[band])
	}
	if e.alpha {
		e.set(i+e.colours, c.alpha*e.p.Max())
	}
}

// from gives the tile laid from a place on.
func (t *tile) from(x, y int) *tile {
	if t == nil {
		return nil
	}
	moved := *t
	moved.x, moved.y = wrapped(t.x-x, t.width), wrapped(t.y-y, t.height)
	return &moved
}

// corner is where tiles that fill a path begin: that of the box around its stroke (magick/draw.c, DrawPolygonPrimitive).
func corner(state draw.State, path draw.Path) (x, y int) {
	low := draw.Point{X: math.Inf(1), Y: math.Inf(1)}
	for _, s := range path {
		at, _ := s.Bounds()
		low = draw.Point{X: min(low.X, at.X), Y: min(low.Y, at.Y)}
	}
	margin := state.Matrix.Scale()*state.Pen.Width/2 + 1
	place := func(v float64) int { return int(min(max(math.Ceil(v-margin-0.5), 0), 1<<30)) }
	return place(low.X), place(low.Y)
}

// path fills and strokes a path.
func (e *easel) path(state draw.State, path draw.Path) error {
	stroke := e.painter(state.Stroke, e.stroke)
	if stroke != nil && !state.Stroke.Visible() {
		state.Stroke.Color = black
	}
	inside, strokes := state.Shapes(path)
	if fill := e.painter(state.Fill, e.fill.from(corner(state, path))); fill != nil {
		if err := e.cover(inside, fill, nil); err != nil {
			return err
		}
	}
	for _, s := range strokes {
		by := painter(nil)
		if s.Fill {
			by, stroke = stroke, nil
		}
		if err := e.cover(s, by, stroke); err != nil {
			return err
		}
	}
	return nil
}

// cover paints a shape's inside and its stroke; a painter of nil leaves its part out.
func (e *easel) cover(s draw.Shape, fill, stroke painter) error {
	return s.Rows(e.m.scope.Context(), e.width, e.height, func(y, left int, inside, line []float32) {
		for i := range inside {
			if fill != nil && inside[i] > 0 {
				e.over(left+i, y, fill(left+i, y), float64(inside[i]))
			}
			if stroke != nil && line[i] > 0 {
				e.over(left+i, y, stroke(left+i, y), float64(line[i]))
			}
		}
	})
}

// dot paints one pixel.
func (e *easel) dot(primitive draw.Primitive) {
	x, y := int(math.Ceil(primitive.At.X-0.5)), int(math.Ceil(primitive.At.Y-0.5))
	if fill := e.painter(primitive.State.Fill, e.fill); fill != nil && e.holds(x, y) {
		e.over(x, y, fill(x, y), 1)
	}
}

func (e *easel) holds(x, y int) bool { return x >= 0 && y >= 0 && x < e.width && y < e.height }

// glyphs paints outlines by the area of each pixel that they cover, as letters are. Here whole numbers are the corners of pixels.
func (e *easel) glyphs(path draw.Path, fill painter, sharp bool) {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	var shown draw.Path
	for _, s := range path {
		low, high := s.Bounds()
		if high.X < 0 || high.Y < 0 || low.X > float64(e.width) || low.Y > float64(e.height) {
			continue
		}
		shown = append(shown, s)
		x0, x1, y0, y1 = min(x0, low.X), max(x1, high.X), min(y0, low.Y), max(y1, high.Y)
	}
	left, top := int(max(math.Floor(x0), 0)), int(max(math.Floor(y0), 0))
	right, bottom := int(min(math.Ceil(x1), float64(e.width))), int(min(math.Ceil(y1), float64(e.height)))
	if left >= right || top >= bottom {
		return
	}
	r := vector.NewRasterizer(right-left, bottom-top)
	at := func(q draw.Point) (float32, float32) {
		return float32(q.X - float64(left)), float32(q.Y - float64(top))
	}
	for _, s := range shown {
		for i, q := range s.Points {
			if x, y := at(q); i == 0 {
				r.MoveTo(x, y)
			} else {
				r.LineTo(x, y)
			}
		}
		r.ClosePath()
	}
	mask := coverage(r, right-left, bottom-top)
	for y := top; y < bottom; y++ {
		row := mask[(y-top)*(right-left):][:right-left]
		for i, v := range row {
			share := float64(v) / 255
			if sharp {
				share = math.Floor(share + 0.5)
			}
			if share > 0 {
				e.over(left+i, y, fill(left+i, y), share)
			}
		}
	}
}
