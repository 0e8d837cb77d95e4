package render

import (
	"math"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// raster is a picture's pixels in Go's hands, as ImageMagick's Q16 holds them: 0 to 65535 a band, row by row, the bands
// of a pixel side by side. It is for operators that libvips has no operation for.
type raster struct {
	Width, Height, Bands int
	Pix                  []uint16
}

// raster computes the picture and gives its pixels, which belong to the caller.
func (p *Picture) raster() (*raster, error) {
	data, err := p.pixels()
	if err != nil {
		return nil, err
	}
	r := &raster{Width: p.Width(), Height: p.Height(), Bands: p.img.Bands()}
	if p.img.Format() == vips.Ushort {
		r.Pix = words(data)
		return r, nil
	}
	r.Pix = make([]uint16, len(data))
	for i, v := range data {
		r.Pix[i] = uint16(v) * 257
	}
	return r, nil
}

// withRaster gives the picture with the pixels of r, in the form that its depth asks for. Alpha is there when r has a
// band more than the picture's colourspace.
func (p *Picture) withRaster(r *raster) (*Picture, error) {
	space := interpretation(p.Space, p.wide())
	var img *vips.Image
	var err error
	if p.wide() {
		img, err = p.img.Scope().FromPixels(octets(r.Pix), r.Width, r.Height, r.Bands, vips.Ushort, space)
	} else {
		narrow := make([]byte, len(r.Pix))
		for i, v := range r.Pix {
			narrow[i] = byte((uint32(v) + 128) / 257)
		}
		img, err = p.img.Scope().FromPixels(narrow, r.Width, r.Height, r.Bands, vips.Uchar, space)
	}
	if err != nil {
		return nil, err
	}
	q := p.with(img)
	q.settled = true
	return q, nil
}

// wide reports whether the picture's numbers are Ushort.
func (p *Picture) wide() bool { return p.img.Format() == vips.Ushort }

// interpretation gives what libvips calls pixels of a colourspace.
func interpretation(space Space, wide bool) vips.Interpretation {
	switch {
	case space == Gray && wide:
		return vips.Grey16
	case space == Gray:
		return vips.BW
	case space == CMYK:
		return vips.CMYK
	case wide:
		return vips.RGB16
	}
	return vips.SRGB
}

// cast brings an image of any number type back to the picture's own: rounded, and kept in range.
func (p *Picture) cast(img *vips.Image) (*Picture, error) {
	space := interpretation(p.Space, p.wide())
	format := "uchar"
	if p.wide() {
		format = "ushort"
	}
	chain := img.Chain()
	if img.Format() == vips.Float || img.Format() == vips.Double {
		chain = chain.Op("round", vips.Args{"round": "rint"})
	}
	out, err := chain.Op("cast", vips.Args{"format": format}).Op("copy", vips.Args{"interpretation": int(space)}).Image()
	if err != nil {
		return nil, err
	}
	return p.with(out), nil
}

// widen gives the picture with 16-bit numbers, for operators whose result needs them.
func (p *Picture) widen() (*Picture, error) {
	if p.wide() {
		return p, nil
	}
	img, err := p.img.Chain().Op("linear", vips.Args{"a": 257.0, "b": 0.0}).Op("cast", vips.Args{"format": "ushort"}).
		Op("copy", vips.Args{"interpretation": int(interpretation(p.Space, true))}).Image()
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// ink gives a colour as the picture's own numbers: its colour bands and, when the picture has alpha, alpha.
func (p *Picture) ink(c magick.Color) []float64 {
	scale := p.Max() / 65535
	var bands []float64
	switch p.Space {
	case Gray:
		bands = []float64{luma(c) * scale}
	case CMYK:
		bands = cmykOf(c, scale)
	default:
		r, g, b := rgbOf(c)
		bands = []float64{r * scale, g * scale, b * scale}
	}
	if p.Alpha() {
		bands = append(bands, float64(c.Alpha)*scale)
	}
	return bands
}

// rgbOf gives a colour's red, green and blue, 0 to 65535.
func rgbOf(c magick.Color) (r, g, b float64) {
	if c.Space != magick.CMYK {
		return float64(c.Red), float64(c.Green), float64(c.Blue)
	}
	k := 65535 - float64(c.Black)
	mix := func(v uint16) float64 { return (65535 - float64(v)) * k / 65535 }
	return mix(c.Red), mix(c.Green), mix(c.Blue)
}

// luma gives the intensity of a colour, 0 to 65535, by ImageMagick's default: Rec. 709 weights on non-linear values.
func luma(c magick.Color) float64 {
	r, g, b := rgbOf(c)
	return lumaOf(r, g, b)
}

func lumaOf(r, g, b float64) float64 { return 0.212656*r + 0.715158*g + 0.072186*b }

func cmykOf(c magick.Color, scale float64) []float64 {
	if c.Space == magick.CMYK {
		return []float64{float64(c.Red) * scale, float64(c.Green) * scale, float64(c.Blue) * scale, float64(c.Black) * scale}
	}
	r, g, b := rgbOf(c)
	k := 65535 - max(r, g, b)
	if k == 65535 {
		return []float64{0, 0, 0, 65535 * scale}
	}
	of := func(v float64) float64 { return (65535 - v - k) / (65535 - k) * 65535 * scale }
	return []float64{of(r), of(g), of(b), k * scale}
}

// gray reports whether a colour has no hue.
func gray(c magick.Color) bool {
	return c.Space != magick.CMYK && c.Red == c.Green && c.Green == c.Blue
}

// holding gives the picture in a form that can show colour c: alpha when c is not opaque, sRGB when p is gray and c is not.
func (p *Picture) holding(c magick.Color) (*Picture, error) {
	var err error
	if p.Space == Gray && !gray(c) {
		if p, err = p.toRGB(); err != nil {
			return nil, err
		}
	}
	if c.Alpha != 0xffff {
		return p.withAlpha()
	}
	return p, nil
}

// toRGB gives a gray picture as sRGB.
func (p *Picture) toRGB() (*Picture, error) {
	if p.Space != Gray {
		return p, nil
	}
	colour, err := p.img.Op("extract_band", vips.Args{"band": 0})
	if err != nil {
		return nil, err
	}
	bands := []*vips.Image{colour, colour, colour}
	if p.Alpha() {
		alpha, err := p.img.Op("extract_band", vips.Args{"band": 1})
		if err != nil {
			return nil, err
		}
		bands = append(bands, alpha)
	}
	img, err := p.img.Scope().Create("bandjoin", vips.Args{"in": bands})
	if err != nil {
		return nil, err
	}
	img, err = img.Op("copy", vips.Args{"interpretation": int(interpretation(SRGB, p.wide()))})
	if err != nil {
		return nil, err
	}
	q := p.with(img)
	q.Space = SRGB
	return q, nil
}

// withAlpha gives the picture with an alpha band, opaque where it had none.
func (p *Picture) withAlpha() (*Picture, error) {
	if p.Alpha() {
		return p, nil
	}
	img, err := p.img.Op("bandjoin_const", vips.Args{"c": []float64{p.Max()}})
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// withoutAlpha gives the picture without its alpha band; the colours that it hid stay what they are.
func (p *Picture) withoutAlpha() (*Picture, error) {
	if !p.Alpha() {
		return p, nil
	}
	img, err := p.img.Op("extract_band", vips.Args{"band": 0, "n": p.colours()})
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// premultiplied runs change on the picture's image with its colours multiplied by alpha, and divides them afterwards:
// what a filter that mixes neighbours needs. Without alpha it runs change on the image as it is.
func (p *Picture) premultiplied(change func(*vips.Image) (*vips.Image, error)) (*Picture, error) {
	if !p.Alpha() {
		img, err := change(p.img)
		if err != nil {
			return nil, err
		}
		return p.cast(img)
	}
	full := vips.Args{"max_alpha": p.Max()}
	img, err := p.img.Op("premultiply", full)
	if err != nil {
		return nil, err
	}
	if img, err = change(img); err != nil {
		return nil, err
	}
	if img, err = img.Op("unpremultiply", full); err != nil {
		return nil, err
	}
	return p.cast(img)
}

// curve is a function of a channel's value, 0 to 1 both.
type curve func(float64) float64

// mapped applies a curve to every band that channels names, by a table.
func (p *Picture) mapped(channels magick.Channels, f curve) (*Picture, error) {
	curves := make([]curve, p.img.Bands())
	for band := range curves {
		if p.named(band, channels) {
			curves[band] = f
		}
	}
	return p.mappedEach(curves)
}

// mappedEach applies a curve of its own to every band; nil leaves a band as it is.
func (p *Picture) mappedEach(curves []curve) (*Picture, error) {
	size, full := 256, p.Max()
	if p.wide() {
		size = 65536
	}
	bands := len(curves)
	table := make([]uint16, size*bands)
	for band, f := range curves {
		for i := range size {
			v := float64(i)
			if f != nil {
				v = math.Floor(min(max(f(v/full), 0), 1)*full + 0.5)
			}
			table[i*bands+band] = uint16(v)
		}
	}
	var lut *vips.Image
	var err error
	if p.wide() {
		lut, err = p.img.Scope().FromPixels(octets(table), size, 1, bands, vips.Ushort, vips.Multiband)
	} else {
		narrow := make([]byte, len(table))
		for i, v := range table {
			narrow[i] = byte(v)
		}
		lut, err = p.img.Scope().FromPixels(narrow, size, 1, bands, vips.Uchar, vips.Multiband)
	}
	if err != nil {
		return nil, err
	}
	img, err := p.img.Op("maplut", vips.Args{"lut": lut})
	if err != nil {
		return nil, err
	}
	img, err = img.Op("copy", vips.Args{"interpretation": int(interpretation(p.Space, p.wide()))})
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// named reports whether channels names the picture's band. A gray band is named by any of red, green and blue.
func (p *Picture) named(band int, channels magick.Channels) bool {
	if p.Alpha() && band == p.colours() {
		return channels&magick.ChannelAlpha != 0
	}
	if p.Space == Gray {
		return channels&(magick.ChannelRGB|magick.ChannelGray) != 0
	}
	return channels&[...]magick.Channels{magick.ChannelRed, magick.ChannelGreen, magick.ChannelBlue, magick.ChannelBlack}[band] != 0
}
