package fx

import (
	"math"
	"strings"
)

// named is what a name stands for: a function, a picture and what is asked of it, a constant, a colour or a variable.
func (p *parser) named(t token) node {
	if p.next("(") {
		return p.call(t)
	}
	if _, assigned := p.names[t.text]; assigned && len(t.text) > 1 {
		return p.recalled(t.text)
	}
	first := node{}
	switch t.text {
	case "u", "v", "s":
		return p.picture(t.text)
	case "image":
		if p.next(".") {
			return p.of(picked{index: first, place: standing})
		}
	case "p":
		return p.pixel(picked{index: first, place: standing})
	case "i":
		return node{run: func(r *Run) float64 { return float64(r.x) }, uses: usesPlace}
	case "j":
		return node{run: func(r *Run) float64 { return float64(r.y) }, uses: usesPlace}
	case "n":
		return node{run: func(r *Run) float64 { return float64(len(r.scene.Images)) }, uses: usesImage}
	case "t":
		return node{run: func(r *Run) float64 { return float64(r.scene.Index) }, uses: usesImage}
	}
	if v, ok := constants[t.text]; ok {
		return constant(v)
	}
	p.at--
	if out, ok := p.asked(picked{index: first, place: standing}); ok {
		return out
	}
	p.at++
	if place, ok := p.names[t.text]; ok {
		return node{run: func(r *Run) float64 { return r.variables[place] }, uses: usesVariable}
	}
	if c, ok := p.colours(t.text); ok {
		return p.shown(c)
	}
	p.at--
	p.fail("there is nothing of this name")
	return constant(0)
}

func (p *parser) recalled(name string) node {
	place := p.names[name]
	return node{run: func(r *Run) float64 { return r.variables[place] }, uses: usesVariable}
}

// place says where a pixel stands.
type place int

const (
	standing place = iota // where the expression is evaluated
	absolute              // p{x,y}
	relative              // p[x,y]
)

// picked is a pixel of a picture, as far as the parser has read.
type picked struct {
	index node // of the picture; the zero node is the current one, s
	place place
	x, y  node
}

// picture is u, v or s, with what stands behind it.
func (p *parser) picture(word string) node {
	out := picked{}
	switch word {
	case "u":
		out.index = constant(0)
	case "v":
		out.index = constant(1)
	}
	if p.take("[") {
		out.index = p.comma()
		p.expect("]")
	}
	return p.of(out)
}

// of is what is asked of a picture behind a dot; nothing is the channel itself.
func (p *parser) of(from picked) node {
	if !p.take(".") {
		return p.value(from)
	}
	if t := p.here(); t.kind == name && t.text == "p" {
		p.at++
		return p.pixel(from)
	}
	if out, ok := p.asked(from); ok {
		return out
	}
	p.fail("this is not known of a picture")
	return constant(0)
}

// pixel is p, with a place in braces or brackets.
func (p *parser) pixel(from picked) node {
	last := ""
	switch {
	case p.take("{"):
		from.place, last = absolute, "}"
	case p.take("["):
		from.place, last = relative, "]"
	}
	if last != "" {
		from.x, from.y = p.assignment(), constant(0)
		if p.take(",") {
			from.y = p.assignment()
		}
		p.expect(last)
	}
	return p.of(from)
}

// asked reads a name that stands for something of a picture or a pixel; false, and nothing taken, when it does not.
func (p *parser) asked(from picked) (node, bool) {
	t := p.here()
	if t.kind != name {
		return node{}, false
	}
	p.at++
	if quality, ok := qualities[t.text]; ok {
		return from.measured(func(_ *Run, px *Pixel) float64 { return quality(px) }, usesPixel), true
	}
	// Of the names of channels, those longer than a letter are colours unless a picture stands before them.
	if c, ok := channelNames[t.text]; ok && (len(t.text) == 1 || p.at > 1 && p.tokens[p.at-2].text == ".") {
		return from.measured(func(_ *Run, px *Pixel) float64 { return px[c] }, usesPixel), true
	}
	switch {
	case t.text == "o":
		return from.measured(func(_ *Run, px *Pixel) float64 { return 1 - px[Alpha] }, usesPixel), true
	case t.text == "w" || t.text == "width":
		return from.known(func(m *Image) float64 { return float64(m.Width) }), true
	case t.text == "h" || t.text == "height":
		return from.known(func(m *Image) float64 { return float64(m.Height) }), true
	case t.text == "z":
		return p.statistic(from, "depth"), true
	case statisticNames[t.text]:
		return p.statistic(from, t.text), true
	case attributeNames[t.text]:
		key := t.text
		if p.next(".") && p.tokens[p.at+1].kind == name {
			key += "." + p.tokens[p.at+1].text
			p.at += 2
		}
		return from.known(func(m *Image) float64 { return m.Attributes[key] }), true
	}
	p.at--
	return node{}, false
}

