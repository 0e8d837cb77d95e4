package magick

import (
	"os"
	"strings"
	"testing"

	"bluerose/event"
)

// inOrder writes the steps of a program with their classes' marks where they say something.
func inOrder(p *Program) string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, s.Args()...)
	}
	return strings.Join(out, " ")
}

// The order was found with /usr/bin/convert 6.9.11 by comparing the pictures that come out.
func TestOperatorsWaitForAPicture(t *testing.T) {
	for in, want := range map[string]string{
		"rose: -negate out.png":                            "rose: -negate",
		"-negate rose: out.png":                            "rose: -negate",
		"-negate rose: logo: out.gif":                      "rose: logo: -negate",
		"-negate rose: -fill red logo: out.gif":            "rose: -negate -fill #FFFF00000000 logo:",
		"-append -negate rose: logo: out.png":              "rose: logo: -negate -append",
		"-resize 50% -quality 85 rose: out.jpg":            "-quality 85 rose: -resize 50%",
		"-fill red -colorize 50 -fill blue rose: out.png":  "-fill #FFFF00000000 -fill #00000000FFFF rose: -fill #FFFF00000000 -colorize 50 -fill #00000000FFFF",
		"-depth 8 rose: out.png":                           "-depth 8 rose: -depth 8",
		"-negate rose: ( logo: ) out.gif":                  "rose: ( logo: -negate )",
		"rose: ( -negate ) out.png":                        "rose: ( ) -negate",
		"-negate rose: ( +clone -flip ) out.gif":           "rose: ( +clone -negate -flip )",
		"rose: ( +clone -flip ) +append out.png":           "rose: ( +clone -flip ) +append",
		"( rose: -flip ) ( logo: -flop ) -composite o.png": "( rose: -flip ) ( logo: -flop ) -composite",
	} {
		p, err := Parse(strings.Fields(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := inOrder(p); got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
		checkRoundTrip(t, p)
	}
}

func TestParseTypesSteps(t *testing.T) {
	p, err := Parse([]string{"in.png", "-RESIZE", "x", "out.png"})
	if err == nil {
		t.Errorf("-RESIZE is %+v: the first letter's case counts", p)
	}
	p, err = Parse([]string{"in.png", "-reSize", "512x", "+flip", "-annotate", "0", "%w", "-write", "MPR:a b", "+dither", "png8:o"})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Step{
		{Class: Read, Text: "in.png", Position: 1},
		{Class: Operator, Name: "resize", Text: "512x", Position: 2},
		{Class: Operator, Name: "flip", Position: 4},
		{Class: Operator, Name: "annotate", Text: "0 %w", Position: 5},
		{Class: ListOperator, Name: "write", Text: "MPR:a b", Position: 8},
		{Class: Setting, Name: "dither", Plus: true, Position: 10},
	} {
		got := p.Steps[i]
		got.Value, got.Second = nil, nil
		if got != want {
			t.Errorf("step %d is %+v, not %+v", i, got, want)
		}
	}
	if want := (Target{Coder: "png8", Name: "o", Position: 11}); p.Output != want {
		t.Errorf("output %+v", p.Output)
	}
}

func TestTargets(t *testing.T) {
	for in, want := range map[string]Target{
		"out.JPG":          {Coder: "jpg", Name: "out.JPG"},
		"-":                {Name: "-"},
		"jpg:-":            {Coder: "jpg", Name: "-"},
		"info:":            {Coder: "info", Name: "-"},
		"histogram:info:-": {Coder: "histogram", Name: "info:-"},
		"out-%d.png":       {Coder: "png", Name: "out-%d.png"},
		"noextension":      {Name: "noextension"},
		"odd.xyzzy":        {Name: "odd.xyzzy"},
		"out.pdf":          {Coder: "pdf", Name: "out.pdf"},
		"null:":            {Coder: "null", Name: "-"},
	} {
		if got, err := parseTarget(in, 0); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "|cat", "@out", "out.mvg", "msl:out", "x:", "win:", "show:", "html:out", "ephemeral:out", "png:msl:out", "mpc:out",
		"https:out", "nosuch:out"} {
		if got, err := parseTarget(in, 0); err == nil {
			t.Errorf("%q: %+v", in, got)
		}
	}
}

func TestErrorsNameTheArgument(t *testing.T) {
	long := strings.Repeat("x", maxArgument+1)
	for _, c := range []struct {
		args []string
		want string // what the message must hold
	}{
		{nil, "no arguments"},
		{[]string{"out.png"}, "no input"},
		{[]string{"-size", "10x10", "out.png"}, "no input"},
		{[]string{"in.png", "-negate"}, `Argument 2, "-negate", stands where the output belongs`},
		{[]string{"in.png", "-resize", "50%"}, "output belongs"},
		{[]string{"in.png", "-annotate", "0", "x"}, "output belongs"},
		{[]string{"in.png", "-rezise", "5", "o.png"}, `Argument 2, "-rezise", is not an option of convert; did you mean -resize?`},
		{[]string{"in.png", "-resi", "5", "o.png"}, "did you mean"},
		{[]string{"in.png", "-qwertyuiop", "o.png"}, "is not an option"},
		{[]string{"in.png", "-clahe", "o.png"}, "ImageMagick 7"},
		{[]string{"in.png", "-dissolve", "50", "o.png"}, "another program"},
		{[]string{"in.png", "+resize", "50", "o.png"}, "did you mean -resize?"},
		{[]string{"in.png", "-resize", "big", "o.png"}, `Argument 3 of -resize, "big", is not allowed; expected a geometry`},
		{[]string{"in.png", "-filter", "lanczoss", "o.png"}, `"Lanczos"`},
		{[]string{"in.png", "-fill", "in.png", "o.png"}, "expected a colour"},
		{[]string{"in.png", "-fill", "msl:x", "o.png"}, "refused"},
		{[]string{"in.png", "-annotate", "0", "@/etc/passwd", "o.png"}, "cannot be read"},
		{[]string{"in.png", "-write", "o.gif", "o.png"}, "registers"},
		{[]string{"in.png", "-process", "x", "o.png"}, "refused"},
		{[]string{"(", "in.png", "o.png"}, "leaves 1 parentheses open"},
		{[]string{"in.png", ")", "o.png"}, "never opened"},
		{[]string{"in.png", "("}, "output belongs"},
		{[]string{"in.png", "-label", "a\x00b", "o.png"}, "zero byte"},
		{[]string{"in.png", long, "o.png"}, "no more than 16384"},
		{append(strings.Fields(strings.Repeat("in.png ", maxArguments)), "o.png"), "no more than 1000"},
		{append(strings.Fields(strings.Repeat("( ", 40)), "o.png"), "more than 32 parentheses"},
		{[]string{"in.png", "-resize", strings.Repeat("ü", 4000), "o.png"}, "…"},
		{[]string{"in.png", "-resize", "a\x1b[31m\xff", "o.png"}, `"a?[31m?"`},
	} {
		_, err := Parse(c.args)
		if kindOf(err) != event.UnsupportedArgument || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80q: %v; want a message with %q", c.args, err, c.want)
		} else if len(err.Error()) > 900 {
			t.Errorf("%.80q: a message of %d bytes", c.args, len(err.Error()))
		}
	}
}

func words(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(data))
}

