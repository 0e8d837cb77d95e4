package render

import (
	"math"
	"slices"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// separate gives every channel that -channel names as a gray picture of its own.
func separate(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	channels := m.settings.channels()
	var out []*Picture
	for _, p := range list {
		if channels&magick.ChannelAlpha != 0 {
			var err error
			if p, err = p.withAlpha(); err != nil {
				return nil, err
			}
		}
		full, err := p.spreadFor(true)
		if err != nil {
			return nil, err
		}
		for band := range full.img.Bands() {
			if !full.named(band, channels) {
				continue
			}
			q, err := full.band(band)
			if err != nil {
				return nil, err
			}
			out = append(out, q)
		}
	}
	return out, nil
}

// combine makes one picture of the intensities of several, one for each channel that -channel names.
func combine(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	if len(list) == 0 {
		return list, nil
	}
	channels := m.settings.channels()
	first := list[0]
	order := []magick.Channels{magick.ChannelRed, magick.ChannelGreen, magick.ChannelBlue, magick.ChannelAlpha}
	list, err := uniform(list)
	if err != nil {
		return nil, err
	}
	back := m.ground(first)
	ground := []float64{float64(back.Red), float64(back.Green), float64(back.Blue), fullRange}
	width, height, wide := first.Width(), first.Height(), list[0].wide()
	var bands []*vips.Image
	for i, channel := range order {
		if channel == magick.ChannelAlpha && channels&channel == 0 {
			continue
		}
		if channels&channel == 0 || len(list) == 0 {
			if channel == magick.ChannelAlpha {
				continue
			}
			img, err := m.even(width, height, wide, ground[i])
			if err != nil {
				return nil, err
			}
			bands = append(bands, img)
			continue
		}
		q, err := list[0].toGray("")
		if err == nil {
			q, err = q.withoutAlpha()
		}
		if err != nil {
			return nil, err
		}
		list = list[1:]
		bands = append(bands, q.img)
	}
	img, err := m.scope.Create("bandjoin", vips.Args{"in": bands})
	if err != nil {
		return nil, err
	}
	if img, err = img.Op("copy", vips.Args{"interpretation": int(interpretation(SRGB, wide))}); err != nil {
		return nil, err
	}
	q := first.with(img)
	q.Space = SRGB
	return []*Picture{q}, nil
}

// even gives one band of one value, 0 to 65535.
func (m *machine) even(width, height int, wide bool, v float64) (*vips.Image, error) {
	format := "uchar"
	if wide {
		format = "ushort"
	} else {
		v = math.Round(v / 257)
	}
	img, err := m.scope.Create("black", vips.Args{"width": width, "height": height})
	if err != nil {
		return nil, err
	}
	return img.Chain().Op("linear", vips.Args{"a": 1.0, "b": v}).Op("cast", vips.Args{"format": format}).Image()
}

// clut looks the channels of the first picture up on the diagonal of the second.
func clut(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	if len(list) < 2 {
		return list, nil
	}
	p, table := list[0], list[1]
	channels := m.settings.channels()
	var err error
	if p.Space == Gray && table.Space != Gray {
		p, err = p.toRGB()
	}
	if err == nil {
		table, err = table.toSpace(p.Space)
	}
	if err == nil && channels&magick.ChannelAlpha != 0 && table.Alpha() {
		p, err = p.withAlpha()
	}
	if err != nil {
		return nil, err
	}
	r, err := table.raster()
	if err != nil {
		return nil, err
	}
	px, curves := make([]float64, r.Bands), make([]curve, p.img.Bands())
	for band := range curves {
		if !p.named(band, channels) {
			continue
		}
		from := band
		if band == p.colours() && !table.Alpha() {
			from = 0
		}
		curves[band] = func(v float64) float64 {
			r.sample(px, v*float64(r.Width-1), v*float64(r.Height-1))
			return px[min(from, r.Bands-1)] / fullRange
		}
	}
	out, err := p.mappedEach(curves)
	return []*Picture{out}, err
}

// haldClut looks colours up in the cube that the second picture holds (MagickCore, HaldClutImageChannel).
func haldClut(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	if len(list) < 2 {
		return list, nil
	}
	p, err := list[0].toSpace(SRGB)
	if err != nil {
		return nil, err
	}
	cube, err := list[1].toSpace(SRGB)
	if err != nil {
		return nil, err
	}
	r, err := cube.raster()
	if err != nil {
		return nil, err
	}
	level := 2
	for level*level*level < min(r.Width, r.Height) {
		level++
	}
	side := level * level
	if side*side*side > r.Width*r.Height {
		return nil, refuse(s, "the second picture is no Hald CLUT; make one with hald:8 or so")
	}
	at := func(x, y, z, band int) float64 {
		x, y, z = min(x, side-1), min(y, side-1), min(z, side-1)
		return float64(r.Pix[(x+side*(y+side*z))*r.Bands+band]) / fullRange
	}
	out, err := p.perPixel(p.pixelForm(), p.eachColour(m.settings.channels(), func(red, green, blue float64) (float64, float64, float64) {
		scale := float64(side - 1)
		x, y, z := int(red*scale), int(green*scale), int(blue*scale)
		fx, fy, fz := red*scale-float64(x), green*scale-float64(y), blue*scale-float64(z)
		var v [3]float64
		for band := range v {
			plane := func(z int) float64 {
				return (at(x, y, z, band)*(1-fx)+at(x+1, y, z, band)*fx)*(1-fy) + (at(x, y+1, z, band)*(1-fx)+at(x+1, y+1, z, band)*fx)*fy
			}
			v[band] = plane(z)*(1-fz) + plane(z+1)*fz
		}
		return v[0], v[1], v[2]
	}))
	return []*Picture{out}, err
}

// sequenceOf is -evaluate-sequence with one of its operations.
func sequenceOf(name string) lister {
	return func(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) { return m.sequence(list, name, s) }
}

func average(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	return m.sequence(list, "Mean", s)
}

func evaluateSequence(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	return m.sequence(list, choice(s, "Mean"), s)
}

// sequence makes one picture of all, channel by channel (MagickCore, EvaluateImages): the first has the operation done with
// every other in turn. The median chooses whole pixels by their intensity.
func (m *machine) sequence(list []*Picture, name string, s magick.Step) ([]*Picture, error) {
	if len(list) == 0 {
		return list, nil
	}
	f, ok := arithmetics[name]
	if !ok {
		return nil, refuse(s, "%s is not available; give Mean, Max, Min, Add, …", name)
	}
	all, err := uniform(list)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.Width() != all[0].Width() || p.Height() != all[0].Height() {
			return nil, refuse(s, "the pictures must have one size; resize them first")
		}
	}
	rasters := make([]*raster, len(all))
	for i, p := range all {
		if rasters[i], err = p.raster(); err != nil {
			return nil, err
		}
	}
	out := rasters[0]
	if name == "Median" {
		medians(rasters)
	} else {
		n := float64(len(rasters))
		for i := range out.Pix {
			if i%(1<<16) == 0 && m.scope.Context().Err() != nil {
				return nil, m.scope.Context().Err()
			}
			v := float64(out.Pix[i])
			for _, r := range rasters[1:] {
				v = f(float64(r.Pix[i]), v)
			}
			out.Pix[i] = quantum[uint16](arithmeticEnd(name, v, n))
		}
	}
	p, err := all[0].withRaster(out)
	return []*Picture{p}, err
}

func arithmeticEnd(name string, v, n float64) float64 {
	switch name {
	case "Mean":
		return v / n
	case "Multiply":
		return v * math.Pow(1.0/fullRange, n-1)
	case "RMS":
		return math.Sqrt(v / n)
	}
	return v
}

// medians puts the pixel of middle intensity into the first raster.
func medians(rasters []*raster) {
	type candidate struct {
		intensity float64
		from      int
	}
	bands := rasters[0].Bands
	order := make([]candidate, len(rasters))
	for at := 0; at < len(rasters[0].Pix); at += bands {
		for i, r := range rasters {
			px := r.Pix[at:]
			order[i] = candidate{float64(px[0]), i}
			if bands >= 3 {
				order[i].intensity = lumaOf(float64(px[0]), float64(px[1]), float64(px[2]))
			}
		}
		slices.SortFunc(order, func(a, b candidate) int {
			switch {
			case a.intensity < b.intensity:
				return -1
			case a.intensity > b.intensity:
				return 1
			}
			return a.from - b.from
		})
		copy(rasters[0].Pix[at:at+bands], rasters[order[len(order)/2].from].Pix[at:at+bands])
	}
}
