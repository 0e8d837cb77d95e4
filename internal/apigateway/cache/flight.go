package cache

import (
	"context"
	"sync"

	"bluerose/event"
)

// flights are the requests that run, by key: each once, however many wait for its answer.
type flights struct {
	most int // that may wait for one

	mu  sync.Mutex
	all map[key]*flight
}

type flight struct {
	key    key
	ctx    context.Context // of the work; it ends when nobody waits any more
	cancel context.CancelFunc
	users  int // the first request, and those that wait for it; belongs to flights.mu

	done   chan struct{} // closed when the work is
	answer *entry        // nil where there is none to share
}

func newFlights(most int) *flights { return &flights{most: most, all: map[key]*flight{}} }

// join gives the flight of a key, and whether the caller is the first on it, who works and must finish it. The work goes on
// without ctx, but with its values and its deadline. Who is not the first waits for done, or leaves.
func (fs *flights) join(ctx context.Context, k key) (f *flight, first bool, err error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f := fs.all[k]; f != nil {
		if f.users > fs.most {
			return nil, false, event.Errorf(event.Throttled, "Too many requests like this one wait for its answer; try again in a moment")
		}
		f.users++
		return f, false, nil
	}
	f = &flight{key: k, users: 1, done: make(chan struct{})}
	if deadline, ok := ctx.Deadline(); ok {
		f.ctx, f.cancel = context.WithDeadline(context.WithoutCancel(ctx), deadline)
	} else {
		f.ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	}
	fs.all[k] = f
	return f, true, nil
}

// leave is for who has stopped waiting. When nobody is left, the work ends, and the next request begins anew.
func (fs *flights) leave(f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.users--; f.users == 0 {
		fs.remove(f)
	}
}

// finish gives the answer to all who wait. Only the first call for a flight counts.
func (fs *flights) finish(f *flight, answer *entry) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	select {
	case <-f.done:
		return
	default:
	}
	f.answer = answer
	close(f.done)
	fs.remove(f)
}

// remove ends a flight. The caller holds mu.
func (fs *flights) remove(f *flight) {
	f.cancel()
	if fs.all[f.key] == f {
		delete(fs.all, f.key)
	}
}