// testdata/options.txt holds the options that convert 6.9.11 takes, with both signs.
func TestEveryOptionHasARow(t *testing.T) {
	for _, w := range words(t, "options.txt") {
		o, ok := Lookup(w[1:])
		if !ok {
			t.Errorf("%s has no row", w)
		} else if w[0] == '-' && o.Refused == "" && len(o.Minus) > 2 {
			t.Errorf("%s takes %d arguments", w, len(o.Minus))
		}
	}
	seen := map[string]bool{}
	for _, o := range Options() {
		if seen[o.Name] {
			t.Errorf("%s stands twice in the table", o.Name)
		}
		seen[o.Name] = true
		for _, a := range append(o.Minus[:len(o.Minus):len(o.Minus)], o.Plus...) {
			if a.Kind == EnumArgument && enums[a.List] == "" {
				t.Errorf("%s chooses from %q, which is no list", o.Name, a.List)
			}
		}
	}
}

// testdata/coders.txt holds the formats of convert 6.9.11.
func TestEveryCoderIsAllowedOrRefused(t *testing.T) {
	for _, c := range words(t, "coders.txt") {
		if !isCoder(c) {
			t.Errorf("%s: is neither known nor refused", c)
		}
	}
}

// What reaches files, hosts, devices or other programs is refused in every place that takes a name.
func TestDangerousNamesAreRefused(t *testing.T) {
	readers := strings.Fields(`msl mvg text ephemeral inline data fd file vid mpc mpri html url http https ftp x win show
		display clipboard ai epdf pdf eps epsi ept ps ps2 ps3 xps dot gv man dng cr2 nef mp4 mov webm avi pcl hpgl delegate`)
	names := []string{"@list.txt", "|id", "label:@x", "caption:@x", "pango:@x", "unknown:x"}
	for _, r := range readers {
		names = append(names, r+":x", strings.ToUpper(r)+":x[0]")
	}
	for _, name := range names {
		for _, args := range [][]string{
			{name, "o.png"}, {"rose:", "-tile", name, "o.png"}, {"rose:", "-remap", name, "o.png"}, {"rose:", "-profile", name, "o.png"},
			{"rose:", "-mask", name, "o.png"}, {"rose:", "-texture", name, "o.png"}, {"rose:", "-fill", name, "o.png"},
			{"rose:", "-write", name, "o.png"}, {"rose:", "-draw", "image over 0,0 0,0 '" + name + "'", "o.png"},
		} {
			if p, err := Parse(args); kindOf(err) != event.UnsupportedArgument {
				t.Errorf("%q is %+v, %v", args, p, err)
			}
		}
	}
	for _, args := range [][]string{
		{"-authenticate", "x"}, {"-process", "x"}, {"-cdl", "x"}, {"-encipher", "x"}, {"-decipher", "x"}, {"-display", "x"},
		{"-list", "policy"}, {"-bench", "9"}, {"-concatenate", "a", "b"}, {"-label", "@x"}, {"-comment", "@x"},
		{"-caption", "@x"}, {"-format", "@x"}, {"-print", "@x"}, {"-fx", "@x"}, {"-font", "@x"}, {"-set", "a", "@x"},
		{"-draw", "@x"}, {"-convolve", "@x"}, {"-define", "registry:temporary-path=/tmp"}, {"-define", "a=@x"},
		{"-set", "option:registry:x", "y"}, {"-distort", "Affine", "@x"}, {"-format", "%[env:HOME]"},
	} {
		if p, err := Parse(append(append([]string{"rose:"}, args...), "o.png")); kindOf(err) != event.UnsupportedArgument {
			t.Errorf("%q is %+v, %v", args, p, err)
		}
	}
}

