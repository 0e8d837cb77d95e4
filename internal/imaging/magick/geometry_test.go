package magick

import "testing"

func TestParseGeometry(t *testing.T) {
	size := func(w, h float64) Geometry { return Geometry{Width: w, Height: h, HasWidth: true, HasHeight: true} }
	with := func(g Geometry, set func(*Geometry)) Geometry { set(&g); return g }
	offset := func(g Geometry, x, y float64) Geometry {
		g.X, g.Y, g.HasX, g.HasY, g.XNegative, g.YNegative = x, y, true, true, x < 0, y < 0
		return g
	}
	for _, c := range []struct {
		in   string
		want Geometry
	}{
		{"640x480", size(640, 480)},
		{"640X480", size(640, 480)},
		{"640×480", size(640, 480)},
		{"512", Geometry{Width: 512, HasWidth: true}},
		{"512x", Geometry{Width: 512, HasWidth: true, Separator: true}},
		{"x512", Geometry{Height: 512, HasHeight: true}},
		{"83.5x.5", size(83.5, 0.5)},
		{"600^>", Geometry{Width: 600, HasWidth: true, Fill: true, Greater: true}},
		{"20x10!>", with(size(20, 10), func(g *Geometry) { g.Exact, g.Greater = true, true })},
		{"50%", Geometry{Width: 50, HasWidth: true, Percent: true}},
		{"30%x40%", with(size(30, 40), func(g *Geometry) { g.Percent = true })},
		{"50 %", Geometry{Width: 50, HasWidth: true, Percent: true}},
		{"(20x10)", size(20, 10)},
		{"@11000", Geometry{Width: 11000, HasWidth: true, Area: true}},
		{"10000000@", Geometry{Width: 1e7, HasWidth: true, Area: true}},
		{"3x3@", with(size(3, 3), func(g *Geometry) { g.Area = true })},
		{"16:9", with(size(16, 9), func(g *Geometry) { g.Ratio = true })},
		{"100x100+5+5", offset(size(100, 100), 5, 5)},
		{"100x100-15-25!", with(offset(size(100, 100), -15, -25), func(g *Geometry) { g.Exact = true })},
		{"+10-5", offset(Geometry{}, 10, -5)},
		{"+20", Geometry{X: 20, HasX: true}},
		{"10x100>", with(size(10, 100), func(g *Geometry) { g.Greater = true })},
		{"1e1", Geometry{Width: 10, HasWidth: true}},
		{"100x+1+2", offset(Geometry{Width: 100, HasWidth: true, Separator: true}, 1, 2)},
		{"100+1+2", offset(Geometry{Width: 100, HasWidth: true}, 1, 2)},
		{"10,20", size(10, 20)},
		{"100x100-0+0", func() Geometry { g := offset(size(100, 100), 0, 0); g.XNegative = true; return g }()},
	} {
		got, err := ParseGeometry(c.in)
		if err != nil || got != c.want {
			t.Errorf("%q: %+v, %v; want %+v", c.in, got, err, c.want)
		}
	}
	for _, in := range []string{"", "x", "%", "<", "zzq", "100px", "20x10abc", "abc20", "10x10+1+2+3", "16:0", ":9", "1x2:3", "NaN",
		"inf", "0x1p4", "--5--"} {
		if g, err := ParseGeometry(in); err == nil {
			t.Errorf("%q is %+v", in, g)
		}
	}
}

func TestParseAnnotation(t *testing.T) {
	for in, want := range map[string]Geometry{
		"+0":       {HasWidth: true},
		"-30":      {Width: -30, HasWidth: true},
		"315":      {Width: 315, HasWidth: true},
		"-90>":     {Width: -90, HasWidth: true, Greater: true},
		"30x60":    {Width: 30, Height: 60, HasWidth: true, HasHeight: true},
		"0,0,5,-5": {HasWidth: true, HasHeight: true, X: 5, Y: -5, HasX: true, HasY: true, YNegative: true},
		"+30+5":    {X: 30, Y: 5, HasX: true, HasY: true},
		"0x0+10-7": {HasWidth: true, HasHeight: true, X: 10, Y: -7, HasX: true, HasY: true, YNegative: true},
	} {
		if got, err := parseAnnotation(in); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", in, got, err, want)
		}
	}
}

func TestParsePageAndSampling(t *testing.T) {
	for in, want := range map[string]Geometry{
		"A4":           {Width: 595, Height: 842, HasWidth: true, HasHeight: true},
		"letter+36-36": {Width: 612, Height: 792, HasWidth: true, HasHeight: true, X: 36, Y: -36, HasX: true, HasY: true, YNegative: true},
		"4x6":          {Width: 4, Height: 6, HasWidth: true, HasHeight: true},
		"+4+4":         {X: 4, Y: 4, HasX: true, HasY: true},
	} {
		if got, err := parsePage(in); err != nil || got != want {
			t.Errorf("page %q: %+v, %v; want %+v", in, got, err, want)
		}
	}
	for in, want := range map[string][2]float64{"4:2:0": {2, 2}, "4:2:2": {2, 1}, "4:4:4": {1, 1}, "2x1,1x1,1x1": {2, 1}, "2": {2, 2}} {
		if got, err := parseSampling(in); err != nil || got.Width != want[0] || got.Height != want[1] {
			t.Errorf("sampling %q: %+v, %v; want %v", in, got, err, want)
		}
	}
	if g, err := parseSampling("4:2"); err == nil {
		t.Errorf("4:2 is %+v", g)
	}
}

func FuzzGeometry(f *testing.F) {
	for _, s := range []string{"640x480>", "600^>", "16:9", "100x100-15-25!", "+-60", "x", "%", "-20x-30"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		g, err := ParseGeometry(s)
		if err != nil {
			return
		}
		again, err := ParseGeometry(g.String())
		if err != nil || again.String() != g.String() {
			t.Errorf("%q is %q, and that is %q (%v)", s, g, again, err)
		}
	})
}
