package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// surround says what pixels there are outside a picture: ImageMagick's virtual pixels.
type surround struct {
	method string    // as -virtual-pixel names it
	color  []float64 // of what no pixel stands for, in the picture's numbers; alpha is the last where there is alpha
}

// surroundings gives the virtual pixels that the settings ask for (by default the nearest pixel of the edge), and the
// picture in a form that can show them.
func (m *machine) surroundings(p *Picture) (*Picture, surround, error) {
	return p.surrounded(m.settings.enum("virtual-pixel", "Edge"), m.ground(p))
}

func (p *Picture) surrounded(method string, background magick.Color) (*Picture, surround, error) {
	colors := map[string]magick.Color{
		"Background": background, "Black": black, "White": white, "Transparent": {},
		"Gray": {Red: 0x7fff, Green: 0x7fff, Blue: 0x7fff, Alpha: 0xffff},
	}
	color, plain := colors[method]
	if !plain {
		return p, surround{method: method, color: p.ink(background)}, nil
	}
	p, err := p.holding(color)
	if err != nil {
		return nil, surround{}, err
	}
	return p, surround{method: "Constant", color: p.ink(color)}, nil
}

// place gives the pixel that stands for x, y on a picture of width x height; false where it is the one colour.
func (s surround) place(x, y, width, height int) (int, int, bool) {
	switch s.method {
	case "Constant":
		return 0, 0, false
	case "Mirror":
		return mirrored(x, width), mirrored(y, height), true
	case "Tile":
		return modulo(x, width), modulo(y, height), true
	case "HorizontalTileEdge":
		return modulo(x, width), max(0, min(y, height-1)), true
	case "VerticalTileEdge":
		return max(0, min(x, width-1)), modulo(y, height), true
	case "HorizontalTile":
		return modulo(x, width), y, y >= 0 && y < height
	case "VerticalTile":
		return x, modulo(y, height), x >= 0 && x < width
	case "CheckerTile":
		column, row := floorDiv(x, width), floorDiv(y, height)
		return x - column*width, y - row*height, (column^row)&1 == 0
	case "Dither":
		x += edgeDither[x&7] - 32
		y += edgeDither[y&7] - 32
	case "Random":
		at := scattered(uint64(uint32(x))<<32 | uint64(uint32(y)))
		return int(at>>32) % width, int(uint32(at)) % height, true
	}
	return max(0, min(x, width-1)), max(0, min(y, height-1)), true
}

// edgeDither is how far the pixels of -virtual-pixel Dither are moved, from 0 to 63 (ImageMagick 6.9, magick/cache.c).
var edgeDither = [8]int{0, 48, 12, 60, 3, 51, 15, 63}

// scattered gives numbers that look random and are the same for the same place (the finisher of SplitMix64).
func scattered(v uint64) uint64 {
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}

func floorDiv(x, n int) int { return (x - modulo(x, n)) / n }

func modulo(x, n int) int {
	if x %= n; x < 0 {
		x += n
	}
	return x
}

func mirrored(x, n int) int {
	if x = modulo(x, 2*n); x >= n {
		return 2*n - 1 - x
	}
	return x
}

// sampler reads pixels of a grid at places between them. It belongs to one goroutine.
type sampler[T number] struct {
	grid[T]
	around  surround
	blank   []T // the one colour
	sums    []float64
	lookup  []float64 // weights of the elliptical filter by the square of the distance (warp_ellipse.go)
	total   float64   // of the weights, and of those of what shows
	visible float64
}

func newSampler[T number](src grid[T], around surround) *sampler[T] {
	s := &sampler[T]{grid: src, around: around, blank: make([]T, src.bands), sums: make([]float64, src.bands)}
	for b := range min(len(around.color), len(s.blank)) {
		s.blank[b] = quantum[T](around.color[b])
	}
	return s
}

// at gives the pixel at x, y, which may lie outside.
func (s *sampler[T]) at(x, y int) []T {
	if uint(x) >= uint(s.width) || uint(y) >= uint(s.height) {
		var ok bool
		if x, y, ok = s.around.place(x, y, s.width, s.height); !ok {
			return s.blank
		}
	}
	i := (y*s.width + x) * s.bands
	return s.pix[i : i+s.bands]
}

// farthest keeps places within what a whole number holds, whatever a distortion made of them.
const farthest = 1 << 30

