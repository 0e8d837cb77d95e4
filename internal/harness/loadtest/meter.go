package loadtest

import (
	"maps"
	"sync"
	"time"

	"bluerose/internal/harness/arrival"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latencies are kept in microseconds, from one to an hour, each within 0.1 %.
const (
	shortest  = 1
	longest   = int64(time.Hour / time.Microsecond)
	precision = 3

	maxFailures = 50 // kinds of failures that are told apart
	otherKind   = "Other"
)

// Quantiles of latencies.
type Quantiles struct{ P50, P90, P99, Max time.Duration }

// Report is what a load came to.
type Report struct {
	Plan    arrival.Plan
	Stopped bool // before the plan was through
	Elapsed time.Duration

	Sent    int64 // requests that began
	Dropped int64 // requests whose time came and that were not sent, because too many were on the way
	Failed  int64 // of those sent
	Cut     int64 // of those sent, requests that the end of the run cut off; neither failed nor measured
	Kinds   map[string]int64

	Offered  float64 // arrivals a second that the plan had
	Achieved float64 // requests a second that were sent

	Latency  Quantiles               // from the moment a request was due to its answer
	Lateness Quantiles               // from the moment a request was due until it was sent
	Latest   *hdrhistogram.Histogram `json:"-"` // of Latency, in microseconds
}

// ErrorRate gives the part of the requests that failed or were not sent, 0 to 1.
func (r *Report) ErrorRate() float64 {
	all := r.Sent - r.Cut + r.Dropped
	if all == 0 {
		return 0
	}
	return float64(r.Failed+r.Dropped) / float64(all)
}

// meter counts what happens to requests.
type meter struct {
	mu       sync.Mutex
	latency  *hdrhistogram.Histogram
	lateness *hdrhistogram.Histogram
	recent   *hdrhistogram.Histogram // since the last snapshot
	sent     int64
	ended    int64
	failed   int64
	cut      int64
	dropped  int64
	kinds    map[string]int64
	last     time.Duration // after the begin, when the last request was sent
}

func newMeter() *meter {
	histogram := func() *hdrhistogram.Histogram { return hdrhistogram.New(shortest, longest, precision) }
	return &meter{latency: histogram(), lateness: histogram(), recent: histogram(), kinds: map[string]int64{}}
}

// start counts a request that is sent at a moment after the begin, so much later than it was due.
func (m *meter) start(at, late time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent++
	m.last = at
	record(m.lateness, late)
}

func (m *meter) drop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropped++
}

// done counts an answer. One that failed after the run was stopped was cut off, and says nothing of the service.
func (m *meter) done(took time.Duration, failure string, stopped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended++
	if failure != "" && stopped {
		m.cut++
		return
	}
	record(m.latency, took)
	record(m.recent, took)
	if failure == "" {
		return
	}
	m.failed++
	if _, known := m.kinds[failure]; !known && len(m.kinds) >= maxFailures {
		failure = otherKind
	}
	m.kinds[failure]++
}

func record(h *hdrhistogram.Histogram, d time.Duration) {
	_ = h.RecordValue(min(max(d.Microseconds(), shortest), longest)) // within its range: cannot fail
}

func (m *meter) snapshot(elapsed time.Duration) Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := Snapshot{Elapsed: elapsed, Due: m.sent + m.dropped, Done: m.ended, Failed: m.failed, Open: m.sent - m.ended, Latest: quantiles(m.recent)}
	m.recent.Reset()
	return s
}

func (m *meter) report(plan arrival.Plan, elapsed time.Duration, stopped bool) *Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := &Report{
		Plan: plan, Stopped: stopped, Elapsed: elapsed, Sent: m.sent, Dropped: m.dropped, Failed: m.failed, Cut: m.cut,
		Kinds: maps.Clone(m.kinds), Latency: quantiles(m.latency), Lateness: quantiles(m.lateness), Latest: m.latency,
	}
	span := plan.Span()
	if stopped {
		span = min(span, elapsed)
	}
	if span > 0 {
		r.Offered = float64(m.sent+m.dropped) / span.Seconds()
		// Sending goes on after the plan's last moment when it is late.
		r.Achieved = float64(m.sent) / max(span, m.last).Seconds()
	}
	return r
}

func quantiles(h *hdrhistogram.Histogram) Quantiles {
	if h.TotalCount() == 0 {
		return Quantiles{}
	}
	at := func(q float64) time.Duration { return time.Duration(h.ValueAtQuantile(q)) * time.Microsecond }
	return Quantiles{P50: at(50), P90: at(90), P99: at(99), Max: time.Duration(h.Max()) * time.Microsecond}
}
