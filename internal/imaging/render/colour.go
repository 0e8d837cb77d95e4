package render

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// colourOperators change colours pixel by pixel. They are the rows of five tables, by what a pixel's new
// colour depends on.
var colourOperators = collect(curveOperators, statisticsOperators, pixelOperators, spaceOperators, quantizeOperators)

// collect puts tables together.
func collect(tables ...map[string]operator) map[string]operator {
	all := map[string]operator{}
	for _, table := range tables {
		maps.Copy(all, table)
	}
	return all
}

// pixelForm is the form of a picture's pixels.
type pixelForm struct {
	space Space
	alpha bool
	wide  bool
}

func (p *Picture) pixelForm() pixelForm {
	return pixelForm{space: p.Space, alpha: p.Alpha(), wide: p.wide()}
}

func (s pixelForm) bands() int {
	n := (&Picture{Space: s.space}).colours()
	if s.alpha {
		n++
	}
	return n
}

// rows is a function of the pixels of row y: in and out hold 0 to 65535 a band, as many pixels each. They may be the same
// memory. Rows are done in any order, and several at a time: the function keeps nothing between two of them.
type rows func(y int, out, in []uint16)

// shade gives the picture with every row changed by f; the form of its pixels stays what it is.
func (p *Picture) shade(f rows) (*Picture, error) { return p.reshape(p.pixelForm(), f) }

