package render

import (
	"context"
	"slices"
	"strings"
	"testing"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
)

// drawn runs arguments without an input and gives the pixels of the PNG that they make, as ImageMagick's txt: would.
func drawn(t *testing.T, args ...string) (*raster, error) {
	t.Helper()
	engine := newEngine(t)
	program, err := magick.Parse(append(args, "png:-"))
	if err != nil {
		t.Fatal(err)
	}
	scope := engine.lib.NewScope(context.Background())
	defer scope.Close()
	m := &machine{engine: engine, scope: scope, settings: newSettings(), registers: map[string][]*Picture{}, job: Job{Program: &magick.Program{}}}
	if err := m.run(program.Steps); err != nil {
		return nil, err
	}
	r, err := m.current[0].raster()
	if err == nil {
		r.Pix = slices.Clone(r.Pix) // what the scope lends ends with it
	}
	return r, err
}

// TestDrawing compares a pixel with what `convert ARGS txt:` of 6.9 says.
func TestDrawing(t *testing.T) {
	for _, row := range []struct {
		args string
		x, y int
		want []uint16
	}{
		{"-size 30x30 xc:white -fill red -draw rectangle~10,10~20,20", 20, 20, []uint16{65535, 0, 0}},
		{"-size 30x30 xc:white -fill red -draw rectangle~10,10~20,20", 21, 20, []uint16{65535, 65535, 65535}},
		{"-size 30x30 xc:none -fill red -draw point~5,6", 5, 6, []uint16{65535, 0, 0, 65535}},
		{"-size 30x30 xc:white -alpha set -fill none -draw matte~3,3~point", 3, 3, []uint16{65535, 65535, 65535, 0}},
		{"-size 30x30 xc:white -fill #00f -draw color~3,3~reset", 29, 29, []uint16{0, 0, 65535}},
		{"-size 30x30 xc:white -fill #0000ff80 -draw rectangle~0,0~30,30", 9, 9, []uint16{32639, 32639, 65535}},
		{"-size 30x30 xc:gray50 -stroke none -fill lime -draw circle~15,15~15,5", 15, 15, []uint16{0, 65535, 0}},
		{"-size 60x30 xc:white -undercolor yellow -fill yellow -annotate +10+20 Mmm", 12, 15, []uint16{65535, 65535, 0}},
		{"-background navy label:M", 0, 0, []uint16{0, 0, 0x8080}},
	} {
		args := strings.Fields(row.args)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "~", " ")
		}
		r, err := drawn(t, args...)
		if err != nil {
			t.Errorf("%s: %v", row.args, err)
			continue
		}
		got := r.Pix[(row.y*r.Width+row.x)*r.Bands:][:r.Bands]
		for i, v := range row.want {
			if len(got) != len(row.want) || max(got[i], v)-min(got[i], v) > 2 {
				t.Errorf("%s: %d,%d is %v, not %v", row.args, row.x, row.y, got, row.want)
				break
			}
		}
	}
}

func TestSizesOfText(t *testing.T) {
	for _, row := range []struct {
		args          []string
		width, height int
	}{
		{[]string{"-size", "200x60", "label:Fit"}, 200, 60},
		{[]string{"-size", "120x", "-font", "Liberation-Sans", "-pointsize", "20", "caption:one two three four"}, 120, 50},
		{[]string{"-font", "Liberation-Sans", "-pointsize", "12", "label:Hello"}, 30, 15},
	} {
		r, err := drawn(t, row.args...)
		if err != nil {
			t.Errorf("%v: %v", row.args, err)
		} else if r.Width != row.width || r.Height != row.height {
			t.Errorf("%v gives %d x %d, not %d x %d", row.args, r.Width, r.Height, row.width, row.height)
		}
	}
}

func TestDrawingsThatAreRefused(t *testing.T) {
	huge := "stroke black stroke-width 9000 stroke-linejoin round " + strings.Repeat("rectangle 0,0 9000,9000 ", 60)
	for name, args := range map[string][]string{
		"an unknown word":  {"xc:red", "-draw", "hexagon 1,2"},
		"too many pixels":  {"-size", "9000x9000", "xc:red", "-draw", huge},
		"a point too few":  {"xc:red", "-draw", "polygon 1,2 3,4"},
		"a picture so big": {"-size", "90000x90000", "label:x"},
	} {
		_, err := drawn(t, args...)
		if err == nil {
			t.Errorf("%s is drawn", name)
			continue
		}
		if kind := event.From(err).Kind; kind != event.UnsupportedArgument && kind != event.LimitExceeded {
			t.Errorf("%s: %v", name, err)
		}
	}
}
