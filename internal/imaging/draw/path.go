package draw

import "math"

// Subpath is a line through points. A closed one comes back to its first point.
type Subpath struct {
	Points []Point
	Closed bool
	// Loop is where a wide stroke with mitered corners goes on to, although the line is not closed: ImageMagick 6.9 does so,
	// to the second point that it has itself, for every primitive but line, and path of more than one (TraceStrokePolygon).
	Loop *Point
}

// Path is a shape of any number of lines.
type Path []Subpath

// curveSteps is into how many straight lines a curve is cut at most; ImageMagick's own bound (BezierQuantum).
const curveSteps = 200

// Apply maps every point of the path.
func (p Path) Apply(m Matrix) Path {
	out := make(Path, len(p))
	for i, s := range p {
		points := make([]Point, len(s.Points))
		for j, q := range s.Points {
			points[j] = m.Apply(q)
		}
		out[i] = Subpath{points, s.Closed, nil}
		if s.Loop != nil {
			to := m.Apply(*s.Loop)
			out[i].Loop = &to
		}
	}
	return out
}

// Bounds gives the smallest and the largest coordinates of the points.
func (s Subpath) Bounds() (low, high Point) {
	low, high = Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for _, p := range s.Points {
		low, high = Point{min(low.X, p.X), min(low.Y, p.Y)}, Point{max(high.X, p.X), max(high.Y, p.Y)}
	}
	return low, high
}

// points counts the points of the path.
func (p Path) points() int {
	n := 0
	for _, s := range p {
		n += len(s.Points)
	}
	return n
}

func rectangle(a, b Point) Path {
	return Path{{Points: []Point{a, {b.X, a.Y}, b, {a.X, b.Y}}, Closed: true}}
}

// ellipse is the arc around a centre from one angle to another, in degrees.
func ellipse(centre, radius Point, from, to float64) Path {
	for to < from {
		to += 360
	}
	to = min(to, from+360)
	turn := (to - from) * math.Pi / 180
	start := from * math.Pi / 180
	n := arcSteps(max(math.Abs(radius.X), math.Abs(radius.Y)), turn)
	points := make([]Point, 0, n+1)
	for i := range n + 1 {
		sin, cos := math.Sincos(start + turn*float64(i)/float64(n))
		points = append(points, Point{centre.X + radius.X*cos, centre.Y + radius.Y*sin})
	}
	closed := to-from >= 360
	if closed {
		points = points[:n]
	}
	sin, cos := math.Sincos(start + 1/max(math.Abs(radius.X), math.Abs(radius.Y), 1))
	return Path{{Points: points, Closed: closed, Loop: &Point{centre.X + radius.X*cos, centre.Y + radius.Y*sin}}}
}

// looped gives the line of a primitive through points.
func looped(points []Point) Path {
	s := Subpath{Points: points}
	if len(points) > 1 {
		s.Loop = &points[1]
	}
	return Path{s}
}

// arcSteps gives how many lines an arc needs to stay within a hundredth of a pixel of the curve.
func arcSteps(radius, turn float64) int {
	step := 2 * math.Acos(1-min(0.01/max(radius, 0.01), 1))
	return int(min(max(math.Ceil(math.Abs(turn)/step), 8), 4*curveSteps))
}

func roundRectangle(a, b, corner Point) Path {
	a, b = Point{min(a.X, b.X), min(a.Y, b.Y)}, Point{max(a.X, b.X), max(a.Y, b.Y)}
	size := b.sub(a)
	if size.X == 0 || size.Y == 0 {
		return nil
	}
	r := Point{min(math.Abs(corner.X), size.X/2), min(math.Abs(corner.Y), size.Y/2)}
	var points []Point
	for i, centre := range []Point{{b.X - r.X, a.Y + r.Y}, {b.X - r.X, b.Y - r.Y}, {a.X + r.X, b.Y - r.Y}, {a.X + r.X, a.Y + r.Y}} {
		from := float64(i)*90 - 90
		points = append(points, ellipse(centre, r, from, from+90)[0].Points...)
	}
	return Path{{Points: points, Closed: true}}
}

