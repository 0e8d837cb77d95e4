package render

import "math"

// polynomialTerms are the numbers of terms by the order that -distort Polynomial takes.
var polynomialTerms = map[float64]int{1: 3, 1.5: 4, 2: 6, 3: 10, 4: 15, 5: 21}

// monomials are the exponents of x and y in ImageMagick's order of terms.
var monomials = [21][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {2, 0}, {0, 2}, {3, 0}, {2, 1}, {1, 2}, {0, 3}, {4, 0}, {3, 1}, {2, 2}, {1, 3}, {0, 4},
	{5, 0}, {4, 1}, {3, 2}, {2, 3}, {1, 4}, {0, 5}}

func power(x float64, n int) float64 {
	out := 1.0
	for range n {
		out *= x
	}
	return out
}

// polynomial takes an order (1, 1.5, 2, 3, 4 or 5) and pairs of points.
func polynomial(_ field, n []float64) *plan {
	if len(n) < 5 {
		return nil
	}
	terms, ok := polynomialTerms[n[0]]
	if !ok {
		return nil
	}
	c := fitted(n[1:], terms, func(x, y float64) []float64 {
		out := make([]float64, terms)
		for i := range out {
			out[i] = power(x, monomials[i][0]) * power(y, monomials[i][1])
		}
		return out
	}, false)
	if c == nil {
		return nil
	}
	return &plan{from: func(x, y float64) (u, v, _ float64, _ ellipse) {
		var dux, duy, dvx, dvy float64
		for i := range terms {
			a, b := monomials[i][0], monomials[i][1]
			value := power(x, a) * power(y, b)
			u, v = u+value*c[i], v+value*c[terms+i]
			if a > 0 {
				d := float64(a) * power(x, a-1) * power(y, b)
				dux, dvx = dux+d*c[i], dvx+d*c[terms+i]
			}
			if b > 0 {
				d := float64(b) * power(x, a) * power(y, b-1)
				duy, dvy = duy+d*c[i], dvy+d*c[terms+i]
			}
		}
		return u, v, 1, scaled(dux, duy, dvx, dvy)
	}}
}

// turns brings an angle in turns to -1/2 to 1/2.
func turns(t float64) float64 { return t - math.Floor(t+0.5) }

// arc takes the angle of the arc in degrees, and by choice a rotation, the radius of its top and that of its bottom.
func arc(f field, n []float64) *plan {
	if len(n) < 1 || len(n) > 4 || math.Abs(n[0]) < epsilon {
		return nil
	}
	middle, angle := -math.Pi/2, n[0]*math.Pi/180
	if len(n) >= 2 {
		middle = turns((middle+n[1]*math.Pi/180)/(2*math.Pi)) * 2 * math.Pi
	}
	thick := f.height - 1
	radius := f.width/angle + thick/2
	if len(n) >= 3 {
		if n[2] < epsilon {
			return nil
		}
		if len(n) >= 4 {
			thick = n[2] - n[3]
		} else {
			thick *= n[2] / radius
		}
		radius = n[2]
	}
	across, down := 2*math.Pi*f.width/angle, f.height/thick
	return &plan{
		from: func(x, y float64) (float64, float64, float64, ellipse) {
			turn, r := turns((math.Atan2(y, x)-middle)/(2*math.Pi)), math.Hypot(x, y)
			e := ellipse{beyondMeasure: true}
			if r > epsilon {
				e = scaled(across/(2*math.Pi*r), 0, 0, down)
			}
			return turn*across + (f.width-1)/2 + 0.5, (radius - r) * down, 1, e
		},
		bounds: func() (float64, float64, float64, float64) {
			var points [][2]float64
			at := func(r, a float64) { points = append(points, [2]float64{r * math.Cos(a), r * math.Sin(a)}) }
			for _, a := range []float64{middle - angle/2, middle + angle/2} {
				at(radius, a)
				at(radius-thick, a)
			}
			for a := math.Ceil((middle-angle/2)/(math.Pi/2)) * math.Pi / 2; a < middle+angle/2 && len(points) < 64; a += math.Pi / 2 {
				at(radius, a)
			}
			return bounding(points...)
		},
	}
}

// disk is what polar and depolar share: a centre, two radii and two angles.
type disk struct{ outer, inner, x, y, start, end float64 }

func diskOf(f field, n []float64) (disk, bool) {
	d := disk{x: f.width/2 + f.x, y: f.height/2 + f.y, start: -math.Pi, end: math.Pi}
	at := func(i int, to *float64, scale float64) {
		if i < len(n) {
			*to = n[i] * scale
		}
	}
	if len(n) == 3 || len(n) > 6 {
		return d, false
	}
	at(0, &d.outer, 1)
	at(1, &d.inner, 1)
	at(2, &d.x, 1)
	at(3, &d.y, 1)
	at(4, &d.start, math.Pi/180)
	if len(n) > 4 {
		d.end = d.start
	}
	at(5, &d.end, math.Pi/180)
	if math.Abs(d.start-d.end) < epsilon {
		d.start, d.end = d.start-math.Pi, d.end+math.Pi
	}
	left, right := math.Abs(d.x-f.x), math.Abs(d.x-f.x-f.width)
	top, bottom := math.Abs(d.y-f.y), math.Abs(d.y-f.y-f.height)
	switch {
	case d.outer < -epsilon:
		d.outer = max(math.Hypot(left, top), math.Hypot(right, top), math.Hypot(left, bottom), math.Hypot(right, bottom))
	case d.outer < epsilon:
		d.outer = min(left, right, top, bottom)
	}
	return d, d.outer-d.inner > epsilon && d.inner >= 0
}

