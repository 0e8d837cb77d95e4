package typeface

import (
	"cmp"
	"math"
	"slices"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// stem is a horizontal stroke of a letter, in font units: the bar of H, the two bows of o.
type stem struct{ low, high float64 }

// edge is where an outline runs flat: the upper or the lower side of a stem.
type edge struct {
	y, left, right float64
	rightwards     bool
}

// stemMax is how thick a horizontal stroke may be, in ems; what is thicker is no stroke.
const stemMax = 0.2

// stemsOf finds the horizontal strokes of a glyph.
func (f *Face) stemsOf(index sfnt.GlyphIndex, segments sfnt.Segments) []stem {
	if known, ok := f.stems[index]; ok {
		return known
	}
	edges := edgesOf(segments, f.em)
	var out []stem
	for _, low := range edges {
		// PostScript's outlines have the inside to their left, and TrueType's to their right.
		if low.rightwards != f.postscript {
			continue
		}
		best := math.Inf(1)
		for _, high := range edges {
			if high.rightwards != low.rightwards && high.y > low.y && high.left < low.right && high.right > low.left {
				best = min(best, high.y)
			}
		}
		if best-low.y < stemMax*f.em {
			out = append(out, stem{low.y, best})
		}
	}
	slices.SortFunc(out, func(a, b stem) int { return cmp.Compare(a.low, b.low) })
	out = slices.CompactFunc(out, func(a, b stem) bool { return b.low < a.high })
	f.stems[index] = out
	return out
}

// edgesOf gives the flat places of an outline: its level lines, and where its curves turn.
func edgesOf(segments sfnt.Segments, em float64) []edge {
	var out []edge
	var at, start fixed.Point26_6
	put := func(a, b fixed.Point26_6) {
		ax, ay, bx, by := float64(a.X)/64, -float64(a.Y)/64, float64(b.X)/64, -float64(b.Y)/64
		if math.Abs(ay-by) > 0.004*em || math.Abs(ax-bx) < 0.02*em {
			return
		}
		out = append(out, edge{y: by, left: min(ax, bx), right: max(ax, bx), rightwards: bx > ax})
	}
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			put(at, start)
			at, start = s.Args[0], s.Args[0]
		case sfnt.SegmentOpLineTo:
			put(at, s.Args[0])
			at = s.Args[0]
		case sfnt.SegmentOpQuadTo:
			// A curve is flat at an end whose control point is level with it.
			put(at, s.Args[0])
			put(s.Args[0], s.Args[1])
			at = s.Args[1]
		case sfnt.SegmentOpCubeTo:
			put(at, s.Args[0])
			put(s.Args[1], s.Args[2])
			at = s.Args[2]
		}
	}
	put(at, start)
	return out
}

// fitted gives the heights of a glyph that are brought to pixels: its stems keep their thickness, and have one side on the
// grid. Those at the font's own heights come first, and the others go where these leave them (FreeType,
// cf2_hintmap_insertHint and cf2_hintmap_adjustHints).
func (s *Sized) fitted(index sfnt.GlyphIndex, segments sfnt.Segments) []anchor {
	if len(s.grid) == 0 {
		return nil
	}
	stems := s.face.stemsOf(index, segments)
	var held, free []stem
	var out []anchor
	for _, m := range stems {
		low, high := s.height(s.grid, m.low), s.height(s.grid, m.high)
		thick := (m.high - m.low) * s.scaleY
		switch {
		case m.low <= 0.01*s.face.em && s.fixed(m.low):
			out = append(out, anchor{m.low, low}, anchor{m.high, low + thick})
		case s.fixed(m.high):
			out = append(out, anchor{m.low, high - thick}, anchor{m.high, high})
		default:
			free = append(free, m)
			continue
		}
		held = append(held, m)
	}
	for _, a := range s.grid {
		if isClear(a.from, held, 0.03*s.face.em) {
			out = append(out, a)
		}
	}
	first := ascending(out)
	out = slices.Clone(first)
	for _, m := range free {
		half := (m.high - m.low) * s.scaleY / 2
		middle := s.height(first, (m.low+m.high)/2)
		middle += toGrid(middle-half, middle+half)
		out = slices.DeleteFunc(out, func(a anchor) bool { return !isClear(a.from, []stem{m}, 0.01*s.face.em) })
		out = append(out, anchor{m.low, middle - half}, anchor{m.high, middle + half})
	}
	return ascending(out)
}

// isClear reports whether a height is in none of the stems, nor near to one.
func isClear(height float64, stems []stem, margin float64) bool {
	return !slices.ContainsFunc(stems, func(m stem) bool { return height >= m.low-margin && height <= m.high+margin })
}

// ascending puts anchors in order, so that no height comes below a lower one.
func ascending(list []anchor) []anchor {
	slices.SortFunc(list, func(a, b anchor) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(list); i++ {
		list[i].to = max(list[i].to, list[i-1].to)
	}
	return slices.CompactFunc(list, func(a, b anchor) bool { return a.from == b.from })
}

// fixed reports whether a height is one of those that all letters share.
func (s *Sized) fixed(units float64) bool {
	f := s.face
	for _, z := range []zone{f.base, f.small, f.capital, f.ascender, f.descender} {
		low, high := min(z.flat, z.round)-0.006*f.em, max(z.flat, z.round)+0.006*f.em
		if units >= low && units <= high {
			return true
		}
	}
	return false
}

// toGrid gives the smallest way that brings one of two heights to a whole pixel.
func toGrid(low, high float64) float64 {
	a, b := math.Round(low)-low, math.Round(high)-high
	if math.Abs(b) < math.Abs(a) {
		return b
	}
	return a
}
