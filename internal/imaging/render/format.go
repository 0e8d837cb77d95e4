package render

import (
	"bytes"
	"cmp"
	"path"
	"slices"
	"strings"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// format is a row of the table of picture formats: adding a format is adding a row.
type format struct {
	name   string   // as magick names the coder: "jpeg"
	also   []string // other names and extensions: "jpg", "jfif"
	media  string   // the media type
	title  string   // what ImageMagick calls it at length
	magic  func(data []byte) bool
	loader string // the libvips operation that reads it; empty when decode does, or nothing
	header func(data []byte) (h header, ok bool)
	decode func(m *machine, src *source) ([]*Picture, error)
	encode func(m *machine, list []*Picture, to magick.Target) ([]byte, error) // nil: it is not written
	multi  bool                                                                // one file holds many pictures
}

// source is the bytes that a picture came from, before anything touched its pixels.
type source struct {
	data   []byte
	name   string
	format *format
	frames magick.Range
	args   vips.Args // of the loader: the page, an SVG's scale
	width  int       // of the frame as it is stored, before orientation
	height int
	turn   int // the EXIF orientation that -auto-orient has applied to the plan; 0 or 1: none

	streamed bool // it was opened for one pass (trail.go), so that another pass would decode it again
}

// formatNamed finds a format by its name, or another name or extension of it, in lower case.
func formatNamed(name string) *format {
	for i := range formats {
		if f := &formats[i]; f.name == name || slices.Contains(f.also, name) {
			return f
		}
	}
	return nil
}

// readable reports whether a coder's name is one that bytes can be read as.
func readable(coder string) bool {
	f := formatNamed(coder)
	return f != nil && (f.loader != "" || f.decode != nil)
}

// sniff finds the format of data from its first bytes, and the hint settles what they cannot. The format is nil when neither can.
func sniff(data []byte, hint string) *format {
	for i := range formats {
		if f := &formats[i]; f.magic != nil && f.magic(data) {
			return f
		}
	}
	if f := formatNamed(strings.ToLower(hint)); f != nil && f.magic == nil {
		return f
	}
	return nil
}

// starts makes a test for the first bytes of a file; a dot stands for any byte.
func starts(prefixes ...string) func([]byte) bool {
	return func(data []byte) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool {
			if len(data) < len(prefix) {
				return false
			}
			for i := range len(prefix) {
				if prefix[i] != '.' && prefix[i] != data[i] {
					return false
				}
			}
			return true
		})
	}
}

// FormatOf gives the name and media type of the format that data is in, and whether there is one.
func FormatOf(data []byte) (name, media string, ok bool) {
	if f := sniff(data, ""); f != nil {
		return f.name, f.media, true
	}
	return "", "", false
}

// Writable gives the media type of a format by any of its names, and whether it is written.
func Writable(name string) (media string, ok bool) {
	f := formatNamed(strings.ToLower(name))
	if f == nil || f.encode == nil {
		return "", false
	}
	return f.media, true
}

// read puts the pictures of a source on the list.
func (m *machine) read(src magick.Source) ([]*Picture, error) {
	if src.Coder == "mpr" {
		return m.recall(src)
	}
	generate, ok := lookup(generatorTables, src.Coder)
	switch {
	case src.Coder == "tile":
		generate = (*machine).texture
	case !ok:
		generate = (*machine).decode
	}
	pictures, err := generate(m, src)
	if err != nil {
		return nil, err
	}
	return m.marked(pictures)
}

// decode reads the pictures that are in bytes.
func (m *machine) decode(src magick.Source) ([]*Picture, error) {
	data, err := m.job.Open(src.Name)
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > m.engine.limits.Input {
		return nil, event.Errorf(event.PayloadTooLarge, "The picture has %d bytes, and at most %d are allowed; send a smaller one",
			len(data), m.engine.limits.Input)
	}
	if len(bytes.TrimSpace(data[:min(len(data), 64)])) == 0 && len(data) < 64 {
		return nil, event.Errorf(event.InvalidImage, "The picture is empty; send its bytes")
	}
	hint := cmp.Or(src.Coder, strings.TrimPrefix(path.Ext(src.Name), "."), m.job.InputHint)
	f := sniff(data, hint)
	if f == nil || f.loader == "" && f.decode == nil {
		return nil, event.Errorf(event.UnsupportedMedia, "The bytes are of no picture format that is read here; send %s", readableNames()).Wrap(ErrNotNative)
	}
	pictures, err := f.decode(m, &source{data: data, name: src.Name, format: f, frames: src.Frames})
	if err != nil {
		return nil, err
	}
	return m.fitted(pictures, src)
}

func readableNames() string {
	var names []string
	for _, f := range formats {
		if f.magic != nil && (f.loader != "" || f.decode != nil) {
			names = append(names, strings.ToUpper(f.name))
		}
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
