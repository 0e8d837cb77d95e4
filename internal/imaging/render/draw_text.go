package render

import (
	"math"
	"sort"
	"strings"

	"bluerose/internal/imaging/draw"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/typeface"
)

// Text is bounded, so that a small request makes no large work.
const (
	textMax  = 5_000  // bytes of one text
	pointMax = 20_000 // pixels to the em
)

const pointDefault = 12 // -pointsize

// script is a font in the size that a state asks for, with the state's spacing.
type script struct {
	sized   *typeface.Sized
	spacing typeface.Spacing
	line    float64 // between lines beyond the font's own
	stroke  float64 // the width of the stroke, which text is measured with
}

func (m *machine) script(s draw.State) *script {
	f := s.Font
	style := strings.ToLower(f.Style)
	face, _ := m.engine.fonts.Face(typeface.Request{
		Name: f.Name, Family: f.Family, Bold: f.Weight >= 600, Italic: style == "italic" || style == "oblique",
	})
	em := positive(f.Size, pointDefault) / dotsDefault
	x, y := em*positive(math.Floor(f.DensityX), dotsDefault), em*positive(math.Floor(f.DensityY), dotsDefault)
	return &script{
		sized:   face.Sized(min(x, pointMax), min(y, pointMax), true),
		spacing: typeface.Spacing{Letter: s.Kerning, Word: s.Word},
		line:    math.Floor(s.Line + 0.5),
		stroke:  s.Pen.Width,
	}
}

// metrics are the measures of a text of several lines, in pixels (MagickCore 6.9, GetMultilineTypeMetrics).
type metrics struct {
	width, height float64
	left, top     float64 // of the widest line's outlines
}

func (t *script) measure(lines []string) metrics {
	var out metrics
	for i, text := range lines {
		if line := t.sized.Line(text, t.spacing); i == 0 || line.Width > out.width {
			out = metrics{width: line.Width, left: line.Left, top: line.Top}
		}
	}
	n := float64(len(lines))
	out.height = n*t.sized.Height() + (n-1)*t.line
	return out
}

// columns and rows give the size of a picture that holds the text.
func (t *script) columns(m metrics) int { return int(math.Floor(m.width + t.stroke + 0.5)) }
func (t *script) rows(m metrics) int    { return int(math.Floor(m.height + t.stroke + 0.5)) }

// linesOf parts a text into lines, cut off behind textMax bytes.
func linesOf(text string) []string {
	if len(text) > textMax {
		text = strings.ToValidUTF8(text[:textMax], "")
	}
	return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}

// bounds gives the size of a picture that holds the lines, but for the sides that are said.
func (t *script) bounds(lines []string, wraps bool, width, height int) (int, int) {
	measured := t.measure(lines)
	if width == 0 {
		width = max(t.columns(measured), 1)
	}
	if height == 0 {
		height = max(t.rows(measured), 1)
		if wraps {
			height = max(int(float64(len(lines))*(t.sized.Ascent-t.sized.Descent+t.line+t.stroke)+0.5), 1)
		}
	}
	return width, height
}

// text writes text: its place is measured from where the gravity says, and is the base line's beginning without one
// (MagickCore 6.9, AnnotateImage).
func (e *easel) text(state draw.State, text string, at draw.Point) error {
	t := e.m.script(state)
	lines := linesOf(strings.TrimSuffix(text, "\n"))
	height := t.sized.Height() + t.line
	for i, line := range lines {
		if err := e.m.scope.Context().Err(); err != nil {
			return err
		}
		if line == "" {
			continue
		}
		laid := t.sized.Line(line, t.spacing)
		offset := e.offset(state, t, laid, at, float64(i), float64(len(lines)), height)
		if err := e.line(state, t, laid, offset, height); err != nil {
			return err
		}
	}
	return nil
}

