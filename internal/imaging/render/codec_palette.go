package render

import (
	"errors"
	"image"
	"image/color"

	"bluerose/internal/imaging/vips"
)

// indexed gives the picture's pixels as indexes of a palette of at most limit colours: its own colours where they are
// that few, else the best ones, chosen and dithered as -colors does. What is less than half opaque is transparent.
func (m *machine) indexed(p *Picture, limit int) (*image.Paletted, error) {
	whole := p // with all its bits, which the choice of colours goes by
	p, err := p.asRGB()
	if err != nil {
		return nil, err
	}
	if p, err = p.cutOut(); err != nil {
		return nil, err
	}
	if p, err = p.settle(); err != nil {
		return nil, err
	}
	if !whole.wide() || whole.Alpha() || whole.Space != SRGB {
		whole = p
	}
	pix, err := p.pixels()
	if err != nil {
		return nil, err
	}
	if exact, ok := exactPalette(pix, p.Width(), p.Height(), p.img.Bands(), limit); ok {
		return exact, nil
	}
	for _, colours := range []int{limit, limit - 1} { // one less leaves room for what is transparent
		reduced, err := m.reduced(whole, colours)
		if err != nil {
			return nil, err
		}
		if reduced, err = reduced.asRGB(); err != nil {
			return nil, err
		}
		if pix, err = reduced.pixels(); err != nil {
			return nil, err
		}
		if exact, ok := exactPalette(pix, p.Width(), p.Height(), reduced.img.Bands(), limit); ok {
			return exact, nil
		}
	}
	return nil, errPalette
}

var errPalette = errors.New("quantising left too many colours")

// exactPalette indexes pixels of three or four bytes by the colours that they have, alpha included, in the order in which
// they come; it gives up when they are more than limit. All transparent pixels are one colour.
func exactPalette(pix []byte, width, height, bands, limit int) (*image.Paletted, bool) {
	out := image.NewPaletted(image.Rect(0, 0, width, height), nil)
	places := make(map[uint32]byte, limit)
	last, place := uint32(0), byte(0)
	for i := range out.Pix {
		px := pix[i*bands : i*bands+bands]
		c := color.NRGBA{R: px[0], G: px[1], B: px[2], A: 255}
		key := uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B) | 0xff000000
		if bands == 4 {
			c.A = px[3]
			key = key&0xffffff | uint32(c.A)<<24
			if c.A == 0 {
				c, key = color.NRGBA{}, 0
			}
		}
		if i == 0 || key != last {
			known, ok := places[key]
			if !ok {
				if len(out.Palette) == limit {
					return nil, false
				}
				known = byte(len(out.Palette))
				places[key] = known
				out.Palette = append(out.Palette, c)
			}
			last, place = key, known
		}
		out.Pix[i] = place
	}
	return out, true
}

// cutOut makes every pixel either opaque or transparent.
func (p *Picture) cutOut() (*Picture, error) {
	if !p.Alpha() {
		return p, nil
	}
	alpha, err := p.img.Chain().Op("extract_band", vips.Args{"band": p.colours()}).
		Op("relational_const", vips.Args{"relational": "moreeq", "c": []float64{128}}).Image()
	if err != nil {
		return nil, err
	}
	colours, err := p.img.Op("extract_band", vips.Args{"band": 0, "n": p.colours()})
	if err != nil {
		return nil, err
	}
	img, err := p.img.Scope().Create("bandjoin", vips.Args{"in": []*vips.Image{colours, alpha}})
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// asRGB gives the picture as 8-bit sRGB, with alpha where it had some.
func (p *Picture) asRGB() (*Picture, error) {
	p, err := p.narrow()
	if err != nil {
		return nil, err
	}
	if p, err = p.inSRGB(); err != nil {
		return nil, err
	}
	return p.toRGB()
}

// inSRGB gives a picture of any colourspace but gray as sRGB.
func (p *Picture) inSRGB() (*Picture, error) {
	if p.Space == Gray {
		return p, nil
	}
	return p.toSpace(SRGB)
}
