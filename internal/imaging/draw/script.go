package draw

import (
	"math"
	"strconv"
	"strings"
)

// Kind says what a Primitive is.
type Kind int

// The kinds of primitives.
const (
	Filled Kind = iota // Path is filled and stroked
	Dot                // one pixel, at At
	Color              // Method paints from At: "point", "replace", "floodfill", "filltoborder", "reset"
	Matte              // the same for alpha
	Text               // Text is written at At
	Image              // the picture named Text is put at At by compose method Method, Size its size (0: its own)
)

// Primitive is a thing to draw, in pixels.
type Primitive struct {
	Kind   Kind
	Path   Path
	At     Point
	Size   Point
	Method string
	Text   string
	State  State
}

// Parse reads a drawing in ImageMagick's drawing language, from a state that the settings gave. Errors are Error.
func Parse(text string, state State) ([]Primitive, error) {
	p := parser{tokens: tokenize(text), state: state}
	for !p.done() {
		word := strings.ToLower(p.next().text)
		if err := p.word(word); err != nil {
			return nil, err
		}
		if len(p.out) > maxPrimitives || p.points > maxPoints {
			return nil, errorf("a drawing may have at most %d primitives and %d points", maxPrimitives, maxPoints)
		}
	}
	return p.out, nil
}

type parser struct {
	tokens []token
	state  State
	stack  []State
	out    []Primitive
	points int
	defs   int // how many definitions are open: what they hold is not drawn
}

func (p *parser) done() bool { return len(p.tokens) == 0 }