// offset gives the beginning of line i of n on its base line.
func (e *easel) offset(s draw.State, t *script, line typeface.Line, at draw.Point, i, n, height float64) draw.Point {
	m := s.Matrix
	ascent, descent, width := t.sized.Ascent, t.sized.Descent, line.Width
	w, h := float64(e.width), float64(e.height)
	down := draw.Point{X: i * m.RY * height, Y: i * m.SY * height}
	switch s.Align {
	case "Left":
		return draw.Point{X: at.X + down.X, Y: at.Y + down.Y}
	case "Center":
		return draw.Point{X: at.X + down.X - m.SX*width/2, Y: at.Y + down.Y - m.RX*width/2}
	case "Right":
		return draw.Point{X: at.X + down.X - m.SX*width, Y: at.Y + down.Y - m.RX*width}
	}
	name := s.Gravity
	if name == "Undefined" || name == "None" || name == "Forget" || name == "" {
		return draw.Point{X: at.X + down.X, Y: at.Y + down.Y}
	}
	var out draw.Point
	middle := ascent + descent - (n-1)*height
	back := (n - 1) * height
	switch {
	case strings.HasPrefix(name, "North"):
		out = draw.Point{X: at.X + m.RY*(ascent+descent), Y: at.Y + m.SY*ascent}
	case strings.HasPrefix(name, "South"):
		out = draw.Point{X: at.X - m.RY*back, Y: h - at.Y - m.SY*back + descent}
		if name == "South" {
			out.X = at.X - m.RY*back/2
		}
	default:
		out = draw.Point{X: at.X + m.RY*middle/2, Y: at.Y + h/2 + m.SY*middle/2}
	}
	switch {
	case strings.HasSuffix(name, "West"):
	case strings.HasSuffix(name, "East"):
		out.X += w - 2*at.X - m.SX*width - 1
		out.Y -= m.RX * width
	default:
		out.X += w/2 - m.SX*width/2
		out.Y -= m.RX * width / 2
	}
	return draw.Point{X: out.X + down.X, Y: out.Y + down.Y}
}

// line writes one line: what is under it, its letters, and their stroke.
func (e *easel) line(s draw.State, t *script, laid typeface.Line, offset draw.Point, height float64) error {
	m := s.Matrix
	place := func(dx, dy float64) draw.Matrix {
		return draw.Matrix{SX: m.SX, RX: m.RX, RY: m.RY, SY: m.SY, TX: offset.X + dx, TY: offset.Y + dy}
	}
	if s.Undercolor.Alpha != 0 {
		box := s
		box.Fill, box.Stroke = draw.Paint{Color: s.Undercolor, Own: true}, draw.Paint{Own: true}
		corners := []draw.Point{{}, {X: laid.Advance}, {X: laid.Advance, Y: height}, {Y: height}}
		path := draw.Path{{Points: corners, Closed: true}}.Apply(place(-m.RY*t.sized.Ascent, -m.SY*t.sized.Ascent))
		if err := e.path(box, path); err != nil {
			return err
		}
	}
	if err := e.decorate(s, t, laid, place, height); err != nil {
		return err
	}
	// Letters are placed on whole pixels, and turned about their own beginning.
	whole := draw.Matrix{SX: m.SX, RX: m.RX, RY: m.RY, SY: m.SY, TX: math.Ceil(offset.X - 0.5), TY: math.Ceil(offset.Y - 0.5)}
	if fill := e.painter(s.Fill, e.fill); fill != nil {
		e.glyphs(laid.Path.Apply(whole), fill, s.TextAliased)
	}
	if e.painter(s.Stroke, e.stroke) == nil {
		return nil
	}
	s.Pen.Join, s.Pen.Dash = draw.RoundJoin, nil
	return e.path(s, laid.Path.Apply(place(0, 0)))
}

