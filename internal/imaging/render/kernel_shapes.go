package render

import (
	"math"
	"slices"

	"bluerose/internal/imaging/magick"
)

// shape makes the kernels of a built-in name from its numbers (ImageMagick 6.9, magick/morphology.c, AcquireKernelBuiltIn).
type shape func(n magick.Numbers) []kernel

// shapes are the built-in kernels by ImageMagick's names.
var shapes = map[string]shape{
	"Unity": func(n magick.Numbers) []kernel {
		return []kernel{square(1, func(int, int) float64 { return n.At(0, 1) })}
	},
	"Gaussian": func(n magick.Numbers) []kernel { return []kernel{product(gaussianTaps(n.At(0, 0), n.At(1, 1)))} },
	"DoG":      differenceOfGaussians,
	"LoG":      laplacianOfGaussian,
	"Blur":     blurShape,
	"Comet":    cometShape,
	"Binomial": func(n magick.Numbers) []kernel { // whose weights ImageMagick leaves as they are
		taps := []float64{1}
		for range 2 * max(1, int(n.At(0, 1))) {
			next := make([]float64, len(taps)+1)
			for i, w := range taps {
				next[i], next[i+1] = next[i]+w, next[i+1]+w
			}
			taps = next
		}
		return []kernel{product(taps)}
	},
	"Laplacian": laplacian,
	"Sobel":     turnable(1, 0, -1, 2, 0, -2, 1, 0, -1),
	"Roberts":   turnable(0, 0, 0, 1, -1, 0, 0, 0, 0),
	"Prewitt":   turnable(1, 0, -1, 1, 0, -1, 1, 0, -1),
	"Compass":   turnable(1, 1, -1, 1, -2, -1, 1, 1, -1),
	"Kirsch":    turnable(5, -3, -3, 5, 0, -3, 5, -3, -3),
	"FreiChen":  freiChen,

	"Diamond": outline(1, func(u, v, r int, _ float64) bool { return abs(u)+abs(v) <= r }),
	"Square":  outline(1, func(u, v, r int, _ float64) bool { return true }),
	"Disk": func(n magick.Numbers) []kernel {
		radius := n.At(0, 0)
		half, limit := int(math.Abs(radius)), radius*radius
		if radius < 0.4 {
			half, limit = 4, 18
		}
		return []kernel{within(half, n.At(1, 1), func(u, v int) bool { return float64(u*u+v*v) <= limit })[0].spilled(radius)}
	},
	"Octagon": outline(2, func(u, v, r int, _ float64) bool { return abs(u)+abs(v) <= r+r/2 }),
	"Plus":    outline(2, func(u, v, _ int, _ float64) bool { return u == 0 || v == 0 }),
	"Cross":   outline(2, func(u, v, _ int, _ float64) bool { return u == v || u == -v }),
	"Ring":    ring,
	"Peaks": func(n magick.Numbers) []kernel {
		list := ring(append(slices.Clone(n[:min(len(n), 2)]), magick.Numbers{{}, {}, {Set: true}}[min(len(n), 2):]...))
		list[0].values[len(list[0].values)/2] = 1
		return list
	},
	"Rectangle": rectangle,

	"Edges": func(magick.Numbers) []kernel {
		return expanded([]kernel{{3, 3, 1, 1, []float64{0, hole, 1, 0, hole, 1, 0, hole, 1}}}, '<')
	},
	"Corners": pattern(hole, 1, hole, 0, hole, 1, 0, 0, hole),
	"Skeleton": func(magick.Numbers) []kernel {
		return expanded([]kernel{{3, 3, 1, 1, []float64{0, hole, 1, 0, hole, 1, 0, hole, 1}}}, '@')
	},
	"Ridges": func(magick.Numbers) []kernel {
		k := kernel{3, 1, 1, 0, []float64{0, 1, 0}}
		return []kernel{k, k.quarter()}
	},
	"ConvexHull": func(n magick.Numbers) []kernel {
		return append(pattern(1, 1, hole, 1, 0, hole, 1, hole, 0)(n), pattern(1, 1, 1, 1, 0, hole, hole, hole, 0)(n)...)
	},
	"LineJunctions": func(n magick.Numbers) []kernel {
		if i := int(n.At(0, 0)); i >= 1 && i <= len(junctions) {
			return junctions[i-1](nil)
		}
		return append(junctions[0](nil), junctions[1](nil)...)
	},
	"LineEnds": func(n magick.Numbers) []kernel {
		return append(pattern(0, 0, hole, 0, 1, 1, 0, 0, hole)(n), pattern(0, 0, 0, 0, 1, 0, 0, 0, 1)(n)...)
	},
}