// reshape gives the picture with every row changed by f into pixels of another form.
func (p *Picture) reshape(to pixelForm, f rows) (*Picture, error) {
	data, err := p.pixels()
	if err != nil {
		return nil, err
	}
	from := p.pixelForm()
	width, height := p.Width(), p.Height()
	nIn, nOut := width*from.bands(), width*to.bands()
	result := data // in place where the pixels keep their form
	if from.bands() != to.bands() || from.wide != to.wide {
		size := 1
		if to.wide {
			size = 2
		}
		result = make([]byte, nOut*height*size)
	}
	err = p.eachStrip(func(top, bottom int) {
		in, out := make([]uint16, nIn), make([]uint16, nOut)
		for y := top; y < bottom; y++ {
			if from.wide {
				in = words(data)[y*nIn : (y+1)*nIn]
			} else {
				expand(in, data[y*nIn:(y+1)*nIn])
			}
			if to.wide {
				out = words(result)[y*nOut : (y+1)*nOut]
			}
			f(y, out, in)
			if !to.wide {
				gather(result[y*nOut:(y+1)*nOut], out)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return p.holdingPixels(result, width, height, to)
}

// stripRows is how many rows are done between two looks at the deadline.
const stripRows = 32

// eachStrip runs f over the picture's rows, some at a time, on all processors, and waits for the last of them.
func (p *Picture) eachStrip(f func(top, bottom int)) error {
	return inStrips(p.img.Scope().Context(), p.Height(), f)
}

// inStrips runs f over that many rows, some at a time, on all processors, and waits for the last of them.
func inStrips(ctx context.Context, height int, f func(top, bottom int)) error {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (height+stripRows-1)/stripRows) {
		workers.Go(func() {
			for ctx.Err() == nil {
				top := int(next.Add(stripRows)) - stripRows
				if top >= height {
					return
				}
				f(top, min(top+stripRows, height))
			}
		})
	}
	workers.Wait()
	return ctx.Err()
}

// holdingPixels gives the picture with other pixels, in memory.
func (p *Picture) holdingPixels(data []byte, width, height int, s pixelForm) (*Picture, error) {
	format := vips.Uchar
	if s.wide {
		format = vips.Ushort
	}
	img, err := p.img.Scope().FromPixels(data, width, height, s.bands(), format, interpretation(s.space, s.wide))
	if err != nil {
		return nil, err
	}
	q := p.with(img)
	q.settled, q.Space = true, s.space
	return q, nil
}

// expand widens 8-bit numbers to 16 bits.
func expand(out []uint16, in []byte) {
	for i, v := range in {
		out[i] = uint16(v) * 257
	}
}

// gather rounds 16-bit numbers to 8 bits.
func gather(out []byte, in []uint16) {
	for i, v := range in {
		out[i] = narrow(v)
	}
}

// narrow rounds a 16-bit number to the nearest 8-bit one: v/257, without a division.
func narrow(v uint16) byte {
	w := uint32(v) + 128
	return byte((w - w>>8) >> 8)
}

// fullRange is full intensity in rows.
const fullRange = 65535

// eachColour makes a row function of a function of one colour, whose components are 0 to 1. Alpha stays what it is, and
// so do the channels that are not named.
func (p *Picture) eachColour(channels magick.Channels, f func(r, g, b float64) (float64, float64, float64)) rows {
	bands, colours := p.img.Bands(), p.colours()
	named := make([]bool, colours)
	for band := range named {
		named[band] = p.named(band, channels)
	}
	all := !slices.Contains(named, false)
	return func(_ int, out, in []uint16) {
		for i := 0; i+bands <= len(in); i += bands {
			px, to := in[i:i+bands:i+bands], out[i:i+bands:i+bands]
			if colours == 1 {
				v := float64(px[0]) * perStep
				v, _, _ = f(v, v, v)
				copy(to, px)
				if named[0] {
					to[0] = steps(v)
				}
				continue
			}
			r, g, b := f(float64(px[0])*perStep, float64(px[1])*perStep, float64(px[2])*perStep)
			copy(to[3:], px[3:])
			if all {
				to[0], to[1], to[2] = steps(r), steps(g), steps(b)
				continue
			}
			copy(to, px)
			for band, v := range [3]float64{r, g, b} {
				if named[band] {
					to[band] = steps(v)
				}
			}
		}
	}
}

// perStep is one step of 16 bits as a fraction of the full range.
const perStep = 1.0 / fullRange

// steps gives a number of 0 to 1 in steps of 16 bits: rounded, and kept in range.
func steps(v float64) uint16 {
	v = v*fullRange + 0.5
	if !(v > 0) {
		return 0
	}
	if v >= fullRange {
		return fullRange
	}
	return uint16(int32(v))
}

// argument gives the number at place i of a step's argument, or def where it was left out.
func argument(s magick.Step, i int, def float64) float64 {
	switch v := s.Value.(type) {
	case magick.Numbers:
		return v.At(i, def)
	case magick.Number:
		if i == 0 && v.Set {
			return v.Value
		}
	case magick.Geometry:
		list := [...]struct {
			value float64
			has   bool
		}{{v.Width, v.HasWidth}, {v.Height, v.HasHeight}, {v.X, v.HasX}, {v.Y, v.HasY}}
		if i < len(list) && list[i].has {
			return list[i].value
		}
	}
	return def
}

// given reports whether a step's argument has a number at place i.
func given(s magick.Step, i int) bool {
	const unlikely = -1.2345e-300
	return argument(s, i, unlikely) != unlikely
}

// percent reports whether a step's argument holds a percent sign.
func percent(s magick.Step) bool {
	switch v := s.Value.(type) {
	case magick.Numbers:
		return v.Percent()
	case magick.Number:
		return v.Percent
	case magick.Geometry:
		return v.Percent
	}
	return false
}

// intensity gives the number at place i as an intensity, 0 to 1: a percentage, or a number of 0 to 65535.
func intensity(s magick.Step, i int, def float64) float64 {
	if !given(s, i) {
		return def
	}
	if percent(s) {
		return argument(s, i, 0) / 100
	}
	return argument(s, i, 0) / fullRange
}

// interval is intensity as ImageMagick's StringToDoubleInterval reads it: percentages are of 65536.
func interval(s magick.Step, i int, def float64) float64 {
	v := intensity(s, i, def)
	if given(s, i) && percent(s) {
		return v * 65536 / fullRange
	}
	return v
}

// choice gives the word of a list that a step's argument is, or def where it is none.
func choice(s magick.Step, def string) string {
	if v, ok := s.Value.(magick.Enum); ok && !s.Plus {
		return string(v)
	}
	return def
}

// channelsGiven gives what -channel named, and whether it was said at all: some operators treat a pixel as a whole until then.
func (m *machine) channelsGiven() (channels magick.Channels, separate bool) {
	channels = m.settings.channels()
	return channels, channels&magick.ChannelSync == 0
}