func TestHarmlessOptionsAreLeftOut(t *testing.T) {
	p, err := Parse(strings.Fields("-quiet -regard-warnings -limit memory 50MiB -debug none -monitor rose: +noop out.png"))
	if err != nil || len(p.Steps) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestParseIdentify(t *testing.T) {
	p, err := ParseIdentify([]string{"-format", `%wx%h\n`, "-ping", "in.png"})
	if err != nil || inOrder(p) != `-format %wx%h\n -ping in.png` || p.Output != (Target{}) {
		t.Errorf("%+v, %v", p, err)
	}
	for _, args := range [][]string{nil, {"-verbose"}, {"in.png", "-format"}, {"-format", "%[", "in.png"}, {"in.png", "("}} {
		if p, err := ParseIdentify(args); kindOf(err) != event.UnsupportedArgument {
			t.Errorf("%q is %+v, %v", args, p, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, args := range commandLines(f) {
		f.Add(strings.Join(args, "\n"))
	}
	f.Fuzz(func(t *testing.T, s string) {
		args := strings.Split(s, "\n")
		p, err := Parse(args)
		if err != nil {
			if kindOf(err) != event.UnsupportedArgument {
				t.Errorf("%q: %v", args, err)
			}
			return
		}
		if len(p.Steps) > 4*len(args) {
			t.Errorf("%d arguments make %d steps", len(args), len(p.Steps))
		}
		first := strings.Join(p.Args(), "\n")
		again, err := Parse(p.Args())
		if err != nil {
			t.Fatalf("%q rebuilt %q: %v", args, p.Args(), err)
		}
		if second := strings.Join(again.Args(), "\n"); second != first {
			t.Errorf("%q rebuilt\n%q, and that\n%q", args, first, second)
		}
	})
}
