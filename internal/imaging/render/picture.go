package render

import (
	"maps"
	"math"
	"slices"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// Space is a colourspace by ImageMagick's name. Pixels of SRGB, Gray and CMYK are what libvips takes them for; those of
// any other are three bands of numbers scaled to the full range.
type Space string

// The colourspaces that pictures are read in.
const (
	SRGB Space = "sRGB"
	Gray Space = "Gray"
	CMYK Space = "CMYK"
)

// Page is a picture's place on its virtual canvas, in pixels. Width and Height 0: the canvas is the picture.
type Page struct{ Width, Height, X, Y int }

// Disposal says what becomes of a frame before the next one is shown (GIF89a, graphic control extension).
type Disposal int

// The disposals by their GIF numbers.
const (
	DisposeUndefined Disposal = iota
	DisposeNone
	DisposeBackground
	DisposePrevious
)

// Picture is an image and what ImageMagick knows beside its pixels. Operators never change one: they give a copy.
type Picture struct {
	img     *vips.Image
	source  *source // where img comes from, while nothing has touched its pixels; nil afterwards
	settled bool    // img is in memory
	trail   *trail  // how img can be computed in one pass from its source; nil when it cannot

	unseen *vips.Image // the alpha that -alpha off put aside for -alpha on; nil for none
	born   [2]int      // width and height when it was read
	whole  *enclosing  // what -region cut the picture out of; nil when it is whole

	Space       Space
	Depth       int // bits a channel of the file it came from, or will go to: 1 to 16
	Page        Page
	Delay       int // of a frame, in 1/100 s
	Dispose     Disposal
	Loop        int     // times the animation is played, 0 for ever
	Orientation int     // EXIF's 1 to 8; 0 is not said
	DensityX    float64 // pixels per Units; 0 is not said
	DensityY    float64
	Units       string  // "PixelsPerInch", "PixelsPerCentimeter" or "Undefined"
	Format      string  // what it was read as, as magick names coders: "jpeg", "png", "xc"; empty for a new one
	Name        string  // what it was read from, as the request names it
	Bytes       int     // of the encoded input
	Quality     int     // that a JPEG or WebP was written with, 0 unknown
	Sampling    string  // chroma subsampling that a JPEG was written with, as "2x2"; empty unknown
	Interlace   bool    // the input was progressive
	Palette     bool    // the input had a palette (ImageMagick's PseudoClass), until its colours change
	Colors      int     // entries of the palette that the input had, or of the grays that it could have; 0 for neither
	Scene       int     // the number of the frame in what it was read from
	Gamma       float64 // the product of what -gamma changed the pixels by; 0 for 1

	Background *magick.Color // what the file says lies behind the picture; nil for nothing

	Geometry *magick.Geometry // what -geometry said for the composition that follows; nil for nothing

	Properties map[string]string // -set KEY VALUE, comment, label: by name, never nil
	Profiles   map[string][]byte // "icc", "exif", "xmp", "iptc", "8bim": by name, never nil
}

// with gives the picture with other pixels. The numbers of the bands tell whether it has alpha.
func (p *Picture) with(img *vips.Image) *Picture {
	q := *p
	q.img, q.source, q.settled, q.trail = img, nil, false, nil
	return &q
}

// copy gives the picture for a change beside the pixels.
func (p *Picture) copy() *Picture {
	q := *p
	q.Properties, q.Profiles = maps.Clone(p.Properties), maps.Clone(p.Profiles)
	return &q
}

// stripped gives the picture without its profiles, but for those to keep, and without its comments.
func (p *Picture) stripped(keep ...string) *Picture {
	q := p.copy()
	maps.DeleteFunc(q.Profiles, func(name string, _ []byte) bool { return !slices.Contains(keep, name) })
	for _, name := range []string{"comment", "date:create", "date:modify"} {
		delete(q.Properties, name)
	}
	q.Gamma = 0
	return q
}

// Width gives the columns of the picture itself, not of its canvas.
func (p *Picture) Width() int { return p.img.Width() }

// Height gives the rows of the picture itself, not of its canvas.
func (p *Picture) Height() int { return p.img.Height() }

// Alpha reports whether the picture has an alpha band.
func (p *Picture) Alpha() bool { return p.img.Bands() == p.colours()+1 }

// colours gives the number of bands without alpha: 1, 3 or 4.
func (p *Picture) colours() int {
	switch p.Space {
	case Gray:
		return 1
	case CMYK:
		return 4
	}
	return 3
}

// Max gives the number of full intensity: 255 or 65535.
func (p *Picture) Max() float64 {
	if p.img.Format() == vips.Ushort {
		return math.MaxUint16
	}
	return math.MaxUint8
}

// canvas gives the size of the virtual canvas: the page, or the picture where the page says nothing.
func (p *Picture) canvas() (width, height int) {
	width, height = p.Page.Width, p.Page.Height
	if width == 0 {
		width = p.Width()
	}
	if height == 0 {
		height = p.Height()
	}
	return width, height
}

// settle gives the picture computed in memory: its pixels may be read in any order and more than once.
func (p *Picture) settle() (*Picture, error) {
	if p.settled {
		return p, nil
	}
	img, err := p.stream()
	if err != nil {
		return nil, err
	}
	if img, err = img.Memory(); err != nil {
		return nil, err
	}
	q := *p
	q.img, q.settled = img, true
	return &q, nil
}
