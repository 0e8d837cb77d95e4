package lambda

import (
	"cmp"
	"slices"
	"time"
)

// passing is how much later a cheaper call may come and still go before a call that waits: so many times the time that the one
// that waits will take.
const passing = 10

// line is the calls of a pool that wait for an instance, and what is known of how long they will wait.
//
// A call's turn is the time at which it came and a multiple of what it will take: what is cheap passes what is expensive, and
// nothing waits for ever, because whoever comes late enough stands behind it at any cost. How long a unit of cost takes is
// measured; until then everybody stands in the order in which they came, and nobody is refused for being late.
type line struct {
	calls     []*call // by turn
	waiting   int64   // cost of calls
	inside    int64   // cost of calls and of those that run
	instances int     // that serve the line
	timeout   time.Duration
	pace      pace
}

// turn gives the turn of a call that has come.
func (l *line) turn(c *call) time.Time { return c.came.Add(passing * l.pace.of(c.cost)) }

// expected gives how long it is until c would have its answer if it joined at now, and how much of that it would wait.
func (l *line) expected(c *call) (wait, all time.Duration) {
	behind := int64(0)
	for _, other := range l.calls[l.place(c):] {
		behind += other.cost
	}
	wait = l.pace.of(l.inside-behind) / time.Duration(l.instances)
	return wait, wait + min(l.pace.of(c.cost), l.timeout)
}

// late says by how much c would miss its caller's deadline when it joined at now; 0 or less is in time.
func (l *line) late(c *call, now time.Time) time.Duration {
	deadline, ok := c.ctx.Deadline()
	if !ok || !l.pace.known() {
		return 0
	}
	_, all := l.expected(c)
	return now.Add(all).Sub(deadline)
}

// hopeless reports whether c would miss its deadline even if it ran at now.
func (l *line) hopeless(c *call, now time.Time) bool {
	deadline, ok := c.ctx.Deadline()
	return ok && l.pace.known() && now.Add(min(l.pace.of(c.cost), l.timeout)).After(deadline)
}

// place gives where c stands, or would stand: behind those of its own turn.
func (l *line) place(c *call) int {
	i, _ := slices.BinarySearchFunc(l.calls, c, func(a, b *call) int {
		return cmp.Or(a.turn.Compare(b.turn), -1)
	})
	return i
}

func (l *line) add(c *call) {
	l.calls = slices.Insert(l.calls, l.place(c), c)
	l.waiting += c.cost
}

// remove takes c out; false says that it is not there.
func (l *line) remove(c *call) bool {
	i := slices.Index(l.calls, c)
	if i < 0 {
		return false
	}
	l.calls = slices.Delete(l.calls, i, i+1)
	l.waiting -= c.cost
	return true
}

// pop takes out the call whose turn it is; nil when nobody waits.
func (l *line) pop() *call {
	if len(l.calls) == 0 {
		return nil
	}
	c := l.calls[0]
	l.remove(c)
	return c
}

// pace is how long a unit of cost has taken lately: the time of the last requests over their cost, the older ones counting
// less and less. The sum of both is what says how fast a line moves, however the requests differ.
type pace struct{ took, cost float64 }

// paceMemory is how many requests count, about.
const paceMemory = 32

func (p *pace) add(cost int64, took time.Duration) {
	const keep = 1 - 1.0/paceMemory
	p.took = p.took*keep + float64(took)
	p.cost = p.cost*keep + float64(cost)
}

func (p *pace) known() bool { return p.cost > 0 }

// of gives how long that much work takes one instance; 0 when the pace is not known.
func (p *pace) of(cost int64) time.Duration {
	if !p.known() {
		return 0
	}
	const longest = float64(24 * time.Hour) // far from what a Duration can hold
	return time.Duration(min(p.took/p.cost*float64(cost), longest))
}
