package render

import (
	"math"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// geometryOperators change sizes and places.
var geometryOperators = map[string]operator{
	"adaptive-resize": adaptiveResize,
	"auto-orient":     autoOrient,
	"border":          border,
	"chop":            chop,
	"extent":          extent,
	"flip":            turning(flips, mirrorPageY),
	"flop":            turning(flops, mirrorPageX),
	"geometry":        geometryOf,
	"magnify":         magnify,
	"region":          inRegion,
	"repage":          repage,
	"resample":        resampleTo,
	"resize":          resize,
	"roll":            roll,
	"rotate":          rotate,
	"sample":          sample,
	"scale":           scaleTo,
	"shave":           shave,
	"splice":          splice,
	"thumbnail":       resize,
	"transpose":       turning(transposes, transposedPage),
	"transverse":      turning(transverses, transversedPage),
	"trim":            trim,
}

// geometryListers make several pictures of one.
var geometryListers = map[string]lister{
	"crop": crop,
}

// half rounds as ImageMagick does for sizes: floor(x + 0.5).
func half(x float64) int { return int(math.Floor(x + 0.5)) }

// sized gives the size that a geometry asks of a picture of width x height (ImageMagick 6.9, ParseMetaGeometry).
func sized(g magick.Geometry, width, height int) (int, int) {
	w, h := float64(width), float64(height)
	switch {
	case g.Ratio:
		return ratio(g, width, height)
	case g.Area:
		scale := math.Sqrt(g.Width / (w * h))
		return bounded(g, width, height, max(int(w*scale), 1), max(int(h*scale), 1))
	case g.Percent:
		across, down := percents(g)
		return bounded(g, width, height, max(half(w*across), 1), max(half(h*down), 1))
	case !g.HasWidth && !g.HasHeight:
		return width, height
	case g.Exact:
		return bounded(g, width, height, max(sideOr(g.HasWidth, g.Width, width), 1), max(sideOr(g.HasHeight, g.Height, height), 1))
	}
	across, down := math.Inf(1), math.Inf(1)
	if g.HasWidth {
		across = g.Width / w
	}
	if g.HasHeight {
		down = g.Height / h
	}
	scale := min(across, down)
	if g.Fill && g.HasWidth && g.HasHeight {
		scale = max(across, down)
	}
	return bounded(g, width, height, max(half(w*scale), 1), max(half(h*scale), 1))
}

// bounded applies > and <: a side is changed only when the picture is larger, or only when it is smaller.
func bounded(g magick.Geometry, width, height, toWidth, toHeight int) (int, int) {
	switch {
	case g.Greater:
		return min(width, toWidth), min(height, toHeight)
	case g.Less:
		return max(width, toWidth), max(height, toHeight)
	}
	return toWidth, toHeight
}

func percents(g magick.Geometry) (across, down float64) {
	across, down = g.Width/100, g.Height/100
	if !g.HasHeight {
		down = across
	}
	if !g.HasWidth {
		across = down
	}
	return across, down
}

func sideOr(has bool, side float64, other int) int {
	if has {
		return half(side)
	}
	return other
}

// ratio gives the largest size of aspect g.Width:g.Height inside width x height.
func ratio(g magick.Geometry, width, height int) (int, int) {
	want := g.Width / g.Height
	if is := float64(width) / float64(height); want >= is {
		return width, max(half(float64(height)*is/want), 1)
	} else {
		return max(half(float64(width)*want/is), 1), height
	}
}

// rescaled gives the picture with a resized image, its canvas resized with it (ImageMagick 6.9, CloneImage).
func (p *Picture) rescaled(q *Picture) *Picture {
	across, down := float64(q.Width())/float64(p.Width()), float64(q.Height())/float64(p.Height())
	q.Page = Page{
		Width: half(across * float64(p.Page.Width)), Height: half(down * float64(p.Page.Height)),
		X: int(math.Ceil(across*float64(p.Page.X) - 0.5)), Y: int(math.Ceil(down*float64(p.Page.Y) - 0.5)),
	}
	return q
}

func geometryArg(s magick.Step) magick.Geometry {
	g, _ := s.Value.(magick.Geometry)
	return g
}

// region is a geometry with its percentages and gravity worked out: a rectangle in whole pixels.
type region struct{ Width, Height, X, Y int }

// gravitated turns a geometry into a region of a picture (ImageMagick 6.9, ParseGravityGeometry). A size of 0 stands for
// one that was not given.
func (m *machine) gravitated(p *Picture, g magick.Geometry) region {
	cw, ch := p.canvas()
	r := region{Width: cw, Height: ch, X: int(g.X), Y: int(g.Y)}
	switch {
	case g.Ratio:
		r.Width, r.Height = ratio(g, p.Width(), p.Height())
	case g.Percent:
		across, down := percents(g)
		r.Width, r.Height = half(float64(cw)*across), half(float64(ch)*down)
	default:
		// "10x" and "x10" leave a side out, "10" leaves it to the canvas.
		if g.HasWidth || g.HasHeight {
			r.Width = sideOr(g.HasWidth, g.Width, 0)
		}
		if g.HasHeight || g.Separator {
			r.Height = sideOr(g.HasHeight, g.Height, 0)
		}
	}
	placed := r
	if placed.Width == 0 {
		placed.Width = cw
	}
	if placed.Height == 0 {
		placed.Height = ch
	}
	placed = gravitate(m.settings.gravity(), p.Width(), p.Height(), placed)
	r.X, r.Y = placed.X, placed.Y
	return r
}

// gravitate moves a region to where gravity puts it in width x height (ImageMagick 6.9, GravityAdjustGeometry).
func gravitate(gravity string, width, height int, r region) region {
	switch gravity {
	case "NorthEast", "East", "SouthEast":
		r.X = width - r.Width - r.X
	case "North", "South", "Center", "Static":
		if gravity != "Static" {
			r.X += width/2 - r.Width/2
		}
	}
	switch gravity {
	case "SouthWest", "South", "SouthEast":
		r.Y = height - r.Height - r.Y
	case "East", "West", "Center":
		r.Y += height/2 - r.Height/2
	}
	return r
}

// repage sets the virtual canvas (ImageMagick 6.9, ResetImagePage), or forgets it with +repage.
func repage(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	q := p.copy()
	if s.Plus {
		q.Page = Page{}
		return q, nil
	}
	g := geometryArg(s)
	if g.HasWidth {
		q.Page.Width = half(g.Width)
		q.Page.Height = half(g.Width)
	}
	if g.HasHeight {
		q.Page.Height = half(g.Height)
	}
	if g.Exact {
		q.Page.X += int(g.X)
		q.Page.Y += int(g.Y)
		return q, nil
	}
	if g.HasX || g.HasY {
		q.Page.X, q.Page.Y = int(g.X), int(g.Y)
	}
	return q, nil
}

// paged puts pictures where -page says: those that are read after it, and those that are there when none is.
func (m *machine) paged(list []*Picture) []*Picture {
	g, ok := m.settings.geometry("page")
	if !ok {
		return list
	}
	out := make([]*Picture, len(list))
	for i, p := range list {
		out[i] = p.copy()
		if g.HasWidth {
			out[i].Page.Width, out[i].Page.Height = half(g.Width), 0
		}
		if g.HasHeight {
			out[i].Page.Height = half(g.Height)
		}
		out[i].Page.X, out[i].Page.Y = int(g.X), int(g.Y)
	}
	return out
}

// region cuts a rectangle that lies wholly inside the picture.
func (p *Picture) region(x, y, width, height int) (*Picture, error) {
	img, err := p.img.Op("extract_area", vips.Args{"left": x, "top": y, "width": width, "height": height, "input": nil})
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// shave cuts off strips of one width at the left and right, and of one height at the top and bottom.
func shave(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	w, h := thickness(p, geometryArg(s))
	width, height := p.Width()-2*w, p.Height()-2*h
	if width <= 0 || height <= 0 {
		return nil, refuse(s, "nothing is left of a picture of %d x %d pixels; take a smaller border away", p.Width(), p.Height())
	}
	q, err := p.region(w, h, width, height)
	if err != nil {
		return nil, err
	}
	q.Page = p.Page
	if q.Page.Width > 0 && q.Page.Height > 0 {
		q.Page.Width -= 2 * w
		q.Page.Height -= 2 * h
	}
	return q, nil
}

// thickness gives a border's width and height: one number stands for both, "5x" for none above and below, and
// percent are of the picture's sides.
func thickness(p *Picture, g magick.Geometry) (width, height int) {
	if g.Percent {
		across, down := percents(g)
		return half(float64(p.Width()) * across), half(float64(p.Height()) * down)
	}
	width = half(g.Width)
	if g.Separator {
		return width, 0
	}
	return width, sideOr(g.HasHeight, g.Height, width)
}

// roll moves the pixels right and down; what leaves on one side comes in on the other.
func roll(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	g := geometryArg(s)
	x, y := g.X, g.Y
	if g.Percent {
		x, y = x*float64(p.Width())/100, y*float64(p.Height())/100
	}
	p, err := p.settle()
	if err != nil {
		return nil, err
	}
	img, err := p.img.Op("wrap", vips.Args{"x": wrapped(int(x), p.Width()), "y": wrapped(int(y), p.Height())})
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

func wrapped(n, size int) int { return ((n % size) + size) % size }
