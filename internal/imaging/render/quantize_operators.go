package render

import (
	"slices"

	"bluerose/internal/imaging/magick"
)

// dithering gives the method of -dither: Riemersma unless another was said, None with +dither.
func (m *machine) dithering() string {
	if !m.settings.on("dither", true) {
		return "None"
	}
	return m.settings.enum("dither", "Riemersma")
}

// assign gives every pixel of r a colour of the tree.
func (m *machine) assign(t *octree, r *raster) error {
	if len(t.palette) == 0 {
		t.define(t.root)
	}
	d := newDitherer(t, r, m.scope.Context().Err)
	switch m.dithering() {
	case "None":
		return d.plain()
	case "FloydSteinberg":
		return d.floydSteinberg()
	}
	return d.riemersma()
}

// reduced gives the picture with at most n colours, chosen and dithered as ImageMagick does.
func (m *machine) reduced(p *Picture, n int) (*Picture, error) { return m.reducedAt(p, n, 0) }

// reducedAt is reduced with a tree of the given depth, 0 for ImageMagick's choice.
func (m *machine) reducedAt(p *Picture, n, depth int) (*Picture, error) {
	t, r, q, err := m.grown(p, n, depth)
	if err != nil {
		return nil, err
	}
	t.reduce()
	if err := m.assign(t, r); err != nil {
		return nil, err
	}
	out, err := q.withRaster(r)
	if err != nil {
		return nil, err
	}
	if out, err = m.likeBefore(out, p); err != nil {
		return nil, err
	}
	out.Palette = n <= 256 && !out.Alpha()
	return out, nil
}

// grown counts a picture's colours in a tree, in the colourspace of -quantize.
func (m *machine) grown(p *Picture, n, depth int) (*octree, *raster, *Picture, error) {
	q, err := p.quantizable(Space(m.settings.enum("quantize", string(SRGB))))
	if err != nil {
		return nil, nil, nil, err
	}
	r, err := q.raster()
	if err != nil {
		return nil, nil, nil, err
	}
	n = min(n, 65536)
	given, ok, _ := m.settings.number("treedepth", 0)
	switch {
	case depth > 0:
	case ok && given >= 1:
		depth = int(given)
	case p.Space == Gray:
		depth = octreeDepth
	default:
		depth = treeDepth(n, m.dithering() != "None", p.Alpha())
	}
	t := newOctree(n, depth, p.Alpha())
	return t, r, q, t.classify(r, m.scope.Context().Err)
}

// quantizable gives the picture with three bands of colour.
func (p *Picture) quantizable(space Space) (*Picture, error) {
	if space == Gray {
		q, err := p.toGray("")
		if err != nil {
			return nil, err
		}
		return q.toRGB()
	}
	if p.Space != Gray && space == CMYK || p.Space == Gray {
		space = SRGB
	}
	return p.toSpace(space)
}

// likeBefore brings a quantised picture back to sRGB, or to gray when it was that.
func (m *machine) likeBefore(out, before *Picture) (*Picture, error) {
	out, err := out.toSpace(SRGB)
	if err == nil && before.Space == Gray {
		out, err = out.toGray("")
	}
	return out, err
}

// monochrome is -type Bilevel: gray, normalised, and two colours that become black and white (MagickCore, SetImageType).
func monochrome(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	// In 16 bits, because the least difference leads error diffusion another way.
	wide, err := p.widen()
	if err != nil {
		return nil, err
	}
	g, err := wide.toGray("")
	if err == nil {
		g, err = g.withoutAlpha()
	}
	if err != nil {
		return nil, err
	}
	pixels := float64(g.Width()) * float64(g.Height())
	if g, err = m.stretched(g, 0.0015*pixels, 0.9995*pixels); err != nil {
		return nil, err
	}
	t, r, q, err := m.grown(g, 2, 0)
	if err != nil {
		return nil, err
	}
	t.reduce()
	if err := m.assign(t, r); err != nil {
		return nil, err
	}
	low := -1.0 // all white, when one colour is left
	if len(t.palette) > 1 {
		low = min(t.palette[0][0], t.palette[1][0])
	}
	for i, v := range r.Pix {
		r.Pix[i] = 0
		if float64(v) > low {
			r.Pix[i] = fullRange
		}
	}
	if q, err = q.withRaster(r); err != nil {
		return nil, err
	}
	return m.likeBefore(q, g)
}

