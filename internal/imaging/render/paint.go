package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// floodfill is -floodfill +X+Y COLOR: paints with -fill what is of the colour, as far as it is connected with the point by
// its sides; +floodfill all that is not of the colour.
func floodfill(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	g := geometryArg(s)
	target, _ := s.Second.(magick.Color)
	fill := m.settings.fill()
	p, err := p.holding(fill)
	if err != nil {
		return nil, err
	}
	r, err := p.raster()
	if err != nil {
		return nil, err
	}
	test, colours, alpha := m.near(target), p.colours(), p.Alpha()
	area := connected(r.Width, r.Height, int(g.X), int(g.Y), func(x, y int) bool {
		at := (y*r.Width + x) * r.Bands
		return test.pixel(r.Pix[at:at+r.Bands], colours, alpha) != s.Plus
	})
	ink, channels := p.words(fill), m.settings.channels()
	for band := range ink {
		if !p.named(band, channels) && !(fill.Alpha != 0xffff && band == p.colours()) {
			continue
		}
		for i, in := range area {
			if in {
				r.Pix[i*r.Bands+band] = ink[band]
			}
		}
	}
	return p.withRaster(r)
}

// connected gives which pixels of a picture belong, and are connected with the one at x, y through others that do, by their
// sides.
func connected(width, height, x, y int, belongs func(x, y int) bool) []bool {
	area := make([]bool, width*height)
	if x < 0 || y < 0 || x >= width || y >= height {
		return area
	}
	type span struct{ x, y int }
	pending := []span{{x, y}}
	free := func(x, y int) bool { return !area[y*width+x] && belongs(x, y) }
	for len(pending) > 0 {
		at := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if !free(at.x, at.y) {
			continue
		}
		left, right := at.x, at.x
		for left > 0 && free(left-1, at.y) {
			left--
		}
		for right+1 < width && free(right+1, at.y) {
			right++
		}
		for i := left; i <= right; i++ {
			area[at.y*width+i] = true
		}
		for _, row := range [2]int{at.y - 1, at.y + 1} {
			if row < 0 || row >= height {
				continue
			}
			for i, before := left, false; i <= right; i++ {
				now := free(i, row)
				if now && !before {
					pending = append(pending, span{i, row})
				}
				before = now
			}
		}
	}
	return area
}

// A blending gives the colour at a place, 0 to 1 a channel.
type blending func(x, y float64, out *[4]float64)

// sparseColor is -sparse-color: all pixels from colours at some points.
func sparseColor(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	points, _ := s.Second.(magick.ColorPoints)
	if len(points) == 0 {
		return nil, refuse(s, "Give points with colours, such as \"10,20 red 30,40 blue\"")
	}
	p, err := p.toSpace(SRGB)
	if err != nil {
		return nil, err
	}
	at := m.sparseBlending(string(s.Value.(magick.Enum)), points)
	channels, bands := m.settings.channels(), p.img.Bands()
	var named [4]bool
	for band := range bands {
		named[band] = p.named(band, channels)
	}
	return p.shade(func(y int, out, in []uint16) {
		copy(out, in)
		var c [4]float64
		for x := range len(in) / bands {
			at(float64(x), float64(y), &c)
			for band := range bands {
				if named[band] {
					out[x*bands+band] = quantum[uint16](c[band] * fullRange)
				}
			}
		}
	})
}

func pointColour(p magick.ColorPoint) [4]float64 {
	r, g, b := rgbOf(p.Color)
	return [4]float64{r / fullRange, g / fullRange, b / fullRange, float64(p.Color.Alpha) / fullRange}
}

