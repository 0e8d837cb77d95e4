package lambda

import "runtime"

// starter starts processes on one thread that lives as long as it does. The kernel ties a process to the thread that
// started it (Pdeathsig), not to the program, so that thread must not end while the process is wanted: a goroutine of
// any other code that ends with a locked thread would otherwise take instances with it.
type starter struct {
	jobs  chan func()
	ended chan struct{}
}

func newStarter() *starter {
	s := &starter{jobs: make(chan func()), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

// do runs job on the starter's thread and waits for it.
func (s *starter) do(job func()) {
	done := make(chan struct{})
	s.jobs <- func() {
		defer close(done)
		job()
	}
	<-done
}

// close ends the thread's goroutine; do must not be called any more.
func (s *starter) close() {
	close(s.jobs)
	<-s.ended
}
