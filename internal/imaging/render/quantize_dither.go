package render

import (
	"math"
)

// ditherer assigns pixels to the colours of a tree, and spreads the errors that this makes.
type ditherer struct {
	tree  *octree
	pix   *raster
	cache []int32        // colours found before, by the high bits of what was looked for, as ImageMagick keeps them
	queue [16][4]float64 // the last errors, in a ring
	head  int            // the oldest of them
	sum   [4]float64     // their sum, with weights that decay along the curve
	x, y  int
	stop  func() error
	err   error
}

func newDitherer(t *octree, r *raster, stop func() error) *ditherer {
	size := 1 << 18
	if t.alpha {
		size = 1 << 24
	}
	d := &ditherer{tree: t, pix: r, cache: make([]int32, size), stop: stop}
	return d
}

// place gives the colour for c, through the cache.
func (d *ditherer) place(c *[4]float64) int {
	at := 0
	bands := 3
	if d.tree.alpha {
		bands = 4
	}
	for i := range bands {
		at |= int(narrow(uint16(c[i]))>>2) << (6 * i)
	}
	if d.cache[at] == 0 {
		d.cache[at] = int32(d.tree.closest(c)) + 1
	}
	return int(d.cache[at]) - 1
}

func clampColour(c *[4]float64) {
	for i := range c {
		c[i] = float64(steps(c[i] * perStep))
	}
}

// paint writes a colour of the palette to a pixel.
func (d *ditherer) paint(px []uint16, number int) {
	c := &d.tree.palette[number]
	for i := range 3 {
		px[i] = uint16(c[i])
	}
	if d.tree.alpha {
		px[3] = quantum[uint16](fullRange - c[3])
	}
}

// plain assigns every pixel its nearest colour.
func (d *ditherer) plain() error {
	r := d.pix
	last := make([]uint16, r.Bands)
	number := -1
	for i := 0; i < len(r.Pix); i += r.Bands {
		if i%(1<<14) == 0 {
			if err := d.stop(); err != nil {
				return err
			}
		}
		px := r.Pix[i : i+r.Bands]
		if number < 0 || !same4(px, last) {
			copy(last, px)
			c := d.tree.pixelColour(px)
			number = d.tree.closest(&c)
		}
		d.paint(px, number)
	}
	return nil
}

func same4(a, b []uint16) bool {
	for i, v := range a {
		if b[i] != v {
			return false
		}
	}
	return true
}

// floydSteinberg spreads errors to the neighbours, row by row to and fro (Floyd and Steinberg, 1976).
func (d *ditherer) floydSteinberg() error {
	r := d.pix
	current, previous := make([][4]float64, r.Width), make([][4]float64, r.Width)
	for y := range r.Height {
		if err := d.stop(); err != nil {
			return err
		}
		step, u := 1, 0
		if y&1 == 1 {
			step, u = -1, r.Width-1
		}
		for x := range r.Width {
			px := r.Pix[(y*r.Width+u)*r.Bands:][:r.Bands]
			c := d.tree.pixelColour(px)
			for i := range c {
				if x > 0 {
					c[i] += 7 * current[u-step][i] / 16
				}
				if y > 0 {
					c[i] += 5 * previous[u][i] / 16
					if x < r.Width-1 {
						c[i] += previous[u+step][i] / 16
					}
					if x > 0 {
						c[i] += 3 * previous[u-step][i] / 16
					}
				}
			}
			clampColour(&c)
			number := d.place(&c)
			d.paint(px, number)
			got := d.tree.weighed(number)
			for i := range c {
				current[u][i] = c[i] - got[i]
			}
			u += step
		}
		current, previous = previous, current
	}
	return nil
}

// The weights of the last 16 errors: each counts decay times the one behind it, the newest 65536 times the oldest, and all
// together count 1 (MagickCore, GetCubeInfo).
var (
	decay       = math.Pow(65536, -1.0/15)
	newestShare = (1 - decay) / (1 - math.Pow(decay, 16))
	oldestShare = newestShare / 65536
)

// direction4 is where the Hilbert curve goes next.
type direction4 int

const (
	west direction4 = iota
	east
	north
	south
	nowhere
)

// hilbert tells, for the direction that a part of the curve is open to, its four parts and the three steps between them.
var hilbert = [4]struct {
	parts [4]direction4
	steps [3]direction4
}{
	west:  {[4]direction4{north, west, west, south}, [3]direction4{east, south, west}},
	east:  {[4]direction4{south, east, east, north}, [3]direction4{west, north, east}},
	north: {[4]direction4{west, north, north, east}, [3]direction4{south, east, north}},
	south: {[4]direction4{east, south, south, west}, [3]direction4{north, west, south}},
}

// riemersma spreads errors along a Hilbert curve (Thiadmer Riemersma, "A Balanced Dithering Technique", 1998).
func (d *ditherer) riemersma() error {
	side := max(d.pix.Width, d.pix.Height)
	depth := 1
	for i := side; i != 0; depth++ {
		i >>= 1
	}
	if 1<<depth < side {
		depth++
	}
	d.curve(depth-1, north)
	d.step(nowhere)
	return d.err
}

func (d *ditherer) curve(level int, open direction4) {
	if d.err != nil {
		return
	}
	row := &hilbert[open]
	for i := range 4 {
		if level > 1 {
			d.curve(level-1, row.parts[i])
		}
		if i < 3 {
			d.step(row.steps[i])
		}
	}
}

// step assigns the pixel that the curve is at and goes on.
func (d *ditherer) step(to direction4) {
	r := d.pix
	if d.x >= 0 && d.x < r.Width && d.y >= 0 && d.y < r.Height {
		if d.x&63 == 0 && d.err == nil {
			d.err = d.stop()
		}
		px := r.Pix[(d.y*r.Width+d.x)*r.Bands:][:r.Bands]
		c := d.tree.pixelColour(px)
		for j := range c {
			c[j] += d.sum[j]
		}
		clampColour(&c)
		number := d.place(&c)
		d.paint(px, number)
		got := d.tree.weighed(number)
		for j := range c {
			e := c[j] - got[j]
			d.sum[j] = (d.sum[j]-oldestShare*d.queue[d.head][j])*decay + newestShare*e
			d.queue[d.head][j] = e
		}
		d.head = (d.head + 1) & 15
	}
	switch to {
	case west:
		d.x--
	case east:
		d.x++
	case north:
		d.y--
	case south:
		d.y++
	}
}
