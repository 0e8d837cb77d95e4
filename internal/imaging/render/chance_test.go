package render

import (
	"math"
	"testing"

	"bluerose/internal/imaging/magick"
)

// TestChance: the numbers are those of convert -seed N xc: -format '%[fx:rand()]' info: in ImageMagick 6.9.
func TestChance(t *testing.T) {
	for seed, first := range map[float64]float64{0: 0.462058, 1: 0.371878, 42: 0.201555} {
		m := &machine{settings: newSettings()}
		m.settings.set(magick.Step{Class: magick.Setting, Name: "seed", Value: magick.Number{Value: seed}})
		for range 2 { // every source begins anew
			if got := m.random().Float64(); math.Abs(got-first) > 5e-7 {
				t.Errorf("seed %v begins with %v, not %v", seed, got, first)
			}
		}
	}
}