// polar wraps the picture around a point: [Rmax [Rmin [X,Y [start [end]]]]].
func polar(f field, n []float64) *plan {
	d, ok := diskOf(f, n)
	if !ok {
		return nil
	}
	if f.bestfit && len(n) < 2 {
		d.x, d.y = 0, 0
	}
	across, down := f.width/(d.end-d.start), f.height/(d.outer-d.inner)
	return &plan{
		from: func(x, y float64) (float64, float64, float64, ellipse) {
			x, y = x-d.x, y-d.y
			angle, r := turns((math.Atan2(x, y)-(d.start+d.end)/2)/(2*math.Pi))*2*math.Pi, math.Hypot(x, y)
			e := ellipse{beyondMeasure: true}
			if r > epsilon {
				e = scaled(across/(2*math.Pi*r), 0, 0, down)
			}
			return angle*across + f.width/2 + f.x, (r-d.inner)*down + f.y, 1, e
		},
		bounds: func() (float64, float64, float64, float64) {
			return d.x - d.outer, d.y - d.outer, d.x + d.outer, d.y + d.outer
		},
	}
}

// depolar unrolls what polar wraps.
func depolar(f field, n []float64) *plan {
	d, ok := diskOf(f, n)
	if !ok {
		return nil
	}
	width, height := f.width, f.height
	if f.bestfit {
		height = math.Ceil(d.outer - d.inner)
		width = math.Ceil((d.outer - d.inner) * (d.end - d.start) * 0.5)
	}
	across, down := (d.end-d.start)/width, (d.outer-d.inner)/height
	round := scaled(1, 0, 0, 1)
	return &plan{
		from: func(x, y float64) (float64, float64, float64, ellipse) {
			sin, cos := math.Sincos(x*across + d.start)
			r := y*down + d.inner
			return r*sin + d.x, r*cos + d.y, 1, round
		},
		fixed: &[2]int{int(width), int(height)},
	}
}

// barrel corrects lenses: A,B,C[,D][,X,Y], or four numbers for each of x and y.
func barrel(inverse bool) func(f field, n []float64) *plan {
	return func(f field, n []float64) *plan {
		cx, cy := f.width/2+f.x, f.height/2+f.y
		switch len(n) {
		case 3, 4, 8:
		case 5, 6, 10:
			cx, cy = n[len(n)-2], n[len(n)-1]
			n = n[:len(n)-2]
		default:
			return nil
		}
		if len(n) == 3 {
			n = append(n[:3:3], 1-n[0]-n[1]-n[2])
		}
		if len(n) == 4 {
			n = append(n[:4:4], n...)
		}
		scale := 2 / min(f.width, f.height)
		var c [8]float64
		for i := range c {
			c[i] = n[i] * power(scale, 3-i%4)
		}
		return &plan{from: func(x, y float64) (float64, float64, float64, ellipse) {
			x, y = x-cx, y-cy
			r := math.Hypot(x, y)
			fx := ((c[0]*r+c[1])*r+c[2])*r + c[3]
			fy := ((c[4]*r+c[5])*r+c[6])*r + c[7]
			var gx, gy float64
			if r > epsilon {
				gx = ((3*c[0]*r+2*c[1])*r + c[2]) / r
				gy = ((3*c[4]*r+2*c[5])*r + c[6]) / r
			}
			if inverse {
				fx, fy = 1/fx, 1/fy
				gx, gy = gx*-fx*fx, gy*-fy*fy
			}
			return x*fx + cx, y*fy + cy, 1, scaled(gx*x*x+fx, gx*x*y, gy*x*y, gy*y*y+fy)
		}}
	}
}

// shepards moves pairs of points, from the source to the result, and what is between them by the inverse of the distance.
func shepards(f field, n []float64) *plan {
	if len(n) < 4 || len(n)%4 != 0 {
		return nil
	}
	round := scaled(1, 0, 0, 1)
	return &plan{from: func(x, y float64) (float64, float64, float64, ellipse) {
		var u, v, sum float64
		for i := 0; i < len(n); i += 4 {
			dx, dy := x-n[i+2], y-n[i+3]
			weight := math.Pow(dx*dx+dy*dy, f.power/2)
			if weight < 1 {
				weight = 1
			} else {
				weight = 1 / weight
			}
			u, v, sum = u+(n[i]-n[i+2])*weight, v+(n[i+1]-n[i+3])*weight, sum+weight
		}
		return u/sum + x, v/sum + y, 1, round
	}}
}
