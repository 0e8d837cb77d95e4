package render

import (
	"bluerose/event"
	"bluerose/internal/imaging/magick"
)

// paintOperators put colours where the place says, not the picture.
var paintOperators = map[string]operator{
	"floodfill":    floodfill,
	"frame":        inFrame,
	"raise":        raised,
	"sparse-color": sparseColor,
}

// Shares of 255 that make a bevel's shades of a colour (ImageMagick 6.9, magick/decorate.c).
const (
	frameAccentuate, frameHighlight, frameShadow, frameTrough = 80, 125, 135, 110
	raiseAccentuate, raiseHighlight, raiseShadow, raiseTrough = 135, 190, 190, 135
)

// inFrame is -frame: a frame of the matte colour with a bevel on its outer and its inner side. The argument is its width
// and height, and the widths of the two bevels, which are a part of it.
func inFrame(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	g := geometryArg(s)
	w, h := thickness(p, g)
	outer, inner := int(g.X), int(g.Y)
	if outer < 0 || inner < 0 || outer+inner > w || outer+inner > h {
		return nil, event.Errorf(event.UnsupportedArgument, "%s: The bevels do not fit into the frame; make them narrower", located(s))
	}
	matte := m.settings.mattecolor()
	q, err := m.onto(p, m.settings.bordercolor(), p.Width()+2*w, p.Height()+2*h, w, h)
	if err == nil {
		q, err = q.holding(matte)
	}
	if err != nil {
		return nil, err
	}
	f := frameOf{w: w, h: h, outer: outer, inner: inner, width: q.Width(), height: q.Height(), inks: frameInks(q, matte)}
	page := q.Page
	if q, err = q.shade(f.rows); err != nil {
		return nil, err
	}
	if q.Page = page; page.Width > 0 && page.Height > 0 {
		q.Page.Width, q.Page.Height = page.Width+2*w, page.Height+2*h
	}
	return q, nil
}

// shadeOf names the colours of a frame.
type shadeOf int

const (
	matteShade shadeOf = iota
	accentuated
	highlighted
	shadowed
	troughed
	shades
)

// frameInks gives the colours of a frame.
func frameInks(p *Picture, matte magick.Color) [shades][]uint16 {
	lighter := func(v uint16, share float64) uint16 {
		return quantum[uint16]((255-share)/255*float64(v) + share/255*fullRange)
	}
	darker := func(v uint16, share float64) uint16 { return quantum[uint16](float64(v) * share / 255) }
	shade := func(of func(uint16, float64) uint16, share float64) []uint16 {
		r, g, b := rgbOf(matte)
		return p.words(magick.Color{Red: of(uint16(r), share), Green: of(uint16(g), share), Blue: of(uint16(b), share), Alpha: matte.Alpha})
	}
	return [shades][]uint16{p.words(matte), shade(lighter, frameAccentuate), shade(lighter, frameHighlight), shade(darker, frameShadow), shade(darker, frameTrough)}
}

// words gives a colour's bands in a picture of this form, 0 to 65535.
func (p *Picture) words(c magick.Color) []uint16 {
	var out []uint16
	for _, v := range p.ink(c) {
		out = append(out, quantum[uint16](v/p.Max()*fullRange))
	}
	return out
}

type frameOf struct {
	w, h, outer, inner, width, height int
	inks                              [shades][]uint16
}

// at gives the shade at x, y of the frame; false inside of it.
func (f frameOf) at(x, y int) (shadeOf, bool) {
	right, bottom := f.width-1-x, f.height-1-y
	if s, ok := bevelAt(x, y, right, bottom, f.outer, [4]shadeOf{highlighted, accentuated, shadowed, troughed}); ok {
		return s, true
	}
	left, top := x-(f.w-f.inner), y-(f.h-f.inner)
	right, bottom = right-(f.w-f.inner), bottom-(f.h-f.inner)
	if left < 0 || top < 0 || right < 0 || bottom < 0 {
		return matteShade, true
	}
	return bevelAt(left, top, right, bottom, f.inner, [4]shadeOf{shadowed, troughed, highlighted, accentuated})
}

// bevelAt gives the shade of a bevel of the width wide, of which the distances to the four sides tell: those of the left, top,
// right and bottom.
func bevelAt(left, top, right, bottom, wide int, sides [4]shadeOf) (shadeOf, bool) {
	switch {
	case left >= wide && top >= wide && right >= wide && bottom >= wide:
		return 0, false
	case top < wide && top <= bottom:
		if left < top {
			return sides[0], true
		}
		if right < top {
			return sides[2], true
		}
		return sides[1], true
	case bottom < wide:
		if left < bottom {
			return sides[0], true
		}
		if right < bottom {
			return sides[2], true
		}
		return sides[3], true
	case left < wide:
		return sides[0], true
	}
	return sides[2], true
}

// rows paints the frame, and leaves what is inside as it is.
func (f frameOf) rows(y int, out, in []uint16) {
	copy(out, in)
	bands := len(f.inks[0])
	inside := y >= f.h && y < f.height-f.h
	for x := 0; x < f.width; x++ {
		if inside && x == f.w {
			x = f.width - f.w
			if x == f.width {
				return
			}
		}
		if s, ok := f.at(x, y); ok {
			copy(out[x*bands:(x+1)*bands], f.inks[s])
		}
	}
}

// raised is -raise: lightens and darkens the edges as a bevel; +raise the other way round.
func raised(_ *machine, p *Picture, s magick.Step) (*Picture, error) {
	w, h := thickness(p, geometryArg(s))
	if p.Width() <= 2*w || p.Height() <= 2*h {
		return nil, refuse(s, "The bevel must be narrower than half of the picture's %dx%d pixels", p.Width(), p.Height())
	}
	light, dark := 1.0, 0.0
	if s.Plus {
		light, dark = dark, light
	}
	colours, bands, width, height := p.colours(), p.img.Bands(), p.Width(), p.Height()
	return p.shade(func(y int, out, in []uint16) {
		copy(out, in)
		bottom := height - y
		for x := range width {
			left, right := w, w
			share, towards := 255.0, 0.0
			switch {
			case y < h:
				left, right, share, towards = y, y, raiseAccentuate, light
			case bottom <= h:
				left, right, share, towards = bottom, bottom, raiseTrough, dark
			}
			switch {
			case x < left:
				share, towards = raiseHighlight, light
			case x >= width-right:
				share, towards = raiseShadow, dark
			}
			if share == 255 {
				continue
			}
			for i := x * bands; i < x*bands+colours; i++ {
				out[i] = quantum[uint16]((float64(out[i])*share + towards*fullRange*(255-share)) / 255)
			}
		}
	})
}
