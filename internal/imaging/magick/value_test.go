package magick

import (
	"reflect"
	"testing"
)

func TestParseNumbers(t *testing.T) {
	n := func(v float64) Number { return Number{Value: v, Set: true} }
	p := func(v float64) Number { return Number{Value: v, Percent: true, Set: true} }
	for in, want := range map[string]Numbers{
		"0x3":             {n(0), n(3)},
		"10,20":           {n(10), n(20)},
		"30%/20%/50%":     {p(30), p(20), p(50)},
		"0x3+1.5+0.05":    {n(0), n(3), n(1.5), n(0.05)},
		"0x120+-60-60":    {n(0), n(120), n(-60), n(-60)},
		"x.5":             {{}, n(0.5)},
		"10,,30":          {n(10), {}, n(30)},
		"0.15x0.5%":       {n(0.15), p(0.5)},
		"-20x-30":         {n(-20), n(-30)},
		"1 2 3":           {n(1), n(2), n(3)},
		"0,0 1.01 1 10,0": {n(0), n(0), n(1.01), n(1), n(10), n(0)},
		"85%":             {p(85)},
		"1e2":             {n(100)},
		"5!":              {n(5)},
	} {
		got, err := ParseNumbers(in)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "x", "%", "a", "1a", "1e999", ",,"} {
		if got, err := ParseNumbers(in); err == nil {
			t.Errorf("%q: %+v", in, got)
		}
	}
	if v := (Numbers{n(1), {}}); v.At(0, 9) != 1 || v.At(1, 9) != 9 || v.At(2, 9) != 9 || v.Has(1) || v.Percent() {
		t.Error("At, Has or Percent is wrong")
	}
}

func TestParseRange(t *testing.T) {
	for in, want := range map[string]Range{
		"0":      {{0, 0}},
		"0-3":    {{0, 3}},
		"0,2":    {{0, 0}, {2, 2}},
		"-1":     {{-1, -1}},
		"-2--1":  {{-2, -1}},
		"0--1":   {{0, -1}},
		"3-0":    {{3, 0}},
		"1-":     {{1, 0}},
		"0, 1":   {{0, 0}, {1, 1}},
		"-1,0-2": {{-1, -1}, {0, 2}},
	} {
		if got, err := ParseRange(in); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "a", "0x2", "1.5", "1;2", "99999999999"} {
		if got, err := ParseRange(in); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
	for _, c := range []struct {
		r    Range
		n    int
		want []int
	}{
		{nil, 3, []int{0, 1, 2}},
		{Range{{-1, -1}}, 3, []int{2}},
		{Range{{2, 0}}, 3, []int{2, 1, 0}},
		{Range{{0, 9}}, 2, []int{0, 1}},
		{Range{{5, 5}}, 2, nil},
		{Range{{-9, -9}}, 2, nil},
		{Range{{1, 1}, {0, 0}}, 2, []int{1, 0}},
	} {
		if got := c.r.Indexes(c.n); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v of %d: %v; want %v", c.r, c.n, got, c.want)
		}
	}
}

func TestParseSource(t *testing.T) {
	for in, want := range map[string]Source{
		"in.png":             {Name: "in.png"},
		"-":                  {Name: "-"},
		"png:-":              {Coder: "png", Name: "-"},
		"PNG:in":             {Coder: "png", Name: "in"},
		"rose:":              {Coder: "rose"},
		"in.gif[0]":          {Name: "in.gif", Frames: Range{{0, 0}}},
		"in.gif[0-3,5]":      {Name: "in.gif", Frames: Range{{0, 3}, {5, 5}}},
		"in.gif[-1]":         {Name: "in.gif", Frames: Range{{-1, -1}}},
		"in.jpg[120x120]":    {Name: "in.jpg", Size: &Geometry{Width: 120, Height: 120, HasWidth: true, HasHeight: true}},
		"in[a].jpg":          {Name: "in[a].jpg"},
		"in.jpg[a]":          {Name: "in.jpg[a]"},
		"label: RGB colors":  {Coder: "label", Name: " RGB colors"},
		"caption:12:30":      {Coder: "caption", Name: "12:30"},
		"mpr:tile":           {Coder: "mpr", Name: "tile"},
		"pattern:hexagons":   {Coder: "pattern", Name: "hexagons"},
		"xc:":                {Coder: "xc"},
		"xc:red":             {Coder: "xc", Name: "#FFFF00000000", Colors: []Color{{Red: 65535, Alpha: 65535}}},
		"gradient:none-blue": {Coder: "gradient", Name: "#0000000000000000-#00000000FFFF", Colors: []Color{{}, {Blue: 65535, Alpha: 65535}}},
		"plasma:fractal":     {Coder: "plasma", Name: "fractal"},
		`c:\photo.png`:       {Name: `c:\photo.png`},
	} {
		if got, err := ParseSource(in); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "@list", "label:@/etc/passwd", "caption:@x", "|id", "xc:photo", "gradient:a-b", "gradient:red-blue-green",
		"foo:bar"} {
		if got, err := ParseSource(in); err == nil {
			t.Errorf("%q: %+v", in, got)
		}
	}
}