func (p *parser) next() token {
	if p.done() {
		return token{}
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

// word carries out one word of the language with its arguments.
func (p *parser) word(word string) error {
	if shape, ok := shapes[word]; ok {
		points := p.pairs()
		if len(points) < shape.least || shape.most > 0 && len(points) > shape.most {
			return errorf("%s takes %s", word, shape.expects)
		}
		if word == "bezier" && len(points) > maxControl {
			return errorf("a bezier curve may have at most %d points", maxControl)
		}
		p.shape(shape.path(points))
		return nil
	}
	if change, ok := changes[word]; ok {
		values := p.numbers(change.count)
		if len(values) < change.count {
			return errorf("%s takes %d number(s)", word, change.count)
		}
		change.apply(&p.state, values)
		return nil
	}
	if set, ok := words[word]; ok {
		return set(&p.state, p.next().text)
	}
	switch word {
	case "push":
		return p.push()
	case "pop":
		return p.pop()
	case "path":
		path, err := ParsePath(p.next().text)
		if err == nil {
			p.shape(path)
		}
		return err
	case "point":
		points := p.pairs()
		if len(points) == 0 {
			return errorf("point takes x,y")
		}
		p.put(Primitive{Kind: Dot, At: p.state.Matrix.Apply(points[0])})
	case "color", "matte", "alpha":
		return p.painting(word)
	case "text":
		at := p.numbers(2)
		if len(at) < 2 || p.done() {
			return errorf("text takes x,y and a text in quotes")
		}
		p.put(Primitive{Kind: Text, At: p.state.Matrix.Apply(Point{at[0], at[1]}), Text: p.next().text})
	case "image":
		method := p.next().text
		n := p.numbers(4)
		if len(n) < 4 || p.done() {
			return errorf("image takes a compose method, x,y width,height and a name")
		}
		p.put(Primitive{Kind: Image, Method: method, At: p.state.Matrix.Apply(Point{n[0], n[1]}), Size: Point{n[2], n[3]}, Text: p.next().text})
	case "stroke-dasharray":
		return p.dashes()
	case "viewbox":
		p.numbers(4)
	case "encoding", "class", "clip-rule", "clip-units", "gradient-units", "stop-color", "direction", "currentcolor":
		p.next()
	default:
		if strings.HasPrefix(word, "#") {
			return nil
		}
		return errorf("a drawing has no word %q; the primitives are point, line, rectangle, roundRectangle, arc, ellipse, "+
			"circle, polyline, polygon, bezier, path, color, matte, text and image", word)
	}
	return nil
}

func (p *parser) put(primitive Primitive) {
	if p.defs > 0 {
		return
	}
	primitive.State = p.state
	p.out = append(p.out, primitive)
	p.points += primitive.Path.points()
}

// shape puts a path of the drawing's own coordinates. One that is no more than a point is a pixel.
func (p *parser) shape(path Path) {
	path = path.Apply(p.state.Matrix)
	if len(path) == 1 && len(distinct(path[0])) == 1 {
		p.put(Primitive{Kind: Dot, At: path[0].Points[0]})
		return
	}
	if len(path) > 0 {
		p.put(Primitive{Kind: Filled, Path: path})
	}
}

func (p *parser) painting(word string) error {
	at := p.numbers(2)
	method := strings.ToLower(p.next().text)
	switch method {
	case "point", "replace", "floodfill", "filltoborder", "reset":
	default:
		return errorf("%s takes x,y and one of point, replace, floodfill, filltoborder and reset", word)
	}
	if len(at) < 2 {
		return errorf("%s takes x,y and a method", word)
	}
	kind := Color
	if word != "color" {
		kind = Matte
	}
	p.put(Primitive{Kind: kind, At: p.state.Matrix.Apply(Point{at[0], at[1]}), Method: method})
	return nil
}

func (p *parser) push() error {
	what := strings.ToLower(p.next().text)
	switch what {
	case "graphic-context":
		// A context may have a name.
		if !p.done() && p.tokens[0].quoted {
			p.next()
		}
	case "defs", "clip-path", "pattern", "gradient":
		return errorf("push takes graphic-context here; a %s cannot be defined", what)
	default:
		return errorf("push takes graphic-context")
	}
	if len(p.stack) >= maxDepth {
		return errorf("a drawing may push at most %d times", maxDepth)
	}
	p.stack = append(p.stack, p.state)
	return nil
}

func (p *parser) pop() error {
	p.next()
	n := len(p.stack)
	if n == 0 {
		return errorf("a drawing pops what it did not push")
	}
	p.state, p.stack = p.stack[n-1], p.stack[:n-1]
	return nil
}

func (p *parser) dashes() error {
	if !p.done() && strings.EqualFold(p.tokens[0].text, "none") {
		p.next()
		p.state.Pen.Dash = nil
		return nil
	}
	lengths := p.numbers(maxControl)
	for _, d := range lengths {
		if d < 0 {
			return errorf("stroke-dasharray takes lengths that are not negative")
		}
	}
	// A list of odd length is taken twice, so that lines and gaps change places.
	if len(lengths)%2 == 1 {
		lengths = append(lengths, lengths...)
	}
	p.state.Pen.Dash = lengths
	return nil
}

// numbers takes up to n numbers.
func (p *parser) numbers(n int) []float64 {
	var out []float64
	for len(out) < n && !p.done() {
		v, ok := number(p.tokens[0])
		if !ok {
			break
		}
		out = append(out, v)
		p.next()
	}
	return out
}

// pairs takes points for as long as there are numbers.
func (p *parser) pairs() []Point {
	n := p.numbers(2 * maxPoints)
	var out []Point
	for ; len(n) > 1; n = n[2:] {
		out = append(out, Point{n[0], n[1]})
	}
	return out
}

func number(t token) (float64, bool) {
	if t.quoted {
		return 0, false
	}
	v, err := strconv.ParseFloat(strings.TrimSuffix(t.text, "%"), 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > maxCoordinate {
		return 0, false
	}
	return v, true
}

type token struct {
	text   string
	quoted bool
}

// tokenize splits a drawing at spaces, commas and, as ImageMagick does, in front of a number that follows another closely.
// Quotes and braces keep a word together; a comment runs from a hash at the front of a word to the end of the line.
func tokenize(s string) []token {
	var out []token
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case strings.IndexByte(" ,\t\r\n;", c) >= 0:
			i++
		case c == '\'' || c == '"' || c == '{':
			text, n := unquote(s[i:])
			out = append(out, token{text, true})
			i += n
		case c == '#' && (i == 0 || s[i-1] == '\n'):
			for i < len(s) && s[i] != '\n' {
				i++
			}
		default:
			n := wordLength(s[i:])
			out = append(out, token{s[i : i+n], false})
			i += n
		}
	}
	return out
}

// wordLength gives the length of the word at the front of s: a number, or what ends at a space, a comma or a quote.
func wordLength(s string) int {
	if n := numberLength(s); n > 0 && strings.ContainsAny(s[:n], "0123456789") {
		if n < len(s) && s[n] == '%' {
			n++
		}
		if n == len(s) || !isLetter(s[n]) {
			return n
		}
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth <= 0 && strings.IndexByte(" ,\t\r\n'\"", c) >= 0:
			return max(i, 1)
		}
	}
	return len(s)
}

// unquote takes the text in quotes or braces at the front of s, and gives its length with them. What has no end ends with s.
func unquote(s string) (string, int) {
	closing := s[0]
	if closing == '{' {
		closing = '}'
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == closing:
			return b.String(), i + 1
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == closing || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), len(s)
}