// palette reads the picture of -remap and -map into a tree.
func (m *machine) palette(s magick.Step, alpha bool) (*octree, error) {
	src, ok := s.Value.(magick.Source)
	if !ok {
		return nil, refuse(s, "name the picture whose colours are to be used")
	}
	pictures, err := m.read(src)
	if err != nil {
		return nil, err
	}
	if len(pictures) == 0 {
		return nil, refuse(s, "the picture of the colours is empty")
	}
	q, err := pictures[0].quantizable(SRGB)
	if err == nil && q.Space == Gray {
		q, err = q.toRGB()
	}
	if err == nil && q.Alpha() && !alpha {
		q, err = q.withoutAlpha()
	}
	if err == nil && alpha {
		q, err = q.withAlpha()
	}
	if err != nil {
		return nil, err
	}
	r, err := q.raster()
	if err != nil {
		return nil, err
	}
	t := newOctree(65536, octreeDepth, alpha)
	return t, t.classify(r, m.scope.Context().Err)
}

// remap gives every pixel the nearest colour of another picture.
func remap(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	t, err := m.palette(s, p.Alpha())
	if err != nil {
		return nil, err
	}
	q, err := p.toSpace(SRGB)
	if err != nil {
		return nil, err
	}
	r, err := q.raster()
	if err != nil {
		return nil, err
	}
	if err := m.assign(t, r); err != nil {
		return nil, err
	}
	out, err := q.withRaster(r)
	if err == nil {
		out.Palette = len(t.palette) <= 256 && !out.Alpha()
	}
	return out, err
}

