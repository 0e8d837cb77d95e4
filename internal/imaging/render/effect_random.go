package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// noiseKinds give a value, 0 to 1, with noise of a strength of 1 by default (magick/gem.c, GenerateDifferentialNoise).
var noiseKinds = map[string]func(r *chance, value, strength float64) float64{
	"Uniform": func(r *chance, v, strength float64) float64 { return v + strength*0.015625*(r.Float64()-0.5) },
	"Gaussian": func(r *chance, v, strength float64) float64 {
		sin, cos := r.bell()
		return v + math.Sqrt(v/fullRange)*strength*0.015625*cos + strength*0.078125*sin
	},
	"Impulse": func(r *chance, v, strength float64) float64 {
		switch u := r.Float64(); {
		case u < strength*0.05:
			return 0
		case u >= 1-strength*0.05:
			return 1
		}
		return v
	},
	"Laplacian": func(r *chance, v, strength float64) float64 {
		u := r.Float64()
		if u <= 0.5 {
			return v + strength*0.0390625*math.Log(max(2*u, epsilon))
		}
		return v - strength*0.0390625*math.Log(max(2*(1-u), epsilon))
	},
	"Multiplicative": func(r *chance, v, strength float64) float64 {
		_, cos := r.bell()
		return v + v*strength*0.5*cos/2
	},
	"Poisson": func(r *chance, v, strength float64) float64 {
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
	"Random": func(r *chance, _, strength float64) float64 { return strength * r.Float64() },
}

// bell gives two numbers of a normal distribution.
func (c *chance) bell() (sin, cos float64) {
	radius := math.Sqrt(-2 * math.Log(max(c.Float64(), epsilon)))
	sin, cos = math.Sincos(2 * math.Pi * c.Float64())
	return radius * sin, radius * cos
}

func addNoise(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	strength, _, _ := m.settings.number("attenuate", 1)
	noise := noiseKinds[string(s.Value.(magick.Enum))]
	return m.scatter(p, m.settings.channels(), func(r *chance, v float64) float64 { return noise(r, v, strength) })
}

// scatter runs a random function of a value, 0 to 1, over the channels that are named, pixel by pixel as chance has an order.
func (m *machine) scatter(p *Picture, channels magick.Channels, f func(r *chance, v float64) float64) (*Picture, error) {
	r := m.random()
	return p.rework(p.Width(), p.Height(), scattering[uint8](p, channels, r, f), scattering[uint16](p, channels, r, f))
}

func scattering[T number](p *Picture, channels magick.Channels, r *chance, f func(*chance, float64) float64) func(src, dst grid[T]) error {
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
					out[i] = quantum[T](f(r, float64(v)/full) * full)
				}
				if b++; b == src.bands {
					b = 0
				}
			}
		}
		return nil
	}
}
