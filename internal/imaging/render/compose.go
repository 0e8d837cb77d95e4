package render

import (
	"math"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// composeListers put pictures over one another.
var composeListers = map[string]lister{
	"fx":                evaluated,
	"average":           average,
	"clut":              clut,
	"coalesce":          coalesce,
	"combine":           combine,
	"composite":         composite,
	"deconstruct":       compareLayers(differs),
	"evaluate-sequence": evaluateSequence,
	"flatten":           merging(flattenBounds),
	"hald-clut":         haldClut,
	"layers":            layers,
	"map":               remapList,
	"maximum":           sequenceOf("Max"),
	"minimum":           sequenceOf("Min"),
	"mosaic":            merging(mosaicBounds),
	"separate":          separate,
}

// composite puts the second picture over the first, where a third is the mask. Further pictures are dropped, as ImageMagick does.
func composite(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	if len(list) < 2 {
		return list, nil
	}
	canvas, source := list[0], list[1]
	source, x, y, err := m.positioned(canvas, source)
	if err != nil {
		return nil, err
	}
	method := m.settings.compose()
	if len(list) > 2 && (method == "Displace" || method == "Distort") {
		if source, err = m.composed(source, list[2], "CopyGreen", 0, 0); err != nil {
			return nil, err
		}
		list = list[:2]
	}
	out, err := m.composed(canvas, source, method, x, y)
	if err == nil && len(list) > 2 {
		out, err = m.masked(canvas, out, list[2])
	}
	return []*Picture{out}, err
}

// positioned resizes a source as its -geometry says, and gives its place on the canvas by offset and gravity.
func (m *machine) positioned(canvas, source *Picture) (out *Picture, x, y int, err error) {
	g := magick.Geometry{}
	if source.Geometry != nil {
		g = *source.Geometry
	}
	if g.HasWidth || g.HasHeight {
		width, height := sized(g, source.Width(), source.Height())
		if source, err = m.resized(source, width, height); err != nil {
			return nil, 0, 0, err
		}
	}
	r := gravitate(m.settings.gravity(), canvas.Width(), canvas.Height(),
		region{Width: source.Width(), Height: source.Height(), X: int(g.X), Y: int(g.Y)})
	return source, r.X, r.Y, nil
}

// composed composes a source over a canvas with its top left corner at x, y, by a method of -compose.
func (m *machine) composed(canvas, source *Picture, method string, x, y int) (*Picture, error) {
	if other, ok := aliases[method]; ok {
		method = other
	}
	if method == "Displace" || method == "Distort" {
		return m.displaced(canvas, source, method, x, y)
	}
	canvas, source, err := alikeForms(canvas, source, method)
	if err != nil {
		return nil, err
	}
	mix, beyond, err := m.mixer(canvas, source, method)
	if err != nil {
		return nil, err
	}
	if m.settings.defines["compose:outside-overlay"] == "false" || m.settings.defines["compose:clip-to-self"] == "true" {
		beyond = untouched
	}
	left, top := max(x, 0), max(y, 0)
	width, height := min(x+source.Width(), canvas.Width())-left, min(y+source.Height(), canvas.Height())-top
	base, err := canvas.outsideOf(beyond)
	if err != nil || width <= 0 || height <= 0 || method == "Dst" {
		return base, err
	}
	from, err := source.region(left-x, top-y, width, height)
	if err != nil {
		return nil, err
	}
	to, err := canvas.region(left, top, width, height)
	if err != nil {
		return nil, err
	}
	patch := to
	if opaqueCopy(canvas, source, method) {
		if canvas.Alpha() {
			from, err = from.withAlpha()
		} else {
			from, err = from.withoutAlpha()
		}
		patch = from
	} else if method == "Over" && !canvas.Alpha() && !canvas.wide() {
		patch, err = to.covered(from)
	} else if to.tabled(from) && blends[method].channel != nil {
		patch, err = to.mixedByTable(from, mix)
	} else {
		patch, err = to.mixed(from, mix)
	}
	if err != nil {
		return nil, err
	}
	img := patch.img
	if width != canvas.Width() || height != canvas.Height() {
		if img, err = base.img.Op("insert", vips.Args{"main": nil, "sub": patch.img, "x": left, "y": top}); err != nil {
			return nil, err
		}
	}
	out := canvas.with(img)
	if canvas.trail != nil && base == canvas && opaqueCopy(canvas, source, method) {
		out.follow(canvas, func(in *Picture) (*Picture, error) {
			img, err := in.img.Op("insert", vips.Args{"main": nil, "sub": patch.img, "x": left, "y": top})
			if err != nil {
				return nil, err
			}
			return in.with(img), nil
		})
	}
	return out, nil
}

// opaqueCopy reports whether composing is no more than to put one picture's pixels in place of the other's.
func opaqueCopy(canvas, source *Picture, method string) bool {
	return method == "Copy" || method == "Src" || method == "Over" && !source.Alpha()
}

// alikeForms brings both pictures to one colourspace and one number type, and gives the canvas an alpha channel where the method
// makes one.
func alikeForms(canvas, source *Picture, method string) (*Picture, *Picture, error) {
	var err error
	if canvas.Space == Gray && source.Space != Gray && method != "CopyOpacity" {
		if canvas, err = canvas.toRGB(); err != nil {
			return nil, nil, err
		}
	}
	if method != "CopyOpacity" || source.Space == CMYK {
		if source, err = source.toSpace(canvas.Space); err != nil {
			return nil, nil, err
		}
	}
	if source.wide() {
		canvas, err = canvas.widen()
	} else if canvas.wide() {
		source, err = source.widen()
	}
	if err != nil {
		return nil, nil, err
	}
	if method == "CopyOpacity" || method == "ChangeMask" {
		canvas, err = canvas.withAlpha()
	}
	return canvas, source, err
}

// beyond is what becomes of the canvas outside of the source: its alpha by a factor, its colours cleared or not.
type beyond struct {
	alpha float64
	clear bool
}

// untouched leaves the canvas as it is.
var untouched = beyond{alpha: 1}

func (p *Picture) outsideOf(b beyond) (*Picture, error) {
	if b == untouched {
		return p, nil
	}
	factors, zeros := make([]float64, p.img.Bands()), make([]float64, p.img.Bands())
	for band := range factors {
		switch {
		case band == p.colours():
			factors[band] = b.alpha
		case !b.clear:
			factors[band] = 1
		}
	}
	img, err := p.img.Op("linear", vips.Args{"a": factors, "b": zeros})
	if err != nil {
		return nil, err
	}
	return p.cast(img)
}

// A mix makes the canvas's pixel d of the source's s and its own: the colours, then alpha, 0 to 1, not multiplied.
type mix func(s, d *[5]float64)

// mixed runs a mix over two pictures of one size and colourspace.
func (p *Picture) mixed(source *Picture, f mix) (*Picture, error) {
	data, err := source.pixels()
	if err != nil {
		return nil, err
	}
	form, n := source.pixelForm(), source.img.Bands()
	width := p.Width()
	bands, colours, alpha := p.img.Bands(), p.colours(), p.Alpha()
	inverted := p.Space == CMYK
	return p.shade(func(y int, out, canvas []uint16) {
		var in []uint16
		if form.wide {
			in = words(data)[y*width*n : (y+1)*width*n]
		} else {
			in = make([]uint16, width*n)
			expand(in, data[y*width*n:(y+1)*width*n])
		}
		var s, d [5]float64
		for i, j := 0, 0; i < len(canvas); i, j = i+bands, j+n {
			load(&s, in[j:j+n], form, inverted)
			load(&d, canvas[i:i+bands], pixelForm{space: p.Space, alpha: alpha}, inverted)
			f(&s, &d)
			for band := range colours {
				v := d[band]
				if inverted {
					v = 1 - v
				}
				out[i+band] = steps(v)
			}
			if alpha {
				out[i+colours] = steps(d[4])
			}
		}
	})
}

// covered is Over for what is met most: 8-bit pictures of one colourspace, the canvas without alpha and the source with it.
func (p *Picture) covered(source *Picture) (*Picture, error) {
	below, err := p.pixels()
	if err != nil {
		return nil, err
	}
	above, err := source.pixels()
	if err != nil {
		return nil, err
	}
	width, colours := p.Width(), p.colours()
	err = p.eachStrip(func(top, bottom int) {
		for i := top * width; i < bottom*width; i++ {
			d, s := below[i*colours:(i+1)*colours], above[i*(colours+1):(i+1)*(colours+1)]
			a := uint32(s[colours])
			switch a {
			case 0:
			case 255:
				copy(d, s)
			default:
				for band := range d {
					d[band] = byte((uint32(s[band])*a + uint32(d[band])*(255-a) + 127) / 255)
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return p.holdingPixels(below, width, p.Height(), p.pixelForm())
}

// load reads a pixel: colours from the first place on, alpha in the last.
func load(to *[5]float64, px []uint16, form pixelForm, inverted bool) {
	to[4] = 1
	n := len(px)
	if form.alpha {
		n--
		to[4] = float64(px[n]) * perStep
	}
	for band := range n {
		v := float64(px[band]) * perStep
		if inverted {
			v = 1 - v
		}
		to[band] = v
	}
}

// mixer makes the mix of a method, and says what becomes of the canvas outside.
func (m *machine) mixer(canvas, source *Picture, method string) (mix, beyond, error) {
	colours := canvas.colours()
	whole := untouched
	switch method {
	case "Dissolve", "Blend":
		from, to, given := m.dissolving(method == "Blend")
		row := blends["Over"]
		if method == "Blend" {
			row = blends["Plus"]
		}
		out := untouched
		if given {
			out.alpha = to
		}
		return row.mix(colours, from, to), out, nil
	case "Mathematics":
		args, _ := m.composeArgs()
		a, b, c, d := args.At(0, 0), args.At(1, 0), args.At(2, 0), args.At(3, 0)
		row := mathematical(func(sc, sa, dc, da float64) float64 {
			return a*sc*dc + b*sc*da + c*dc*sa + d*sa*da + rest(sc, sa, dc, da)
		})
		return m.channelled(row, canvas), whole, nil
	case "CopyOpacity":
		return copyOpacity(source), beyond{}, nil
	case "CopyBlack":
		return func(s, d *[5]float64) { d[3] = s[3] }, whole, nil
	case "ChangeMask":
		test := m.settings.fuzz()
		return func(s, d *[5]float64) { changeMask(s, d, test) }, beyond{}, nil
	case "Modulate":
		return m.modulating(), whole, nil
	case "Threshold":
		return m.thresholding(colours), whole, nil
	}
	if f, ok := pixelBlends[method]; ok {
		out := whole
		switch method {
		case "Src":
			out = beyond{clear: true}
		case "DstAtop":
			out = beyond{}
		}
		return pixelMix(f, colours), out, nil
	}
	row, ok := blends[method]
	if !ok {
		step, _ := m.settings.given("compose")
		return nil, whole, refuse(step, "%s is not available; compose by another method", method)
	}
	out := whole
	switch row.outside {
	case hidden:
		out.alpha = 0
	case cleared:
		out = beyond{clear: true}
	}
	return m.channelled(row, canvas), out, nil
}

// mix makes the mix of a formula, with the alphas of source and canvas multiplied by shares.
func (b blend) mix(colours int, from, to float64) mix {
	channel, alpha := b.channel, b.alpha
	return func(s, d *[5]float64) {
		sa, da := s[4]*from, d[4]*to
		a := alpha(sa, da)
		scale := 1 / max(a, tiny)
		for i := range colours {
			d[i] = channel(s[i]*sa, sa, d[i]*da, da) * scale
		}
		d[4] = a
	}
}

// channelled is mix, or arithmetic on the channels that -channel names.
func (m *machine) channelled(b blend, canvas *Picture) mix {
	channels, separate := m.channelsGiven()
	colours := canvas.colours()
	if !separate || !b.pure {
		return b.mix(colours, 1, 1)
	}
	return func(s, d *[5]float64) {
		for i := range colours {
			if canvas.named(i, channels) {
				d[i] = b.channel(s[i], 1, d[i], 1)
			}
		}
		if channels&magick.ChannelAlpha != 0 {
			d[4] = b.channel(s[4], 1, d[4], 1)
		}
	}
}

// pixelMix adapts a method that knows red, green and blue to pictures of one band, and of four.
func pixelMix(f func(s, d *[4]float64), colours int) mix {
	return func(s, d *[5]float64) {
		if colours == 4 {
			a, b := [4]float64{s[0], s[1], s[2], s[4]}, [4]float64{d[0], d[1], d[2], d[4]}
			f(&a, &b)
			d[0], d[1], d[2], d[4] = b[0], b[1], b[2], b[3]
			return
		}
		if colours == 1 {
			a, b := [4]float64{s[0], s[0], s[0], s[4]}, [4]float64{d[0], d[0], d[0], d[4]}
			f(&a, &b)
			d[0], d[4] = b[0], b[3]
			return
		}
		a, b := [4]float64{s[0], s[1], s[2], s[4]}, [4]float64{d[0], d[1], d[2], d[4]}
		f(&a, &b)
		d[0], d[1], d[2], d[4] = b[0], b[1], b[2], b[3]
	}
}

// copyOpacity takes the source's alpha or, where it has none, its intensity.
func copyOpacity(source *Picture) mix {
	switch {
	case source.Alpha():
		return func(s, d *[5]float64) { d[4] = s[4] }
	case source.Space == Gray:
		return func(s, d *[5]float64) { d[4] = s[0] }
	}
	return func(s, d *[5]float64) { d[4] = lumaOf(s[0], s[1], s[2]) }
}

// changeMask hides what is as the source is.
func changeMask(s, d *[5]float64, fuzz float64) {
	test := nearness{r: s[0] * fullRange, g: s[1] * fullRange, b: s[2] * fullRange, a: s[4] * fullRange}
	limit := max(fuzz*fullRange, 0.7071067811865476)
	test.limit = limit * limit
	if d[4] < 0.5 || test.is(d[0]*fullRange, d[1]*fullRange, d[2]*fullRange, d[4]*fullRange) {
		d[4] = 0
		return
	}
	d[4] = 1
}

// modulating moves the canvas's luma by the source's intensity, around the middle.
func (m *machine) modulating() mix {
	args, _ := m.composeArgs()
	luma, chroma := args.At(0, 100)/100, args.At(1, 100)/100
	return func(s, d *[5]float64) {
		offset := 2*lumaOf(s[0], s[1], s[2]) - 1
		if s[4] == 0 || offset == 0 {
			return
		}
		h, c, l := toHCL(d[0], d[1], d[2])
		d[0], d[1], d[2] = fromHCL(h, c*chroma, l+luma*offset)
	}
}

// thresholding moves the canvas's channels by an amount of what the source differs by, where that is no less than a threshold.
func (m *machine) thresholding(colours int) mix {
	args, _ := m.composeArgs()
	amount, least := args.At(0, 0.5), args.At(1, 0.05)
	return func(s, d *[5]float64) {
		for i := range colours {
			if delta := s[i] - d[i]; math.Abs(2*delta) >= least {
				d[i] += delta * amount
			}
		}
	}
}

// masked keeps the canvas where the mask is black and takes the result where it is white.
func (m *machine) masked(canvas, result, mask *Picture) (*Picture, error) {
	canvas, result, err := alikeForms(canvas, result, "Over")
	if err != nil {
		return nil, err
	}
	if result.Alpha() {
		canvas, err = canvas.withAlpha()
	}
	if err == nil {
		mask, err = mask.toGray("")
	}
	if err == nil {
		mask, err = mask.withoutAlpha()
	}
	if err != nil {
		return nil, err
	}
	share, err := mask.raster()
	if err != nil {
		return nil, err
	}
	above, err := result.raster()
	if err != nil {
		return nil, err
	}
	bands, colours, alpha := canvas.img.Bands(), canvas.colours(), canvas.Alpha()
	form := pixelForm{space: canvas.Space, alpha: alpha}
	over := blends["Over"].mix(colours, 1, 1)
	return canvas.shade(func(y int, out, in []uint16) {
		var s, d [5]float64
		for x := range len(in) / bands {
			copy(out[x*bands:(x+1)*bands], in[x*bands:(x+1)*bands])
			if x >= share.Width || y >= share.Height || share.Pix[y*share.Width+x] == 0 {
				continue
			}
			load(&s, above.Pix[(y*above.Width+x)*bands:][:bands], form, false)
			load(&d, in[x*bands:][:bands], form, false)
			shown := s[4]
			s[4] = float64(share.Pix[y*share.Width+x]) * perStep
			over(&s, &d)
			for band := range colours {
				out[x*bands+band] = steps(d[band])
			}
			if alpha {
				out[x*bands+colours] = steps(shown)
			}
		}
	})
}
