package render

import "math"

// bounding gives the bounds of places.
func bounding(points ...[2]float64) (minX, minY, maxX, maxY float64) {
	minX, minY = math.Inf(1), math.Inf(1)
	maxX, maxY = math.Inf(-1), math.Inf(-1)
	for _, p := range points {
		minX, maxX = min(minX, p[0]), max(maxX, p[0])
		minY, maxY = min(minY, p[1]), max(maxY, p[1])
	}
	return
}

// affine is the plan of u = c0 x + c1 y + c2, v = c3 x + c4 y + c5.
func affine(f field, c [6]float64) *plan {
	determinant := c[0]*c[4] - c[1]*c[3]
	if math.Abs(determinant) < epsilon || math.IsNaN(determinant) {
		return nil
	}
	e := scaled(c[0], c[1], c[3], c[4])
	inverse := inverted(c)
	return &plan{
		same: &e,
		from: func(x, y float64) (float64, float64, float64, ellipse) {
			return c[0]*x + c[1]*y + c[2], c[3]*x + c[4]*y + c[5], 1, e
		},
		bounds: func() (float64, float64, float64, float64) {
			corners := f.corners()
			for i, p := range corners {
				corners[i] = [2]float64{inverse[0]*p[0] + inverse[1]*p[1] + inverse[2], inverse[3]*p[0] + inverse[4]*p[1] + inverse[5]}
			}
			return bounding(corners[:]...)
		},
	}
}

func inverted(c [6]float64) [6]float64 {
	d := 1 / (c[0]*c[4] - c[1]*c[3])
	return [6]float64{d * c[4], -d * c[1], d * (c[1]*c[5] - c[2]*c[4]), -d * c[3], d * c[0], d * (c[2]*c[3] - c[0]*c[5])}
}

// scaleRotateTranslate takes [X,Y [Scale[,ScaleY]]] Angle [NewX,NewY], with 1 to 7 numbers.
func scaleRotateTranslate(f field, n []float64) *plan {
	x, y := f.width/2+f.x, f.height/2+f.y
	newX, newY, scaleX, scaleY, angle := x, y, 1.0, 1.0, 0.0
	switch len(n) {
	case 1:
		angle = n[0]
	case 2:
		scaleX, scaleY, angle = n[0], n[0], n[1]
	case 3, 4, 5, 6, 7:
		x, y, newX, newY = n[0], n[1], n[0], n[1]
		switch rest := n[2:]; len(rest) {
		case 1:
			angle = rest[0]
		case 2:
			scaleX, scaleY, angle = rest[0], rest[0], rest[1]
		case 3:
			scaleX, scaleY, angle = rest[0], rest[1], rest[2]
		case 4:
			scaleX, scaleY, angle, newX, newY = rest[0], rest[0], rest[1], rest[2], rest[3]
		case 5:
			scaleX, scaleY, angle, newX, newY = rest[0], rest[1], rest[2], rest[3], rest[4]
		}
	default:
		return nil
	}
	if math.Abs(scaleX) < epsilon || math.Abs(scaleY) < epsilon {
		return nil
	}
	sin, cos := math.Sincos(angle * math.Pi / 180)
	c := [6]float64{cos / scaleX, sin / scaleX, 0, -sin / scaleY, cos / scaleY, 0}
	c[2] = x - newX*c[0] - newY*c[1]
	c[5] = y - newX*c[3] - newY*c[4]
	return affine(f, c)
}

// affinePoints takes pairs of points, from the source to the result: one moves, two turn and scale, three or more make
// the affine map that fits them best.
func affinePoints(f field, n []float64) *plan {
	if len(n) < 4 || len(n)%4 != 0 {
		return nil
	}
	switch len(n) / 4 {
	case 1:
		return affine(f, [6]float64{1, 0, n[0] - n[2], 0, 1, n[1] - n[3]})
	case 2:
		dx, dy := n[6]-n[2], n[7]-n[3]
		du, dv := n[4]-n[0], n[5]-n[1]
		square := dx*dx + dy*dy
		if square < epsilon {
			return nil
		}
		a, b := (du*dx+dv*dy)/square, (du*dy-dv*dx)/square
		return affine(f, [6]float64{a, b, n[0] - a*n[2] - b*n[3], -b, a, n[1] + b*n[2] - a*n[3]})
	}
	c := fitted(n, 3, func(x, y float64) []float64 { return []float64{x, y, 1} }, false)
	if c == nil {
		return nil
	}
	return affine(f, [6]float64(c))
}