var hole = math.NaN()

func abs(x int) int { return max(x, -x) }

// product is the kernel whose weights are those of taps across times those of taps down.
func product(taps []float64) kernel {
	half := len(taps) / 2
	return square(len(taps), func(u, v int) float64 { return taps[u+half] * taps[v+half] })
}

// within is a flat kernel of the places that inside names.
func within(half int, value float64, inside func(u, v int) bool) []kernel {
	return []kernel{square(2*half+1, func(u, v int) float64 {
		if inside(u, v) {
			return value
		}
		return hole
	})}
}

// spilled gives a kernel of a radius such as 2.5 one row and one column more, into which its rows run on, as ImageMagick's do.
func (k kernel) spilled(radius float64) kernel {
	width := int(2*radius + 1)
	if width != k.width+1 {
		return k
	}
	values := make([]float64, width*width)
	copy(values, k.values)
	return kernel{width, width, (width - 1) / 2, (width - 1) / 2, values}
}

// outline makes a flat shape of a whole radius, with another where none is given.
func outline(radius int, inside func(u, v, r int, limit float64) bool) shape {
	return func(n magick.Numbers) []kernel {
		r := radius
		if given := n.At(0, 0); given >= 1 {
			r = int(given)
		}
		return within(r, n.At(1, 1), func(u, v int) bool { return inside(u, v, r, 0) })
	}
}

func ring(n magick.Numbers) []kernel {
	inner, outer := min(n.At(0, 0), n.At(1, 0)), max(n.At(0, 0), n.At(1, 0))
	half, low, high := int(outer), int(inner*inner), int(outer*outer)
	if high <= 0 {
		half, low, high = 3, 7, 11
	}
	return []kernel{within(half, n.At(2, 1), func(u, v int) bool { return u*u+v*v > low && u*u+v*v <= high })[0].
		spilled(max(n.At(0, 0), n.At(1, 0)))}
}

func rectangle(n magick.Numbers) []kernel {
	width := max(1, int(n.At(0, 3)))
	height := max(1, int(n.At(1, float64(width))))
	k := kernel{width: width, height: height, x: int(n.At(2, float64((width-1)/2))), y: int(n.At(3, float64((height-1)/2)))}
	k.values = make([]float64, width*height)
	for i := range k.values {
		k.values[i] = 1
	}
	return []kernel{k}
}

// turnable makes a 3x3 kernel that its first number turns, in degrees.
func turnable(values ...float64) shape {
	return func(n magick.Numbers) []kernel {
		return []kernel{kernel{3, 3, 1, 1, values}.turned(n.At(0, 0))}
	}
}

// turned turns a kernel by so many degrees clockwise: a 3x3 one in steps of 45, any other in steps of 90.
func (k kernel) turned(degrees float64) kernel {
	if k.width == 3 && k.height == 3 {
		for range modulo(int(math.Ceil((degrees-22.5)/45)), 8) {
			k = k.eighth()
		}
		return k
	}
	for range modulo(int(math.Ceil((degrees-45)/90)), 4) {
		k = k.quarter()
	}
	return k
}

// junctions are where three or four lines meet: a Y, a slanted T, a T, an X and a cross, each in its turns.
var junctions = []shape{
	pattern(1, hole, 1, hole, 1, hole, hole, 1, hole), pattern(1, hole, hole, hole, 1, hole, 1, hole, 1),
	pattern(hole, hole, hole, 1, 1, 1, hole, 1, hole), pattern(1, hole, 1, hole, 1, hole, 1, hole, 1),
	pattern(hole, 1, hole, 1, 1, 1, hole, 1, hole),
}

// pattern makes a 3x3 kernel and its three turns by a right angle.
func pattern(values ...float64) shape {
	return func(magick.Numbers) []kernel {
		k := kernel{3, 3, 1, 1, values}
		out := []kernel{k}
		for range 3 {
			k = k.quarter()
			out = append(out, k)
		}
		return out
	}
}

func blurShape(n magick.Numbers) []kernel {
	taps := blurTaps(n.At(0, 0), n.At(1, 1))
	k := kernel{len(taps), 1, len(taps) / 2, 0, taps}
	if math.Mod(math.Abs(n.At(2, 0)), 180) > 45 && math.Mod(math.Abs(n.At(2, 0)), 180) <= 135 {
		k = k.quarter()
	}
	return []kernel{k}
}

