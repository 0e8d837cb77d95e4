package magick

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseTemplate(t *testing.T) {
	text := func(s string) Segment { return Segment{Literal: s} }
	letter := func(c byte) Segment { return Segment{Letter: c} }
	property := func(s string) Segment { return Segment{Property: s} }
	for in, want := range map[string]Template{
		"":                   nil,
		"hello":              {text("hello")},
		"%wx%h":              {letter('w'), text("x"), letter('h')},
		`%f: %wx%h\n`:        {letter('f'), text(": "), letter('w'), text("x"), letter('h'), text("\n")},
		"100% pure":          {text("100% pure")},
		"100%":               {text("100%")},
		"%%w":                {text("%w")},
		`a\tb\\n`:            {text(`atb\n`)},
		"&lt;a&amp;b&GT;&x;": {text("<a&b>&x;")},
		"%@%#":               {letter('@'), letter('#')},
		"%[fx:w*2]px":        {property("fx:w*2"), text("px")},
		"%[pixel:p[0,0]]":    {property("pixel:p[0,0]")},
		"%[pixel:p{0,0}]":    {property("pixel:p{0,0}")},
		"%[EXIF:*]":          {property("EXIF:*")},
		"a\\\nb":             {text("ab")},
	} {
		got, err := ParseTemplate(in)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v, %v; want %#v", in, got, err, want)
		}
	}
	for _, in := range []string{"%[", "%[fx:w", "%[a[b]"} {
		if got, err := ParseTemplate(in); err == nil {
			t.Errorf("%q is %#v", in, got)
		}
	}
}

// joined puts literals that stand side by side together.
func joined(t Template) Template {
	var out Template
	for _, s := range t {
		if n := len(out); n > 0 && s.Literal != "" && out[n-1].Literal != "" {
			out[n-1].Literal += s.Literal
			continue
		}
		out = append(out, s)
	}
	return out
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{`%f: %wx%h\n`, "100% pure", "%[fx:w*2]", "%[pixel:p[0,0]]", "&lt;&amp;", "%", `\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tmpl, err := ParseTemplate(s)
		if err != nil || strings.Contains(s, "%[]") {
			return
		}
		again, err := ParseTemplate(tmpl.String())
		if err != nil || !reflect.DeepEqual(joined(again), joined(tmpl)) {
			t.Errorf("%q is %#v, written %q, which is %#v (%v)", s, tmpl, tmpl, again, err)
		}
	})
}
