package render

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// write encodes the list into the program's target, or prints it where the target is a text.
func (m *machine) write(list []*Picture, to magick.Target) ([]File, error) {
	switch to.Coder {
	case "null":
		return nil, nil
	case "info", "identify":
		return nil, m.identify(list)
	}
	coder := to.Coder
	if coder == "" {
		coder = list[0].Format
	}
	f := formatNamed(coder)
	if f == nil && to.Coder == "" {
		f = formatNamed("png")
	}
	if f == nil || f.encode == nil {
		return nil, event.Errorf(event.UnsupportedArgument, "%q is no format that is written here; choose one of %s", coder, writableNames()).Wrap(ErrNotNative)
	}
	list = m.synced(list)
	if f.multi && m.settings.on("adjoin", true) && !numbered.MatchString(to.Name) {
		data, err := f.encode(m, list, to)
		return []File{{Name: to.Name, Format: f.name, Data: data}}, err
	}
	first, _, _ := m.settings.number("scene", 0)
	var files []File
	for i := range list {
		data, err := f.encode(m, list[i:i+1], to)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: NumberedName(to.Name, int(first)+i, len(list)), Format: f.name, Data: data})
	}
	return files, nil
}

// numbered finds the place of a picture's number in a file's name: out-%03d.png.
var numbered = regexp.MustCompile(`%0?\d{0,2}d`)

// Numbered reports whether a file's name says where the number of a picture stands: out-%03d.png.
func Numbered(name string) bool { return numbered.MatchString(name) }

// NumberedName gives the name of picture number scene of a list of count: the number stands where the name says, else,
// when there are several, before the extension.
func NumberedName(name string, scene, count int) string {
	if numbered.MatchString(name) {
		return numbered.ReplaceAllStringFunc(name, func(verb string) string { return fmt.Sprintf(verb, scene) })
	}
	if count == 1 {
		return name
	}
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "-" + strconv.Itoa(scene) + ext
}

func writableNames() string {
	var names []string
	for i := range formats {
		if formats[i].encode != nil {
			names = append(names, formats[i].name)
		}
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// synced gives the list with what the settings say of pictures when they are written.
func (m *machine) synced(list []*Picture) []*Picture {
	x, y, units := m.settings.density()
	_, unitsGiven := m.settings.given("units")
	loop, loopGiven, _ := m.settings.number("loop", 0)
	out := make([]*Picture, len(list))
	for i, p := range list {
		q := p.copy()
		if x > 0 {
			q.DensityX, q.DensityY = x, y
		}
		if unitsGiven {
			q.Units = units
		}
		if loopGiven {
			q.Loop = int(loop)
		}
		if orientation := slices.Index(orientations[:], m.settings.enum("orient", "")); orientation >= 0 {
			q.Orientation = orientation
		}
		out[i] = q
	}
	return out
}

// plan gives the image to encode: read again from its source, from top to bottom, where nothing has touched it.
func (m *machine) plan(p *Picture) (*Picture, error) {
	p, err := p.forWriting()
	if err != nil {
		return nil, err
	}
	img, err := p.stream()
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// narrow gives the picture with 8-bit numbers, each the nearest.
func (p *Picture) narrow() (*Picture, error) { return p.scaledDown(0.5) }

// scaledDown gives the picture with 8-bit numbers: bias, from 0 to 0.5, is added before the fraction is cut off.
func (p *Picture) scaledDown(bias float64) (*Picture, error) {
	if !p.wide() {
		return p, nil
	}
	const slip = 1.0 / 1024 // what single precision may lose
	img, err := p.img.Chain().Op("linear", vips.Args{"a": 1.0 / 257, "b": max(bias, slip), "uchar": true}).
		Op("copy", vips.Args{"interpretation": int(interpretation(p.Space, false))}).Image()
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// quality gives -quality, or what the input was written with, or def.
func (m *machine) quality(p *Picture, def int) int {
	if q, ok, _ := m.settings.number("quality", 0); ok && q > 0 {
		return min(int(q), 100)
	}
	if p.Quality > 0 {
		return p.Quality
	}
	return def
}

// bare gives the picture's image without any of the metadata that libvips carries along, but for the ICC profile.
func (p *Picture) bare() (*vips.Image, error) {
	fields := map[string]any{}
	for _, name := range p.img.Fields() {
		if strings.HasPrefix(name, "exif-") || strings.HasPrefix(name, "png-comment-") {
			fields[name] = nil
		}
	}
	for _, name := range []string{"xmp-data", "iptc-data", "photoshop-data", "icc-profile-data", "orientation", "gainmap-data"} {
		fields[name] = nil
	}
	if icc := p.Profiles["icc"]; len(icc) > 0 {
		fields["icc-profile-data"] = icc
	}
	return p.img.With(fields)
}

// Flags of a saver's argument "keep" (libvips, VipsForeignKeep).
const (
	keepNone = 0
	keepXMP  = 2
	keepIPTC = 4
	keepICC  = 8
)

func (m *machine) interlaced(p *Picture) bool {
	switch m.settings.enum("interlace", "Undefined") {
	case "Undefined":
		return p.Interlace
	case "None":
		return false
	}
	return true
}
