package render

import "math"

// phaseSteps is into how many places a pixel is divided, across and down, when the weights of an ellipse are made ahead.
const phaseSteps = 32

// phases are the weights of one ellipse for every place within a pixel that its middle may have: for maps whose ellipse is
// the same everywhere, which rotations and scalings are.
type phases struct {
	taps [phaseSteps * phaseSteps][]phaseTap
	edge int // how far from the middle a tap may be
}

type phaseTap struct {
	offset int // in pix, from the pixel that the middle lies in
	weight float32
}

// phasesOf makes the weights for a picture of three bands and stride numbers a row; nil where they would be too many.
func phasesOf(e *ellipse, stride int) *phases {
	if e.beyondMeasure || e.limit*e.width > 64 {
		return nil
	}
	lookup := ellipticalWeights()
	p := &phases{edge: int(max(e.limit, e.width)) + 2}
	for i := range p.taps {
		x, y := (float64(i%phaseSteps)+0.5)/phaseSteps, (float64(i/phaseSteps)+0.5)/phaseSteps
		total := 0.0
		var taps []phaseTap
		for v := -p.edge; v <= p.edge; v++ {
			for u := -p.edge; u <= p.edge; u++ {
				du, dv := float64(u)-x, float64(v)-y
				if q := (e.a*du+e.b*dv)*du + e.c*dv*dv; q < ellipticalSteps {
					weight := lookup[int(max(q, 0))]
					total += weight
					taps = append(taps, phaseTap{v*stride + 3*u, float32(weight)})
				}
			}
		}
		if math.Abs(total) < epsilon {
			return nil
		}
		for k := range taps {
			taps[k].weight /= float32(total)
		}
		p.taps[i] = taps
	}
	return p
}

// phased mixes the pixels around x, y by weights made ahead; false where the ellipse leaves the picture.
func (s *sampler[T]) phased(out []T, x, y float64, p *phases) bool {
	edge := float64(p.edge)
	if !(x >= edge && y >= edge && x < float64(s.width-1)-edge && y < float64(s.height-1)-edge) {
		return false
	}
	ix, iy := int(x), int(y)
	taps := p.taps[int((y-float64(iy))*phaseSteps)*phaseSteps+int((x-float64(ix))*phaseSteps)]
	at := (iy*s.width + ix) * 3
	var red, green, blue float32
	for _, t := range taps {
		pixel := s.pix[at+t.offset:]
		pixel = pixel[:3:3]
		red += t.weight * float32(pixel[0])
		green += t.weight * float32(pixel[1])
		blue += t.weight * float32(pixel[2])
	}
	full := float32(^T(0))
	out[0] = T(min(max(red+0.5, 0), full))
	out[1] = T(min(max(green+0.5, 0), full))
	out[2] = T(min(max(blue+0.5, 0), full))
	return true
}
