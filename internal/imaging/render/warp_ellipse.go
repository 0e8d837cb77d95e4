package render

import "math"

// ellipticalSteps is the number of weights in the filter's table (ImageMagick 6.9, magick/resample.c, WLUT_WIDTH).
const ellipticalSteps = 1024

// ellipse is the area of the source that a pixel of the result covers, for elliptical weighted averaging (P. Heckbert,
// "Fundamentals of Texture Mapping and Image Warping", 1989): A u² + B u v + C v² < ellipticalSteps.
type ellipse struct {
	a, b, c       float64
	limit, width  float64 // how far it reaches up and down; half of its width on its middle row
	stride        int     // every how many pixels and rows are looked at
	beyondMeasure bool    // it covers about everything
}

// scaled gives the ellipse of a place where the source moves by (dux, dvx) for a step to the right in the result and by
// (duy, dvy) for a step down. Axes of less than a pixel are taken for a pixel (ClampUpAxes).
func scaled(dux, duy, dvx, dvy float64) ellipse {
	if dux == 1 && dvy == 1 && duy == 0 && dvx == 0 {
		return ellipseOf(1, 0, 0, 1)
	}
	major, minor, ux, uy, vx, vy := clampedAxes(dux, dvx, duy, dvy)
	return ellipseOf(major*ux, major*uy, minor*vx, minor*vy)
}

func ellipseOf(majorX, majorY, minorX, minorY float64) ellipse {
	const support = 2.0 // of the Robidoux filter
	a := majorY*majorY + minorY*minorY
	b := -2 * (majorX*majorY + minorX*minorY)
	c := majorX*majorX + minorX*minorX
	f := majorX*minorY - majorY*minorX
	f = f * f * support * support
	determinant := a*c - 0.25*b*b
	if !(f > 0) || math.IsInf(determinant, 0) || !(determinant > 0) {
		return ellipse{beyondMeasure: true}
	}
	e := ellipse{limit: math.Sqrt(a * f / determinant), width: math.Sqrt(f / a)}
	if !(e.limit < maxEllipse && e.width < maxEllipse) {
		return ellipse{beyondMeasure: true}
	}
	e.stride = 1 + int(math.Sqrt(e.limit*e.width)/maxSamples)
	scale := ellipticalSteps / f
	e.a, e.b, e.c = a*scale, b*scale, c*scale
	return e
}

const (
	// maxEllipse bounds how far from its middle a pixel is averaged, in pixels of the source; beyond it one place is taken.
	maxEllipse = 8000
	// maxSamples bounds the rows, above and below the middle, that an average looks at; a larger area is looked at in steps.
	maxSamples = 16
)

// clampedAxes gives the lengths and directions of the axes of the ellipse that the unit circle becomes, from the singular
// values of the Jacobian (N. Robidoux's method in magick/resample.c, ClampUpAxes).
func clampedAxes(a, c, b, d float64) (major, minor, ux, uy, vx, vy float64) {
	n11, n12, n22 := a*a+b*b, a*c+b*d, c*c+d*d
	determinant := a*d - b*c
	frobenius := n11 + n22
	discriminant := (frobenius + 2*determinant) * (frobenius - 2*determinant)
	root := math.Sqrt(max(discriminant, 0))
	s1s1 := 0.5 * (frobenius + root)
	s2s2 := 0.5 * (frobenius - root)
	major = 1
	if s1s1 > 1 {
		major = math.Sqrt(s1s1)
	}
	minor = 1
	if s2s2 > 1 {
		minor = math.Sqrt(s2s2)
	}
	d1, d2 := s1s1-n11, s1s1-n22
	x, y := n12, d1
	if d1*d1 < d2*d2 {
		x, y = d2, n12
	}
	if norm := math.Hypot(x, y); norm > 0 {
		ux, uy = x/norm, y/norm
	} else {
		ux, uy = 1, 0
	}
	return major, minor, ux, uy, -uy, ux
}

// robidoux is the cubic filter that ImageMagick takes for distortions.
func robidoux(x float64) float64 {
	const b, c = 0.37821575509399867, 0.31089212245300067
	switch {
	case x < 1:
		return ((12-9*b-6*c)*x*x*x + (-18+12*b+6*c)*x*x + (6 - 2*b)) / 6
	case x < 2:
		return ((-b-6*c)*x*x*x + (6*b+30*c)*x*x + (-12*b-48*c)*x + (8*b + 24*c)) / 6
	}
	return 0
}

