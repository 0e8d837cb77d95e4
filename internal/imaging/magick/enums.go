package magick

import "strings"

// enums are the lists of names that options choose from, by `convert -list`, with the names that lists do not show.
// In "A=B" the name A is another spelling of B, and B is what a Program holds.
var enums = map[string]string{
	"alpha": `Activate=On Associate Background Copy Deactivate=Off Disassociate Extract Flatten Off On Opaque Remove Set Shape
		Transparent Reset=Set`,
	"colorspace": `CIELab=Lab CMY CMYK Gray HCL HCLp HSB HSI HSL HSV HWB Lab LCH=LCHab LCHab LCHuv LinearGray LMS Log Luv OHTA
		Rec601Luma Rec601YCbCr Rec709Luma Rec709YCbCr RGB scRGB sRGB Transparent XYZ xyY YCbCr YDbDr YCC YIQ YPbPr YUV`,
	"complex": "Add Conjugate Divide MagnitudePhase Multiply RealImaginary Subtract",
	"compose": `Atop=SrcAtop Blend Blur Bumpmap ChangeMask Clear ColorBurn ColorDodge Colorize CopyBlack CopyBlue CopyCyan
		CopyGreen Copy CopyMagenta CopyOpacity CopyRed CopyYellow Darken DarkenIntensity DivideDst DivideSrc Dst Difference
		Displace Dissolve Distort DstAtop DstIn DstOut DstOver Exclusion HardLight HardMix Hue In=SrcIn Lighten LightenIntensity
		LinearBurn LinearDodge LinearLight Luminize Mathematics MinusDst MinusSrc Modulate ModulusAdd ModulusSubtract Multiply
		None Out=SrcOut Overlay Over PegtopLight PinLight Plus Replace=Copy Saturate Screen SoftLight Src SrcAtop SrcIn
		SrcOut SrcOver=Over Stereo VividLight Xor Add=ModulusAdd Divide=DivideDst Minus=MinusDst Subtract=ModulusSubtract Threshold`,
	"compress": `B44A B44 BZip DXT1 DXT3 DXT5 Fax Group4 JBIG1 JBIG2 JPEG2000 JPEG LosslessJPEG Lossless=LosslessJPEG LZMA LZW
		None Piz Pxr24 RLE RunlengthEncoded=RLE WebP ZipS Zip Zstd`,
	"direction": "right-to-left RTL=right-to-left left-to-right LTR=left-to-right top-to-bottom to-to-bottom=top-to-bottom TTB=top-to-bottom",
	"dispose":   "Background None Previous 0=Undefined 1=None 2=Background 3=Previous",
	"distort": `Affine AffineProjection ScaleRotateTranslate=SRT SRT Perspective PerspectiveProjection Bilinear=BilinearForward
		BilinearForward BilinearReverse Polynomial Arc Polar DePolar Barrel BarrelInverse Cylinder2Plane Plane2Cylinder Shepards Resize`,
	"dither": "None FloydSteinberg Riemersma",
	"endian": "LSB MSB",
	"evaluate": `Abs Add AddModulus And Cos Cosine=Cos Divide Exp Exponential=Exp GaussianNoise ImpulseNoise InverseLog
		LaplacianNoise LeftShift Log Max Mean Median Min MultiplicativeNoise Multiply Or PoissonNoise Pow RightShift RMS
		RootMeanSquare=RMS Set Sin Sine=Sin Subtract Sum Threshold ThresholdBlack ThresholdWhite UniformNoise Xor`,
	"filter": `Bartlett Blackman Bohman Box Catrom Cosine Cubic Gaussian Hamming Hann Hanning=Hann Hermite Jinc Bessel=Jinc
		Kaiser Lagrange Lanczos Lanczos2 Lanczos2Sharp LanczosRadius LanczosSharp Mitchell Parzen Point Quadratic Robidoux
		RobidouxSharp Sinc SincFast Spline Triangle Welch Welsh=Welch`,
	"function": "Polynomial Sinusoid ArcSin ArcTan",
	"gravity": `None Undefined=None Center East Forget=None NorthEast North NorthWest SouthEast South SouthWest West
		Static=NorthWest`,
	"intensity": "Average Brightness Lightness Mean=Average MS Rec601Luma Rec601Luminance Rec709Luma Rec709Luminance RMS",
	"intent":    "Absolute Perceptual Relative Saturation",
	"interlace": "Line None Plane Partition GIF JPEG PNG",
	"interpolate": `Average Average4=Average Average9 Average16 Background Bicubic=Catrom Bilinear Blend Catrom Integer Mesh
		Nearest NearestNeighbor=Nearest Spline Filter`,
	"kernel": `Unity Gaussian DoG LoG Blur Comet Binomial Laplacian Sobel FreiChen Roberts Prewitt Compass Kirsch Diamond Square
		Rectangle Disk Octagon Plus Cross Ring Peaks Edges Corners Diagonals LineEnds LineJunctions Ridges ConvexHull ThinSe
		Skeleton Chebyshev Manhattan Octagonal Euclidean`,
	"layers": `Coalesce CompareAny CompareClear CompareOverlay Dispose Optimize OptimizeFrame OptimizePlus OptimizeTransparency
		RemoveDups RemoveZero Composite Merge Flatten Mosaic TrimBounds`,
	"metric": "AE Fuzz MAE MEPP MSE NCC PAE PHASH PSNR RMSE",
	"morphology": `Correlate Convolve Dilate Erode Close Open DilateIntensity ErodeIntensity CloseIntensity OpenIntensity
		DilateI=DilateIntensity ErodeI=ErodeIntensity CloseI=CloseIntensity OpenI=OpenIntensity Smooth EdgeOut EdgeIn Edge TopHat
		BottomHat Hmt=HitAndMiss HitNMiss=HitAndMiss HitAndMiss Thinning Thicken Distance IterativeDistance Voronoi`,
	"noise":       "Gaussian Impulse Laplacian Multiplicative Poisson Random Uniform",
	"orientation": "TopLeft TopRight BottomRight BottomLeft LeftTop RightTop RightBottom LeftBottom",
	"preview": `AddNoise Blur Brightness Charcoal Despeckle Dull EdgeDetect Gamma Grayscale Hue Implode JPEG OilPaint Quantize
		Raise ReduceNoise Roll Rotate Saturation Segment Shade Sharpen Shear Solarize Spiff Spread Swirl Threshold Wave`,
	"sparse-color": "Barycentric Bilinear Inverse Shepards Voronoi Manhattan",
	"statistic":    "Gradient Maximum Mean Median Minimum Mode Nonpeak RMS RootMeanSquare=RMS StandardDeviation",
	"stretch": `Any Condensed Expanded ExtraCondensed ExtraExpanded Normal SemiCondensed SemiExpanded UltraCondensed
		UltraExpanded`,
	"style": "Any Italic Normal Oblique",
	"type": `Bilevel ColorSeparation ColorSeparationAlpha ColorSeparationMatte=ColorSeparationAlpha Grayscale GrayscaleAlpha
		GrayscaleMatte=GrayscaleAlpha Optimize Palette PaletteBilevelAlpha PaletteBilevelMatte=PaletteBilevelAlpha PaletteAlpha
		PaletteMatte=PaletteAlpha TrueColorAlpha TrueColorMatte=TrueColorAlpha TrueColor`,
	"units": "Undefined PixelsPerInch PixelsPerCentimeter 1=Undefined 2=PixelsPerInch 3=PixelsPerCentimeter",
	"virtual-pixel": `Background Constant=Background Black CheckerTile Dither Edge Gray HorizontalTile HorizontalTileEdge Mirror
		None=Transparent Random Tile Transparent VerticalTile VerticalTileEdge White`,
}

