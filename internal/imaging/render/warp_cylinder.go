package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// lens is the angle of view of the two distortions of panoramas, in radians; false where the argument is none.
func lens(n []float64) (float64, bool) {
	if len(n) < 1 || n[0] < epsilon || n[0] > 160 {
		return 0, false
	}
	return n[0] * math.Pi / 180, true
}

// unrolled is Cylinder2Plane: what was seen on a cylinder as it looks on the plane that touches it. It takes the angle of
// view in degrees.
func unrolled(f field, n []float64) *plan {
	view, ok := lens(n)
	if !ok {
		return nil
	}
	radius := f.width / view
	x0, y0 := f.width/2+f.x, f.height/2+f.y
	p := &plan{fixed: &[2]int{int(math.Ceil(2 * radius * math.Tan(view/2))), int(math.Ceil(2 * y0 / math.Cos(view/2)))}}
	cx, cy := p.middle(f)
	p.from = func(x, y float64) (float64, float64, float64, ellipse) {
		x, y = (x-cx)/radius, y-cy
		angle := math.Atan(x)
		cos := math.Cos(angle)
		v := y * cos
		return radius*angle + x0, v + y0, 1, scaled(1/(1+x*x), 0, -x*v*cos*cos/radius, cos)
	}
	return p
}

// rolled is Plane2Cylinder, the way back.
func rolled(f field, n []float64) *plan {
	view, ok := lens(n)
	if !ok {
		return nil
	}
	radius := f.width / (2 * math.Tan(view/2))
	x0, y0 := f.width/2+f.x, f.height/2+f.y
	p := &plan{fixed: &[2]int{int(math.Ceil(view * radius)), int(2 * y0)}}
	cx, cy := p.middle(f)
	p.from = func(x, y float64) (float64, float64, float64, ellipse) {
		x, y = x-cx, y-cy
		validity := radius*math.Pi/2 - math.Abs(x) + 0.5
		if validity <= 0 {
			return 0, 0, 0, ellipse{}
		}
		x /= radius
		secant := 1 / math.Cos(x)
		v := y * secant
		return radius*math.Tan(x) + x0, v + y0, min(validity, 1), scaled(secant*secant, 0, v*secant/radius, secant)
	}
	return p
}

// middle gives the middle of what a plan of a size of its own makes, or of the picture where no size is asked for.
func (p *plan) middle(f field) (x, y float64) {
	if f.bestfit {
		return float64(p.fixed[0]) / 2, float64(p.fixed[1]) / 2
	}
	return f.width/2 + f.x, f.height/2 + f.y
}

// resizedByArea is -distort Resize: a resize by the filter of distortions, whose argument is a geometry.
func (m *machine) resizedByArea(p *Picture, s magick.Step) (*Picture, error) {
	text := ""
	if list, ok := s.Second.(magick.Numbers); ok {
		text = list.String()
		if list.Percent() {
			text += "%"
		}
	} else {
		var err error
		if text, err = m.expanded(s.Second, m.current, 0); err != nil {
			return nil, err
		}
	}
	g, err := magick.ParseGeometry(text)
	if err != nil {
		return nil, refuse(s, "Resize takes a geometry such as 300x200")
	}
	width, height := sized(g, p.Width(), p.Height())
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	f := field{width: float64(p.Width()), height: float64(p.Height())}
	plan := affine(f, [6]float64{f.width / float64(width), 0, 0, 0, f.height / float64(height), 0})
	if plan == nil {
		return p, nil
	}
	before := m.settings
	m.settings = m.settings.clone()
	m.settings.steps["virtual-pixel"] = magick.Step{Class: magick.Setting, Name: "virtual-pixel", Value: magick.Enum("Transparent")}
	defer func() { m.settings = before }()
	q, err := m.distorted(p, plan, Page{Width: width, Height: height}, 0, 0)
	if err == nil && !p.Alpha() {
		q, err = q.withoutAlpha()
	}
	if err != nil {
		return nil, err
	}
	q = q.copy()
	q.Page = Page{}
	return q, nil
}
