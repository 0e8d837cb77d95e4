package summary

import (
	"fmt"
	"strings"
	"time"

	"bluerose/internal/harness/results"
	"bluerose/internal/table"
)

// maxKind is how many bytes of a kind of errors tell it from others.
const maxKind = 128

// longest is how many milliseconds of a result count at most.
const longest = 3_600_000

// fold is a summary while changes are put into it.
type fold struct {
	results.Summary
	durations, gone *results.Durations // gone are the durations to take out
}

// load goes on from a summary, nil for a test that has none.
func load(test string, item table.Item) (*fold, error) {
	f := &fold{gone: results.NewDurations()}
	if err := item.Into(&f.Summary); err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	var err error
	if f.durations, err = results.ParseDurations(f.Histogram); err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	f.TestID = test
	if f.Errors == nil {
		f.Errors = map[string]int64{}
	}
	return f, nil
}

// apply puts a change into the summary unless it is there.
func (f *fold) apply(c change) {
	if !later(c.sequence, f.Sequence) {
		return
	}
	f.Sequence = c.sequence
	if c.old != nil {
		f.count(c.old, -1)
		f.gone.Add(c.old.DurationMS)
	}
	if c.now != nil {
		f.count(c.now, 1)
		f.durations.Add(c.now.DurationMS)
		f.span(c.now)
	}
}

// later compares sequence numbers, which have no leading zeros; an empty one is before all.
func later(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return strings.Compare(a, b) > 0
}

// count counts a result n times, which is 1 or -1.
func (f *fold) count(r *results.Result, n int64) {
	f.Results += n
	if r.ColdStart {
		f.ColdStarts += n
	}
	if r.Passed {
		f.Passed += n
		return
	}
	f.Failed += n
	kind := strings.ToValidUTF8(r.ErrorKind[:min(len(r.ErrorKind), maxKind)], "")
	if _, known := f.Errors[kind]; kind == "" || !known && (n < 0 || len(f.Errors) >= results.MaxErrors) {
		kind = results.OtherErrors
	}
	if f.Errors[kind] += n; f.Errors[kind] <= 0 {
		delete(f.Errors, kind)
	}
}

func (f *fold) span(r *results.Result) {
	if r.Started.IsZero() {
		return
	}
	if f.First.IsZero() || r.Started.Before(f.First) {
		f.First = r.Started
	}
	ms := min(max(r.DurationMS, 0), longest)
	if ended := r.Started.Add(time.Duration(ms * float64(time.Millisecond))); ended.After(f.Last) {
		f.Last = ended
	}
}

// item gives the summary as it is stored. A test without results keeps its name and sequence alone.
func (f *fold) item() (table.Item, error) {
	if f.Results <= 0 {
		return table.ItemOf(results.Summary{TestID: f.TestID, Sequence: f.Sequence, Errors: map[string]int64{}})
	}
	left := f.durations
	if f.gone.Count() > 0 {
		left = left.Without(f.gone)
	}
	var err error
	if f.Histogram, err = left.Text(); err != nil {
		return nil, err
	}
	f.P50, f.P90, f.P99, f.Max = left.Percentile(50), left.Percentile(90), left.Percentile(99), left.Max()
	f.Throughput = 0
	if took := f.Last.Sub(f.First).Seconds(); took > 0 {
		f.Throughput = float64(f.Results) / took
	}
	return table.ItemOf(f.Summary)
}
