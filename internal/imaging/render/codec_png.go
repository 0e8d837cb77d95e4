package render

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// pngKind is how a PNG shall be written.
type pngKind struct {
	palette bool
	gray    bool
	alpha   bool // it must have alpha
	opaque  bool // it must have none
	depth   int  // 1, 2, 4, 8 or 16; 0 is what the pixels need
}

// pngKinds are the forms that a prefix asks for.
var pngKinds = map[string]pngKind{
	"png8": {palette: true}, "png24": {opaque: true, depth: 8}, "png32": {alpha: true, depth: 8},
	"png48": {opaque: true, depth: 16}, "png64": {alpha: true, depth: 16},
}

// pngKind gives what the prefix and the defines ask for.
func (m *machine) pngKind(coder string) pngKind {
	kind, ok := pngKinds[coder]
	if !ok {
		kind = pngKinds[strings.ToLower(m.settings.defines["png:format"])]
	}
	switch m.settings.defines["png:color-type"] {
	case "0":
		kind.gray, kind.opaque = true, true
	case "2":
		kind.opaque = true
	case "3":
		kind.palette = true
	case "4":
		kind.gray, kind.alpha = true, true
	case "6":
		kind.alpha = true
	}
	switch depth, _ := strconv.Atoi(m.settings.defines["png:bit-depth"]); depth {
	case 1, 2, 4, 8, 16:
		kind.depth = depth
	}
	return kind
}

func encodePNG(m *machine, list []*Picture, to magick.Target) ([]byte, error) {
	p, kind := list[0], m.pngKind(to.Coder)
	if kind.palette || p.Palette && kind == (pngKind{}) {
		data, ok, err := m.palettedPNG(p, kind.palette)
		if ok || err != nil {
			return data, err
		}
	}
	p, err := m.plan(p)
	if err != nil {
		return nil, err
	}
	if p, err = p.inSRGB(); err != nil {
		return nil, err
	}
	p, depth, err := p.forPNG(kind)
	if err != nil {
		return nil, err
	}
	img, err := p.bare()
	if err != nil {
		return nil, err
	}
	args := vips.Args{"interlace": m.interlaced(p), "keep": keepICC}
	if m.excluded("iccp") {
		args["keep"] = keepNone
	}
	if depth < 8 {
		args["bitdepth"] = depth
	}
	maps.Copy(args, m.pngCompression())
	data, err := img.Save("pngsave_buffer", args)
	if err != nil {
		return nil, err
	}
	return m.inPNG(p, data), nil
}

// forPNG gives the picture with the bands that kind asks for, and the bits of a channel.
func (p *Picture) forPNG(kind pngKind) (*Picture, int, error) {
	var err error
	switch {
	case kind.gray && p.Space != Gray:
		p, err = p.toGray("")
	case !kind.gray && (kind.opaque || kind.alpha):
		p, err = p.toRGB()
	}
	if err != nil {
		return nil, 0, err
	}
	if kind.opaque {
		p, err = p.withoutAlpha()
	} else if kind.alpha {
		p, err = p.withAlpha()
	}
	if err != nil {
		return nil, 0, err
	}
	switch {
	case kind.depth == 16:
		p, err = p.widen()
		return p, 16, err
	case kind.depth > 0:
		p, err = p.narrow()
		if p != nil && p.img.Bands() > 1 {
			return p, 8, err
		}
		return p, kind.depth, err
	case p.wide():
		return p.shallow()
	case p.Space == Gray && !p.Alpha():
		return p.bilevel()
	}
	return p, 8, nil
}

// shallow gives a 16-bit picture with 8 bits where they hold all of it.
func (p *Picture) shallow() (*Picture, int, error) {
	p, err := p.settle()
	if err != nil {
		return nil, 0, err
	}
	data, err := p.pixels()
	if err != nil {
		return nil, 0, err
	}
	for _, v := range words(data) {
		if v%257 != 0 {
			return p, 16, nil
		}
	}
	p, err = p.narrow()
	return p, 8, err
}

// bilevel gives a gray picture and the one bit that it needs when it has only black and white, else eight.
func (p *Picture) bilevel() (*Picture, int, error) {
	p, err := p.settle()
	if err != nil {
		return nil, 0, err
	}
	data, err := p.pixels()
	if err != nil {
		return nil, 0, err
	}
	if slices.ContainsFunc(data, func(v byte) bool { return v != 0 && v != 255 }) {
		return p, 8, nil
	}
	return p, 1, nil
}

// palettedPNG writes the picture with a palette. Without force, which PNG8 is, it gives up on a picture of more colours than
// fit.
func (m *machine) palettedPNG(p *Picture, force bool) ([]byte, bool, error) {
	p, err := p.settle()
	if err != nil {
		return nil, false, err
	}
	var paletted *image.Paletted
	if force {
		paletted, err = p.png8()
	} else {
		paletted, err = p.exactly()
	}
	if err != nil || paletted == nil {
		return nil, false, err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, paletted); err != nil {
		return nil, false, err
	}
	return m.inPNG(p, out.Bytes()), true, nil
}

