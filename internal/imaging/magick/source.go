package magick

import (
	"path"
	"strings"
)

// Source is a picture to read.
type Source struct {
	Coder string // the explicit or built-in format, lower case ("png", "xc", "rose"); empty when bytes shall tell
	Name  string // what stands behind the colon: a file or an input of the request, a text for label:, "-" for standard
	//                  input; the names of Colors in one spelling for the coders made of colours
	Frames Range     // the frames named in square brackets; the zero Range is all of them
	Size   *Geometry // a size or a crop in square brackets ([120x120], [100x100+10+10]); nil for none
	Colors []Color   // the colours of xc: and canvas: (one), gradient:, radial-gradient: and plasma: (two); empty for the defaults
}

// Target is where a Program's result goes.
type Target struct {
	Coder    string // the format, lower case, from the prefix, else from the name's extension; empty when neither says
	Name     string // the name without the prefix; "-" is standard output; a format for histogram: ("info:-")
	Position int
}

func (Source) value() {}

// ParseSource reads the name of a picture: "photo.png[0]", "png:-", "xc:red", "gradient:navy-gold", "label:Hello".
func ParseSource(s string) (Source, error) {
	src, err := parseSource(s)
	return src, public(err, s)
}

func parseSource(s string) (Source, error) {
	coder, name, err := splitName(s, false)
	if err != nil {
		return Source{}, err
	}
	src := Source{Coder: coder, Name: name}
	src.takeBrackets()
	// ImageMagick reads the file of a text that begins with an at sign, white space before it or not.
	if name := strings.TrimSpace(src.Name); strings.HasPrefix(name, "@") || strings.HasPrefix(name, "|") {
		return Source{}, refused("Files of the server cannot be read; send the picture or the text with the request")
	}
	if src.Name == "" && !src.Generated() {
		if src.Coder == "" {
			return Source{}, expectation("a name")
		}
		src.Name = "-"
	}
	if src.Coder == "tile" {
		inner, err := parseSource(src.Name)
		if err == nil && inner.Coder == "tile" {
			err = refused("A tile is a picture, not a tiling again")
		}
		if err != nil {
			return Source{}, err
		}
	}
	return src, src.takeColors()
}

// Tile gives the source of the picture that tile: repeats, and whether s is such a tiling.
func (s Source) Tile() (Source, bool) {
	if s.Coder != "tile" {
		return Source{}, false
	}
	inner, err := parseSource(s.Name)
	return inner, err == nil
}

// splitName parts a coder's prefix from a name, and refuses the coders that no engine may run.
func splitName(s string, write bool) (coder, name string, err error) {
	prefix, rest, ok := strings.Cut(s, ":")
	drive := len(prefix) == 1 && (strings.HasPrefix(rest, `\`) || strings.HasPrefix(rest, "/"))
	if !ok || drive || !isPrefix(prefix) {
		return "", s, nil
	}
	coder = strings.ToLower(prefix)
	if err := refuseCoder(coder, write); err != nil {
		return "", "", err
	}
	if !isCoder(coder) {
		return "", "", refused("There is no format of this name")
	}
	return coder, rest, nil
}

func isPrefix(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		if c := s[i] | 0x20; !(c >= 'a' && c <= 'z' || isDigit(s[i]) || s[i] == '-' || s[i] == '_') {
			return false
		}
	}
	return true
}

// takeBrackets moves frames, a size or a crop from the end of the name to their fields; other brackets belong to the name.
func (s *Source) takeBrackets() {
	open := strings.LastIndexByte(s.Name, '[')
	if open < 0 || !strings.HasSuffix(s.Name, "]") {
		return
	}
	inside := s.Name[open+1 : len(s.Name)-1]
	if strings.Trim(inside, "0123456789,- ") == "" {
		if frames, err := parseRange(inside); err == nil {
			s.Frames, s.Name = frames, s.Name[:open]
			return
		}
	}
	if g, err := parseGeometry(inside); err == nil {
		s.Size, s.Name = &g, s.Name[:open]
	}
}

// takeColors reads the colours of the coders that are made of colours, and gives the name one spelling.
func (s *Source) takeColors() error {
	var names []string
	switch {
	case s.Name == "":
		return nil
	case s.Coder == "xc" || s.Coder == "canvas":
		names = []string{s.Name}
	case s.Coder == "plasma" || s.Coder == "fractal":
		if strings.HasPrefix(strings.ToLower(s.Name), "fractal") {
			return nil
		}
		names = splitOutside(s.Name, '-')
	case s.Coder == "gradient" || s.Coder == "radial-gradient":
		names = splitOutside(s.Name, '-')
	}
	if len(names) > 2 {
		return expectation(`two colours with a hyphen between them, such as "navy-gold"`)
	}
	for _, n := range names {
		c, err := parseColor(n)
		if err != nil {
			return err
		}
		s.Colors = append(s.Colors, c)
	}
	if len(s.Colors) > 0 {
		s.Name = formatColors(s.Colors)
	}
	return nil
}

func formatColors(colors []Color) string {
	parts := make([]string, len(colors))
	for i, c := range colors {
		parts[i] = c.String()
	}
	return strings.Join(parts, "-")
}

// String writes the source as ImageMagick reads it.
func (s Source) String() string {
	name := s.Name
	if s.Coder != "" {
		name = s.Coder + ":" + name
	}
	switch {
	case len(s.Frames) > 0:
		name += "[" + s.Frames.String() + "]"
	case s.Size != nil:
		name += "[" + s.Size.String() + "]"
	}
	return name
}

func parseTarget(s string, position int) (Target, error) {
	coder, name, err := splitName(s, true)
	if err != nil {
		return Target{}, err
	}
	if strings.HasPrefix(name, "@") || strings.HasPrefix(name, "|") {
		return Target{}, refused("A result cannot go to a program or a file of the server")
	}
	t := Target{Coder: coder, Name: name, Position: position}
	if coder == "" {
		if name == "" {
			return Target{}, expectation(`a name such as "out.png"`)
		}
		t.Coder = strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
		if err := refuseCoder(t.Coder, true); err != nil {
			return Target{}, err
		}
		if !isCoder(t.Coder) {
			t.Coder = ""
		}
		return t, nil
	}
	if name == "" {
		t.Name = "-"
	}
	// histogram: and preview: take another format behind their colon.
	if inner, _, err := splitName(t.Name, true); err != nil {
		return Target{}, err
	} else if inner != "" && coder != "histogram" && coder != "preview" {
		return Target{}, refused("A name has one format before its colon")
	}
	return t, nil
}

// String writes the target as ImageMagick reads it.
func (t Target) String() string {
	if t.Coder == "" {
		return t.Name
	}
	return t.Coder + ":" + t.Name
}
