package fx

import "math"

// unaries are the functions of one number (magick/fx.c, FxEvaluateSubexpression).
var unaries = map[string]func(float64) float64{
	"abs": math.Abs, "acos": math.Acos, "acosh": math.Acosh, "asin": math.Asin, "asinh": math.Asinh, "atan": math.Atan,
	"atanh": math.Atanh, "ceil": math.Ceil, "cos": math.Cos, "cosh": math.Cosh, "debug": func(v float64) float64 { return v },
	"erf": math.Erf, "exp": math.Exp, "floor": math.Floor, "int": math.Floor, "j0": math.J0, "j1": math.J1, "ln": math.Log,
	"log": math.Log10, "logtwo": math.Log2, "sin": math.Sin, "sinh": math.Sinh, "sqrt": math.Sqrt, "tan": math.Tan, "tanh": math.Tanh,
	"trunc": math.Trunc,
	"airy":  func(v float64) float64 { j := jinc(v); return j * j },
	"alt":   func(v float64) float64 { return 1 - 2*float64(whole(math.Trunc(v))&1) },
	"clamp": func(v float64) float64 { return min(max(v, 0), 1) },
	"gauss": func(v float64) float64 { return math.Exp(-v*v/2) / math.Sqrt(2*math.Pi) },
	"isnan": func(v float64) float64 { return truth(math.IsNaN(v)) },
	"jinc":  jinc,
	"not":   func(v float64) float64 { return truth(v < epsilon) },
	"round": func(v float64) float64 { return math.Floor(v + 0.5) },
	"sign":  func(v float64) float64 { return 1 - 2*truth(v < 0) },
	"sinc": func(v float64) float64 {
		if v == 0 {
			return 1
		}
		return math.Sin(math.Pi*v) / (math.Pi * v)
	},
	"squish": func(v float64) float64 { return 1 / (1 + math.Exp(-v)) },
}

func jinc(v float64) float64 {
	if v == 0 {
		return 1
	}
	return 2 * math.J1(math.Pi*v) / (math.Pi * v)
}

// binaries are the functions of two numbers.
var binaries = map[string]func(a, b float64) float64{
	"atan2": math.Atan2, "hypot": math.Hypot, "max": math.Max, "min": math.Min, "pow": math.Pow,
	"drc": func(a, b float64) float64 { return a / (b*(a-1) + 1) },
	"gcd": func(a, b float64) float64 {
		x, y := whole(a), whole(b)
		for y != 0 {
			x, y = y, x%y
		}
		return float64(x)
	},
	"mod": func(a, b float64) float64 { return a - math.Floor(a*reciprocal(b))*b },
}

// whole gives a number's integer part, kept within what 63 bits hold.
func whole(v float64) int64 {
	if v != v {
		return 0
	}
	return int64(min(max(v, -1<<62), 1<<62))
}

// operators are those between two operands that both are always evaluated, by how they bind, the loosest first.
var operators = [...]map[string]func(a, b float64) float64{
	{"|": func(a, b float64) float64 { return float64(whole(a+0.5) | whole(b+0.5)) }},
	{"&": func(a, b float64) float64 { return float64(whole(a+0.5) & whole(b+0.5)) }},
	{
		"==": func(a, b float64) float64 { return truth(math.Abs(a-b) < epsilon) },
		"!=": func(a, b float64) float64 { return truth(math.Abs(a-b) >= epsilon) },
	},
	{
		"<":  func(a, b float64) float64 { return truth(a < b) },
		"<=": func(a, b float64) float64 { return truth(a <= b) },
		">":  func(a, b float64) float64 { return truth(a > b) },
		">=": func(a, b float64) float64 { return truth(a >= b) },
	},
	{
		"<<": func(a, b float64) float64 { return float64(whole(a+0.5) << uint(min(max(whole(b+0.5), 0), 62))) },
		">>": func(a, b float64) float64 { return float64(whole(a+0.5) >> uint(min(max(whole(b+0.5), 0), 62))) },
	},
	{
		"+": func(a, b float64) float64 { return a + b },
		"-": func(a, b float64) float64 { return a - b },
	},
	{
		"*": func(a, b float64) float64 { return a * b },
		"/": func(a, b float64) float64 { return a * reciprocal(b) },
		"%": func(a, b float64) float64 { return math.Mod(a, b) },
	},
}

// constants are the numbers with a name.
var constants = map[string]float64{
	"e": math.E, "epsilon": epsilon, "maxrgb": 65535, "opaque": 1, "phi": math.Phi, "pi": math.Pi, "quantumrange": 65535,
	"quantumscale": 1.0 / 65535, "transparent": 0,
}

// qualities are what a pixel has beside its channels.
var qualities = map[string]func(*Pixel) float64{
	"hue": hue, "saturation": saturation, "lightness": lightness, "luma": luma, "luminance": luma, "intensity": luma,
}

// channelNames are the channels by the names that may stand for them or behind a dot.
var channelNames = map[string]Channel{
	"r": Red, "red": Red, "c": Red, "cyan": Red, "g": Green, "green": Green, "m": Green, "magenta": Green,
	"b": Blue, "blue": Blue, "y": Blue, "yellow": Blue, "a": Alpha, "alpha": Alpha, "k": Black, "black": Black,
}

// statisticNames are what Image.Statistic is asked for.
var statisticNames = map[string]bool{
	"mean": true, "minima": true, "maxima": true, "standard_deviation": true, "skewness": true, "kurtosis": true, "depth": true,
}

// attributeNames are what Image.Attributes is asked for; the name of one with a dot is in two parts.
var attributeNames = map[string]bool{"page": true, "resolution": true, "printsize": true, "extent": true, "quality": true}