// ParseEnum finds a name in a list ("filter", "compose", "colorspace", …). Case, hyphens, underscores and spaces do not count.
func ParseEnum(list, s string) (Enum, error) {
	e, err := parseEnum(list, s)
	return e, public(err, s)
}

func parseEnum(list, s string) (Enum, error) {
	want := foldEnum(s)
	for _, name := range strings.Fields(enums[list]) {
		spelling, canonical, other := strings.Cut(name, "=")
		if !other {
			canonical = spelling
		}
		if foldEnum(spelling) == want {
			return Enum(canonical), nil
		}
	}
	if want == "undefined" {
		return "Undefined", nil
	}
	names := Names(list)
	shown := strings.Join(names[:min(len(names), 40)], ", ")
	if near := nearest(want, names); near != "" {
		return "", expectation(`"` + near + `" or another name of the list ` + list)
	}
	return "", expectation("one of " + shown)
}

var enumFolder = strings.NewReplacer("-", "", "_", "", " ", "")

func foldEnum(s string) string { return strings.ToLower(enumFolder.Replace(s)) }

// Names gives the canonical names of a list, in ImageMagick's order; nil for an unknown list.
func Names(list string) []string {
	var out []string
	for _, name := range strings.Fields(enums[list]) {
		if !strings.Contains(name, "=") {
			out = append(out, name)
		}
	}
	return out
}

