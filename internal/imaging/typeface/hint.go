package typeface

import "math"

// smallest is the size from which on PostScript's rules let round letters go further than flat ones: the usual BlueScale,
// 0.039625, of an em of 1000 units.
const smallest = 39.6

// grid gives the heights in font units that are brought to whole pixels at a size, in ascending order.
func (f *Face) grid(ppem float64) []anchor {
	scale := ppem / f.em
	if f.small.flat <= 0 || f.capital.flat <= f.small.flat {
		return nil
	}
	boost := 0.0
	if f.postscript {
		// Small sizes round up more than down (FreeType, cf2_blues_init).
		boost = max(0.6-0.6*ppem/smallest, 0)
	} else {
		// The automatic hinter fits the round small letters first, and scales all the rest with them (FreeType,
		// af_latin_metrics_scale_dim).
		fitted := math.Floor(f.small.round*scale + 0.625)
		scale *= max(fitted, 1) / (f.small.round * scale)
	}
	var out []anchor
	put := func(from, to float64) {
		if n := len(out); n == 0 || from > out[n-1].from && to >= out[n-1].to {
			out = append(out, anchor{from, to})
		}
	}
	overshoot := func(units float64) float64 {
		switch v := units * scale; {
		case f.postscript && ppem < smallest, v < 0.5:
			return 0
		default:
			return max(math.Round(v), 1)
		}
	}
	put(f.descender.flat, math.Round(f.descender.flat*scale))
	put(f.base.round, -overshoot(-f.base.round))
	put(0, 0)
	for _, z := range []zone{f.small, f.capital, f.ascender} {
		if n := len(out); z.flat-out[n-1].from < 0.02*f.em && n > 1 && out[n-1].from > 0 {
			continue
		}
		flat := math.Round(z.flat*scale + boost)
		put(z.flat, flat)
		if z.round > z.flat {
			put(z.round, flat+overshoot(z.round-z.flat))
		}
	}
	return out
}

// height brings a height in font units to pixels.
func (s *Sized) height(grid []anchor, units float64) float64 {
	if len(grid) < 2 {
		return units * s.scaleY
	}
	if first := grid[0]; units <= first.from {
		return first.to + (units-first.from)*s.scaleY
	}
	for i, b := range grid[1:] {
		if a := grid[i]; units <= b.from {
			return a.to + (units-a.from)*(b.to-a.to)/(b.from-a.from)
		}
	}
	last := grid[len(grid)-1]
	return last.to + (units-last.from)*s.scaleY
}
