package loadtest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bluerose/internal/harness/arrival"
)

const ms = time.Millisecond

func within(got, want time.Duration) bool { return (got - want).Abs() <= want/500 }

// A service that answers one request at a time, 20 ms each, at 100 requests a second: each waits for those before it, and
// its latency counts from when it was due.
func TestLatencyCountsFromTheIntendedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := make(chan struct{}, 1) // a mutex would not let synctest's clock go on
		r, err := Run(t.Context(), Config{
			Plan: arrival.Plan{Rate: 100, Count: 100},
			Call: func(context.Context, int64, time.Time) string {
				one <- struct{}{}
				defer func() { <-one }()
				time.Sleep(20 * ms)
				return ""
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		// The last one is due at 990 ms and answered at 2,000 ms.
		if !within(r.Latency.Max, 1010*ms) || !within(r.Latency.P50, 510*ms) || r.Sent != 100 || r.Failed != 0 || r.Lateness.Max > ms {
			t.Errorf("got %+v", r)
		}
		if r.Offered != 100 || r.Achieved != 100 {
			t.Errorf("offered %v, achieved %v", r.Offered, r.Achieved)
		}
	})
}

func TestWhatCannotBeSentIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := Run(t.Context(), Config{
			Plan: arrival.Plan{Rate: 100, Duration: time.Second}, InFlight: 10,
			Call: func(context.Context, int64, time.Time) string { time.Sleep(time.Second); return "" },
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.Sent != 10 || r.Dropped != 90 || r.Offered != 100 || r.Achieved != 10 || r.ErrorRate() != 0.9 {
			t.Errorf("got %+v", r)
		}
	})
}

func TestFailuresAreCountedByKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := Run(t.Context(), Config{
			Plan: arrival.Plan{Rate: 1000, Count: 400},
			Call: func(_ context.Context, i int64, _ time.Time) string {
				if i%2 == 0 {
					return ""
				}
				return "Kind" + string(rune('A'+i%200))
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.Failed != 200 || len(r.Kinds) != maxFailures+1 || r.Kinds[otherKind] != 100 || r.ErrorRate() != 0.5 {
			t.Errorf("got %d failures of %d kinds, %v", r.Failed, len(r.Kinds), r.Kinds[otherKind])
		}
	})
}

func TestAStoppedRunReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1005*ms)
		defer cancel()
		r, err := Run(ctx, Config{
			Plan: arrival.Plan{Rate: 100, Duration: time.Hour},
			Call: func(ctx context.Context, i int64, _ time.Time) string {
				if i%100 == 50 {
					<-ctx.Done()
					return "Timeout"
				}
				return ""
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Stopped || r.Sent != 101 || r.Failed != 0 || r.Cut != 1 || r.Elapsed != 1005*ms || r.Offered < 99 || r.Offered > 101 {
			t.Errorf("got %+v", r)
		}
	})
}

func TestProgressIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []Snapshot
		_, err := Run(t.Context(), Config{
			Plan: arrival.Plan{Rate: 10, Count: 10}, Every: 250 * ms, Progress: func(s Snapshot) { seen = append(seen, s) },
			Call: func(_ context.Context, i int64, _ time.Time) string { time.Sleep(10 * ms); return "" },
		})
		if err != nil {
			t.Fatal(err)
		}
		last := seen[len(seen)-1]
		if len(seen) != 4 || seen[0].Due != 3 || seen[0].Done != 3 || !within(seen[0].Latest.Max, 10*ms) || last.Due != 10 || last.Open != 0 {
			t.Errorf("got %+v", seen)
		}
		if !strings.Contains(seen[0].Live(), "3 sent, 0 on the way, 0 failed; the last ones p50 10.0 ms") {
			t.Error(seen[0].Live())
		}
	})
}

func TestReportsAreReadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := Run(t.Context(), Config{
			Plan: arrival.Plan{Rate: 100, Count: 100},
			Call: func(_ context.Context, i int64, _ time.Time) string {
				time.Sleep(time.Duration(i+1) * ms)
				if i == 7 {
					return "Throttled"
				}
				return ""
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		r.Print(&b)
		for _, want := range []string{"100 sent, 1 failed (1.00 %)", "100.0 a second offered, 100.0 achieved", "p50 50.0 ms  p90 90.0 ms", "1 × Throttled", "≤   1.47 ms", "≤    100 ms"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("there is no %q in\n%s", want, b.String())
			}
		}
		zero, half := 0.0, 0.5
		broken := Budget{P50: 60 * ms, P99: 90 * ms, ErrorRate: &zero}.Broken(r)
		if len(broken) != 2 || !strings.Contains(broken[0], "p99 is 99.") || !strings.Contains(broken[1], "1.00 % of the requests failed") {
			t.Error(broken)
		}
		if broken := (Budget{P99: 100 * ms, ErrorRate: &half}).Broken(r); broken != nil {
			t.Error(broken)
		}
		if lines := r.Compare(Earlier{Name: "before", P50: 25 * ms}); !slices.Contains(lines, "p50 50.0 ms, of before 25.0 ms (+100.1 %)") && !slices.Contains(lines, "p50 50.0 ms, of before 25.0 ms (+100.0 %)") {
			t.Error(lines)
		}
	})
}

func TestConfigIsValidated(t *testing.T) {
	call := func(context.Context, int64, time.Time) string { return "" }
	for _, cfg := range []Config{{}, {Call: call}, {Call: call, Plan: arrival.Plan{Rate: 1, Count: 1}, InFlight: -1}} {
		if _, err := Run(t.Context(), cfg); err == nil {
			t.Errorf("%+v: no error", cfg)
		}
	}
}
