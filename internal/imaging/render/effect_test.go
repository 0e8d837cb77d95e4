package render

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// effectCases hold what ImageMagick 6.9.11-60 makes of the picture of effectPicture, as in
//
//	convert picture.ppm -blur 0x1 -colorspace sRGB -depth 8 rgb:-
//
// the size, and red and blue at (0,0), (3,4), (7,2) and (10,8).
var effectCases = []struct {
	args string
	size string
	want []int
}{
	{"-blur 0x1", "12x10", []int{16, 138, 160, 85, 122, 111, 126, 130}},
	{"-blur 2x1.5", "12x10", []int{21, 143, 145, 100, 122, 119, 122, 132}},
	{"-channel R -blur 0x1", "12x10", []int{16, 122, 160, 51, 122, 43, 126, 70}},
	{"-gaussian-blur 0x1", "12x10", []int{15, 137, 162, 82, 122, 110, 126, 129}},
	{"-sharpen 0x1", "12x10", []int{0, 108, 204, 23, 224, 0, 255, 18}},
	{"-unsharp 0x1", "12x10", []int{0, 105, 209, 16, 231, 0, 255, 9}},
	{"-unsharp 0x2+2+0", "12x10", []int{0, 72, 255, 0, 255, 0, 255, 0}},
	{"-edge 1", "12x10", []int{0, 0, 114, 0, 255, 0, 255, 0}},
	{"-emboss 1", "12x10", []int{0, 52, 91, 0, 139, 0, 255, 0}},
	{"-charcoal 1", "12x10", []int{255, 255, 74, 74, 79, 79, 47, 47}},
	{"-convolve 0,-1,0,-1,6,-1,0,-1,0", "12x10", []int{0, 104, 153, 19, 255, 0, 255, 0}},
	{"-bias 20% -morphology Convolve Sobel", "12x10", []int{92, 92, 97, 255, 25, 0, 179, 179}},
	{"-median 3", "12x10", []int{7, 129, 185, 69, 117, 124, 99, 149}},
	{"-statistic Mean 3x4", "12x10", []int{10, 132, 163, 72, 129, 123, 111, 126}},
	{"-statistic Mode 3x3", "12x10", []int{0, 122, 11, 9, 2, 23, 21, 11}},
	{"-statistic Nonpeak 3x3", "12x10", []int{7, 129, 185, 69, 117, 124, 99, 149}},
	{"-statistic Gradient 3x3", "12x10", []int{49, 49, 242, 124, 223, 216, 192, 232}},
	{"-statistic StandardDeviation 3x3", "12x10", []int{16, 16, 66, 42, 74, 68, 66, 72}},
	{"-paint 1", "12x10", []int{0, 122, 143, 9, 53, 175, 21, 143}},
	{"-despeckle", "12x10", []int{1, 118, 185, 55, 169, 55, 192, 82}},
	{"-enhance", "12x10", []int{1, 123, 184, 50, 178, 44, 206, 72}},
	{"-lat 5x5+2%", "12x10", []int{0, 0, 255, 0, 255, 0, 255, 0}},
	{"-swirl 90", "12x10", []int{0, 122, 194, 60, 49, 113, 196, 77}},
	{"-implode .4", "12x10", []int{0, 122, 169, 35, 163, 44, 201, 73}},
	{"-wave 2x6", "12x14", []int{255, 255, 149, 15, 255, 255, 188, 54}},
	{"-shade 30x40", "12x10", []int{168, 168, 165, 165, 195, 195, 133, 133}},
	{"-motion-blur 0x2+30", "12x10", []int{42, 149, 178, 99, 101, 82, 142, 179}},
	{"-radial-blur 20", "12x10", []int{7, 129, 185, 51, 177, 43, 140, 108}},
	{"-selective-blur 0x2+15%", "12x10", []int{10, 130, 161, 73, 165, 56, 144, 105}},
	{"-adaptive-blur 0x1", "12x10", []int{15, 137, 180, 61, 122, 109, 141, 117}},
	{"-adaptive-sharpen 0x1", "12x10", []int{0, 122, 204, 23, 224, 0, 255, 18}},
	{"-morphology Dilate Disk:2", "12x10", []int{58, 180, 253, 247, 225, 239, 213, 243}},
	{"-morphology Erode:2 Plus:1", "12x10", []int{0, 122, 11, 9, 2, 13, 21, 2}},
	{"-morphology Close Rectangle:3x2", "12x10", []int{49, 171, 185, 102, 197, 157, 204, 189}},
	{"-morphology Smooth Diamond", "12x10", []int{29, 151, 148, 69, 53, 58, 68, 70}},
	{"-morphology EdgeOut Octagon", "12x10", []int{91, 91, 68, 204, 75, 203, 29, 173}},
	{"-morphology Edge Square", "12x10", []int{49, 49, 242, 124, 223, 216, 192, 232}},
	{"-morphology Thinning Skeleton", "12x10", []int{0, 102, 185, 4, 177, 25, 204, 69}},
	{"-morphology HitAndMiss Corners", "12x10", []int{7, 7, 69, 69, 0, 0, 0, 0}},
	{"-distort SRT 30", "12x10", []int{96, 227, 165, 129, 55, 161, 182, 112}},
	{"-distort SRT 5,4,.4,.6,20,6,5", "12x10", []int{0, 122, 118, 171, 186, 124, 22, 135}},
	{"+distort SRT 30", "18x16", []int{65, 187, 122, 199, 36, 158, 218, 92}},
	{"-virtual-pixel Tile -distort SRT .5,15", "12x10", []int{147, 107, 164, 99, 140, 157, 123, 122}},
	{"-virtual-pixel Black -distort Arc 90", "20x12", []int{0, 0, 42, 170, 142, 87, 175, 145}},
	{"-distort Barrel 0.1,0.05,0,0.9", "12x10", []int{0, 120, 203, 62, 170, 52, 157, 156}},
	{"-distort BarrelInverse 0.1,0.05,0,0.9", "12x10", []int{57, 179, 184, 41, 153, 42, 122, 104}},
	{"-distort Perspective 0,0,1,0,0,9,0,8,11,0,9,2,11,9,11,9", "12x10", []int{12, 134, 225, 76, 158, 86, 164, 110}},
	{"-distort Affine 0,0,1,2,9,0,9,1,0,9,3,9", "12x10", []int{0, 121, 130, 166, 94, 122, 211, 125}},
	{"-distort AffineProjection .9,.1,-.1,1.1,1,2", "12x10", []int{0, 122, 113, 186, 133, 195, 162, 140}},
	{"-distort BilinearReverse 0,0,1,0,0,9,0,8,11,0,9,2,11,9,11,9", "12x10", []int{5, 127, 207, 56, 149, 131, 172, 85}},
	{"-distort BilinearForward 0,0,1,0,0,9,0,8,11,0,9,2,11,9,11,9", "12x10", []int{3, 125, 194, 52, 204, 102, 196, 73}},
	{"-distort Polynomial 1.5,0,0,1,0,0,9,0,8,11,0,9,2,11,9,11,9", "12x10", []int{5, 127, 207, 56, 149, 131, 172, 85}},
	{"-distort Polar 0", "12x10", []int{35, 157, 188, 38, 113, 114, 143, 213}},
	{"-distort DePolar 0", "12x10", []int{79, 196, 160, 127, 187, 58, 117, 118}},
	{"-distort Shepards 3,3,5,4,9,8,8,8", "12x10", []int{0, 121, 136, 208, 87, 161, 129, 164}},
}

