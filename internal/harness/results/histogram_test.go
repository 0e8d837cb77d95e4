package results_test

import (
	"math"
	"testing"

	"bluerose/internal/harness/results"
)

func TestDurations(t *testing.T) {
	d := results.NewDurations()
	for ms := range 1000 {
		d.Add(float64(ms + 1))
	}
	for percent, want := range map[float64]float64{50: 500, 90: 900, 99: 990, 100: 1000} {
		if got := d.Percentile(percent); got < want || got > want*1.001 {
			t.Errorf("p%v is %v, want %v", percent, got, want)
		}
	}
	gone := results.NewDurations()
	for _, ms := range []float64{1000, 999, 5000} { // the last is not in it
		gone.Add(ms)
	}
	text, err := d.Without(gone).Text()
	if err != nil {
		t.Fatal(err)
	}
	left, err := results.ParseDurations(text)
	if err != nil || left.Count() != 998 || left.Max() < 998 || left.Max() > 999 {
		t.Errorf("%d durations up to %v, %v", left.Count(), left.Max(), err)
	}
	counted := int64(0)
	for _, bar := range left.Bars() {
		if counted += bar.Count; bar.From > bar.To {
			t.Errorf("%+v", bar)
		}
	}
	if counted != 998 {
		t.Errorf("the bars hold %d", counted)
	}
	for _, ms := range []float64{-1, math.NaN(), math.Inf(1), 1e300} {
		d.Add(ms)
	}
	if d.Count() != 1004 || d.Max() < 3_600_000 {
		t.Errorf("%d durations up to %v", d.Count(), d.Max())
	}
	for _, text := range []string{"x", "AAAA", text[:40]} {
		if _, err := results.ParseDurations(text); err == nil {
			t.Errorf("%q is a histogram", text)
		}
	}
	if empty, err := results.ParseDurations(""); err != nil || empty.Count() != 0 || empty.Max() != 0 || empty.Percentile(99) != 0 {
		t.Error("an empty histogram is none", err)
	}
}
