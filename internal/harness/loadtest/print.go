package loadtest

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Print writes a report for a person: what was asked for and what was sent, latencies, failures, and a histogram.
func (r *Report) Print(w io.Writer) {
	if r.Stopped {
		fmt.Fprintf(w, "Stopped after %v.\n", r.Elapsed.Round(10*time.Millisecond))
	}
	fmt.Fprintf(w, "Requests    %d sent, %d failed (%.2f %%)", r.Sent, r.Failed, 100*r.ErrorRate())
	if r.Dropped > 0 {
		fmt.Fprintf(w, ", %d not sent because too many were on the way", r.Dropped)
	}
	if r.Cut > 0 {
		fmt.Fprintf(w, ", %d cut off by the end", r.Cut)
	}
	fmt.Fprintf(w, "\nRate        %.1f a second offered, %.1f achieved; sent late by p99 %s, max %s\n",
		r.Offered, r.Achieved, brief(r.Lateness.P99), brief(r.Lateness.Max))
	fmt.Fprintf(w, "Latency     p50 %s  p90 %s  p99 %s  max %s\n", brief(r.Latency.P50), brief(r.Latency.P90), brief(r.Latency.P99), brief(r.Latency.Max))
	for _, kind := range slices.SortedFunc(maps.Keys(r.Kinds), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.Kinds[b], r.Kinds[a]), cmp.Compare(a, b))
	}) {
		fmt.Fprintf(w, "            %d × %s\n", r.Kinds[kind], kind)
	}
	r.histogram(w)
}

const (
	barWidth = 50
	barRows  = 12
)

// histogram draws latencies in rows whose bounds grow by the same factor, from the fastest answer to the slowest.
func (r *Report) histogram(w io.Writer) {
	h := r.Latest
	if h == nil || h.TotalCount() == 0 {
		return
	}
	bounds := rows(h.Min(), h.Max())
	counts := make([]int64, len(bounds))
	for _, bar := range h.Distribution() {
		if bar.Count > 0 {
			i, _ := slices.BinarySearch(bounds, bar.To)
			counts[min(i, len(counts)-1)] += bar.Count
		}
	}
	most := slices.Max(counts)
	fmt.Fprintln(w)
	for i, count := range counts {
		bar := strings.Repeat("█", int((count*barWidth+most-1)/most))
		fmt.Fprintf(w, "  ≤ %9s  %-*s %d\n", brief(time.Duration(bounds[i])*time.Microsecond), barWidth, bar, count)
	}
}

// rows gives the upper bounds of a histogram's rows, in microseconds and ascending.
func rows(shortest, longest int64) []int64 {
	var bounds []int64
	low, high := float64(max(shortest, 1)), float64(max(longest, 1))
	for i := 1; i <= barRows; i++ {
		bound := int64(low * math.Pow(high/low, float64(i)/barRows))
		if i == barRows {
			bound = longest
		}
		if len(bounds) == 0 || bound > bounds[len(bounds)-1] {
			bounds = append(bounds, bound)
		}
	}
	return bounds
}

// brief gives a duration with three digits.
func brief(d time.Duration) string {
	switch ms := float64(d) / float64(time.Millisecond); {
	case ms < 10:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 10_000:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// Live gives one line of how far a load is.
func (s Snapshot) Live() string {
	return fmt.Sprintf("%d sent, %d on the way, %d failed; the last ones p50 %s p99 %s", s.Due, s.Open, s.Failed, brief(s.Latest.P50), brief(s.Latest.P99))
}
