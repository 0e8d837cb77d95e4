package render

import "math"

// filter is a resize filter: a function of the distance from a pixel's centre, windowed or not, that is zero from
// support on. The functions, supports and window scales are those of ImageMagick 6.9 (magick/resize.c), which follows
// Mitchell and Netravali, "Reconstruction Filters in Computer Graphics", 1988, for the cubics.
type filter struct {
	weight  func(x float64) float64
	support float64 // in source pixels, when the picture is not reduced
	kernel  string  // the libvips kernel that does the same; empty when there is none
}

type filterRow struct {
	weight  func(x float64) float64
	support float64
	window  func(x float64) float64 // nil: none; takes 0 to 1 over the support
	kernel  string
}

// filterRows holds ImageMagick's filters by name in lower case.
var filterRows = map[string]filterRow{
	"point":         {weight: box, support: 0},
	"box":           {weight: box, support: 0.5},
	"triangle":      {weight: triangle, support: 1, kernel: "linear"},
	"bartlett":      {weight: sinc, support: 4, window: triangle},
	"hermite":       {weight: cubic(0, 0), support: 1},
	"hann":          {weight: sinc, support: 4, window: hann},
	"hanning":       {weight: sinc, support: 4, window: hann},
	"hamming":       {weight: sinc, support: 4, window: func(x float64) float64 { return 0.54 + 0.46*math.Cos(math.Pi*x) }},
	"blackman":      {weight: sinc, support: 4, window: blackman},
	"gaussian":      {weight: gaussian(0.5), support: 2},
	"quadratic":     {weight: quadratic, support: 1.5},
	"cubic":         {weight: cubic(1, 0), support: 2},
	"spline":        {weight: cubic(1, 0), support: 2},
	"catrom":        {weight: cubic(0, 0.5), support: 2, kernel: "cubic"},
	"mitchell":      {weight: cubic(1.0/3, 1.0/3), support: 2, kernel: "mitchell"},
	"robidoux":      {weight: cubic(0.37821575509399867, 0.31089212245300067), support: 2},
	"robidouxsharp": {weight: cubic(0.2620145123990142, 0.3689927438004929), support: 2},
	"sinc":          {weight: sinc, support: 4},
	"sincfast":      {weight: sinc, support: 4},
	"jinc":          {weight: jinc, support: 3},
	"kaiser":        {weight: sinc, support: 4, window: kaiser},
	"welch":         {weight: sinc, support: 4, window: welch},
	"welsh":         {weight: sinc, support: 4, window: welch},
	"parzen":        {weight: sinc, support: 4, window: func(x float64) float64 { return cubic(1, 0)(2 * x) }},
	"bohman":        {weight: sinc, support: 4, window: bohman},
	"cosine":        {weight: sinc, support: 4, window: func(x float64) float64 { return math.Cos(math.Pi / 2 * x) }},
	"lagrange":      {weight: lagrange(2), support: 2},
	"lanczos":       {weight: sinc, support: 3, window: sinc, kernel: "lanczos3"},
	"lanczossharp":  {weight: sinc, support: 3, window: sinc, kernel: "lanczos3"},
	"lanczosradius": {weight: sinc, support: 3, window: sinc, kernel: "lanczos3"},
	"lanczos2":      {weight: sinc, support: 2, window: sinc, kernel: "lanczos2"},
	"lanczos2sharp": {weight: sinc, support: 2, window: sinc, kernel: "lanczos2"},
}

// expert holds what -define filter:… changes of a filter; the zero expert changes nothing.
type expert struct {
	blur    float64 // filter:blur; scales the filter's width
	support float64 // filter:support, in pixels before blur
	lobes   float64 // filter:lobes, of the windowed sincs
	sigma   float64 // filter:sigma, of the Gaussian
}

// newFilter looks a filter up by ImageMagick's name in lower case, and reports whether there is one.
func newFilter(name string, e expert) (filter, bool) {
	row, ok := filterRows[name]
	if !ok {
		return filter{}, false
	}
	if e == (expert{}) {
		return filter{weight: windowed(row, row.support), support: row.support, kernel: row.kernel}, true
	}
	support := row.support
	if e.lobes > 0 {
		support = e.lobes
	}
	if e.support > 0 {
		support = e.support
	}
	switch {
	case name == "gaussian" && e.sigma > 0:
		row.weight = gaussian(e.sigma)
		support = max(support, 4*e.sigma)
	case name == "lagrange":
		row.weight = lagrange(support)
	}
	blur := 1.0
	if e.blur > 0 {
		blur = e.blur
	}
	weight := windowed(row, support)
	return filter{weight: func(x float64) float64 { return weight(x / blur) }, support: support * blur}, true
}

func windowed(row filterRow, support float64) func(float64) float64 {
	if row.window == nil {
		return row.weight
	}
	return func(x float64) float64 {
		if x >= support {
			return 0
		}
		return row.weight(x) * row.window(x/support)
	}
}

func box(float64) float64 { return 1 }

func triangle(x float64) float64 { return max(1-x, 0) }

func quadratic(x float64) float64 {
	switch {
	case x < 0.5:
		return 0.75 - x*x
	case x < 1.5:
		return 0.5 * (x - 1.5) * (x - 1.5)
	}
	return 0
}

// cubic gives the Mitchell-Netravali cubic of parameters B and C.
func cubic(b, c float64) func(float64) float64 {
	return func(x float64) float64 {
		switch {
		case x < 1:
			return (6 - 2*b + x*x*(-18+12*b+6*c+x*(12-9*b-6*c))) / 6
		case x < 2:
			return (8*b + 24*c + x*(-12*b-48*c+x*(6*b+30*c+x*(-b-6*c)))) / 6
		}
		return 0
	}
}

func gaussian(sigma float64) func(float64) float64 {
	return func(x float64) float64 { return math.Exp(-x * x / (2 * sigma * sigma)) }
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func jinc(x float64) float64 {
	if x == 0 {
		return math.Pi / 2
	}
	return math.J1(math.Pi*x) / x
}

func hann(x float64) float64 { return 0.5 + 0.5*math.Cos(math.Pi*x) }

func blackman(x float64) float64 {
	c := math.Cos(math.Pi * x)
	return 0.34 + c*(0.5+c*0.16)
}

func bohman(x float64) float64 {
	return (1-x)*math.Cos(math.Pi*x) + math.Sin(math.Pi*x)/math.Pi
}

func welch(x float64) float64 {
	if x < 1 {
		return 1 - x*x
	}
	return 0
}

// kaiser is the Kaiser window of alpha 6.5, ImageMagick's default.
func kaiser(x float64) float64 {
	const alpha = 6.5
	return besselI0(alpha*math.Sqrt(max(1-x*x, 0))) / besselI0(alpha)
}

// besselI0 is the modified Bessel function of the first kind of order zero, by its power series.
func besselI0(x float64) float64 {
	sum, term := 1.0, 1.0
	for i := 1.0; term > sum*1e-12; i++ {
		term *= x * x / 4 / (i * i)
		sum += term
	}
	return sum
}

// lagrange gives the piecewise Lagrange polynomial over 2 x support points.
func lagrange(support float64) func(float64) float64 {
	order := int(2 * support)
	return func(x float64) float64 {
		if x > support {
			return 0
		}
		n := int(support + x)
		value := 1.0
		for i := range order {
			if i != n {
				value *= (float64(n-i) - x) / float64(n-i)
			}
		}
		return value
	}
}
