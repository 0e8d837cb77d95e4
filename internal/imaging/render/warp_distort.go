package render

import (
	"math"
	"slices"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
)

// A distortion is the inverse map of one -distort, from the middle of a pixel of the result (pixels have their middles at
// .5) to the source: the place and how fast it moves there. Validity under 1 mixes in the matte colour; 0 is all of it.
type distortion func(x, y float64) (u, v, validity float64, e ellipse)

// plan is a distortion with the size of what it makes.
type plan struct {
	from   distortion
	bounds func() (minX, minY, maxX, maxY float64) // where the whole source goes; nil: no best fit
	fixed  *[2]int                                 // a size that the method chose itself
	same   *ellipse                                // the ellipse, where it is the same everywhere
}

// field is the picture that is distorted, on its canvas.
type field struct {
	width, height float64
	x, y          float64 // its place on the canvas
	bestfit       bool    // +distort
	power         float64 // shepards:power
}

func (f field) corners() [4][2]float64 {
	return [4][2]float64{{f.x, f.y}, {f.x + f.width, f.y}, {f.x, f.y + f.height}, {f.x + f.width, f.y + f.height}}
}

// distortions make plans from the numbers of the argument, by ImageMagick's names; nil is too few numbers (ImageMagick 6.9,
// magick/distort.c, whose coefficients these are).
var distortions = map[string]func(f field, n []float64) *plan{
	"SRT": scaleRotateTranslate, "ScaleRotateTranslate": scaleRotateTranslate,
	"Affine": affinePoints, "AffineProjection": affineProjection,
	"Perspective": perspectivePoints, "PerspectiveProjection": perspectiveProjection,
	"BilinearForward": bilinearForward, "BilinearReverse": bilinearReverse, "Bilinear": bilinearForward,
	"Polynomial": polynomial, "Arc": arc, "Polar": polar, "DePolar": depolar,
	"Barrel": barrel(false), "BarrelInverse": barrel(true), "Shepards": shepards,
	"Cylinder2Plane": unrolled, "Plane2Cylinder": rolled,
}

func distort(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	method := string(s.Value.(magick.Enum))
	list, err := m.formula(p, s)
	if err != nil {
		return nil, err
	}
	if method == "Resize" {
		return m.resizedByArea(p, s)
	}
	build, ok := distortions[method]
	if !ok {
		return nil, refuse(s, "The distortion %s is not available; take another such as SRT, Perspective or Arc", method)
	}
	viewport, given, err := m.viewport(s)
	if err != nil {
		return nil, err
	}
	f := field{width: float64(p.Width()), height: float64(p.Height()), x: float64(p.Page.X), y: float64(p.Page.Y),
		bestfit: s.Plus || method == "Arc", power: 2}
	if v := m.settings.fraction("shepards:power"); v > 0 {
		f.power = v
	}
	plan := build(f, list)
	if plan == nil {
		return nil, refuse(s, "The numbers do not make a distortion; give as many as %s needs, of points that do not coincide", method)
	}
	view, fitted, err := plan.view(f)
	if err != nil {
		return nil, err
	}
	if given {
		view = viewport(view)
	}
	if err := m.admit(view.Width, view.Height); err != nil {
		return nil, err
	}
	offsetX, offsetY := 0.0, 0.0
	if fitted && method != "Arc" {
		offsetX, offsetY = f.x, f.y
	}
	q, err := m.distorted(p, plan, view, offsetX, offsetY)
	if err != nil {
		return nil, err
	}
	q = q.copy()
	q.Page.X, q.Page.Y = view.X, view.Y
	if q.Page.Width != 0 {
		q.Page.Width = int(float64(q.Page.Width)*float64(view.Width)/f.width + 0.5)
		q.Page.Height = int(float64(q.Page.Height)*float64(view.Height)/f.height + 0.5)
	}
	if method == "Arc" && !s.Plus && !given {
		q.Page.X, q.Page.Y = 0, 0
	}
	return q, nil
}

// view gives the size and place of what a plan makes, and whether they are those that hold all of it.
func (p *plan) view(f field) (Page, bool, error) {
	switch {
	case f.bestfit && p.fixed != nil:
		return Page{Width: p.fixed[0], Height: p.fixed[1]}, true, nil
	case f.bestfit && p.bounds != nil:
		minX, minY, maxX, maxY := p.bounds()
		if !(maxX-minX < farthest && maxY-minY < farthest && math.Abs(minX) < farthest && math.Abs(minY) < farthest) {
			return Page{}, false, event.Errorf(event.LimitExceeded, "The distorted picture would be too large; give a distort:viewport")
		}
		x, y := int(math.Floor(minX-0.5)), int(math.Floor(minY-0.5))
		return Page{int(math.Ceil(maxX - float64(x) + 0.5)), int(math.Ceil(maxY - float64(y) + 0.5)), x, y}, true, nil
	}
	return Page{Width: int(f.width), Height: int(f.height)}, false, nil
}

