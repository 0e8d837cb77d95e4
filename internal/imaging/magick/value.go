package magick

import (
	"strconv"
	"strings"
)

// Value is an option's argument: one of the types of this file, or a Geometry, Color, Template, Range, Kernels or Source.
// The row of the option in the table says which.
type Value interface{ value() }

// Text is an argument that is taken as it is: a font's name, an fx expression.
type Text string

// Enum is a word of one of ImageMagick's lists, in ImageMagick's own spelling ("Lanczos", "CopyOpacity", "sRGB").
type Enum string

// Number is a number with the percent sign that may stand behind it. Set is false for a number that was left out
// ("x5" has no first number); Value is then 0.
type Number struct {
	Value   float64
	Percent bool
	Set     bool
}

// Numbers is a list of numbers, however they were separated: "0x3", "10,20", "10%x5%", "0x3+1.5+0.05".
type Numbers []Number

// Channels is the set of channels that -channel names.
type Channels uint

// The channels. Cyan, magenta and yellow are red, green and blue; Sync says that operators treat the channels together.
const (
	ChannelRed Channels = 1 << iota
	ChannelGreen
	ChannelBlue
	ChannelAlpha
	ChannelBlack
	ChannelSync
	ChannelGray  // the intensity ("gray")
	ChannelIndex // the colormap's indexes

	ChannelRGB     = ChannelRed | ChannelGreen | ChannelBlue
	ChannelDefault = ChannelRGB | ChannelBlack | ChannelIndex | ChannelSync // what +channel means
)

// Define is an artifact: -define webp:lossless=true, or the key of -set.
type Define struct {
	Format string // what stands before the first colon, lower case ("webp", "option"); empty when there is none
	Key    string // the whole key, as written but for the case of Format ("webp:lossless")
	Value  string // what stands behind the first equals sign; empty for -set
}

// String writes the define as ImageMagick reads it.
func (d Define) String() string {
	if d.Value == "" {
		return d.Key
	}
	return d.Key + "=" + d.Value
}

// Method is the first argument of -morphology: the method, and how often it is done.
type Method struct {
	Name       Enum
	Iterations int // -1 is until nothing changes; default 1
}

// ColorRange is the argument of -level-colors: the colours that black and white become (or that become black and white).
// Without a comma both are the same; a missing one is nil.
type ColorRange struct {
	Black, White *Color
}

// ColorPoint is a point of -sparse-color.
type ColorPoint struct {
	X, Y  float64 // pixels, from the top left corner of the virtual canvas
	Color Color
}

// ColorPoints is the second argument of -sparse-color.
type ColorPoints []ColorPoint

// Ordered is the argument of -ordered-dither: a threshold map and the levels of every channel (one level: all of them).
type Ordered struct {
	Map    string
	Levels []float64 // levels per channel; empty is 2
}

// Duplicate is the argument of -duplicate: how many copies of which frames (the zero Range: the last).
type Duplicate struct {
	Count  int
	Frames Range
}

// Range is a list of spans of frame numbers; the zero Range is all frames.
type Range []Span

// Span is the frames from First to Last, which counts. Negative numbers count from the end: -1 is the last frame.
// A Last before First runs backwards.
type Span struct{ First, Last int }

func (Text) value()        {}
func (Enum) value()        {}
func (Number) value()      {}
func (Numbers) value()     {}
func (Channels) value()    {}
func (Define) value()      {}
func (Method) value()      {}
func (ColorRange) value()  {}
func (ColorPoints) value() {}
func (Ordered) value()     {}
func (Duplicate) value()   {}
func (Range) value()       {}

// At gives the number at place i, or def when it was left out.
func (n Numbers) At(i int, def float64) float64 {
	if i < len(n) && n[i].Set {
		return n[i].Value
	}
	return def
}

// Has reports whether there is a number at place i.
func (n Numbers) Has(i int) bool { return i < len(n) && n[i].Set }

// Percent reports whether any number has a percent sign: ImageMagick takes one for the whole list.
func (n Numbers) Percent() bool {
	for _, v := range n {
		if v.Percent {
			return true
		}
	}
	return false
}

// Indexes gives the frames that r names in a list of n images, in its order. Frames that do not exist are left out;
// the zero Range gives all.
func (r Range) Indexes(n int) []int {
	if len(r) == 0 {
		r = Range{{0, -1}}
	}
	var out []int
	for _, s := range r {
		first, last := s.First, s.Last
		if first < 0 {
			first += n
		}
		if last < 0 {
			last += n
		}
		if first > last {
			for i := min(first, n-1); i >= max(last, 0); i-- {
				out = append(out, i)
			}
			continue
		}
		for i := max(first, 0); i <= min(last, n-1); i++ {
			out = append(out, i)
		}
	}
	return out
}

// String writes the method as ImageMagick reads it.
func (m Method) String() string { return string(m.Name) + ":" + strconv.Itoa(m.Iterations) }

// String writes the two colours as ImageMagick reads them.
func (r ColorRange) String() string {
	var black, white string
	if r.Black != nil {
		black = r.Black.String()
	}
	if r.White != nil {
		white = r.White.String()
	}
	return black + "," + white
}

// String writes the points as ImageMagick reads them.
func (p ColorPoints) String() string {
	words := make([]string, len(p))
	for i, c := range p {
		words[i] = formatNumber(c.X) + "," + formatNumber(c.Y) + " " + c.Color.String()
	}
	return strings.Join(words, " ")
}

// String writes the map and its levels as ImageMagick reads them.
func (o Ordered) String() string {
	s := o.Map
	for _, l := range o.Levels {
		s += "," + formatNumber(l)
	}
	return s
}

// String writes the count and the frames as ImageMagick reads them.
func (d Duplicate) String() string {
	if len(d.Frames) == 0 {
		return strconv.Itoa(d.Count)
	}
	return strconv.Itoa(d.Count) + "," + d.Frames.String()
}
