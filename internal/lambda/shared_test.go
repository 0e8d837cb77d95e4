package lambda

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"bluerose/internal/lambda/sharedmem"

	awslambda "github.com/aws/aws-lambda-go/lambda"
)

// testHandler is the test's function, with or without shared memory.
func testHandler() awslambda.Handler {
	descriptor, ok := os.LookupEnv(sharedmem.Variable)
	if !ok {
		return testFunction{}
	}
	h, err := sharedmem.Handler(testFunction{}, descriptor)
	if err != nil {
		panic(err)
	}
	return h
}

// bothWays runs a test with payloads through the socket and in shared memory.
func bothWays(t *testing.T, test func(t *testing.T, h *Host, watch *logWatch)) {
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprintf("shared=%v", shared), func(t *testing.T) {
			h, watch := newHost(t, func(c *Config) {
				c.Functions[0].SharedMemory = shared
				c.MaxPayload = 12 << 20
			})
			test(t, h, watch)
		})
	}
}

// large is an order with a megabyte behind it.
func large(t *testing.T, o order) Invocation {
	return Invocation{Function: "f", Payload: payload(t, o), Rest: bytes.Repeat([]byte(" "), 1<<20)}
}

// Payloads arrive as they were sent, one after the other, whatever their size and content.
func TestPayloadsBothWays(t *testing.T) {
	bothWays(t, func(t *testing.T, h *Host, _ *logWatch) {
		for _, sent := range []Invocation{
			{Payload: []byte(`1`)},
			{Payload: bytes.Repeat([]byte("a"), 64<<10)},
			{Payload: bytes.Repeat([]byte("b"), 12<<20)},
			{Payload: []byte("head"), Rest: bytes.Repeat([]byte("c"), 7<<20)},
			{Payload: []byte("\x00SHM\x00\x00\xff\xff")}, // like a reference to what was there before
			{Payload: bytes.Repeat([]byte("d"), 100<<10)},
			{Payload: []byte{}},
		} {
			sent.Function = "f"
			r, err := h.Invoke(t.Context(), sent)
			if err != nil || r.FunctionError != "" || !bytes.Equal(r.Payload, append(sent.Payload, sent.Rest...)) {
				t.Errorf("%.10q and %d bytes: %v", sent.Payload, len(sent.Rest), err)
			}
		}
	})
}

// A function that dies in the middle of a large request is replaced, and the next large request arrives.
func TestDeathsBothWays(t *testing.T) {
	bothWays(t, func(t *testing.T, h *Host, watch *logWatch) {
		ask := func(o order) string {
			r, err := h.Invoke(t.Context(), large(t, o))
			if err != nil {
				t.Error(err)
				return ""
			}
			return string(r.Payload)
		}
		if answer := ask(order{Do: "exit", N: 3}); !strings.Contains(answer, "exit status 3") {
			t.Errorf("exit: %.100s", answer)
		}
		if answer := ask(order{Do: "fail", Text: "no luck"}); !strings.Contains(answer, "no luck") {
			t.Errorf("fail: %.100s", answer)
		}
		victim := pid(t, h)
		started := watch.wait("hanging")
		var wg sync.WaitGroup
		wg.Go(func() {
			if answer := ask(order{Do: "hang"}); !strings.Contains(answer, "signal: killed") {
				t.Errorf("kill: %.100s", answer)
			}
		})
		<-started
		if err := syscall.Kill(victim, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if answer := ask(order{Text: "next"}); !strings.Contains(answer, `"next"`) || len(answer) < 1<<20 {
			t.Errorf("next: %.100s", answer)
		}
	})
}

// A function that is not told of shared memory gets its payloads as any runtime does, and one that is, in memory that
// goes with its process.
func TestSharedMemoryComesAndGoes(t *testing.T) {
	bothWays(t, func(t *testing.T, h *Host, _ *logWatch) {
		want := 0
		if h.cfg.Functions[0].SharedMemory && canShare(t) {
			want = 1
		}
		for range 3 {
			r, err := h.Invoke(t.Context(), large(t, order{Do: "shared"}))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(r.Payload); got != fmt.Sprint(want == 1) {
				t.Errorf("payload in shared memory: %s", got)
			}
			if n := segments(); n != want {
				t.Errorf("the host has %d segments, not %d", n, want)
			}
			invoke(t, h, order{Do: "exit"})
		}
		if err := h.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if n := segments(); n != 0 {
			t.Errorf("%d segments are left", n)
		}
	})
}

// canShare tells whether this system has what a segment takes.
func canShare(t *testing.T) bool {
	t.Helper()
	s, err := sharedmem.New(1)
	if err != nil {
		return false
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return true
}

// inSegment tells whether data lies in a mapped segment.
func inSegment(data []byte) bool {
	maps, _ := os.ReadFile("/proc/self/maps") // elsewhere than on Linux there is none
	at := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	for line := range strings.Lines(string(maps)) {
		var begin, end uintptr
		if _, err := fmt.Sscanf(line, "%x-%x", &begin, &end); err == nil && begin <= at && at < end {
			return strings.Contains(line, "/memfd:payload")
		}
	}
	return false
}

// segments counts this process's open segments.
func segments() (n int) {
	files, _ := filepath.Glob("/proc/self/fd/*")
	for _, file := range files {
		if name, err := os.Readlink(file); err == nil && strings.HasPrefix(name, "/memfd:payload") {
			n++
		}
	}
	return n
}