// channelNames are the words of -channel, by `convert -list channel`.
var channelNames = map[string]Channels{
	"all": ChannelRGB | ChannelAlpha | ChannelBlack | ChannelIndex, "default": ChannelDefault,
	"red": ChannelRed, "r": ChannelRed, "cyan": ChannelRed, "c": ChannelRed, "hue": ChannelRed, "h": ChannelRed, "0": ChannelRed,
	"green": ChannelGreen, "g": ChannelGreen, "magenta": ChannelGreen, "m": ChannelGreen, "chroma": ChannelGreen,
	"saturation": ChannelGreen, "1": ChannelGreen,
	"blue": ChannelBlue, "b": ChannelBlue, "yellow": ChannelBlue, "y": ChannelBlue, "lightness": ChannelBlue, "l": ChannelBlue,
	"luminance": ChannelBlue, "2": ChannelBlue,
	"alpha": ChannelAlpha, "a": ChannelAlpha, "matte": ChannelAlpha, "opacity": ChannelAlpha, "o": ChannelAlpha, "4": ChannelAlpha,
	"black": ChannelBlack, "k": ChannelBlack, "index": ChannelIndex, "i": ChannelIndex, "3": ChannelBlack, "5": ChannelIndex,
	"gray": ChannelGray, "s": ChannelGreen, "sync": ChannelSync, "autothreshold": ChannelSync,
}

// parseChannels reads names with commas between them, or letters in a row: "RGBA", "Red,Alpha", "all,sync".
func parseChannels(s string) (Channels, error) {
	var out Channels
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '|' }) {
		word = foldEnum(word)
		if c, ok := channelNames[word]; ok {
			out |= c
			continue
		}
		for i := range len(word) {
			c, ok := channelNames[word[i:i+1]]
			if !ok {
				return 0, expectation(`channels such as "RGB", "A" or "Red,Alpha"`)
			}
			out |= c
		}
	}
	if out == 0 {
		return 0, expectation(`channels such as "RGB", "A" or "Red,Alpha"`)
	}
	return out, nil
}

// String writes the channels as ImageMagick reads them.
func (c Channels) String() string {
	var names []string
	for _, n := range []struct {
		bit  Channels
		name string
	}{{ChannelRed, "Red"}, {ChannelGreen, "Green"}, {ChannelBlue, "Blue"}, {ChannelAlpha, "Alpha"}, {ChannelBlack, "Black"},
		{ChannelIndex, "Index"}, {ChannelGray, "Gray"}, {ChannelSync, "Sync"}} {
		if c&n.bit != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ",")
}
