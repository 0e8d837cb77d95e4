package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// segment is -segment CLUSTERxSMOOTH: the picture in few flat colours, whose number the humps of its histograms decide
// (Y. Lim and S. Lee, "On the color image segmentation algorithm based on the thresholding and the fuzzy c-means
// techniques", 1990; ImageMagick 6.9, magick/segment.c). Of a hump that no pixel or too few fall in nothing is left.
func segment(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	n := numbers(s)
	r, err := p.raster()
	if err != nil {
		return nil, err
	}
	c := clusters{colours: min(p.colours(), 3), share: n.At(0, 1) / 100}
	for band := range c.colours {
		var counts [256]float64
		for i := band; i < len(r.Pix); i += r.Bands {
			counts[narrow(r.Pix[i])]++
		}
		c.axes[band] = newHumps(counts, n.At(1, 1))
	}
	c.count(r)
	if len(c.palette) == 0 {
		return p, nil
	}
	near := map[[3]byte]int{}
	for i := 0; i < len(r.Pix); i += r.Bands {
		if i%(1<<14) == 0 && m.scope.Context().Err() != nil {
			return nil, m.scope.Context().Err()
		}
		px := r.Pix[i : i+r.Bands]
		at := c.octets(px)
		number, ok := near[at]
		if !ok {
			number = c.classify(at)
			near[at] = number
		}
		for band := range c.colours {
			px[band] = uint16(c.palette[number][band]) * 257
		}
		if p.Alpha() { // the palette is opaque
			px[len(px)-1] = fullRange
		}
	}
	q, err := p.withRaster(r)
	if err == nil {
		q.Palette = len(c.palette) <= 256
	}
	return q, err
}

// clusters are boxes in the space of colours: a hump of every channel each.
type clusters struct {
	colours int
	share   float64
	axes    [3]humps
	palette [][3]byte
	number  map[[3]int]int // of the palette, by the humps
}

func (c *clusters) octets(px []uint16) (at [3]byte) {
	for band := range c.colours {
		at[band] = narrow(px[band])
	}
	return at
}

// count gives a colour of the palette, the mean, to every box that pixels fall in. A pixel counts for the first box only.
func (c *clusters) count(r *raster) {
	type tally struct {
		count float64
		sum   [3]float64
	}
	tallies := map[[3]int]*tally{}
	for i := 0; i < len(r.Pix); i += r.Bands {
		at, box, inside := c.octets(r.Pix[i:i+r.Bands]), [3]int{}, true
		for band := range c.colours {
			box[band] = c.axes[band].first(at[band], 0)
			inside = inside && box[band] >= 0
		}
		if !inside {
			continue
		}
		t := tallies[box]
		if t == nil {
			t = &tally{}
			tallies[box] = t
		}
		t.count++
		for band := range c.colours {
			t.sum[band] += float64(at[band])
		}
	}
	c.number = map[[3]int]int{}
	for red := range c.axes[0].size() {
		for green := range c.axes[1].size() {
			for blue := range c.axes[2].size() {
				box := [3]int{red, green, blue}
				// The share is of the clusters found so far, not of the pixels: so it stands in ImageMagick.
				t := tallies[box]
				if t == nil || t.count < float64(len(c.palette))*c.share {
					continue
				}
				var mean [3]byte
				for band := range c.colours {
					mean[band] = byte(t.sum[band]/t.count + 0.5)
				}
				c.number[box] = len(c.palette)
				c.palette = append(c.palette, mean)
			}
		}
	}
}

// classify gives the colour of the first box that holds a colour, or else the nearest one.
func (c *clusters) classify(at [3]byte) int {
	var box [3]int
	var search func(band int) int
	search = func(band int) int {
		if band == c.colours {
			if number, ok := c.number[box]; ok {
				return number
			}
			return -1
		}
		for hump := c.axes[band].first(at[band], 0); hump >= 0; hump = c.axes[band].first(at[band], hump+1) {
			box[band] = hump
			if number := search(band + 1); number >= 0 {
				return number
			}
		}
		return -1
	}
	if number := search(0); number >= 0 {
		return number
	}
	best, least := 0, math.MaxInt
	for number, colour := range c.palette {
		distance := 0
		for band := range colour {
			d := int(at[band]) - int(colour[band])
			distance += d * d
		}
		if distance < least {
			best, least = number, distance
		}
	}
	return best
}
