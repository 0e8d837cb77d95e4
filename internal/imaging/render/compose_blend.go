package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// blend is a row of the table of -compose's methods: a formula of one channel by the alpha rules of SVG Compositing, as
// ImageMagick 6 has it (MagickCore, composite.c). sc and dc are the channels of the source and of the canvas, multiplied by
// their alphas sa and da; all are 0 to 1, and so is the result, which is multiplied by its own alpha.
type blend struct {
	channel func(sc, sa, dc, da float64) float64
	alpha   func(sa, da float64) float64
	outside outside
	pure    bool // -channel makes it arithmetic on the named channels, without alpha
}

// outside says what becomes of the canvas where the source does not lie.
type outside int

const (
	kept    outside = iota // nothing
	hidden                 // it becomes transparent
	cleared                // it becomes transparent black
)

func overAlpha(sa, da float64) float64 { return min(max(sa+da-sa*da, 0), 1) }
func plusAlpha(sa, da float64) float64 { return min(sa+da, 1) }

// light is a method whose alpha is that of Over.
func light(f func(sc, sa, dc, da float64) float64) blend { return blend{channel: f, alpha: overAlpha} }

// mathematical is light for the methods that -channel makes arithmetic of.
func mathematical(f func(sc, sa, dc, da float64) float64) blend {
	return blend{channel: f, alpha: overAlpha, pure: true}
}

// swapped is a method with source and canvas the other way round.
func swapped(f func(sc, sa, dc, da float64) float64) func(sc, sa, dc, da float64) float64 {
	return func(sc, sa, dc, da float64) float64 { return f(dc, da, sc, sa) }
}

func over(sc, sa, dc, _ float64) float64 { return sc + dc*(1-sa) }

// rest is what both show where only one of them is.
func rest(sc, sa, dc, da float64) float64 { return sc*(1-da) + dc*(1-sa) }

var blends = map[string]blend{
	"Clear":   {channel: func(_, _, _, _ float64) float64 { return 0 }, alpha: func(_, _ float64) float64 { return 0 }, outside: cleared},
	"DstIn":   {channel: func(_, sa, dc, _ float64) float64 { return dc * sa }, alpha: func(sa, da float64) float64 { return sa * da }, outside: hidden},
	"DstOut":  {channel: func(_, sa, dc, _ float64) float64 { return dc * (1 - sa) }, alpha: func(sa, da float64) float64 { return da * (1 - sa) }},
	"DstOver": {channel: swapped(over), alpha: overAlpha},
	"Over":    {channel: over, alpha: overAlpha},
	"SrcIn":   {channel: func(sc, _, _, da float64) float64 { return sc * da }, alpha: func(sa, da float64) float64 { return sa * da }, outside: hidden},
	"SrcOut":  {channel: func(sc, _, _, da float64) float64 { return sc * (1 - da) }, alpha: func(sa, da float64) float64 { return sa * (1 - da) }, outside: hidden},
	"Xor":     {channel: rest, alpha: func(sa, da float64) float64 { return sa + da - 2*sa*da }},

	"Darken":     mathematical(darken),
	"Difference": mathematical(func(sc, sa, dc, da float64) float64 { return sc + dc - 2*min(sc*da, dc*sa) }),
	"DivideDst":  mathematical(divide),
	"DivideSrc":  mathematical(swapped(divide)),
	"Exclusion":  mathematical(func(sc, sa, dc, da float64) float64 { return sc*da + dc*sa - 2*sc*dc + rest(sc, sa, dc, da) }),
	"Lighten":    mathematical(lighten),
	"MinusDst":   {channel: minus, alpha: overAlpha, pure: true},
	"MinusSrc":   mathematical(swapped(minus)),
	"Multiply":   mathematical(func(sc, sa, dc, da float64) float64 { return sc*dc + rest(sc, sa, dc, da) }),
	"Plus":       {channel: func(sc, _, dc, _ float64) float64 { return sc + dc }, alpha: plusAlpha, pure: true},
	"Screen":     mathematical(func(sc, _, dc, _ float64) float64 { return sc + dc - sc*dc }),

	"ColorBurn":   light(colorBurn),
	"ColorDodge":  light(colorDodge),
	"HardLight":   light(hardLight),
	"HardMix":     light(hardMix),
	"LinearBurn":  light(func(sc, sa, dc, da float64) float64 { return sc + dc - sa*da }),
	"LinearDodge": light(func(sc, _, dc, _ float64) float64 { return sc + dc }),
	"LinearLight": light(func(sc, sa, dc, da float64) float64 { return (sc-sa)*da + sc + dc }),
	"Overlay":     light(swapped(hardLight)),
	"PegtopLight": light(pegtopLight),
	"PinLight":    light(pinLight),
	"SoftLight":   light(softLight),
	"VividLight":  light(vividLight),
}

