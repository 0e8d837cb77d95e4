package loadtest

import (
	"fmt"
	"time"
)

// Budget is what a load may take. The zero value of a field bounds nothing.
type Budget struct {
	P50, P90, P99, Max time.Duration
	ErrorRate          *float64 // part of the requests that may fail or not be sent, 0 to 1
}

// Broken gives, a sentence each, what a report takes beyond the budget.
func (b Budget) Broken(r *Report) []string {
	var broken []string
	for _, bound := range []struct {
		name      string
		got, most time.Duration
	}{
		{"p50", r.Latency.P50, b.P50}, {"p90", r.Latency.P90, b.P90}, {"p99", r.Latency.P99, b.P99}, {"max", r.Latency.Max, b.Max},
	} {
		if bound.most > 0 && bound.got > bound.most {
			broken = append(broken, fmt.Sprintf("%s is %s, over the budget of %s", bound.name, brief(bound.got), brief(bound.most)))
		}
	}
	if b.ErrorRate != nil && r.ErrorRate() > *b.ErrorRate {
		broken = append(broken, fmt.Sprintf("%.2f %% of the requests failed, over the budget of %g %%", 100*r.ErrorRate(), 100**b.ErrorRate))
	}
	if r.Sent-r.Cut == 0 {
		broken = append(broken, "nothing was measured")
	}
	return broken
}

// Earlier is a run to compare with.
type Earlier struct {
	Name          string
	P50, P90, P99 time.Duration
	ErrorRate     float64
}

// Compare gives, a line each, how a report differs from an earlier run.
func (r *Report) Compare(e Earlier) []string {
	line := func(name string, now, before time.Duration) string {
		if before == 0 {
			return fmt.Sprintf("%s %s, of %s none", name, brief(now), e.Name)
		}
		return fmt.Sprintf("%s %s, of %s %s (%+.1f %%)", name, brief(now), e.Name, brief(before), 100*(float64(now)/float64(before)-1))
	}
	return []string{
		line("p50", r.Latency.P50, e.P50), line("p90", r.Latency.P90, e.P90), line("p99", r.Latency.P99, e.P99),
		fmt.Sprintf("failed %.2f %%, of %s %.2f %%", 100*r.ErrorRate(), e.Name, 100*e.ErrorRate),
	}
}
