package render

import (
	"slices"

	"bluerose/internal/imaging/vips"
)

// as gives the picture with numbers of the width that like has.
func (p *Picture) as(like *Picture) (*Picture, error) {
	switch {
	case p.wide() == like.wide():
		return p, nil
	case like.wide():
		return p.widen()
	}
	return p.narrowed()
}

// narrowed gives the picture with 8-bit numbers, rounded.
func (p *Picture) narrowed() (*Picture, error) {
	if !p.wide() {
		return p, nil
	}
	img, err := p.img.Chain().Op("linear", vips.Args{"a": 1 / 257.0, "b": 0.0}).Op("round", vips.Args{"round": "rint"}).
		Op("cast", vips.Args{"format": "uchar"}).
		Op("copy", vips.Args{"interpretation": int(interpretation(p.Space, false))}).Image()
	if err != nil {
		return nil, err
	}
	return p.with(img), nil
}

// intensity gives the picture in gray, by ImageMagick's default weights; alpha stays.
func (p *Picture) intensity() (*Picture, error) {
	if p.Space == Gray || p.Space == CMYK {
		return p, nil
	}
	weights := []float64{0.212656, 0.715158, 0.072186}
	if p.Alpha() {
		weights = []float64{0.212656, 0.715158, 0.072186, 0, 0, 0, 0, 1}
	}
	mask, err := matrix(p.img.Scope(), weights, p.img.Bands(), len(weights)/p.img.Bands())
	if err != nil {
		return nil, err
	}
	img, err := p.img.Op("recomb", vips.Args{"m": mask})
	if err != nil {
		return nil, err
	}
	q := p.copy()
	q.Space = Gray
	return q.cast(img)
}

// histogram counts the values of every band.
func (p *Picture) histogram() ([][]int64, error) {
	data, err := p.pixels()
	if err != nil {
		return nil, err
	}
	if p.wide() {
		return counted(words(data), p.img.Bands()), nil
	}
	return counted(data, p.img.Bands()), nil
}

func counted[T number](pix []T, bands int) [][]int64 {
	counts := make([][]int64, bands)
	for band := range counts {
		tally := make([]int64, int(^T(0))+1)
		for i := band; i < len(pix); i += bands {
			tally[pix[i]]++
		}
		counts[band] = tally
	}
	return counts
}

// equalizedEach spreads the values of every band evenly, of alpha by its opposite (ImageMagick 6.9, magick/enhance.c,
// EqualizeImageChannel).
func (p *Picture) equalizedEach() (*Picture, error) {
	p, err := p.settle()
	if err != nil {
		return nil, err
	}
	counts, err := p.histogram()
	if err != nil {
		return nil, err
	}
	curves := make([]curve, len(counts))
	for band, tally := range counts {
		opacity := band == p.colours()
		if opacity {
			slices.Reverse(tally)
		}
		sums := make([]float64, len(tally))
		total := int64(0)
		for i, n := range tally {
			total += n
			sums[i] = float64(total)
		}
		first, last := sums[0], sums[len(sums)-1]
		if first == last {
			continue
		}
		curves[band] = func(v float64) float64 {
			if opacity {
				return 1 - (sums[int((1-v)*float64(len(sums)-1)+0.5)]-first)/(last-first)
			}
			return (sums[int(v*float64(len(sums)-1)+0.5)] - first) / (last - first)
		}
	}
	return p.mappedEach(curves)
}

// stretchLimits gives the values, 0 to 1, below which a share of low of the pixels lies and above which a share of 1-high
// (ImageMagick 6.9, ContrastStretchImageChannel).
func stretchLimits(tally []int64, low, high float64) (black, white float64) {
	total := 0.0
	for _, n := range tally {
		total += float64(n)
	}
	last := len(tally) - 1
	first, sum := 0, 0.0
	for ; first < last; first++ {
		if sum += float64(tally[first]); sum > total*low {
			break
		}
	}
	top := last
	for sum = 0; top > 0; top-- {
		if sum += float64(tally[top]); sum > total*(1-high) {
			break
		}
	}
	return float64(first) / float64(last), float64(top) / float64(last)
}

// stretched maps black to 0 and white to 1.
func stretched(v, black, white float64) float64 {
	switch {
	case v < black:
		return 0
	case v > white:
		return 1
	case white == black:
		return v
	}
	return (v - black) / (white - black)
}
