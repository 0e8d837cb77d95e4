package typeface

import (
	"testing"
)

func TestBundledFontsHaveHelveticasWidths(t *testing.T) {
	face, known := NewCatalog(nil).Face(Request{})
	if !known {
		t.Error("the default font is not known")
	}
	s := face.Sized(12, 12, true)
	// convert -debug annotate -annotate +5+20 Hello: width 29 in Nimbus Sans, and in Liberation Sans with ascent 11, descent -3.
	if line := s.Line("Hello", Spacing{}); line.Width != 29 || line.Advance != 29 {
		t.Errorf("Hello is %v wide", line.Width)
	}
	if s.Ascent != 11 || s.Descent != -3 {
		t.Errorf("ascent %v, descent %v", s.Ascent, s.Descent)
	}
}

func TestSpacing(t *testing.T) {
	face, _ := NewCatalog(nil).Face(Request{})
	s := face.Sized(20, 20, true)
	plain := s.Line("a b", Spacing{}).Width
	if got := s.Line("a b", Spacing{Letter: 3}).Width; got != plain+6 {
		t.Errorf("%v with letters 3 apart, %v without", got, plain)
	}
	blank := s.Line(" ", Spacing{}).Width
	if got := s.Line("a b", Spacing{Word: 30}).Width; got != plain-blank+30 {
		t.Errorf("%v with words 30 apart, %v without", got, plain)
	}
}

func TestHintingBringsLettersToWholePixels(t *testing.T) {
	face, _ := NewCatalog(nil).Face(Request{})
	for _, size := range []float64{9, 12, 17.5, 33, 60} {
		line := face.Sized(size, size, true).Line("xz", Spacing{})
		if line.Bottom != 0 || line.Top != float64(int(line.Top)) {
			t.Errorf("at %v pixels, xz reaches from %v to %v", size, line.Bottom, line.Top)
		}
	}
}

func TestNamesOfFonts(t *testing.T) {
	c := NewCatalog(nil)
	regular, _ := c.Face(Request{})
	for _, row := range []struct {
		ask   Request
		known bool
		same  bool // as the default
	}{
		{Request{Name: "Helvetica"}, true, true},
		{Request{Name: "helvetica-bold"}, true, false},
		{Request{Name: "Times-Roman"}, true, false},
		{Request{Name: "Liberation-Mono-Bold"}, true, false},
		{Request{Family: "Helvetica", Bold: true}, true, false},
		{Request{Family: "Times", Italic: true}, true, false},
		{Request{Bold: true}, true, false},
		{Request{Name: "Nonesuch"}, false, true},
		{Request{Name: "../../etc/passwd"}, false, true},
		{Request{Family: "Nonesuch"}, false, true},
	} {
		face, known := c.Face(row.ask)
		if known != row.known || (face == regular) != row.same {
			t.Errorf("%+v: known %v, the default %v", row.ask, known, face == regular)
		}
	}
}

func TestFontsThatAreNone(t *testing.T) {
	if _, err := newFace([]byte("no font"), false); err == nil {
		t.Error("a text is taken for a font")
	}
}
