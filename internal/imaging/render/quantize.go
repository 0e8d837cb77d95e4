package render

import (
	"math"
	"slices"

	"bluerose/internal/imaging/magick"
)

// quantizeOperators reduce the number of colours.
var quantizeOperators = map[string]operator{
	"colors": func(m *machine, p *Picture, s magick.Step) (*Picture, error) {
		if s.Plus {
			return p, nil
		}
		n := int(argument(s, 0, 256))
		if n < 1 {
			return nil, refuse(s, "give a number of colours from 1 on")
		}
		return m.reduced(p, n)
	},
	"cycle":          cycle,
	"monochrome":     monochrome,
	"ordered-dither": orderedDither,
	"remap":          remap,
	"unique-colors":  uniqueColors,
}

// octree is the tree of colours of ImageMagick's quantisation (MagickCore, quantize.c, after Paul Raveling): a node is a cube
// of colours; its children are the halves of its sides. Colours are red, green, blue and opacity, 0 to 65535, multiplied by
// alpha where there is one.
type octree struct {
	root    *octNode
	alpha   bool
	depth   int
	nodes   int
	colours int
	most    int
	limit   float64 // the error up to which nodes are pruned
	next    float64 // the least error above it
	palette [][4]float64
}

type octNode struct {
	parent *octNode
	child  [16]*octNode
	id     int
	level  int
	count  float64
	sum    [4]float64
	err    float64
	number int
}

const (
	octreeDepth = 8
	octreeNodes = 266817
)

// newOctree makes a tree for at most so many colours.
func newOctree(most, depth int, alpha bool) *octree {
	t := &octree{root: &octNode{}, alpha: alpha, depth: min(max(depth, 2), octreeDepth), most: most, nodes: 1}
	t.root.parent = t.root
	return t
}

// treeDepth gives the depth that ImageMagick chooses for a number of colours.
func treeDepth(colours int, dithered, alpha bool) int {
	depth := 1
	for ; colours != 0; depth++ {
		colours >>= 2
	}
	if dithered && depth > 2 {
		depth--
	}
	if alpha && depth > 5 {
		depth--
	}
	return depth
}

func (t *octree) children() int {
	if t.alpha {
		return 16
	}
	return 8
}

// octets gives a colour's components in 8 bits, which say where it is in the tree.
func (t *octree) octets(c *[4]float64) (out [4]byte) {
	for i := range out {
		out[i] = narrow(steps(c[i] * perStep))
	}
	return out
}

// slot gives the child that a colour falls into at a bit of its 8-bit values.
func (t *octree) slot(c [4]byte, bit int) int {
	id := int(c[0]>>bit&1) | int(c[1]>>bit&1)<<1 | int(c[2]>>bit&1)<<2
	if t.alpha {
		id |= int(c[3]>>bit&1) << 3
	}
	return id
}

// pixelColour gives a pixel as the tree counts it.
func (t *octree) pixelColour(px []uint16) [4]float64 {
	c := [4]float64{float64(px[0]), float64(px[1]), float64(px[2]), 0}
	if !t.alpha {
		return c
	}
	a := float64(px[3])
	c[3] = fullRange - a
	for i := range 3 {
		c[i] *= a / fullRange
	}
	return c
}

// classify counts all pixels: to the full depth until there are too many colours, then to the tree's own.
func (t *octree) classify(r *raster, stop func() error) error {
	full := true
	for y := range r.Height {
		if err := stop(); err != nil {
			return err
		}
		if t.nodes > octreeNodes {
			t.pruneLevel(t.root)
			t.depth--
		}
		row := r.Pix[y*r.Width*r.Bands : (y+1)*r.Width*r.Bands]
		for x := 0; x < r.Width; {
			px := row[x*r.Bands : (x+1)*r.Bands]
			run := 1
			for x+run < r.Width && slices.Equal(px, row[(x+run)*r.Bands:(x+run+1)*r.Bands]) {
				run++
			}
			depth := t.depth
			if full {
				depth = octreeDepth
			}
			t.add(t.pixelColour(px), float64(run), depth)
			x += run
		}
		if full && t.colours > t.most {
			t.pruneToDepth(t.root)
			full = false
		}
	}
	return nil
}

func (t *octree) add(c [4]float64, count float64, depth int) {
	mid := [4]float64{fullRange / 2.0, fullRange / 2.0, fullRange / 2.0, fullRange / 2.0}
	half := 65536 / 2.0
	node := t.root
	dimensions := 3
	if t.alpha {
		dimensions = 4
	}
	place := t.octets(&c)
	for level := 1; level <= depth; level++ {
		half /= 2
		id := t.slot(place, octreeDepth-level)
		sum := 0.0
		for i := range dimensions {
			if id>>i&1 == 1 {
				mid[i] += half
			} else {
				mid[i] -= half
			}
			d := (c[i] - mid[i]) * perStep
			sum += d * d
		}
		if node.child[id] == nil {
			node.child[id] = &octNode{parent: node, id: id, level: level}
			t.nodes++
			if level == depth {
				t.colours++
			}
		}
		node = node.child[id]
		node.err += count * math.Sqrt(sum)
		t.root.err += node.err
	}
	node.count += count
	for i := range dimensions {
		node.sum[i] += count * perStep * c[i] // in ImageMagick's order, for the same last bit
	}
}