// bilinear mixes the four pixels around x, y, where whole numbers are the middles of pixels; colours weigh by their alpha.
func (s *sampler[T]) bilinear(out []T, x, y float64) {
	if !(math.Abs(x) < farthest && math.Abs(y) < farthest) {
		copy(out, s.at(-farthest, -farthest))
		return
	}
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx), int(fy)
	dx, dy := x-fx, y-fy
	a, b, c, d := s.at(ix, iy), s.at(ix+1, iy), s.at(ix, iy+1), s.at(ix+1, iy+1)
	wa, wb, wc, wd := (1-dx)*(1-dy), dx*(1-dy), (1-dx)*dy, dx*dy
	colours := s.bands
	if s.alpha {
		colours--
		full := float64(^T(0))
		alpha := wa*float64(a[colours]) + wb*float64(b[colours]) + wc*float64(c[colours]) + wd*float64(d[colours])
		out[colours] = quantum[T](alpha)
		if alpha < full*epsilon {
			clear(out[:colours])
			return
		}
		wa, wb, wc, wd = wa*float64(a[colours])/alpha, wb*float64(b[colours])/alpha, wc*float64(c[colours])/alpha, wd*float64(d[colours])/alpha
	}
	for i := range colours {
		out[i] = T(wa*float64(a[i]) + wb*float64(b[i]) + wc*float64(c[i]) + wd*float64(d[i]) + 0.5)
	}
}

// A rowMap says where the pixels of row y of the result come from: it fills xs and ys with places in the source, whole
// numbers being the middles of pixels.
type rowMap func(y int, xs, ys []float64)

// warped makes a picture of width x height by an inverse map, with bilinear interpolation.
func (p *Picture) warped(width, height int, around surround, from rowMap) (*Picture, error) {
	return p.rework(width, height, warping[uint8](p, around, from), warping[uint16](p, around, from))
}

func warping[T number](p *Picture, around surround, from rowMap) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	return func(src, dst grid[T]) error {
		s := newSampler(src, around)
		xs, ys := make([]float64, dst.width), make([]float64, dst.width)
		for y := range dst.height {
			if y%16 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			from(y, xs, ys)
			row := dst.row(y)
			for x := range xs {
				s.bilinear(row[x*dst.bands:(x+1)*dst.bands], xs[x], ys[x])
			}
		}
		return nil
	}
}

// whirl gives the map of effects that move the pixels of the ellipse in the picture about its middle: turn gives, for the
// distance from the middle, 0 to 1, the factors of the offset and of the offset turned by a quarter.
func whirl(width, height int, turn func(distance float64) (along, across float64)) rowMap {
	cx, cy := float64(width)/2, float64(height)/2
	radius := max(cx, cy)
	scaleX, scaleY := radius/cx, radius/cy
	const steps = 1 << 14
	var along, across [steps + 2]float64
	for i := range along {
		along[i], across[i] = turn(float64(i) / steps)
	}
	return func(y int, xs, ys []float64) {
		dy := scaleY * (float64(y) - cy)
		for x := range xs {
			dx := scaleX * (float64(x) - cx)
			distance := dx*dx + dy*dy
			if distance >= radius*radius {
				xs[x], ys[x] = float64(x), float64(y)
				continue
			}
			at := math.Sqrt(distance) / radius * steps
			i := int(at)
			f := at - float64(i)
			a, c := along[i]+f*(along[i+1]-along[i]), across[i]+f*(across[i+1]-across[i])
			xs[x], ys[x] = (a*dx-c*dy)/scaleX+cx, (c*dx+a*dy)/scaleY+cy
		}
	}
}

func swirl(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	angle := numbers(s).At(0, 0) * math.Pi / 180
	return m.whirled(p, func(distance float64) (float64, float64) {
		factor := (1 - distance) * (1 - distance)
		sin, cos := math.Sincos(angle * factor)
		return cos, sin
	})
}

func implode(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	amount := numbers(s).At(0, 0)
	return m.whirled(p, func(distance float64) (float64, float64) {
		if distance == 0 {
			distance = 1e-9
		}
		return math.Pow(math.Sin(math.Pi*distance/2), -amount), 0
	})
}

func (m *machine) whirled(p *Picture, turn func(float64) (float64, float64)) (*Picture, error) {
	p, around, err := m.surroundings(p)
	if err != nil {
		return nil, err
	}
	return p.warped(p.Width(), p.Height(), around, whirl(p.Width(), p.Height(), turn))
}

// wave shifts every column up and down along a sine. The argument is its amplitude and its length in pixels.
func wave(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	n := numbers(s)
	return m.waved(p, n.At(0, 0), n.At(1, 1), m.ground(p))
}

func (m *machine) waved(p *Picture, amplitude, length float64, background magick.Color) (*Picture, error) {
	size := float64(p.Height()) + 2*math.Abs(amplitude)
	if size > farthest {
		size = farthest
	}
	height := int(size)
	if err := m.admit(p.Width(), height); err != nil {
		return nil, err
	}
	p, around, err := p.surrounded("Background", background)
	if err != nil {
		return nil, err
	}
	shift := make([]float64, p.Width())
	for x := range shift {
		shift[x] = math.Abs(amplitude) + amplitude*math.Sin(2*math.Pi*float64(x)/length)
	}
	return p.warped(p.Width(), height, around, func(y int, xs, ys []float64) {
		for x := range xs {
			xs[x], ys[x] = float64(x), float64(y)-shift[x]
		}
	})
}
