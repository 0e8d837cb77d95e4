package e2e

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"bluerose/event"
)

// TestKilledInstance kills one of two busy instances: its request fails, the other one does not, and it is replaced.
func TestKilledInstance(t *testing.T) {
	s := start(t, append(noCache, "--instances", "2", "--timeout", "60s")...)
	s.reaches(t, "instances", 2)
	rose := s.rose("png")
	answers := make([]answer, 2)
	var clients sync.WaitGroup
	for i := range answers {
		clients.Go(func() {
			var err error
			if answers[i], err = s.send(t.Context(), http.MethodPost, picturePath(lasting, "png"), nil, bytes.NewReader(rose)); err != nil {
				t.Errorf("request %d is lost: %v", i, err)
			}
		})
	}
	s.reaches(t, "instances_busy", 2)
	killed := s.children()[0]
	kill(t, killed)
	clients.Wait()
	slices.SortFunc(answers, func(a, b answer) int { return a.status - b.status })
	if answers[0].status != http.StatusOK {
		t.Errorf("the other request has status %d: %.300s", answers[0].status, answers[0].body)
	}
	failed(t, s, answers[1], event.FunctionCrashed)
	s.fine(t)
	until(t, "the instance is replaced", func() bool {
		running := s.children()
		return len(running) == 2 && !slices.Contains(running, killed)
	})
	if n := s.metric(t, "crashes_total"); n != 1 {
		t.Errorf("%d crashes are counted", n)
	}
}

// TestKilledWhenIdle kills all instances while nobody waits: they are replaced before somebody asks.
func TestKilledWhenIdle(t *testing.T) {
	s := start(t, "--instances", "2")
	s.reaches(t, "instances", 2)
	killed := s.children()
	for _, pid := range killed {
		kill(t, pid)
	}
	until(t, "both are replaced", func() bool {
		running := s.children()
		return len(running) == 2 && !slices.Contains(running, killed[0]) && !slices.Contains(running, killed[1])
	})
	s.fine(t)
}

// TestStoppedInstance stops an instance, so that it cannot end its job itself: the host kills and replaces it.
func TestStoppedInstance(t *testing.T) {
	s := start(t, "--instances", "1", "--timeout", "100ms")
	s.reaches(t, "instances", 1)
	stopped := s.children()[0]
	if err := syscall.Kill(stopped, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	until(t, "the instance is stopped", func() bool {
		state, _ := processState(stopped)
		return state == "T"
	})
	failed(t, s, s.event(fields{"operation": "ping"}), event.Timeout)
	s.fine(t)
	if runs(stopped) {
		t.Error("the stopped instance is left")
	}
	if n := s.metric(t, "timeouts_total"); n != 1 {
		t.Errorf("%d timeouts are counted", n)
	}
}

// TestInterrupt sends what Ctrl-C sends in the middle of a request: it is answered, and then nothing runs.
func TestInterrupt(t *testing.T) {
	s := start(t, "--instances", "2", "--timeout", "60s")
	s.reaches(t, "instances", 2)
	rose, children := s.rose("png"), s.children()
	for _, pid := range children {
		// A terminal sends it to the whole group of processes that it has started: busy instances must not be among them.
		if group, err := syscall.Getpgid(pid); err != nil || group != pid {
			t.Errorf("process %d is in group %d (%v), want one of its own", pid, group, err)
		}
	}
	var client sync.WaitGroup
	client.Go(func() {
		a, err := s.send(t.Context(), http.MethodPost, picturePath(lasting, "png"), nil, bytes.NewReader(rose))
		if err != nil || a.status != http.StatusOK {
			t.Errorf("the request inside was answered with %d, %v: %.200s", a.status, err, a.body)
		}
	})
	s.reaches(t, "instances_busy", 1)
	s.interrupt()
	if err := s.wait(); err != nil {
		t.Errorf("bluerose up ended with %v", err)
	}
	client.Wait()
	for _, pid := range children {
		if runs(pid) {
			t.Errorf("process %d is left", pid)
		}
	}
}

// TestKilledFront kills the process that serves, which cannot end its instances itself any more.
func TestKilledFront(t *testing.T) {
	s := start(t, "--instances", "2")
	s.reaches(t, "instances", 2)
	children := s.children()
	kill(t, s.cmd.Process.Pid)
	if err := s.wait(); err == nil {
		t.Error("a killed process has exit status 0")
	}
	until(t, "the instances have ended", func() bool { return !slices.ContainsFunc(children, runs) })
}

// TestWithoutLibvips starts the service without the library.
func TestWithoutLibvips(t *testing.T) {
	for _, args := range [][]string{{"up", "--addr", "127.0.0.1:0"}, {"convert", "rose:", "rose.png"}} {
		cmd := exec.Command(program, args...)
		cmd.Dir = t.TempDir()
		cmd.Env = []string{"BLUEROSE_LIBVIPS=" + filepath.Join(cmd.Dir, "none.so")}
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); cmd.ProcessState.ExitCode() != 1 {
			t.Errorf("%v: %v, want exit status 1", args, err)
		}
		message := errs.String()
		if !strings.HasPrefix(message, "bluerose: "+args[0]+": libvips was not found") || !strings.Contains(message, "npm ci") ||
			!strings.Contains(message, "BLUEROSE_LIBVIPS") || strings.Contains(message, "goroutine") {
			t.Errorf("%v says:\n%s", args, message)
		}
		if out.Len() > 0 {
			t.Errorf("%v prints %q", args, out.String())
		}
	}
}

// TestLibvipsGoesAway removes the library from a running service: what new instances say of it is for the log alone.
func TestLibvipsGoesAway(t *testing.T) {
	from, err := os.Open(libvips(t))
	if err != nil {
		t.Fatalf("%v; `make deps` fetches libvips", err)
	}
	defer from.Close()
	library := filepath.Join(t.TempDir(), filepath.Base(from.Name()))
	to, err := os.Create(library)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	s := startWith(t, library, nil, "--instances", "1")
	s.fine(t)
	if err := os.Rename(library, library+".away"); err != nil {
		t.Fatal(err)
	}
	kill(t, s.children()[0])
	a := s.event(fields{"operation": "ping"})
	if f := failed(t, s, a, event.FunctionCrashed); strings.Contains(f.ErrorMessage, library) {
		t.Errorf("the message holds the path: %s", f.ErrorMessage)
	}
	if a := s.must(s.send(t.Context(), http.MethodGet, "/healthz", nil, nil)); a.status != http.StatusOK {
		t.Errorf("/healthz has status %d", a.status)
	}
	if err := os.Rename(library+".away", library); err != nil {
		t.Fatal(err)
	}
	until(t, "the service works again", func() bool { return s.event(fields{"operation": "ping"}).status == http.StatusOK })
	s.fine(t)
}
