package render

import (
	"context"
	"math"
	"strings"
	"testing"

	"bluerose/internal/imaging/magick"
)

// painted runs a command line, without its output, and gives the first pixel of every picture: red, green, blue and alpha,
// 0 to 65535, in the picture's own colourspace.
func painted(t *testing.T, line string) [][4]uint16 {
	t.Helper()
	program, err := magick.Parse(append(strings.Fields(line), "png:-"))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	engine := newEngine(t)
	scope := engine.lib.NewScope(context.Background())
	defer scope.Close()
	m := &machine{engine: engine, scope: scope, settings: newSettings(), registers: map[string][]*Picture{}, job: Job{Program: &magick.Program{}}}
	if err := m.run(program.Steps); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	var out [][4]uint16
	for _, p := range m.current {
		if p, err = p.toRGB(); err != nil {
			t.Fatal(err)
		}
		r, err := p.raster()
		if err != nil {
			t.Fatal(err)
		}
		px := [4]uint16{3: fullRange}
		copy(px[:], r.Pix[:r.Bands])
		out = append(out, px)
	}
	return out
}

// A colourRow is a command line, and the pixels that ImageMagick 6.9.11-60 gives for it:
// convert LINE -depth 16 txt:-
type colourRow struct {
	line string
	want [][4]uint16
}

// compareColours allows half a step of 8 bits, and some more for what is computed of rounded numbers.
func compareColours(t *testing.T, rows []colourRow, tolerance float64) {
	t.Helper()
	for _, row := range rows {
		got := painted(t, row.line)
		if len(got) != len(row.want) {
			t.Errorf("%s: %d pictures, want %d", row.line, len(got), len(row.want))
			continue
		}
		for i, px := range got {
			for band, v := range px {
				want := row.want[i]
				if band < 3 && px[3] == 0 && want[3] == 0 {
					continue // nobody sees it
				}
				if math.Abs(float64(v)-float64(want[band])) > tolerance {
					t.Errorf("%s: picture %d is %v, want %v", row.line, i, px, want)
					break
				}
			}
		}
	}
}

