package render

import (
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// layerMethods are the methods of -layers.
var layerMethods = map[string]lister{
	"Coalesce":       coalesce,
	"CompareAny":     compareLayers(differs),
	"CompareClear":   compareLayers(clears),
	"CompareOverlay": compareLayers(overlays),
	"Composite":      layersComposite,
	"Dispose":        disposed,
	"Flatten":        merging(flattenBounds),
	"Merge":          merging(mergeBounds),
	"Mosaic":         merging(mosaicBounds),
	"Optimize":       optimize,
	"OptimizeFrame": func(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
		return m.optimizeFrames(list, false, s)
	},
	"OptimizePlus": func(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
		return m.optimizeFrames(list, true, s)
	},
	"OptimizeTransparency": optimizeTransparency,
	"RemoveDups":           removeDups,
	"RemoveZero":           removeZero,
	"TrimBounds":           trimBounds,
}

func layers(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	method, ok := layerMethods[choice(s, "")]
	if !ok {
		return nil, refuse(s, "%s is not available; give merge, flatten, coalesce, optimize, …", choice(s, s.Text))
	}
	if len(list) == 0 {
		return list, nil
	}
	return method(m, list, s)
}

// A bounds rule gives the part of the virtual canvas that a merged picture covers, and the page that it then has.
type boundsRule func(list []*Picture) (area region, page Page)

func flattenBounds(list []*Picture) (region, Page) {
	width, height := list[0].canvas()
	return region{Width: width, Height: height}, Page{Width: width, Height: height}
}

func mosaicBounds(list []*Picture) (region, Page) {
	width, height := list[0].canvas()
	for _, p := range list {
		if p.Page.X >= 0 {
			width = max(width, p.Page.X+p.Width())
		}
		if p.Page.Y >= 0 {
			height = max(height, p.Page.Y+p.Height())
		}
	}
	return region{Width: width, Height: height}, Page{Width: width, Height: height}
}

func mergeBounds(list []*Picture) (region, Page) {
	first := list[0].Page
	left, top := first.X, first.Y
	right, bottom := left+list[0].Width(), top+list[0].Height()
	for _, p := range list {
		left, top = min(left, p.Page.X), min(top, p.Page.Y)
		right, bottom = max(right, p.Page.X+p.Width()), max(bottom, p.Page.Y+p.Height())
	}
	page := Page{Width: first.Width, Height: first.Height, X: left, Y: top}
	if page.Width == 0 {
		page.Width = right - left + max(left, 0)
	}
	if page.Height == 0 {
		page.Height = bottom - top + max(top, 0)
	}
	return region{Width: right - left, Height: bottom - top, X: left, Y: top}, page
}

// merging composes all pictures, each at its place, over the background (MagickCore, MergeImageLayers).
func merging(rule boundsRule) lister {
	return func(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
		if len(list) == 0 {
			return list, nil
		}
		area, page := rule(list)
		canvas, err := m.blank(list[0], area.Width, area.Height, m.ground(list[0]))
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if canvas, err = m.composed(canvas, p, m.settings.compose(), p.Page.X-area.X, p.Page.Y-area.Y); err != nil {
				return nil, err
			}
		}
		canvas.Page, canvas.Dispose = page, DisposeUndefined
		if page == (Page{Width: canvas.Width(), Height: canvas.Height()}) {
			canvas.Page = Page{}
		}
		return []*Picture{canvas}, nil
	}
}

// blank gives an even canvas in the form of a picture's pixels.
func (m *machine) blank(like *Picture, width, height int, c magick.Color) (*Picture, error) {
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	p, err := like.holding(c)
	if err != nil {
		return nil, err
	}
	ink := p.ink(c)
	ones := make([]float64, len(ink))
	img, err := m.scope.Create("black", vips.Args{"width": width, "height": height, "bands": len(ink)})
	if err != nil {
		return nil, err
	}
	if img, err = img.Op("linear", vips.Args{"a": ones, "b": ink}); err != nil {
		return nil, err
	}
	return p.cast(img)
}

// trimBounds makes the virtual canvas just large enough for all pictures.
func trimBounds(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	area, _ := mergeBounds(list)
	for i, p := range list {
		q := p.copy()
		q.Page = Page{Width: area.Width, Height: area.Height, X: p.Page.X - area.X, Y: p.Page.Y - area.Y}
		list[i] = q
	}
	return list, nil
}