// statistic is one of the whole picture, of the channel behind a dot or of the one that is evaluated.
func (p *parser) statistic(from picked, name string) node {
	channel, named := Channel(0), false
	if p.next(".") {
		if channel, named = channelNames[p.tokens[p.at+1].text]; named {
			p.at += 2
		}
	}
	index, used := from.number()
	if !named {
		used |= usesChannel
	}
	return node{run: func(r *Run) float64 {
		c := channel
		if !named {
			c = r.channel
		}
		return r.statistic(index(r), name, c)
	}, uses: used | usesImage}
}

// number gives the picture's number, and what that depends on.
func (from picked) number() (func(r *Run) int, uses) {
	switch {
	case from.index.run == nil:
		return func(r *Run) int { return r.scene.Index }, 0
	case from.index.uses == 0:
		i, used := int(whole(math.Floor(from.index.run(&Run{})+0.5))), uses(0)
		if i != 0 {
			used = usesPixel
		}
		return func(*Run) int { return i }, used
	}
	return func(r *Run) int { return int(whole(math.Floor(from.index.run(r) + 0.5))) }, from.index.uses | usesPixel
}

// known gives a number of a picture that no pixel has part in.
func (from picked) known(of func(*Image) float64) node {
	index, used := from.number()
	return node{run: func(r *Run) float64 {
		if m := r.image(index(r)); m != nil {
			return of(m)
		}
		return 0
	}, uses: used | usesImage}
}

// measured gives a number of the pixel.
func (from picked) measured(of func(*Run, *Pixel) float64, used uses) node {
	index, more := from.number()
	used |= more
	var place func(r *Run, m *Image) Pixel
	switch x, y := from.x.run, from.y.run; from.place {
	case absolute:
		used |= usesPixel | from.x.uses | from.y.uses
		place = func(r *Run, m *Image) Pixel { return m.between(x(r), y(r)) }
	case relative:
		used |= usesPixel | from.x.uses | from.y.uses
		place = func(r *Run, m *Image) Pixel { return m.between(float64(r.x)+x(r), float64(r.y)+y(r)) }
	default:
		place = func(r *Run, m *Image) Pixel { return m.pixel(r.x, r.y) }
	}
	return node{run: func(r *Run) float64 {
		m := r.image(index(r))
		if m == nil {
			return 0
		}
		px := place(r, m)
		return of(r, &px)
	}, uses: used}
}

// value is the channel that the expression is evaluated for. A whole place in the picture is read from
// memory directly.
func (p *parser) value(from picked) node {
	slow := from.measured(func(r *Run, px *Pixel) float64 { return px.of(r.channel) }, usesOwn)
	index, _ := from.number()
	x, y := from.x.run, from.y.run
	at := func(r *Run) (float64, float64) { return float64(r.x), float64(r.y) }
	switch from.place {
	case absolute:
		at = func(r *Run) (float64, float64) { return x(r), y(r) }
	case relative:
		at = func(r *Run) (float64, float64) { return float64(r.x) + x(r), float64(r.y) + y(r) }
	}
	return node{run: func(r *Run) float64 {
		if r.curve {
			return r.own
		}
		m := r.image(index(r))
		if m == nil {
			return 0
		}
		px, py := at(r)
		band, ok := m.Band(r.channel)
		if !ok || m.Pix == nil || !(px >= 0 && py >= 0 && px < float64(m.Width) && py < float64(m.Height)) {
			return slow.run(r)
		}
		ix, iy := int(px), int(py)
		if float64(ix) != px || float64(iy) != py {
			return slow.run(r)
		}
		return float64(m.Pix[(iy*m.Width+ix)*m.Bands+band]) * (1.0 / 65535)
	}, uses: slow.uses}
}

// colour is one written as a number or as a function.
func (p *parser) colour(text string) node {
	c, ok := p.colours(text)
	if !ok {
		p.at--
		p.fail("this is not a colour")
	}
	return p.shown(c)
}

