package render

import (
	"math"
	"strings"

	"bluerose/internal/imaging/magick"
)

// arithmetic is a row of -evaluate: what becomes of a channel's value v, 0 to 65535, with the argument x.
type arithmetic func(v, x float64) float64

// arithmetics are the operations of -evaluate and -evaluate-sequence (MagickCore, statistic.c, ApplyEvaluateOperator).
var arithmetics = map[string]arithmetic{
	"Abs": func(v, x float64) float64 { return math.Abs(v + x) },
	"Add": func(v, x float64) float64 { return v + x },
	"AddModulus": func(v, x float64) float64 {
		sum := v + x
		return sum - 65536*math.Floor(sum/65536)
	},
	"And": bitwise(func(v, x uint) uint { return v & x }),
	"Cos": func(v, x float64) float64 { return fullRange * (0.5*math.Cos(2*math.Pi*v/fullRange*x) + 0.5) },
	"Divide": func(v, x float64) float64 {
		if x == 0 {
			return v
		}
		return v / x
	},
	"Exp":        func(v, x float64) float64 { return fullRange * math.Exp(x*v/fullRange) },
	"InverseLog": func(v, x float64) float64 { return (fullRange*math.Pow(x+1, v/fullRange) - 1) / nonZero(x) },
	"LeftShift":  bitwise(func(v, x uint) uint { return v << min(x, 63) }),
	"Log": func(v, x float64) float64 {
		if v == 0 {
			return 0
		}
		return fullRange * math.Log(v/fullRange*x+1) / math.Log(x+1)
	},
	"Max":        math.Max,
	"Mean":       func(v, x float64) float64 { return v + x },
	"Median":     func(v, x float64) float64 { return v + x },
	"Min":        math.Min,
	"Multiply":   func(v, x float64) float64 { return v * x },
	"Or":         bitwise(func(v, x uint) uint { return v | x }),
	"Pow":        func(v, x float64) float64 { return fullRange * math.Pow(v/fullRange, x) },
	"RightShift": bitwise(func(v, x uint) uint { return v >> min(x, 63) }),
	"RMS":        func(v, x float64) float64 { return v*v + x },
	"Set":        func(v, x float64) float64 { return x },
	"Sin":        func(v, x float64) float64 { return fullRange * (0.5*math.Sin(2*math.Pi*v/fullRange*x) + 0.5) },
	"Subtract":   func(v, x float64) float64 { return v - x },
	"Sum":        func(v, x float64) float64 { return v + x },
	"Threshold": func(v, x float64) float64 {
		if v <= x {
			return 0
		}
		return fullRange
	},
	"ThresholdBlack": func(v, x float64) float64 {
		if v <= x {
			return 0
		}
		return v
	},
	"ThresholdWhite": func(v, x float64) float64 {
		if v > x {
			return fullRange
		}
		return v
	},
	"Xor": bitwise(func(v, x uint) uint { return v ^ x }),
}

func bitwise(f func(v, x uint) uint) arithmetic {
	return func(v, x float64) float64 { return float64(f(uint(max(v, 0)), uint(max(x, 0)+0.5))) }
}

func nonZero(v float64) float64 {
	if math.Abs(v) < 1e-12 {
		return 1e-12
	}
	return v
}

func evaluate(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	name := choice(s, "")
	operand, _ := s.Second.(magick.Number)
	x := operand.Value
	if operand.Percent {
		x *= 65536 / 100.0
	}
	channels := m.settings.channels()
	if noise, ok := noiseKinds[strings.TrimSuffix(name, "Noise")]; ok && strings.HasSuffix(name, "Noise") {
		p, err := p.toRGB() // the noise of a gray picture has colours
		if err != nil {
			return nil, err
		}
		return m.scatter(p, channels, func(r *chance, v float64) float64 { return noise(r, v, x) })
	}
	f, ok := arithmetics[name]
	if !ok {
		return nil, refuse(s, "%s is not available; give Add, Multiply, Set, …", name)
	}
	p, err := p.spreadFor(m.partial())
	if err != nil {
		return nil, err
	}
	return p.mapped(channels, func(v float64) float64 {
		out := f(v*fullRange, x) / fullRange
		if name == "Mean" { // which is a sum until all are in it
			out /= 2
		}
		if math.IsNaN(out) {
			return 0
		}
		return out
	})
}
