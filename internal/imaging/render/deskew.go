package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// alignOperators turn, move and cut by what the picture or a matrix says.
var alignOperators = map[string]operator{
	"blue-shift":           blueShift,
	"canny":                canny,
	"deskew":               deskew,
	"interpolative-resize": interpolativeResize,
	"polaroid":             polaroid,
	"transform":            transform,
}

// deskew turns a scanned page upright. The argument is how dark its writing is; a page without any stays as it is.
func deskew(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	n := numbers(s)
	threshold := n.At(0, 40)
	if n.Percent() || s.Plus || len(n) == 0 {
		threshold *= 65536.0 / 100
	}
	r, err := p.raster()
	if err != nil {
		return nil, err
	}
	angle := -math.Atan(r.skew(p.colours(), threshold))
	sin, cos := math.Sincos(angle)
	q, err := m.affine(p, []float64{cos, sin, -sin, cos, 0, 0}, "Background")
	if err != nil || m.settings.defines["deskew:auto-crop"] == "" || m.settings.defines["deskew:auto-crop"] == "false" {
		return q, err
	}
	// Specks do not count: the page is what the median of the neighbours leaves.
	smooth, err := statistic(m, q, magick.Step{Name: s.Name, Value: magick.Enum("Median"),
		Second: magick.Geometry{Width: 3, Height: 3, HasWidth: true, HasHeight: true}})
	if err != nil {
		return nil, err
	}
	box, err := smooth.contents(0)
	if err != nil || box.Width == 0 || box.Height == 0 {
		return q, err
	}
	return m.piece(q, box)
}

// affine is what -deskew, -affine and -transform do: a matrix, onto a canvas that holds all of the picture.
func (m *machine) affine(p *Picture, matrix []float64, virtual string) (*Picture, error) {
	f := field{width: float64(p.Width()), height: float64(p.Height()), x: float64(p.Page.X), y: float64(p.Page.Y), bestfit: true}
	plan := affineProjection(f, matrix)
	if plan == nil {
		return p, nil
	}
	view, _, err := plan.view(f)
	if err != nil {
		return nil, err
	}
	if err := m.admit(view.Width, view.Height); err != nil {
		return nil, err
	}
	if virtual != "" {
		before := m.settings
		m.settings = m.settings.clone()
		m.settings.steps["virtual-pixel"] = magick.Step{Class: magick.Setting, Name: "virtual-pixel", Value: magick.Enum(virtual)}
		defer func() { m.settings = before }()
	}
	q, err := m.distorted(p, plan, view, f.x, f.y)
	if err != nil {
		return nil, err
	}
	q = q.copy()
	q.Page.X, q.Page.Y = view.X, view.Y
	if q.Page.Width != 0 {
		q.Page.Width = int(float64(q.Page.Width)*float64(view.Width)/f.width + 0.5)
		q.Page.Height = int(float64(q.Page.Height)*float64(view.Height)/f.height + 0.5)
	}
	return q, nil
}

// transform applies the matrix of -affine.
func transform(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	matrix := []float64{1, 0, 0, 1, 0, 0}
	if step, ok := m.settings.given("affine"); ok {
		n := numbers(step)
		for i := range matrix {
			matrix[i] = n.At(i, matrix[i])
		}
	}
	return m.affine(p, matrix, "")
}

// interpolativeResize takes the pixels of another size from between those of the picture, without a filter.
func interpolativeResize(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	width, height := sized(geometryArg(s), p.Width(), p.Height())
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	scaleX, scaleY := float64(p.Width())/float64(width), float64(p.Height())/float64(height)
	p, around, err := m.surroundings(p)
	if err != nil {
		return nil, err
	}
	q, err := p.warped(width, height, around, func(y int, xs, ys []float64) {
		for x := range xs {
			xs[x], ys[x] = (float64(x)+0.5)*scaleX-0.5, (float64(y)+0.5)*scaleY-0.5
		}
	})
	if err != nil {
		return nil, err
	}
	return p.rescaled(q), nil
}

// skew gives the slope of the lines of a page, by the Radon transform of what is darker than the threshold, eight pixels
// of a row together (ImageMagick 6.9, magick/shear.c, DeskewImage).
func (r *raster) skew(colours int, threshold float64) float64 {
	octets := (r.Width + 7) / 8
	columns := 1
	for columns < octets {
		columns <<= 1
	}
	best, skew := uint64(0), 0
	projection := make([]uint64, 2*columns-1)
	for _, sign := range [2]int{-1, 1} {
		counts := make([]uint16, columns*r.Height)
		for y := range r.Height {
			for x := range r.Width {
				dark := false
				for _, v := range r.at(x, y)[:colours] {
					dark = dark || float64(v) < threshold
				}
				if !dark {
					continue
				}
				place := x / 8
				if sign < 0 {
					place = octets - 1 - place
				}
				counts[place*r.Height+y]++
			}
		}
		for x, sum := range radon(counts, columns, r.Height) {
			projection[columns+sign*x-1] = sum
		}
	}
	for i, v := range projection {
		if v > best {
			best, skew = v, i-columns+1
		}
	}
	return float64(skew) / float64(columns) / 8
}

// radon gives how sharply the sums along lines of each slope change from line to line. The columns of counts lie one
// after the other, rows numbers each.
func radon(p []uint16, columns, rows int) []uint64 {
	q := make([]uint16, len(p))
	column := func(of []uint16, x int) []uint16 { return of[x*rows : (x+1)*rows] }
	for step := 1; step < columns; step *= 2 {
		for x := 0; x < columns; x += 2 * step {
			for i := range step {
				near, far := column(p, x+i), column(p, x+i+step)
				even, odd := column(q, x+2*i), column(q, x+2*i+1)
				for y := range rows {
					even[y], odd[y] = near[y], near[y]
					if y+i < rows {
						even[y] += far[y+i]
					}
					if y+i+1 < rows {
						odd[y] += far[y+i+1]
					}
				}
			}
		}
		p, q = q, p
	}
	sums := make([]uint64, columns)
	for x := range sums {
		line := column(p, x)
		for y := range rows - 1 {
			d := int64(line[y+1]) - int64(line[y])
			sums[x] += uint64(d * d)
		}
	}
	return sums
}
