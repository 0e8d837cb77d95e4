package fx

import (
	"context"
	"errors"
	"math"
	"testing"
)

// scene is two pictures of 2x1: red runs over 0 and 1, green is 0.2 and blue 0.4 in u; v is gray of 0.5.
func scene() *Scene {
	pix := func(v ...float64) []uint16 {
		out := make([]uint16, len(v))
		for i := range v {
			out[i] = uint16(v[i]*65535 + 0.5)
		}
		return out
	}
	u := &Image{Width: 2, Height: 1, Bands: 3, Pix: pix(0, 0.2, 0.4, 1, 0.2, 0.4), Attributes: map[string]float64{"page.x": 7}}
	v := &Image{Width: 2, Height: 1, Bands: 1, Pix: pix(0.5, 0.5)}
	for _, m := range []*Image{u, v} {
		m.At = func(x, _ float64) Pixel {
			at := min(max(x, 0), float64(m.Width-1))
			a, b := m.pixel(int(at), 0), m.pixel(min(int(at)+1, m.Width-1), 0)
			f := at - math.Floor(at)
			for i := range a {
				a[i] += f * (b[i] - a[i])
			}
			return a
		}
		m.Statistic = func(name string, c Channel) (float64, error) {
			if name == "mean" {
				return 0.1 * float64(c+1), nil
			}
			return 0, errors.New("no such statistic")
		}
	}
	return &Scene{Images: []*Image{u, v}, Random: func() float64 { return 0.25 }}
}

func colours(name string) (Pixel, bool) {
	c, ok := map[string]Pixel{"red": {1, 0, 0, 1}, "#ff8000": {1, 0.5, 0, 1}, "rgb(255,0,0)": {1, 0, 0, 1}, "gold": {1, 0.84, 0, 1}}[name]
	return c, ok
}

// What is the same in ImageMagick 6.9.11-60 (convert rose: -format '%[fx:…]' info:), but for the pixels.
func TestValues(t *testing.T) {
	for source, want := range map[string]float64{
		"1+2*3": 7, "-2^2": -4, "2^-1": 0.5, "2^3^2": 64, "7%2.4": 2.2, "5/0": 5e12, "1,2": 1, "aa=3;aa*2": 6, "if(1,2,3)": 2,
		"for(aa=0,aa<5,aa=aa+1)": 5, "aa=0;while(aa<5,aa=aa+1);aa": 5, "!0": 1, "2pi": 2 * math.Pi, "(2)(3)": 6, "2K": 2000, "1e3": 1000,
		"1e-2": 0.01, "2e": 2 * math.E, "alt(3)": -1, "jinc(1)": 0.181192, "airy(1)": 0.0328305, "gcd(12,8)": 4, "erf(.5)": 0.5205,
		"sinc(.5)": 0.63662, "drc(.5,.2)": 0.555556, "3<<2": 12, "6&3": 2, "6|1": 7, "1&&0": 0, "0||2": 1, "3>2>1": 0, "0x10": 16,
		"0?2:1?5:6": 5, "aa=bb=3;aa+bb": 6, "int(-1.5)": -2, "trunc(-1.5)": -1, "round(-1.5)": -1, "sign(0)": 1, "mod(-7,3)": 2,
		"max(1,2,3)": 3, "1-2-3": -4, "2*-3": -6, "1--1": 2, "8/2/2": 2, "hypot(3,4)": 5, "1!=2": 1, "squish(1)": 0.731059, "aa=1;aa+=3": 4,
		"do(aa=aa+1,aa<5)": 5, "phi": math.Phi, "QuantumRange": 65535, "not(0)": 1, "clamp(2)": 1,
		"u": 1, "u.g": 0.2, "v": 0.5, "u[1].b": 0.5, "u[-1]": 0.5, "s.b": 0.4, "p{0,0}": 0, "p[-1]": 0, "p{.5,0}": 0.5, "u.p[-1,0].b": 0.4,
		"i": 1, "j": 0, "w": 2, "v.h": 1, "n": 2, "t": 0, "mean": 0.1, "u.mean.g": 0.2, "page.x": 7, "rand()": 0.25, "red": 1, "gold.g": 0.84,
		"#ff8000.g": 0.5, "rgb(255,0,0).r": 1, "channel(.1,.2,.3)": 0.1, "a": 1, "o": 0, "u.red": 1,
		"luma": 0.212656 + 0.715158*0.2 + 0.072186*0.4, "(u+v)/2": 0.75, "u>0.5?0:1": 0, "hue": 0.958333, "lightness": 0.6, "saturation": 1,
	} {
		e, err := Compile(source, colours)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		run := e.Run(context.Background(), scene())
		if got := run.At(1, 0, Red); math.Abs(got-want) > 2e-5*max(1, math.Abs(want)) || run.Err() != nil {
			t.Errorf("%s is %g, not %g (%v)", source, got, want, run.Err())
		}
	}
}

