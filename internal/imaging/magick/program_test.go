package magick

import (
	"slices"
	"testing"
)

func TestSources(t *testing.T) {
	p, err := Parse([]string{"a.png", "-fill", "red", "-tile", "b.png", "-draw", "image over 0,0 0,0 'c.png' image over 1,1 0,0 png:d", "-remap", "e.gif[0]",
		"-profile", "f.icc", "(", "tile:h.png[0]", "tile:rose:", "xc:red", "+profile", "icc", ")", "-annotate", "0", "g.png", "out.png"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range p.Steps {
		for _, src := range s.Sources() {
			if !src.Generated() {
				got = append(got, src.Name)
			}
		}
	}
	if want := []string{"a.png", "b.png", "c.png", "d", "e.gif", "f.icc", "h.png"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCoders(t *testing.T) {
	all := map[string]Coder{}
	for _, c := range Coders() {
		all[c.Name] = c
	}
	for name, want := range map[string]struct{ generated, read, write bool }{
		"png": {false, true, true}, "xc": {true, true, true}, "msl": {false, false, false}, "ps": {false, false, true}, "info": {false, false, true}, "https": {false, false, false},
	} {
		c, ok := all[name]
		if !ok || c.Generated != want.generated || (c.Read == "") != want.read || (c.Write == "") != want.write {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestTileNamesNoMoreThanASource(t *testing.T) {
	for _, name := range []string{"tile:msl:a", "tile:https://a/b.png", "tile:@a", "tile:tile:a.png", "tile:"} {
		if _, err := ParseSource(name); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
