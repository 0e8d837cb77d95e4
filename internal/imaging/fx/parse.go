package fx

import (
	"fmt"
	"math"
)

// Colours gives the colour of a name, or of a syntax such as "rgb(255,0,0)" and "#f80"; false when there is none.
type Colours func(name string) (Pixel, bool)

// Compile reads an expression.
func Compile(source string, colours Colours) (*Expression, error) {
	if len(source) > MaxLength {
		return nil, &SyntaxError{MaxLength + 1, fmt.Sprintf("an expression may have at most %d characters", MaxLength)}
	}
	tokens, err := scan(source)
	if err != nil {
		return nil, err
	}
	p := &parser{source: source, tokens: tokens, colours: colours, names: map[string]int{}}
	root := p.sequence()
	if p.err == nil && p.here().kind != end {
		p.fail("this does not belong here")
	}
	if p.err != nil {
		return nil, p.err
	}
	return &Expression{root: root, names: len(p.names)}, nil
}

type parser struct {
	source  string
	tokens  []token
	at      int
	depth   int
	colours Colours
	names   map[string]int // places of the variables
	err     error
}

func (p *parser) here() token { return p.tokens[p.at] }

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = &SyntaxError{p.here().at + 1, fmt.Sprintf(format, args...)}
	}
}

// next reports whether the next word is that operator, without taking it.
func (p *parser) next(text string) bool {
	t := p.here()
	return t.kind == symbol && t.text == text
}

