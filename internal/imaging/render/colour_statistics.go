package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// statisticsOperators are curves that are made of a picture's histogram.
var statisticsOperators = map[string]operator{
	"auto-gamma":       autoGamma,
	"auto-level":       autoLevel,
	"contrast-stretch": func(m *machine, p *Picture, s magick.Step) (*Picture, error) { return m.contrastStretch(p, s) },
	"equalize":         equalize,
	"linear-stretch":   linearStretch,
	"normalize": func(m *machine, p *Picture, s magick.Step) (*Picture, error) {
		pixels := float64(p.Width()) * float64(p.Height())
		return m.stretched(p, 0.0015*pixels, 0.9995*pixels)
	},
}

// histogram counts pixels by value, from 0 to the picture's Max.
type histogram []int64

// histograms counts every band of a picture, and the intensity of its pixels.
func (m *machine) histograms(p *Picture) (bands []histogram, intensity histogram, err error) {
	data, err := p.pixels()
	if err != nil {
		return nil, nil, err
	}
	n, size := p.img.Bands(), int(p.Max())+1
	bands = make([]histogram, n)
	for band := range bands {
		bands[band] = make(histogram, size)
	}
	if p.wide() {
		tally(words(data), bands)
	} else {
		tally(data, bands)
	}
	if p.colours() == 1 {
		return bands, bands[0], nil
	}
	intensity = make(histogram, size)
	if p.wide() {
		tallyIntensity(words(data), n, intensity)
	} else {
		tallyIntensity(data, n, intensity)
	}
	return bands, intensity, m.scope.Context().Err()
}

func tally[T number](pix []T, bands []histogram) {
	n := len(bands)
	for band, counts := range bands {
		for i := band; i < len(pix); i += n {
			counts[pix[i]]++
		}
	}
}

func tallyIntensity[T number](pix []T, bands int, counts histogram) {
	for i := 0; i+bands <= len(pix); i += bands {
		// Fixed point of lumaOf: the weights add up to 1 << 20.
		v := (222986*uint64(pix[i]) + 749898*uint64(pix[i+1]) + 75692*uint64(pix[i+2]) + 1<<19) >> 20
		counts[v]++
	}
}

// merged adds histograms up.
func merged(list []histogram) histogram {
	sum := make(histogram, len(list[0]))
	for _, h := range list {
		for i, n := range h {
			sum[i] += n
		}
	}
	return sum
}

// extent gives the least and the greatest value that occur.
func (h histogram) extent() (low, high int) {
	for low < len(h)-1 && h[low] == 0 {
		low++
	}
	for high = len(h) - 1; high > 0 && h[high] == 0; {
		high--
	}
	return low, high
}

// mean gives the mean value, 0 to 1.
func (h histogram) mean() float64 {
	var sum, count float64
	for v, n := range h {
		sum += float64(v) * float64(n)
		count += float64(n)
	}
	return sum / count / float64(len(h)-1)
}

// bandCurves makes a curve of every named band's own histogram, or one of all of them together while channels are in step
// (-channel's Sync flag), and applies them. With opacityToo the common curve also changes the opacity.
func (m *machine) bandCurves(p *Picture, together func(bands []histogram, intensity histogram) histogram, f func(h histogram) curve, opacityToo bool) (*Picture, error) {
	p, err := p.settle()
	if err != nil {
		return nil, err
	}
	bands, intensity, err := m.histograms(p)
	if err != nil {
		return nil, err
	}
	channels, separate := m.channelsGiven()
	curves := make([]curve, len(bands))
	var named []histogram
	for band := range bands {
		if p.named(band, channels) {
			curves[band] = f(bands[band])
			named = append(named, bands[band])
		}
	}
	if len(named) == 0 {
		return p, nil
	}
	if !separate {
		common := f(together(named, intensity))
		for band := range curves {
			if curves[band] != nil {
				curves[band] = common
			}
		}
		if alpha := p.colours(); opacityToo && p.Alpha() {
			curves[alpha] = func(v float64) float64 { return 1 - common(1-v) }
		}
	}
	return p.mappedEach(curves)
}

func ofBands(bands []histogram, intensity histogram) histogram     { return merged(bands) }
func ofIntensity(bands []histogram, intensity histogram) histogram { return intensity }

func unchanged(v float64) float64 { return v }

func autoLevel(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	return m.bandCurves(p, ofBands, func(h histogram) curve {
		low, high := h.extent()
		if low == high {
			return unchanged
		}
		full := float64(len(h) - 1)
		return leveled(float64(low)/full, float64(high)/full, 1, false)
	}, false)
}

// autoGamma brings the mean to the middle.
func autoGamma(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	return m.bandCurves(p, ofBands, func(h histogram) curve {
		mean := h.mean()
		if mean <= 0 || mean >= 1 {
			return unchanged
		}
		return leveled(0, 1, math.Log(mean)/math.Log(0.5), false)
	}, false)
}

// equalize gives every intensity the share of the range that its pixels have of the picture.
func equalize(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	return m.bandCurves(p, ofIntensity, func(h histogram) curve {
		sums := make([]float64, len(h))
		sum := 0.0
		for v, n := range h {
			sum += float64(n)
			sums[v] = sum
		}
		low, high := sums[0], sums[len(sums)-1]
		if low == high {
			return unchanged
		}
		full := float64(len(h) - 1)
		return func(v float64) float64 { return (sums[int(v*full+0.5)] - low) / (high - low) }
	}, true)
}

// points reads the two arguments of the stretches as numbers of pixels: from the black end, and from the white one.
func points(p *Picture, s magick.Step) (low, high float64) {
	pixels := float64(p.Width()) * float64(p.Height())
	low = argument(s, 0, 0)
	high = argument(s, 1, low)
	if percent(s) {
		low *= pixels / 100
		high *= pixels / 100
	}
	return low, pixels - high
}

func (m *machine) contrastStretch(p *Picture, s magick.Step) (*Picture, error) {
	low, high := points(p, s)
	return m.stretched(p, low, high)
}

// stretched makes black of the darkest pixels, low in number, and white of the lightest, all but high in number.
func (m *machine) stretched(p *Picture, low, high float64) (*Picture, error) {
	pixels := float64(p.Width()) * float64(p.Height())
	return m.bandCurves(p, ofIntensity, func(h histogram) curve {
		dark, light := h.ends(low, pixels-high)
		if dark == light {
			return unchanged
		}
		full := float64(len(h) - 1)
		return leveled(float64(dark)/full, float64(light)/full, 1, false)
	}, false)
}

// ends gives the first value with more than low pixels up to it, and the last one with more than high from it on.
func (h histogram) ends(low, high float64) (dark, light int) {
	sum := 0.0
	for dark = 0; dark < len(h)-1; dark++ {
		if sum += float64(h[dark]); sum > low {
			break
		}
	}
	sum = 0
	for light = len(h) - 1; light > 0; light-- {
		if sum += float64(h[light]); sum > high {
			break
		}
	}
	return dark, light
}

// linearStretch is contrastStretch by the intensity of pixels, whatever -channel says, with the ends counted in.
func linearStretch(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	low, high := points(p, s)
	pixels := float64(p.Width()) * float64(p.Height())
	p, err := p.settle()
	if err != nil {
		return nil, err
	}
	_, h, err := m.histograms(p)
	if err != nil {
		return nil, err
	}
	const least = 1e-9 // "at least" in place of "more than"
	dark, light := h.ends(low-least, pixels-high-least)
	full := float64(len(h) - 1)
	return p.mapped(magick.ChannelDefault, leveled(float64(dark)/full, float64(light)/full, 1, false))
}
