package render

import (
	"math"
	"math/rand/v2"

	"bluerose/internal/imaging/magick"
)

// random gives the source of an operator's random numbers: -seed's, or another every time.
func (m *machine) random() *rand.Rand {
	if seed, given, _ := m.settings.number("seed", 0); given {
		return rand.New(rand.NewPCG(uint64(int64(seed)), 0x9e3779b97f4a7c15))
	}
	return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
}

// noiseKinds give a value, 0 to 1, with noise of a strength of 1 by default (magick/gem.c, GenerateDifferentialNoise).
var noiseKinds = map[string]func(r *rand.Rand, value, strength float64) float64{
	"Uniform": func(r *rand.Rand, v, strength float64) float64 { return v + strength*0.015625*(r.Float64()-0.5) },
	"Gaussian": func(r *rand.Rand, v, strength float64) float64 {
		return v + math.Sqrt(v*65535)/65535*strength*0.015625*r.NormFloat64() + strength*0.078125*r.NormFloat64()
	},
	"Impulse": func(r *rand.Rand, v, strength float64) float64 {
		switch u := r.Float64(); {
		case u < strength*0.05:
			return 0
		case u >= 1-strength*0.05:
			return 1
		}
		return v
	},
	"Laplacian": func(r *rand.Rand, v, strength float64) float64 {
		if u := r.Float64(); u <= 0.5 {
			return v + strength*0.0390625*math.Log(max(2*u, 1e-9))
		} else {
			return v - strength*0.0390625*math.Log(max(2*(1-u), 1e-9))
		}
	},
	"Multiplicative": func(r *rand.Rand, v, strength float64) float64 {
		sigma := math.Sqrt(-2 * math.Log(max(r.Float64(), 1e-9)))
		return v + v*strength*0.5*sigma*math.Cos(2*math.Pi*r.Float64())/2
	},
	"Poisson": func(r *rand.Rand, v, strength float64) float64 {
		rate := strength * 12.5
		if rate <= 0 {
			return v
		}
		limit := math.Exp(-min(rate*v, 500))
		i := 0
		for u := r.Float64(); u > limit; i++ {
			u *= r.Float64()
		}
		return float64(i) / rate
	},
	"Random": func(r *rand.Rand, _, strength float64) float64 { return strength * r.Float64() },
}

func addNoise(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	strength, _, _ := m.settings.number("attenuate", 1)
	build, channels, r := noiseKinds[string(s.Value.(magick.Enum))], m.settings.channels(), m.random()
	return p.rework(p.Width(), p.Height(), sprinkling[uint8](p, channels, r, strength, build), sprinkling[uint16](p, channels, r, strength, build))
}

func sprinkling[T number](p *Picture, channels magick.Channels, r *rand.Rand, strength float64, noisy func(*rand.Rand, float64, float64) float64) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	return func(src, dst grid[T]) error {
		named := make([]bool, src.bands)
		for b := range named {
			named[b] = p.named(b, channels)
		}
		full := float64(^T(0))
		for y := range src.height {
			if y%16 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			in, out := src.row(y), dst.row(y)
			b := 0
			for i, v := range in {
				out[i] = v
				if named[b] {
					out[i] = quantum[T](noisy(r, float64(v)/full, strength) * full)
				}
				if b++; b == src.bands {
					b = 0
				}
			}
		}
		return nil
	}
}
