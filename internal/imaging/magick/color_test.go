package magick

import "testing"

// What /usr/bin/convert 6.9.11 Q16 makes of xc:COLOUR, read from its txt: output.
func TestParseColor(t *testing.T) {
	for in, want := range map[string]Color{
		"#f00":              {Red: 65535, Alpha: 65535},
		"#f008":             {Red: 65535, Alpha: 34952},
		"#ff000080":         {Red: 65535, Alpha: 32896},
		"#fff000000":        {Red: 65535, Alpha: 65535},
		"#ffff00000000":     {Red: 65535, Alpha: 65535},
		"#ffff000000008000": {Red: 65535, Alpha: 32768},
		"red":               {Red: 65535, Alpha: 65535},
		" red":              {Red: 65535, Alpha: 65535},
		"SkyBlue":           {Red: 34695, Green: 52942, Blue: 60395, Alpha: 65535},
		"sky blue":          {Red: 34695, Green: 52942, Blue: 60395, Alpha: 65535},
		"none":              {},
		"Transparent":       {},
		"matte":             {},
		"opaque":            {Alpha: 65535},
		"gray50":            {Space: Gray, Red: 32639, Green: 32639, Blue: 32639, Alpha: 65535},
		"fractal":           {Red: 32896, Green: 32896, Blue: 32896, Alpha: 65535},

		"rgb(10%,20%,30%)":           {Red: 6554, Green: 13107, Blue: 19661, Alpha: 65535},
		"rgb(10,20,30)":              {Red: 2570, Green: 5140, Blue: 7710, Alpha: 65535},
		"rgb(10.5,20,30)":            {Red: 2699, Green: 5140, Blue: 7710, Alpha: 65535},
		"rgb(300,-5,30)":             {Red: 65535, Blue: 7710, Alpha: 65535},
		"rgb(10 20 30)":              {Red: 2570, Green: 5140, Blue: 7710, Alpha: 65535},
		"rgb( 1 , 2 , 3 )":           {Red: 257, Green: 514, Blue: 771, Alpha: 65535},
		"rgb(1,2,3,0.5)":             {Red: 257, Green: 514, Blue: 771, Alpha: 65535},
		"rgba(10,20,30,0.5)":         {Red: 2570, Green: 5140, Blue: 7710, Alpha: 32767},
		"rgba(10,20,30,128)":         {Red: 2570, Green: 5140, Blue: 7710, Alpha: 65535},
		"rgba(1,2,3)":                {Red: 257, Green: 514, Blue: 771, Alpha: 65535},
		"srgba(10,20,30,0.2)":        {Red: 2570, Green: 5140, Blue: 7710, Alpha: 13107},
		"hsl(120,100%,50%)":          {Green: 65535, Alpha: 65535},
		"hsl(120,100,50)":            {Red: 7811, Green: 17889, Blue: 7811, Alpha: 65535},
		"hsl(-60,100%,50%)":          {Red: 65535, Blue: 65535, Alpha: 65535},
		"hsla(120,100%,50%,.3)":      {Green: 65535, Alpha: 19661},
		"hsb(120,50%,100%)":          {Red: 32768, Green: 65535, Blue: 32768, Alpha: 65535},
		"hsv(120,50%,100%)":          {Red: 32768, Green: 65535, Blue: 32768, Alpha: 65535},
		"hwb(120,20%,30%)":           {Red: 13107, Green: 45875, Blue: 13107, Alpha: 65535},
		"gray(50%)":                  {Space: Gray, Red: 32768, Green: 32768, Blue: 32768, Alpha: 65535},
		"gray(128)":                  {Space: Gray, Red: 32896, Green: 32896, Blue: 32896, Alpha: 65535},
		"graya(50%,0.5)":             {Space: Gray, Red: 32768, Green: 32768, Blue: 32768, Alpha: 32767},
		"cmyk(10,20,30,40)":          {Space: CMYK, Red: 2570, Green: 5140, Blue: 7710, Black: 10280, Alpha: 65535},
		"cmyka(10%,20%,30%,40%,0.5)": {Space: CMYK, Red: 6554, Green: 13107, Blue: 19661, Black: 26214, Alpha: 32767},
	} {
		got, err := ParseColor(in)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", in, got, err, want)
			continue
		}
		if again, err := ParseColor(got.String()); err != nil || again != got {
			t.Errorf("%q is written %q, which is %+v, %v", in, got, again, err)
		}
	}
	for _, in := range []string{"", "#12", "#12345", "#f00f00f008", "##ff", "#ggg", "sky-blue", "grey50%", "photo.jpg", "rgb()", "foo(1,2,3)"} {
		if c, err := ParseColor(in); err == nil {
			t.Errorf("%q is %+v", in, c)
		}
	}
}

func TestParseColorRangeAndPoints(t *testing.T) {
	for in, want := range map[string]string{
		"navy,gold":             "#000000008080,#FFFFD7D70000",
		"#d31600,":              "#D3D316160000,",
		",white":                ",#FFFFFFFFFFFF",
		"red":                   "#FFFF00000000,#FFFF00000000",
		"rgb(1,2,3),rgb(4,5,6)": "#010102020303,#040405050606",
	} {
		if got, err := parseColorRange(in); err != nil || got.String() != want {
			t.Errorf("%q: %v, %v; want %s", in, got, err, want)
		}
	}
	points, err := parseSparse("0,0 red  30 , 10 rgb(0,0,255)")
	if want := "0,0 #FFFF00000000 30,10 #00000000FFFF"; err != nil || points.String() != want {
		t.Errorf("%v, %v; want %s", points, err, want)
	}
	for _, in := range []string{"", "0,0", "0,0 red 1", "red,0,0"} {
		if p, err := parseSparse(in); err == nil {
			t.Errorf("%q is %v", in, p)
		}
	}
}

func FuzzColor(f *testing.F) {
	for _, s := range []string{"#ff000080", "rgba(255,0,0,0.5)", "hsl(50%,100%,50%)", "cmyk(1,2,3,4)", "gray50", "hwb(1e9,2,3)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseColor(s)
		if err != nil {
			return
		}
		if again, err := ParseColor(c.String()); err != nil || again != c {
			t.Errorf("%q is %+v, written %q, which is %+v (%v)", s, c, c, again, err)
		}
	})
}
