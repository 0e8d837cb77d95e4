package loadtest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"bluerose/internal/harness/arrival"
)

// Config says what is sent and how. Plan and Call are required.
type Config struct {
	Plan arrival.Plan
	// Call does request i, whose time was due, and gives the kind of its failure; empty for none. It is called by many
	// goroutines, and ends with ctx.
	Call func(ctx context.Context, i int64, due time.Time) (failure string)
	// InFlight bounds the requests that are not answered yet; default 1,000. What would come on top is not sent, but
	// counted (Report.Dropped): it would only measure this machine.
	InFlight int
	Random   *rand.Rand // for Poisson arrivals; default seeded by chance
	// Progress is called about every Every, and once at the end, by one goroutine; default none.
	Progress func(Snapshot)
	Every    time.Duration // default 200 ms
}

// Snapshot is how far a load has come.
type Snapshot struct {
	Elapsed time.Duration
	Due     int64 // requests whose time has come
	Done    int64 // answered
	Failed  int64 // of those
	Open    int64 // on the way
	Latest  Quantiles
}

// Run sends the plan's requests and waits for their answers. When ctx ends it sends no more, ends those on the way, and
// reports what there is. It gives an error for a Config that is wrong alone.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if cfg.Call == nil || cfg.InFlight < 0 || cfg.Every < 0 {
		return nil, errors.New("loadtest: Call is required, and bounds must not be negative")
	}
	if err := cfg.Plan.Validate(); err != nil {
		return nil, err
	}
	if cfg.InFlight == 0 {
		cfg.InFlight = 1000
	}
	if cfg.Every == 0 {
		cfg.Every = 200 * time.Millisecond
	}
	if cfg.Random == nil {
		cfg.Random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	r := &run{cfg: cfg, meter: newMeter(), begin: time.Now()}
	ended := make(chan struct{})
	var watching sync.WaitGroup
	if cfg.Progress != nil {
		watching.Go(func() { r.watch(ended) })
	}
	r.send(ctx)
	r.calls.Wait()
	close(ended)
	watching.Wait()
	return r.meter.report(cfg.Plan, time.Since(r.begin), ctx.Err() != nil), nil
}

type run struct {
	cfg   Config
	meter *meter
	begin time.Time
	calls sync.WaitGroup
}

// send starts each request at its time.
func (r *run) send(ctx context.Context) {
	places := make(chan struct{}, r.cfg.InFlight)
	timer := time.NewTimer(0)
	defer timer.Stop()
	i := int64(-1)
	for offset := range r.cfg.Plan.Times(r.cfg.Random) {
		i++
		due := r.begin.Add(offset)
		if !until(ctx, timer, due) {
			return
		}
		select {
		case places <- struct{}{}:
		default:
			r.meter.drop()
			continue
		}
		r.meter.start(time.Since(r.begin), time.Since(due))
		r.calls.Add(1)
		go func(i int64) {
			defer r.calls.Done()
			failure := r.cfg.Call(ctx, i, due)
			r.meter.done(time.Since(due), failure, ctx.Err() != nil)
			<-places
		}(i)
	}
}

// until waits for a moment, and reports whether ctx lasted as long.
func until(ctx context.Context, timer *time.Timer, moment time.Time) bool {
	wait := time.Until(moment)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer.Reset(wait)
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *run) watch(ended <-chan struct{}) {
	ticker := time.NewTicker(r.cfg.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			r.cfg.Progress(r.meter.snapshot(time.Since(r.begin)))
		case <-ended:
			r.cfg.Progress(r.meter.snapshot(time.Since(r.begin)))
			return
		}
	}
}
