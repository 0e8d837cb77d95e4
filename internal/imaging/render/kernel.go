package render

import "math"

// quantumScale is one step of ImageMagick's Q16 pixels: what is smaller does not show.
const quantumScale = 1.0 / 65535

// epsilon is what ImageMagick takes for nothing (magick/magick-type.h, MagickEpsilon).
const epsilon = 1e-12

// width1D gives the number of taps of a one-dimensional Gaussian: from the radius when one is given, else as many as have a
// weight of at least a step of Q16 (ImageMagick 6.9, magick/gem.c, GetOptimalKernelWidth1D).
func width1D(radius, sigma float64) int { return optimalWidth(radius, sigma, 1) }

// width2D is width1D for the side of a two-dimensional Gaussian (GetOptimalKernelWidth2D).
func width2D(radius, sigma float64) int { return optimalWidth(radius, sigma, 2) }

func optimalWidth(radius, sigma, dimensions float64) int {
	if radius > epsilon {
		return 2*int(math.Ceil(radius)) + 1
	}
	sigma = math.Abs(sigma)
	if sigma <= epsilon {
		return 3
	}
	sum := 1 + 2*gauss(1, sigma)
	for j := 2; ; j++ {
		value := gauss(float64(j), sigma)
		sum += 2 * value
		if value/math.Pow(sum, dimensions) < quantumScale {
			return 2*j - 1
		}
	}
}

// gauss is the Gaussian bell of height 1.
func gauss(x, sigma float64) float64 { return math.Exp(-x * x / (2 * sigma * sigma)) }

// blurTaps gives the weights of -blur, which add up to 1: every tap is the mean of three points of the bell (ImageMagick
// 6.9, magick/morphology.c, BlurKernel with KernelRank 3).
func blurTaps(radius, sigma float64) []float64 {
	width := width1D(radius, sigma)
	taps := make([]float64, width)
	if math.Abs(sigma) <= epsilon {
		taps[width/2] = 1
		return taps
	}
	half := (width*3 - 1) / 2
	for u := -half; u <= half; u++ {
		taps[(u+half)/3] += gauss(float64(u), 3*sigma)
	}
	return normalized(taps)
}

// gaussianTaps gives the weights whose product with themselves is the kernel of -gaussian-blur.
func gaussianTaps(radius, sigma float64) []float64 {
	width := width2D(radius, sigma)
	taps := make([]float64, width)
	if math.Abs(sigma) <= epsilon {
		taps[width/2] = 1
		return taps
	}
	for i := range taps {
		taps[i] = gauss(float64(i-width/2), sigma)
	}
	return normalized(taps)
}

// normalized scales weights to a sum of 1; weights that add up to nothing stay what they are.
func normalized(weights []float64) []float64 {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	if math.Abs(sum) < epsilon {
		return weights
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}

// kernel is the neighbourhood of a pixel with weights, as ImageMagick's KernelInfo: row by row, its origin at X, Y. A NaN
// is a place that does not belong to it.
type kernel struct {
	width, height int
	x, y          int
	values        []float64
}

// square makes a kernel of odd size with its origin in the middle.
func square(width int, weight func(u, v int) float64) kernel {
	half := width / 2
	k := kernel{width: width, height: width, x: half, y: half, values: make([]float64, 0, width*width)}
	for v := -half; v <= half; v++ {
		for u := -half; u <= half; u++ {
			k.values = append(k.values, weight(u, v))
		}
	}
	return k
}

// edgeKernel is what -edge convolves with: the pixel as often as it has neighbours, less every neighbour.
func edgeKernel(radius float64) kernel {
	width := width1D(radius, 0.5)
	return square(width, func(u, v int) float64 {
		if u == 0 && v == 0 {
			return float64(width*width - 1)
		}
		return -1
	})
}

// embossKernel is a Gaussian on the rising diagonal, dark above and light below (magick/effect.c, EmbossImage).
func embossKernel(radius, sigma float64) kernel {
	width := width1D(radius, sigma)
	k := square(width, func(u, v int) float64 {
		if u != -v {
			return 0
		}
		weight := 8 * math.Exp(-float64(u*u+v*v)/(2*sigma*sigma)) / (2 * math.Pi * sigma * sigma)
		if u < 0 || v < 0 {
			return -weight
		}
		return weight
	})
	k.values = normalized(k.values)
	return k
}