func cometShape(n magick.Numbers) []kernel {
	sigma := n.At(1, 1)
	width := (width1D(n.At(0, 0), sigma)-1)/2 + 1
	taps := make([]float64, width)
	for i := range taps {
		for u := range 3 {
			taps[i] += gauss(float64(3*i+u), 3*sigma)
		}
	}
	return []kernel{kernel{width, 1, 0, 0, normalized(taps)}.turned(n.At(2, 0))}
}

func laplacian(n magick.Numbers) []kernel {
	values := map[int][]float64{
		1: {0, -1, 0, -1, 4, -1, 0, -1, 0},
		2: {-2, 1, -2, 1, 4, 1, -2, 1, -2},
		3: {1, -2, 1, -2, 4, -2, 1, -2, 1},
		5: {-4, -1, 0, -1, -4, -1, 2, 3, 2, -1, 0, 3, 4, 3, 0, -1, 2, 3, 2, -1, -4, -1, 0, -1, -4},
		7: {-10, -5, -2, -1, -2, -5, -10, -5, 0, 3, 4, 3, 0, -5, -2, 3, 6, 7, 6, 3, -2, -1, 4, 7, 8, 7, 4, -1,
			-2, 3, 6, 7, 6, 3, -2, -5, 0, 3, 4, 3, 0, -5, -10, -5, -2, -1, -2, -5, -10},
		15: {0, 0, -1, 0, 0, 0, -1, -2, -1, 0, -1, -2, 16, -2, -1, 0, -1, -2, -1, 0, 0, 0, -1, 0, 0},
	}[int(n.At(0, 0))]
	if values == nil {
		values = []float64{-1, -1, -1, -1, 8, -1, -1, -1, -1}
	}
	side := int(math.Sqrt(float64(len(values))))
	return []kernel{{side, side, side / 2, side / 2, values}}
}

// eighth turns a 3x3 kernel by 45 degrees clockwise.
func (k kernel) eighth() kernel {
	if k.width != 3 || k.height != 3 {
		return k
	}
	around := [...]int{0, 1, 2, 5, 8, 7, 6, 3}
	values := append([]float64(nil), k.values...)
	for i, at := range around {
		values[around[(i+1)%8]] = k.values[at]
	}
	k.values = values
	return k
}

// quarter turns a kernel by 90 degrees clockwise.
func (k kernel) quarter() kernel {
	out := kernel{width: k.height, height: k.width, x: k.height - 1 - k.y, y: k.x, values: make([]float64, len(k.values))}
	for i, w := range k.values {
		x, y := i%k.width, i/k.width
		out.values[x*out.width+out.width-1-y] = w
	}
	return out
}

// kernelsOf gives the kernels of an argument, or false when one is not available.
func kernelsOf(list magick.Kernels) ([]kernel, bool) {
	var out []kernel
	for _, k := range list {
		made := []kernel{{width: k.Width, height: k.Height, x: k.X, y: k.Y}}
		if k.Name != "" {
			build, ok := shapes[string(k.Name)]
			if measure := distances[string(k.Name)]; measure != nil {
				build, ok = func(magick.Numbers) []kernel { return distanceKernel(k, measure) }, true
			}
			if !ok {
				return nil, false
			}
			for _, n := range k.Args {
				if math.Abs(n.Value) > 4*maxKernel {
					return nil, false
				}
			}
			made = build(k.Args)
		} else {
			for _, v := range k.Values {
				w := v.Value
				if !v.Set {
					w = hole
				}
				made[0].values = append(made[0].values, w)
			}
		}
		out = append(out, expanded(made, k.Expand)...)
	}
	return out, len(out) > 0
}

// expanded adds the turned kernels that a mark behind the size asks for.
func expanded(list []kernel, mark byte) []kernel {
	var out []kernel
	for _, k := range list {
		out = append(out, k)
		switch mark {
		case '>':
			for range 3 {
				k = k.quarter()
				out = append(out, k)
			}
		case '@':
			for range 7 {
				k = k.eighth()
				out = append(out, k)
			}
		case '<':
			half := k.quarter().quarter()
			out = append(out, half, half.quarter(), half.quarter().quarter().quarter())
		}
	}
	return out
}
