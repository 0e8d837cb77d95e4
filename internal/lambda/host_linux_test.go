package lambda

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// children gives the process ids of this process's children.
func children(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(files) == 0 {
		t.Fatalf("no list of children: %v", err)
	}
	var all string
	for _, file := range files {
		list, _ := os.ReadFile(file) // a thread may have ended
		all += string(list)
	}
	return strings.TrimSpace(all)
}

// runHost is a host as a process of its own, for a test that kills it. It tells its instance's process and hangs.
func runHost() {
	h, err := New(Config{Functions: []Function{{Name: "f"}}, Dir: os.Getenv(asHost), Command: command, Instances: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	r, err := h.Invoke(context.Background(), Invocation{Function: "f", Payload: []byte(`{"do":"context"}`)})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(r.Payload))
	_, _ = h.Invoke(context.Background(), Invocation{Function: "f", Payload: []byte(`{"do":"hang"}`)})
}

// A host that is killed takes its instances along, even one in the middle of a request.
func TestKilledHostLeavesNothing(t *testing.T) {
	host := exec.Command(os.Args[0])
	host.Env = []string{asHost + "=" + t.TempDir()}
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, pid, _ := strings.Cut(line, `"pid":`)
	pid, _, _ = strings.Cut(pid, ",")
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	waitGone(t, pid)
}

// waitGone waits until no process of that id runs.
func waitGone(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatalf("no process id: %v", err)
	}
	fd, err := unix.PidfdOpen(n, 0)
	if errors.Is(err, unix.ESRCH) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	ready, err := 0, error(unix.EINTR)
	for errors.Is(err, unix.EINTR) {
		ready, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 20_000)
	}
	if err != nil || ready == 0 {
		t.Fatalf("process %d still runs (%v)", n, err)
	}
}

// What a function started ends with it, also when it holds the function's output open.
func TestTimeoutKillsChildrenOfTheFunction(t *testing.T) {
	h, watch := newHost(t, func(c *Config) { c.Timeout = 2 * time.Second })
	started := watch.wait("child ")
	r := invoke(t, h, order{Do: "child"})
	if !strings.Contains(string(r.Payload), "timed out") {
		t.Fatalf("payload %s", r.Payload)
	}
	waitGone(t, strings.TrimPrefix(<-started, "child "))
}