// bezier gives the curve of all the control points together, of a degree of one less than their number.
func bezier(control []Point) []Point {
	span := 0.0
	for i := range control[1:] {
		span += control[i+1].sub(control[i]).length()
	}
	n := int(min(max(span/2, 8), curveSteps))
	points := make([]Point, 0, n+1)
	work := make([]Point, len(control))
	for i := range n + 1 {
		t := float64(i) / float64(n)
		copy(work, control)
		for left := len(work) - 1; left > 0; left-- {
			for j := range left {
				work[j] = work[j].towards(work[j+1], t)
			}
		}
		points = append(points, work[0])
	}
	return points
}

// Outline builds a path of lines and curves, in the order of a font's glyph or an SVG path.
type Outline struct {
	Path  Path
	start Point
	at    Point
	open  bool
	count int // points so far
}

// MoveTo begins a new line.
func (o *Outline) MoveTo(p Point) { o.start, o.at, o.open = p, p, false }

func (o *Outline) begin() *Subpath {
	if !o.open {
		o.Path = append(o.Path, Subpath{Points: []Point{o.at}})
		o.open = true
	}
	return &o.Path[len(o.Path)-1]
}

// LineTo goes straight to p.
func (o *Outline) LineTo(p Point) {
	s := o.begin()
	s.Points = append(s.Points, p)
	o.at = p
	o.count++
}

// QuadTo goes to p in a curve of the second degree.
func (o *Outline) QuadTo(c, p Point) { o.curve([]Point{o.at, c, p}) }

// CubeTo goes to p in a curve of the third degree.
func (o *Outline) CubeTo(c, d, p Point) { o.curve([]Point{o.at, c, d, p}) }

func (o *Outline) curve(control []Point) {
	s := o.begin()
	points := bezier(control)[1:]
	s.Points = append(s.Points, points...)
	o.count += len(points)
	o.at = control[len(control)-1]
}

// Close goes back to where the line began.
func (o *Outline) Close() {
	o.count++
	if o.open {
		o.Path[len(o.Path)-1].Closed = true
	}
	o.at, o.open = o.start, false
}

// arcTo goes to p along an ellipse (SVG 1.1, appendix F.6).
func (o *Outline) arcTo(r Point, degrees float64, large, sweep bool, p Point) {
	from := o.at
	r = Point{math.Abs(r.X), math.Abs(r.Y)}
	if r.X == 0 || r.Y == 0 || from == p {
		o.LineTo(p)
		return
	}
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	half := from.sub(p).mul(0.5)
	u := Point{cos*half.X + sin*half.Y, -sin*half.X + cos*half.Y}
	if k := u.X*u.X/(r.X*r.X) + u.Y*u.Y/(r.Y*r.Y); k > 1 {
		r = r.mul(math.Sqrt(k))
	}
	below := r.X*r.X*u.Y*u.Y + r.Y*r.Y*u.X*u.X
	k := math.Sqrt(max((r.X*r.X*r.Y*r.Y-below)/max(below, 1e-12), 0))
	if large == sweep {
		k = -k
	}
	c := Point{k * r.X * u.Y / r.Y, -k * r.Y * u.X / r.X}
	start := math.Atan2((u.Y-c.Y)/r.Y, (u.X-c.X)/r.X)
	turn := math.Atan2((-u.Y-c.Y)/r.Y, (-u.X-c.X)/r.X) - start
	if sweep && turn < 0 {
		turn += 2 * math.Pi
	} else if !sweep && turn > 0 {
		turn -= 2 * math.Pi
	}
	middle := from.add(p).mul(0.5)
	centre := Point{cos*c.X - sin*c.Y + middle.X, sin*c.X + cos*c.Y + middle.Y}
	n := arcSteps(max(r.X, r.Y), turn)
	for i := 1; i < n; i++ {
		s, k := math.Sincos(start + turn*float64(i)/float64(n))
		x, y := r.X*k, r.Y*s
		o.LineTo(Point{centre.X + cos*x - sin*y, centre.Y + sin*x + cos*y})
	}
	o.LineTo(p)
}