// prune merges a node and all below it into its parent.
func (t *octree) prune(n *octNode) {
	for _, child := range n.child[:t.children()] {
		if child != nil {
			t.prune(child)
		}
	}
	n.parent.count += n.count
	for i := range n.sum {
		n.parent.sum[i] += n.sum[i]
	}
	n.parent.child[n.id] = nil
	t.nodes--
}

func (t *octree) pruneLevel(n *octNode) {
	for _, child := range n.child[:t.children()] {
		if child != nil {
			t.pruneLevel(child)
		}
	}
	if n.level == t.depth {
		t.prune(n)
	}
}

func (t *octree) pruneToDepth(n *octNode) {
	for _, child := range n.child[:t.children()] {
		if child != nil {
			t.pruneToDepth(child)
		}
	}
	if n.level > t.depth {
		t.prune(n)
	}
}

// reduce prunes the nodes of the least errors until few enough colours are left.
func (t *octree) reduce() {
	t.next = 0
	if t.colours > t.most {
		var errs []float64
		t.walk(t.root, func(n *octNode) { errs = append(errs, n.err) })
		slices.Sort(errs)
		if share := 110 * (t.most + 1) / 100; len(errs) > share {
			t.next = errs[len(errs)-share]
		}
	}
	for t.colours > t.most {
		t.limit = t.next
		t.next = t.root.err - 1
		t.colours = 0
		t.sweep(t.root)
	}
}

func (t *octree) walk(n *octNode, f func(*octNode)) {
	f(n)
	for _, child := range n.child[:t.children()] {
		if child != nil {
			t.walk(child, f)
		}
	}
}

func (t *octree) sweep(n *octNode) {
	for _, child := range n.child[:t.children()] {
		if child != nil {
			t.sweep(child)
		}
	}
	if n.err <= t.limit && n != t.root {
		t.prune(n)
		return
	}
	if n.count > 0 {
		t.colours++
	}
	if n.err < t.next {
		t.next = n.err
	}
}

// define numbers the colours that are left: the mean of every node that holds pixels, children first.
func (t *octree) define(n *octNode) {
	for _, child := range n.child[:t.children()] {
		if child != nil {
			t.define(child)
		}
	}
	if n.count == 0 {
		return
	}
	var c [4]float64
	for i := range c {
		c[i] = 1 / n.count * fullRange * n.sum[i] // in ImageMagick's order, for the same last bit
	}
	c[3] = math.Floor(c[3] + 0.5)
	share := 1.0
	if t.alpha && c[3] != 0 {
		share = max((fullRange-c[3])/fullRange, tiny)
	}
	for i := range 3 {
		c[i] = float64(quantum[uint16](c[i] / share))
	}
	n.number = len(t.palette)
	t.palette = append(t.palette, c)
}

// closest gives the number of the colour nearest to c among those near it in the tree.
func (t *octree) closest(c *[4]float64) int {
	n, place := t.root, t.octets(c)
	for bit := octreeDepth - 1; bit > 0; bit-- {
		child := n.child[t.slot(place, bit)]
		if child == nil {
			break
		}
		n = child
	}
	best, number := 4*65536.0*65536+1, 0
	t.nearestBelow(n.parent, c, &best, &number)
	return number
}

func (t *octree) nearestBelow(n *octNode, c *[4]float64, best *float64, number *int) {
	for _, child := range n.child[:t.children()] {
		if child != nil {
			t.nearestBelow(child, c, best, number)
		}
	}
	if n.count == 0 {
		return
	}
	colour := &t.palette[n.number]
	alpha, beta := 1.0, 1.0
	if t.alpha {
		alpha, beta = (fullRange-colour[3])/fullRange, (fullRange-c[3])/fullRange
	}
	sum := 0.0
	for i := range 3 {
		d := alpha*colour[i] - beta*c[i]
		sum += d * d
		if sum > *best {
			return
		}
	}
	if t.alpha {
		d := colour[3] - c[3]
		sum += d * d
	}
	if sum <= *best {
		*best, *number = sum, n.number
	}
}

// weighed gives a palette's colour as the tree counts colours.
func (t *octree) weighed(number int) [4]float64 {
	c := t.palette[number]
	if t.alpha {
		for i := range 3 {
			c[i] *= (fullRange - c[3]) / fullRange
		}
	}
	return c
}
