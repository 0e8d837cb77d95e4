package render

import (
	"math"
	"slices"
	"strings"

	"bluerose/internal/imaging/magick"
)

// A primitive is one pass over the picture with one kernel.
type primitive func(m *machine, p *Picture, k kernel) (*Picture, error)

// morphologies are the methods of -morphology: the passes that a method is made of and what becomes of the result
// (ImageMagick 6.9, magick/morphology.c, MorphologyApply).
var morphologies = map[string]struct {
	stages     []primitive
	reflected  []bool // which passes take the kernel turned about its origin
	difference bool   // the result is the difference to the picture itself
	whole      bool   // the method, not each pass, is repeated
	lightest   bool   // several kernels give their lightest numbers; else one works on the other's result
}{
	"Erode":             {stages: []primitive{erode}},
	"Dilate":            {stages: []primitive{dilate}},
	"ErodeIntensity":    {stages: []primitive{brightest(false)}},
	"DilateIntensity":   {stages: []primitive{brightest(true)}},
	"OpenIntensity":     {stages: []primitive{brightest(false), brightest(true)}},
	"CloseIntensity":    {stages: []primitive{brightest(true), brightest(false)}, reflected: []bool{true, true}},
	"Distance":          {stages: []primitive{distanced}},
	"IterativeDistance": {stages: []primitive{approached}},
	"Open":              {stages: []primitive{erode, dilate}},
	"Close":             {stages: []primitive{dilate, erode}, reflected: []bool{true, true}},
	"Smooth":            {stages: []primitive{erode, dilate, dilate, erode}, reflected: []bool{false, false, true, true}},
	"EdgeIn":            {stages: []primitive{erode}, difference: true},
	"EdgeOut":           {stages: []primitive{dilate}, difference: true},
	"TopHat":            {stages: []primitive{erode, dilate}, difference: true},
	"BottomHat":         {stages: []primitive{dilate, erode}, reflected: []bool{true, true}, difference: true},
	"Convolve":          {stages: []primitive{weigh}},
	"Correlate":         {stages: []primitive{weigh}, reflected: []bool{true}},
	"HitAndMiss":        {stages: []primitive{matchOf(func(_, hit float64) float64 { return hit })}, whole: true, lightest: true},
	"Thinning":          {stages: []primitive{matchOf(func(v, hit float64) float64 { return v - hit })}, whole: true},
	"Thicken":           {stages: []primitive{matchOf(func(v, hit float64) float64 { return v + hit })}, whole: true},
}

// morphology is -morphology METHOD[:ITERATIONS] KERNELS.
func morphology(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	method := s.Value.(magick.Method)
	list, ok := s.Second.(magick.Kernels)
	if !ok {
		return nil, refuse(s, "Give a kernel such as Disk:3")
	}
	kernels, ok := kernelsOf(list)
	if !ok {
		return nil, refuse(s, "A kernel of this name or size is not available; take another such as Disk:5")
	}
	if method.Name == "Edge" {
		return m.outlined(p, kernels, method.Iterations)
	}
	plan, ok := morphologies[string(method.Name)]
	if !ok {
		return nil, refuse(s, "The method %s is not available; take another such as Dilate", string(method.Name))
	}
	if method.Iterations == 0 {
		return p, nil
	}
	merge, merged := m.merging(plan.lightest)
	if name := string(method.Name); name == "Convolve" || name == "Correlate" {
		var err error
		if kernels, err = m.rescaledKernels(s, kernels); err != nil {
			return nil, err
		}
	}
	repeat, rounds := m.repeats(p, method.Iterations), 1
	if plan.whole {
		repeat, rounds = 1, repeat
	}
	start := p
	for range rounds {
		before := p
		var sum *Picture
		for _, k := range kernels {
			q := p
			var err error
			for i, pass := range plan.stages {
				used := k
				if i < len(plan.reflected) && plan.reflected[i] {
					used = k.quarter().quarter()
				}
				if q, err = m.repeated(q, used, pass, repeat); err != nil {
					return nil, err
				}
			}
			if plan.difference {
				if q, err = q.paired(start, m.settings.channels(), func(a, b float64) float64 { return math.Abs(a - b) }); err != nil {
					return nil, err
				}
			}
			switch {
			case !merged:
				p = q
			case sum == nil:
				sum = q
			default:
				if sum, err = sum.paired(q, m.settings.channels(), merge); err != nil {
					return nil, err
				}
			}
		}
		if sum != nil {
			p = sum
		}
		if rounds > 1 {
			same, err := p.equals(before)
			if err != nil || same {
				return p, err
			}
		}
	}
	return p, nil
}

