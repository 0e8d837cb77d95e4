package render

import (
	_ "embed"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// textureGenerators make pictures from a rule.
var textureGenerators = map[string]generator{
	"fractal": plasma,
	"hald":    hald,
	"pattern": patterned,
	"plasma":  plasma,
}

// patterns are ImageMagick's built-in patterns (see NOTICE), one a line: name, width, height, the two grays of 0 to 255,
// and a bit a pixel, row after row, in hexadecimal.
//
//go:embed builtin/patterns.txt
var patterns string

// patterned is pattern:NAME: a small picture, or that repeated over -size.
func patterned(m *machine, src magick.Source) ([]*Picture, error) {
	for line := range strings.Lines(patterns) {
		cells := strings.Fields(line)
		if len(cells) != 6 || !strings.EqualFold(cells[0], src.Name) {
			continue
		}
		var n [4]int
		for i := range n {
			v, err := strconv.Atoi(cells[1+i])
			if err != nil {
				return nil, err
			}
			n[i] = v
		}
		bits, err := hex.DecodeString(cells[5])
		if err != nil {
			return nil, err
		}
		pix := make([]byte, n[0]*n[1])
		for i := range pix {
			pix[i] = byte(n[2])
			if bits[i/8]>>(7-i%8)&1 != 0 {
				pix[i] = byte(n[3])
			}
		}
		img, err := m.scope.FromPixels(pix, n[0], n[1], 1, vips.Uchar, vips.BW)
		if err != nil {
			return nil, err
		}
		p := m.fresh(img, "pattern")
		p.Space, p.Depth = Gray, 8
		width, height := m.size(n[0], n[1])
		if p, err = m.tiled(p, width, height); err != nil {
			return nil, err
		}
		return m.fitted([]*Picture{p}, src)
	}
	return nil, event.Errorf(event.UnsupportedArgument, "There is no pattern of this name; take one such as pattern:checkerboard or pattern:bricks")
}

// tiled repeats a picture over a canvas.
func (m *machine) tiled(p *Picture, width, height int) (*Picture, error) {
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	p, err := p.settle()
	if err != nil {
		return nil, err
	}
	img, err := p.img.Chain().
		Op("replicate", vips.Args{"across": (width + p.Width() - 1) / p.Width(), "down": (height + p.Height() - 1) / p.Height()}).
		Op("extract_area", vips.Args{"input": nil, "left": 0, "top": 0, "width": width, "height": height}).Image()
	if err != nil {
		return nil, err
	}
	q := p.with(img).copy()
	q.Page = Page{}
	return q, nil
}

// texture is tile:NAME: another picture repeated over -size.
func (m *machine) texture(src magick.Source) ([]*Picture, error) {
	of, _ := src.Tile()
	if _, ok := m.settings.geometry("size"); !ok {
		return nil, event.Errorf(event.UnsupportedArgument, "tile: needs a size; write -size 640x480 before it")
	}
	// The size is that of the canvas, not of the tile.
	step := m.settings.steps["size"]
	if !strings.Contains("xc canvas gradient radial-gradient plasma", of.Coder) || of.Coder == "" {
		delete(m.settings.steps, "size")
	}
	pictures, err := m.read(of)
	m.settings.steps["size"] = step
	if err != nil || len(pictures) == 0 {
		return nil, err
	}
	width, height := m.size(1, 1)
	p, err := m.tiled(pictures[0], width, height)
	if err != nil {
		return nil, err
	}
	if p.Alpha() { // the tiles are put over black, whatever the background
		if p, err = m.onto(p, black, width, height, 0, 0); err != nil {
			return nil, err
		}
	}
	p.Format, p.Bytes = "tile", 0
	return m.fitted([]*Picture{p}, src)
}

// haldMax keeps hald: at 16.8 million pixels.
const haldMax = 16

// hald is hald:N: the identity of -hald-clut, N*N colours a channel.
func hald(m *machine, src magick.Source) ([]*Picture, error) {
	order := 8
	if src.Name != "" {
		v, err := strconv.Atoi(src.Name)
		if err != nil || v < 2 || v > haldMax {
			return nil, event.Errorf(event.UnsupportedArgument, "hald: takes an order of 2 to %d", haldMax)
		}
		order = v
	}
	side, levels := order*order*order, order*order
	if err := m.admit(side, side); err != nil {
		return nil, err
	}
	pix := make([]uint16, side*side*3)
	level := func(i int) uint16 { return quantum[uint16](float64(i) / float64(levels-1) * fullRange) }
	for i := range side * side {
		pix[3*i], pix[3*i+1], pix[3*i+2] = level(i%levels), level(i/levels%levels), level(i/levels/levels)
	}
	img, err := m.scope.FromPixels(octets(pix), side, side, 3, vips.Ushort, vips.RGB16)
	if err != nil {
		return nil, err
	}
	return m.fitted([]*Picture{m.fresh(img, "hald")}, src)
}

// plasma is plasma: a gradient that chance has disturbed, coarsely first and ever finer (ImageMagick 6.9, coders/plasma.c
// and magick/paint.c). plasma:fractal has chance begin it, on a gradient from the colour of that name to black.
func plasma(m *machine, src magick.Source) ([]*Picture, error) {
	fractal := strings.HasPrefix(strings.ToLower(src.Name), "fractal")
	from, to := white, black
	if fractal {
		from = fractalGray
	} else if len(src.Colors) > 0 {
		if from = src.Colors[0]; dark(from) {
			to = white
		}
		if len(src.Colors) > 1 {
			to = src.Colors[1]
		}
	}
	from.Alpha, to.Alpha = 0xffff, 0xffff
	width, height := m.size(1, 1)
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	ground, err := m.blend(width, height, from, to, linearGradient(m, width, height))
	if err != nil {
		return nil, err
	}
	p := m.fresh(ground, "plasma")
	r, err := p.raster()
	if err != nil {
		return nil, err
	}
	c := cloud{raster: r, random: m.random(), stop: func() bool { return m.scope.Context().Err() != nil }}
	right, bottom := float64(width-1), float64(height-1)
	if fractal {
		for _, x := range [3]float64{0, right / 2, right} {
			for _, y := range [3]float64{0, bottom / 2, bottom} {
				for i := range r.at(half(x), half(y)) {
					r.at(half(x), half(y))[i] = quantum[uint16](c.random.Float64() * fullRange)
				}
			}
		}
	}
	for depth := 1; depth < 32; depth++ {
		// Every level begins with the same numbers again.
		if c.random = m.random(); c.grow(0, 0, right, bottom, 0, depth) {
			break
		}
	}
	if err := m.scope.Context().Err(); err != nil {
		return nil, err
	}
	if p, err = p.withRaster(r); err != nil {
		return nil, err
	}
	return m.fitted([]*Picture{p}, src)
}

// fractalGray is the colour "fractal".
var fractalGray = magick.Color{Red: 0x8080, Green: 0x8080, Blue: 0x8080, Alpha: 0xffff}

// nearest is ImageMagick's rounding of a place: halves go down.
func nearest(v float64) int { return int(math.Ceil(v - 0.5)) }

// cloud is a plasma that grows.
type cloud struct {
	*raster
	random *chance
	stop   func() bool
}

// grow disturbs the middles of the area's sides and of the area, or of its quarters, depth levels down; it reports
// whether the area has become too small to divide.
func (c *cloud) grow(x1, y1, x2, y2 float64, level, depth int) bool {
	if x1 == x2 && y1 == y2 || c.stop() {
		return true
	}
	mx, my := float64(nearest((x1+x2)/2)), float64(nearest((y1+y2)/2))
	if depth > 0 {
		done := c.grow(x1, y1, mx, my, level+1, depth-1)
		done = c.grow(x1, my, mx, y2, level+1, depth-1) && done
		done = c.grow(mx, y1, x2, my, level+1, depth-1) && done
		return c.grow(mx, my, x2, y2, level+1, depth-1) && done
	}
	noise := fullRange / (2 * float64(max(level, 1)))
	if x1 != mx || x2 != mx {
		c.mix(x1, my, x1, y1, x1, y2, noise)
		if x1 != x2 {
			c.mix(x2, my, x2, y1, x2, y2, noise)
		}
	}
	if y1 != my || y2 != my {
		if x1 != mx || y2 != my {
			c.mix(mx, y2, x1, y2, x2, y2, noise)
		}
		if y1 != y2 {
			c.mix(mx, y1, x1, y1, x2, y1, noise)
		}
	}
	c.mix(mx, my, x1, y1, x2, y2, noise)
	return x2-x1 < 3 && y2-y1 < 3
}

// mix sets a pixel to the average of two others and noise.
func (c *cloud) mix(x, y, ux, uy, vx, vy, noise float64) {
	u, v, out := c.at(nearest(ux), nearest(uy)), c.at(nearest(vx), nearest(vy)), c.at(nearest(x), nearest(y))
	for i := range out {
		out[i] = quantum[uint16]((float64(u[i])+float64(v[i]))/2 + noise*(c.random.Float64()-0.5))
	}
}

// A gradientLine is where a linear gradient runs: from x1, y1 to x2, y2.
type gradientLine struct{ x1, y1, x2, y2 float64 }

// gradientLine gives the line that -define gradient:vector, gradient:angle or gradient:direction asks for; by default from
// the top to the bottom, or along the only row (ImageMagick 6.9, magick/paint.c, GradientImage).
func (m *machine) gradientLine(width, height int) gradientLine {
	w, h := float64(width-1), float64(height-1)
	line := gradientLine{0, 0, 0, h}
	if h == 0 {
		line.x2 = w
	}
	direction := strings.ToLower(m.settings.defines["gradient:direction"])
	if slices.Contains(strings.Fields("north south east west northeast northwest southeast southwest"), direction) {
		line = gradientLine{}
		across := func(from, to *float64, length float64, back, forth string) {
			if strings.Contains(direction, back) {
				*from = length
			} else if strings.Contains(direction, forth) {
				*to = length
			}
		}
		across(&line.y1, &line.y2, h, "north", "south")
		across(&line.x1, &line.x2, w, "west", "east")
	}
	if n := m.defined("gradient:angle"); len(n) > 0 {
		sin, cos := math.Sincos((n[0] - 90) * math.Pi / 180)
		distance := math.Abs(w*cos) + math.Abs(h*sin)
		line = gradientLine{(w - distance*cos) / 2, (h - distance*sin) / 2, (w + distance*cos) / 2, (h + distance*sin) / 2}
	}
	if n := m.defined("gradient:vector"); len(n) >= 4 {
		line = gradientLine{n[0], n[1], n[2], n[3]}
	}
	return line
}

// defined gives the numbers of a define; nil when there are none.
func (m *machine) defined(key string) []float64 {
	list, err := magick.ParseNumbers(m.settings.defines[key])
	if err != nil {
		return nil
	}
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = v.Value
	}
	return out
}

