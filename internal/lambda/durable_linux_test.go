package lambda

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// recorderAddress is the variable that tells the function "note" who keeps what it did.
const recorderAddress = "LAMBDA_TEST_RECORDER"

// generation is a variable that makes the configuration of the function another one with every start of its host.
const generation = "LAMBDA_TEST_GENERATION"

// note tells the recorder what the event says, and waits until it is written down.
func note(payload []byte) error {
	conn, err := net.Dial("tcp", os.Getenv(recorderAddress))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "%s\n", payload); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 1))
	return err
}

// runServer is a host with its API as a process of its own, for tests that kill it. It tells its address.
func runServer(dir string) {
	h, err := New(Config{
		Functions: []Function{{Name: "f", Handler: "note", Program: os.Args[0], Environment: map[string]string{
			recorderAddress: os.Getenv(recorderAddress), generation: os.Getenv(generation),
		}}},
		Dir: dir, Command: command, Instances: 2, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	panic(http.Serve(listener, h.Handler()))
}

// recorder keeps what functions tell it: it outlives the host.
type recorder struct {
	listener net.Listener
	all      chan struct{} // closed when every number below want is there

	mu    sync.Mutex
	seen  map[int]int
	want  int
	conns sync.WaitGroup
}

func newRecorder(t *testing.T, want int) *recorder {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{listener: listener, all: make(chan struct{}), seen: map[int]int{}, want: want}
	r.conns.Go(r.run)
	t.Cleanup(func() {
		_ = listener.Close()
		r.conns.Wait()
	})
	return r
}

func (r *recorder) run() {
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.conns.Go(func() {
			defer func() { _ = conn.Close() }()
			var n int
			if line, err := bufio.NewReader(conn).ReadBytes('\n'); err != nil || json.Unmarshal(line, &n) != nil {
				return
			}
			r.mu.Lock()
			if r.seen[n]++; r.seen[n] == 1 && len(r.seen) == r.want {
				close(r.all)
			}
			r.mu.Unlock()
			_, _ = conn.Write([]byte{1})
		})
	}
}

// victim is a host in a process of its own, and the next one after it was killed.
type victim struct {
	t        *testing.T
	dir      string
	recorder string

	mu      sync.Mutex
	starts  int
	process *exec.Cmd
	address string
}

func newVictim(t *testing.T, r *recorder) *victim {
	t.Helper()
	v := &victim{t: t, dir: t.TempDir(), recorder: r.listener.Addr().String()}
	v.start()
	t.Cleanup(v.kill)
	return v
}

// start starts the host. The caller holds mu, or is alone.
func (v *victim) start() {
	v.process = exec.Command(os.Args[0])
	v.starts++
	v.process.Env = []string{asServer + "=" + v.dir, recorderAddress + "=" + v.recorder, fmt.Sprintf("%s=%d", generation, v.starts)}
	v.process.Stderr = os.Stderr
	out, err := v.process.StdoutPipe()
	if err == nil {
		err = v.process.Start()
	}
	if err != nil {
		v.t.Error(err)
		return
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		v.t.Errorf("the host does not start: %v", err)
	}
	v.address = strings.TrimSpace(line)
}

func (v *victim) kill() {
	_ = v.process.Process.Kill()
	_ = v.process.Wait()
}

// restart kills the host with SIGKILL, and starts another on the same folder.
func (v *victim) restart() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.kill()
	v.start()
}

// do calls the API, and gives its status; 0 for none.
func (v *victim) do(method, path, kind, body string) (status int, answer []byte) {
	return v.doAt(v.at(), method, path, kind, body)
}

// at gives the address of the host that runs now.
func (v *victim) at() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.address
}

func (v *victim) doAt(address, method, path, kind, body string) (status int, answer []byte) {
	request, err := http.NewRequest(method, "http://"+address+"/2015-03-31/functions/f"+path, strings.NewReader(body))
	if err != nil {
		v.t.Error(err)
		return 0, nil
	}
	request.Header.Set("X-Amz-Invocation-Type", kind)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = response.Body.Close() }()
	answer, _ = io.ReadAll(response.Body)
	return response.StatusCode, answer
}

