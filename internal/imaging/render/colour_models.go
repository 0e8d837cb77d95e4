package render

import (
	"math"
	"sync"
)

// colourspace is a row of the table of colourspaces: how a colour of sRGB becomes one of it, and back. Components are
// scaled so that 0 to 1 is the full range of a channel, as ImageMagick keeps them.
type colourspace struct {
	from blender // sRGB to the colourspace
	to   blender // the colourspace to sRGB
}

// colourspaces are those of three bands beside sRGB, by ImageMagick's names (MagickCore, colorspace.c and gem.c).
var colourspaces = map[Space]colourspace{
	"CMY":         {complement, complement},
	"HCL":         {toHCL, fromHCL},
	"HCLp":        {toHCL, fromHCLp},
	"HSB":         {toHSB, fromHSB},
	"HSI":         {toHSI, fromHSI},
	"HSL":         {toHSL, fromHSL},
	"HSV":         {toHSB, fromHSB},
	"HWB":         {toHWB, fromHWB},
	"Lab":         overXYZ(toLab, fromLab),
	"LCHab":       overXYZ(toPolar(toLab, labAxes), fromPolar(fromLab, labAxes)),
	"LCHuv":       overXYZ(toPolar(toLuv, luvAxes), fromPolar(fromLuv, luvAxes)),
	"LinearGray":  {toLinearGray, fromLinear},
	"LMS":         overXYZ(weighted(lmsWeights, zero), weighted(lmsWeights.inverse(), zero)),
	"Log":         {toLog, fromLog},
	"Luv":         overXYZ(toLuv, fromLuv),
	"OHTA":        linear(weights{{0.33333, 0.33334, 0.33333}, {0.5, 0, -0.5}, {-0.25, 0.5, -0.25}}, centered),
	"Rec601YCbCr": linear(ycbcr601, centered),
	"Rec709YCbCr": linear(weights{{0.212656, 0.715158, 0.072186}, {-0.114572, -0.385428, 0.5}, {0.5, -0.454153, -0.045847}}, centered),
	"Rec601Luma":  {flatLuma(luma601Of), fromLinear},
	"Rec709Luma":  {flatLuma(lumaOf), fromLinear},
	"RGB":         {toLinear, fromLinear},
	"scRGB":       {toLinear, fromLinear},
	"XYZ":         overXYZ(same, same),
	"xyY":         overXYZ(toxyY, fromxyY),
	"YCbCr":       linear(ycbcr601, centered),
	"YCC": linear(weights{{0.328424, 0.644905, 0.125671}, {-0.328424, -0.644905, 0.973714}, {0.770399, -0.644905, -0.125671}},
		[3]float64{0, 156.0 / 255, 137.0 / 255}),
	"YDbDr": linear(weights{luma601, {-0.45, -0.883, 1.333}, {-1.333, 1.116, 0.217}}, centered),
	"YIQ":   linear(weights{luma601, {0.595716, -0.274453, -0.321263}, {0.211456, -0.522591, 0.311135}}, centered),
	"YPbPr": linear(ycbcr601, centered),
	"YUV":   linear(weights{luma601, {-0.147, -0.289, 0.436}, {0.615, -0.515, -0.1}}, centered),
}

// weights are a matrix: its rows make the components of the result.
type weights [3][3]float64

var (
	luma601    = [3]float64{0.298839, 0.586811, 0.114350}
	ycbcr601   = weights{luma601, {-0.1687367, -0.331264, 0.5}, {0.5, -0.418688, -0.081312}}
	lmsWeights = weights{{0.7328, 0.4296, -0.1624}, {-0.7036, 1.6975, 0.0061}, {0.0030, 0.0136, 0.9834}}
	xyzWeights = weights{{0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}}
	centered   = [3]float64{0, 0.5, 0.5}
	zero       = [3]float64{}
)

// The D65 white point.
const whiteX, whiteY, whiteZ = 0.950456, 1.0, 1.088754

func (w weights) inverse() weights {
	minor := func(r, c int) float64 {
		r1, r2, c1, c2 := (r+1)%3, (r+2)%3, (c+1)%3, (c+2)%3
		return w[r1][c1]*w[r2][c2] - w[r1][c2]*w[r2][c1]
	}
	det := w[0][0]*minor(0, 0) + w[0][1]*minor(0, 1) + w[0][2]*minor(0, 2)
	var out weights
	for r := range 3 {
		for c := range 3 {
			out[c][r] = minor(r, c) / det
		}
	}
	return out
}

