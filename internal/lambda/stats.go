package lambda

import "sync/atomic"

// Stats is what a function does now and has done since the host started, over all of its versions.
type Stats struct {
	Instances int   // processes that have started
	Busy      int   // of them, those with a request
	Queued    int   // requests that wait for an instance
	Cost      int64 // of the requests that wait or run (Config.Cost)
	Events    int   // asynchronous events that are accepted and not done

	Invocations int64 // requests that have their answer, failed ones included
	Errors      int64 // of them, those that failed
	Timeouts    int64 // of those, those that took too long
	Crashes     int64 // processes that ended with a request
	Throttles   int64 // requests that were refused because too many waited
	Sheds       int64 // of them, those whose answer would have come too late
	Cancelled   int64 // requests whose caller went away
	ColdStarts  int64 // requests that were the first of their instance
	PassedOn    int64 // requests that another function answered (Function.Instead); they count above only for that one
}

type counters struct {
	invocations, errors, timeouts, crashes, throttles, sheds, cancelled, coldStarts, passedOn atomic.Int64
}

func (c *counters) add(r *Result) {
	c.invocations.Add(1)
	if r.FunctionError != "" {
		c.errors.Add(1)
	}
	if r.InitDuration > 0 {
		c.coldStarts.Add(1)
	}
}

func (c *counters) stats() Stats {
	passedOn := c.passedOn.Load() // first, as it counts after the others
	return Stats{
		Invocations: c.invocations.Load() - passedOn,
		Errors:      c.errors.Load() - passedOn,
		PassedOn:    passedOn,
		Timeouts:    c.timeouts.Load(),
		Crashes:     c.crashes.Load(),
		Throttles:   c.throttles.Load(),
		Sheds:       c.sheds.Load(),
		Cancelled:   c.cancelled.Load(),
		ColdStarts:  c.coldStarts.Load(),
	}
}

// Stats gives the figures of every function by its name.
func (h *Host) Stats() map[string]Stats {
	all := map[string]Stats{}
	for _, f := range h.list() {
		s := f.counters.stats()
		s.Events = h.async.queue.WaitingIn(f.name)
		for _, p := range f.pools() {
			p.gauges(&s)
		}
		all[f.name] = s
	}
	return all
}
