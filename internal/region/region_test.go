package region_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/lambda"
	"bluerose/internal/lambda/beside"
	"bluerose/internal/region"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// The test program is the image function, or the authorizer, when a region starts it as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "function" {
		switch os.Args[2] {
		case "image":
			awslambda.StartWithOptions(beside.Handler(fakeFunction{}, echo))
		case "authorizer":
			awslambda.Start(authorize)
		}
		return
	}
	os.Exit(m.Run())
}

func command(launch lambda.Launch) (*exec.Cmd, error) {
	cmd := exec.Command(os.Args[0], "function", launch.Handler)
	cmd.Env = []string{}
	return cmd, nil
}

// echo answers a proxy event with its own body.
func echo(_ context.Context, r *event.ProxyRequest) (*event.ProxyResponse, error) {
	if string(r.Body) == "fail" {
		return nil, messages.InvokeResponse_Error{Message: "said so", Type: string(event.InvalidImage)}
	}
	return &event.ProxyResponse{Headers: map[string]string{"Content-Type": "image/png"}, Body: r.Body}, nil
}

// fakeFunction does what the operation of its event says.
type fakeFunction struct{}

func (fakeFunction) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var request struct{ Operation, Kind string }
	if err := json.Unmarshal(payload, &request); err != nil {
		return nil, messages.InvokeResponse_Error{Message: "no JSON", Type: string(event.InvalidRequest)}
	}
	switch request.Operation {
	case "fail":
		return nil, messages.InvokeResponse_Error{Message: "said so", Type: request.Kind}
	case "crash":
		os.Exit(3)
	case "hang":
		<-time.After(time.Hour)
	case "sleep":
		<-time.After(200 * time.Millisecond)
	}
	return []byte(`"pong"`), nil
}

