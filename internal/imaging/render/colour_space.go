package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// spaceOperators change the colourspace.
var spaceOperators = map[string]operator{
	"colorspace": colorspace,
	"grayscale": func(m *machine, p *Picture, s magick.Step) (*Picture, error) {
		if name := choice(s, ""); name != "Rec709Luminance" {
			return p.toGray(name)
		}
		return p.toSpace("LinearGray")
	},
	"type": imageType,
}

func colorspace(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	if p.Gamma != 0 {
		p = p.copy()
		p.Gamma = 0
	}
	switch name := choice(s, string(SRGB)); name {
	case "Gray", "Rec709Luma": // whatever -intensity says
		return p.toGray("")
	case "Transparent":
		p, err := p.toSpace(SRGB)
		if err != nil {
			return nil, err
		}
		return p.withAlpha()
	default:
		return p.toSpace(Space(name))
	}
}

// toSpace gives the picture in another colourspace. Any but sRGB, Gray and CMYK makes its numbers 16 bits wide, because
// ImageMagick's are. It is an error to ask for a colourspace that does not exist.
func (p *Picture) toSpace(space Space) (*Picture, error) {
	if space == "Undefined" {
		space = SRGB
	}
	if p.Space == space {
		return p, nil
	}
	var err error
	switch {
	case p.Space == Gray:
		if p, err = p.toRGB(); err != nil {
			return nil, err
		}
	case p.Space == CMYK:
		if p, err = p.fromCMYK(); err != nil {
			return nil, err
		}
	case p.Space != SRGB:
		back := colourspaces[p.Space].to
		flat := *p
		flat.Space = SRGB
		if p, err = flat.perPixel(flat.pixelForm(), flat.eachColour(magick.ChannelRGB, back)); err != nil {
			return nil, err
		}
	}
	switch space {
	case SRGB:
		return p, nil
	case Gray:
		return p.toGray("")
	case CMYK:
		return p.toCMYK()
	}
	model, ok := colourspaces[space]
	if !ok {
		return nil, refuse(magick.Step{Name: "colorspace"}, "%s is no colourspace", space)
	}
	to := p.pixelForm()
	to.wide = true
	q, err := p.perPixel(to, p.eachColour(magick.ChannelRGB, model.from))
	if err != nil {
		return nil, err
	}
	q.Space = space
	return q, nil
}

// forWriting gives the picture in a colourspace that files hold: sRGB, Gray or CMYK.
func (p *Picture) forWriting() (*Picture, error) {
	switch p.Space {
	case SRGB, Gray, CMYK:
		return p, nil
	case "LinearGray", "Rec601Luma", "Rec709Luma":
		q, err := p.toSpace(SRGB)
		if err != nil {
			return nil, err
		}
		return q.toGray("")
	}
	return p.toSpace(SRGB)
}

// asStored is forWriting for JPEG, where ImageMagick writes the numbers of a gray colourspace as they are.
func (p *Picture) asStored() (*Picture, error) {
	switch p.Space {
	case "LinearGray", "Rec601Luma", "Rec709Luma":
		return p.band(0)
	}
	return p.forWriting()
}

func (p *Picture) fromCMYK() (*Picture, error) {
	to := p.pixelForm()
	to.space = SRGB
	in, out := p.pixelForm().bands(), to.bands()
	return p.reshape(to, func(_ int, dst, src []uint16) {
		for i, j := 0, 0; i < len(src); i, j = i+in, j+out {
			k := float64(fullRange - src[i+3])
			for band := range 3 {
				dst[j+band] = quantum[uint16](float64(fullRange-src[i+band]) * k / fullRange)
			}
			if to.alpha {
				dst[j+3] = src[i+4]
			}
		}
	})
}

func (p *Picture) toCMYK() (*Picture, error) {
	to := p.pixelForm()
	to.space = CMYK
	in, out := p.pixelForm().bands(), to.bands()
	return p.reshape(to, func(_ int, dst, src []uint16) {
		for i, j := 0, 0; i < len(src); i, j = i+in, j+out {
			bands := cmykOf(magick.Color{Red: src[i], Green: src[i+1], Blue: src[i+2]}, 1)
			for band, v := range bands {
				dst[j+band] = quantum[uint16](v)
			}
			if to.alpha {
				dst[j+4] = src[i+3]
			}
		}
	})
}