func TestErrorsNameThePosition(t *testing.T) {
	for source, position := range map[string]int{"": 1, "u+": 3, "sin(1": 6, "1 $ 2": 3, "u.foo": 3, "foo": 1, "frob(1)": 1, "1)": 2, "atan2(1)": 1, "while(1)": 1} {
		_, err := Compile(source, colours)
		var wrong *SyntaxError
		if !errors.As(err, &wrong) || wrong.Position != position {
			t.Errorf("%q: %v, not at %d", source, err, position)
		}
	}
}

func TestCurves(t *testing.T) {
	for source, local := range map[string]bool{"u*2": true, "1/3": true, "u-mean": true, "u.r": false, "i/w": false, "rand()": false,
		"aa=u;aa^2": true, "p[1,0]": false, "red": true, "v": false, "s+u[0]": true} {
		e, err := Compile(source, colours)
		if err != nil {
			t.Fatal(err)
		}
		if e.Local() != local {
			t.Errorf("%s: local %v", source, e.Local())
		}
		if local {
			run := e.Run(context.Background(), scene())
			if got, want := run.Curve(0.2, Green), e.Run(context.Background(), scene()).At(0, 0, Green); math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: the curve gives %g, not %g", source, got, want)
			}
		}
	}
}

func TestLoopsEnd(t *testing.T) {
	e, err := Compile("while(1,aa=aa+1)", colours)
	if err != nil {
		t.Fatal(err)
	}
	run := e.Run(context.Background(), scene())
	if run.At(0, 0, Red); !errors.Is(run.Err(), ErrLoops) {
		t.Error(run.Err())
	}
	e, err = Compile("u[5]", colours)
	if err != nil {
		t.Fatal(err)
	}
	run = e.Run(context.Background(), scene())
	if run.At(0, 0, Red); !errors.Is(run.Err(), ErrImage) {
		t.Error(run.Err())
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{"(u+v)/2", "aa=u;while(aa<1,aa=aa+.1)", "p{i,j}.r?1:0", "u[-1].mean.g", "rgb(1,2,3).r", "channel(1,2,3)", "1e5K", "a++b"} {
		f.Add(s)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f.Fuzz(func(t *testing.T, s string) {
		e, err := Compile(s, colours)
		var wrong *SyntaxError
		if err != nil {
			if !errors.As(err, &wrong) || wrong.Position < 1 || wrong.Position > len(s)+1 {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		run := e.Run(ctx, scene())
		for x := range 2 {
			for c := range channels {
				run.At(x, 0, c)
			}
		}
	})
}

func BenchmarkRun(b *testing.B) {
	e, err := Compile("exp(-((u-.5)^2)*3)+p[1,0]/2", colours)
	if err != nil {
		b.Fatal(err)
	}
	run := e.Run(context.Background(), scene())
	for b.Loop() {
		run.At(0, 0, Red)
	}
}
