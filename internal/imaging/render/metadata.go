package render

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// metadataOperators change what stands beside the pixels.
var metadataOperators = map[string]operator{
	"strip":   func(_ *machine, p *Picture, _ magick.Step) (*Picture, error) { return p.stripped(), nil },
	"set":     setProperty,
	"profile": profile,
	"depth":   depth,
}

// metadataListers print what is known of the pictures, and leave them as they are.
var metadataListers = map[string]lister{
	"print": func(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
		text, err := m.expanded(s.Value, list, 0)
		m.text.WriteString(text)
		return list, err
	},
	"identify": func(m *machine, list []*Picture, _ magick.Step) ([]*Picture, error) {
		return list, m.identify(list)
	},
}

// density gives -density and -units: pixels per unit, 0 when they were not said.
func (s settings) density() (x, y float64, units string) {
	units = s.enum("units", "Undefined")
	g, ok := s.geometry("density")
	if !ok {
		return 0, 0, units
	}
	x, y = g.Width, g.Height
	if !g.HasHeight {
		y = x
	}
	return x, y, units
}

// marked gives pictures that were just read what the settings before them say of pictures to come: -delay, -dispose,
// -comment, -label and -caption count for these only (ImageMagick 6.9, ReadImage).
func (m *machine) marked(pictures []*Picture) ([]*Picture, error) {
	for i, p := range pictures {
		q := p.copy()
		if q.born == [2]int{} {
			q.born = [2]int{p.Width(), p.Height()}
		}
		if delay, ok := m.settings.geometry("delay"); ok && delayed(delay, q.Delay) {
			q.Delay = int(min(max(delay.Width, 0), 1<<20))
		}
		if step, ok := m.settings.given("dispose"); ok {
			q.Dispose = disposals[strings.ToLower(step.Text)]
		}
		pictures[i] = q
		for _, name := range []string{"comment", "label", "caption"} {
			step, ok := m.settings.given(name)
			if !ok {
				continue
			}
			text, err := m.expanded(step.Value, pictures, i)
			if err != nil {
				return nil, err
			}
			q.Properties[name] = text
		}
	}
	return pictures, nil
}

// delayed reports whether -delay counts for a picture: with > only for a longer delay, with < for a shorter one.
func delayed(g magick.Geometry, now int) bool {
	switch {
	case g.Greater:
		return float64(now) > g.Width
	case g.Less:
		return float64(now) < g.Width
	}
	return true
}

// disposals are the disposals by ImageMagick's names, in lower case, and by their numbers.
var disposals = map[string]Disposal{
	"undefined": DisposeUndefined, "0": DisposeUndefined, "none": DisposeNone, "1": DisposeNone,
	"background": DisposeBackground, "2": DisposeBackground, "previous": DisposePrevious, "3": DisposePrevious,
}

// disposalNames are ImageMagick's names of the disposals.
var disposalNames = [...]string{"Undefined", "None", "Background", "Previous"}

// orientations are ImageMagick's names of EXIF's orientations.
var orientations = [...]string{"Undefined", "TopLeft", "TopRight", "BottomRight", "BottomLeft", "LeftTop", "RightTop", "RightBottom", "LeftBottom"}

const propertyMax = 64 << 10 // bytes of a property's value

// setProperty is -set KEY VALUE and +set KEY.
func setProperty(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	define, ok := s.Value.(magick.Define)
	if !ok {
		return nil, refuse(s, "a key is missing")
	}
	text := ""
	if !s.Plus {
		var err error
		if text, err = m.expanded(s.Second, m.current, slices.Index(m.current, p)); err != nil {
			return nil, err
		}
		if len(text) > propertyMax {
			return nil, refuse(s, "the value has %d bytes, and at most %d are allowed", len(text), propertyMax)
		}
	}
	if option, ok := strings.CutPrefix(define.Key, "option:"); ok {
		m.settings.define(option, text)
		return p, nil
	}
	q := p.copy()
	if q.assign(strings.ToLower(define.Key), text) {
		return q, nil
	}
	if s.Plus {
		delete(q.Properties, define.Key)
	} else {
		q.Properties[define.Key] = text
	}
	return q, nil
}

// assign sets one of the attributes that -set names, and reports whether key is one. A value that says nothing changes nothing.
func (p *Picture) assign(key, text string) bool {
	g, err := magick.ParseGeometry(text)
	ok := err == nil
	switch key {
	case "delay":
		p.Delay = int(min(max(g.Width, 0), 1<<20))
	case "loop", "iterations":
		p.Loop = int(min(max(g.Width, 0), 65535))
	case "dispose":
		p.Dispose = disposals[strings.ToLower(text)]
	case "scene":
		p.Scene = int(min(max(g.Width, 0), 1<<30))
	case "density", "resolution":
		p.DensityX, p.DensityY = g.Width, g.Width
		if g.HasHeight {
			p.DensityY = g.Height
		}
	case "units":
		for _, name := range []string{"Undefined", "PixelsPerInch", "PixelsPerCentimeter"} {
			if strings.EqualFold(name, text) {
				p.Units = name
			}
		}
	case "page":
		if ok && g.HasWidth && g.HasHeight {
			p.Page.Width, p.Page.Height = int(g.Width), int(g.Height)
		}
		if ok && g.HasX && g.HasY {
			p.Page.X, p.Page.Y = int(g.X), int(g.Y)
		}
	case "magick":
		p.Format = strings.ToLower(text)
	case "colorspace":
		if space := Space(text); p.colours() == 3 && space != Gray && space != CMYK && text != "" {
			for name := range colourspaces {
				if strings.EqualFold(string(name), text) {
					p.Space = name
				}
			}
			if strings.EqualFold(text, string(SRGB)) {
				p.Space = SRGB
			}
		}
	default:
		return false
	}
	return true
}