func TestColourOperators(t *testing.T) {
	compareColours(t, []colourRow{
		{"xc:#406080 -negate", [][4]uint16{{49087, 40863, 32639, 65535}}},
		{"xc:#406080 -channel R -negate", [][4]uint16{{49087, 24672, 32896, 65535}}},
		{"xc:#406080 +negate", [][4]uint16{{16448, 24672, 32896, 65535}}},
		{"xc:#606060 +negate", [][4]uint16{{40863, 40863, 40863, 65535}}},
		{"xc:#406080 -modulate 120,80,70", [][4]uint16{{21711, 37501, 31185, 65535}}},
		{"xc:#406080 -modulate 150", [][4]uint16{{27499, 37008, 46517, 65535}}},
		{"xc:#406080 -gamma 1.6", [][4]uint16{{27622, 35588, 42598, 65535}}},
		{"xc:#406080 -gamma 1.2,0.8,1.5", [][4]uint16{{20710, 19326, 41392, 65535}}},
		{"xc:#406080 -level 10%,80%,2", [][4]uint16{{30436, 41186, 49661, 65535}}},
		{"xc:#406080 -level 33%", [][4]uint16{{0, 8957, 33145, 65535}}},
		{"xc:#406080 +level 10%,80%,2", [][4]uint16{{9443, 13055, 18112, 65535}}},
		{"xc:#406080 -level-colors navy,gold", [][4]uint16{{16448, 29262, 0, 65535}}},
		{"xc:#406080 +level-colors navy,gold", [][4]uint16{{16448, 20802, 16383, 65535}}},
		{"xc:#406080 -contrast", [][4]uint16{{16466, 24700, 32933, 65535}}},
		{"xc:#406080 +contrast", [][4]uint16{{16430, 24644, 32859, 65535}}},
		{"xc:#406080 -brightness-contrast 20x30", [][4]uint16{{23384, 36805, 50225, 65535}}},
		{"xc:#406080 -threshold 30%", [][4]uint16{{65535, 65535, 65535, 65535}}},
		{"xc:#406080 -threshold 40%", [][4]uint16{{0, 0, 0, 65535}}},
		{"xc:#406080 -channel RGB -threshold 30%", [][4]uint16{{0, 65535, 65535, 65535}}},
		{"xc:#406080 -posterize 4", [][4]uint16{{21845, 21845, 43690, 65535}}},
		{"xc:#406080 -solarize 40%", [][4]uint16{{16448, 24672, 32639, 65535}}},
		{"xc:#406080 -fill red -opaque #456585", [][4]uint16{{16448, 24672, 32896, 65535}}},
		{"xc:#406080 -fuzz 5% -fill red -opaque #456585", [][4]uint16{{65535, 0, 0, 65535}}},
		{"xc:#406080 -fuzz 5% -fill red +opaque #456585", [][4]uint16{{16448, 24672, 32896, 65535}}},
		{"xc:#406080 -fuzz 5% -transparent #456585", [][4]uint16{{16448, 24672, 32896, 0}}},
		{"xc:#406080 -fill none -opaque #406080", [][4]uint16{{0, 0, 0, 65535}}},
		{"xc:#406080 -fill red -tint 60", [][4]uint16{{35536, 11587, 18960, 65535}}},
		{"xc:#406080 -fill red -colorize 30,50", [][4]uint16{{31174, 12336, 23027, 65535}}},
		{"xc:#40608080 -fill red -colorize 30", [][4]uint16{{31174, 17270, 23027, 32896}}},
		{"xc:#406080 -black-threshold 30%", [][4]uint16{{0, 24672, 32896, 65535}}},
		{"xc:#406080 -white-threshold 40%", [][4]uint16{{16448, 24672, 65535, 65535}}},
		{"xc:#406080 -sigmoidal-contrast 5,40%", [][4]uint16{{15939, 27635, 39756, 65535}}},
		{"xc:#406080 +sigmoidal-contrast 5,40%", [][4]uint16{{16835, 22677, 28185, 65535}}},
		{"xc:#406080 -evaluate add 10%", [][4]uint16{{23002, 31226, 39450, 65535}}},
		{"xc:#406080 -evaluate multiply 0.5", [][4]uint16{{8224, 12336, 16448, 65535}}},
		{"xc:#406080 -evaluate subtract 10000", [][4]uint16{{6448, 14672, 22896, 65535}}},
		{"xc:#406080 -evaluate divide 3", [][4]uint16{{5483, 8224, 10965, 65535}}},
		{"xc:#406080 -evaluate pow 2", [][4]uint16{{4128, 9288, 16513, 65535}}},
		{"xc:#406080 -evaluate log 10", [][4]uint16{{34315, 42669, 49058, 65535}}},
		{"xc:#406080 -evaluate cos 2", [][4]uint16{{2, 33373, 65525, 65535}}},
		{"xc:#406080 -evaluate xor 12345", [][4]uint16{{28793, 20569, 45241, 65535}}},
		{"xc:#406080 -evaluate max 40%", [][4]uint16{{26214, 26214, 32896, 65535}}},
		{"xc:#406080 -function polynomial 4,-4,1", [][4]uint16{{16256, 4000, 1, 65535}}},
		{"xc:#406080 -function sinusoid 3,-90,.4,.6", [][4]uint16{{38837, 21306, 65517, 65535}}},
		{"xc:#406080 -function arctan 10,.7", [][4]uint16{{1476, 2046, 3324, 65535}}},
		{"xc:#406080 -color-matrix 0.5,0.3,0.2,0.1,0.8,0.1,0,0.2,0.8", [][4]uint16{{22205, 24672, 31251, 65535}}},
		{"xc:#406080 -colorspace Gray", [][4]uint16{{23517, 23517, 23517, 65535}}},
		{"xc:#406080 -grayscale Rec601Luma", [][4]uint16{{23155, 23155, 23155, 65535}}},
		{"xc:#40608080 -alpha extract", [][4]uint16{{32896, 32896, 32896, 65535}}},
		{"xc:#40608080 -alpha off", [][4]uint16{{16448, 24672, 32896, 65535}}},
		{"xc:#40608080 -alpha off -alpha on", [][4]uint16{{16448, 24672, 32896, 32896}}},
		{"xc:#40608080 -alpha opaque", [][4]uint16{{16448, 24672, 32896, 65535}}},
		{"xc:#40608080 -alpha transparent", [][4]uint16{{16448, 24672, 32896, 0}}},
		{"xc:#406080 -alpha copy", [][4]uint16{{16448, 24672, 32896, 23517}}},
		{"xc:#406080 -background red -alpha shape", [][4]uint16{{65535, 0, 0, 23517}}},
		{"xc:#40608000 -background red -alpha background", [][4]uint16{{65535, 0, 0, 0}}},
		{"xc:#40608080 -background red -alpha remove", [][4]uint16{{40895, 12384, 16513, 65535}}},
		{"xc:#40608080 -background red -flatten", [][4]uint16{{40895, 12384, 16513, 65535}}},
		{"xc:#40608080 -alpha associate", [][4]uint16{{8256, 12384, 16513, 65535}}},
		{"xc:#40608080 -alpha disassociate", [][4]uint16{{32768, 49151, 65535, 65535}}},
		{"xc:#40608080 -channel A -negate", [][4]uint16{{16448, 24672, 32896, 32639}}},
		{"xc:#40608080 -channel A -evaluate multiply .5", [][4]uint16{{16448, 24672, 32896, 16448}}},
		{"xc:gray30 xc:gray50 xc:gray80 -combine", [][4]uint16{{19789, 32639, 52428, 65535}}},
		{"xc:gray30 xc:gray50 xc:gray80 xc:gray20 -channel RGBA -combine", [][4]uint16{{19789, 32639, 52428, 13107}}},
		{"xc:#40608080 -separate", [][4]uint16{{16448, 16448, 16448, 65535}, {24672, 24672, 24672, 65535}, {32896, 32896, 32896, 65535}}},
		{"xc:#406080 xc:red xc:blue -evaluate-sequence mean", [][4]uint16{{27328, 8224, 32810, 65535}}},
		{"xc:#406080 xc:red xc:blue -evaluate-sequence median", [][4]uint16{{65535, 0, 0, 65535}}},
		{"xc:#406080 xc:red -evaluate-sequence subtract", [][4]uint16{{49087, 0, 0, 65535}}},
	}, 200)
}