// shown is the channel of a colour: the one behind a dot, or the one that is evaluated.
func (p *parser) shown(c Pixel) node {
	if p.next(".") {
		if channel, ok := channelNames[p.tokens[p.at+1].text]; ok {
			p.at += 2
			return constant(c[channel])
		}
		if quality, ok := qualities[p.tokens[p.at+1].text]; ok {
			p.at += 2
			return constant(quality(&c))
		}
	}
	return node{run: func(r *Run) float64 { return c.of(r.channel) }, uses: usesChannel}
}

// call is a name with arguments.
func (p *parser) call(t token) node {
	if !p.deeper() {
		return constant(0)
	}
	defer p.up()
	if strings.Contains(" rgb rgba hsl hsla hsb hsba gray graya cmyk cmyka ", " "+t.text+" ") {
		for !p.next(")") && p.here().kind != end {
			p.at++
		}
		p.expect(")")
		return p.colour(p.source[t.at:p.tokens[p.at-1].after])
	}
	p.at++
	switch t.text {
	case "if", "while", "do", "for":
		return p.control(t)
	}
	arguments := []node{}
	for !p.next(")") && p.err == nil {
		arguments = append(arguments, p.assignment())
		if !p.take(",") {
			break
		}
	}
	p.expect(")")
	return p.applied(t, arguments)
}

// applied gives a function of its arguments.
func (p *parser) applied(t token, a []node) node {
	var used uses
	for _, n := range a {
		used |= n.uses
	}
	missing := func(n int) bool {
		if len(a) < n && p.err == nil {
			p.err = &SyntaxError{t.at + 1, "this function takes more arguments"}
		}
		return len(a) < n
	}
	if f, ok := unaries[t.text]; ok && !missing(1) {
		of := a[0].run
		return node{run: func(r *Run) float64 { return f(of(r)) }, uses: used}.folded()
	}
	if f, ok := binaries[t.text]; ok && !missing(2) {
		first, second := a[0].run, a[1].run
		out := node{run: func(r *Run) float64 { return f(first(r), second(r)) }, uses: used}
		for _, more := range a[2:] {
			if t.text == "max" || t.text == "min" {
				before := out.run
				out.run = func(r *Run) float64 { return f(before(r), more.run(r)) }
			}
		}
		return out.folded()
	}
	switch t.text {
	case "rand":
		return node{run: func(r *Run) float64 { return r.scene.Random() }, uses: usesRandom}
	case "channel":
		return node{run: func(r *Run) float64 {
			order := [channels]int{Red: 0, Green: 1, Blue: 2, Black: 3, Alpha: 4, Intensity: 5}
			if r.scene.Images[0].Alpha && !r.scene.Images[0].CMYK {
				order[Alpha] = 3
			}
			if i := order[r.channel]; i < len(a) {
				return a[i].run(r)
			}
			return 0
		}, uses: used | usesChannel}
	}
	if p.err == nil {
		p.err = &SyntaxError{t.at + 1, "there is no function of this name"}
	}
	return constant(0)
}

// control is if(test,yes,no), while(test,body), do(body,test) or for(first,test,body).
func (p *parser) control(t token) node {
	parts := []node{p.statements()}
	for p.take(",") {
		parts = append(parts, p.statements())
	}
	p.expect(")")
	want := map[string]int{"if": 3, "while": 2, "do": 2, "for": 3}[t.text]
	if t.text == "if" && len(parts) == 2 {
		parts = append(parts, constant(0))
	}
	if len(parts) != want {
		if p.err == nil {
			p.err = &SyntaxError{t.at + 1, "this takes another number of parts"}
		}
		return constant(0)
	}
	used := usesVariable
	for _, n := range parts {
		used |= n.uses
	}
	var run closure
	switch t.text {
	case "if":
		return choice(parts[0], parts[1], parts[2])
	case "while":
		run = loop(nil, parts[0].run, parts[1].run, false)
	case "do":
		run = loop(nil, parts[1].run, parts[0].run, true)
	case "for":
		run = loop(parts[0].run, parts[1].run, parts[2].run, false)
	}
	return node{run: run, uses: used}
}

// statements are assignments with semicolons between them, within the parts of control.
func (p *parser) statements() node {
	out := p.assignment()
	for p.take(";") {
		first, second := out, p.assignment()
		out = node{run: func(r *Run) float64 { first.run(r); return second.run(r) }, uses: first.uses | second.uses}
	}
	return out
}

// loop gives the value of the last round's body.
func loop(first, test, body closure, ahead bool) closure {
	return func(r *Run) float64 {
		if first != nil {
			first(r)
		}
		value := 0.0
		if ahead {
			value = body(r)
		}
		for math.Abs(test(r)) >= epsilon && r.round() {
			value = body(r)
		}
		return value
	}
}