// sparseBlending gives the function of a method (ImageMagick 6.9, magick/distort.c, SparseColorImage).
func (m *machine) sparseBlending(method string, points magick.ColorPoints) blending {
	colours := make([][4]float64, len(points))
	for i, p := range points {
		colours[i] = pointColour(p)
	}
	nearest := func(distance func(dx, dy float64) float64) blending {
		return func(x, y float64, out *[4]float64) {
			best := math.Inf(1)
			for i, p := range points {
				if d := distance(x-p.X, y-p.Y); d < best {
					best, *out = d, colours[i]
				}
			}
		}
	}
	power := 1.0
	if v := m.settings.fraction("shepards:power"); v > 0 {
		power = v / 2
	}
	switch method {
	case "Voronoi":
		return nearest(func(dx, dy float64) float64 { return dx*dx + dy*dy })
	case "Manhattan":
		return nearest(func(dx, dy float64) float64 { return math.Abs(dx) + math.Abs(dy) })
	case "Inverse":
		return inverseDistance(points, colours, 0.5)
	case "Shepards":
		return inverseDistance(points, colours, power)
	case "Bilinear":
		if len(points) >= 4 {
			return fittedColours(points, colours, func(x, y float64) []float64 { return []float64{x, y, x * y, 1} })
		}
	}
	if len(points) == 2 {
		// A third point a quarter turn away from the second makes a plane that runs along the line of the two.
		a, b := points[0], points[1]
		points = append(points[:2:2], magick.ColorPoint{X: a.X - (b.Y - a.Y), Y: a.Y + (b.X - a.X)})
		colours = append(colours, colours[0])
	}
	if len(points) == 1 {
		return func(_, _ float64, out *[4]float64) { *out = colours[0] }
	}
	return fittedColours(points, colours, func(x, y float64) []float64 { return []float64{x, y, 1} })
}

// inverseDistance mixes all colours by the inverse of the distance's square to a power.
func inverseDistance(points magick.ColorPoints, colours [][4]float64, power float64) blending {
	return func(x, y float64, out *[4]float64) {
		var sum [4]float64
		total := 0.0
		for i, p := range points {
			d := (x-p.X)*(x-p.X) + (y-p.Y)*(y-p.Y)
			switch power {
			case 1:
			case 0.5:
				d = math.Sqrt(d)
			default:
				d = math.Pow(d, power)
			}
			w := 1 / max(d, 1e-12)
			total += w
			for c := range sum {
				sum[c] += w * colours[i][c]
			}
		}
		for c := range sum {
			out[c] = sum[c] / total
		}
	}
}

// fittedColours is the combination of terms of the place that comes closest to the colours at the points.
func fittedColours(points magick.ColorPoints, colours [][4]float64, terms func(x, y float64) []float64) blending {
	n := len(terms(0, 0))
	matrix := make([][]float64, n)
	for i := range matrix {
		matrix[i] = make([]float64, n+4)
	}
	for k, p := range points {
		t := terms(p.X, p.Y)
		for i := range n {
			for j := range n {
				matrix[i][j] += t[i] * t[j]
			}
			for c := range 4 {
				matrix[i][n+c] += t[i] * colours[k][c]
			}
		}
	}
	if !eliminated(matrix, n) {
		return func(_, _ float64, out *[4]float64) { *out = colours[0] }
	}
	return func(x, y float64, out *[4]float64) {
		for c := range out {
			v := matrix[0][n+c]*x + matrix[1][n+c]*y + matrix[n-1][n+c]
			if n == 4 {
				v += matrix[2][n+c] * x * y
			}
			out[c] = v
		}
	}
}

// eliminated solves the equations of n unknowns in place, by Gauss and Jordan; false when they have no one solution.
func eliminated(matrix [][]float64, n int) bool {
	for column := range n {
		pivot := column
		for row := column + 1; row < n; row++ {
			if math.Abs(matrix[row][column]) > math.Abs(matrix[pivot][column]) {
				pivot = row
			}
		}
		if math.Abs(matrix[pivot][column]) < 1e-12 {
			return false
		}
		matrix[column], matrix[pivot] = matrix[pivot], matrix[column]
		scale := 1 / matrix[column][column]
		for i := range matrix[column] {
			matrix[column][i] *= scale
		}
		for row := range n {
			if factor := matrix[row][column]; row != column && factor != 0 {
				for i := range matrix[row] {
					matrix[row][i] -= factor * matrix[column][i]
				}
			}
		}
	}
	return true
}
