package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"bluerose/event"
)

func TestEcho(t *testing.T) {
	h, _ := newHost(t, nil)
	r, err := h.Invoke(t.Context(), Invocation{Function: "f", Payload: []byte(`[1,2]`)})
	if err != nil || string(r.Payload) != `[1,2]` || r.FunctionError != "" || r.ExecutedVersion != Latest {
		t.Fatalf("%+v %v", r, err)
	}
	log := string(r.LogTail)
	for _, want := range []string{
		`START RequestId: ` + r.RequestID + ` Version: \$LATEST\n`,
		`END RequestId: ` + r.RequestID + `\n`,
		`REPORT RequestId: ` + r.RequestID + `\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 1024 MB\t` +
			`Max Memory Used: [1-9]\d* MB\tInit Duration: \d+\.\d\d ms\t\n$`,
	} {
		if !regexp.MustCompile(want).MatchString(log) {
			t.Errorf("log %q lacks %s", log, want)
		}
	}
	if r = invoke(t, h, order{}); strings.Contains(string(r.LogTail), "Init Duration") {
		t.Errorf("a warm start has an init duration: %s", r.LogTail)
	}
	if s := h.Stats()["f"]; s.Invocations != 2 || s.ColdStarts != 1 || s.Instances != 1 || s.Busy != 0 || s.Errors != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestFunctionFailures(t *testing.T) {
	h, _ := newHost(t, func(c *Config) { c.MaxPayload = 1 << 20 })
	for _, test := range []struct {
		order         order
		kind, message string // the message is a regular expression
		stays         bool   // the process lives on
	}{
		{order{Do: "fail", Text: "no luck"}, "errorString", "^no luck$", true},
		{order{Do: "panic", Text: "oh"}, "string", "^oh$", false},
		{order{Do: "exit", N: 0}, "Runtime.ExitError", "^RequestId: ID Error: Runtime exited without providing a reason$", false},
		{order{Do: "exit", N: 3}, "Runtime.ExitError", "^RequestId: ID Error: Runtime exited with error: exit status 3$", false},
		{order{Do: "bytes", N: 2 << 20}, "Function.ResponseSizeTooLarge",
			`^Response payload size exceeded maximum allowed payload size \(1048576 bytes\)\.$`, false},
	} {
		before := pid(t, h)
		r := invoke(t, h, test.order)
		var f event.Failure
		if err := json.Unmarshal(r.Payload, &f); err != nil || r.FunctionError != Unhandled {
			t.Fatalf("%+v: %q %q %v", test.order, r.FunctionError, r.Payload, err)
		}
		message := strings.ReplaceAll(test.message, "ID", r.RequestID)
		if test.kind == "Runtime.ExitError" {
			message = strings.ReplaceAll(test.message, " ID ", " "+r.RequestID+" ")
		}
		if f.ErrorType != test.kind || !regexp.MustCompile(message).MatchString(f.ErrorMessage) {
			t.Errorf("%+v: %s", test.order, r.Payload)
		}
		if after := pid(t, h); (before == after) != test.stays && test.kind != "Function.ResponseSizeTooLarge" {
			t.Errorf("%+v: process %v, then %v", test.order, before, after)
		}
	}
}

// pid asks the function for its process.
func pid(t *testing.T, h *Host) int {
	t.Helper()
	var answer struct{ Pid int }
	if err := json.Unmarshal(invoke(t, h, order{Do: "context"}).Payload, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Pid
}

func TestTimeout(t *testing.T) {
	h, _ := newHost(t, func(c *Config) { c.Functions[0].Timeout = 50 * time.Millisecond })
	r := invoke(t, h, order{Do: "hang"})
	want := `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ` + r.RequestID + ` Error: Task timed out after 0.05 seconds"}`
	if string(r.Payload) != want || r.FunctionError != Unhandled {
		t.Errorf("%s", r.Payload)
	}
	if log := string(r.LogTail); !strings.Contains(log, "Status: timeout\n") {
		t.Errorf("log %s", log)
	}
	if s := h.Stats()["f"]; s.Timeouts != 1 || s.Errors != 1 {
		t.Errorf("%+v", s)
	}
}

func TestLogs(t *testing.T) {
	h, watch := newHost(t, nil)
	r := invoke(t, h, order{Do: "print", N: 3, Text: "héllo"})
	if want := "line 0 héllo\nline 1 héllo\nline 2 héllo\nno end of line\nEND "; !strings.Contains(string(r.LogTail), want) {
		t.Errorf("log %q", r.LogTail)
	}
	<-watch.wait("line 2 héllo")
	r = invoke(t, h, order{Do: "print", N: 5000, Text: strings.Repeat("y", 100)})
	if len(r.LogTail) != tailBytes || !strings.Contains(string(r.LogTail), "line 4999 ") {
		t.Errorf("tail of %d bytes: %s", len(r.LogTail), r.LogTail)
	}
	<-watch.wait("further lines of this request are not logged")
	if r = invoke(t, h, order{}); strings.Contains(string(r.LogTail), "line") {
		t.Errorf("a request has the log of another: %s", r.LogTail)
	}
}

func TestContextOfTheFunction(t *testing.T) {
	h, _ := newHost(t, nil)
	r, err := h.Invoke(t.Context(), Invocation{
		Function: "arn:aws:lambda:us-east-1:123456789012:function:f", Qualifier: "$LATEST", RequestID: "r-1",
		Payload: payload(t, order{Do: "context"}), ClientContext: []byte(`{"custom":{"a":"b"}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Arn, ID string
		Custom  map[string]string
		Left    float64
	}
	if err := json.Unmarshal(r.Payload, &got); err != nil {
		t.Fatal(err)
	}
	if got.Arn != "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST" || got.ID != "r-1" || got.Custom["a"] != "b" ||
		got.Left <= 0 || got.Left > 10 {
		t.Errorf("%+v", got)
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("SECRET_OF_THE_HOST", "1")
	h, _ := newHost(t, func(c *Config) {
		c.Functions[0].Environment = map[string]string{"MINE": "yes", "AWS_REGION": "nowhere"}
		c.Region = "eu-west-1"
	})
	env := environmentOf(t, h)
	for name, want := range map[string]string{
		"MINE": "yes", "AWS_REGION": "eu-west-1", "_HANDLER": "f", "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": Latest,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f", "TZ": ":UTC", "SECRET_OF_THE_HOST": "",
		"AWS_ENDPOINT_URL": "", "AWS_ACCESS_KEY_ID": "",
	} {
		if env[name] != want {
			t.Errorf("%s is %q, not %q", name, env[name], want)
		}
	}
}

// environmentOf gives the variables of the function f.
func environmentOf(t *testing.T, h *Host) map[string]string {
	t.Helper()
	var list []string
	if err := json.Unmarshal(invoke(t, h, order{Do: "environment"}).Payload, &list); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for _, entry := range list {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return env
}

// A function that calls AWS' APIs is told where they are and with which key, and its command may let it connect there.
func TestServices(t *testing.T) {
	services := Services{Addr: "127.0.0.1:1", KeyID: "id", SecretKey: "secret"}
	for name, calls := range map[string]bool{"calls": true, "does not call": false} {
		t.Run(name, func(t *testing.T) {
			launched := make(chan string, 10)
			h, _ := newHost(t, func(c *Config) {
				c.Services, c.Functions[0].Services = services, calls
				command := c.Command
				c.Command = func(l Launch) (*exec.Cmd, error) {
					launched <- l.Services
					return command(l)
				}
			})
			env := environmentOf(t, h)
			want := map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
			for name, value := range want {
				if got := env[name]; calls && got != value || !calls && got != "" {
					t.Errorf("%s is %q", name, got)
				}
			}
			if addr := <-launched; (addr == services.Addr) != calls {
				t.Errorf("the command is told of %q", addr)
			}
		})
	}
}

// 200 requests at once: as many as may wait wait, and the others are refused at once; then all is well.
func TestQueueBound(t *testing.T) {
	const queue, all = 10, 200
	h, watch := newHost(t, func(c *Config) { c.Instances, c.Queue = 2, queue })
	hang, hangUp := context.WithCancel(t.Context())
	var hanging sync.WaitGroup
	for _, text := range []string{"one", "two"} {
		started := watch.wait("hanging " + text)
		hanging.Go(func() {
			_, _ = h.Invoke(hang, Invocation{Function: "f", Payload: payload(t, order{Do: "hang", Text: text})})
		})
		<-started
	}
	answers := make(chan error, all)
	for range all {
		go func() {
			r, err := h.Invoke(t.Context(), Invocation{Function: "f", Payload: []byte(`1`)})
			if err == nil && string(r.Payload) != "1" {
				t.Errorf("payload %s", r.Payload)
			}
			answers <- err
		}()
	}
	for range all - queue {
		if e := event.From(<-answers); e == nil || e.Kind != event.Throttled || e.RetryAfter <= 0 {
			t.Fatalf("a request beyond the queue gives %v", e)
		}
	}
	if s := h.Stats()["f"]; s.Busy != 2 || s.Queued != queue || s.Throttles != all-queue {
		t.Errorf("%+v", s)
	}
	hangUp()
	for range queue {
		if err := <-answers; err != nil {
			t.Errorf("a request that waited gives %v", err)
		}
	}
	hanging.Wait()
	if s := h.Stats()["f"]; s.Queued != 0 || s.Busy != 0 {
		t.Errorf("%+v", s)
	}
}

func TestNoQueue(t *testing.T) {
	h, watch := newHost(t, func(c *Config) { c.Queue = NoQueue })
	started := watch.wait("hanging")
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = h.Invoke(ctx, Invocation{Function: "f", Payload: payload(t, order{Do: "hang"})}) })
	<-started
	if _, err := h.Invoke(t.Context(), Invocation{Function: "f"}); event.From(err).Kind != event.Throttled {
		t.Errorf("error %v", err)
	}
	cancel()
	wg.Wait()
	for range 20 { // a caller that has its answer finds the instance free
		invoke(t, h, order{})
	}
}

// A caller that goes away ends its request, running or waiting, and nobody else's.
func TestCallerHangsUp(t *testing.T) {
	h, watch := newHost(t, nil)
	before := pid(t, h)
	started := watch.wait("hanging")
	running, hangUp := context.WithCancel(t.Context())
	waiting, leave := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := h.Invoke(running, Invocation{Function: "f", Payload: payload(t, order{Do: "hang"})})
		if !errors.Is(err, context.Canceled) || event.From(err).Kind != event.Timeout {
			t.Errorf("running: %v", err)
		}
	})
	<-started
	left := make(chan struct{})
	wg.Go(func() {
		defer close(left)
		if _, err := h.Invoke(waiting, Invocation{Function: "f"}); !errors.Is(err, context.Canceled) {
			t.Errorf("waiting: %v", err)
		}
	})
	leave()
	<-left // while the other still runs
	hangUp()
	wg.Wait()
	if after := pid(t, h); after == before {
		t.Error("the process of an abandoned request lives on")
	}
	if s := h.Stats()["f"]; s.Busy != 0 || s.Queued != 0 || s.Cost != 0 {
		t.Errorf("%+v", s)
	}
}

func TestKilledInTheMiddle(t *testing.T) {
	h, watch := newHost(t, nil)
	victim := pid(t, h)
	started := watch.wait("hanging")
	var wg sync.WaitGroup
	wg.Go(func() {
		r := invoke(t, h, order{Do: "hang"})
		if !strings.Contains(string(r.Payload), `Error: Runtime exited with error: signal: killed"`) {
			t.Errorf("payload %s", r.Payload)
		}
	})
	<-started
	if err := syscall.Kill(victim, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if r := invoke(t, h, order{Text: "next"}); r.FunctionError != "" {
		t.Errorf("the next request fails: %s", r.Payload)
	}
}

// An instance that dies while it is idle is replaced, and nobody notices.
func TestKilledWhileIdle(t *testing.T) {
	h, watch := newHost(t, nil)
	before := pid(t, h)
	ended := watch.wait("instance ended")
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-ended
	if after := pid(t, h); after == before {
		t.Error("the dead process answers")
	}
	if s := h.Stats()["f"]; s.Crashes != 0 || s.Errors != 0 || s.Instances != 1 {
		t.Errorf("%+v", s)
	}
}

// A call that was given to an instance which died before its runtime saw it goes to another one.
func TestUnseenCallGoesToAnother(t *testing.T) {
	h, _ := newHost(t, nil)
	invoke(t, h, order{})
	p := h.functions["f"].pools()[0]
	p.mu.Lock()
	in := p.idle[0]
	p.idle = nil
	p.inside++
	p.line.inside++
	p.mu.Unlock()
	if err := in.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-in.exited
	c := newCall(t.Context(), Invocation{RequestID: "r", Payload: []byte(`"again"`)}, 1, "arn")
	in.work <- c // as enter does, at the very moment of the death
	<-c.done
	if c.err != nil || string(c.result.Payload) != `"again"` || c.attempts > 1 {
		t.Errorf("%+v %v after %d attempts", c.result, c.err, c.attempts)
	}
}

// Functions that do not start answer everyone at once with the reason, and are not started in a tight loop.
func TestFailingStart(t *testing.T) {
	for handler, want := range map[string]string{
		"crash-at-start": "Runtime exited with error: exit status 7",
		"hang-at-start":  "Task timed out after 0.05 seconds",
	} {
		t.Run(handler, func(t *testing.T) {
			var starts atomic.Int64
			h, _ := newHost(t, func(c *Config) {
				c.Instances = 2
				c.Functions[0].Handler = handler
				if handler == "hang-at-start" {
					c.InitTimeout = 50 * time.Millisecond
				}
				c.Command = func(l Launch) (*exec.Cmd, error) {
					starts.Add(1)
					return command(l)
				}
			})
			begun := time.Now()
			for range 100 {
				if r := invoke(t, h, order{}); !strings.Contains(string(r.Payload), want) || r.FunctionError != Unhandled {
					t.Fatalf("payload %s", r.Payload)
				}
			}
			if most := 4 + 4*int64(time.Since(begun)/firstBackoff); starts.Load() > most {
				t.Errorf("%d starts, more than %d", starts.Load(), most)
			}
		})
	}
}

func TestCommandFails(t *testing.T) {
	h, _ := newHost(t, func(c *Config) {
		c.Command = func(Launch) (*exec.Cmd, error) { return exec.Command("/does/not/exist"), nil }
	})
	if r := invoke(t, h, order{}); !strings.Contains(string(r.Payload), "Runtime.InvalidEntrypoint") ||
		strings.Contains(string(r.Payload), "exist") {
		t.Errorf("payload %s", r.Payload)
	}
}

func TestLargePayload(t *testing.T) {
	h, _ := newHost(t, nil)
	big := bytes.Repeat([]byte("b"), 32<<20)
	r, err := h.Invoke(t.Context(), Invocation{Function: "f", Payload: big})
	if err != nil || !bytes.Equal(r.Payload, big) {
		t.Fatalf("%d bytes came back, %v", len(r.Payload), err)
	}
	_, err = h.Invoke(t.Context(), Invocation{Function: "f", Payload: make([]byte, 48<<20+1)})
	if event.From(err).Kind != event.PayloadTooLarge {
		t.Errorf("error %v", err)
	}
}

func TestCloseFinishesWhatRuns(t *testing.T) {
	h, watch := newHost(t, func(c *Config) { c.Functions[0].Timeout = 300 * time.Millisecond })
	started := watch.wait("hanging")
	var wg sync.WaitGroup
	wg.Go(func() {
		if r := invoke(t, h, order{Do: "hang"}); !strings.Contains(string(r.Payload), "timed out") {
			t.Errorf("payload %s", r.Payload)
		}
	})
	<-started
	if err := h.Close(t.Context()); err != nil {
		t.Error(err)
	}
	wg.Wait()
	checkLeaks(t)
	if _, err := h.Invoke(t.Context(), Invocation{Function: "f"}); event.From(err).Kind != event.Throttled {
		t.Errorf("a closed host says %v", err)
	}
}

// While the host stops, its functions may still call one another, and nobody else may call any.
func TestCloseLetsFunctionsCallFunctions(t *testing.T) {
	h, watch := newHost(t, func(c *Config) { c.Functions[0].Timeout, c.Instances = time.Second, 2 })
	started := watch.wait("hanging")
	closed := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { invoke(t, h, order{Do: "hang"}) })
	<-started
	go func() { closed <- h.Close(t.Context()) }()
	for { // until the host is closed to others
		if _, err := h.Invoke(t.Context(), Invocation{Function: "f", Payload: []byte("1")}); err != nil {
			break
		}
	}
	if r, err := h.Invoke(t.Context(), Invocation{Function: "f", Payload: []byte("1"), Inside: true}); err != nil || r.FunctionError != "" {
		t.Errorf("a function inside got %v, %v", r, err)
	}
	wg.Wait()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if _, err := h.Invoke(t.Context(), Invocation{Function: "f", Inside: true}); event.From(err).Kind != event.Throttled {
		t.Errorf("a closed host says %v", err)
	}
	checkLeaks(t)
}

func TestCloseLosesPatience(t *testing.T) {
	h, watch := newHost(t, nil)
	started := watch.wait("hanging")
	var wg sync.WaitGroup
	for _, o := range []order{{Do: "hang"}, {Do: "hang"}} { // one runs, one waits
		wg.Go(func() {
			if _, err := h.Invoke(t.Context(), Invocation{Function: "f", Payload: payload(t, o)}); event.From(err).Kind != event.Throttled {
				t.Errorf("error %v", err)
			}
		})
	}
	<-started
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	wg.Wait()
	checkLeaks(t)
}

func TestVersionsAndAliases(t *testing.T) {
	h, _ := newHost(t, func(c *Config) { c.Warm = 2 })
	versionOf := func(qualifier string) string {
		t.Helper()
		r, err := h.Invoke(t.Context(), Invocation{Function: "f", Qualifier: qualifier, Payload: payload(t, order{Do: "context"})})
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Version string }
		if err := json.Unmarshal(r.Payload, &got); err != nil || got.Version != r.ExecutedVersion {
			t.Fatalf("%s %s %v", r.Payload, r.ExecutedVersion, err)
		}
		return got.Version
	}
	one, err := h.PublishVersion("f", Publication{})
	if err != nil || one.Version != "1" {
		t.Fatalf("%+v %v", one, err)
	}
	if again, err := h.PublishVersion("f", Publication{}); err != nil || again.Version != "1" {
		t.Errorf("publishing what did not change gives %+v %v", again, err)
	}
	if _, err := h.CreateAlias("f", Alias{Name: "prod", FunctionVersion: "1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.UpdateFunction(Function{Name: "f", MemoryMB: 512}); err != nil {
		t.Fatal(err)
	}
	if two, err := h.PublishVersion("f", Publication{Description: "second"}); err != nil || two.Version != "2" || two.MemoryMB != 512 {
		t.Fatalf("%+v %v", two, err)
	}
	for qualifier, want := range map[string]string{"": Latest, "prod": "1", "1": "1", "2": "2", Latest: Latest} {
		if got := versionOf(qualifier); got != want {
			t.Errorf("%q runs version %s, not %s", qualifier, got, want)
		}
	}
	if n := len(h.functions["f"].pools()); n > 2 {
		t.Errorf("%d versions have instances", n)
	}
	if _, err := h.UpdateAlias("f", "prod", AliasChange{FunctionVersion: ptr("2")}); err != nil {
		t.Fatal(err)
	}
	if got := versionOf("prod"); got != "2" {
		t.Errorf("prod runs %s", got)
	}
	for _, inv := range []Invocation{
		{Function: "none"}, {Function: "f", Qualifier: "3"}, {Function: "f", Qualifier: "test"},
		{Function: "arn:aws:lambda:eu-west-1:123456789012:function:f"}, {Function: "999999999999:function:f"},
	} {
		if _, err := h.Invoke(t.Context(), inv); event.From(err).Kind != event.NotFound {
			t.Errorf("%+v: %v", inv, err)
		}
	}
	for _, a := range []Alias{{Name: "prod", FunctionVersion: "1"}, {Name: "7", FunctionVersion: "1"}, {Name: "x", FunctionVersion: "9"}} {
		if _, err := h.CreateAlias("f", a); err == nil {
			t.Errorf("%+v is taken", a)
		}
	}
}

func TestConfigValidate(t *testing.T) {
	good := Config{Dir: t.TempDir(), Command: command, Functions: []Function{{Name: "f"}}}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"folder":      func(c *Config) { c.Dir = "" },
		"dead letter": func(c *Config) { c.Async.DeadLetter = "nobody" },
		"command":     func(c *Config) { c.Command = nil },
		"instances":   func(c *Config) { c.Instances = -1 },
		"queue":       func(c *Config) { c.Queue = -2 },
		"region":      func(c *Config) { c.Region = "here" },
		"account":     func(c *Config) { c.AccountID = "1" },
		"name":        func(c *Config) { c.Functions = []Function{{Name: "a b"}} },
		"twice":       func(c *Config) { c.Functions = []Function{{Name: "a"}, {Name: "a"}} },
		"memory":      func(c *Config) { c.Functions = []Function{{Name: "a", MemoryMB: 1}} },
		"timeout":     func(c *Config) { c.Functions = []Function{{Name: "a", Timeout: time.Hour}} },
	} {
		bad := good
		change(&bad)
		if bad.Validate() == nil {
			t.Errorf("a wrong %s is taken", name)
		}
	}
}
