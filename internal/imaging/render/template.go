package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// templateMax is how long the text of one template may become, in bytes.
const templateMax = 1 << 20

// expanded gives the text that a template stands for, for picture number i of a list (-1: the first). A value that is no
// template is its own text.
func (m *machine) expanded(v magick.Value, list []*Picture, i int) (string, error) {
	if text, ok := v.(magick.Text); ok {
		return string(text), nil
	}
	template, _ := v.(magick.Template)
	i = max(i, 0)
	about := &subject{m: m, p: list[i], list: list, index: i}
	var out strings.Builder
	for _, segment := range template {
		if out.Len() > templateMax {
			break
		}
		out.WriteString(segment.Literal)
		text, err := "", error(nil)
		switch {
		case segment.Property != "":
			text, err = about.property(segment.Property)
		case segment.Letter != 0:
			text, err = about.letter(segment.Letter)
		}
		if err != nil {
			return "", err
		}
		out.WriteString(text)
	}
	return out.String(), nil
}

// subject is the picture that a template asks about, and its place in the list.
type subject struct {
	m     *machine
	p     *Picture
	list  []*Picture
	index int
}

// letters are the escapes of one letter that need no pixels (ImageMagick 6.9, escape).
var letters = map[byte]func(s *subject) string{
	'b': func(s *subject) string { return sizeText(s.p.Bytes, 1000, "B") },
	'B': func(s *subject) string { return itoa(s.p.Bytes) },
	'c': func(s *subject) string { return s.p.Properties["comment"] },
	'd': func(*subject) string { return "" },
	'e': func(s *subject) string { return strings.TrimPrefix(path.Ext(s.p.Name), ".") },
	'f': func(s *subject) string { return path.Base(s.name()) },
	'g': func(s *subject) string { return s.p.pageText() },
	'h': func(s *subject) string { return itoa(s.p.Height()) },
	'i': func(s *subject) string { return s.name() },
	'l': func(s *subject) string { return s.p.Properties["label"] },
	'm': func(s *subject) string { return magickName(s.p.Format) },
	'M': func(s *subject) string { return s.name() },
	'n': func(s *subject) string { return itoa(len(s.list)) },
	'p': func(s *subject) string { return itoa(s.index) },
	'q': func(*subject) string { return "16" },
	'r': func(s *subject) string { return s.p.class() + " " + string(s.p.Space) + " " + s.matte() },
	's': func(s *subject) string { return itoa(s.p.Scene) },
	't': func(s *subject) string { return strings.TrimSuffix(path.Base(s.name()), path.Ext(s.name())) },
	'w': func(s *subject) string { return itoa(s.p.Width()) },
	'x': func(s *subject) string { return decimal(s.p.dotsX()) },
	'y': func(s *subject) string { return decimal(s.p.dotsY()) },
	'z': func(s *subject) string { return itoa(s.p.Depth) },
	'A': func(s *subject) string { return title(strconv.FormatBool(s.p.Alpha())) },
	'C': func(s *subject) string { return s.p.compression() },
	'D': func(s *subject) string { return disposalNames[s.p.Dispose&3] },
	'G': func(s *subject) string { return fmt.Sprintf("%dx%d", s.p.born[0], s.p.born[1]) },
	'H': func(s *subject) string { _, height := s.p.canvas(); return itoa(height) },
	'O': func(s *subject) string { return fmt.Sprintf("%+d%+d", s.p.Page.X, s.p.Page.Y) },
	'P': func(s *subject) string { width, height := s.p.canvas(); return fmt.Sprintf("%dx%d", width, height) },
	'Q': func(s *subject) string { return itoa(s.quality()) },
	'S': func(*subject) string { return "2147483647" },
	'T': func(s *subject) string { return itoa(s.p.Delay) },
	'U': func(s *subject) string { return s.p.Units },
	'W': func(s *subject) string { width, _ := s.p.canvas(); return itoa(width) },
	'X': func(s *subject) string { return fmt.Sprintf("%+d", s.p.Page.X) },
	'Y': func(s *subject) string { return fmt.Sprintf("%+d", s.p.Page.Y) },
}

func (s *subject) letter(c byte) (string, error) {
	if text, ok := letters[c]; ok {
		return text(s), nil
	}
	switch c {
	case '#':
		return s.p.signature()
	case '@':
		box, err := s.p.contents(s.m.settings.fuzz())
		return fmt.Sprintf("%dx%d%+d%+d", box.Width, box.Height, box.X, box.Y), err
	case 'k':
		n, err := s.p.uniqueColours()
		return itoa(n), err
	}
	return "", nil
}

