package render

import "math"

// humps are the intervals of 8-bit values, from left to right, in which a histogram has its humps.
type humps [][2]int

// humpMargin is how far beyond a hump a value still counts for it.
const humpMargin = 3

// size gives how many there are; a channel that is not there counts as one.
func (h humps) size() int { return max(len(h), 1) }

// first gives the first hump, from number from on, that a value falls in; -1 for none.
func (h humps) first(v byte, from int) int {
	for i := from; i < len(h); i++ {
		if int(v) >= h[i][0]-humpMargin && int(v) <= h[i][1]+humpMargin {
			return i
		}
	}
	return -1
}

// fingerprint is a histogram as a Gaussian of width tau smooths it, with the places where its curvature changes its sign:
// 1 from a hump to a hollow, -1 from a hollow to a hump (A. Witkin, "Scale-space filtering", 1983).
type fingerprint struct {
	tau       float64
	values    [256]float64
	crossings [256]int
}

// scaleInterval is a node of the tree of intervals between crossings, from the smoothest histogram to the roughest.
type scaleInterval struct {
	tau         float64
	left, right int
	children    []*scaleInterval
}

const (
	tauMost  = 5.2
	tauLeast = 0.2
	tauStep  = 0.5
)

// newHumps finds the humps of a histogram that are stable: those that last for longer, while it is smoothed, than what
// they consist of. Curvatures below smooth do not count.
func newHumps(counts [256]float64, smooth float64) humps {
	var prints []*fingerprint
	for tau := tauMost; tau >= tauLeast; tau -= tauStep {
		prints = append(prints, newFingerprint(tau, smoothedBy(counts, tau), smooth))
	}
	prints = append(prints, newFingerprint(0, counts, smooth))
	for i := len(prints) - 2; i >= 0; i-- {
		prints[i].follow(prints[i+1])
	}
	for _, f := range prints {
		f.close()
	}
	root := &scaleInterval{right: 255}
	leaves := []*scaleInterval{root}
	for _, f := range prints {
		var next []*scaleInterval
		for _, leaf := range leaves {
			if leaf.split(f); len(leaf.children) == 0 {
				next = append(next, leaf)
			}
			next = append(next, leaf.children...)
		}
		leaves = next
	}
	var extrema [256]int
	for _, node := range stableOf(root.children) {
		node.mark(&extrema, prints)
	}
	return regions(&extrema)
}

func smoothedBy(counts [256]float64, tau float64) (out [256]float64) {
	var bell [256]float64
	for x := range bell {
		if bell[x] = math.Exp(-float64(x*x) / (2 * tau * tau)); bell[x] < epsilon {
			break
		}
	}
	for x := range out {
		sum := 0.0
		for u, v := range counts {
			sum += v * bell[abs(x-u)]
		}
		out[x] = sum / (tau * math.Sqrt(2*math.Pi))
	}
	return out
}

func newFingerprint(tau float64, values [256]float64, smooth float64) *fingerprint {
	f := &fingerprint{tau: tau, values: values}
	sign := 0
	for i, v := range derived(derived(values)) {
		switch {
		case v >= -smooth && v < smooth:
		case v < 0:
			if sign > 0 {
				f.crossings[i] = -1
			}
			sign = 1
		case v > 0:
			if sign < 0 {
				f.crossings[i] = 1
			}
			sign = -1
		}
	}
	return f
}

// derived gives the slope of a histogram, by parabolas at its ends.
func derived(h [256]float64) (out [256]float64) {
	out[0] = -1.5*h[0] + 2*h[1] - 0.5*h[2]
	out[255] = 0.5*h[253] - 2*h[254] + 1.5*h[255]
	for i := 1; i < 255; i++ {
		out[i] = (h[i+1] - h[i-1]) / 2
	}
	return out
}

// follow moves every crossing to the one of the rougher histogram that it grew from, so that crossings make lines over the
// scales and not loops: the nearest that leaves an even number of them between it and the one before.
func (f *fingerprint) follow(rougher *fingerprint) {
	for j, sign := range f.crossings {
		if sign == 0 {
			continue
		}
		before := func(of *fingerprint) int {
			k := j - 1
			for ; k > 0 && of.crossings[k] == 0; k-- {
			}
			return max(k, 0)
		}
		left, last := before(rougher), before(f)
		right := j + 1
		for ; right < 255 && rougher.crossings[right] == 0; right++ {
		}
		even := func(to int) bool {
			count := 0
			for l := last + 1; l < to; l++ {
				count += rougher.crossings[l] & 1
			}
			return count%2 == 0 && to != last
		}
		f.crossings[j] = 0
		switch right = min(right, 255); {
		case rougher.crossings[j] != 0 && even(j):
			f.crossings[j] = sign
		case even(left):
			f.crossings[left] = sign
		case even(right):
			f.crossings[right] = sign
		}
	}
}

// close makes crossings of the ends.
func (f *fingerprint) close() {
	j := 0
	for ; j < 255 && f.crossings[j] == 0; j++ {
	}
	f.crossings[0] = -f.crossings[j]
	for j = 255; j > 0 && f.crossings[j] == 0; j-- {
	}
	f.crossings[255] = -f.crossings[j]
}

// split divides the interval at the crossings inside it.
func (n *scaleInterval) split(f *fingerprint) {
	left := n.left
	for k := n.left + 1; k < n.right; k++ {
		if f.crossings[k] != 0 {
			n.children = append(n.children, &scaleInterval{tau: f.tau, left: left, right: k})
			left = k
		}
	}
	if left != n.left {
		n.children = append(n.children, &scaleInterval{tau: f.tau, left: left, right: n.right})
	}
}

// stability is for how long, in widths of the Gaussian, an interval stays undivided.
func (n *scaleInterval) stability() float64 {
	if len(n.children) == 0 {
		return 0
	}
	return n.tau - n.children[0].tau
}

// stableOf gives the intervals that are at least as stable as their children are in the mean, from above.
func stableOf(list []*scaleInterval) []*scaleInterval {
	var out []*scaleInterval
	for _, n := range list {
		mean := 0.0
		for _, child := range n.children {
			mean += child.stability() / float64(len(n.children))
		}
		if n.stability() >= mean {
			out = append(out, n)
		} else {
			out = append(out, stableOf(n.children)...)
		}
	}
	return out
}

// mark notes for every value of the interval where its peak is, or, below zero, its lowest point.
func (n *scaleInterval) mark(extrema *[256]int, prints []*fingerprint) {
	var f *fingerprint
	for _, candidate := range prints {
		if candidate.tau == n.tau {
			f = candidate
		}
	}
	sign := -1
	if f.crossings[n.right] == -1 {
		sign = 1
	}
	index := n.left
	for x := n.left; x <= n.right; x++ {
		if float64(sign)*f.values[x] > float64(sign)*f.values[index] {
			index = x
		}
	}
	if index == 0 {
		index = 256
	}
	for x := n.left; x <= n.right; x++ {
		extrema[x] = sign * index
	}
}

// regions gives the runs from a peak to before the next lowest point.
func regions(extrema *[256]int) humps {
	var out humps
	for i := 0; ; {
		for i <= 255 && extrema[i] <= 0 {
			i++
		}
		if i > 255 {
			return out
		}
		left := i
		for i <= 255 && extrema[i] >= 0 {
			i++
		}
		out = append(out, [2]int{left, i - 1})
	}
}