// intensities are the methods of -intensity and -grayscale: an intensity of a colour, 0 to 1 (MagickCore, GetPixelIntensity).
var intensities = map[string]func(r, g, b float64) float64{
	"Average":         func(r, g, b float64) float64 { return (r + g + b) / 3 },
	"Brightness":      func(r, g, b float64) float64 { return max(r, g, b) },
	"Lightness":       func(r, g, b float64) float64 { return (min(r, g, b) + max(r, g, b)) / 2 },
	"MS":              func(r, g, b float64) float64 { return (r*r + g*g + b*b) / 3 },
	"RMS":             func(r, g, b float64) float64 { return math.Sqrt(r*r+g*g+b*b) / math.Sqrt(3) },
	"Rec601Luma":      luma601Of,
	"Rec601Luminance": func(r, g, b float64) float64 { return luma601Of(toLinear(r, g, b)) },
	"Rec709Luma":      lumaOf,
	"Rec709Luminance": func(r, g, b float64) float64 { return lumaOf(toLinear(r, g, b)) },
}

// toGray gives the picture as intensities, by a method of -intensity; Rec709Luma where it is none.
func (p *Picture) toGray(method string) (*Picture, error) {
	if p.Space == Gray {
		return p, nil
	}
	p, err := p.toSpace(SRGB)
	if err != nil {
		return nil, err
	}
	f, ok := intensities[method]
	if !ok {
		f = lumaOf
	}
	if (!ok || method == "Rec709Luma") && p.lumaTabled() {
		return p.lumaMapped(func(v float64) byte { return narrow(steps(v)) })
	}
	to := p.pixelForm()
	to.space = Gray
	in, out := p.pixelForm().bands(), to.bands()
	return p.perPixel(to, func(_ int, dst, src []uint16) {
		for i, j := 0, 0; i < len(src); i, j = i+in, j+out {
			dst[j] = steps(f(float64(src[i])*perStep, float64(src[i+1])*perStep, float64(src[i+2])*perStep))
			if to.alpha {
				dst[j+1] = src[i+3]
			}
		}
	})
}

// lumaTabled reports whether lumaMapped can read the picture: 8-bit sRGB without alpha.
func (p *Picture) lumaTabled() bool { return p.Space == SRGB && !p.wide() && !p.Alpha() }

// lumaMapped gives a gray picture of a function of the luma of each pixel, 0 to 1, which three tables add up to.
func (p *Picture) lumaMapped(f func(luma float64) byte) (*Picture, error) {
	data, err := p.pixels()
	if err != nil {
		return nil, err
	}
	var red, green, blue [256]float64
	for i := range red {
		v := float64(i*257) * perStep
		red[i], green[i], blue[i] = lumaOf(v, 0, 0), lumaOf(0, v, 0), lumaOf(0, 0, v)
	}
	width := p.Width()
	out := make([]byte, width*p.Height())
	err = p.eachStrip(func(top, bottom int) {
		in := data[3*top*width : 3*bottom*width]
		to := out[top*width : bottom*width]
		for i := range to {
			px := in[3*i : 3*i+3 : 3*i+3]
			to[i] = f(red[px[0]] + green[px[1]] + blue[px[2]])
		}
	})
	if err != nil {
		return nil, err
	}
	return p.holdingPixels(out, width, p.Height(), pixelForm{space: Gray})
}

// imageType makes the pixels fit a type of picture. Types that only say how a file is to be written change nothing here.
func imageType(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	name := choice(s, "")
	var err error
	switch name {
	case "Bilevel", "PaletteBilevelAlpha":
		return monochrome(m, p, s)
	case "Grayscale", "GrayscaleAlpha":
		p, err = p.toGray(m.settings.enum("intensity", ""))
	case "ColorSeparation", "ColorSeparationAlpha":
		p, err = p.toSpace(CMYK)
	case "TrueColor", "TrueColorAlpha", "Palette", "PaletteAlpha":
		p, err = p.toSpace(SRGB)
	}
	if err != nil {
		return nil, err
	}
	switch name {
	case "Grayscale", "TrueColor", "ColorSeparation":
		return p.withoutAlpha()
	case "GrayscaleAlpha", "TrueColorAlpha", "ColorSeparationAlpha", "PaletteAlpha":
		return p.withAlpha()
	case "Palette":
		return m.reduced(p, 256)
	}
	return p, nil
}
