package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bluerose/internal/imaging/vips"
)

// deadline is far longer than anything that is waited for takes, so that a hang ends with a name.
const deadline = 60 * time.Second

// program is the path of the bluerose that TestMain has built.
var program string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "bluerose-e2e-")
	if err != nil {
		log.Fatal(err)
	}
	program = filepath.Join(folder, "bluerose")
	build := exec.Command("go", "build", "-o", program, "../../cmd/bluerose")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	status := 1
	if out, err := build.CombinedOutput(); err != nil {
		log.Printf("bluerose does not build: %v\n%s", err, out)
	} else {
		status = m.Run()
	}
	if err := os.RemoveAll(folder); err != nil {
		log.Print(err)
	}
	os.Exit(status)
}

// libvips is the library that npm has installed, or the one that BLUEROSE_LIBVIPS names, or else the system's.
func libvips(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	paths := vips.SearchPaths(os.Getenv("BLUEROSE_LIBVIPS"), filepath.Join(root, "bluerose"))
	if len(paths) == 0 {
		t.Fatal("there is no libvips; `make deps` fetches it")
	}
	return paths[0]
}

// imageMagick gives the path of one of the reference's programs.
func imageMagick(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("/usr/bin", name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("the tests compare with ImageMagick 6's %s; `make test-tools` installs it", path)
	}
	return path
}

// service is a `bluerose up` that runs.
type service struct {
	t                   *testing.T
	cmd                 *exec.Cmd
	url, addr           string
	data, keyID, secret string
	pool                string // of guests
	stderr              logBuffer
	ended               chan struct{} // closed when the process has ended and is reaped
	failed              error         // how it ended
}

// logBuffer keeps what a process writes, for the report of a test that fails.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// noCache has every request reach the function, also when it was sent before.
var noCache = []string{"--cache-memory-mb", "0", "--cache-disk-mb", "0"}

// start starts the service on a free port with a data folder of its own, and stops it at the end of t as Ctrl-C does.
func start(t *testing.T, flags ...string) *service {
	t.Helper()
	return startWith(t, libvips(t), nil, flags...)
}

// startWith starts it with another libvips, and more variables.
func startWith(t *testing.T, library string, environment []string, flags ...string) *service {
	t.Helper()
	s := &service{t: t, data: t.TempDir(), ended: make(chan struct{})}
	s.cmd = exec.Command(program, append([]string{"up", "--addr", "127.0.0.1:0", "--data", s.data}, flags...)...)
	s.cmd.Dir = s.data
	s.cmd.Env = append([]string{"BLUEROSE_LIBVIPS=" + library}, environment...)
	s.cmd.Stderr = &s.stderr
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdout = in
	err = s.cmd.Start()
	in.Close()
	if err != nil {
		t.Fatal(err)
	}
	banner := make(chan []string, 1)
	var reader sync.WaitGroup
	reader.Go(func() {
		defer out.Close()
		banner <- readBanner(out)
		_, _ = io.Copy(io.Discard, out)
	})
	go func() {
		s.failed = s.cmd.Wait()
		reader.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() {
		select {
		case <-s.ended:
		default:
			s.interrupt()
			if err := s.wait(); err != nil {
				t.Errorf("bluerose up ended with %v", err)
			}
		}
		if t.Failed() {
			t.Logf("the log of bluerose up:\n%s", tail(s.stderr.String(), 4000))
		}
	})
	select {
	case lines := <-banner:
		s.readBanner(lines)
	case <-time.After(deadline):
		_ = s.cmd.Process.Kill()
		t.Fatal("bluerose up printed no banner")
	}
	return s
}

// readBanner reads lines until the one that says how to stop.
func readBanner(out io.Reader) []string {
	var lines []string
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		lines = append(lines, scanner.Text())
		if strings.HasPrefix(scanner.Text(), "Ctrl-C") {
			break
		}
	}
	return lines
}

// readBanner takes the addresses and the access key from the lines that the service has printed.
func (s *service) readBanner(lines []string) {
	for _, line := range lines {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "  ")
		switch value = strings.TrimSpace(value); name {
		case "Website":
			s.url = strings.TrimSuffix(value, "/")
			s.addr = strings.TrimPrefix(s.url, "http://")
		case "Access key":
			s.keyID = value
		case "Secret":
			s.secret = value
		case "Guests":
			s.pool = strings.TrimSuffix(value, " (identity pool)")
		}
	}
	if s.url == "" || s.keyID == "" || s.secret == "" {
		s.t.Fatalf("the banner lacks an address or the key:\n%s\n%s", strings.Join(lines, "\n"), s.stderr.String())
	}
}

func tail(text string, n int) string { return text[max(0, len(text)-n):] }

// interrupt does what Ctrl-C does.
func (s *service) interrupt() {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		s.t.Errorf("interrupt: %v", err)
	}
}

// wait waits until the service has ended, and gives what its exit status says.
func (s *service) wait() error {
	select {
	case <-s.ended:
		return s.failed
	case <-time.After(deadline):
		_ = s.cmd.Process.Kill()
		<-s.ended
		return errors.New("it does not stop")
	}
}

// children gives the service's processes that run, without itself.
func (s *service) children() []int {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		s.t.Fatal(err)
	}
	var pids []int
	for _, file := range files {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			s.t.Fatal(err)
		}
		if state, parent := processState(pid); state != "Z" && parent == s.cmd.Process.Pid {
			pids = append(pids, pid)
		}
	}
	return pids
}

// processState gives the state of a process as /proc names it, and its parent; "" for one that is gone.
func processState(pid int) (state string, parent int) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	parent, _ = strconv.Atoi(fields[1])
	return fields[0], parent
}

func runs(pid int) bool {
	state, _ := processState(pid)
	return state != "" && state != "Z"
}

// memory gives a figure of /proc/PID/status in bytes, such as VmRSS; 0 for a process that is gone.
func memory(pid int, name string) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kilobytes, _ := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

// resident gives the resident memory of the service and all its processes, in bytes.
func (s *service) resident() int64 {
	sum := memory(s.cmd.Process.Pid, "VmRSS")
	for _, pid := range s.children() {
		sum += memory(pid, "VmRSS")
	}
	return sum
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill %d: %v", pid, err)
	}
}

// until waits until a condition holds, and fails the test when it does not come true.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(deadline); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("this does not come true: %s", what)
		}
	}
}
