package magick

import "strings"

// Drawing is the argument of -draw, in ImageMagick's drawing language, with the pictures that its image primitives name.
type Drawing struct {
	Text   string
	Images []Source
}

func (Drawing) value() {}

// parseDrawing reads the names of pictures out of a drawing and refuses what reaches files. The rest of the drawing
// language is the business of what draws.
func parseDrawing(s string) (Drawing, error) {
	tokens, err := drawingTokens(s)
	if err != nil {
		return Drawing{}, err
	}
	d := Drawing{Text: s}
	for i, t := range tokens {
		lower := strings.ToLower(t.text)
		switch {
		case strings.HasPrefix(t.text, "@") && len(t.text) > 1:
			return Drawing{}, refused("Files of the server cannot be read; write the drawing or the text itself")
		case strings.HasPrefix(lower, "url(") && !strings.HasPrefix(lower, "url(#"):
			return Drawing{}, refused("A drawing can refer to its own patterns and clip paths only, by url(#name)")
		case !t.quoted && lower == "image" && i+1 < len(tokens):
			if _, err := parseEnum("compose", tokens[i+1].text); err != nil {
				continue
			}
			if i+6 >= len(tokens) {
				return Drawing{}, expectation(`image, a compose method, x,y width,height and a name, such as "image over 0,0 0,0 'logo.png'"`)
			}
			source, err := parseSource(tokens[i+6].text)
			if err != nil {
				return Drawing{}, err
			}
			d.Images = append(d.Images, source)
		}
	}
	return d, nil
}

// drawingToken is a word of a drawing.
type drawingToken struct {
	text   string
	quoted bool
}

// drawingTokens splits a drawing at spaces and commas; quotes and braces keep a word together.
func drawingTokens(s string) ([]drawingToken, error) {
	var out []drawingToken
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case strings.IndexByte(" ,\t\n\r", c) >= 0:
			i++
		case c == '\'' || c == '"' || c == '{':
			text, n, ok := quoted(s[i:])
			if !ok {
				return nil, expectation("a closing quote in the drawing")
			}
			out = append(out, drawingToken{text, true})
			i += n
		default:
			end := i
			for depth := 0; end < len(s) && (depth > 0 || strings.IndexByte(" ,\t\n\r'\"", s[end]) < 0); end++ {
				switch s[end] {
				case '(':
					depth++
				case ')':
					depth--
				}
			}
			out = append(out, drawingToken{s[i:end], false})
			i = end
		}
	}
	return out, nil
}

// quoted takes the quoted text at the front of s, without its quotes, and gives its length with them.
func quoted(s string) (text string, n int, ok bool) {
	closing := s[0]
	if closing == '{' {
		closing = '}'
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == closing:
			return b.String(), i + 1, true
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == closing || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0, false
}