// startUnclosed starts a region that the test closes itself.
func startUnclosed(t *testing.T, change func(*region.Config)) *region.Region {
	t.Helper()
	cfg := region.Config{Addr: "127.0.0.1:0", DataDir: t.TempDir(), Command: command, Instances: 2}
	if change != nil {
		change(&cfg)
	}
	r, err := region.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// noCache has every request reach the function, also when it was sent before.
func noCache(cfg *region.Config) { cfg.CacheMemory, cfg.CacheDisk = -1, -1 }

func start(t *testing.T, change func(*region.Config)) *region.Region {
	t.Helper()
	r := startUnclosed(t, change)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := r.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return r
}

func do(t *testing.T, r *http.Request, err error) (int, http.Header, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(body)
}

func post(t *testing.T, r *region.Region, path, body string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequest("POST", "http://"+r.Addr()+path, strings.NewReader(body))
	return do(t, request, err)
}

const service = "/prod/ImageProcessingService"

func TestHTTPSAPI(t *testing.T) {
	r := start(t, func(cfg *region.Config) { cfg.Timeout = 500 * time.Millisecond })
	for _, c := range []struct {
		name, path, body string
		status           int
		want             string
	}{
		{"event", service, `{"operation":"ping"}`, 200, `"pong"`},
		{"picture", "/prod/images?args=-negate", "\x89PNG\x00\xff", 200, "\x89PNG\x00\xff"},
		{"picture that fails", "/prod/images", "fail", 422, `{"errorMessage":"said so","errorType":"InvalidImage"}`},
		{"known kind", service, `{"operation":"fail","kind":"InvalidImage"}`, 422, `{"errorMessage":"said so","errorType":"InvalidImage"}`},
		{"unknown kind", service, `{"operation":"fail","kind":"errorString"}`, 500, `"errorType":"Internal"`},
		{"not JSON", service, `{`, 400, `"errorType":"InvalidRequest"`},
		{"crash", service, `{"operation":"crash"}`, 502, `"errorType":"FunctionCrashed"`},
		{"hang", service, `{"operation":"hang"}`, 504, `"errorType":"Timeout"`},
		{"after all that", service, `{"operation":"ping"}`, 200, `"pong"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, _, body := post(t, r, c.path, c.body)
			if status != c.status || !strings.Contains(body, c.want) {
				t.Errorf("got %d %s, want %d %s", status, body, c.status, c.want)
			}
		})
	}
}

func TestWebsiteHealthAndMetrics(t *testing.T) {
	r := start(t, nil)
	post(t, r, service, `{"operation":"ping"}`)
	for path, want := range map[string]string{
		"/": "<!doctype html>", "/healthz": "ok", "/metrics": `bluerose_function_instances{function="image"}`,
	} {
		request, err := http.NewRequest("GET", "http://"+r.Addr()+path, nil)
		if status, _, body := do(t, request, err); status != 200 || !strings.Contains(strings.ToLower(body), want) {
			t.Errorf("%s: got %d, and no %s", path, status, want)
		}
	}
}

func TestLambdaAPIWantsASignature(t *testing.T) {
	r := start(t, nil)
	const payload = `{"operation":"ping"}`
	for name, c := range map[string]struct {
		secret string
		status int
		want   string
	}{
		"right key":    {r.Key().Secret, 200, `"pong"`},
		"wrong key":    {"guessed", 403, "signature"},
		"no signature": {"", 403, "Missing Authentication Token"},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequest("POST", "http://"+r.Addr()+"/2015-03-31/functions/image/invocations", strings.NewReader(payload))
			if c.secret != "" {
				sum := sha256.Sum256([]byte(payload))
				err = errors.Join(err, v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: r.Key().ID, SecretAccessKey: c.secret},
					request, hex.EncodeToString(sum[:]), "lambda", "eu-west-1", time.Now()))
			}
			status, header, body := do(t, request, err)
			if status != c.status || !strings.Contains(body, c.want) || header.Get("X-Amzn-RequestId") == "" {
				t.Errorf("got %d %s", status, body)
			}
		})
	}
}

func TestLimitsOfInput(t *testing.T) {
	r := start(t, func(cfg *region.Config) { cfg.MaxInput = 8000 })
	for path, limit := range map[string]int{"/prod/images": 8000, service: 11000} {
		for _, size := range []int{limit, limit + 1} {
			// The fake does not look at what follows its operation.
			body := `{"operation":"ping","x":"` + strings.Repeat("x", size-27) + `"}`
			status, _, _ := post(t, r, path, body)
			if want := map[bool]int{true: 200, false: 413}[size <= limit]; len(body) != size || status != want {
				t.Errorf("%s, %d bytes: got %d, want %d", path, len(body), status, want)
			}
		}
	}
}

// waitForMetric asks for the metrics until they hold line.
func waitForMetric(t *testing.T, r *region.Region, line string) {
	t.Helper()
	for metrics := ""; !strings.Contains(metrics, line+"\n"); {
		request, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+r.Addr()+"/metrics", nil)
		_, _, metrics = do(t, request, err)
	}
}

// Close lets the request inside finish, and leaves nothing listening.
func TestCloseFinishesRequests(t *testing.T) {
	r := startUnclosed(t, nil)
	post(t, r, service, `{"operation":"ping"}`) // an instance is up
	answer := make(chan string)
	sent, send := io.Pipe()
	go func() {
		response, err := http.Post("http://"+r.Addr()+service, "application/json", sent)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answer <- string(body)
	}()
	if _, err := io.Copy(send, bytes.NewReader([]byte(`{"operation":`))); err != nil { // the request is on its way
		t.Fatal(err)
	}
	waitForMetric(t, r, "bluerose_http_requests_in_flight 2") // it and the one that asks
	closed := make(chan error)
	go func() { closed <- r.Close(t.Context()) }()
	io.WriteString(send, `"sleep"}`)
	send.Close()
	if got := <-answer; got != `"pong"` {
		t.Errorf("the request inside got %s", got)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", r.Addr()); err == nil {
		conn.Close()
		t.Error("something still listens")
	}
}

// A connection that a browser opened ahead of time does not hold up the end.
func TestCloseDoesNotWaitForUnusedConnections(t *testing.T) {
	r := startUnclosed(t, nil)
	conn, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	post(t, r, service, `{"operation":"ping"}`) // the server has accepted both
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = conn.Read(make([]byte, 1)) // until the server ends it
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // it would have to wait for 5
	defer cancel()
	if err := r.Close(ctx); err != nil {
		t.Error(err)
	}
	<-ended
}

func TestCloseCutsOffWhatDoesNotEnd(t *testing.T) {
	r := startUnclosed(t, nil)
	post(t, r, service, `{"operation":"ping"}`)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if response, err := http.Post("http://"+r.Addr()+service, "application/json", strings.NewReader(`{"operation":"hang"}`)); err == nil {
			response.Body.Close()
		}
	}()
	waitForMetric(t, r, `bluerose_function_instances_busy{function="image"} 1`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close gave %v", err)
	}
	<-ended
}

// As many as the queue holds wait their turn, and each gets its own picture back.
func TestManyAtOnce(t *testing.T) {
	const many = 200
	r := start(t, func(cfg *region.Config) { cfg.Queue = many })
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			picture := strings.Repeat(string(rune(i)), 1000)
			response, err := http.Post("http://"+r.Addr()+"/prod/images", "image/png", strings.NewReader(picture))
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			if body, err := io.ReadAll(response.Body); err != nil || response.StatusCode != 200 || string(body) != picture {
				t.Errorf("%d: got %d, %d bytes, %v", i, response.StatusCode, len(body), err)
			}
		})
	}
	wg.Wait()
}

func TestKeyOutlivesARegion(t *testing.T) {
	dir := t.TempDir()
	a := start(t, func(cfg *region.Config) { cfg.DataDir = dir })
	b := start(t, func(cfg *region.Config) { cfg.DataDir = dir })
	if a.Key() != b.Key() {
		t.Error("a second start in the same folder made another key")
	}
}

func TestStartFails(t *testing.T) {
	taken := start(t, nil)
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg  region.Config
		want string
	}{
		"no command":        {region.Config{}, "command"},
		"no address":        {region.Config{Command: command, Addr: "nowhere"}, "HOST:PORT"},
		"address taken":     {region.Config{Command: command, DataDir: t.TempDir(), Addr: taken.Addr()}, "listen on " + taken.Addr()},
		"data is a file":    {region.Config{Command: command, DataDir: file}, "data folder"},
		"too much input":    {region.Config{Command: command, MaxInput: 1 << 40}, "1 GiB"},
		"too long":          {region.Config{Command: command, Timeout: time.Hour}, "10 minutes"},
		"too little memory": {region.Config{Command: command, DataDir: t.TempDir(), Addr: "127.0.0.1:0", MemoryMB: 1}, "memory"},
	} {
		if _, err := region.Start(t.Context(), c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want something about %q", name, err, c.want)
		}
	}
}