// decorate draws the lines under, over and through a text.
func (e *easel) decorate(s draw.State, t *script, laid typeface.Line, place func(dx, dy float64) draw.Matrix, height float64) error {
	up := 0.0
	switch s.Decorate {
	case "Underline":
		up = t.sized.UnderlinePosition
	case "Overline":
		up = t.sized.Ascent + t.sized.Descent - t.sized.UnderlinePosition
	case "LineThrough":
		up = (height + t.sized.UnderlinePosition + t.sized.Descent) / 2
	default:
		return nil
	}
	line := s
	line.Stroke = draw.Paint{Color: s.Fill.Color, Own: s.Fill.Own}
	line.Pen = draw.Pen{Width: t.sized.UnderlineThickness, MiterLimit: 10}
	path := draw.Path{{Points: []draw.Point{{}, {X: laid.Width}}}}
	return e.path(line, path.Apply(place(-s.Matrix.RY*up, -s.Matrix.SY*up)))
}

// textGenerators make pictures of text.
var textGenerators = map[string]generator{
	"label":   label,
	"caption": caption,
	"pango":   pango,
}

// words gives the text of a generator, with its escapes filled in as for a picture that is not there yet.
func (m *machine) wording(src magick.Source) (string, error) {
	template, err := magick.ParseTemplate(src.Name)
	if err != nil {
		return "", err
	}
	about := m.current
	if len(about) == 0 {
		nobody, err := nothing(m, src)
		if err != nil {
			return "", err
		}
		about = nobody
	}
	text, err := m.expanded(template, about, 0)
	if len(text) > textMax {
		text = strings.ToValidUTF8(text[:textMax], "")
	}
	return text, err
}

// unmarked takes Pango's markup out of a text.
func unmarked(text string) string {
	var out strings.Builder
	for text != "" {
		before, rest, tag := strings.Cut(text, "<")
		out.WriteString(before)
		if !tag {
			break
		}
		if _, text, tag = strings.Cut(rest, ">"); !tag {
			break
		}
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "&quot;", `"`, "&apos;", "'").Replace(out.String())
}

// label is label: text on lines as they are written, in the largest size that fits -size where no -pointsize says one
// (coders/label.c).
func label(m *machine, src magick.Source) ([]*Picture, error) {
	text, err := m.wording(src)
	if err != nil {
		return nil, err
	}
	return m.written(src, m.pen(), text, func(_ *script, text string, _ int) []string { return linesOf(text) })
}

// caption is caption: text that is wrapped at -size's width (coders/caption.c).
func caption(m *machine, src magick.Source) ([]*Picture, error) {
	text, err := m.wording(src)
	if err != nil {
		return nil, err
	}
	return m.written(src, m.pen(), text, wrap)
}

// pango is pango: text that is wrapped at -size's width, without its markup: as large as -pointsize says, at Pango's 90
// pixels an inch, in the serif font that stands where none is named.
func pango(m *machine, src magick.Source) ([]*Picture, error) {
	text, err := m.wording(src)
	if err != nil {
		return nil, err
	}
	state := m.pen()
	state.Font.Size = positive(state.Font.Size, pointDefault) * 90 / dotsDefault
	if state.Font.Name == "" && state.Font.Family == "" {
		state.Font.Family = "DejaVu Serif"
	}
	return m.written(src, state, unmarked(text), wrap)
}

