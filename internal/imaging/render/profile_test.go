package render

import (
	"math"
	"testing"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

func TestProfileConverts(t *testing.T) {
	engine := newEngine(t)
	scope := engine.lib.NewScope(t.Context())
	t.Cleanup(scope.Close)
	profiles := map[string][]byte{"broken": make([]byte, 600)}
	copy(profiles["broken"][16:], "RGB ")
	copy(profiles["broken"][36:], "acsp")
	for _, name := range []string{"srgb", "p3", "cmyk"} {
		results, err := scope.Call("profile_load", vips.Args{"name": name})
		if err != nil {
			t.Fatal(err)
		}
		profiles[name], _ = results["profile"].([]byte)
	}
	for _, c := range []struct {
		args []string
		want []float64 // of the real convert -size 1x1 "xc:rgb(200,100,50)" -depth 8 ARGS txt:, with libvips' profiles
		kind event.Kind
	}{
		{[]string{"-profile", "srgb"}, []float64{200, 100, 50}, ""},
		{[]string{"-profile", "srgb", "-profile", "p3"}, []float64{187, 105, 61}, ""},
		{[]string{"-intent", "Relative", "-profile", "p3", "-profile", "srgb"}, []float64{214, 92, 32}, ""},
		{[]string{"-profile", "srgb", "-profile", "cmyk"}, []float64{0, 156, 232, 53}, ""},
		{[]string{"-profile", "srgb", "-profile", "broken"}, nil, event.UnsupportedMedia},
		{[]string{"-profile", "cmyk", "-profile", "srgb"}, nil, event.UnsupportedArgument},
	} {
		words := append([]string{"-size", "4x4", "xc:rgb(200,100,50)", "-depth", "8"}, append(c.args, "x.png")...)
		program, err := magick.Parse(words)
		if err != nil {
			t.Fatal(err)
		}
		m := &machine{engine: engine, scope: scope, settings: newSettings(), registers: map[string][]*Picture{},
			job: Job{Program: program, Open: func(name string) ([]byte, error) { return profiles[name], nil }}}
		if err := m.run(program.Steps); err != nil || c.kind != "" {
			if e := event.From(err); e == nil || e.Kind != c.kind {
				t.Errorf("%v: %v, want kind %q", c.args, err, c.kind)
			}
			continue
		}
		data, err := m.current[0].img.Pixels()
		if err != nil {
			t.Fatal(err)
		}
		if m.current[0].colours() != len(c.want) {
			t.Fatalf("%v: %d bands", c.args, m.current[0].colours())
		}
		for band, want := range c.want {
			if got := float64(data[band]); math.Abs(got-want) > 1 {
				t.Errorf("%v: band %d is %g, want %g", c.args, band, got, want)
			}
		}
	}
}