func TestColourspaces(t *testing.T) {
	compareColours(t, []colourRow{
		{"xc:#40A080 -colorspace CMY", [][4]uint16{{49087, 24415, 32639, 65535}}},
		{"xc:#40A080 -colorspace HCL", [][4]uint16{{29127, 24672, 32807, 65535}}},
		{"xc:#40A080 -colorspace HSB", [][4]uint16{{29127, 39321, 41120, 65535}}},
		{"xc:#40A080 -colorspace HSI", [][4]uint16{{29289, 29789, 30155, 65535}}},
		{"xc:#40A080 -colorspace HSL", [][4]uint16{{29127, 28086, 28784, 65535}}},
		{"xc:#40A080 -colorspace HWB", [][4]uint16{{29127, 16448, 24415, 65535}}},
		{"xc:#40A080 -colorspace Lab", [][4]uint16{{39122, 23490, 34917, 65535}}},
		{"xc:#40A080 -colorspace LCHab", [][4]uint16{{39122, 42290, 30393, 65535}}},
		{"xc:#40A080 -colorspace LCHuv", [][4]uint16{{39122, 44058, 28560, 65535}}},
		{"xc:#40A080 -colorspace LMS", [][4]uint16{{14106, 22445, 16269, 65535}}},
		{"xc:#40A080 -colorspace Log", [][4]uint16{{20588, 35287, 31376, 65535}}},
		{"xc:#40A080 -colorspace Luv", [][4]uint16{{39122, 17327, 39332, 65535}}},
		{"xc:#40A080 -colorspace OHTA", [][4]uint16{{30155, 24544, 40992, 65535}}},
		{"xc:#40A080 -colorspace Rec709YCbCr", [][4]uint16{{35280, 31483, 20809, 65535}}},
		{"xc:#40A080 -colorspace XYZ", [][4]uint16{{12176, 18211, 16254, 65535}}},
		{"xc:#40A080 -colorspace xyY", [][4]uint16{{17108, 25588, 18211, 65535}}},
		{"xc:#40A080 -colorspace YCbCr", [][4]uint16{{32807, 32819, 21100, 65535}}},
		{"xc:#40A080 -colorspace YDbDr", [][4]uint16{{32807, 32907, 63871, 65535}}},
		{"xc:#40A080 -colorspace YIQ", [][4]uint16{{32807, 20712, 24992, 65535}}},
		{"xc:#40A080 -colorspace YUV", [][4]uint16{{32807, 32809, 18417, 65535}}},
		{"xc:#40A080 -colorspace RGB", [][4]uint16{{3360, 23038, 14146, 65535}}},
		{"xc:#40A080 -colorspace LinearGray", [][4]uint16{{16466, 16466, 16466, 65535}}},
	}, 40)
}

// Every colourspace leads back to where it came from.
func TestColourspacesRoundTrip(t *testing.T) {
	for space, c := range colourspaces {
		if space == "LinearGray" || space == "Rec601Luma" || space == "Rec709Luma" {
			continue
		}
		for _, px := range [][3]float64{{0.25, 0.63, 0.5}, {0.9, 0.1, 0.2}, {0.3, 0.2, 0.7}, {0.5, 0.5, 0.5}, {0.05, 0.02, 0.01}} {
			r, g, b := c.to(c.from(px[0], px[1], px[2]))
			for i, v := range [3]float64{r, g, b} {
				if math.Abs(v-px[i]) > 2e-3 {
					t.Errorf("%s: %v comes back as %v %v %v", space, px, r, g, b)
					break
				}
			}
		}
	}
}

func TestColourspaceOfWholePicturesAndBack(t *testing.T) {
	compareColours(t, []colourRow{
		{"xc:#40A080 -colorspace Lab -colorspace sRGB", [][4]uint16{{16448, 41120, 32896, 65535}}},
		{"xc:#40A080 -colorspace CMYK -colorspace sRGB", [][4]uint16{{16448, 41120, 32896, 65535}}},
		{"xc:#40A08080 -colorspace HSL -colorspace XYZ -colorspace sRGB", [][4]uint16{{16448, 41120, 32896, 32896}}},
		{"xc:#406080 -colorspace Gray -colorspace sRGB", [][4]uint16{{23517, 23517, 23517, 65535}}},
	}, 200)
}
