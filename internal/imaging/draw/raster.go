package draw

import (
	"context"
	"math"
	"slices"
)

// Shape is what is filled and stroked at once: a path in pixels.
type Shape struct {
	Path    Path
	Fill    bool    // the inside is covered
	EvenOdd bool    // the inside is what an odd number of lines encloses; else what any does
	Half    float64 // half the width of the stroke, in pixels; negative for none
	Sharp   bool    // a pixel is covered wholly or not at all
}

// band is how many rows are computed at once: it bounds the memory that a shape of any size takes.
const band = 64

// segment is a straight piece of an edge. A ghost closes an open line for filling, and has no stroke.
type segment struct {
	a, b  Point
	ghost bool
}

// Rows computes how much of each pixel of a canvas of width x height the shape covers, and gives it row by row: from column
// left on, the coverage by the fill and by the stroke, 0 to 1. The slices are the callee's until it returns. It stops with
// the context's error.
func (s Shape) Rows(ctx context.Context, width, height int, row func(y, left int, fill, stroke []float32)) error {
	segments := s.segments()
	if len(segments) == 0 {
		return nil
	}
	reach := max(s.Half+1, 1)
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, g := range segments {
		x0, x1 = min(x0, g.a.X, g.b.X), max(x1, g.a.X, g.b.X)
		y0, y1 = min(y0, g.a.Y, g.b.Y), max(y1, g.a.Y, g.b.Y)
	}
	left, right := clip(math.Floor(x0-reach), width), clip(math.Ceil(x1+reach)+1, width)
	top, bottom := clip(math.Floor(y0-reach), height), clip(math.Ceil(y1+reach)+1, height)
	if left >= right || top >= bottom {
		return nil
	}
	slices.SortFunc(segments, func(g, h segment) int {
		switch a, b := min(g.a.Y, g.b.Y), min(h.a.Y, h.b.Y); {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	})
	n := right - left
	c := cover{shape: s, left: left, width: n, fill: make([]float32, n*band), stroke: make([]float32, n*band), winding: make([]int32, n+1)}
	active, next := []segment(nil), 0
	for ; top < bottom; top += band {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.top, c.height = top, min(band, bottom-top)
		clear(c.fill)
		clear(c.stroke)
		active = slices.DeleteFunc(active, func(g segment) bool { return max(g.a.Y, g.b.Y) < float64(top)-reach })
		for next < len(segments) && min(segments[next].a.Y, segments[next].b.Y) <= float64(top+c.height)+reach {
			active = append(active, segments[next])
			next++
		}
		for i, g := range active {
			if i%1024 == 1023 && ctx.Err() != nil {
				return ctx.Err()
			}
			c.stamp(g, reach)
		}
		if s.Fill {
			c.inside(active)
		}
		for y := range c.height {
			fill, stroke := c.fill[y*n:(y+1)*n], c.stroke[y*n:(y+1)*n]
			if s.Sharp {
				sharpen(fill)
				sharpen(stroke)
			}
			row(top+y, left, fill, stroke)
		}
	}
	return nil
}

func clip(v float64, limit int) int { return int(min(max(v, 0), float64(limit))) }

func sharpen(row []float32) {
	for i, v := range row {
		if v >= 0.5 {
			row[i] = 1
		} else {
			row[i] = 0
		}
	}
}

func (s Shape) segments() []segment {
	var out []segment
	for _, sub := range s.Path {
		n := len(sub.Points)
		for i := range max(n-1, 0) {
			out = append(out, segment{a: sub.Points[i], b: sub.Points[i+1]})
		}
		if n > 1 && sub.Points[0] != sub.Points[n-1] {
			out = append(out, segment{a: sub.Points[n-1], b: sub.Points[0], ghost: !sub.Closed})
		}
		if n == 1 {
			out = append(out, segment{a: sub.Points[0], b: sub.Points[0]})
		}
	}
	return slices.DeleteFunc(out, func(g segment) bool {
		return math.IsNaN(g.a.X+g.a.Y+g.b.X+g.b.Y) || math.IsInf(g.a.X+g.a.Y+g.b.X+g.b.Y, 0)
	})
}

// cover is the band of rows that is being computed.
type cover struct {
	shape        Shape
	left, width  int
	top, height  int
	fill, stroke []float32
	winding      []int32
}

// stamp covers the pixels around a segment by their distance from it.
func (c *cover) stamp(g segment, reach float64) {
	y0 := max(int(math.Floor(max(min(g.a.Y, g.b.Y)-reach, -1))), c.top)
	y1 := min(int(math.Ceil(min(max(g.a.Y, g.b.Y)+reach, float64(c.top+c.height)))), c.top+c.height-1)
	d := g.b.sub(g.a)
	length := d.X*d.X + d.Y*d.Y
	for y := y0; y <= y1; y++ {
		from, to := g.columns(float64(y), reach)
		x0, x1 := max(int(math.Floor(max(from, -1))), c.left), min(int(math.Ceil(min(to, float64(c.left+c.width)))), c.left+c.width-1)
		line := (y-c.top)*c.width - c.left
		for x := x0; x <= x1; x++ {
			p := Point{float64(x) - g.a.X, float64(y) - g.a.Y}
			along := p.X*d.X + p.Y*d.Y
			var distance float64 // squared
			switch {
			case along <= 0:
				distance = p.X*p.X + p.Y*p.Y
			case along >= length:
				p = Point{float64(x) - g.b.X, float64(y) - g.b.Y}
				distance = p.X*p.X + p.Y*p.Y
			default:
				across := d.X*p.Y - d.Y*p.X
				distance = across * across / length
			}
			c.near(line+x, distance, g.ghost)
		}
	}
}

// columns gives which columns of a row can be within reach of the segment.
func (g segment) columns(y, reach float64) (from, to float64) {
	a, b := g.a, g.b
	if a.Y > b.Y {
		a, b = b, a
	}
	if low, high := y-reach, y+reach; b.Y-a.Y > 1e-9 {
		whole := b.Y - a.Y
		a, b = a.towards(b, max((low-a.Y)/whole, 0)), a.towards(b, min((high-a.Y)/whole, 1))
	}
	return min(a.X, b.X) - reach, max(a.X, b.X) + reach
}

// near covers a pixel whose middle is at a distance (squared) from an edge.
func (c *cover) near(i int, distance float64, ghost bool) {
	if half := c.shape.Half; half >= 0 && !ghost {
		if outer := half + 0.75; distance <= outer*outer {
			v := 1.0
			if inner := half - 0.25; inner < 0 || distance > inner*inner {
				a := math.Sqrt(distance) - half - 0.75
				v = a * a
			}
			c.stroke[i] = max(c.stroke[i], float32(min(v, 1)))
		}
	}
	if c.shape.Fill && distance < 1 {
		a := 1 - math.Sqrt(distance)
		c.fill[i] = max(c.fill[i], float32(a*a))
	}
}

// inside covers the pixels whose middles the lines enclose.
func (c *cover) inside(segments []segment) {
	rows := make([][]crossing, c.height)
	for _, g := range segments {
		a, b, direction := g.a, g.b, int32(1)
		if a.Y > b.Y {
			a, b, direction = b, a, -1
		}
		if a.Y == b.Y {
			continue
		}
		first := max(int(math.Floor(max(a.Y, -1)))+1, c.top)
		last := min(int(math.Floor(min(b.Y, float64(c.top+c.height)))), c.top+c.height-1)
		for y := first; y <= last; y++ {
			x := a.X + (b.X-a.X)*(float64(y)-a.Y)/(b.Y-a.Y)
			rows[y-c.top] = append(rows[y-c.top], crossing{x, direction})
		}
	}
	for y, crossings := range rows {
		clear(c.winding)
		for _, k := range crossings {
			at := min(max(math.Ceil(k.x)-float64(c.left), 0), float64(c.width))
			c.winding[int(at)] += k.direction
		}
		sum := int32(0)
		line := c.fill[y*c.width : (y+1)*c.width]
		for x := range line {
			if sum += c.winding[x]; sum != 0 && (!c.shape.EvenOdd || sum&1 != 0) {
				line[x] = 1
			}
		}
	}
}

// crossing is where an edge meets a row.
type crossing struct {
	x         float64
	direction int32
}

// Cost gives about how many pixels are looked at to cover the shape on a canvas of width x height.
func (s Shape) Cost(width, height int) float64 {
	reach := max(s.Half+1, 1)
	total := 0.0
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	across := func(a, b float64, limit int) float64 {
		return max(min(max(a, b)+reach, float64(limit))-max(min(a, b)-reach, 0), 0)
	}
	for _, g := range s.segments() {
		w, h := across(g.a.X, g.b.X, width), across(g.a.Y, g.b.Y, height)
		total += 1 + min(w*h, (w+h)*2*reach)
		x0, x1 = min(x0, g.a.X, g.b.X), max(x1, g.a.X, g.b.X)
		y0, y1 = min(y0, g.a.Y, g.b.Y), max(y1, g.a.Y, g.b.Y)
	}
	if x0 > x1 {
		return 0
	}
	return total + across(x0, x1, width)*across(y0, y1, height)
}
