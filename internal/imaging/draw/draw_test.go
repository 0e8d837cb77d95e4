package draw

import (
	"context"
	"math"
	"testing"
)

// inked gives how many pixels' worth a drawing's fills and strokes cover on a canvas of 40 x 30.
func inked(t *testing.T, text string) (fill, stroke float64) {
	t.Helper()
	primitives, err := Parse(text, Default())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, p := range primitives {
		inside, strokes := p.State.Shapes(p.Path)
		add := func(s Shape, sum *float64, of func(fill, stroke []float32) []float32) {
			err := s.Rows(context.Background(), 40, 30, func(_, _ int, fill, stroke []float32) {
				for _, v := range of(fill, stroke) {
					*sum += float64(v)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		add(inside, &fill, func(f, _ []float32) []float32 { return f })
		for _, s := range strokes {
			add(s, &stroke, func(f, line []float32) []float32 {
				if s.Fill {
					return f
				}
				return line
			})
		}
	}
	return fill, stroke
}

func TestCoverage(t *testing.T) {
	for _, row := range []struct {
		text         string
		fill, stroke float64
	}{
		// From 10 to 20 are eleven pixels, and the edges of whole numbers leave nothing on the next.
		{"rectangle 10,10 20,20", 121, 0},
		{"rectangle 20,20 10,10", 121, 0},
		{"polygon 10,10 20,10 20,20 10,20", 121, 0},
		{"path 'M10,10h10v10h-10z'", 121, 0},
		{"path 'm10 10 10 0 0 10-10 0z'", 121, 0},
		{"rectangle -10,-10 100,100", 1200, 0},
		{"rectangle 100,100 200,200", 0, 0},
		// By the even-odd rule the inner square is a hole, but for its edge.
		{"path 'M10,10h10v10h-10z M12,12h6v6h-6z'", 121 - 25, 0},
		{"fill-rule nonzero path 'M10,10h10v10h-10z M12,12h6v6h-6z'", 121, 0},
		{"push graphic-context translate 10,10 rectangle 0,0 10,10 pop graphic-context", 121, 0},
		{"scale 2,2 rectangle 5,5 10,10", 121, 0},
		{"rotate 90 rectangle 10,-20 20,-10", 121, 0},
		// A line of one pixel covers its pixels, and a sixteenth of each of those beside them.
		{"fill none stroke black line 5,5 15,5", 11, 12.4},
		{"", 0, 0},
		{"# a comment\nrectangle 10,10 20,20", 121, 0},
	} {
		fill, stroke := inked(t, row.text)
		if math.Abs(fill-row.fill) > 0.01 {
			t.Errorf("%q fills %.3f pixels, not %.3f", row.text, fill, row.fill)
		}
		if math.Abs(stroke-row.stroke) > 0.5 {
			t.Errorf("%q strokes %.3f pixels, not %.3f", row.text, stroke, row.stroke)
		}
	}
}

func TestAreas(t *testing.T) {
	for text, area := range map[string]float64{
		"circle 20,15 20,5":                  math.Pi * 100,
		"ellipse 20,15 12,8 0,360":           math.Pi * 96,
		"roundRectangle 5,5 35,25 6,6":       30*20 - (4-math.Pi)*36,
		"path 'M10,15 A10,10 0 1 1 30,15 z'": math.Pi * 50,
		"bezier 5,25 5,5 35,5 35,25":         30 * 20 * 0.6,
	} {
		fill, _ := inked(t, text)
		// Shapes are up to half a pixel larger than geometry says.
		if fill < area || fill > area*1.25+10 {
			t.Errorf("%q covers %.1f pixels, where geometry says %.1f", text, fill, area)
		}
	}
}

func TestDashes(t *testing.T) {
	pen := Pen{Width: 2, Dash: []float64{4, 2}, DashOffset: 1}
	pieces := pen.dashed(Path{{Points: []Point{{0, 0}, {12, 0}}}})
	want := [][2]float64{{0, 3}, {5, 9}, {11, 12}}
	if len(pieces) != len(want) {
		t.Fatalf("%d dashes: %v", len(pieces), pieces)
	}
	for i, w := range want {
		points := pieces[i].Points
		if points[0].X != w[0] || points[len(points)-1].X != w[1] {
			t.Errorf("dash %d is %v, not %v", i, points, w)
		}
	}
}

func TestMatrix(t *testing.T) {
	m := Rotation(90).Then(Matrix{SX: 2, SY: 3, TX: 5, TY: 7})
	if got := m.Apply(Point{1, 1}); math.Abs(got.X+10) > 1e-9 || math.Abs(got.Y-7) > 1e-9 {
		t.Errorf("%v", got)
	}
	if s := m.Scale(); math.Abs(s-math.Sqrt(6)) > 1e-9 {
		t.Errorf("scale %v", s)
	}
}

func TestWhatIsRefused(t *testing.T) {
	for _, text := range []string{
		"hexagon 1,2", "line 1,2", "rectangle 1,2 3", "circle 1,2,3", "path 'L 1,2 X'", "path '1,2'", "path 'M 1'", "rotate", "text 5,5",
		"pop graphic-context", "color 1,1 splash", "fill notacolour", "push pattern p 0,0 5,5", "gravity up", "stroke-linecap pointed",
		"image over 1,2 3,4", "polygon 1,1 2,2", "line 1e300,0 5,5",
	} {
		if _, err := Parse(text, Default()); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// FuzzParse draws what it can parse on a small canvas: no panic, no hang, no coverage beyond 0 to 1.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"fill red stroke blue stroke-width 3 rectangle 1,1 20,20", "path 'M 1,2 C 3,4 5,6 7,8 S 1,1 2,2 Q 1,2 3,4 T 5,6 A 3,3 0 0 1 9,9 z'",
		"stroke black stroke-dasharray 3 2 1 stroke-linejoin bevel polyline 1,1 10,10 20,1", "rotate 45 skewX 10 affine 1,0,0,1,5,5 circle 5,5 9,9",
		"push graphic-context text 1,1 'it\\'s' pop graphic-context color 1,1 floodfill", "stroke red stroke-linecap round arc 1,1 30,20 0,400",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		primitives, err := Parse(text, Default())
		if err != nil || len(primitives) > 50 {
			return
		}
		for _, p := range primitives {
			fill, strokes := p.State.Shapes(p.Path)
			for _, s := range append(strokes, fill) {
				if s.Cost(40, 30) > 1e6 {
					return
				}
				_ = s.Rows(context.Background(), 40, 30, func(y, left int, fill, stroke []float32) {
					if y < 0 || y >= 30 || left < 0 || left+len(fill) > 40 {
						t.Fatalf("row %d from %d of %d", y, left, len(fill))
					}
					for i := range fill {
						if !(fill[i] >= 0 && fill[i] <= 1 && stroke[i] >= 0 && stroke[i] <= 1) {
							t.Fatalf("%q covers %v and %v", text, fill[i], stroke[i])
						}
					}
				})
			}
		}
	})
}