func darken(sc, sa, dc, da float64) float64 {
	if sc*da < dc*sa {
		return over(sc, sa, dc, da)
	}
	return over(dc, da, sc, sa)
}

func lighten(sc, sa, dc, da float64) float64 {
	if sc*da > dc*sa {
		return over(sc, sa, dc, da)
	}
	return over(dc, da, sc, sa)
}

const tiny = 1e-12

func divide(sc, sa, dc, da float64) float64 {
	switch {
	case sc < tiny && dc < tiny:
		return rest(sc, sa, dc, da)
	case dc < tiny:
		return sa*da + rest(sc, sa, dc, da)
	}
	return sc*da*da/dc + rest(sc, sa, dc, da)
}

func minus(sc, sa, dc, _ float64) float64 { return sc + dc - 2*dc*sa }

func modulusAdd(s, d float64) float64 {
	if s+d > 1 {
		return s + d - 1
	}
	return s + d
}

func modulusSubtract(s, d float64) float64 {
	if s-d <= 0 {
		return s - d
	}
	return s - d + 1
}

// modulus is a sum or difference that begins anew at the end of the range, and is not divided by alpha.
func modulus(f func(s, d float64) float64) func(s, d *[4]float64) {
	return func(s, d *[4]float64) {
		for i := range 3 {
			d[i] = f(s[i]*s[3], d[i]*d[3])
		}
		d[3] = overAlpha(s[3], d[3])
	}
}

func colorBurn(sc, sa, dc, da float64) float64 {
	switch {
	case sc < tiny && math.Abs(dc-da) < tiny:
		return sa*da + dc*(1-sa)
	case sc < tiny:
		return dc * (1 - sa)
	}
	return sa*da - sa*min(da, (da-dc)*sa/sc) + rest(sc, sa, dc, da)
}

func colorDodge(sc, sa, dc, da float64) float64 {
	if sc*da+dc*sa >= sa*da {
		return sa*da + rest(sc, sa, dc, da)
	}
	return dc*sa*sa/max(sa-sc, tiny) + rest(sc, sa, dc, da)
}

func hardLight(sc, sa, dc, da float64) float64 {
	if 2*sc < sa {
		return 2*sc*dc + rest(sc, sa, dc, da)
	}
	return sa*da - 2*(da-dc)*(sa-sc) + rest(sc, sa, dc, da)
}

func hardMix(sc, _, dc, _ float64) float64 {
	if sc+dc < 1 {
		return 0
	}
	return 1
}

func pegtopLight(sc, sa, dc, da float64) float64 {
	if da < tiny {
		return sc
	}
	return dc*dc*(sa-2*sc)/da + sc*(2*dc+1-da) + dc*(1-sa)
}

func pinLight(sc, sa, dc, da float64) float64 {
	switch {
	case dc*sa < da*(2*sc-sa):
		return sc*(da+1) - sa*da + dc*(1-sa)
	case dc*sa > 2*sc*da:
		return sc*da + sc + dc*(1-sa)
	}
	return sc*(1-da) + dc
}

func softLight(sc, sa, dc, da float64) float64 {
	d := dc / max(da, tiny)
	switch {
	case 2*sc < sa:
		return dc*(sa+(2*sc-sa)*(1-d)) + rest(sc, sa, dc, da)
	case 2*sc > sa && 4*dc <= da:
		return dc*sa + da*(2*sc-sa)*(4*d*(4*d+1)*(d-1)+7*d) + rest(sc, sa, dc, da)
	}
	return dc*sa + da*(2*sc-sa)*(math.Sqrt(d)-d) + rest(sc, sa, dc, da)
}

func vividLight(sc, sa, dc, da float64) float64 {
	switch {
	case sa < tiny || math.Abs(sc-sa) < tiny:
		return sa*da + rest(sc, sa, dc, da)
	case 2*sc <= sa:
		return sa*(da+sa*(dc-da)/max(2*sc, tiny)) + rest(sc, sa, dc, da)
	}
	return dc*sa*sa/(2*(sa-sc)) + rest(sc, sa, dc, da)
}

