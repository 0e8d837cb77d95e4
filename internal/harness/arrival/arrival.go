// Package arrival says when the requests of a load test begin. It is an open model: arrivals do not wait for answers, as
// people who open a page do not wait for one another.
package arrival

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"bluerose/event"
)

// Kind is a shape of arrivals.
type Kind string

// The kinds of arrivals.
const (
	Constant Kind = "constant" // evenly spaced
	Ramp     Kind = "ramp"     // from none to Plan.Rate, growing evenly
	Poisson  Kind = "poisson"  // independent of one another, at the same mean rate: exponential gaps
)

// The bounds of a Plan.
const (
	MaxRate     = 100_000 // a second
	MaxCount    = 1_000_000
	MaxDuration = 24 * time.Hour
)

// Plan is a number of arrivals over time.
type Plan struct {
	Kind     Kind          // default Constant
	Rate     float64       // arrivals a second; of Ramp, at its end. Above 0, to MaxRate
	Count    int64         // arrivals; 0 is as many as come in Duration
	Duration time.Duration // after which none begins; 0 is as long as Count takes
}

// Validate says what is wrong with the plan, as *event.Error.
func (p Plan) Validate() error {
	switch {
	case p.Kind != "" && p.Kind != Constant && p.Kind != Ramp && p.Kind != Poisson:
		return invalid(`The arrival must be "constant", "ramp" or "poisson", not %q`, string(p.Kind))
	case !(p.Rate > 0) || p.Rate > MaxRate:
		return invalid("The rate must be above 0 and at most %d a second", MaxRate)
	case p.Count < 0 || p.Count > MaxCount:
		return invalid("The iterations must be between 1 and %d", MaxCount)
	case p.Duration < 0 || p.Duration > MaxDuration:
		return invalid("The duration must be above 0 and at most %v", MaxDuration)
	case p.Count == 0 && p.Duration == 0:
		return invalid("A load needs iterations or a duration")
	case p.Expected() > MaxCount:
		return invalid("The rate and the duration make more than %d requests; lower one of them", MaxCount)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return event.Errorf(event.InvalidRequest, format, args...)
}

// Expected gives how many arrivals there are; of Poisson without Count, on average.
func (p Plan) Expected() int64 {
	most := int64(math.Ceil(p.Rate * p.Duration.Seconds()))
	if p.Kind == Ramp {
		most = int64(math.Ceil(p.Rate * p.Duration.Seconds() / 2))
	}
	switch {
	case p.Duration == 0:
		return p.Count
	case p.Count == 0:
		return most
	}
	return min(p.Count, most)
}

// Span gives how long after the first moment the last arrival is, about.
func (p Plan) Span() time.Duration {
	seconds := float64(p.Count) / p.Rate
	if p.Kind == Ramp {
		seconds *= 2
	}
	span := time.Duration(seconds * float64(time.Second))
	switch {
	case p.Count == 0:
		return p.Duration
	case p.Duration == 0:
		return span
	}
	return min(span, p.Duration)
}

// Times gives the moments of the arrivals, counted from the first moment, in order. The random numbers decide for Poisson
// alone.
func (p Plan) Times(random *rand.Rand) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		count := p.Count
		if count == 0 {
			count = math.MaxInt64
		}
		var gaps float64 // seconds
		for i := range count {
			at := p.at(i)
			if p.Kind == Poisson {
				gaps += random.ExpFloat64() / p.Rate
				at = gaps
			}
			offset := time.Duration(at * float64(time.Second))
			if p.Duration > 0 && offset >= p.Duration || !yield(offset) {
				return
			}
		}
	}
}

// at gives the second of arrival i where nothing is left to chance. A ramp's rate at t is Rate·t/T, so that Rate·t²/2T have
// come by then; arrival i is the middle of its share.
func (p Plan) at(i int64) float64 {
	if p.Kind != Ramp {
		return float64(i) / p.Rate
	}
	whole := p.Duration.Seconds()
	if whole == 0 {
		whole = 2 * float64(p.Count) / p.Rate
	}
	return math.Sqrt((float64(i) + 0.5) * 2 * whole / p.Rate)
}