// affineProjection takes the six numbers sx,rx,ry,sy,tx,ty of the map from the source to the result.
func affineProjection(f field, n []float64) *plan {
	if len(n) != 6 || math.Abs(n[0]*n[3]-n[1]*n[2]) < epsilon {
		return nil
	}
	return affine(f, inverted([6]float64{n[0], n[2], n[4], n[1], n[3], n[5]}))
}

// fitted solves for the coefficients of u and of v, terms each, that map the second point of every pair to the first
// (forward: the first to the second) with the least squares of errors.
func fitted(n []float64, terms int, basis func(x, y float64) []float64, forward bool) []float64 {
	if len(n)/4 < terms {
		return nil
	}
	out := make([]float64, 0, 2*terms)
	for axis := range 2 {
		rows := make([][]float64, terms)
		for i := range rows {
			rows[i] = make([]float64, terms+1)
		}
		for i := 0; i+3 < len(n); i += 4 {
			from, to := n[i+2:i+4], n[i:i+2]
			if forward {
				from, to = to, from
			}
			t := basis(from[0], from[1])
			for r := range terms {
				for c := range terms {
					rows[r][c] += t[r] * t[c]
				}
				rows[r][terms] += t[r] * to[axis]
			}
		}
		solution := solved(rows)
		if solution == nil {
			return nil
		}
		out = append(out, solution...)
	}
	return out
}

// solved solves linear equations, each row with its right side last, by Gauss and Jordan; nil where they have no one solution.
func solved(rows [][]float64) []float64 {
	n := len(rows)
	for i := range n {
		pivot := i
		for r := i + 1; r < n; r++ {
			if math.Abs(rows[r][i]) > math.Abs(rows[pivot][i]) {
				pivot = r
			}
		}
		rows[i], rows[pivot] = rows[pivot], rows[i]
		if !(math.Abs(rows[i][i]) > epsilon) {
			return nil
		}
		for r := range n {
			if r == i {
				continue
			}
			factor := rows[r][i] / rows[i][i]
			for c := i; c <= n; c++ {
				rows[r][c] -= factor * rows[i][c]
			}
		}
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = rows[i][n] / rows[i][i]
	}
	return out
}

// perspective is the plan of a ratio of affine maps; sign says on which side of the horizon the ground is.
func perspective(f field, c [8]float64, sign float64) *plan {
	i := [8]float64{c[4] - c[7]*c[5], c[7]*c[2] - c[1], c[1]*c[5] - c[4]*c[2], c[6]*c[5] - c[3], c[0] - c[6]*c[2], c[3]*c[2] - c[0]*c[5],
		c[3]*c[7] - c[6]*c[4], c[6]*c[1] - c[0]*c[7]}
	last := c[0]*c[4] - c[3]*c[1]
	if math.Abs(last) < epsilon || math.IsNaN(last) {
		return nil
	}
	return &plan{
		from: func(x, y float64) (float64, float64, float64, ellipse) {
			p, q, r := c[0]*x+c[1]*y+c[2], c[3]*x+c[4]*y+c[5], c[6]*x+c[7]*y+1
			validity := 1.0
			if r*sign < 0 {
				validity = 0
			}
			slope := c[6]
			if math.Abs(c[6]) <= math.Abs(c[7]) {
				slope = c[7]
			}
			if 2*math.Abs(r) < math.Abs(slope) {
				validity = 0.5 - sign*r/slope
			}
			if validity <= 0 {
				return 0, 0, validity, ellipse{}
			}
			s := 1 / r
			ss := s * s
			return p * s, q * s, validity, scaled((r*c[0]-p*c[6])*ss, (r*c[1]-p*c[7])*ss, (r*c[3]-q*c[6])*ss, (r*c[4]-q*c[7])*ss)
		},
		bounds: func() (float64, float64, float64, float64) {
			corners := f.corners()
			for k, p := range corners {
				s := reciprocal((i[6]*p[0] + i[7]*p[1] + last))
				corners[k] = [2]float64{s * (i[0]*p[0] + i[1]*p[1] + i[2]), s * (i[3]*p[0] + i[4]*p[1] + i[5])}
			}
			return bounding(corners[:]...)
		},
	}
}

