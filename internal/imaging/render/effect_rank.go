package render

import (
	"math"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// reduced makes the operator of one statistic that takes the side of a square: -median, -mode.
func reduced(name string) operator {
	return func(m *machine, p *Picture, s magick.Step) (*Picture, error) {
		side := int(numbers(s).At(0, 0))
		return m.reduce(p, s, name, side, side)
	}
}

// statistic is -statistic NAME WxH.
func statistic(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	n := numbers(magick.Step{Value: s.Second})
	width := int(n.At(0, 0))
	return m.reduce(p, s, string(s.Value.(magick.Enum)), width, int(n.At(1, float64(width))))
}

// noise is -noise RADIUS, which takes out what stands alone, or +noise TYPE, which adds some (effect_random.go).
func noise(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	if s.Plus {
		return addNoise(m, p, s)
	}
	side := int(numbers(s).At(0, 0))
	return m.reduce(p, s, "Nonpeak", side, side)
}

// reduce replaces every number by a statistic of a window of width x height around it (magick/statistic.c, StatisticImage).
func (m *machine) reduce(p *Picture, s magick.Step, name string, width, height int) (*Picture, error) {
	if width < 0 || height < 0 || width > 4*maxKernel || height > 4*maxKernel {
		return nil, refuse(s, "A side of the window may be at most %d pixels; take a smaller one", 4*maxKernel)
	}
	if width == 0 {
		width = width2D(0, 0.5)
	}
	if height == 0 {
		height = width2D(0, 0.5)
	}
	if width == 1 && height == 1 && name != "Gradient" && name != "StandardDeviation" {
		return p, nil
	}
	q, err := p.windowed(name, width, height)
	if err != nil {
		return nil, err
	}
	return p.keeping(q, m.settings.channels())
}

// sortedWindow is the size of a window from which counting is faster than libvips' sorting.
const sortedWindow = 30

// windowed is reduce for all bands.
func (p *Picture) windowed(name string, width, height int) (*Picture, error) {
	ranks := map[string]int{"Minimum": 0, "Median": width * height / 2, "Maximum": width*height - 1}
	index, ranked := ranks[name]
	if ranked && (name != "Median" || !p.wide() && width*height <= sortedWindow) {
		img, err := p.img.Op("rank", vips.Args{"width": width, "height": height, "index": index})
		if err != nil {
			return nil, err
		}
		return p.cast(img)
	}
	value := statistics[name]
	moments := name == "Mean" || name == "RMS" || name == "StandardDeviation"
	return p.slid(width, height, moments, func(t *rankTally, _, _ float64) float64 { return value(t) })
}

// windowValue makes a number of the tally of a window and the number in its middle; full is the full range of both.
type windowValue func(t *rankTally, v, full float64) float64

// slid replaces every number by a value of the window of width x height around it. Moments asks for the tally's sums.
func (p *Picture) slid(width, height int, moments bool, value windowValue) (*Picture, error) {
	return p.rework(p.Width(), p.Height(), sliding[uint8](p, width, height, moments, value), sliding[uint16](p, width, height, moments, value))
}

// rankTally counts the numbers in a window, in two levels so that a rank is found in few steps.
type rankTally struct {
	shift   int
	fine    []int32
	coarse  []int32
	count   int
	moments bool    // whether the sums are kept
	sum     float64 // of the numbers
	square  float64 // of their squares
}

func newTally(wide, moments bool) *rankTally {
	if wide {
		return &rankTally{shift: 8, fine: make([]int32, 65536), coarse: make([]int32, 256), moments: moments}
	}
	return &rankTally{shift: 4, fine: make([]int32, 256), coarse: make([]int32, 16), moments: moments}
}

func (t *rankTally) add(v int, times int32) {
	t.fine[v] += times
	t.coarse[v>>t.shift] += times
	t.count += int(times)
	if t.moments {
		f := float64(v) * float64(times)
		t.sum += f
		t.square += f * float64(v)
	}
}

// rank gives the number that has index smaller or equal ones before it.
func (t *rankTally) rank(index int) int {
	left := int32(index)
	c := 0
	for left >= t.coarse[c] {
		left -= t.coarse[c]
		c++
	}
	v := c << t.shift
	for left >= t.fine[v] {
		left -= t.fine[v]
		v++
	}
	return v
}

// next gives the nearest number of the window in a direction from v, and whether there is one.
func (t *rankTally) next(v, direction int) (int, bool) {
	for v += direction; v >= 0 && v < len(t.fine); v += direction {
		if t.fine[v] != 0 {
			return v, true
		}
	}
	return 0, false
}

// mode gives the most frequent number, the smallest of several.
func (t *rankTally) mode() int {
	best := 0
	for c, n := range t.coarse {
		if n <= t.fine[best] {
			continue
		}
		for v := c << t.shift; v < (c+1)<<t.shift; v++ {
			if t.fine[v] > t.fine[best] {
				best = v
			}
		}
	}
	return best
}

// nonpeak is the median, unless that is the least or the greatest number of the window: then its neighbour.
func (t *rankTally) nonpeak() int {
	v := t.rank(t.count / 2)
	below, hasBelow := t.next(v, -1)
	above, hasAbove := t.next(v, 1)
	switch {
	case !hasBelow && hasAbove:
		return above
	case hasBelow && !hasAbove:
		return below
	}
	return v
}

// statistics are the values of a window by ImageMagick's names.
var statistics = map[string]func(t *rankTally) float64{
	"Gradient": func(t *rankTally) float64 { return math.Abs(float64(t.rank(t.count-1) - t.rank(0))) },
	"Maximum":  func(t *rankTally) float64 { return float64(t.rank(t.count - 1)) },
	"Mean":     func(t *rankTally) float64 { return t.sum / float64(t.count) },
	"Median":   func(t *rankTally) float64 { return float64(t.rank(t.count / 2)) },
	"Minimum":  func(t *rankTally) float64 { return float64(t.rank(0)) },
	"Mode":     func(t *rankTally) float64 { return float64(t.mode()) },
	"Nonpeak":  func(t *rankTally) float64 { return float64(t.nonpeak()) },
	"RMS":      func(t *rankTally) float64 { return math.Sqrt(t.square / float64(t.count)) },
	"StandardDeviation": func(t *rankTally) float64 {
		mean := t.sum / float64(t.count)
		return math.Sqrt(max(t.square/float64(t.count)-mean*mean, 0))
	},
}

// sliding moves a window along every row and keeps the tally of every band.
func sliding[T number](p *Picture, width, height int, moments bool, value windowValue) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	return func(src, dst grid[T]) error {
		full := float64(^T(0))
		tallies := make([]*rankTally, src.bands)
		for y := range src.height {
			if y%4 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			for b := range tallies {
				if y == 0 {
					tallies[b] = newTally(uint64(^T(0)) > 255, moments)
				}
			}
			column := func(x int, times int32) {
				for v := range height {
					at := src.clamped(x, y-height/2+v)
					for b, t := range tallies {
						t.add(int(src.pix[at+b]), times)
					}
				}
			}
			for u := range width {
				column(u-width/2, 1)
			}
			in, out := src.row(y), dst.row(y)
			for x := range src.width {
				for b, t := range tallies {
					i := x*src.bands + b
					out[i] = quantum[T](value(t, float64(in[i]), full))
				}
				column(x-width/2, -1)
				column(x-width/2+width, 1)
			}
			for u := range width {
				column(src.width+u-width/2, -1)
			}
		}
		return nil
	}
}