// exactly gives the picture with its own colours as a palette; nil when they are more than 256.
func (p *Picture) exactly() (*image.Paletted, error) {
	p, err := p.asRGB()
	if err != nil {
		return nil, err
	}
	pix, err := p.pixels()
	if err != nil {
		return nil, err
	}
	paletted, ok := exactPalette(pix, p.Width(), p.Height(), p.img.Bands(), gifColoursMax)
	if !ok {
		return nil, nil
	}
	return paletted, nil
}

// Filters of a PNG's rows (libvips, VipsForeignPngFilter), by the last digit of -quality.
var pngFilters = [...]int{0x08, 0x10, 0x20, 0x40, 0x80, 0xf8}

const pngLevel = 6 // zlib's level where nothing says otherwise

// pngCompression gives the saver's compression and filter: the tens and the ones of -quality, or the defines.
func (m *machine) pngCompression() vips.Args {
	args := vips.Args{"compression": pngLevel}
	if q, given, _ := m.settings.number("quality", 0); given && q > 0 {
		args["compression"] = min(int(q)/10, 9)
		args["filter"] = pngFilters[min(int(q)%10, len(pngFilters)-1)]
	}
	if level, err := strconv.Atoi(m.settings.defines["png:compression-level"]); err == nil && level >= 0 && level <= 9 {
		args["compression"] = level
	}
	if filter, err := strconv.Atoi(m.settings.defines["png:compression-filter"]); err == nil && filter >= 0 && filter <= 9 {
		args["filter"] = pngFilters[min(filter, len(pngFilters)-1)]
	}
	return args
}

// excluded reports whether -define png:exclude-chunk names a chunk, in lower case, and png:include-chunk does not.
func (m *machine) excluded(chunk string) bool {
	names := func(key string) []string {
		return strings.FieldsFunc(strings.ToLower(m.settings.defines["png:"+key]), func(r rune) bool { return r == ',' || r == ' ' })
	}
	excluded := append(names("exclude-chunk"), names("exclude-chunks")...)
	included := append(names("include-chunk"), names("include-chunks")...)
	return (slices.Contains(excluded, chunk) || slices.Contains(excluded, "all")) && !slices.Contains(included, chunk)
}

// inPNG puts into an encoded PNG what libvips does not: density, place on the canvas, texts, EXIF and XMP.
func (m *machine) inPNG(p *Picture, data []byte) []byte {
	const head = pngSignature + 12 + 13 // the signature and IHDR
	if len(data) < head {
		return data
	}
	out := make([]byte, 0, len(data)+1024)
	out = append(out, data[:head]...)
	add := func(name string, body []byte) {
		if len(body) > 0 && !m.excluded(strings.ToLower(name)) {
			out = appendChunk(out, name, body)
		}
	}
	if p.Gamma != 0 {
		add("gAMA", binary.BigEndian.AppendUint32(nil, uint32(min(max(p.Gamma*45455+0.5, 1), math.MaxInt32))))
	}
	add("pHYs", p.physical())
	width, height := p.canvas()
	if p.Page.X != 0 || p.Page.Y != 0 {
		place := binary.BigEndian.AppendUint32(nil, uint32(int32(p.Page.X)))
		add("oFFs", append(binary.BigEndian.AppendUint32(place, uint32(int32(p.Page.Y))), 0))
	}
	if width != p.Width() || height != p.Height() {
		canvas := binary.BigEndian.AppendUint32(nil, uint32(width))
		add("vpAg", append(binary.BigEndian.AppendUint32(canvas, uint32(height)), 0))
	}
	add("eXIf", bytes.TrimPrefix(p.exif(), []byte(exifMarker)))
	if xmp := p.Profiles["xmp"]; len(xmp) > 0 {
		add("iTXt", append([]byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"), bytes.TrimPrefix(xmp, []byte(xmpMarker))...))
	}
	for _, key := range slices.Sorted(maps.Keys(p.Properties)) {
		if value := p.Properties[key]; pngText(key) && value != "" {
			add("tEXt", append(append([]byte(key), 0), value...))
		}
	}
	pngChunks(data[head-pngSignature:], func(name string, body []byte) bool {
		if name != "pHYs" {
			out = appendChunk(out, name, body)
		}
		return true
	})
	return out
}

// pngText reports whether a property is written as a text: those with a colon are about files that the picture came from.
func pngText(key string) bool {
	return len(key) > 0 && len(key) < 80 && !strings.ContainsFunc(key, func(r rune) bool { return r == ':' || r < ' ' || r > '~' })
}

// physical gives the body of pHYs; nothing when no density is known.
func (p *Picture) physical() []byte {
	if p.DensityX <= 0 || p.DensityY <= 0 {
		return nil
	}
	scale, unit := 1.0, byte(0)
	switch p.Units {
	case "PixelsPerInch":
		scale, unit = 100/2.54, 1
	case "PixelsPerCentimeter":
		scale, unit = 100, 1
	}
	body := binary.BigEndian.AppendUint32(nil, uint32(min(p.DensityX*scale+0.5, math.MaxInt32)))
	body = binary.BigEndian.AppendUint32(body, uint32(min(p.DensityY*scale+0.5, math.MaxInt32)))
	return append(body, unit)
}
