package results

import (
	"errors"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Durations is a histogram of durations in microseconds, up to an hour, with three significant digits. What takes longer
// counts as an hour.
type Durations struct{ counts *hdrhistogram.Histogram }

const (
	longest = 3_600_000_000 // microseconds
	digits  = 3
)

// NewDurations gives an empty histogram.
func NewDurations() *Durations { return &Durations{hdrhistogram.New(1, longest, digits)} }

// Add counts a duration in milliseconds. Negative ones, and what is no number, count as 0.
func (d *Durations) Add(ms float64) {
	us := max(ms, 0) * 1000
	if math.IsNaN(us) {
		us = 0
	}
	_ = d.counts.RecordValue(int64(min(math.Round(us), longest))) // which is within its range
}

// Without gives the histogram without the durations of another; what that has and d has not is passed over.
func (d *Durations) Without(other *Durations) *Durations {
	left, gone := d.counts.Export(), other.counts.Export()
	for i := range left.Counts {
		left.Counts[i] = max(0, left.Counts[i]-gone.Counts[i])
	}
	return &Durations{hdrhistogram.Import(left)}
}

// Count gives how many durations there are.
func (d *Durations) Count() int64 { return d.counts.TotalCount() }

// Max gives the longest duration in milliseconds, at most 0.1 % too long; 0 without any.
func (d *Durations) Max() float64 { return float64(d.counts.Max()) / 1000 }

// Percentile gives the duration in milliseconds that so many percent do not pass, at most 0.1 % too long; 0 without any.
func (d *Durations) Percentile(percent float64) float64 {
	return float64(d.counts.ValueAtPercentile(percent)) / 1000
}

// Bar is a part of a histogram.
type Bar struct {
	From, To float64 // milliseconds, both within
	Count    int64
}

// Bars gives the parts of the histogram that have durations, from the shortest on.
func (d *Durations) Bars() []Bar {
	var bars []Bar
	for _, b := range d.counts.Distribution() {
		if b.Count > 0 {
			bars = append(bars, Bar{float64(b.From) / 1000, float64(b.To) / 1000, b.Count})
		}
	}
	return bars
}

// Text gives the histogram as Summary.Histogram has it.
func (d *Durations) Text() (string, error) {
	text, err := d.counts.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	return string(text), err
}

// ParseDurations reads Summary.Histogram. An empty text is an empty histogram.
func ParseDurations(text string) (*Durations, error) {
	if text == "" {
		return NewDurations(), nil
	}
	counts, err := hdrhistogram.Decode([]byte(text))
	if err != nil {
		return nil, err
	}
	if counts.LowestTrackableValue() != 1 || counts.HighestTrackableValue() != longest || counts.SignificantFigures() != digits {
		return nil, errors.New("results: the histogram is of another kind")
	}
	return &Durations{counts}, nil
}
