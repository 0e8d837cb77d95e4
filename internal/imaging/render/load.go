package render

import (
	"bytes"
	"maps"
	"math"
	"strings"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// header is what a file says of its picture beside the pixels and what libvips tells of them.
type header struct {
	Width, Height      int // 0: the parser did not find them
	Frames             int
	Depth              int // bits of a channel; 0 unknown
	Colors             int // entries of the palette; for gray, how many grays there can be
	Quality            int
	Sampling           string
	Interlace, Palette bool
	Page               Page
	DensityX, DensityY float64
	Units              string
	Properties         map[string]string
	Profiles           map[string][]byte
	Background         *magick.Color
	texts              int    // of a PNG, read so far
	bits               int    // of a PNG's samples
	colours            []byte // of a PNG's palette, three bytes each
}

// open plans the decoding of the source's picture, in the form that pictures have in this package. args are the loader's
// own and come before those that the source was read with: {"shrink": 4} for JPEG, {"scale": 0.25} (times what the
// source was read at) for WebP and SVG, {"access": "sequential"} for pixels that are read once, from top to bottom.
// Without access they are decoded whole, into memory, when the first is asked for.
func (src *source) open(scope *vips.Scope, args vips.Args) (*vips.Image, error) {
	img, err := src.load(scope, args)
	if err != nil {
		return nil, err
	}
	return form(img)
}

func (src *source) load(scope *vips.Scope, args vips.Args) (*vips.Image, error) {
	all := vips.Args{"fail_on": "error", "memory": true}
	maps.Copy(all, src.args)
	for name, arg := range args {
		if before, ok := src.args[name].(float64); ok && name == "scale" {
			arg = before * arg.(float64)
		}
		all[name] = arg
	}
	if all["access"] == "sequential" {
		delete(all, "memory")
	}
	return scope.Load(src.format.loader, src.data, all)
}

// form brings an image as libvips loads it to the package's form: Uchar or Ushort, gray, sRGB or CMYK, alpha behind.
func form(img *vips.Image) (*vips.Image, error) {
	colours := img.Bands()
	if img.HasAlpha() {
		colours--
	}
	known := map[vips.Interpretation]int{vips.BW: 1, vips.Grey16: 1, vips.SRGB: 3, vips.RGB16: 3, vips.CMYK: 4}
	plain := img.Format() == vips.Uchar || img.Format() == vips.Ushort
	if plain && known[img.Interpretation()] == colours {
		return img, nil
	}
	if plain && img.Interpretation() == vips.Multiband {
		return named(img)
	}
	space := "srgb"
	if img.Format().Size() > 1 && img.Bands() < 3 {
		space = "grey16"
	} else if img.Format().Size() > 1 {
		space = "rgb16"
	}
	return img.Op("colourspace", vips.Args{"space": space})
}

// named gives bands without a meaning the one that their number suggests; what is more than colour and alpha is dropped.
func named(img *vips.Image) (*vips.Image, error) {
	wide := img.Format() == vips.Ushort
	bands := min(img.Bands(), 4)
	space := SRGB
	if bands < 3 {
		space = Gray
	}
	return img.Chain().Op("extract_band", vips.Args{"band": 0, "n": bands}).
		Op("copy", vips.Args{"interpretation": int(interpretation(space, wide))}).Image()
}

func spaceOf(img *vips.Image) Space {
	switch img.Interpretation() {
	case vips.BW, vips.Grey16:
		return Gray
	case vips.CMYK:
		return CMYK
	}
	return SRGB
}

// broken is the error of a picture whose format is known and whose bytes do not keep to it.
func broken(f *format, cause error) error {
	return event.Errorf(event.InvalidImage, "The %s picture is broken or cut off; send it again, whole", strings.ToUpper(f.name)).Wrap(cause)
}

// opened reads the header of a source and gives its picture and the number of frames that its file has.
func (m *machine) opened(src *source) (*Picture, int, error) {
	h := header{}
	if src.format.header != nil {
		var ok bool
		if h, ok = src.format.header(src.data); !ok {
			return nil, 0, broken(src.format, nil)
		}
		if err := m.engine.limits.admit(h.Width, h.Height, h.Frames); err != nil {
			return nil, 0, err
		}
	}
	raw, err := src.load(m.scope, nil)
	if err != nil {
		if m.scope.Context().Err() != nil {
			return nil, 0, err
		}
		return nil, 0, broken(src.format, err)
	}
	frames := max(raw.Int("n-pages", 1), h.Frames)
	if err := m.engine.limits.admit(raw.Width(), raw.Height(), frames); err != nil {
		return nil, 0, err
	}
	img, err := form(raw)
	if err != nil {
		return nil, 0, err
	}
	p := m.picture(img, src)
	p.source, p.trail = src, &trail{source: src}
	src.width, src.height = img.Width(), img.Height()
	p.add(raw, h)
	return p, frames, nil
}

// picture makes the picture of a source around its image.
func (m *machine) picture(img *vips.Image, src *source) *Picture {
	p := &Picture{img: img, Space: spaceOf(img), Depth: 8 * img.Format().Size(), Format: src.format.name, Name: src.name,
		Bytes: len(src.data), Units: "Undefined", Properties: map[string]string{}, Profiles: map[string][]byte{}}
	return p
}

// add takes over what libvips (raw, before its form was changed) and the file's header know beside the pixels.
func (p *Picture) add(raw *vips.Image, h header) {
	if depth := raw.Int("bits-per-sample", 0); depth >= 1 && depth <= 16 {
		p.Depth = depth
	}
	p.Orientation = min(max(raw.Int("orientation", 0), 0), 8)
	p.Palette = h.Palette || raw.Int("palette", 0) > 0
	p.Interlace = h.Interlace || raw.Int("interlaced", 0) > 0
	for profile, field := range profileFields {
		if data, ok := raw.Get(field); ok {
			if data, ok := data.([]byte); ok && len(data) > 0 {
				p.Profiles[profile] = data
			}
		}
	}
	if h.Depth > 0 {
		p.Depth = h.Depth
	}
	p.Colors, p.Quality, p.Sampling, p.Page = h.Colors, h.Quality, h.Sampling, h.Page
	p.DensityX, p.DensityY = h.DensityX, h.DensityY
	p.Background = h.Background
	if h.Units != "" {
		p.Units = h.Units
	}
	maps.Copy(p.Properties, h.Properties)
	maps.Copy(p.Profiles, h.Profiles)
	if p.DensityX == 0 && p.Format == "tiff" {
		p.tiffDensity(raw)
	}
}

// tiffDensity takes over the density of a TIFF, which libvips gives in pixels per millimetre.
func (p *Picture) tiffDensity(raw *vips.Image) {
	unit, ok := raw.Get("resolution-unit")
	if !ok {
		return
	}
	x, y := raw.Resolution()
	scale := 25.4
	p.Units = "PixelsPerInch"
	if unit == "cm" {
		p.Units, scale = "PixelsPerCentimeter", 10
	}
	round := func(v float64) float64 { return math.Round(v*scale*1000) / 1000 }
	p.DensityX, p.DensityY = round(x), round(y)
}

// profileFields are libvips' names of the profiles.
var profileFields = map[string]string{
	"icc": "icc-profile-data", "exif": "exif-data", "xmp": "xmp-data", "iptc": "iptc-data", "8bim": "photoshop-data",
}

// decodeVips reads the pictures of a format that libvips loads, page by page.
func decodeVips(m *machine, src *source) ([]*Picture, error) {
	first, frames, err := m.opened(src)
	if err != nil {
		return nil, err
	}
	wanted, err := src.wanted(frames)
	if err != nil {
		return nil, err
	}
	var list []*Picture
	total := int64(0)
	for _, i := range wanted {
		p := first
		if i > 0 {
			page := *src
			page.args = vips.Args{"page": i}
			if p, _, err = m.opened(&page); err != nil {
				return nil, err
			}
		}
		p.Scene = i
		total += int64(p.Width()) * int64(p.Height())
		if total > m.engine.limits.Pixels {
			return nil, m.engine.limits.admit(p.Width(), p.Height(), int(math.Ceil(float64(total)/float64(p.Width()*p.Height()))))
		}
		list = append(list, p)
	}
	return list, nil
}

// wanted gives the numbers of the frames that the program named.
func (src *source) wanted(frames int) ([]int, error) {
	list := src.frames.Indexes(frames)
	if len(list) == 0 {
		return nil, event.Errorf(event.UnsupportedArgument,
			"The picture has %d frame(s), numbered from 0, and none of those that the arguments name; name others", frames)
	}
	return list, nil
}

// decodeWebP reads a WebP; the frames of an animation come composed, as they show.
func decodeWebP(m *machine, src *source) ([]*Picture, error) {
	first, frames, err := m.opened(src)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(src.data[min(12, len(src.data)):], []byte("VP8L")) {
		first.Quality = webpLossless
	}
	if frames <= 1 {
		_, err := src.wanted(1)
		return []*Picture{first}, err
	}
	wanted, err := src.wanted(frames)
	if err != nil {
		return nil, err
	}
	all := *src
	all.args = vips.Args{"n": -1}
	strip, err := all.open(m.scope, nil)
	if err != nil {
		return nil, broken(src.format, err)
	}
	delays, _ := strip.Get("delay")
	var list []*Picture
	for _, i := range wanted {
		img, err := strip.Op("extract_area", vips.Args{"input": nil, "left": 0, "top": i * first.Height(), "width": first.Width(), "height": first.Height()})
		if err != nil {
			return nil, err
		}
		p := first.copy()
		p.img, p.source, p.trail, p.Scene = img, nil, nil, i
		p.Loop = strip.Int("loop", 0)
		p.Page = Page{Width: first.Width(), Height: first.Height()}
		if ms, ok := delays.([]int); ok && i < len(ms) {
			p.Delay = (ms[i] + 5) / 10
		}
		list = append(list, p)
	}
	return list, nil
}

const (
	svgScaleMax = 1000 // what libvips takes
	svgPoints   = 72.0 // per inch
	svgDensity  = 96.0 // pixels per inch that an SVG's lengths are taken at
)

// decodeSVG draws an SVG at -density, or at the size that -size gives it. librsvg is handed bytes without a place that
// they came from, so it reads nothing that they name.
func decodeSVG(m *machine, src *source) ([]*Picture, error) {
	x, y, units := m.settings.density()
	dpi := svgDensity
	if x > 0 {
		dpi = x
		if units == "PixelsPerCentimeter" {
			dpi = x * 2.54
		}
	}
	// libvips enlarges by dpi/72 beside what the units ask for, which the scale takes back.
	scale := dpi / svgDensity * svgPoints / svgDensity
	src.args = vips.Args{"dpi": svgDensity, "scale": min(max(scale, 0.001), svgScaleMax)}
	if size, ok := m.settings.geometry("size"); ok {
		probe, err := src.load(m.scope, nil)
		if err != nil {
			return nil, broken(src.format, err)
		}
		fit := size.Width / float64(probe.Width())
		if high := size.Height / float64(probe.Height()); !size.HasWidth || size.HasHeight && high < fit {
			fit = high
		}
		if fit > 0 {
			src.args["scale"] = min(scale*fit, svgScaleMax)
		}
	}
	list, err := decodeVips(m, src)
	if err != nil {
		return nil, err
	}
	for i, p := range list {
		if x > 0 {
			p.DensityX, p.DensityY, p.Units = x, y, units
		}
		if list[i], err = m.onBackground(p); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// onBackground puts a drawing over -background, white unless said; it stays transparent over one that is.
func (m *machine) onBackground(p *Picture) (*Picture, error) {
	colour := m.settings.background()
	if colour.Alpha == 0 {
		return p, nil
	}
	img, err := p.img.Op("flatten", vips.Args{"background": p.ink(colour)[:p.colours()], "max_alpha": p.Max()})
	if err != nil {
		return nil, err
	}
	if colour.Alpha == 0xffff {
		return p.with(img), nil
	}
	return p.with(img).withAlpha()
}