func TestParseKernels(t *testing.T) {
	for in, want := range map[string]string{
		"Disk":                     "Disk:",
		"disk:3.5":                 "Disk:3.5",
		"Disk 3":                   "Disk:3",
		"Rectangle:20x20+1+1":      "Rectangle:20,20,1,1",
		"Gaussian:0x2;Disk":        "Gaussian:0,2;Disk:",
		"Sobel:90>":                "Sobel:90>",
		"1,1,1,1,4,1,1,1,1":        "3x3+1+1:1,1,1,1,4,1,1,1,1",
		"3x3: 0,1,0 1,nan,- 0,1,0": "3x3+1+1:0,1,0,1,nan,nan,0,1,0",
		"3>:1,2,3,4,5,6,7,8,9":     "3x3+1+1>:1,2,3,4,5,6,7,8,9",
		"3x1+0+0:-1,0,1":           "3x1+0+0:-1,0,1",
		"2x2:1,1,1,1;":             "2x2+0+0:1,1,1,1",
	} {
		got, err := parseKernels(in)
		if err != nil || got.String() != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "1,2,3", "foo", "3:1,2", "3x3:1,0,1", "3x3+5+5:1,1,1,1,1,1,1,1,1", "99999x99999:1",
		"@x", "1,a,2,3"} {
		if got, err := parseKernels(in); err == nil {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestParseEnumsAndOthers(t *testing.T) {
	for _, c := range []struct{ list, in, want string }{
		{"filter", "lanczos", "Lanczos"}, {"filter", "Hanning", "Hann"}, {"compose", "copy_opacity", "CopyOpacity"},
		{"compose", "Src Over", "Over"}, {"compose", "dst-in", "DstIn"}, {"alpha", "off", "Off"}, {"alpha", "deactivate", "Off"},
		{"colorspace", "srgb", "sRGB"}, {"type", "TrueColorMatte", "TrueColorAlpha"}, {"dispose", "2", "Background"},
		{"distort", "ScaleRotateTranslate", "SRT"}, {"gravity", "center", "Center"}, {"virtual-pixel", "None", "Transparent"},
	} {
		if got, err := ParseEnum(c.list, c.in); err != nil || string(got) != c.want {
			t.Errorf("%s %q: %q, %v; want %q", c.list, c.in, got, err, c.want)
		}
	}
	if _, err := ParseEnum("filter", "lanc"); err == nil {
		t.Error("names can be shortened")
	}
	for in, want := range map[string]Channels{
		"RGBA": ChannelRGB | ChannelAlpha, "Red,Alpha": ChannelRed | ChannelAlpha,
		"all,sync": channelNames["all"] | ChannelSync, "g": ChannelGreen,
	} {
		if got, err := parseChannels(in); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for in, want := range map[string]Value{
		"Erode:3": Method{"Erode", 3}, "hit-n-miss": Method{"HitAndMiss", 1}, "Thinning:-1": Method{"Thinning", -1},
	} {
		if got, err := parseMethod(in); err != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{"o8x8,4": "o8x8,4", "8x8,3,3,2": "o8x8,3,3,2", "Checks": "checks"} {
		if got, err := parseOrdered(in); err != nil || got.String() != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{"1,-2-1": "1,-2-1", "3": "3"} {
		if got, err := parseDuplicate(in); err != nil || got.String() != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for in, want := range map[string]Define{
		"webp:lossless=true": {"webp", "webp:lossless", "true"}, "WebP:x": {"webp", "webp:x", ""}, "a=b=c": {"", "a", "b=c"},
	} {
		if got, err := parseDefine(in); err != nil || got != want {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
	d, err := parseDrawing(`fill black text 1,1 'image over' image Over 0,0 10,10 "logo.png" fill url(#p) rgb(1, 2, 3)`)
	if err != nil || !reflect.DeepEqual(d.Images, []Source{{Name: "logo.png"}}) {
		t.Errorf("%+v, %v", d, err)
	}
	for _, in := range []string{"@x", "text 0,0 '@/etc/passwd'", "image over 0,0 0,0 'msl:x'",
		"image over 0,0 0,0 '@x'", "fill url(http://x)", "text 0,0 'a", "image over 0,0"} {
		if d, err := parseDrawing(in); err == nil {
			t.Errorf("%q: %+v", in, d)
		}
	}
}
