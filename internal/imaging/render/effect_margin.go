package render

import (
	"math"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// A reach says how many pixels around each an effect looks at, at most.
type reachOf func(s magick.Step) (int, error)

// byBell is the reach of effects that take a radius and a sigma.
func byBell(s magick.Step) (int, error) {
	radius, sigma, err := bell(s)
	if err != nil {
		return 0, err
	}
	return width2D(radius, sigma)/2 + 1, nil
}

// byRadius is the reach of effects that take a radius.
func byRadius(s magick.Step) (int, error) {
	return width1D(min(math.Abs(numbers(s).At(0, 0)), maxKernel), 0.5)/2 + 1, nil
}

// byWindow is the reach of -statistic and what it stands for: the sides of a window.
func byWindow(s magick.Step) (int, error) {
	n := numbers(s)
	if s.Second != nil {
		n = numbers(magick.Step{Value: s.Second})
	}
	side := max(n.At(0, 0), n.At(1, 0), float64(width2D(0, 0.5)))
	return int(min(side, 4*maxKernel)), nil
}

// byKernel is the reach of -convolve.
func byKernel(s magick.Step) (int, error) {
	kernels, _ := kernelsOf(s.Value.(magick.Kernels))
	side := 0
	for _, k := range kernels {
		side = max(side, k.width, k.height)
	}
	return side, nil
}

// amid makes an operator that knows the edge of a picture only, which its nearest pixels stand behind, heed -virtual-pixel.
func amid(far reachOf, change operator) operator {
	return func(m *machine, p *Picture, s magick.Step) (*Picture, error) {
		if !m.edged() {
			return change(m, p, s)
		}
		margin, err := far(s)
		if err != nil {
			return nil, err
		}
		return m.within(p, margin, func(p *Picture) (*Picture, error) { return change(m, p, s) })
	}
}

// edged reports whether -virtual-pixel asks for something else than the nearest pixel of the edge.
func (m *machine) edged() bool {
	switch m.settings.enum("virtual-pixel", "Edge") {
	case "Edge", "Undefined":
		return false
	}
	return true
}

// within runs an effect on the picture with a margin of the virtual pixels that the settings ask for, and cuts it off again.
func (m *machine) within(p *Picture, margin int, change func(*Picture) (*Picture, error)) (*Picture, error) {
	if !m.edged() {
		return change(p)
	}
	p, around, err := m.surroundings(p)
	if err != nil {
		return nil, err
	}
	width, height := p.Width(), p.Height()
	if err := m.admit(width+2*margin, height+2*margin); err != nil {
		return nil, err
	}
	q, err := p.rework(width+2*margin, height+2*margin, margined[uint8](around, margin), margined[uint16](around, margin))
	if err != nil {
		return nil, err
	}
	if q, err = change(q); err != nil {
		return nil, err
	}
	img, err := q.img.Op("extract_area", vips.Args{"input": nil, "left": margin, "top": margin, "width": width, "height": height})
	if err != nil {
		return nil, err
	}
	return q.with(img), nil
}

func margined[T number](around surround, margin int) func(src, dst grid[T]) error {
	return func(src, dst grid[T]) error {
		copy(dst.pix, src.padded(around, margin, margin, margin, margin).pix)
		return nil
	}
}
