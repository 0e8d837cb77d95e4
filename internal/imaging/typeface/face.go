package typeface

import (
	"math"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"bluerose/internal/imaging/draw"
)

// Face is a font. It may be used by several goroutines.
type Face struct {
	type1 bool // its ascent and descent are those that ImageMagick gives to fonts that say none
	em    float64

	mu     sync.Mutex
	font   *sfnt.Font
	buffer sfnt.Buffer
	glyphs map[sfnt.GlyphIndex]sfnt.Segments
	stems  map[sfnt.GlyphIndex][]stem

	base, small, capital, ascender, descender zone // heights that hinting brings to the pixel grid, in font units
	postscript                                bool // its outlines are PostScript's, which are hinted by other rules
}

// zone is a height that many letters share: of those that are flat there, and of round ones, which go a little further.
type zone struct{ flat, round float64 }

func newFace(data []byte, type1 bool) (*Face, error) {
	parsed, err := sfnt.Parse(data)
	if err != nil {
		return nil, err
	}
	f := &Face{font: parsed, type1: type1, em: float64(parsed.UnitsPerEm()), glyphs: map[sfnt.GlyphIndex]sfnt.Segments{}, stems: map[sfnt.GlyphIndex][]stem{}}
	f.postscript = string(data[:4]) == "OTTO"
	top := func(letters string) (highest float64) {
		for _, r := range letters {
			high, _ := f.extent(r)
			highest = max(highest, high)
		}
		return highest
	}
	f.small, f.capital, f.ascender = zone{top("x"), top("oeasc")}, zone{top("H"), top("OCGS")}, zone{top("l"), top("ldf")}
	for _, r := range "oeOCsS" {
		_, low := f.extent(r)
		f.base.round = min(f.base.round, low)
	}
	_, low := f.extent('p')
	f.descender = zone{low, low}
	return f, nil
}

// extent gives how high and how low a letter reaches, in font units, upwards.
func (f *Face) extent(r rune) (high, low float64) {
	index, err := f.font.GlyphIndex(&f.buffer, r)
	if err != nil || index == 0 {
		return 0, 0
	}
	bounds, _, err := f.font.GlyphBounds(&f.buffer, index, f.units(), font.HintingNone)
	if err != nil {
		return 0, 0
	}
	return -float64(bounds.Min.Y) / 64, -float64(bounds.Max.Y) / 64
}

// units is the size at which a pixel is a font unit.
func (f *Face) units() fixed.Int26_6 { return fixed.I(int(f.em)) }

// Sized is a font in a size. Lengths are pixels, heights go upwards.
type Sized struct {
	face               *Face
	scaleX, scaleY     float64 // pixels a font unit
	kerning            float64 // below 25 pixels letters are kerned less, as FreeType does (FT_Get_Kerning)
	grid               []anchor
	Ascent, Descent    float64 // of a line; Descent is negative
	UnderlinePosition  float64 // negative: below the base line
	UnderlineThickness float64
}

// anchor maps a height in font units to pixels.
type anchor struct{ from, to float64 }

// Sized gives the font so many pixels high and wide to the em; without hints, heights are left as they are.
func (f *Face) Sized(ppemX, ppemY float64, hinted bool) *Sized {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &Sized{face: f, scaleX: ppemX / f.em, scaleY: ppemY / f.em, kerning: min(math.Round(ppemX)/25, 1)}
	em := math.Round(ppemY)
	if f.type1 {
		// The fonts of type 1 say no ascent, and ImageMagick takes these (annotate.c, RenderFreetype).
		s.Ascent, s.Descent = em, -em/3.5
	} else if m, err := f.font.Metrics(&f.buffer, f.units(), font.HintingNone); err == nil {
		s.Ascent, s.Descent = math.Ceil(float64(m.Ascent)/64*s.scaleY), -math.Ceil(float64(m.Descent)/64*s.scaleY)
	}
	s.UnderlinePosition, s.UnderlineThickness = -0.15*em, 0.05*em
	if post := f.font.PostTable(); post != nil {
		// The font says where the line's upper side is, and FreeType where its middle is.
		s.UnderlineThickness = float64(post.UnderlineThickness) * math.Round(ppemX) / f.em
		s.UnderlinePosition = float64(post.UnderlinePosition)*math.Round(ppemX)/f.em - s.UnderlineThickness/2
	}
	if hinted {
		s.grid = f.grid(ppemY)
	}
	return s
}

// Height is from line to line, in whole pixels.
func (s *Sized) Height() float64 { return math.Floor(s.Ascent - s.Descent + 0.5) }