// effectPicture makes 12x10 pixels without symmetry: (7x² + 29y + 61band + 13xy mod 50) mod 256.
func effectPicture(t *testing.T, scope *vips.Scope) *Picture {
	t.Helper()
	const width, height = 12, 10
	var pix []byte
	for y := range height {
		for x := range width {
			for band := range 3 {
				pix = append(pix, byte(x*x*7+y*29+band*61+(x*y*13)%50))
			}
		}
	}
	img, err := scope.FromPixels(pix, width, height, 3, vips.Uchar, vips.SRGB)
	if err != nil {
		t.Fatal(err)
	}
	return &Picture{img: img, settled: true, Space: SRGB, Depth: 8, Properties: map[string]string{}, Profiles: map[string][]byte{}}
}

// afterEffects runs operators on a picture.
func afterEffects(t *testing.T, engine *Engine, p *Picture, args string) (*Picture, error) {
	t.Helper()
	program, err := magick.Parse(append(append([]string{"in.png"}, strings.Fields(args)...), "out.png"))
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{engine: engine, scope: p.img.Scope(), settings: newSettings(), registers: map[string][]*Picture{}, job: Job{Program: &magick.Program{}}}
	m.current = []*Picture{p}
	for _, step := range program.Steps {
		if step.Class == magick.Read {
			continue
		}
		if err := m.step(step); err != nil {
			return nil, err
		}
	}
	return m.current[0], nil
}

