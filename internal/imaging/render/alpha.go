package render

import (
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// alphaOperators change which pixels show.
var alphaOperators = map[string]operator{
	"alpha": func(m *machine, p *Picture, s magick.Step) (*Picture, error) {
		name := choice(s, "Off")
		method, ok := alphaMethods[name]
		if !ok {
			return nil, refuse(s, "%s is no way to treat alpha", name)
		}
		return method(m, p)
	},
	"matte": func(m *machine, p *Picture, s magick.Step) (*Picture, error) {
		if s.Plus {
			return alphaOff(m, p)
		}
		return p.withAlpha()
	},
}

// alphaMethods are the sub-commands of -alpha (MagickCore, SetImageAlphaChannel).
var alphaMethods = map[string]func(m *machine, p *Picture) (*Picture, error){
	"Associate": func(m *machine, p *Picture) (*Picture, error) {
		return m.weighed(p, func(v, a float64) float64 { return v * a / fullRange })
	},
	"Background": alphaBackground,
	"Copy":       alphaCopy,
	"Deactivate": alphaOff,
	"Disassociate": func(m *machine, p *Picture) (*Picture, error) {
		return m.weighed(p, func(v, a float64) float64 { return v * fullRange / max(a, 1) })
	},
	"Extract":     alphaExtract,
	"Flatten":     alphaRemove,
	"Off":         alphaOff,
	"On":          alphaOn,
	"Activate":    alphaOn,
	"Opaque":      func(m *machine, p *Picture) (*Picture, error) { return p.withAlphaOf(1) },
	"Remove":      alphaRemove,
	"Set":         func(m *machine, p *Picture) (*Picture, error) { return p.withAlpha() },
	"Shape":       alphaShape,
	"Transparent": func(m *machine, p *Picture) (*Picture, error) { return p.withAlphaOf(0) },
}

// alphaOff hides the alpha channel; -alpha on brings it back as it was.
func alphaOff(m *machine, p *Picture) (*Picture, error) {
	if !p.Alpha() {
		return p, nil
	}
	alpha, err := p.img.Op("extract_band", vips.Args{"band": p.colours()})
	if err != nil {
		return nil, err
	}
	if p, err = p.withoutAlpha(); err != nil {
		return nil, err
	}
	p.unseen = alpha
	return p, nil
}

func alphaOn(m *machine, p *Picture) (*Picture, error) {
	hidden := p.unseen
	if p.Alpha() || hidden == nil || hidden.Width() != p.Width() || hidden.Height() != p.Height() || hidden.Format() != p.img.Format() {
		return p.withAlpha()
	}
	img, err := p.img.Op("bandjoin", vips.Args{"in": []*vips.Image{p.img, hidden}})
	if err != nil {
		return nil, err
	}
	q := p.with(img)
	q.unseen = nil
	return q, nil
}

// withAlphaOf gives the picture with an even alpha, 0 to 1.
func (p *Picture) withAlphaOf(alpha float64) (*Picture, error) {
	p, err := p.withoutAlpha()
	if err != nil {
		return nil, err
	}
	img, err := p.img.Op("bandjoin_const", vips.Args{"c": []float64{alpha * p.Max()}})
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// weighed changes every colour band by the pixel's alpha, 0 to 65535, and puts the alpha aside.
func (m *machine) weighed(p *Picture, f func(v, a float64) float64) (*Picture, error) {
	if !p.Alpha() {
		return p, nil
	}
	bands := p.img.Bands()
	q, err := p.shade(func(_ int, out, in []uint16) {
		copy(out, in)
		for i := 0; i < len(in); i += bands {
			a := float64(in[i+bands-1])
			for band := range bands - 1 {
				out[i+band] = quantum[uint16](f(float64(in[i+band]), a))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return alphaOff(m, q)
}

func alphaExtract(m *machine, p *Picture) (*Picture, error) {
	if !p.Alpha() {
		p, err := p.withAlpha()
		if err != nil {
			return nil, err
		}
		return alphaExtract(m, p)
	}
	return p.band(p.colours())
}

// band gives one band as a gray picture.
func (p *Picture) band(n int) (*Picture, error) {
	img, err := p.img.Chain().Op("extract_band", vips.Args{"band": n}).
		Op("copy", vips.Args{"interpretation": int(interpretation(Gray, p.wide()))}).Image()
	if err != nil {
		return nil, err
	}
	q := p.with(img)
	q.Space = Gray
	return q, nil
}

// alphaCopy makes alpha of the intensity.
func alphaCopy(m *machine, p *Picture) (*Picture, error) {
	p, err := p.withoutAlpha()
	if err != nil {
		return nil, err
	}
	intensity, err := p.toGray(m.settings.enum("intensity", ""))
	if err != nil {
		return nil, err
	}
	img, err := p.img.Op("bandjoin", vips.Args{"in": []*vips.Image{p.img, intensity.img}})
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// alphaShape makes alpha of the intensity and paints all with the background colour.
func alphaShape(m *machine, p *Picture) (*Picture, error) {
	p, err := alphaCopy(m, p)
	if err != nil {
		return nil, err
	}
	return m.flooded(p, func(alpha uint16) bool { return true })
}

// alphaBackground paints what is wholly transparent with the background colour, and leaves it transparent.
func alphaBackground(m *machine, p *Picture) (*Picture, error) {
	if !p.Alpha() {
		return p, nil
	}
	return m.flooded(p, func(alpha uint16) bool { return alpha == 0 })
}

// flooded gives pixels that are chosen by their alpha the background's colour.
func (m *machine) flooded(p *Picture, chosen func(alpha uint16) bool) (*Picture, error) {
	background := m.ground(p)
	background.Alpha = fullRange
	p, err := p.holding(background)
	if err != nil {
		return nil, err
	}
	ink := p.inks(background)
	bands := p.img.Bands()
	return p.shade(func(_ int, out, in []uint16) {
		copy(out, in)
		for i := 0; i < len(in); i += bands {
			if chosen(in[i+bands-1]) {
				copy(out[i:i+bands-1], ink)
			}
		}
	})
}

// inks is ink in 16 bits.
func (p *Picture) inks(c magick.Color) []uint16 {
	var out []uint16
	for _, v := range p.ink(c) {
		out = append(out, quantum[uint16](v/p.Max()*fullRange))
	}
	return out
}

// alphaRemove puts the picture over the background colour. An alpha channel stays, as opaque as the background is.
func alphaRemove(m *machine, p *Picture) (*Picture, error) {
	if !p.Alpha() {
		return p, nil
	}
	background := m.ground(p)
	p, err := p.holding(background)
	if err != nil {
		return nil, err
	}
	ink, bands := p.ink(background), p.img.Bands()
	for band := range ink {
		ink[band] *= fullRange / p.Max()
	}
	below := ink[bands-1] / fullRange
	return p.shade(func(_ int, out, in []uint16) {
		for i := 0; i < len(in); i += bands {
			a := float64(in[i+bands-1]) / fullRange
			rest := below * (1 - a)
			total := max(a+rest, 1e-12)
			for band := range bands - 1 {
				out[i+band] = quantum[uint16]((a*float64(in[i+band]) + rest*ink[band]) / total)
			}
			out[i+bands-1] = quantum[uint16](ink[bands-1])
		}
	})
}