// remapList is -map: remap for all pictures; +map gives them all one palette of 256 colours.
func remapList(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	if !s.Plus {
		for i, p := range list {
			var err error
			if list[i], err = remap(m, p, s); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	alpha := slices.ContainsFunc(list, (*Picture).Alpha)
	t := newOctree(256, treeDepth(256, m.dithering() != "None", false), alpha)
	rasters, pictures := make([]*raster, len(list)), make([]*Picture, len(list))
	for i, p := range list {
		q, err := p.toSpace(SRGB)
		if err == nil && alpha {
			q, err = q.withAlpha()
		}
		if err != nil {
			return nil, err
		}
		if rasters[i], err = q.raster(); err != nil {
			return nil, err
		}
		if err := t.classify(rasters[i], m.scope.Context().Err); err != nil {
			return nil, err
		}
		pictures[i] = q
	}
	t.reduce()
	for i, q := range pictures {
		err := m.assign(t, rasters[i])
		if err == nil {
			list[i], err = q.withRaster(rasters[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// uniqueColors gives a row of the picture's colours, each once, in the order of ImageMagick's tree.
func uniqueColors(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	q, err := p.toSpace(SRGB)
	if err != nil {
		return nil, err
	}
	r, err := q.raster()
	if err != nil {
		return nil, err
	}
	t := octree{alpha: q.Alpha()}
	seen := map[[4]uint16]bool{}
	var colours [][4]uint16
	for i := 0; i < len(r.Pix); i += r.Bands {
		c := [4]uint16{3: fullRange}
		copy(c[:], r.Pix[i:i+r.Bands])
		if !seen[c] {
			seen[c] = true
			colours = append(colours, c)
		}
	}
	if err := m.admit(len(colours), 1); err != nil {
		return nil, err
	}
	key := func(c [4]uint16) (sum uint64) {
		v := [4]float64{float64(c[0]), float64(c[1]), float64(c[2]), float64(fullRange - c[3])}
		place := t.octets(&v)
		for bit := octreeDepth - 1; bit >= 0; bit-- {
			sum = sum<<4 | uint64(t.slot(place, bit))
		}
		return sum
	}
	slices.SortStableFunc(colours, func(a, b [4]uint16) int {
		switch ka, kb := key(a), key(b); {
		case ka < kb:
			return -1
		case ka > kb:
			return 1
		}
		return 0
	})
	out := &raster{Width: len(colours), Height: 1, Bands: r.Bands}
	for _, c := range colours {
		out.Pix = append(out.Pix, c[:r.Bands]...)
	}
	q, err = q.withRaster(out)
	if err == nil {
		q.Page = Page{}
	}
	return q, err
}

// cycle moves every colour of a picture of at most 256 colours to the next ones of the palette.
func cycle(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	t, r, q, err := m.grown(p, 256, 0)
	if err != nil {
		return nil, err
	}
	t.reduce()
	if err := m.assign(t, r); err != nil {
		return nil, err
	}
	n, by := len(t.palette), int(argument(s, 0, 0))
	next := make(map[[4]uint16][4]uint16, n)
	at := func(i int) [4]uint16 {
		c := t.palette[((i%n)+n)%n]
		return [4]uint16{uint16(c[0]), uint16(c[1]), uint16(c[2]), quantum[uint16](fullRange - c[3])}
	}
	for i := range n {
		next[at(i)] = at(i + by)
	}
	for i := 0; i < len(r.Pix); i += r.Bands {
		c := [4]uint16{3: fullRange}
		copy(c[:], r.Pix[i:i+r.Bands])
		to := next[c]
		copy(r.Pix[i:i+r.Bands], to[:])
	}
	if q, err = q.withRaster(r); err != nil {
		return nil, err
	}
	return m.likeBefore(q, p)
}

// thresholdMap is a tile of thresholds from 1 on, below the divisor.
type thresholdMap struct {
	width, height, divisor int
	levels                 []int
}

// thresholdMapOf gives a map of -ordered-dither: Bayer's of 2, 4 and 8, small ones, and halftones.
func thresholdMapOf(name string) (thresholdMap, bool) {
	switch name {
	case "threshold", "1x1":
		return thresholdMap{1, 1, 2, []int{1}}, true
	case "checks", "2x1":
		return thresholdMap{2, 2, 3, []int{1, 2, 2, 1}}, true
	case "o2x2", "2x2":
		return bayer(2, [3]int{2, 3, 1}), true
	case "o3x3", "3x3":
		return thresholdMap{3, 3, 10, []int{3, 7, 4, 6, 1, 9, 2, 8, 5}}, true
	case "o4x4", "4x4":
		return bayer(4, [3]int{2, 3, 1}), true
	case "o8x8", "8x8":
		return bayer(8, [3]int{3, 2, 1}), true
	}
	return halftone(name)
}

// bayer makes the map of Bayer's ordered dither ("An optimum method for two-level rendition", 1973), by doubling.
// The order is that of the quarters behind the first: top right, bottom left, bottom right.
func bayer(side int, order [3]int) thresholdMap {
	grid := []int{0}
	for n := 1; n < side; n *= 2 {
		bigger := make([]int, 4*n*n)
		for y := range n {
			for x := range n {
				v := 4 * grid[y*n+x]
				bigger[y*2*n+x], bigger[y*2*n+x+n] = v, v+order[0]
				bigger[(y+n)*2*n+x], bigger[(y+n)*2*n+x+n] = v+order[1], v+order[2]
			}
		}
		grid = bigger
	}
	for i := range grid {
		grid[i]++
	}
	return thresholdMap{side, side, side*side + 1, grid}
}

// orderedDither makes channels of few levels by a repeated tile of thresholds (MagickCore, OrderedPosterizeImageChannel).
func orderedDither(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	arg, _ := s.Value.(magick.Ordered)
	tile, ok := thresholdMapOf(arg.Map)
	if !ok {
		return nil, refuse(s, "%q is not available; give one such as o8x8, h6x6a or checks", arg.Map)
	}
	bands := p.img.Bands()
	divisions := make([]int, bands) // of the range; 0 leaves a band alone
	for band := range divisions {
		if !p.named(band, m.settings.channels()) {
			continue
		}
		levels := 2.0
		if len(arg.Levels) > 0 {
			levels = arg.Levels[min(band, len(arg.Levels)-1)]
		}
		divisions[band] = max(int(levels)-1, 0)
	}
	tables := make([][]ditherStep, bands)
	for band, n := range divisions {
		if n > 0 {
			tables[band] = tile.table(n)
		}
	}
	return p.shade(func(y int, out, in []uint16) {
		row := tile.levels[(y%tile.height)*tile.width:][:tile.width]
		copy(out, in)
		for band, table := range tables {
			if table == nil {
				continue
			}
			x := 0
			for i := band; i < len(in); i += bands {
				step := &table[in[i]]
				out[i] = step.below
				if step.over >= row[x] {
					out[i] = step.above
				}
				if x++; x == tile.width {
					x = 0
				}
			}
		}
	})
}

// ditherStep is what a value becomes: one level, or the next one where over reaches the threshold.
type ditherStep struct {
	below, above uint16
	over         int
}

// table gives the step of every 16-bit value for n divisions of the range.
func (t thresholdMap) table(n int) []ditherStep {
	out := make([]ditherStep, fullRange+1)
	for v := range out {
		level := int(float64(v) / fullRange * float64(n*(t.divisor-1)+1))
		whole := level / (t.divisor - 1)
		of := func(level int) uint16 { return steps(float64(level) / float64(n)) }
		out[v] = ditherStep{below: of(whole), above: of(whole + 1), over: level % (t.divisor - 1)}
	}
	return out
}
