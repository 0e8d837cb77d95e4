package draw

import "math"

// Point is a place in pixels.
type Point struct{ X, Y float64 }

func (p Point) add(q Point) Point                { return Point{p.X + q.X, p.Y + q.Y} }
func (p Point) sub(q Point) Point                { return Point{p.X - q.X, p.Y - q.Y} }
func (p Point) mul(k float64) Point              { return Point{p.X * k, p.Y * k} }
func (p Point) length() float64                  { return math.Hypot(p.X, p.Y) }
func (p Point) towards(q Point, t float64) Point { return Point{p.X + (q.X-p.X)*t, p.Y + (q.Y-p.Y)*t} }

// Matrix maps x,y to SX*x+RY*y+TX, RX*x+SY*y+TY: ImageMagick's order of -affine.
type Matrix struct{ SX, RX, RY, SY, TX, TY float64 }

// Identity maps every point to itself.
var Identity = Matrix{SX: 1, SY: 1}

// Apply maps a point.
func (m Matrix) Apply(p Point) Point {
	return Point{m.SX*p.X + m.RY*p.Y + m.TX, m.RX*p.X + m.SY*p.Y + m.TY}
}

// Linear maps a direction: Apply without the translation.
func (m Matrix) Linear(p Point) Point { return Point{m.SX*p.X + m.RY*p.Y, m.RX*p.X + m.SY*p.Y} }

// Then gives the matrix that first does inner and then m.
func (m Matrix) Then(inner Matrix) Matrix {
	x, y := m.Linear(Point{inner.SX, inner.RX}), m.Linear(Point{inner.RY, inner.SY})
	t := m.Apply(Point{inner.TX, inner.TY})
	return Matrix{SX: x.X, RX: x.Y, RY: y.X, SY: y.Y, TX: t.X, TY: t.Y}
}

// Scale gives the factor by which the matrix enlarges a length, in the mean over all directions.
func (m Matrix) Scale() float64 { return math.Sqrt(math.Abs(m.SX*m.SY - m.RX*m.RY)) }

// Rotation turns by degrees, clockwise as the eye sees it.
func Rotation(degrees float64) Matrix {
	sin, cos := math.Sincos(math.Mod(degrees, 360) * math.Pi / 180)
	return Matrix{SX: cos, RX: sin, RY: -sin, SY: cos}
}