func ellipticalWeights() []float64 {
	weights := make([]float64, ellipticalSteps)
	for q := range weights {
		weights[q] = robidoux(math.Sqrt(float64(q)/ellipticalSteps) * 2)
	}
	return weights
}

// elliptical mixes the pixels within an ellipse around x, y, where whole numbers are the middles of pixels.
func (s *sampler[T]) elliptical(out []T, x, y float64, e *ellipse) {
	if e.beyondMeasure || !(math.Abs(x) < farthest && math.Abs(y) < farthest) {
		s.bilinear(out, x, y)
		return
	}
	if s.lookup == nil {
		s.lookup = ellipticalWeights()
	}
	clear(s.sums)
	s.total, s.visible = 0, 0
	first, last := int(math.Ceil(y-e.limit)), int(math.Floor(y+e.limit))
	stride := e.stride
	for v := first; v <= last; v += stride {
		dv := float64(v) - y
		middle, rest := -0.5*e.b*dv/e.a, ellipticalSteps-e.c*dv*dv
		root := middle*middle + rest/e.a
		if root <= 0 {
			continue
		}
		root = math.Sqrt(root)
		start, end := int(math.Ceil(x+middle-root)), int(math.Floor(x+middle+root))
		du := float64(start) - x
		run := ellipseRun{x: start, y: v, end: end, stride: stride, q: (e.a*du+e.b*dv)*du + e.c*dv*dv,
			dq: float64(stride) * (e.a*(2*du+float64(stride)) + e.b*dv), ddq: 2 * e.a * float64(stride*stride)}
		if s.bands == 3 && !s.alpha && start >= 0 && end < s.width && v >= 0 && v < s.height {
			s.addInside(run)
		} else {
			s.addAnywhere(run)
		}
	}
	total, visible := s.total, s.visible
	colours := s.bands
	if s.alpha {
		colours--
	}
	if math.Abs(total) < epsilon {
		s.bilinear(out, x, y)
		return
	}
	if s.alpha {
		out[colours] = quantum[T](s.sums[colours] / total)
	}
	scale := reciprocal(visible)
	for b := range colours {
		out[b] = quantum[T](s.sums[b] * scale)
	}
}

// ellipseRun is the pixels of a row within an ellipse, with the square of their distance and how it grows.
type ellipseRun struct {
	x, y, end, stride int
	q, dq, ddq        float64
}

// addInside adds a run of three bands without alpha that lies within the picture: the case that has to be fast.
func (s *sampler[T]) addInside(r ellipseRun) {
	var red, green, blue, total float64
	lookup := (*[ellipticalSteps]float64)(s.lookup)
	at := (r.y*s.width + r.x) * 3
	for x := r.x; x <= r.end; x += r.stride {
		weight := 0.0
		if i := int(r.q); uint(i) < ellipticalSteps {
			weight = lookup[i]
		}
		pixel := s.pix[at : at+3 : at+3]
		total += weight
		red += weight * float64(pixel[0])
		green += weight * float64(pixel[1])
		blue += weight * float64(pixel[2])
		r.q += r.dq
		r.dq += r.ddq
		at += 3 * r.stride
	}
	s.sums[0] += red
	s.sums[1] += green
	s.sums[2] += blue
	s.total += total
	s.visible += total
}

// addAnywhere adds a run of any picture, with virtual pixels where it leaves it.
func (s *sampler[T]) addAnywhere(r ellipseRun) {
	colours := s.bands
	if s.alpha {
		colours--
	}
	for x := r.x; x <= r.end; x += r.stride {
		if r.q < ellipticalSteps {
			weight := s.lookup[int(max(r.q, 0))]
			pixel := s.at(x, r.y)
			s.total += weight
			if s.alpha {
				s.sums[colours] += weight * float64(pixel[colours])
				weight *= float64(pixel[colours])
			}
			s.visible += weight
			for b := range colours {
				s.sums[b] += weight * float64(pixel[b])
			}
		}
		r.q += r.dq
		r.dq += r.ddq
	}
}
