package e2e

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestHandover lets new programs take the place of the one that serves, under load: nobody may notice.
func TestHandover(t *testing.T) {
	s := start(t)
	serving := func() int {
		text, err := os.ReadFile(filepath.Join(s.data, "bluerose.pid"))
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	t.Cleanup(func() {
		if pid := serving(); runs(pid) {
			if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
				t.Error(err)
			}
			until(t, "the last program has ended", func() bool { return !runs(pid) })
		}
		<-s.ended // when all who write to its standard error have ended
	})
	stop := make(chan struct{})
	var clients sync.WaitGroup
	defer clients.Wait()
	defer close(stop)
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				answer, err := http.Get(s.url + eventPath)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if err != nil || string(body) != `"pong"` {
					t.Errorf("status %d, %q, %v", answer.StatusCode, body, err)
					return
				}
			}
		})
	}
	for range 2 {
		before := serving()
		until(t, "a new program serves", func() bool {
			_ = syscall.Kill(before, syscall.SIGUSR2) // again, as a program that has only just taken over may decline
			return serving() != before
		})
		until(t, "the one before has ended", func() bool { return !runs(before) })
	}
}
