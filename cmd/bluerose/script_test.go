package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test program the bluerose command, too, by both of its names: scripts run the same main as users do.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bluerose": main, "bootstrap": main})
}

// TestScripts runs testdata/*.txtar. Besides testscript's own commands they have those of service, and
//
//	status N PROGRAM [ARGS]  runs a program, and fails unless it ends with exit status N
//	call FILE                calls the service with the API key in FILE; status and body are the script's stdout then
func TestScripts(t *testing.T) {
	libvips := pinnedLibvips(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("BLUEROSE_LIBVIPS", libvips)
			env.Values[serviceKey{}] = new(service)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":         status,
			"call":           call,
			"post":           post,
			"up":             onService((*service).up),
			"restricted":     onService((*service).restricted),
			"down":           onService((*service).down),
			"kill-functions": onService((*service).killFunctions),
			"kill-service":   onService((*service).kill),
		},
	})
}

func status(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: status N PROGRAM [ARGS]")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		failed, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = failed.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status is %d, not %s", got, args[0])
	}
}

func call(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: call FILE")
	}
	request, err := http.NewRequest(http.MethodGet, ts.Getenv("URL")+"/prod/key/ImageProcessingService", nil)
	ts.Check(err)
	request.Header.Set("x-api-key", strings.TrimSpace(ts.ReadFile(args[0])))
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d %s\n", response.StatusCode, body)
}

// pinnedLibvips gives the library that npm has installed, or nothing, and then the system's is found.
func pinnedLibvips(t *testing.T) string {
	t.Helper()
	for _, system := range []string{"linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"} {
		found, err := filepath.Glob("../../node_modules/@img/sharp-libvips-" + system + "/lib/libvips-cpp.*")
		if err == nil && len(found) > 0 {
			path, err := filepath.Abs(found[0])
			if err != nil {
				t.Fatal(err)
			}
			return path
		}
	}
	return ""
}

// post WHENCE PATH FILE sends a file to $URL, and fails unless the answer is there and X-Cache is WHENCE.
func post(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: post WHENCE PATH FILE")
	}
	answer, err := http.Post(ts.Getenv("URL")+args[1], "application/octet-stream", strings.NewReader(ts.ReadFile(args[2])))
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if got := answer.Header.Get("X-Cache"); answer.StatusCode != http.StatusOK || got != args[0] {
		ts.Fatalf("%s, X-Cache %q: %.200s", answer.Status, got, body)
	}
}

// service is a `bluerose up` that a script has started. Its commands are
//
//	up [FLAGS]       starts it on a free port with the data folder $WORK/data, waits until it serves, and sets
//	                 $URL and $ADDR
//	restricted       fails unless the processes of its functions have given up their rights, by what /proc tells
//	kill-functions   kills the processes of its functions, as the kernel does when memory runs out
//	kill-service     kills it, without any warning, and its functions with it
//	down             stops it as Ctrl-C does, and fails unless it ends with status 0 and leaves no process behind.
//	                 Its standard output and log are the script's stdout and stderr then
type service struct {
	cmd    *exec.Cmd
	out    *bufio.Reader
	banner string
	err    strings.Builder
}

type serviceKey struct{}

func onService(do func(*service, *testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command cannot be negated")
		}
		do(ts.Value(serviceKey{}).(*service), ts, args)
	}
}

func (s *service) up(ts *testscript.TestScript, args []string) {
	program, err := exec.LookPath("bluerose")
	ts.Check(err)
	s.cmd = exec.Command(program, append([]string{"up", "--addr", "127.0.0.1:0", "--data", ts.MkAbs("data")}, args...)...)
	s.cmd.Dir = ts.MkAbs(".")
	s.cmd.Env = []string{"BLUEROSE_LIBVIPS=" + ts.Getenv("BLUEROSE_LIBVIPS")}
	s.banner = ""
	s.err.Reset()
	s.cmd.Stderr = &s.err
	out, err := s.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	ts.Defer(func() {
		s.cmd.Process.Kill()
		s.cmd.Wait()
	})
	s.out = bufio.NewReader(out)
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			s.cmd.Wait()
			ts.Fatalf("bluerose up ended: %v\n%s", err, s.err.String())
		}
		s.banner += line
		if name, url, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == "Website" {
			url = strings.TrimSuffix(strings.TrimSpace(url), "/")
			ts.Setenv("URL", url)
			ts.Setenv("ADDR", strings.TrimPrefix(url, "http://"))
		}
		if strings.HasPrefix(line, "Ctrl-C") {
			return
		}
	}
}

func (s *service) restricted(ts *testscript.TestScript, _ []string) {
	pids := children(ts, s.cmd.Process.Pid)
	if len(pids) == 0 {
		ts.Fatalf("no function runs")
	}
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		ts.Check(err)
		for _, line := range []string{"NoNewPrivs:\t1\n", "Seccomp:\t2\n"} {
			if !strings.Contains(string(text), line) {
				ts.Fatalf("process %d lacks %q:\n%s", pid, line, text)
			}
		}
	}
}

func (s *service) killFunctions(ts *testscript.TestScript, _ []string) {
	pids := children(ts, s.cmd.Process.Pid)
	if len(pids) == 0 {
		ts.Fatalf("no function runs")
	}
	for _, pid := range pids {
		ts.Check(syscall.Kill(pid, syscall.SIGKILL))
	}
	for _, pid := range pids {
		for syscall.Kill(pid, 0) == nil { // until the service has taken notice; a request before that is lost with the process
			runtime.Gosched()
		}
	}
}

func (s *service) kill(ts *testscript.TestScript, _ []string) {
	ts.Check(s.cmd.Process.Kill())
	s.cmd.Wait()
}

func (s *service) down(ts *testscript.TestScript, _ []string) {
	pids := children(ts, s.cmd.Process.Pid)
	if len(pids) == 0 {
		ts.Fatalf("no function runs")
	}
	ts.Check(s.cmd.Process.Signal(os.Interrupt))
	rest, err := io.ReadAll(s.out)
	ts.Check(err)
	if err := s.cmd.Wait(); err != nil {
		ts.Fatalf("bluerose up: %v\n%s", err, s.err.String())
	}
	for _, pid := range pids {
		if syscall.Kill(pid, 0) == nil {
			ts.Fatalf("process %d is left", pid)
		}
	}
	fmt.Fprint(ts.Stdout(), s.banner, string(rest))
	fmt.Fprint(ts.Stderr(), s.err.String())
}

// children gives the processes that parent has started and that have not ended, as /proc tells.
func children(ts *testscript.TestScript, parent int) []int {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	ts.Check(err)
	var pids []int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		_, rest, _ := strings.Cut(string(text), ") ") // what stands before is its number and name
		if fields := strings.Fields(rest); len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(parent) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			ts.Check(err)
			pids = append(pids, pid)
		}
	}
	return pids
}
