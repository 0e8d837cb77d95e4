package render

import (
	"embed"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// canvasGenerators make pictures from nothing.
var canvasGenerators = map[string]generator{
	"canvas":          canvas,
	"xc":              canvas,
	"null":            nothing,
	"gradient":        gradient(linearGradient),
	"radial-gradient": gradient(radialGradient),
	"rose":            builtin,
	"logo":            builtin,
	"wizard":          builtin,
	"granite":         builtin,
	"netscape":        builtin,
}

// builtins are ImageMagick's built-in pictures (see NOTICE).
//
//go:embed builtin/*.png
var builtins embed.FS

func builtin(m *machine, src magick.Source) ([]*Picture, error) {
	data, err := builtins.ReadFile("builtin/" + src.Coder + ".png")
	if err != nil {
		return nil, err
	}
	pictures, err := formatNamed("png").decode(m, &source{data: data, name: src.Name, format: formatNamed("png")})
	if err != nil {
		return nil, err
	}
	for _, p := range pictures {
		p.Format, p.Bytes = src.Coder, 0
		p.Properties, p.Profiles = map[string]string{}, map[string][]byte{}
	}
	return m.fitted(pictures, src)
}

// size gives -size, or a size that stands where none was given.
func (m *machine) size(width, height int) (int, int) {
	if g, ok := m.settings.geometry("size"); ok {
		width, height = max(half(g.Width), 1), max(half(g.Height), 1)
		if !g.HasHeight {
			height = width
		}
	}
	return width, height
}

// fresh gives a new picture, 16 bits a channel as ImageMagick's canvases are.
func (m *machine) fresh(img *vips.Image, coder string) *Picture {
	return &Picture{
		img: img, Space: SRGB, Depth: 16, Format: coder,
		Properties: map[string]string{}, Profiles: map[string][]byte{},
	}
}

// canvas is xc: and canvas: one colour, the background's when none is named.
func canvas(m *machine, src magick.Source) ([]*Picture, error) {
	c := m.settings.background()
	if len(src.Colors) > 0 {
		c = src.Colors[0]
	}
	width, height := m.size(1, 1)
	p, err := m.solid(width, height, c)
	if err != nil {
		return nil, err
	}
	p.Format = src.Coder
	return m.fitted([]*Picture{p}, src)
}

// nothing is null: one transparent pixel.
func nothing(m *machine, _ magick.Source) ([]*Picture, error) {
	p, err := m.solid(1, 1, magick.Color{})
	if err != nil {
		return nil, err
	}
	p.Format = "null"
	return []*Picture{p}, nil
}

// solid gives a picture of one colour.
func (m *machine) solid(width, height int, c magick.Color) (*Picture, error) {
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	r, g, b := rgbOf(c)
	bands, space := []float64{r, g, b}, SRGB
	if c.Space == magick.Gray {
		bands, space = bands[:1], Gray
	}
	if c.Alpha != 0xffff {
		bands = append(bands, float64(c.Alpha))
	}
	img, err := m.scope.Create("black", vips.Args{"width": width, "height": height, "bands": len(bands)})
	if err != nil {
		return nil, err
	}
	img, err = img.Chain().Op("linear", vips.Args{"a": 1.0, "b": bands}).Op("cast", vips.Args{"format": "ushort"}).
		Op("copy", vips.Args{"interpretation": int(interpretation(space, true))}).Image()
	if err != nil {
		return nil, err
	}
	p := m.fresh(img, "xc")
	p.Space = space
	return p, nil
}

// gradient makes a generator of a function that says, for a picture of width x height, how far from the first colour
// towards the second a pixel is, 0 to 1.
func gradient(of func(m *machine, width, height int) func(x, y float64) float64) generator {
	return func(m *machine, src magick.Source) ([]*Picture, error) {
		from, to := white, black
		if len(src.Colors) > 0 {
			from = src.Colors[0]
			// One colour runs to black, or a dark one to white (ImageMagick 6.9, ReadGRADIENTImage).
			if dark(from) {
				to = white
			}
		}
		if len(src.Colors) > 1 {
			to = src.Colors[1]
		}
		width, height := m.size(1, 1)
		if err := m.admit(width, height); err != nil {
			return nil, err
		}
		img, err := m.blend(width, height, from, to, of(m, width, height))
		if err != nil {
			return nil, err
		}
		return m.fitted([]*Picture{m.fresh(img, src.Coder)}, src)
	}
}

// dark reports whether a colour is nearer to black than to white.
func dark(c magick.Color) bool {
	v := components(c)
	return lumaOf(v[0], v[1], v[2]) <= fullRange/2
}

// blend makes the pixels of a gradient: where share is t, the colours are mixed 1-t to t, each by its alpha. What lies
// outside gradient:bounding-box is white.
func (m *machine) blend(width, height int, from, to magick.Color, share func(x, y float64) float64) (*vips.Image, error) {
	a, b := components(from), components(to)
	bands := 3
	if from.Alpha != 0xffff || to.Alpha != 0xffff {
		bands = 4
	}
	box := region{Width: width, Height: height}
	if g, err := magick.ParseGeometry(m.settings.defines["gradient:bounding-box"]); err == nil && g.HasWidth && g.HasHeight {
		box = region{Width: int(g.Width), Height: int(g.Height), X: int(g.X), Y: int(g.Y)}
	}
	outside := components(white)
	pix := make([]uint16, 0, width*height*bands)
	for y := range height {
		if y%64 == 0 && m.scope.Context().Err() != nil {
			return nil, m.scope.Context().Err()
		}
		for x := range width {
			if !box.holds(x, y) {
				for i := range bands {
					pix = append(pix, uint16(outside[i]))
				}
				continue
			}
			t := min(max(share(float64(x), float64(y)), 0), 1)
			alpha := a[3] + (b[3]-a[3])*t
			mixed := t
			if bands == 4 && alpha > 0 {
				mixed = t * b[3] / alpha
			}
			for i := range 3 {
				pix = append(pix, uint16(a[i]+(b[i]-a[i])*mixed+0.5))
			}
			if bands == 4 {
				pix = append(pix, uint16(alpha+0.5))
			}
		}
	}
	return m.scope.FromPixels(octets(pix), width, height, bands, vips.Ushort, vips.RGB16)
}

func components(c magick.Color) [4]float64 {
	r, g, b := rgbOf(c)
	return [4]float64{r, g, b, float64(c.Alpha)}
}

// linearGradient runs from the top to the bottom, or as the defines say.
func linearGradient(m *machine, width, height int) func(x, y float64) float64 {
	return m.gradientLine(width, height).share
}

// radialGradient runs from the centre to the farther pair of edges, or as the defines say.
func radialGradient(m *machine, width, height int) func(x, y float64) float64 {
	return m.radialShare(width, height)
}

// fitted does what stands in square brackets behind a name beside frames, or in -extract before it: a size to resize to, or
// a region to cut out.
func (m *machine) fitted(pictures []*Picture, src magick.Source) ([]*Picture, error) {
	g, ok := m.settings.geometry("extract")
	if src.Size != nil {
		g, ok = *src.Size, true
	}
	if !ok {
		return pictures, nil
	}
	var out []*Picture
	for _, p := range pictures {
		if g.HasX || g.HasY {
			q, err := m.piece(p, m.gravitated(p, g))
			if err != nil {
				return nil, err
			}
			q.Page = Page{}
			out = append(out, q)
			continue
		}
		width, height := sized(g, p.Width(), p.Height())
		q, err := m.resized(p, width, height)
		if err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	return out, nil
}