// profile is +profile NAMES, which removes those that match (every name may be a pattern, with ! it is kept), and
// -profile SOURCE, which gives the picture a profile that the request carries.
func profile(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	if !s.Plus {
		return m.profiled(p, s)
	}
	q := p.copy()
	for name := range p.Profiles {
		for _, pattern := range strings.FieldsFunc(strings.ToLower(s.Text), func(r rune) bool { return r == ',' || r == ' ' }) {
			kept, no := strings.CutPrefix(pattern, "!")
			match, err := path.Match(strings.ReplaceAll(kept, "icm", "icc"), name)
			if err != nil {
				return nil, refuse(s, "%q is no pattern of names", pattern)
			}
			if match {
				if !no {
					delete(q.Profiles, name)
				}
				break
			}
		}
	}
	return q, nil
}

func (m *machine) profiled(p *Picture, s magick.Step) (*Picture, error) {
	src, ok := s.Value.(magick.Source)
	if !ok {
		return nil, refuse(s, "a profile is missing")
	}
	data, err := m.job.Open(src.Name)
	if err != nil {
		return nil, err
	}
	name := src.Coder
	if len(data) > 40 && string(data[36:40]) == "acsp" {
		name = "icc"
	}
	if _, known := profileFields[name]; !known || len(data) == 0 {
		return nil, event.Errorf(event.UnsupportedMedia, "-profile takes an ICC profile, or exif:, iptc: or xmp: before the name of another")
	}
	q := p
	if before := p.Profiles["icc"]; name == "icc" && len(before) > 0 && !bytes.Equal(before, data) {
		if q, err = m.converted(p, s, before, data); err != nil {
			return nil, err
		}
	}
	q = q.copy()
	q.Profiles[name] = data
	return q, nil
}

// profileSpaces are the colourspaces of ICC profiles that pictures can be in, by their signatures (ICC.1:2022, table 19).
var profileSpaces = map[string]Space{"RGB ": SRGB, "GRAY": Gray, "CMYK": CMYK}

// converted brings the pixels from the one ICC profile to the other, by -intent, perceptual unless said.
func (m *machine) converted(p *Picture, s magick.Step, from, to []byte) (*Picture, error) {
	const signature = 16 // where a profile's header says its colourspace; the caller has seen that there is a header
	space, ok := profileSpaces[string(to[signature:signature+4])]
	if !ok || len(from) < signature+4 || profileSpaces[string(from[signature:signature+4])] != p.Space {
		return nil, refuse(s, "the profile is not one for the colours of this picture")
	}
	args := vips.Args{
		"intent":                   strings.ToLower(m.settings.enum("intent", "Perceptual")),
		"black_point_compensation": m.settings.on("black-point-compensation", false),
	}
	bits := 8
	if p.wide() {
		bits = 16
	}
	img, err := p.img.With(map[string]any{"icc-profile-data": from})
	if err == nil {
		img, err = img.Op("icc_import", with(args, "embedded", true))
	}
	if err == nil {
		img, err = img.With(map[string]any{"icc-profile-data": to})
	}
	if err == nil {
		img, err = img.Op("icc_export", with(args, "depth", bits))
	}
	if err != nil {
		return nil, event.Errorf(event.UnsupportedMedia, "%s: The ICC profile is broken, or not for the colours of this picture", located(s)).Wrap(err)
	}
	if img, err = img.Op("copy", vips.Args{"interpretation": int(interpretation(space, p.wide()))}); err != nil {
		return nil, err
	}
	q := p.with(img)
	q.Space = space
	return q, nil
}

// with gives arguments and one more.
func with(args vips.Args, name string, value any) vips.Args {
	all := maps.Clone(args)
	all[name] = value
	return all
}

// depth is -depth N: the pixels keep only what N bits can tell, in 8-bit numbers up to 8 and in 16-bit ones above.
func depth(_ *machine, p *Picture, s magick.Step) (*Picture, error) {
	n, ok := s.Value.(magick.Number)
	if s.Plus || !ok {
		return p, nil
	}
	bits := int(n.Value)
	if bits < 1 {
		return nil, refuse(s, "a depth is 1 to 16 bits a channel")
	}
	bits = min(bits, 16)
	q := p
	var err error
	switch {
	case bits > 8:
		q, err = p.widen()
	case p.wide():
		// -depth rounds down, where writing 16 bits as 8 rounds to the nearest.
		q, err = p.scaledDown(0)
	}
	if err != nil {
		return nil, err
	}
	if bits < 8 && p.Depth > bits {
		steps := float64(int(1)<<bits - 1)
		q, err = q.mapped(magick.ChannelRGB|magick.ChannelBlack|magick.ChannelAlpha, func(v float64) float64 { return float64(int(v*steps+1e-9)) / steps })
		if err != nil {
			return nil, err
		}
	}
	if q == p {
		q = p.copy()
	}
	q.Depth = bits
	return q, nil
}