func TestEffects(t *testing.T) {
	engine := newEngine(t)
	for _, c := range effectCases {
		t.Run(c.args, func(t *testing.T) {
			scope := engine.lib.NewScope(context.Background())
			defer scope.Close()
			p, err := afterEffects(t, engine, effectPicture(t, scope), c.args)
			if err != nil {
				t.Fatal(err)
			}
			if size := fmt.Sprintf("%dx%d", p.Width(), p.Height()); size != c.size {
				t.Fatalf("the size is %s, want %s", size, c.size)
			}
			r, err := p.raster()
			if err != nil {
				t.Fatal(err)
			}
			for i, at := range [][2]int{{0, 0}, {3, 4}, {7, 2}, {10, 8}} {
				for j, band := range []int{0, min(2, p.colours()-1)} {
					got := (int(r.Pix[(at[1]*r.Width+at[0])*r.Bands+band]) + 128) / 257
					if want := c.want[2*i+j]; max(got-want, want-got) > 2 {
						t.Errorf("band %d at %v is %d, want %d", band, at, got, want)
					}
				}
			}
		})
	}
}

// TestRandomEffects: one seed gives one picture, another seed another, and every effect changes the picture.
func TestRandomEffects(t *testing.T) {
	engine := newEngine(t)
	for _, effect := range []string{"+noise Gaussian", "+noise Impulse", "+noise Laplacian", "+noise Multiplicative", "+noise Poisson",
		"+noise Random", "+noise Uniform", "-spread 3", "-sketch 0x2+30"} {
		t.Run(effect, func(t *testing.T) {
			scope := engine.lib.NewScope(context.Background())
			defer scope.Close()
			made := func(seed string) []uint16 {
				p, err := afterEffects(t, engine, effectPicture(t, scope), "-seed "+seed+" "+effect)
				if err != nil {
					t.Fatal(err)
				}
				r, err := p.raster()
				if err != nil {
					t.Fatal(err)
				}
				return r.Pix
			}
			first := made("7")
			if !slices.Equal(first, made("7")) {
				t.Error("the same seed gives another picture")
			}
			if slices.Equal(first, made("8")) {
				t.Error("another seed gives the same picture")
			}
		})
	}
}

// TestShadowPage has its numbers from `convert picture.ppm -shadow 80x3+5+2 -format %wx%h%O info:`, which prints 24x22-1-4.
func TestShadowPage(t *testing.T) {
	engine := newEngine(t)
	scope := engine.lib.NewScope(context.Background())
	defer scope.Close()
	p, err := afterEffects(t, engine, effectPicture(t, scope), "-shadow 80x3+5+2")
	if err != nil {
		t.Fatal(err)
	}
	if p.Width() != 24 || p.Height() != 22 || p.Page.X != -1 || p.Page.Y != -4 {
		t.Errorf("%dx%d at %+v, want 24x22-1-4", p.Width(), p.Height(), p.Page)
	}
}

// TestEffectBounds: what would take the machine down is refused before anything runs.
func TestEffectBounds(t *testing.T) {
	engine := newEngine(t)
	for _, args := range []string{"-blur 0x1e6", "-edge 1e5", "-paint 1e6", "-statistic Median 5000x5000", "-wave 1e9x5", "-shear 89.9999x0",
		"+distort SRT 1e6,0", "-distort Affine 0,0,1,1,0,0,2,2,0,0,3,3", "-morphology Dilate Disk:1e5", "-shadow 80x1e7", "-selective-blur 0x400+5%"} {
		t.Run(args, func(t *testing.T) {
			scope := engine.lib.NewScope(context.Background())
			defer scope.Close()
			_, err := afterEffects(t, engine, effectPicture(t, scope), args)
			var public *event.Error
			if !errors.As(err, &public) {
				t.Errorf("the error is %v, want one for the public", err)
			}
		})
	}
}
