package arrival

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"bluerose/event"
)

func times(p Plan) []time.Duration { return slices.Collect(p.Times(rand.New(rand.NewPCG(1, 2)))) }

func TestArrivalsAreWhereTheirKindPutsThem(t *testing.T) {
	for name, test := range map[string]struct {
		plan  Plan
		count int
		want  map[int]time.Duration // of some of them
	}{
		"by count":        {Plan{Rate: 10, Count: 5}, 5, map[int]time.Duration{0: 0, 4: 400 * time.Millisecond}},
		"by duration":     {Plan{Rate: 10, Duration: time.Second}, 10, map[int]time.Duration{9: 900 * time.Millisecond}},
		"count is first":  {Plan{Rate: 10, Count: 3, Duration: time.Minute}, 3, nil},
		"time is first":   {Plan{Rate: 10, Count: 300, Duration: time.Second}, 10, nil},
		"ramp":            {Plan{Kind: Ramp, Rate: 100, Duration: 2 * time.Second}, 100, map[int]time.Duration{0: 141421356, 99: 1994993734}},
		"ramp by count":   {Plan{Kind: Ramp, Rate: 100, Count: 100}, 100, map[int]time.Duration{99: 1994993734}},
		"poisson's count": {Plan{Kind: Poisson, Rate: 10, Count: 7}, 7, nil},
	} {
		if err := test.plan.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := times(test.plan)
		if len(got) != test.count || !slices.IsSorted(got) {
			t.Errorf("%s: %d arrivals, want %d in order", name, len(got), test.count)
			continue
		}
		for i, want := range test.want {
			if (got[i] - want).Abs() > time.Microsecond {
				t.Errorf("%s: arrival %d is at %v, want %v", name, i, got[i], want)
			}
		}
		if e := test.plan.Expected(); e != int64(test.count) {
			t.Errorf("%s: expected are %d", name, e)
		}
	}
}

// Of a Poisson process the gaps have a mean of 1/rate and the same standard deviation.
func TestPoissonIsPoisson(t *testing.T) {
	const rate, n = 50.0, 20_000
	got := times(Plan{Kind: Poisson, Rate: rate, Count: n})
	var sum, squares float64
	for i := 1; i < n; i++ {
		gap := (got[i] - got[i-1]).Seconds()
		sum, squares = sum+gap, squares+gap*gap
	}
	mean := sum / (n - 1)
	deviation := math.Sqrt(squares/(n-1) - mean*mean)
	if math.Abs(mean*rate-1) > 0.03 || math.Abs(deviation*rate-1) > 0.03 {
		t.Errorf("mean %v and deviation %v of the gaps, want %v of both", mean, deviation, 1/rate)
	}
}

func TestPlansHaveBounds(t *testing.T) {
	for _, p := range []Plan{
		{}, {Rate: 1}, {Rate: -1, Count: 1}, {Rate: math.NaN(), Count: 1}, {Rate: math.Inf(1), Count: 1}, {Rate: MaxRate + 1, Count: 1},
		{Rate: 1, Count: -1}, {Rate: 1, Count: MaxCount + 1}, {Rate: 1, Duration: -1}, {Rate: 1, Duration: 25 * time.Hour},
		{Rate: 1000, Duration: time.Hour}, {Rate: 1, Count: 1, Kind: "bursts"},
	} {
		if err := p.Validate(); event.From(err) == nil || event.From(err).Kind != event.InvalidRequest {
			t.Errorf("%+v: got %v", p, err)
		}
	}
}
