package draw

import "math"

// Cap is how a line ends.
type Cap int

// Join is how two lines meet.
type Join int

// The caps.
const (
	ButtCap Cap = iota
	RoundCap
	SquareCap
)

// The joins.
const (
	MiterJoin Join = iota
	RoundJoin
	BevelJoin
)

// Pen is how a line is drawn. Widths are in pixels.
type Pen struct {
	Width      float64
	Cap        Cap
	Join       Join
	MiterLimit float64   // how long a mitre may be, in half widths; default 10
	Dash       []float64 // lengths of lines and gaps in turn; empty for a line without gaps
	DashOffset float64
}

// Strokes gives shapes that cover a line drawn with the pen. A thin line and a round one are covered by their distance; any
// other is filled as an outline.
func (p Pen) Strokes(path Path) []Shape {
	if len(p.Dash) > 0 {
		return []Shape{{Path: p.outline(p.dashed(path)), Fill: true, Half: -1}}
	}
	half := p.Width / 2
	round := p.Join == RoundJoin
	for _, s := range path {
		round = round && (p.Cap == RoundCap || s.Closed || len(s.Points) > 1 && s.Points[0] == s.Points[len(s.Points)-1])
	}
	if half <= 1 || round {
		return []Shape{{Path: path, Half: half}}
	}
	return []Shape{{Path: p.outline(path), Fill: true, Half: -1}}
}

// dashed cuts a path into the pieces between its gaps, at most maxDashes.
func (p Pen) dashed(path Path) Path {
	total := 0.0
	for _, d := range p.Dash {
		total += d
	}
	if total <= 0.01 {
		return path
	}
	var out Path
	for _, s := range path {
		points := s.Points
		if s.Closed && len(points) > 1 {
			points = append(points[:len(points):len(points)], points[0])
		}
		i, left := p.phase(total)
		var piece []Point
		for j := range max(len(points)-1, 0) {
			a, b := points[j], points[j+1]
			length := b.sub(a).length()
			if len(piece) == 0 && i%2 == 0 {
				piece = []Point{a}
			}
			at := 0.0
			for length-at > left && len(out) < maxDashes {
				at += left
				q := a.towards(b, at/length)
				if i%2 == 0 {
					out = append(out, Subpath{Points: append(piece, q)})
					piece = nil
				} else {
					piece = []Point{q}
				}
				i++
				left = p.Dash[i%len(p.Dash)]
			}
			left -= length - at
			if i%2 == 0 {
				piece = append(piece, b)
			}
		}
		if len(piece) > 1 {
			out = append(out, Subpath{Points: piece})
		}
	}
	return out
}

// phase gives the number of the dash that the offset begins in, and what is left of it.
func (p Pen) phase(total float64) (i int, left float64) {
	offset := math.Mod(p.DashOffset, total)
	if offset < 0 {
		offset += total
	}
	for i = 0; offset >= p.Dash[i%len(p.Dash)] && i < 2*len(p.Dash); i++ {
		offset -= p.Dash[i%len(p.Dash)]
	}
	return i, p.Dash[i%len(p.Dash)] - offset
}

// outline gives polygons, all of one direction, which together cover a line of the pen's width along the path.
func (p Pen) outline(path Path) Path {
	half := p.Width / 2
	var out Path
	put := func(points ...Point) {
		if area(points) < 0 {
			for i, j := 0, len(points)-1; i < j; i, j = i+1, j-1 {
				points[i], points[j] = points[j], points[i]
			}
		}
		out = append(out, Subpath{Points: points, Closed: true})
	}
	for _, s := range path {
		points := distinct(s)
		if s.Loop != nil && !s.Closed && len(points) > 2 && p.Join == MiterJoin {
			points = distinct(Subpath{Points: append(points, *s.Loop)})
		}
		n := len(points)
		if n < 2 {
			if n == 1 && p.Cap == RoundCap {
				put(ellipse(points[0], Point{half, half}, 0, 360)[0].Points...)
			}
			continue
		}
		pieces := n
		if !s.Closed {
			pieces--
		}
		for i := range pieces {
			a, b := points[i], points[(i+1)%n]
			u := b.sub(a)
			u = u.mul(half / u.length())
			if !s.Closed && p.Cap == SquareCap {
				if i == 0 {
					a = a.sub(u)
				}
				if i == pieces-1 {
					b = b.add(u)
				}
			}
			v := Point{-u.Y, u.X}
			put(a.add(v), b.add(v), b.sub(v), a.sub(v))
			if s.Closed || i < pieces-1 {
				p.join(put, points[i], points[(i+1)%n], points[(i+2)%n], half)
			}
		}
		if !s.Closed && p.Cap == RoundCap {
			put(ellipse(points[0], Point{half, half}, 0, 360)[0].Points...)
			put(ellipse(points[n-1], Point{half, half}, 0, 360)[0].Points...)
		}
	}
	return out
}

// join fills the corner at b between two pieces of a line.
func (p Pen) join(put func(...Point), a, b, c Point, half float64) {
	if p.Join == RoundJoin {
		put(ellipse(b, Point{half, half}, 0, 360)[0].Points...)
		return
	}
	u, v := b.sub(a), c.sub(b)
	u, v = u.mul(half/u.length()), v.mul(half/v.length())
	turn := u.X*v.Y - u.Y*v.X
	from, to := Point{u.Y, -u.X}, Point{v.Y, -v.X}
	if turn < 0 {
		from, to = from.mul(-1), to.mul(-1)
	}
	middle := from.add(to)
	squared := middle.X*middle.X + middle.Y*middle.Y
	if p.Join == MiterJoin && squared > 1e-9 {
		// The mitre's point is where both outer edges meet: along the middle, half^2 / (middle/2) away.
		tip := middle.mul(2 * half * half / squared)
		if tip.length() <= p.MiterLimit*half {
			put(b, b.add(from), b.add(tip), b.add(to))
			return
		}
	}
	put(b, b.add(from), b.add(to))
}

func area(points []Point) float64 {
	sum := 0.0
	for i, a := range points {
		b := points[(i+1)%len(points)]
		sum += a.X*b.Y - b.X*a.Y
	}
	return sum
}

// distinct gives the points of a line without those that stand on the one before.
func distinct(s Subpath) []Point {
	var out []Point
	for _, p := range s.Points {
		if len(out) == 0 || p.sub(out[len(out)-1]).length() > 1e-6 {
			out = append(out, p)
		}
	}
	if n := len(out); s.Closed && n > 1 && out[0].sub(out[n-1]).length() <= 1e-6 {
		out = out[:n-1]
	}
	return out
}