// outlined is the difference of dilation and erosion.
func (m *machine) outlined(p *Picture, kernels []kernel, iterations int) (*Picture, error) {
	for _, k := range kernels {
		grown, err := m.repeated(p, k, dilate, m.repeats(p, iterations))
		if err != nil {
			return nil, err
		}
		shrunk, err := m.repeated(p, k, erode, m.repeats(p, iterations))
		if err != nil {
			return nil, err
		}
		if p, err = shrunk.paired(grown, m.settings.channels(), func(a, b float64) float64 { return math.Abs(a - b) }); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// repeats bounds how often a pass is made: without end is as often as the picture is long.
func (m *machine) repeats(p *Picture, iterations int) int {
	if longest := max(p.Width(), p.Height()); iterations < 0 || iterations > longest {
		return longest
	}
	return iterations
}

// repeated makes a pass again and again, until nothing changes.
func (m *machine) repeated(p *Picture, k kernel, pass primitive, times int) (*Picture, error) {
	for i := range times {
		q, err := pass(m, p, k)
		if err != nil {
			return nil, err
		}
		if i > 0 || times > 1 {
			same, err := q.equals(p)
			if err != nil || same {
				return p, err
			}
		}
		p = q
	}
	return p, nil
}

// equals reports whether two pictures of one form have the same numbers.
func (p *Picture) equals(q *Picture) (bool, error) {
	a, err := p.pixels()
	if err != nil {
		return false, err
	}
	b, err := q.pixels()
	return slices.Equal(a, b), err
}

func weigh(m *machine, p *Picture, k kernel) (*Picture, error) {
	return m.within(p, max(k.width, k.height), func(p *Picture) (*Picture, error) {
		return p.convolved(k, m.settings.channels(), m.settings.bias())
	})
}

// merging gives what makes one picture of those of several kernels, and whether there is such a thing: without, each
// kernel works on what the one before it made. -define morphology:compose names it.
func (m *machine) merging(lightest bool) (func(a, b float64) float64, bool) {
	switch strings.ToLower(m.settings.defines["morphology:compose"]) {
	case "lighten":
		return math.Max, true
	case "darken":
		return math.Min, true
	case "plus":
		return func(a, b float64) float64 { return a + b }, true
	case "difference":
		return func(a, b float64) float64 { return math.Abs(a - b) }, true
	case "multiply":
		return func(a, b float64) float64 { return a * b }, true
	case "screen":
		return func(a, b float64) float64 { return a + b - a*b }, true
	case "none", "no":
		return nil, false
	}
	return math.Max, lightest
}

// rescaledKernels does what -define convolve:scale asks for: a factor, with "!" after the weights are made to add up to 1,
// with "^" the positive and the negative ones apart, and how much of the picture itself is added.
func (m *machine) rescaledKernels(s magick.Step, list []kernel) ([]kernel, error) {
	text, ok := m.settings.defines["convolve:scale"]
	if !ok {
		return list, nil
	}
	n, err := magick.ParseNumbers(strings.Trim(text, "!^ "))
	if err != nil && strings.Trim(text, "!^% ") != "" {
		return nil, refuse(s, `convolve:scale takes a factor such as "50%%!" or "1,100"`)
	}
	unit := 1.0
	if n.Percent() {
		unit = 0.01
	}
	out := make([]kernel, len(list))
	for i, k := range list {
		k = k.scaled(unit*n.At(0, 1/unit), strings.Contains(text, "!"), strings.Contains(text, "^"))
		if n.Has(1) {
			k.values[k.x+k.y*k.width] += unit * n.At(1, 0)
		}
		out[i] = k
	}
	return out, nil
}

// bias gives what is added to a convolution, 1 for full range: -bias, or -define convolve:bias.
func (s settings) bias() float64 {
	if n, err := magick.ParseNumbers(s.defines["convolve:bias"]); err == nil && len(n) > 0 {
		if n.Percent() {
			return n.At(0, 0) / 100 * 65536 / fullRange
		}
		return n.At(0, 0) / fullRange
	}
	value, _, percent := s.number("bias", 0)
	if percent {
		return value / 100
	}
	return value / 65535
}

func erode(m *machine, p *Picture, k kernel) (*Picture, error) {
	return m.extreme(p, k.flat(k.taps()), false)
}

func dilate(m *machine, p *Picture, k kernel) (*Picture, error) {
	return m.extreme(p, k.flat(k.reflected()), true)
}

// flat gives the places that count in a kernel without weights.
func (k kernel) flat(taps []tap) []tap {
	return slices.DeleteFunc(taps, func(t tap) bool { return t.weight < 0.5 })
}

func (m *machine) extreme(p *Picture, taps []tap, greatest bool) (*Picture, error) {
	p, around, err := m.surroundings(p)
	if err != nil {
		return nil, err
	}
	q, err := p.rework(p.Width(), p.Height(), extremes[uint8](p, around, taps, greatest), extremes[uint16](p, around, taps, greatest))
	if err != nil {
		return nil, err
	}
	return p.keeping(q, m.settings.channels())
}

// padded gives the grid with a margin of virtual pixels, so that inner loops ask for no edges.
func (g grid[T]) padded(around surround, left, top, right, bottom int) grid[T] {
	s := newSampler(g, around)
	out := grid[T]{width: g.width + left + right, height: g.height + top + bottom, bands: g.bands, alpha: g.alpha}
	out.pix = make([]T, out.width*out.height*out.bands)
	for y := range out.height {
		row := out.row(y)
		inside := y >= top && y < top+g.height
		if inside {
			copy(row[left*g.bands:], g.row(y-top))
		}
		for x := range out.width {
			if inside && x == left {
				x = left + g.width
			}
			if inside && x >= left && x < left+g.width {
				continue
			}
			if x < out.width {
				copy(row[x*g.bands:(x+1)*g.bands], s.at(x-left, y-top))
			}
		}
	}
	return out
}

// reach gives how far taps go to each side.
func reach(taps []tap) (left, top, right, bottom int) {
	for _, t := range taps {
		left, right = max(left, -t.x), max(right, t.x)
		top, bottom = max(top, -t.y), max(bottom, t.y)
	}
	return
}

func extremes[T number](p *Picture, around surround, taps []tap, greatest bool) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	return func(src, dst grid[T]) error {
		left, top, right, bottom := reach(taps)
		wide := src.padded(around, left, top, right, bottom)
		for y := range dst.height {
			if y%16 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			out := dst.row(y)
			for i := range out {
				out[i] = ^T(0)
				if greatest {
					out[i] = 0
				}
			}
			for _, t := range taps {
				from := (left + t.x) * src.bands
				row := wide.row(y + top + t.y)[from : from+len(out)]
				if greatest {
					for i, v := range row {
						out[i] = max(out[i], v)
					}
					continue
				}
				for i, v := range row {
					out[i] = min(out[i], v)
				}
			}
		}
		return nil
	}
}

// matchOf makes the pass of the hit-and-miss family: the least number where the kernel is 1 less the greatest where it is 0,
// and not below 0, put to the picture's own number by merge.
func matchOf(merge func(value, hit float64) float64) primitive {
	return func(m *machine, p *Picture, k kernel) (*Picture, error) {
		p, around, err := m.surroundings(p)
		if err != nil {
			return nil, err
		}
		var shown, hidden []tap
		for _, t := range k.taps() {
			switch {
			case t.weight > 0.7:
				shown = append(shown, t)
			case t.weight < 0.3:
				hidden = append(hidden, t)
			}
		}
		fill := func(taps []tap, greatest bool) (*Picture, error) {
			return p.rework(p.Width(), p.Height(), extremes[uint8](p, around, taps, greatest), extremes[uint16](p, around, taps, greatest))
		}
		least, err := fill(shown, false)
		if err != nil {
			return nil, err
		}
		greatest, err := fill(hidden, true)
		if err != nil {
			return nil, err
		}
		all := magick.ChannelRGB | magick.ChannelBlack | magick.ChannelAlpha
		hits, err := least.paired(greatest, all, func(a, b float64) float64 { return max(a-b, 0) })
		if err != nil {
			return nil, err
		}
		return p.paired(hits, m.settings.channels(), merge)
	}
}

// convolve is -convolve, which scales the weights to a sum of 1 and lays the kernel on the picture as it is written.
func convolve(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	kernels, ok := kernelsOf(s.Value.(magick.Kernels))
	if !ok {
		return nil, refuse(s, "A kernel of this name or size is not available; give numbers such as 0,-1,0,-1,5,-1,0,-1,0")
	}
	for _, k := range kernels {
		if k.width%2 == 0 || k.height%2 == 0 {
			return nil, refuse(s, "The sides of the kernel must be odd")
		}
		k = k.quarter().quarter()
		k.values = normalized(k.values)
		scaled, err := m.rescaledKernels(s, []kernel{k})
		if err != nil {
			return nil, err
		}
		k = scaled[0]
		if p, err = p.convolved(k, m.settings.channels(), m.settings.bias()); err != nil {
			return nil, err
		}
	}
	return p, nil
}