// perspectivePoints takes four or more pairs of points, from the source to the result; fewer make an affine map.
func perspectivePoints(f field, n []float64) *plan {
	if len(n) < 16 || len(n)%4 != 0 {
		return affinePoints(f, n)
	}
	rows := make([][]float64, 8)
	for i := range rows {
		rows[i] = make([]float64, 9)
	}
	for i := 0; i < len(n); i += 4 {
		u, v, x, y := n[i], n[i+1], n[i+2], n[i+3]
		for _, equation := range [][9]float64{{x, y, 1, 0, 0, 0, -x * u, -y * u, u}, {0, 0, 0, x, y, 1, -x * v, -y * v, v}} {
			for r := range 8 {
				for c := range 9 {
					rows[r][c] += equation[r] * equation[c]
				}
			}
		}
	}
	c := solved(rows)
	if c == nil {
		return nil
	}
	return perspective(f, [8]float64(c), math.Copysign(1, c[6]*n[2]+c[7]*n[3]+1))
}

// perspectiveProjection takes the eight numbers of the map from the source to the result.
func perspectiveProjection(f field, n []float64) *plan {
	if len(n) != 8 {
		return nil
	}
	last := n[0]*n[4] - n[3]*n[1]
	if math.Abs(last) < epsilon {
		return nil
	}
	c := [8]float64{n[4] - n[7]*n[5], n[7]*n[2] - n[1], n[1]*n[5] - n[4]*n[2], n[6]*n[5] - n[3], n[0] - n[6]*n[2], n[3]*n[2] - n[0]*n[5],
		n[3]*n[7] - n[6]*n[4], n[6]*n[1] - n[0]*n[7]}
	for i := range c {
		c[i] /= last
	}
	return perspective(f, c, math.Copysign(1, c[6]*n[2]+c[7]*n[5]+1))
}

func bilinearTerms(x, y float64) []float64 { return []float64{x, y, x * y, 1} }

// bilinearReverse takes four or more pairs of points and is bilinear from the result to the source.
func bilinearReverse(f field, n []float64) *plan {
	if len(n) < 16 {
		return affinePoints(f, n)
	}
	c := fitted(n, 4, bilinearTerms, false)
	if c == nil {
		return nil
	}
	return &plan{from: func(x, y float64) (float64, float64, float64, ellipse) {
		return c[0]*x + c[1]*y + c[2]*x*y + c[3], c[4]*x + c[5]*y + c[6]*x*y + c[7], 1,
			scaled(c[0]+c[2]*y, c[1]+c[2]*x, c[4]+c[6]*y, c[5]+c[6]*x)
	}}
}

// bilinearForward takes four or more pairs of points and is bilinear from the source to the result.
func bilinearForward(f field, n []float64) *plan {
	if len(n) < 16 {
		return affinePoints(f, n)
	}
	c := fitted(n, 4, bilinearTerms, true)
	if c == nil {
		return nil
	}
	c8, c9 := c[0]*c[5]-c[1]*c[4], 2*(c[2]*c[5]-c[1]*c[6])
	round := scaled(1, 0, 0, 1)
	return &plan{from: func(x, y float64) (float64, float64, float64, ellipse) {
		x, y = x-c[3], y-c[7]
		b := c[6]*x - c[2]*y + c8
		d := c[4]*x - c[0]*y
		var v float64
		if math.Abs(c9) < epsilon {
			v = -d / b
		} else {
			root := b*b - 2*c9*d
			if root < 0 {
				return 0, 0, 0, round
			}
			v = (-b + math.Sqrt(root)) / c9
		}
		return (x - c[1]*v) / (c[0] + c[2]*v), v, 1, round
	}}
}
