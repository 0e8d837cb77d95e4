package render

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"bluerose/internal/imaging/magick"
)

// framed runs a command line over three frames of 12 x 6, where a red square walks to the right, and describes every picture:
// its size, its place and its disposal.
func framed(t *testing.T, ground color.NRGBA, line string) []string {
	t.Helper()
	engine := newEngine(t)
	scope := engine.lib.NewScope(context.Background())
	defer scope.Close()
	inputs := map[string][]byte{}
	for i, name := range []string{"f0", "f1", "f2"} {
		img := image.NewNRGBA(image.Rect(0, 0, 12, 6))
		for y := range 6 {
			for x := range 12 {
				c := ground
				if x >= 3*i && x < 3*i+3 && y >= 2 && y < 4 {
					c = color.NRGBA{R: 255, A: 255}
				}
				img.SetNRGBA(x, y, c)
			}
		}
		inputs[name] = pngOf(t, img)
	}
	program, err := magick.Parse(strings.Fields("-delay 10 f0 f1 f2 " + line + " gif:-"))
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{engine: engine, scope: scope, settings: newSettings(), registers: map[string][]*Picture{},
		job: Job{Open: func(name string) ([]byte, error) { return inputs[name], nil }}}
	if err := m.run(program.Steps); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	var out []string
	for _, p := range m.current {
		out = append(out, fmt.Sprintf("%dx%d+%d+%d %d", p.Width(), p.Height(), p.Page.X, p.Page.Y, p.Dispose))
	}
	return out
}

// What ImageMagick 6.9.11-60 gives for the same three frames, by identify -format '%wx%h%O %D'.
func TestLayers(t *testing.T) {
	white, none := color.NRGBA{255, 255, 255, 255}, color.NRGBA{}
	for _, test := range []struct {
		ground color.NRGBA
		line   string
		want   []string
	}{
		{white, "-coalesce", []string{"12x6+0+0 1", "12x6+0+0 1", "12x6+0+0 1"}},
		{white, "-layers optimize", []string{"12x6+0+0 1", "6x2+0+2 1", "6x2+3+2 1"}},
		{white, "-layers optimizeframe", []string{"12x6+0+0 1", "6x2+0+2 1", "6x2+3+2 1"}},
		{white, "-layers optimizeplus", []string{"12x6+0+0 1", "6x2+0+2 1", "6x2+3+2 1"}},
		{white, "-layers optimizetransparency", []string{"12x6+0+0 0", "12x6+0+0 0", "12x6+0+0 0"}},
		{white, "-layers compareany", []string{"12x6+0+0 0", "6x2+0+2 0", "6x2+3+2 0"}},
		{white, "-deconstruct", []string{"12x6+0+0 0", "6x2+0+2 0", "6x2+3+2 0"}},
		{white, "-layers removedups", []string{"12x6+0+0 0", "12x6+0+0 0", "12x6+0+0 0"}},
		{white, "-duplicate 1 -layers removedups", []string{"12x6+0+0 0", "12x6+0+0 0", "12x6+0+0 0"}},
		{white, "-layers dispose", []string{"12x6+0+0 0", "12x6+0+0 0", "12x6+0+0 0"}},
		{white, "-layers trimbounds", []string{"12x6+0+0 0", "12x6+0+0 0", "12x6+0+0 0"}},
		{white, "-layers merge", []string{"12x6+0+0 0"}},
		{white, "-repage +5+2 -mosaic", []string{"17x8+0+0 0"}},
		{white, "-repage 20x20+5+2 -flatten", []string{"20x20+0+0 0"}},
		{none, "-coalesce", []string{"12x6+0+0 1", "12x6+0+0 1", "12x6+0+0 1"}},
		{none, "-layers optimize", []string{"3x2+0+2 1", "3x2+3+2 1", "3x2+6+2 1"}},
		{none, "-layers optimizeframe", []string{"3x2+0+2 3", "3x2+3+2 3", "3x2+6+2 3"}},
		{none, "-layers optimizeplus", []string{"3x2+0+2 3", "3x2+3+2 3", "3x2+6+2 3"}},
		{none, "-layers optimizetransparency", []string{"12x6+0+0 0", "12x6+0+0 0", "12x6+0+0 0"}},
		{none, "-layers compareany", []string{"12x6+0+0 0", "6x2+0+2 0", "6x2+3+2 0"}},
		{none, "-deconstruct", []string{"12x6+0+0 0", "6x2+0+2 0", "6x2+3+2 0"}},
		{none, "-layers removedups", []string{"12x6+0+0 0", "12x6+0+0 0", "12x6+0+0 0"}},
		{none, "-duplicate 1 -layers removedups", []string{"12x6+0+0 0", "12x6+0+0 0", "12x6+0+0 0"}},
		{none, "-layers dispose", []string{"12x6+0+0 0", "12x6+0+0 0", "12x6+0+0 0"}},
		{none, "-layers trimbounds", []string{"12x6+0+0 0", "12x6+0+0 0", "12x6+0+0 0"}},
		{none, "-layers merge", []string{"12x6+0+0 0"}},
		{none, "-repage +5+2 -mosaic", []string{"17x8+0+0 0"}},
		{none, "-repage 20x20+5+2 -flatten", []string{"20x20+0+0 0"}},
	} {
		if got := framed(t, test.ground, test.line); !slices.Equal(got, test.want) {
			t.Errorf("%v %s: %q, want %q", test.ground, test.line, got, test.want)
		}
	}
}