// paint replaces every pixel by one of the most frequent brightness around it (magick/paint.c, OilPaintImage).
func paint(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius := numbers(s).At(0, 0)
	if math.Abs(radius) > maxKernel {
		return nil, refuse(s, "The radius may be at most %d; take a smaller one", maxKernel)
	}
	p, err := p.settle()
	if err != nil {
		return nil, err
	}
	gray, err := p.intensity()
	if err == nil {
		gray, err = gray.withoutAlpha()
	}
	if err == nil {
		gray, err = gray.narrowed()
	}
	if err != nil {
		return nil, err
	}
	shades, err := gray.pixels()
	if err != nil {
		return nil, err
	}
	width := width2D(radius, 0.5)
	return p.rework(p.Width(), p.Height(), painting[uint8](p, shades, width), painting[uint16](p, shades, width))
}

func painting[T number](p *Picture, shades []byte, width int) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	return func(src, dst grid[T]) error {
		half, columns := width/2, src.width+width
		// Rows of brightness with the edge repeated on both sides, so that the inner loop asks for no edges.
		padded := make([][]byte, src.height)
		for y := range padded {
			row := make([]byte, columns)
			for x := range row {
				row[x] = shades[y*src.width+max(0, min(x-half, src.width-1))]
			}
			padded[y] = row
		}
		rows := make([][]byte, width)
		for y := range src.height {
			if y%8 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			for v := range rows {
				rows[v] = padded[max(0, min(y+v-half, src.height-1))]
			}
			out := dst.row(y)
			var count [256]uint16
			for x := range src.width {
				best, bestU, bestV := uint16(0), 0, 0
				for v, row := range rows {
					for u, shade := range row[x : x+width] {
						count[shade]++
						if count[shade] > best {
							best, bestU, bestV = count[shade], u, v
						}
					}
				}
				for _, row := range rows {
					for _, shade := range row[x : x+width] {
						count[shade] = 0
					}
				}
				at := src.clamped(x+bestU-half, y+bestV-half)
				copy(out[x*src.bands:(x+1)*src.bands], src.pix[at:at+src.bands])
			}
		}
		return nil
	}
}