// The whole program is killed twenty times while it accepts and runs 5,000 events: every event that it accepted is done.
func TestEventsOutliveKills(t *testing.T) {
	const events, kills, clients = 5000, 20, 8
	recorder := newRecorder(t, events)
	host := newVictim(t, recorder)
	var mu sync.Mutex
	next, accepted := 0, 0
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				mu.Lock()
				n := next
				next++
				mu.Unlock()
				if n >= events {
					return
				}
				for status := 0; status != http.StatusAccepted; {
					status, _ = host.do("POST", "/invocations", "Event", fmt.Sprint(n))
				}
				mu.Lock()
				accepted++
				kill := accepted%(events/kills) == 0
				mu.Unlock()
				if kill {
					host.restart()
				}
			}
		})
	}
	wg.Wait()
	select {
	case <-recorder.all:
	case <-time.After(time.Minute):
		t.Errorf("only %d of %d events that were accepted are done", len(recorder.seen), events)
	}
	recorder.mu.Lock()
	defer recorder.mu.Unlock()
	again := 0
	for _, n := range recorder.seen {
		again += n - 1
	}
	t.Logf("%d events ran once more because of %d kills", again, kills)
}

// What the API has said about versions and aliases holds after the program was killed in the middle of further changes.
func TestAliasesOutliveKills(t *testing.T) {
	host := newVictim(t, newRecorder(t, 1))
	var version struct{ Version string }
	for kill := range 5 {
		body := fmt.Sprintf(`{"Description":"after %d kills"}`, kill)
		status, answer := host.do("POST", "/versions", "", body)
		if status != http.StatusCreated || json.Unmarshal(answer, &version) != nil || version.Version != fmt.Sprint(kill+1) {
			t.Fatalf("publish: %d %s", status, answer)
		}
		if kill == 0 {
			if status, answer := host.do("POST", "/aliases", "", `{"Name":"prod","FunctionVersion":"1"}`); status != http.StatusCreated {
				t.Fatalf("create: %d %s", status, answer)
			}
		}
		address := host.at()
		var wg sync.WaitGroup
		known := make(chan string, 100)
		wg.Go(func() { // changes until it is killed
			defer close(known)
			for i := 0; ; i++ {
				text := fmt.Sprintf("change %d of %d", i, kill)
				status, _ := host.doAt(address, "PUT", "/aliases/prod", "", `{"FunctionVersion":"`+version.Version+`","Description":"`+text+`"}`)
				if status != http.StatusOK {
					return
				}
				known <- text
				if i == cap(known)-1 {
					return
				}
			}
		})
		var last string
		for i := range 10 + kill {
			if text, ok := <-known; ok {
				last = text
			} else {
				t.Fatalf("ended after %d changes", i)
			}
		}
		host.mu.Lock()
		host.kill()
		for text := range known {
			last = text
		}
		wg.Wait()
		host.start()
		host.mu.Unlock()
		var alias aliasBody
		status, answer = host.do("GET", "/aliases/prod", "", "")
		if err := json.Unmarshal(answer, &alias); status != http.StatusOK || err != nil {
			t.Fatalf("%d %s", status, answer)
		}
		// The change that was under way when it was killed may be there or not.
		if after := fmt.Sprintf("change %s", next(last)); alias.FunctionVersion != version.Version || alias.Description != last && alias.Description != after {
			t.Errorf("after %q the alias is %s", last, answer)
		}
		if status, answer := host.do("GET", "?Qualifier=prod", "", ""); status != http.StatusOK || !bytes.Contains(answer, []byte(`"Version":"`+version.Version+`"`)) {
			t.Errorf("%d %s", status, answer)
		}
	}
}

// next gives the text after "change " of the change after this one.
func next(change string) string {
	var i, kill int
	_, _ = fmt.Sscanf(change, "change %d of %d", &i, &kill)
	return fmt.Sprintf("%d of %d", i+1, kill)
}