// properties are the escapes in brackets that need no pixels, in lower case.
var properties = map[string]func(s *subject) string{
	"base": letters['t'], "basename": letters['t'], "input": letters['f'], "filename": letters['i'], "extension": letters['e'],
	"magick": letters['m'], "width": letters['w'], "height": letters['h'], "page": letters['P'], "scene": letters['s'],
	"depth": letters['z'], "units": letters['U'], "size": letters['b'], "compression": letters['C'], "compress": letters['C'],
	"colorspace": func(s *subject) string { return string(s.p.Space) },
	"channels":   func(s *subject) string { return s.p.channelNames() },
	"compose":    func(s *subject) string { return s.m.settings.compose() },
	"copyright":  func(*subject) string { return "(C) 1999-2021 ImageMagick Studio LLC" },
	"gamma":      func(*subject) string { return "0.454545" },
	"interlace":  func(s *subject) string { return s.p.interlacing() },
	"orientation": func(s *subject) string {
		if said, ok := s.p.Properties["orientation"]; ok {
			return said
		}
		return orientations[min(max(s.p.Orientation, 0), 8)]
	},
	"printsize.x":      func(s *subject) string { return decimal(float64(s.p.Width()) / s.p.dotsX()) },
	"printsize.y":      func(s *subject) string { return decimal(float64(s.p.Height()) / s.p.dotsY()) },
	"quality":          func(s *subject) string { return itoa(s.p.Quality) },
	"rendering-intent": func(*subject) string { return "Perceptual" },
	"resolution.x":     func(s *subject) string { return decimal(s.p.DensityX) },
	"resolution.y":     func(s *subject) string { return decimal(s.p.DensityY) },
	"version":          func(*subject) string { return "ImageMagick 6.9.11-60 Q16 x86_64 2021-01-25 https://imagemagick.org" },
	"zero":             func(*subject) string { return "" },
}

// property gives what stands for an escape in brackets; nothing for one that is not known.
func (s *subject) property(name string) (string, error) {
	key := strings.ToLower(name)
	if len(name) == 1 {
		return s.letter(name[0])
	}
	if f, ok := properties[key]; ok {
		return f(s), nil
	}
	switch prefix, rest, _ := strings.Cut(key, ":"); prefix {
	case "exif":
		return exifText(s.p.Profiles["exif"], rest), nil
	case "fx":
		return s.fx(name[len("fx:"):])
	case "pixel":
		return s.pixel(name[len("pixel:"):])
	case "hex":
		return s.hex(name[len("hex:"):])
	case "option", "artifact":
		return s.m.settings.defines[rest], nil
	}
	switch key {
	case "type":
		return s.p.typeName()
	case "colors":
		return s.letter('k')
	case "signature":
		return s.p.signature()
	case "opaque":
		opaque, err := s.p.isOpaque()
		return strconv.FormatBool(opaque), err
	case "bounding-box":
		box, err := s.p.contents(0)
		return fmt.Sprintf("%d,%d %d,%d\n", box.X, box.Y, box.X+box.Width, box.Y+box.Height), err
	case "mean", "standard-deviation", "min", "minima", "max", "maxima", "skewness", "kurtosis":
		return s.statistic(key)
	case "entropy":
		v, err := s.p.entropy()
		return s.m.decimal(v), err
	}
	if value, ok := s.p.Properties[name]; ok {
		return value, nil
	}
	for _, known := range slices.Sorted(maps.Keys(s.p.Properties)) {
		if strings.EqualFold(known, name) {
			return s.p.Properties[known], nil
		}
	}
	return s.m.settings.defines[key], nil
}

func (s *subject) statistic(key string) (string, error) {
	all, err := s.p.statistics()
	if err != nil {
		return "", err
	}
	v := all.pooled(s.p.colours())
	switch key {
	case "mean":
		return s.m.decimal(v.mean), nil
	case "standard-deviation":
		return s.m.decimal(v.deviation), nil
	case "min", "minima":
		return s.m.decimal(v.min), nil
	case "max", "maxima":
		return s.m.decimal(v.max), nil
	case "skewness":
		return s.m.decimal(v.skewness), nil
	}
	return s.m.decimal(v.kurtosis), nil
}

