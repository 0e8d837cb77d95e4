package render

import (
	"math"
)

// moments are the statistics of a channel, on ImageMagick's scale of 0 to 65535.
type moments struct {
	min, max, mean, deviation, skewness, kurtosis float64
}

// channelStatistics are those of every band of a picture.
type channelStatistics struct {
	bands []moments
	sums  [][4]float64 // of the powers of the values
	count float64
}

// statistics reads the pixels once.
func (p *Picture) statistics() (*channelStatistics, error) {
	r, err := p.raster()
	if err != nil {
		return nil, err
	}
	all := &channelStatistics{count: float64(r.Width * r.Height)}
	for band := range r.Bands {
		low, high := uint16(math.MaxUint16), uint16(0)
		var sums [4]float64
		for at := band; at < len(r.Pix); at += r.Bands {
			v := r.Pix[at]
			low, high = min(low, v), max(high, v)
			x := float64(v)
			sums[0] += x
			sums[1] += x * x
			sums[2] += x * x * x
			sums[3] += x * x * x * x
		}
		m := momentsOf(sums, all.count)
		m.min, m.max = float64(low), float64(high)
		m.deviation *= math.Sqrt(all.count / max(all.count-1, 1)) // that of a sample
		all.bands = append(all.bands, m)
		all.sums = append(all.sums, sums)
	}
	return all, nil
}

// momentsOf gives the moments of n values from the sums of their powers.
func momentsOf(sums [4]float64, n float64) moments {
	m1, m2, m3, m4 := sums[0]/n, sums[1]/n, sums[2]/n, sums[3]/n
	m := moments{mean: m1, deviation: math.Sqrt(max(m2-m1*m1, 0))}
	if m.deviation > 0 {
		d := m.deviation
		m.skewness = (m3 - 3*m1*m2 + 2*m1*m1*m1) / (d * d * d)
		m.kurtosis = (m4-4*m1*m3+6*m1*m1*m2-3*m1*m1*m1*m1)/(d*d*d*d) - 3
	}
	return m
}

// pooled gives the statistics of the first bands together, as ImageMagick counts them: mean and deviation are averages of
// the channels', skewness and kurtosis those of all values.
func (s *channelStatistics) pooled(bands int) moments {
	var sums [4]float64
	out := moments{min: math.MaxUint16}
	for band := range bands {
		m := s.bands[band]
		out.min, out.max = min(out.min, m.min), max(out.max, m.max)
		out.mean += m.mean / float64(bands)
		out.deviation += m.deviation / float64(bands)
		for i, sum := range s.sums[band] {
			sums[i] += sum
		}
	}
	together := momentsOf(sums, s.count*float64(bands))
	out.skewness, out.kurtosis = together.skewness, together.kurtosis
	return out
}

// uniqueColours counts the colours of the picture; alpha makes two of one.
func (p *Picture) uniqueColours() (int, error) {
	r, err := p.raster()
	if err != nil {
		return 0, err
	}
	if r.Bands <= 3 && !p.wide() {
		return uniqueNarrow(r), nil
	}
	seen := map[uint64]struct{}{}
	last := ^uint64(0)
	for at := 0; at < len(r.Pix); at += r.Bands {
		key := uint64(0)
		for _, v := range r.Pix[at:min(at+r.Bands, at+4)] {
			key = key<<16 | uint64(v)
		}
		if at == 0 || key != last {
			seen[key] = struct{}{}
			last = key
		}
	}
	return len(seen), nil
}

// uniqueNarrow counts the colours of at most three bands of 8 bits by a bit for each.
func uniqueNarrow(r *raster) int {
	seen := make([]uint64, 1<<24/64)
	count := 0
	for at := 0; at < len(r.Pix); at += r.Bands {
		key := 0
		for _, v := range r.Pix[at : at+r.Bands] {
			key = key<<8 | int(v>>8)
		}
		if bit := uint64(1) << (key % 64); seen[key/64]&bit == 0 {
			seen[key/64] |= bit
			count++
		}
	}
	return count
}

// typeName gives ImageMagick's name for what the pixels are.
func (p *Picture) typeName() (string, error) {
	if p.Space == CMYK {
		if p.Alpha() {
			return "ColorSeparationAlpha", nil
		}
		return "ColorSeparation", nil
	}
	r, err := p.raster()
	if err != nil {
		return "", err
	}
	gray, bilevel := true, true
	for at := 0; at < len(r.Pix) && gray; at += r.Bands {
		px := r.Pix[at : at+p.colours()]
		for _, v := range px {
			gray = gray && v == px[0]
		}
		bilevel = bilevel && (px[0] == 0 || px[0] == math.MaxUint16)
	}
	alpha := ""
	if p.Alpha() {
		alpha = "Alpha"
	}
	switch {
	case gray && bilevel && alpha == "":
		return "Bilevel", nil
	case gray:
		return "Grayscale" + alpha, nil
	}
	paletted, err := p.fewColours(r)
	if err != nil {
		return "", err
	}
	if paletted {
		return "Palette" + alpha, nil
	}
	return "TrueColor" + alpha, nil
}

// fewColours reports whether a palette of 256 entries holds all colours.
func (p *Picture) fewColours(r *raster) (bool, error) {
	seen := map[[4]uint16]struct{}{}
	for at := 0; at < len(r.Pix); at += r.Bands {
		var key [4]uint16
		copy(key[:], r.Pix[at:at+r.Bands])
		if seen[key] = struct{}{}; len(seen) > gifColoursMax {
			return false, nil
		}
	}
	return true, nil
}

// entropy gives how evenly the colour channels use the values that they have, 0 to 1, in the mean over them (MagickCore,
// GetImageChannelStatistics).
func (p *Picture) entropy() (float64, error) {
	r, err := p.raster()
	if err != nil {
		return 0, err
	}
	total := 0.0
	counts := make([]int, fullRange+1)
	for band := range p.colours() {
		clear(counts)
		for i := band; i < len(r.Pix); i += r.Bands {
			counts[r.Pix[i]]++
		}
		bits, used := 0.0, 0
		for _, n := range counts {
			if n > 0 {
				share := float64(n) / float64(r.Width*r.Height)
				bits -= share * math.Log(share)
				used++
			}
		}
		if used > 1 {
			total += bits / math.Log(float64(used))
		}
	}
	return total / float64(p.colours()), nil
}
