package typeface

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/image/font/sfnt"
)

// Bounds of what a catalog looks at.
const (
	maxFiles    = 4000     // fonts in the folders together
	maxFontSize = 32 << 20 // bytes of one file
	maxDepth    = 6        // of a folder below the first
)

// Folders are where fonts are usually installed.
var Folders = []string{"/usr/share/fonts", "/usr/local/share/fonts"}

// Request says which font is wanted.
type Request struct {
	Name   string // ImageMagick's or the font's own ("Helvetica-Bold", "DejaVu-Sans"); it comes before all else
	Family string // "Helvetica", "DejaVu Sans"
	Bold   bool
	Italic bool
}

// Catalog finds fonts in folders. It reads the folders when it is first asked, and each font once.
type Catalog struct {
	folders []string
	scan    sync.Once
	files   map[string]string // paths by the plain name of the file
	names   func() map[string]string

	mu    sync.Mutex
	faces map[string]*Face // by path, or by the name of a bundled one
}

// NewCatalog gives a catalog of folders.
func NewCatalog(folders []string) *Catalog {
	c := &Catalog{folders: folders, files: map[string]string{}, faces: map[string]*Face{}}
	c.names = sync.OnceValue(c.readNames)
	return c
}

// Face gives the font that is asked for; known is false when it is the default in its place.
func (c *Catalog) Face(r Request) (face *Face, known bool) {
	c.scan.Do(c.list)
	if r.Name != "" {
		if face := c.byName(r.Name); face != nil {
			return face, true
		}
	}
	if r.Family != "" {
		if face := c.byFamily(r.Family, r.Bold, r.Italic); face != nil {
			return face, true
		}
	}
	known = r.Name == "" && r.Family == ""
	if r.Name != "" && r.Family == "" {
		r.Bold, r.Italic = false, false
	}
	if face := c.byFamily("helvetica", r.Bold, r.Italic); face != nil {
		return face, known
	}
	return c.bundle("LiberationSans", r.Bold, r.Italic), known
}

func (c *Catalog) byName(name string) *Face {
	key := plain(name)
	if file, ok := postscript[key]; ok {
		if face := c.open(c.files[plain(file)], true); face != nil {
			return face
		}
		return c.bundle(substitute(file), strings.Contains(key, "bold") || strings.Contains(key, "demi"),
			strings.Contains(key, "italic") || strings.Contains(key, "oblique"))
	}
	for _, k := range []string{key, key + "regular", key + "roman", key + "book"} {
		if face := c.open(c.files[k], false); face != nil {
			return face
		}
	}
	if face := c.open(c.names()[key], false); face != nil {
		return face
	}
	if family, ok := bundledFamilies[strings.NewReplacer("bold", "", "italic", "", "regular", "").Replace(key)]; ok {
		return c.bundle(family, strings.Contains(key, "bold"), strings.Contains(key, "italic"))
	}
	return nil
}

func (c *Catalog) byFamily(family string, bold, italic bool) *Face {
	key := plain(family)
	if styles, ok := postscriptFamilies[key]; ok {
		return c.byName(styles[index(bold, italic)])
	}
	for _, style := range [...][]string{{"", "regular", "book", "roman"}, {"bold", "demi"}, {"italic", "oblique"}, {"bolditalic", "boldoblique"}}[index(bold, italic)] {
		if face := c.open(c.files[key+style], false); face != nil {
			return face
		}
		if face := c.open(c.names()[key+style], false); face != nil {
			return face
		}
	}
	if bundled, ok := bundledFamilies[key]; ok {
		return c.bundle(bundled, bold, italic)
	}
	if bold || italic {
		return c.byFamily(family, false, false)
	}
	return nil
}

// index numbers the four styles of a family: regular, bold, italic, both.
func index(bold, italic bool) int {
	i := 0
	if bold {
		i++
	}
	if italic {
		i += 2
	}
	return i
}

// plain gives a name without what different spellings of it differ by.
func plain(name string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(name))
}

// list finds the files of the folders.
func (c *Catalog) list() {
	for _, folder := range c.folders {
		_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil && entry != nil && entry.IsDir():
				return fs.SkipDir
			case err != nil || len(c.files) >= maxFiles:
				return fs.SkipAll
			case entry.IsDir() && strings.Count(strings.TrimPrefix(path, folder), string(filepath.Separator)) > maxDepth:
				return fs.SkipDir
			}
			switch ext := strings.ToLower(filepath.Ext(path)); ext {
			case ".ttf", ".otf":
				key := plain(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
				if _, taken := c.files[key]; !taken {
					c.files[key] = path
				}
			}
			return nil
		})
	}
}

// readNames gives the paths of all fonts by their full names, and by family and style.
func (c *Catalog) readNames() map[string]string {
	out := map[string]string{}
	var buffer sfnt.Buffer
	for _, path := range c.files {
		file, err := os.Open(path)
		if err != nil {
			continue
		}
		if font, err := sfnt.ParseReaderAt(file); err == nil {
			full, _ := font.Name(&buffer, sfnt.NameIDFull)
			family, _ := font.Name(&buffer, sfnt.NameIDFamily)
			style, _ := font.Name(&buffer, sfnt.NameIDSubfamily)
			out[plain(full)] = path
			out[plain(family+style)] = path
		}
		_ = file.Close()
	}
	delete(out, "")
	return out
}

// open reads a font; nil when there is none or it cannot be read.
func (c *Catalog) open(path string, type1 bool) *Face {
	if path == "" {
		return nil
	}
	return c.face(path, type1, func() ([]byte, error) {
		info, err := os.Stat(path)
		if err != nil || info.Size() > maxFontSize {
			return nil, fs.ErrInvalid
		}
		return os.ReadFile(path)
	})
}

func (c *Catalog) bundle(family string, bold, italic bool) *Face {
	i := index(bold, italic)
	return c.face(family+string(rune('0'+i)), false, func() ([]byte, error) { return bundled[family][i], nil })
}

func (c *Catalog) face(key string, type1 bool, read func() ([]byte, error)) *Face {
	c.mu.Lock()
	defer c.mu.Unlock()
	if face, ok := c.faces[key]; ok {
		return face
	}
	data, err := read()
	if err != nil {
		return nil
	}
	face, err := newFace(data, type1)
	if err != nil {
		return nil
	}
	c.faces[key] = face
	return face
}