// written gives a picture of a text, broken into lines by a function of the script and the width.
func (m *machine) written(src magick.Source, state draw.State, text string, broken func(t *script, text string, width int) []string) ([]*Picture, error) {
	state.Matrix = draw.Identity
	width, height := 0, 0
	if g, ok := m.settings.geometry("size"); ok {
		width, height = half(g.Width), half(g.Height)
	}
	if err := m.admit(max(width, 1), max(height, 1)); err != nil {
		return nil, err
	}
	wraps := src.Coder != "label"
	fit := state.Font.Size == 0 && text != "" && (width > 0 || height > 0)
	t := m.script(state)
	if src.Coder == "caption" && width == 0 {
		// Without a width every word has a line of its own, and the last one gives the width.
		words := strings.Fields(text)
		if len(words) > 0 {
			width = max(t.columns(t.measure(words[len(words)-1:])), 1)
		}
	}
	lines := broken(t, text, width)
	if wraps && fit {
		// A side that is not said is the one that the default size takes; the text is then fitted to both.
		width, height = t.bounds(lines, wraps, width, height)
	}
	if fit {
		state.Font.Size = m.fitting(state, text, width, height, broken)
		t = m.script(state)
		lines = broken(t, text, width)
	}
	width, height = t.bounds(lines, wraps, width, height)
	measured := t.measure(lines)
	p, err := m.solid(width, height, m.settings.background())
	if err != nil {
		return nil, err
	}
	at := draw.Point{}
	if state.Gravity == "Undefined" {
		at.Y = t.sized.Ascent
		if !wraps {
			at.Y = max(t.sized.Ascent, measured.top)
		}
	}
	if wraps {
		at.X = max(-measured.left, 0)
	}
	e, err := m.plainEasel(p, draw.Primitive{State: state})
	if err != nil {
		return nil, err
	}
	if err := e.text(state, strings.Join(lines, "\n"), at); err != nil {
		return nil, err
	}
	if p, err = e.picture(); err != nil {
		return nil, err
	}
	p.Format = src.Coder
	p.Properties[src.Coder] = text
	return m.fitted([]*Picture{p}, src)
}

// fitting gives the largest size in points, a whole number, whose text stays within width and height; 0 is no bound.
func (m *machine) fitting(state draw.State, text string, width, height int, broken func(t *script, text string, width int) []string) float64 {
	// With both bounds a size is too large when both are reached, as ImageMagick looks for it, and a size fits when neither is.
	try := func(size float64) (columns, rows int) {
		state.Font.Size = size
		t := m.script(state)
		measured := t.measure(broken(t, text, width))
		return t.columns(measured), t.rows(measured)
	}
	high := float64(pointDefault)
	for range 12 {
		columns, rows := try(high)
		if m.scope.Context().Err() != nil || (width == 0 || columns >= width) && (height == 0 || rows >= height) {
			break
		}
		high *= 2
	}
	low := 1.0
	for high-low > 0.5 {
		middle := (low + high) / 2
		columns, rows := try(middle)
		if (width == 0 || columns < width) && (height == 0 || rows < height) {
			low = middle + 0.5
		} else {
			high = middle - 0.5
		}
	}
	return max(math.Floor((low+high)/2-0.5), 1)
}

// wrap breaks a text at spaces so that no line is wider than width, and within words that are (FormatMagickCaption).
func wrap(t *script, text string, width int) []string {
	var out []string
	for _, paragraph := range linesOf(text) {
		if width == 0 {
			out = append(out, paragraph)
			continue
		}
		line, reach := "", 0.0
		for i, word := range strings.Split(paragraph, " ") {
			if i > 0 {
				if more := t.spacing.Letter + t.advance(" "+word); t.fits(reach+more, width) {
					line, reach = line+" "+word, reach+more
					continue
				}
				out = append(out, line)
			}
			for !t.fits(t.advance(word), width) {
				n := t.prefix(word, width)
				if n == len(word) {
					break
				}
				out, word = append(out, word[:n]), word[n:]
			}
			line, reach = word, t.advance(word)
		}
		out = append(out, line)
	}
	return out
}

func (t *script) advance(text string) float64 { return t.sized.Advance(text, t.spacing) }

func (t *script) fits(advance float64, width int) bool {
	return int(math.Floor(advance+t.stroke+0.5)) <= width
}

// prefix gives how many bytes of a word fit into the width: one letter at least.
func (t *script) prefix(word string, width int) int {
	var ends []int
	for i := range word {
		ends = append(ends, i)
	}
	ends = append(ends[1:], len(word))
	n := sort.Search(len(ends), func(i int) bool { return !t.fits(t.advance(word[:ends[i]]), width) })
	return ends[max(n-1, 0)]
}
