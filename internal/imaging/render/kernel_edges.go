package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// bellOf is a Gaussian in two dimensions whose weights add up to about 1; a sigma of 0 is the pixel itself.
func bellOf(sigma float64) func(u, v int) float64 {
	if sigma <= epsilon {
		return func(u, v int) float64 {
			if u == 0 && v == 0 {
				return 1
			}
			return 0
		}
	}
	return func(u, v int) float64 {
		return math.Exp(-float64(u*u+v*v)/(2*sigma*sigma)) / (2 * math.Pi * sigma * sigma)
	}
}

// differenceOfGaussians takes a radius and two sigmas.
func differenceOfGaussians(n magick.Numbers) []kernel {
	first, second := math.Abs(n.At(1, 1)), math.Abs(n.At(2, 0))
	inner, outer := bellOf(first), bellOf(second)
	k := square(width2D(math.Trunc(n.At(0, 0)), max(first, second)), func(u, v int) float64 { return inner(u, v) - outer(u, v) })
	return []kernel{k.scaled(1, true, true)}
}

// laplacianOfGaussian takes a radius and a sigma.
func laplacianOfGaussian(n magick.Numbers) []kernel {
	sigma := math.Abs(n.At(1, 1))
	k := square(width2D(math.Trunc(n.At(0, 0)), sigma), bellOf(0))
	if sigma > epsilon {
		k = square(k.width, func(u, v int) float64 {
			r := float64(u*u+v*v) / (2 * sigma * sigma)
			return (1 - r) * math.Exp(-r) / (math.Pi * sigma * sigma * sigma * sigma)
		})
	}
	return []kernel{k.scaled(1, true, true)}
}

// scaled multiplies the weights by scale; normalized, by what makes them add up to it (their positive ones, where all add
// up to nothing); apart, positive and negative ones each (ImageMagick 6.9, ScaleKernelInfo).
func (k kernel) scaled(scale float64, normalize, apart bool) kernel {
	positive, negative := 0.0, 0.0
	for _, w := range k.values {
		if w > 0 {
			positive += w
		} else if w < 0 {
			negative += w
		}
	}
	up := 1.0
	if normalize {
		if up = math.Abs(positive + negative); up < epsilon {
			up = positive
		}
	}
	down := up
	if apart {
		up, down = 1, 1
		if positive >= epsilon {
			up = positive
		}
		if negative <= -epsilon {
			down = -negative
		}
	}
	values := make([]float64, len(k.values))
	for i, w := range k.values {
		if w >= 0 {
			values[i] = w * (scale / up)
		} else {
			values[i] = w * (scale / down)
		}
		if math.IsNaN(w) {
			values[i] = hole
		}
	}
	k.values = values
	return k
}

// freiChen takes a type (W. Frei and C. Chen, "Fast boundary detection", 1977) and an angle, or an angle alone.
func freiChen(n magick.Numbers) []kernel {
	const r2 = math.Sqrt2
	kind, angle := int(n.At(0, 0)), n.At(1, 0)
	if angle == 0 && math.Abs(n.At(0, 0)) > 30 {
		angle = n.At(0, 0)
	}
	types := map[int]struct {
		scale  float64
		values []float64
	}{
		2:  {r2 / 2, []float64{1, r2, 0, r2, 0, -r2, 0, -r2, -1}},
		11: {r2 / 2, []float64{1, 0, -1, r2, 0, -r2, 1, 0, -1}},
		12: {r2 / 2, []float64{1, r2, 1, 0, 0, 0, 1, r2, 1}},
		13: {r2 / 2, []float64{r2, -1, 0, -1, 0, 1, 0, 1, -r2}},
		14: {r2 / 2, []float64{0, 1, -r2, -1, 0, 1, r2, -1, 0}},
		15: {0.5, []float64{0, -1, 0, 1, 0, 1, 0, -1, 0}},
		16: {0.5, []float64{1, 0, -1, 0, 0, 0, -1, 0, 1}},
		17: {1.0 / 6, []float64{1, -2, 1, -2, 4, -2, -1, -2, 1}},
		18: {1.0 / 6, []float64{-2, 1, -2, 1, 4, 1, -2, 1, -2}},
		19: {1.0 / 3, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1}},
	}
	one := func(kind int) kernel {
		t := types[kind]
		return kernel{3, 3, 1, 1, t.values}.scaled(t.scale, false, false).turned(angle)
	}
	switch {
	case kind == 10:
		var all []kernel
		for kind := range 9 {
			all = append(all, one(kind+11))
		}
		return all
	case kind == 1:
		return []kernel{one(11)}
	case types[kind].values != nil:
		return []kernel{one(kind)}
	}
	return []kernel{kernel{3, 3, 1, 1, []float64{1, 0, -1, r2, 0, -r2, 1, 0, -1}}.turned(angle)}
}