// layersComposite composes the pictures behind a null: over those before it, one by one; a single one over all, or under all.
func layersComposite(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	split := -1
	for i, p := range list {
		if p.Format == "null" {
			split = i
			break
		}
	}
	if split <= 0 || split == len(list)-1 {
		return nil, refuse(s, "put null: between the pictures that lie below and those that come over them")
	}
	below, above := list[:split], list[split+1:]
	out := make([]*Picture, max(len(below), len(above)))
	for i := range out {
		base, top := below[0], above[0]
		if len(below) > 1 {
			base = below[min(i, len(below)-1)]
		}
		if len(above) > 1 {
			top = above[min(i, len(above)-1)]
		}
		source, x, y, err := m.positioned(base, top)
		if err != nil {
			return nil, err
		}
		if out[i], err = m.composed(base, source, m.settings.compose(), x+top.Page.X-base.Page.X, y+top.Page.Y-base.Page.Y); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// coalesce gives every frame as it is seen: as large as the canvas, over what the frames before it left (MagickCore, CoalesceImages).
func coalesce(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	if len(list) == 0 {
		return list, nil
	}
	a, err := m.animation(list)
	if err != nil {
		return nil, err
	}
	out := make([]*Picture, len(list))
	for i, p := range list {
		shown, err := a.show(m, p, i == 0)
		if err != nil {
			return nil, err
		}
		frame := p.with(shown.img)
		frame.settled, frame.Space, frame.Page, frame.Dispose = shown.settled, shown.Space, Page{}, DisposeNone
		if i == 0 { // ImageMagick leaves the first one on a transparent ground
			ground := m.ground(p)
			ground.Alpha = 0
			frame.Background = &ground
		}
		out[i] = frame
		if err := a.dispose(m, p, shown); err != nil {
			return nil, err
		}
	}
	return out, m.coalescedDisposals(out, list)
}

// animation is the canvas that frames are shown on, between two frames.
type animation struct {
	left *Picture // what the next frame is put over
}

func (m *machine) animation(list []*Picture) (*animation, error) {
	first := list[0]
	width, height := first.Page.Width, first.Page.Height
	if width == 0 {
		width = first.Width() + max(first.Page.X, 0)
	}
	if height == 0 {
		height = first.Height() + max(first.Page.Y, 0)
	}
	background := m.ground(first)
	background.Alpha = 0
	like := *first
	if first.Space == Gray {
		for _, p := range list {
			if p.Space != Gray {
				like.Space = SRGB
			}
		}
	}
	start := first
	if like.Space != first.Space {
		var err error
		if start, err = first.toRGB(); err != nil {
			return nil, err
		}
	}
	if !first.Alpha() {
		background.Alpha = fullRange
	}
	left, err := m.blank(start, width, height, background)
	return &animation{left: left}, err
}

// show gives the canvas with a frame on it.
func (a *animation) show(m *machine, p *Picture, first bool) (*Picture, error) {
	method := "Copy"
	if p.Alpha() && !first {
		method = "Over"
	}
	source := p
	if method == "Copy" {
		var err error
		if source, err = p.withAlpha(); err != nil {
			return nil, err
		}
	}
	shown, err := m.composed(a.left, source, method, p.Page.X, p.Page.Y)
	if err != nil {
		return nil, err
	}
	return shown.settle()
}

// dispose does what the frame that was just shown asks for before the next one.
func (a *animation) dispose(m *machine, p, shown *Picture) error {
	switch p.Dispose {
	case DisposePrevious:
		return nil
	case DisposeBackground:
		cleared, err := shown.clearedIn(p.bounds(shown))
		if err == nil {
			a.left, err = cleared.settle()
		}
		return err
	}
	a.left = shown
	return nil
}

// bounds gives the part of a canvas that a frame covers.
func (p *Picture) bounds(canvas *Picture) region {
	left, top := max(p.Page.X, 0), max(p.Page.Y, 0)
	return region{X: left, Y: top, Width: min(p.Page.X+p.Width(), canvas.Width()) - left, Height: min(p.Page.Y+p.Height(), canvas.Height()) - top}
}

// clearedIn makes a part of the picture transparent.
func (p *Picture) clearedIn(r region) (*Picture, error) {
	if r.Width <= 0 || r.Height <= 0 || r.X < 0 {
		return p, nil
	}
	p, err := p.withAlpha()
	if err != nil {
		return nil, err
	}
	part, err := p.region(r.X, r.Y, r.Width, r.Height)
	if err == nil {
		part, err = part.withAlphaOf(0)
	}
	if err != nil {
		return nil, err
	}
	img, err := p.img.Op("insert", vips.Args{"main": nil, "sub": part.img, "x": r.X, "y": r.Y})
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// coalescedDisposals sets the disposals of coalesced frames: background where a pixel of a frame is gone in the next one.
func (m *machine) coalescedDisposals(out, list []*Picture) error {
	for i := 1; i < len(out); i++ {
		if !out[i-1].Alpha() && !out[i].Alpha() {
			continue
		}
		before, after, err := rasterPair(out[i-1], out[i])
		if err != nil {
			return err
		}
		disposal := DisposeNone
		if anyCleared(before, after, list[i-1].bounds(out[i])) {
			disposal = DisposeBackground
		}
		out[i-1].Dispose, out[i].Dispose = disposal, disposal
	}
	return nil
}

// disposed gives what every frame leaves for the next one.
func disposed(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	a, err := m.animation(list)
	if err != nil {
		return nil, err
	}
	for i, p := range list {
		shown, err := a.show(m, p, false)
		if err != nil {
			return nil, err
		}
		if err := a.dispose(m, p, shown); err != nil {
			return nil, err
		}
		q := p.with(a.left.img)
		q.settled, q.Space, q.Page = true, a.left.Space, Page{}
		list[i] = q
	}
	return list, nil
}
