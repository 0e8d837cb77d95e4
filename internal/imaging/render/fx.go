package render

import (
	"math"
	"strconv"
	"strings"

	"bluerose/event"
)

// fx gives the number that an expression of a template stands for: arithmetic over the picture's attributes. Pixels are
// not in it.
func (s *subject) fx(expression string) (string, error) {
	c := calculation{about: s, rest: expression}
	v := c.choice()
	c.space()
	if c.failed || c.rest != "" {
		return "", event.Errorf(event.UnsupportedArgument,
			"%%[fx:…] takes arithmetic over w, h, n, t, s, z, page.x, resolution.x, mean, minima, maxima and standard_deviation here; this one says more")
	}
	if c.err != nil {
		return "", c.err
	}
	return decimal(v), nil
}

// calculation reads an expression from left to right.
type calculation struct {
	about  *subject
	rest   string
	depth  int
	failed bool
	err    error
}

const fxDepth = 100 // how deep parentheses may go

func (c *calculation) space() { c.rest = strings.TrimLeft(c.rest, " \t\n") }

// take reads one of the words, the first that fits.
func (c *calculation) take(words ...string) string {
	c.space()
	for _, word := range words {
		if strings.HasPrefix(c.rest, word) {
			c.rest = c.rest[len(word):]
			return word
		}
	}
	return ""
}

func (c *calculation) choice() float64 {
	if c.depth++; c.depth > fxDepth {
		c.failed = true
		return 0
	}
	defer func() { c.depth-- }()
	v := c.comparison()
	if c.take("?") == "" {
		return v
	}
	yes := c.choice()
	if c.take(":") == "" {
		c.failed = true
	}
	no := c.choice()
	if v != 0 {
		return yes
	}
	return no
}

func (c *calculation) comparison() float64 {
	left := c.sum()
	for !c.failed {
		op := c.take("<=", ">=", "==", "!=", "<", ">")
		if op == "" {
			return left
		}
		right := c.sum()
		left = truth(map[string]bool{"<=": left <= right, ">=": left >= right, "==": left == right, "!=": left != right,
			"<": left < right, ">": left > right}[op])
	}
	return left
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (c *calculation) sum() float64 {
	left := c.product()
	for !c.failed {
		switch c.take("+", "-") {
		case "+":
			left += c.product()
		case "-":
			left -= c.product()
		default:
			return left
		}
	}
	return left
}

func (c *calculation) product() float64 {
	left := c.power()
	for !c.failed {
		switch c.take("*", "/", "%") {
		case "*":
			left *= c.power()
		case "/":
			left /= c.power()
		case "%":
			left = math.Mod(left, c.power())
		default:
			return left
		}
	}
	return left
}

func (c *calculation) power() float64 {
	left := c.unary()
	if c.take("^") != "" {
		return math.Pow(left, c.unary())
	}
	return left
}

func (c *calculation) unary() float64 {
	if c.depth++; c.depth > fxDepth {
		c.failed = true
		return 0
	}
	defer func() { c.depth-- }()
	switch c.take("-", "+", "(") {
	case "-":
		return -c.unary()
	case "+":
		return c.unary()
	case "(":
		v := c.choice()
		if c.take(")") == "" {
			c.failed = true
		}
		return v
	}
	return c.operand()
}

func (c *calculation) operand() float64 {
	c.space()
	n := strings.IndexFunc(c.rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if n < 0 {
		n = len(c.rest)
	}
	if n > 0 {
		v, err := strconv.ParseFloat(c.rest[:n], 64)
		c.failed = c.failed || err != nil
		c.rest = c.rest[n:]
		return v
	}
	n = strings.IndexFunc(c.rest, func(r rune) bool { return r != '.' && r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if n < 0 {
		n = len(c.rest)
	}
	word := strings.ToLower(c.rest[:n])
	c.rest = c.rest[n:]
	if strings.HasPrefix(c.rest, "(") {
		return c.call(word)
	}
	return c.attribute(word)
}

// fxFunctions are the functions of one number.
var fxFunctions = map[string]func(float64) float64{
	"abs": math.Abs, "ceil": math.Ceil, "floor": math.Floor, "int": math.Floor, "round": func(v float64) float64 { return math.Floor(v + 0.5) },
	"trunc": math.Trunc, "sqrt": math.Sqrt, "exp": math.Exp, "ln": math.Log, "log": math.Log10, "sin": math.Sin, "cos": math.Cos,
	"tan": math.Tan, "atan": math.Atan, "sign": func(v float64) float64 { return truth(v >= 0)*2 - 1 },
}

// fxPairs are the functions of two numbers.
var fxPairs = map[string]func(a, b float64) float64{
	"min": math.Min, "max": math.Max, "mod": math.Mod, "pow": math.Pow, "atan2": math.Atan2, "hypot": math.Hypot,
}

func (c *calculation) call(name string) float64 {
	c.take("(")
	first := c.choice()
	var v float64
	if pair, ok := fxPairs[name]; ok {
		if c.take(",") == "" {
			c.failed = true
		}
		v = pair(first, c.choice())
	} else if f, ok := fxFunctions[name]; ok {
		v = f(first)
	} else {
		c.failed = true
	}
	if c.take(")") == "" {
		c.failed = true
	}
	return v
}

// attribute gives what a name stands for. An image may be named before it ("u.w"), the first of the list only.
func (c *calculation) attribute(name string) float64 {
	s, p := c.about, c.about.p
	name = strings.TrimPrefix(strings.TrimPrefix(name, "s."), "u.")
	width, height := p.canvas()
	plain := map[string]float64{"w": float64(p.Width()), "width": float64(p.Width()), "h": float64(p.Height()), "height": float64(p.Height()),
		"n": float64(len(s.list)), "t": float64(s.index), "z": float64(p.Depth), "depth": float64(p.Depth),
		"page.width": float64(width), "page.height": float64(height), "page.x": float64(p.Page.X), "page.y": float64(p.Page.Y),
		"resolution.x": p.dotsX(), "resolution.y": p.dotsY(), "pi": math.Pi, "e": math.E, "quantumrange": fullRange, "epsilon": 1e-15}
	if v, ok := plain[name]; ok {
		return v
	}
	if name != "mean" && name != "minima" && name != "maxima" && name != "standard_deviation" && name != "skewness" && name != "kurtosis" {
		c.failed = true
		return 0
	}
	all, err := p.statistics()
	if err != nil {
		c.err = err
		return 0
	}
	v := all.pooled(p.colours())
	return map[string]float64{"mean": v.mean / fullRange, "minima": v.min / fullRange, "maxima": v.max / fullRange,
		"standard_deviation": v.deviation / fullRange, "skewness": v.skewness, "kurtosis": v.kurtosis}[name]
}
