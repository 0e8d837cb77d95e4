package magick

import "strings"

// Template is a text with percent escapes: the argument of -format, -annotate, -label, -set.
type Template []Segment

// Segment is a piece of a Template: a text, a one-letter escape, or a property in square brackets. One of the three is set.
type Segment struct {
	Literal  string // backslash escapes and &lt; &gt; &amp; are already what they stand for
	Letter   byte   // 'w' for %w, '@' for %@, '#' for %#; a letter that ImageMagick does not know stands for nothing
	Property string // "fx:w/2" for %[fx:w/2], "EXIF:*", "colorspace"
}

func (Template) value() {}

// ParseTemplate reads a text with escapes as ImageMagick 6.9 does: %% is a percent sign, and so is a percent sign before a
// space, the end, or what is not ASCII; \n and \r are newline and carriage return, and a backslash takes itself away before anything else.
func ParseTemplate(s string) (Template, error) {
	t, err := parseTemplate(s)
	return t, public(err, s)
}

var entities = []struct {
	name string
	char byte
}{{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}}

func parseTemplate(s string) (Template, error) {
	var t Template
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			t = append(t, Segment{Literal: text.String()})
			text.Reset()
		}
	}
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\\':
			i += backslash(&text, s[i:])
		case c == '&':
			i += entity(&text, s[i:])
		case c == '%' && (i+1 == len(s) || s[i+1] <= ' ' || s[i+1] == '%' || s[i+1] >= 0x7f):
			text.WriteByte('%')
			i++
			if i < len(s) && s[i] == '%' {
				i++
			}
		case c == '%' && s[i+1] == '[':
			end := closingBracket(s[i+1:])
			if end < 0 {
				return nil, expectation(`a "]" for every "%["`)
			}
			flush()
			t = append(t, Segment{Property: s[i+2 : i+1+end]})
			i += end + 2
		case c == '%':
			flush()
			t = append(t, Segment{Letter: s[i+1]})
			i += 2
		default:
			text.WriteByte(c)
			i++
		}
	}
	flush()
	return t, nil
}

// backslash writes what the escape at the front of s stands for and gives its length.
func backslash(text *strings.Builder, s string) int {
	if len(s) == 1 {
		return 1
	}
	switch s[1] {
	case 'n':
		text.WriteByte('\n')
	case 'r':
		text.WriteByte('\r')
	case '\n', '\r':
	default:
		text.WriteByte(s[1])
	}
	return 2
}

func entity(text *strings.Builder, s string) int {
	for _, e := range entities {
		if len(s) >= len(e.name) && strings.EqualFold(s[:len(e.name)], e.name) {
			text.WriteByte(e.char)
			return len(e.name)
		}
	}
	text.WriteByte('&')
	return 1
}

// closingBracket gives the place of the bracket that closes the one at the front of s; -1 for none.
func closingBracket(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// HasEscapes reports whether the template asks anything of the picture.
func (t Template) HasEscapes() bool {
	for _, s := range t {
		if s.Literal == "" {
			return true
		}
	}
	return false
}

var literalEscaper = strings.NewReplacer("%", "%%", `\`, `\\`, "\n", `\n`, "\r", `\r`, "&", "&amp;")

// String writes the template as ImageMagick reads it.
func (t Template) String() string {
	var b strings.Builder
	for _, s := range t {
		switch {
		case s.Literal != "":
			b.WriteString(literalEscaper.Replace(s.Literal))
		case s.Letter != 0:
			b.WriteByte('%')
			b.WriteByte(s.Letter)
		default:
			b.WriteString("%[" + s.Property + "]")
		}
	}
	return b.String()
}