// aliases are the methods whose formula is another's.
var aliases = map[string]string{
	"SrcOver": "Over", "In": "SrcIn", "Out": "SrcOut", "SrcAtop": "Atop", "Replace": "Copy", "None": "Dst", "Undefined": "Over",
	"CopyCyan": "CopyRed", "CopyMagenta": "CopyGreen", "CopyYellow": "CopyBlue",
}

// pixelBlends are the methods that look at a pixel as a whole: s is the source and d the canvas, which it changes. Both
// hold red, green, blue and alpha, 0 to 1, not multiplied.
var pixelBlends = map[string]func(s, d *[4]float64){
	"Atop": func(s, d *[4]float64) {
		for i := range 3 {
			d[i] = s[i]*s[3] + d[i]*(1-s[3])
		}
	},
	"Bumpmap": func(s, d *[4]float64) {
		if s[3] == 0 {
			return
		}
		v := lumaOf(s[0], s[1], s[2])
		for i := range 3 {
			d[i] *= v
		}
		d[3] = 1 - v*(1-s[3])
	},
	"Colorize":  byHCL(func(s, d [3]float64) [3]float64 { return [3]float64{s[0], s[1], d[2]} }),
	"CopyBlue":  func(s, d *[4]float64) { d[2] = s[2] },
	"CopyGreen": func(s, d *[4]float64) { d[1] = s[1] },
	"Copy":      func(s, d *[4]float64) { *d = *s },
	"Dst":       func(s, d *[4]float64) {},
	"Src":       func(s, d *[4]float64) { *d = *s },
	"CopyRed":   func(s, d *[4]float64) { d[0] = s[0] },
	"DarkenIntensity": func(s, d *[4]float64) {
		if s[3]*lumaOf(s[0], s[1], s[2]) < d[3]*lumaOf(d[0], d[1], d[2]) {
			*d = *s
		}
	},
	"DstAtop": func(s, d *[4]float64) {
		for i := range 3 {
			d[i] = d[i]*d[3] + s[i]*(1-d[3])
		}
		d[3] = s[3]
	},
	"Hue": byHCL(func(s, d [3]float64) [3]float64 { return [3]float64{s[0], d[1], d[2]} }),
	"LightenIntensity": func(s, d *[4]float64) {
		if s[3]*lumaOf(s[0], s[1], s[2]) > d[3]*lumaOf(d[0], d[1], d[2]) {
			*d = *s
		}
	},
	"Luminize":        byHCL(func(s, d [3]float64) [3]float64 { return [3]float64{d[0], d[1], s[2]} }),
	"ModulusAdd":      modulus(modulusAdd),
	"ModulusSubtract": modulus(modulusSubtract),
	"Saturate":        byHCL(func(s, d [3]float64) [3]float64 { return [3]float64{d[0], s[1], d[2]} }),
	"Stereo":          func(s, d *[4]float64) { d[0], d[3] = s[0], max(1.5*d[3]-0.5, 0) },
}

// byHCL makes a method of a choice among the hues, chromas and lumas of source and canvas.
func byHCL(mix func(s, d [3]float64) [3]float64) func(s, d *[4]float64) {
	return func(s, d *[4]float64) {
		if s[3] == 0 {
			return
		}
		if d[3] == 0 {
			*d = *s
			return
		}
		var from, to [3]float64
		from[0], from[1], from[2] = toHCL(s[0], s[1], s[2])
		to[0], to[1], to[2] = toHCL(d[0], d[1], d[2])
		mixed := mix(from, to)
		d[0], d[1], d[2] = fromHCL(mixed[0], mixed[1], mixed[2])
		d[3] = max(d[3], s[3])
	}
}

// composeArgs reads -define compose:args (or -set option:compose:args).
func (m *machine) composeArgs() (magick.Numbers, bool) {
	text, ok := m.settings.defines["compose:args"]
	if !ok {
		return nil, false
	}
	n, err := magick.ParseNumbers(text)
	return n, err == nil
}

// dissolving gives the shares of source and canvas that compose:args names for Dissolve and Blend, 0 to 1.
func (m *machine) dissolving(blending bool) (source, canvas float64, given bool) {
	args, ok := m.composeArgs()
	if !ok {
		return 1, 1, false
	}
	source, canvas = max(args.At(0, 100)/100, 0), 1.0
	switch {
	case blending:
		canvas = 1 - source
	case source > 1:
		canvas, source = 2-source, 1
	}
	canvas = args.At(1, canvas*100) / 100
	if !blending {
		canvas = min(max(canvas, 0), 1)
	}
	return source, canvas, canvas < 1
}