// Line is a line of text. Its outline has the base line's beginning at 0,0 and y downwards.
type Line struct {
	Path                     draw.Path
	Width                    float64 // how far the pen came at most
	Advance                  float64 // where the pen is in the end
	Left, Bottom, Right, Top float64 // of the outlines; heights upwards
}

// Spacing is what is added between letters, and what words are parted by in place of the font's space; 0 is nothing of both.
type Spacing struct{ Letter, Word float64 }

// Line lays out a line of text. Characters that the font has not are spaces.
func (s *Sized) Line(text string, spacing Spacing) Line {
	s.face.mu.Lock()
	defer s.face.mu.Unlock()
	var outline draw.Outline
	out := Line{Left: math.Inf(1), Bottom: math.Inf(1), Right: math.Inf(-1), Top: math.Inf(-1)}
	out.Advance = s.walk(text, spacing, func(index sfnt.GlyphIndex, x, after float64) {
		s.glyph(index, x, &outline, &out)
		out.Width = max(out.Width, after)
	})
	out.Path = outline.Path
	if len(out.Path) == 0 {
		out.Left, out.Bottom, out.Right, out.Top = 0, 0, 0, 0
	}
	return out
}

// Advance gives how far the pen goes in a line of text, in pixels, without laying it out.
func (s *Sized) Advance(text string, spacing Spacing) float64 {
	s.face.mu.Lock()
	defer s.face.mu.Unlock()
	return s.walk(text, spacing, func(sfnt.GlyphIndex, float64, float64) {})
}

// walk moves the pen along a text: each is called with a glyph's place and where the pen is after it. It gives the end.
func (s *Sized) walk(text string, spacing Spacing, each func(index sfnt.GlyphIndex, x, after float64)) float64 {
	f := s.face
	x, first := 0.0, true
	previous, last := sfnt.GlyphIndex(0), ' '
	blank, _ := f.font.GlyphIndex(&f.buffer, ' ')
	for _, r := range text {
		index, err := f.font.GlyphIndex(&f.buffer, r)
		if err != nil || index == 0 {
			index = blank
		}
		if !first {
			x += spacing.Letter
			if k, err := f.font.Kern(&f.buffer, previous, index, f.units(), font.HintingNone); err == nil {
				x += s.whole(float64(k) / 64 * s.scaleX * s.kerning)
			}
		}
		at := x
		advance, err := f.font.GlyphAdvance(&f.buffer, index, f.units(), font.HintingNone)
		switch {
		case spacing.Word != 0 && unicode.IsSpace(r) && !unicode.IsSpace(last):
			x += spacing.Word
		case err == nil:
			x += s.whole(float64(advance) / 64 * s.scaleX)
		}
		each(index, at, x)
		previous, first, last = index, false, r
	}
	return x
}

// whole rounds a distance to pixels where the font is hinted: from 64ths of one, which FreeType counts in.
func (s *Sized) whole(v float64) float64 {
	if len(s.grid) == 0 {
		return v
	}
	return math.Floor((math.Round(64*v) + 32) / 64)
}

// glyph adds the outline of a glyph at x.
func (s *Sized) glyph(index sfnt.GlyphIndex, x float64, to *draw.Outline, line *Line) {
	f := s.face
	segments, ok := f.glyphs[index]
	if !ok {
		loaded, err := f.font.LoadGlyph(&f.buffer, index, f.units(), nil)
		if err != nil {
			return
		}
		segments = append(sfnt.Segments(nil), loaded...)
		f.glyphs[index] = segments
	}
	grid := s.fitted(index, segments)
	at := func(p fixed.Point26_6) draw.Point {
		q := draw.Point{X: x + float64(p.X)/64*s.scaleX, Y: -s.height(grid, -float64(p.Y)/64)}
		line.Left, line.Right = min(line.Left, q.X), max(line.Right, q.X)
		line.Bottom, line.Top = min(line.Bottom, -q.Y), max(line.Top, -q.Y)
		return q
	}
	for i, g := range segments {
		switch g.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				to.Close()
			}
			to.MoveTo(at(g.Args[0]))
		case sfnt.SegmentOpLineTo:
			to.LineTo(at(g.Args[0]))
		case sfnt.SegmentOpQuadTo:
			to.QuadTo(at(g.Args[0]), at(g.Args[1]))
		case sfnt.SegmentOpCubeTo:
			to.CubeTo(at(g.Args[0]), at(g.Args[1]), at(g.Args[2]))
		}
	}
	to.Close()
}