// viewport reads -define distort:viewport, which changes the size and the place of what is shown.
func (m *machine) viewport(s magick.Step) (func(Page) Page, bool, error) {
	text, ok := m.settings.defines["distort:viewport"]
	if !ok {
		return nil, false, nil
	}
	g, err := magick.ParseGeometry(text)
	if err != nil {
		return nil, false, refuse(s, "distort:viewport takes a geometry such as 300x200+10+10")
	}
	return func(view Page) Page {
		if g.HasWidth {
			view.Width = int(g.Width)
			view.Height = int(g.Width)
		}
		if g.HasHeight {
			view.Height = int(g.Height)
		}
		if g.HasX {
			view.X = int(g.X)
		}
		if g.HasY {
			view.Y = int(g.Y)
		}
		return view
	}, true, nil
}

// formula gives the numbers of a step's second argument, whose escapes are about p.
func (m *machine) formula(p *Picture, s magick.Step) ([]float64, error) {
	list, ok := s.Second.(magick.Numbers)
	if !ok {
		text, err := m.expanded(s.Second, m.current, slices.Index(m.current, p))
		if err != nil {
			return nil, err
		}
		if list, err = magick.ParseNumbers(text); err != nil {
			return nil, refuse(s, "The argument does not come to numbers; write some such as 0,0 1.5 45")
		}
	}
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = v.Value
	}
	return out, nil
}

func (m *machine) distorted(p *Picture, plan *plan, view Page, offsetX, offsetY float64) (*Picture, error) {
	if m.ground(p).Alpha != white.Alpha {
		var err error
		if p, err = p.withAlpha(); err != nil {
			return nil, err
		}
	}
	p, around, err := m.surroundings(p)
	if err != nil {
		return nil, err
	}
	scale := 1.0
	if v := math.Abs(m.settings.fraction("distort:scale")); v >= 0.1 {
		scale = 1 / v
		view = Page{int(v*float64(view.Width) + 0.5), int(v*float64(view.Height) + 0.5), int(v*float64(view.X) + 0.5), int(v*float64(view.Y) + 0.5)}
		if err := m.admit(view.Width, view.Height); err != nil {
			return nil, err
		}
	}
	matte := p.ink(m.settings.mattecolor())
	d := distorting{around: around, from: plan.from, same: plan.same, view: view, scale: scale, offsetX: offsetX + 0.5, offsetY: offsetY + 0.5,
		matte: matte, point: m.settings.enum("filter", "") == "Point", nearest: m.settings.enum("interpolate", "") == "Nearest"}
	return p.rework(view.Width, view.Height, distortingOf[uint8](p, d), distortingOf[uint16](p, d))
}

// distorting is what the loop over the pixels of a distortion needs.
type distorting struct {
	around           surround
	from             distortion
	same             *ellipse
	view             Page
	scale            float64
	offsetX, offsetY float64
	matte            []float64
	point, nearest   bool // no averaging: one place of the source for a pixel of the result; its nearest pixel
}

func distortingOf[T number](p *Picture, d distorting) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	return func(src, dst grid[T]) error {
		s := newSampler(src, d.around)
		matte := make([]T, dst.bands)
		for b := range matte {
			matte[b] = quantum[T](d.matte[b])
		}
		var ahead *phases
		if d.same != nil && !d.point && src.bands == 3 && !src.alpha && dst.width*dst.height > phaseSteps*phaseSteps {
			ahead = phasesOf(d.same, 3*src.width)
		}
		for y := range dst.height {
			if y%8 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			row := dst.row(y)
			for x := range dst.width {
				out := row[x*dst.bands : (x+1)*dst.bands]
				u, v, validity, e := d.from((float64(d.view.X+x)+0.5)*d.scale, (float64(d.view.Y+y)+0.5)*d.scale)
				u, v = u-d.offsetX, v-d.offsetY
				switch {
				case !(validity > 0):
					copy(out, matte)
					continue
				case d.point && d.nearest && math.Abs(u) < farthest && math.Abs(v) < farthest:
					copy(out, s.at(int(math.Floor(u+0.5)), int(math.Floor(v+0.5))))
				case d.point:
					s.bilinear(out, u, v)
				case ahead != nil && s.phased(out, u, v, ahead):
				default:
					s.elliptical(out, u, v, &e)
				}
				if validity < 1 {
					for b := range out {
						out[b] = quantum[T](validity*float64(out[b]) + (1-validity)*float64(matte[b]))
					}
				}
			}
		}
		return nil
	}
}
