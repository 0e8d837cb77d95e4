package render

import (
	"strings"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// resize is -resize and -thumbnail. A thumbnail also drops what -strip drops, but for the colour profile.
func resize(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	width, height := sized(geometryArg(s), p.Width(), p.Height())
	q, err := m.resized(p, width, height)
	if err != nil || s.Name != "thumbnail" {
		return q, err
	}
	q = q.stripped("icc")
	q.Page = Page{}
	return q, nil
}

// geometryOf is -geometry: without an offset it resizes, with one it is kept for the composition that follows.
func geometryOf(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	g := geometryArg(s)
	if s.Plus || g.HasX || g.HasY {
		q := p.copy()
		q.Geometry = nil
		if !s.Plus {
			q.Geometry = &g
		}
		return q, nil
	}
	return resize(m, p, s)
}

// resampleTo is -resample: resize so that the density becomes the one that is asked for and the print stays as large.
func resampleTo(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	g := geometryArg(s)
	x, y := g.Width, g.Height
	if !g.HasHeight {
		y = x
	}
	fromX, fromY := p.DensityX, p.DensityY
	if x, y, _ := m.settings.density(); x > 0 {
		fromX, fromY = x, y
	}
	if fromX == 0 || fromY == 0 {
		fromX, fromY = 72, 72
	}
	q, err := m.resized(p, max(half(x*float64(p.Width())/fromX), 1), max(half(y*float64(p.Height())/fromY), 1))
	if err != nil {
		return nil, err
	}
	q = q.copy()
	q.DensityX, q.DensityY = x, y
	return q, nil
}

// resized resizes with the filter of the settings, or ImageMagick's default for the picture.
func (m *machine) resized(p *Picture, width, height int) (*Picture, error) {
	if width == p.Width() && height == p.Height() {
		return p, nil
	}
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	f := m.filter(p, width, height)
	if f.support == 0 { // point: no pixel is mixed with another
		return m.byTaps(p, width, height, func(source, target int) []taps { return tapsOf(f, source, target) })
	}
	if m.decides() {
		q, err := m.exactly16(p, width, height, f)
		if err != nil {
			return nil, err
		}
		q = p.rescaled(q)
		q.Palette = false
		return q, nil
	}
	small, shrunk, err := m.shrinkOnLoad(p, width, height)
	if err != nil {
		return nil, err
	}
	q, err := small.premultiplied(func(img *vips.Image) (*vips.Image, error) { return fitTo(small, img, width, height, f) })
	if err != nil {
		return nil, err
	}
	if shrunk {
		// The loader reads its rows once, in order: what comes next may want them otherwise.
		if q, err = q.settle(); err != nil {
			return nil, err
		}
	}
	q = p.rescaled(q)
	q.Palette = false
	return q, nil
}

// filter gives -filter with its defines; ImageMagick's default is Mitchell for pictures with alpha or a palette and for
// enlargements, else Lanczos.
func (m *machine) filter(p *Picture, width, height int) filter {
	e := expert{
		blur: m.settings.fraction("filter:blur"), support: m.settings.fraction("filter:support"),
		lobes: m.settings.fraction("filter:lobes"), sigma: m.settings.fraction("filter:sigma"),
	}
	name := strings.ToLower(m.settings.enum("filter", "Undefined"))
	if f, ok := newFilter(name, e); ok {
		return f
	}
	name = "lanczos"
	if p.Palette || p.Alpha() || width*height > p.Width()*p.Height() {
		name = "mitchell"
	}
	f, _ := newFilter(name, e)
	return f
}

// fitTo resizes an image whose colours are premultiplied. libvips does what it has a kernel for, and only when no side
// grows: it enlarges with other filters than it reduces with.
func fitTo(p *Picture, img *vips.Image, width, height int, f filter) (*vips.Image, error) {
	if f.kernel != "" && width <= img.Width() && height <= img.Height() {
		return img.Op("resize", vips.Args{
			"scale": float64(width) / float64(img.Width()), "vscale": float64(height) / float64(img.Height()), "kernel": f.kernel,
		})
	}
	whole, err := p.cast(img)
	if err != nil {
		return nil, err
	}
	return resample(whole.img, width, height, f)
}

// shrinkLeast is how many times larger than the target a shrunk-on-load picture stays, so that the filter still decides
// how it looks: decoders shrink by plain averages. Below it, a photograph costs twice the time for a difference of 0.1 %.
const shrinkLeast = 1.1

// shrinkOnLoad gives a picture that nothing has touched at the smallest size that its decoder can give and that is still
// well above width x height; a picture that has been touched, or that is small enough, stays as it is.
func (m *machine) shrinkOnLoad(p *Picture, width, height int) (*Picture, bool, error) {
	if p.source == nil || p.settled {
		return p, false, nil
	}
	fullWidth, fullHeight := p.Width(), p.Height()
	most := min(float64(fullWidth)/float64(width), float64(fullHeight)/float64(height)) / shrinkLeast
	args := shrinkArgs(p.source.format.name, most)
	args["access"] = "sequential"
	img, err := p.source.open(m.scope, args)
	if err != nil {
		return nil, false, err
	}
	if p.turned() {
		// Turning needs the whole picture, which by now is a small one.
		if img, err = img.Memory(); err == nil {
			img, err = oriented(img, p.source.turn)
		}
		if err != nil {
			return nil, false, err
		}
	}
	return p.with(img), true, nil
}

// shrinkArgs asks a loader to give a picture up to most times smaller.
func shrinkArgs(format string, most float64) vips.Args {
	switch {
	case format == "jpeg" && most >= 8:
		return vips.Args{"shrink": 8}
	case format == "jpeg" && most >= 4:
		return vips.Args{"shrink": 4}
	case format == "jpeg" && most >= 2:
		return vips.Args{"shrink": 2}
	case format == "webp" && most > 1:
		return vips.Args{"scale": 1 / most}
	}
	return vips.Args{}
}

// turned reports whether -auto-orient has turned a picture that is not decoded yet.
func (p *Picture) turned() bool { return p.source != nil && p.source.turn > 1 }

// sample is -sample: the pixel nearest to each target pixel's centre, or to the place in it that -define sample:offset
// says in percent, and no new colours.
func sample(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	width, height := sized(geometryArg(s), p.Width(), p.Height())
	offset := [2]float64{0.5, 0.5}
	if text, ok := m.settings.defines["sample:offset"]; ok {
		n, err := magick.ParseNumbers(text)
		if err != nil || len(n) == 0 || !(n.At(0, 50) >= 0 && n.At(0, 50) <= 100 && n.At(1, 0) >= 0 && n.At(1, 0) <= 100) {
			return nil, refuse(s, "sample:offset takes percentages such as 50x50")
		}
		offset = [2]float64{n.At(0, 50) / 100, n.At(1, n.At(0, 50)) / 100}
	}
	axis := 0
	return m.byTaps(p, width, height, func(source, target int) []taps {
		all := make([]taps, target)
		within := offset[axis]
		axis++
		for x := range all {
			// A centre that lies between two pixels takes the former (ImageMagick 6.9, SampleImage).
			at := max((float64(x)+within-1e-9)*float64(source)/float64(target), 0)
			all[x] = taps{first: min(int(at), source-1), weights: []int32{tapsUnit}}
		}
		return all
	})
}

// byTaps resizes with taps of any kind. Alpha is left alone: it is for filters that do not mix pixels, or that
// ImageMagick does not weigh by alpha.
func (m *machine) byTaps(p *Picture, width, height int, of func(source, target int) []taps) (*Picture, error) {
	if width == p.Width() && height == p.Height() {
		return p, nil
	}
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	img, err := p.stream()
	if err != nil {
		return nil, err
	}
	img, err = tapped(img, of(p.Width(), width), of(p.Height(), height))
	if err != nil {
		return nil, err
	}
	q := p.with(img)
	q.settled = true
	return p.rescaled(q), nil
}

// scaleTo is -scale: each target pixel is the average of the source pixels that it covers, in part or whole.
func scaleTo(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	width, height := sized(geometryArg(s), p.Width(), p.Height())
	if m.decides() {
		var err error
		if p, err = p.widen(); err != nil {
			return nil, err
		}
	}
	return m.byTaps(p, width, height, func(source, target int) []taps {
		ratio := float64(source) / float64(target)
		all := make([]taps, target)
		for x := range all {
			from, to := float64(x)*ratio, min(float64(x+1)*ratio, float64(source))
			first := int(from)
			var raw []float64
			for i := first; float64(i) < to-1e-9; i++ {
				raw = append(raw, min(to, float64(i+1))-max(from, float64(i)))
			}
			all[x] = taps{first: first, weights: fixed(raw, to-from)}
		}
		return all
	})
}

// adaptiveResize is -adaptive-resize: each target pixel is interpolated between the source pixels around its centre.
func adaptiveResize(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	width, height := sized(geometryArg(s), p.Width(), p.Height())
	return m.byTaps(p, width, height, func(source, target int) []taps {
		all := make([]taps, target)
		for x := range all {
			at := (float64(x)+0.5)*float64(source)/float64(target) - 0.5
			at = min(max(at, 0), float64(source-1))
			first := min(int(at), max(source-2, 0))
			share := at - float64(first)
			raw := []float64{1 - share, share}
			if source == 1 {
				raw = []float64{1}
			}
			all[x] = taps{first: first, weights: fixed(raw, 1)}
		}
		return all
	})
}
