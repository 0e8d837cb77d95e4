package render

import "testing"

// The first pixel is the canvas, #40608080, the second the source, #C0A020B0.
func TestComposeMethods(t *testing.T) {
	compareColours(t, []colourRow{
		{"xc:#40608080 xc:#C0A020B0 -compose Over -composite", [][4]uint16{{43295, 38096, 12761, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose DstOver -composite", [][4]uint16{{29819, 31357, 22868, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose In -composite", [][4]uint16{{49344, 41120, 8224, 22705}}},
		{"xc:#40608080 xc:#C0A020B0 -compose DstIn -composite", [][4]uint16{{16448, 24672, 32896, 22705}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Out -composite", [][4]uint16{{49344, 41120, 8224, 22527}}},
		{"xc:#40608080 xc:#C0A020B0 -compose DstOut -composite", [][4]uint16{{16448, 24672, 32896, 10191}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Atop -composite", [][4]uint16{{39153, 36024, 15867, 32896}}},
		{"xc:#40608080 xc:#C0A020B0 -compose DstAtop -composite", [][4]uint16{{32831, 32864, 20608, 45232}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Xor -composite", [][4]uint16{{39097, 35997, 15909, 32719}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Src -composite", [][4]uint16{{49344, 41120, 8224, 45232}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Clear -composite", [][4]uint16{{0, 0, 0, 0}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Copy -composite", [][4]uint16{{49344, 41120, 8224, 45232}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Plus -composite", [][4]uint16{{42313, 40765, 22189, 65535}}},
		{"xc:#40608080 xc:#C0A020B0 -compose MinusDst -composite", [][4]uint16{{36557, 27988, 0, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose MinusSrc -composite", [][4]uint16{{9605, 14512, 19499, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Multiply -composite", [][4]uint16{{28154, 27592, 11083, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Screen -composite", [][4]uint16{{44960, 41861, 24546, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Overlay -composite", [][4]uint16{{33228, 33934, 12853, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose HardLight -composite", [][4]uint16{{39992, 35624, 12774, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose SoftLight -composite", [][4]uint16{{33214, 32980, 17841, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Darken -composite", [][4]uint16{{29819, 31357, 12761, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Lighten -composite", [][4]uint16{{43295, 38096, 22868, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Difference -composite", [][4]uint16{{36557, 27988, 19499, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Exclusion -composite", [][4]uint16{{39886, 35519, 22855, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose ColorDodge -composite", [][4]uint16{{49928, 48097, 24802, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose ColorBurn -composite", [][4]uint16{{23221, 21418, 9392, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose CopyRed -composite", [][4]uint16{{49344, 24672, 32896, 32896}}},
		{"xc:#40608080 xc:#C0A020B0 -compose CopyOpacity -composite", [][4]uint16{{16448, 24672, 32896, 45232}}},
		{"xc:#40608080 xc:#C0A020B0 -compose ModulusAdd -composite", [][4]uint16{{42313, 40765, 22189, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose ModulusSubtract -composite", [][4]uint16{{65535, 65535, 0, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose LinearBurn -composite", [][4]uint16{{23186, 21356, 0, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose LinearDodge -composite", [][4]uint16{{50033, 48203, 26237, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose LinearLight -composite", [][4]uint16{{43400, 38201, 2759, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose PegtopLight -composite", [][4]uint16{{32372, 32964, 17841, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose PinLight -composite", [][4]uint16{{36662, 31357, 16130, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose VividLight -composite", [][4]uint16{{36717, 34815, 0, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose HardMix -composite", [][4]uint16{{0, 0, 0, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Hue -composite", [][4]uint16{{26966, 23676, 10518, 45232}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Saturate -composite", [][4]uint16{{6388, 26948, 47508, 45232}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Luminize -composite", [][4]uint16{{33109, 41333, 49557, 45232}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Colorize -composite", [][4]uint16{{32683, 24459, 0, 45232}}},
		{"xc:#40608080 xc:#C0A020B0 -compose DivideDst -composite", [][4]uint16{{65535, 65535, 16103, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose DivideSrc -composite", [][4]uint16{{32030, 37359, 65535, 55423}}},
		{"xc:#40608080 xc:#C0A020B0 -compose Bumpmap -composite", [][4]uint16{{10163, 15245, 20327, 52990}}},
	}, 400)
}

func TestCompositePlacesAndMasks(t *testing.T) {
	compareColours(t, []colourRow{
		{"xc:#406080 xc:#C0A020B0 -composite", [][4]uint16{{39153, 36024, 15867, 65535}}},
		{"-size 4x4 xc:#406080 ( -size 2x2 xc:#C0A020B0 ) -gravity northwest -composite", [][4]uint16{{39153, 36024, 15867, 65535}}},
		{"-size 4x4 xc:#406080 ( -size 2x2 xc:#C0A020B0 ) -gravity southeast -composite", [][4]uint16{{16448, 24672, 32896, 65535}}},
		{"-size 2x2 xc:#40608080 ( -size 1x1 xc:#FF000040 ) ( -size 2x2 xc:gray50 ) -composite", [][4]uint16{{29497, 18113, 24151, 41088}}},
		{"xc:#406080 xc:#C0A020B0 -channel R -compose Multiply -composite", [][4]uint16{{12384, 24672, 32896, 65535}}},
	}, 300)
}