func (s *subject) name() string {
	if s.p.Name == "" {
		return s.p.Format
	}
	return s.p.Name
}

func (s *subject) matte() string {
	if s.p.Alpha() {
		return "Matte"
	}
	return ""
}

func (s *subject) quality() int {
	if s.p.Quality > 0 {
		return s.p.Quality
	}
	return jpegDefault
}

// decimal writes a number with the digits that -precision asks for, 6 by default.
func (m *machine) decimal(v float64) string {
	digits, given, _ := m.settings.number("precision", 6)
	if !given || digits < 1 || digits > 17 {
		return decimal(v)
	}
	return strconv.FormatFloat(v, 'g', int(digits), 64)
}

// decimal writes a number as C's %.6g does.
func decimal(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// title writes a word with a capital letter.
func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// sizeText writes a number of bytes: up to a million as it is, then with six digits and a unit of unit bytes.
func sizeText(bytes, unit int, suffix string) string {
	if bytes < 1_000_000 {
		return itoa(bytes) + "B"
	}
	v, i := float64(bytes), -1
	for v >= float64(unit) && i < 2 {
		v /= float64(unit)
		i++
	}
	return decimal(v) + "KMG"[i:i+1] + suffix
}

// magickName gives a coder's name as ImageMagick writes it.
func magickName(coder string) string {
	switch coder {
	case "rose", "logo", "wizard", "granite", "netscape":
		return "PNM"
	case "avif":
		return "HEIC"
	}
	return strings.ToUpper(coder)
}

// pageText writes the canvas and the picture's place on it; a canvas that is not said is the picture.
func (p *Picture) pageText() string {
	width, height := p.canvas()
	return fmt.Sprintf("%dx%d%+d%+d", width, height, p.Page.X, p.Page.Y)
}

const dotsDefault = 72 // the density of a picture that says none

func (p *Picture) dotsX() float64 { return positive(p.DensityX, dotsDefault) }
func (p *Picture) dotsY() float64 { return positive(p.DensityY, dotsDefault) }

func positive(v, def float64) float64 {
	if v > 0 {
		return v
	}
	return def
}

// class gives ImageMagick's storage class: pseudo for a palette and for gray that was read without alpha.
func (p *Picture) class() string {
	if p.Palette || p.Colors > 0 && p.Space == Gray && !p.Alpha() {
		return "PseudoClass"
	}
	return "DirectClass"
}

// compression names what the format packs pixels with.
func (p *Picture) compression() string {
	switch p.Format {
	case "jpeg":
		return "JPEG"
	case "png":
		return "Zip"
	case "gif":
		return "LZW"
	case "bmp", "tiff":
		return "None"
	}
	return "Undefined"
}

func (p *Picture) interlacing() string {
	switch {
	case !p.Interlace:
		return "None"
	case p.Format == "jpeg":
		return "JPEG"
	case p.Format == "png":
		return "PNG"
	case p.Format == "gif":
		return "GIF"
	}
	return "Plane"
}

func (p *Picture) channelNames() string {
	name := strings.ToLower(string(p.Space))
	if p.Alpha() {
		return name + "a"
	}
	return name
}

// signature gives the SHA-256 of the pixels: red, green, blue and, where there is one, alpha, of 8 bits or of 16, the high ones first.
func (p *Picture) signature() (string, error) {
	q, err := p.toRGB()
	if err != nil {
		return "", err
	}
	data, err := q.pixels()
	if err != nil {
		return "", err
	}
	if p.wide() {
		for i := 0; i+1 < len(data); i += 2 {
			data[i], data[i+1] = data[i+1], data[i]
		}
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// contents gives the region outside which all is of the corners' colours; an empty one when all is.
func (p *Picture) contents(fuzz float64) (region, error) {
	r, err := p.raster()
	if err != nil {
		return region{}, err
	}
	box := r.content(fuzz, p.Alpha())
	box.Width, box.Height = max(box.Width, 0), max(box.Height, 0)
	return box, nil
}

func (p *Picture) isOpaque() (bool, error) {
	if !p.Alpha() {
		return true, nil
	}
	alpha, err := p.img.Op("extract_band", vips.Args{"band": p.colours()})
	if err != nil {
		return false, err
	}
	results, err := p.img.Scope().Call("min", vips.Args{"in": alpha})
	if err != nil {
		return false, err
	}
	least, _ := results["out"].(float64)
	return least == p.Max(), nil
}
