package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// The test program is the function, too, when these variables say so.
const (
	asFunction = "LAMBDA_TEST_FUNCTION"
	asHost     = "LAMBDA_TEST_HOST"
	asServer   = "LAMBDA_TEST_SERVER"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asFunction) != "":
		runFunction(os.Getenv("_HANDLER"))
	case os.Getenv(asHost) != "":
		runHost()
	case os.Getenv(asServer) != "":
		runServer(os.Getenv(asServer))
	default:
		os.Exit(m.Run())
	}
}

// order is what the tests tell their function to do.
type order struct {
	Do   string `json:"do"`
	Text string `json:"text"`
	N    int    `json:"n"`
}

func runFunction(handler string) {
	switch handler {
	case "crash-at-start":
		fmt.Println("starting badly")
		os.Exit(7)
	case "hang-at-start":
		hang()
	}
	awslambda.StartWithOptions(testHandler())
}

func ptr[T any](v T) *T { return &v }

// hang never ends by itself.
func hang() { <-time.After(time.Hour) }

// testFunction does what an order says, and gives back what is none.
type testFunction struct{}

func (testFunction) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	switch os.Getenv("_HANDLER") {
	case "record":
		fmt.Printf("record %s\n", payload)
		return payload, nil
	case "note":
		return payload, note(payload)
	}
	var o order
	if err := json.Unmarshal(payload, &o); err != nil {
		return payload, nil
	}
	switch o.Do {
	case "fail":
		return nil, errors.New(o.Text)
	case "fail in":
		if os.Getenv("AWS_LAMBDA_FUNCTION_NAME") == o.Text {
			return nil, errors.New("not here")
		}
	case "panic":
		panic(o.Text)
	case "exit":
		os.Exit(o.N)
	case "hang":
		fmt.Println("hanging", o.Text)
		hang()
	case "print":
		for i := range o.N {
			fmt.Printf("line %d %s\n", i, o.Text)
		}
		fmt.Fprint(os.Stderr, "no end of line")
	case "environment":
		return json.Marshal(os.Environ())
	case "bytes":
		return []byte(`"` + strings.Repeat("x", o.N-2) + `"`), nil
	case "context":
		lc, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return json.Marshal(map[string]any{
			"arn": lc.InvokedFunctionArn, "id": lc.AwsRequestID, "custom": lc.ClientContext.Custom,
			"left": time.Until(deadline).Seconds(), "pid": os.Getpid(), "version": os.Getenv("AWS_LAMBDA_FUNCTION_VERSION"),
		})
	case "shared":
		return strconv.AppendBool(nil, inSegment(payload)), nil
	case "child":
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "_HANDLER=hang-at-start")
		cmd.Stdout = os.Stdout
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		fmt.Println("child", cmd.Process.Pid)
		hang()
	}
	return payload, nil
}

// command runs the test program as the function.
func command(Launch) (*exec.Cmd, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{asFunction + "=1"}
	return cmd, nil
}

// newHost starts a host that is closed and checked for leaks when the test ends. change may be nil.
func newHost(t *testing.T, change func(*Config)) (*Host, *logWatch) {
	t.Helper()
	watch := &logWatch{}
	cfg := Config{
		Functions: []Function{{Name: "f"}},
		Dir:       t.TempDir(),
		Command:   command,
		Instances: 1,
		Logger:    slog.New(watch),
	}
	if change != nil {
		change(&cfg)
	}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(t.Context()); err != nil && !errors.Is(err, context.Canceled) && !h.isRetired() {
			t.Errorf("Close: %v", err)
		}
		checkLeaks(t)
	})
	return h, watch
}

// checkLeaks fails the test when a goroutine of the package or a child process is left.
func checkLeaks(t *testing.T) {
	t.Helper()
	left := goroutines()
	for range 10_000 { // one that has told its owner that it ends may still be at its last instructions
		if left == "" {
			break
		}
		runtime.Gosched()
		left = goroutines()
	}
	if left != "" {
		t.Errorf("goroutines are left:\n%s", left)
	}
	if left := children(t); left != "" {
		t.Errorf("child processes are left: %s", left)
	}
}

// goroutines gives the stacks of the package's goroutines that are not tests.
func goroutines() string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var left []string
	for _, stack := range strings.Split(string(stacks), "\n\n") {
		if strings.Contains(stack, "internal/lambda.(") && !strings.Contains(stack, "testing.") {
			left = append(left, stack)
		}
	}
	return strings.Join(left, "\n\n")
}

func invoke(t *testing.T, h *Host, o order) *Result {
	t.Helper()
	r, err := h.Invoke(t.Context(), Invocation{Function: "f", Payload: payload(t, o)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func payload(t *testing.T, o order) []byte {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// logWatch is a log that tests wait on.
type logWatch struct {
	mu      sync.Mutex
	lines   []string
	waiters []waiter
}

type waiter struct {
	text  string
	found chan string
}

// wait gives a channel that gets the first line, logged already or not, that holds text.
func (w *logWatch) wait(text string) <-chan string {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := make(chan string, 1)
	for _, line := range w.lines {
		if strings.Contains(line, text) {
			found <- line
			return found
		}
	}
	w.waiters = append(w.waiters, waiter{text, found})
	return found
}

func (w *logWatch) Enabled(context.Context, slog.Level) bool { return true }
func (w *logWatch) WithAttrs([]slog.Attr) slog.Handler       { return w }
func (w *logWatch) WithGroup(string) slog.Handler            { return w }

func (w *logWatch) Handle(_ context.Context, r slog.Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, r.Message)
	for i := 0; i < len(w.waiters); i++ {
		if strings.Contains(r.Message, w.waiters[i].text) {
			w.waiters[i].found <- r.Message
			w.waiters = append(w.waiters[:i], w.waiters[i+1:]...)
			i--
		}
	}
	return nil
}