func weighted(w weights, offset [3]float64) blender {
	return func(r, g, b float64) (float64, float64, float64) {
		return w[0][0]*r + w[0][1]*g + w[0][2]*b + offset[0], w[1][0]*r + w[1][1]*g + w[1][2]*b + offset[1],
			w[2][0]*r + w[2][1]*g + w[2][2]*b + offset[2]
	}
}

// linear makes the colourspace of a matrix and what is added to its results.
func linear(w weights, offset [3]float64) colourspace {
	back := weighted(w.inverse(), zero)
	return colourspace{from: weighted(w, offset), to: func(x, y, z float64) (float64, float64, float64) {
		return back(x-offset[0], y-offset[1], z-offset[2])
	}}
}

// overXYZ makes the colourspace of functions from and to XYZ.
func overXYZ(from, to blender) colourspace {
	there, back := weighted(xyzWeights, zero), weighted(xyzWeights.inverse(), zero)
	return colourspace{
		from: func(r, g, b float64) (float64, float64, float64) { return from(there(toLinear(r, g, b))) },
		to:   func(x, y, z float64) (float64, float64, float64) { return fromLinear(back(to(x, y, z))) },
	}
}

func same(x, y, z float64) (float64, float64, float64)       { return x, y, z }
func complement(r, g, b float64) (float64, float64, float64) { return 1 - r, 1 - g, 1 - b }