// share gives how far along the line a place is, 0 to 1 between its ends.
func (l gradientLine) share(x, y float64) float64 {
	dx, dy := l.x2-l.x1, l.y2-l.y1
	return ((x-l.x1)*dx + (y-l.y1)*dy) / max(dx*dx+dy*dy, 1e-12)
}

// radialShare gives how far from the centre a place is, 1 on the ellipse that the defines of gradient: ask for.
func (m *machine) radialShare(width, height int) func(x, y float64) float64 {
	cx, cy := float64(width-1)/2, float64(height-1)/2
	rx := max(cx, cy)
	ry := rx
	switch strings.ToLower(m.settings.defines["gradient:extent"]) {
	case "diagonal":
		rx = math.Hypot(cx, cy)
		ry = rx
	case "ellipse":
		rx, ry = cx, cy
	case "minimum":
		rx = min(cx, cy)
		ry = rx
	}
	if n := m.defined("gradient:radii"); len(n) >= 2 {
		rx, ry = n[0], n[1]
	}
	if n := m.defined("gradient:center"); len(n) >= 2 {
		cx, cy = n[0], n[1]
	}
	sin, cos := 0.0, 1.0
	if n := m.defined("gradient:angle"); len(n) > 0 {
		sin, cos = math.Sincos(n[0] * math.Pi / 180)
	}
	rx, ry = max(rx, 1e-12), max(ry, 1e-12)
	return func(x, y float64) float64 {
		dx, dy := x-cx, y-cy
		return math.Hypot((dx*cos+dy*sin)/rx, (dx*sin-dy*cos)/ry)
	}
}