func (p *parser) take(text string) bool {
	if p.err != nil || !p.next(text) {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(text string) {
	if !p.take(text) {
		p.fail("%q is expected here", text)
	}
}

// deeper reports whether the parser may go one level down; up must be called then.
func (p *parser) deeper() bool {
	if p.depth++; p.depth > maxDepth {
		p.fail("this nests deeper than %d levels", maxDepth)
	}
	return p.err == nil
}

func (p *parser) up() { p.depth-- }

// sequence is statements with semicolons between them, of which the last gives the value.
func (p *parser) sequence() node {
	out := p.comma()
	for p.take(";") {
		if p.here().kind == end || p.next(")") {
			return out
		}
		first, second := out, p.comma()
		out = node{run: func(r *Run) float64 { first.run(r); return second.run(r) }, uses: first.uses | second.uses}
	}
	return out
}

// comma is values with commas between them, of which the first counts.
func (p *parser) comma() node {
	out := p.assignment()
	for p.take(",") {
		first, second := out, p.assignment()
		out = node{run: func(r *Run) float64 { v := first.run(r); second.run(r); return v }, uses: first.uses | second.uses}
	}
	return out
}

// assigners are the operators that change a variable, with the operator that each applies.
var assigners = map[string]func(old, v float64) float64{
	"=":  func(_, v float64) float64 { return v },
	"+=": func(old, v float64) float64 { return old + v },
	"-=": func(old, v float64) float64 { return old - v },
	"*=": func(old, v float64) float64 { return old * v },
	"/=": func(old, v float64) float64 { return old * reciprocal(v) },
}

func (p *parser) assignment() node {
	if !p.deeper() {
		return constant(0)
	}
	defer p.up()
	t, op := p.here(), p.tokens[min(p.at+1, len(p.tokens)-1)]
	if t.kind != name || op.kind != symbol {
		return p.ternary()
	}
	change, ok := assigners[op.text]
	step := 0.0
	switch op.text {
	case "++":
		step = 1
	case "--":
		step = -1
	}
	if !ok && step == 0 {
		return p.ternary()
	}
	place := p.variable(t.text)
	p.at += 2
	if step != 0 {
		return node{run: func(r *Run) float64 { r.variables[place] += step; return r.variables[place] }, uses: usesVariable}
	}
	value := p.assignment()
	return node{run: func(r *Run) float64 {
		v := change(r.variables[place], value.run(r))
		r.variables[place] = v
		return v
	}, uses: value.uses | usesVariable}
}

// variable gives the place of a variable, a new one if need be.
func (p *parser) variable(name string) int {
	place, ok := p.names[name]
	if !ok {
		if len(p.names) == maxNames {
			p.fail("there may be at most %d variables", maxNames)
			return 0
		}
		place = len(p.names)
		p.names[name] = place
	}
	return place
}

func (p *parser) ternary() node {
	if !p.deeper() {
		return constant(0)
	}
	defer p.up()
	test := p.either()
	if !p.take("?") {
		return test
	}
	yes := p.assignment()
	p.expect(":")
	no := p.ternary()
	return choice(test, yes, no)
}

func choice(test, yes, no node) node {
	return node{run: func(r *Run) float64 {
		if math.Abs(test.run(r)) >= epsilon {
			return yes.run(r)
		}
		return no.run(r)
	}, uses: test.uses | yes.uses | no.uses}.folded()
}

func (p *parser) either() node {
	out := p.both()
	for p.take("||") {
		a, b := out, p.both()
		out = node{run: func(r *Run) float64 { return truth(a.run(r) > 0 || b.run(r) > 0) }, uses: a.uses | b.uses}.folded()
	}
	return out
}

func (p *parser) both() node {
	out := p.binary(0)
	for p.take("&&") {
		a, b := out, p.binary(0)
		out = node{run: func(r *Run) float64 { return truth(a.run(r) > 0 && b.run(r) > 0) }, uses: a.uses | b.uses}.folded()
	}
	return out
}

// binary reads the operators of a level and of those that bind tighter; all group from the left.
func (p *parser) binary(level int) node {
	if level == len(operators) {
		return p.unary()
	}
	out := p.binary(level + 1)
	for p.err == nil {
		t := p.here()
		op, ok := operators[level][t.text]
		switch {
		case t.kind == symbol && ok:
			p.at++
		case level == len(operators)-1 && p.juxtaposed():
			op, t.text = operators[level]["*"], "*"
		default:
			return out
		}
		out = applied(t.text, op, out, p.binary(level+1))
	}
	return out
}

// juxtaposed reports whether an operand follows without an operator: "2u", "(u)(v)", "2pi".
func (p *parser) juxtaposed() bool {
	if p.at == 0 {
		return false
	}
	last, t := p.tokens[p.at-1], p.here()
	ended := last.kind == number || last.kind == symbol && last.text == ")"
	return ended && (t.kind == name || t.kind == number || t.kind == symbol && t.text == "(") && !(last.kind == number && t.kind == number)
}

// applied gives an operator between two operands. The four of arithmetic are closures of their own, for speed.
func applied(text string, op func(a, b float64) float64, a, b node) node {
	out := node{uses: a.uses | b.uses}
	left, right := a.run, b.run
	switch {
	case text == "+":
		out.run = func(r *Run) float64 { return left(r) + right(r) }
	case text == "-":
		out.run = func(r *Run) float64 { return left(r) - right(r) }
	case text == "*":
		out.run = func(r *Run) float64 { return left(r) * right(r) }
	case b.uses == 0 && text == "/":
		factor := reciprocal(right(&Run{}))
		out.run = func(r *Run) float64 { return left(r) * factor }
	default:
		out.run = func(r *Run) float64 { return op(left(r), right(r)) }
	}
	return out.folded()
}

// unary is a sign before a power: "-2^2" is -4.
func (p *parser) unary() node {
	if !p.deeper() {
		return constant(0)
	}
	defer p.up()
	switch {
	case p.take("-"):
		v := p.unary()
		return node{run: func(r *Run) float64 { return -v.run(r) }, uses: v.uses}.folded()
	case p.take("+"):
		return p.unary()
	}
	return p.power()
}

func (p *parser) power() node {
	out := p.prefixed()
	for p.take("^") || p.take("**") {
		base, minus := out, p.take("-")
		exponent := p.prefixed()
		sign := 1.0
		if minus {
			sign = -1
		}
		out = node{run: func(r *Run) float64 { return math.Pow(base.run(r), sign*exponent.run(r)) }, uses: base.uses | exponent.uses}.folded()
	}
	return out
}

func (p *parser) prefixed() node {
	if !p.deeper() {
		return constant(0)
	}
	defer p.up()
	switch {
	case p.take("!"):
		v := p.prefixed()
		return node{run: func(r *Run) float64 { return truth(v.run(r) == 0) }, uses: v.uses}.folded()
	case p.take("~"):
		v := p.prefixed()
		return node{run: func(r *Run) float64 { return float64(^uint64(whole(v.run(r) + 0.5))) }, uses: v.uses}.folded()
	case p.take("("):
		v := p.sequence()
		p.expect(")")
		return v
	}
	return p.operand()
}

func (p *parser) operand() node {
	t := p.here()
	switch t.kind {
	case number:
		p.at++
		return constant(t.value)
	case hex:
		p.at++
		return p.colour(t.text)
	case name:
		p.at++
		return p.named(t)
	}
	if t.kind == end {
		p.fail("the expression is not complete")
	} else {
		p.fail("a value is expected here")
	}
	return constant(0)
}