// decodeGamma and encodeGamma are the transfer function of sRGB (IEC 61966-2-1).
func decodeGamma(v float64) float64 {
	if v <= 0.0404482362771076 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func encodeGamma(v float64) float64 {
	if v <= 0.0404482362771076/12.92 {
		return v * 12.92
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

// gammaTable holds a transfer function at every 16-bit number; between two it is taken for a line.
type gammaTable [fullRange + 2]float64

func tableOf(f func(float64) float64) *gammaTable {
	var t gammaTable
	for i := range t {
		t[i] = f(float64(i) * perStep)
	}
	return &t
}

var (
	decodeTable = sync.OnceValue(func() *gammaTable { return tableOf(decodeGamma) })
	encodeTable = sync.OnceValue(func() *gammaTable { return tableOf(encodeGamma) })
)

func (t *gammaTable) at(v float64) float64 {
	v *= fullRange
	if !(v > 0) {
		return 0
	}
	if v >= fullRange {
		return 1
	}
	i := int(v)
	return t[i] + (v-float64(i))*(t[i+1]-t[i])
}

func toLinear(r, g, b float64) (float64, float64, float64) {
	t := decodeTable()
	return t.at(r), t.at(g), t.at(b)
}

func fromLinear(r, g, b float64) (float64, float64, float64) {
	t := encodeTable()
	return t.at(r), t.at(g), t.at(b)
}

func toLinearGray(r, g, b float64) (float64, float64, float64) {
	v := decodeGamma(lumaOf(r, g, b))
	return v, v, v
}

// flatLuma is a gray of three equal bands. ImageMagick makes it of values as they are, and takes it for linear light afterwards.
func flatLuma(f func(r, g, b float64) float64) blender {
	return func(r, g, b float64) (float64, float64, float64) {
		v := f(r, g, b)
		return v, v, v
	}
}

// Log is Cineon's, with ImageMagick's reference black 95 and white 685 of 1024, and film gamma 0.6.
const filmScale = 0.002 / 0.6

var logBlack = math.Pow(10, (95-685)*filmScale)

func toLog(r, g, b float64) (float64, float64, float64) {
	f := func(v float64) float64 {
		return (685 + math.Log10(logBlack+decodeGamma(v)*(1-logBlack))/filmScale) / 1024
	}
	return f(r), f(g), f(b)
}

func fromLog(r, g, b float64) (float64, float64, float64) {
	f := func(v float64) float64 {
		return encodeGamma(min(max((math.Pow(10, (v*1024-685)*filmScale)-logBlack)/(1-logBlack), 0), 1))
	}
	return f(r), f(g), f(b)
}

// hueOf gives the hue of a hexagon, 0 to 1, with the greatest and the least component.
func hueOf(r, g, b float64) (hue, high, low float64) {
	high, low = max(r, g, b), min(r, g, b)
	d := high - low
	switch {
	case d == 0:
		return 0, high, low
	case r == high:
		hue = (g - b) / d
	case g == high:
		hue = 2 + (b-r)/d
	default:
		hue = 4 + (r-g)/d
	}
	if hue /= 6; hue < 0 {
		hue++
	}
	return hue, high, low
}

// hexagon gives the colour of a hue whose components reach from 0 to chroma.
func hexagon(hue, chroma float64) (r, g, b float64) {
	h := 6 * (hue - math.Floor(hue))
	x := chroma * (1 - math.Abs(math.Mod(h, 2)-1))
	switch int(h) {
	case 0:
		return chroma, x, 0
	case 1:
		return x, chroma, 0
	case 2:
		return 0, chroma, x
	case 3:
		return 0, x, chroma
	case 4:
		return x, 0, chroma
	}
	return chroma, 0, x
}

// openHexagon is hexagon for HCL, where ImageMagick gives a hue of 1 no colour.
func openHexagon(hue, chroma float64) (r, g, b float64) {
	if hue >= 1 {
		return 0, 0, 0
	}
	return hexagon(hue, chroma)
}

func lifted(r, g, b, by float64) (float64, float64, float64) { return r + by, g + by, b + by }

func toHSB(r, g, b float64) (float64, float64, float64) {
	hue, high, low := hueOf(r, g, b)
	if high == 0 {
		return 0, 0, 0
	}
	return hue, (high - low) / high, high
}

func fromHSB(h, s, v float64) (float64, float64, float64) {
	r, g, b := hexagon(h, v*s)
	return lifted(r, g, b, v-v*s)
}

func toHSL(r, g, b float64) (float64, float64, float64) {
	hue, high, low := hueOf(r, g, b)
	l := (high + low) / 2
	switch {
	case high == low:
		return 0, 0, l
	case l <= 0.5:
		return hue, (high - low) / (2 * l), l
	}
	return hue, (high - low) / (2 - 2*l), l
}

func fromHSL(h, s, l float64) (float64, float64, float64) {
	chroma := 2 * l * s
	if l > 0.5 {
		chroma = (2 - 2*l) * s
	}
	r, g, b := hexagon(h, chroma)
	return lifted(r, g, b, l-chroma/2)
}

func toHWB(r, g, b float64) (float64, float64, float64) {
	hue, high, low := hueOf(r, g, b)
	return hue, low, 1 - high
}

func fromHWB(h, w, k float64) (float64, float64, float64) {
	r, g, b := hexagon(h, 1-k-w)
	return lifted(r, g, b, w)
}

func luma601Of(r, g, b float64) float64 { return luma601[0]*r + luma601[1]*g + luma601[2]*b }

func toHCL(r, g, b float64) (float64, float64, float64) {
	hue, high, low := hueOf(r, g, b)
	return hue, high - low, luma601Of(r, g, b)
}

func fromHCL(h, c, l float64) (float64, float64, float64) {
	r, g, b := openHexagon(h, c)
	return lifted(r, g, b, l-luma601Of(r, g, b))
}

// fromHCLp brings colours outside sRGB to its border by less saturation.
func fromHCLp(h, c, l float64) (float64, float64, float64) {
	r, g, b := openHexagon(h, c)
	lift, share := l-luma601Of(r, g, b), 1.0
	switch {
	case lift < 0:
		share, lift = l/(l-lift), 0
	case lift+c > 1:
		share = (1 - l) / (lift + c - l)
		lift = 1 - share*c
	}
	return lifted(share*r, share*g, share*b, lift)
}

func toHSI(r, g, b float64) (float64, float64, float64) {
	i := (r + g + b) / 3
	if i <= 0 {
		return 0, 0, 0
	}
	hue := math.Atan2(math.Sqrt(3)/2*(g-b), 0.5*(2*r-g-b)) / (2 * math.Pi)
	if hue < 0 {
		hue++
	}
	return hue, 1 - min(r, g, b)/i, i
}

func fromHSI(h, s, i float64) (float64, float64, float64) {
	turn := 3 * (h - math.Floor(h)) // thirds of the circle
	third := math.Floor(turn)
	angle := (turn - third) * 2 * math.Pi / 3
	low := i * (1 - s)
	first := i * (1 + s*math.Cos(angle)/math.Cos(math.Pi/3-angle))
	second := 3*i - low - first
	switch third {
	case 0:
		return first, second, low
	case 1:
		return low, first, second
	}
	return second, low, first
}

// cieEpsilon and cieK are where the CIE's cube root becomes a line (CIE 15).
const cieEpsilon, cieK = 216.0 / 24389, 24389.0 / 27

func toLab(x, y, z float64) (float64, float64, float64) {
	f := func(v float64) float64 {
		if v > cieEpsilon {
			return math.Cbrt(v)
		}
		return (cieK*v + 16) / 116
	}
	fx, fy, fz := f(x/whiteX), f(y/whiteY), f(z/whiteZ)
	return (116*fy - 16) / 100, 500*(fx-fy)/255 + 0.5, 200*(fy-fz)/255 + 0.5
}

func fromLab(l, a, b float64) (float64, float64, float64) {
	y := (100*l + 16) / 116
	x, z := y+255*(a-0.5)/500, y-255*(b-0.5)/200
	f := func(v float64) float64 {
		if cube := v * v * v; cube > cieEpsilon {
			return cube
		}
		return (116*v - 16) / cieK
	}
	return whiteX * f(x), whiteY * f(y), whiteZ * f(z)
}

const (
	whiteU = 4 * whiteX / (whiteX + 15*whiteY + 3*whiteZ)
	whiteV = 9 * whiteY / (whiteX + 15*whiteY + 3*whiteZ)
)

func toLuv(x, y, z float64) (float64, float64, float64) {
	l := cieK * y / whiteY
	if y/whiteY > cieEpsilon {
		l = 116*math.Cbrt(y/whiteY) - 16
	}
	sum := x + 15*y + 3*z
	if sum == 0 {
		return l / 100, 134.0 / 354, 140.0 / 262
	}
	u, v := 13*l*(4*x/sum-whiteU), 13*l*(9*y/sum-whiteV)
	return l / 100, (u + 134) / 354, (v + 140) / 262
}

func fromLuv(l, u, v float64) (float64, float64, float64) {
	l, u, v = 100*l, 354*u-134, 262*v-140
	if l <= 0 {
		return 0, 0, 0
	}
	y := l / cieK
	if l > cieK*cieEpsilon {
		y = math.Pow((l+16)/116, 3)
	}
	u, v = u/(13*l)+whiteU, v/(13*l)+whiteV
	return y * 9 * u / (4 * v), y, y * (12 - 3*u - 20*v) / (4 * v)
}

// axes scale the two chromatic components to the CIE's own numbers.
type axes struct{ scaleA, shiftA, scaleB, shiftB float64 }

var (
	labAxes = axes{255, 127.5, 255, 127.5}
	luvAxes = axes{354, 134, 262, 140}
)

// toPolar makes lightness, chroma and hue of a lightness and two axes.
func toPolar(f blender, ax axes) blender {
	return func(x, y, z float64) (float64, float64, float64) {
		l, a, b := f(x, y, z)
		a, b = ax.scaleA*a-ax.shiftA, ax.scaleB*b-ax.shiftB
		hue := math.Atan2(b, a) / (2 * math.Pi)
		if hue < 0 {
			hue++
		}
		return l, math.Hypot(a, b)/255 + 0.5, hue
	}
}

func fromPolar(f blender, ax axes) blender {
	return func(l, c, h float64) (float64, float64, float64) {
		chroma, angle := 255*(c-0.5), 2*math.Pi*h
		return f(l, (chroma*math.Cos(angle)+ax.shiftA)/ax.scaleA, (chroma*math.Sin(angle)+ax.shiftB)/ax.scaleB)
	}
}

func toxyY(x, y, z float64) (float64, float64, float64) {
	sum := x + y + z
	if sum == 0 {
		return 0, 0, 0
	}
	return x / sum, y / sum, y
}

func fromxyY(x, y, capY float64) (float64, float64, float64) {
	if y == 0 {
		return 0, 0, 0
	}
	return capY / y * x, capY, capY / y * (1 - x - y)
}
