package imaging

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"bluerose/event"
)

// asFunction makes the test program the image function, of an engine that panics.
const asFunction = "BLUEROSE_TEST_AS_FUNCTION"

func TestMain(m *testing.M) {
	if os.Getenv(asFunction) != "" {
		s, err := New(Config{Engine: &fakeEngine{panics: true}})
		if err != nil {
			panic(err)
		}
		lambda.StartWithOptions(s)
	}
	os.Exit(m.Run())
}

// TestInvokeOverRuntimeAPI runs the handler under aws-lambda-go in a process of its own, and looks at what it posts.
func TestInvokeOverRuntimeAPI(t *testing.T) {
	events := []struct{ payload, path, body string }{
		{`{"operation":"ping"}`, "response", `"pong"`},
		{`{"operation":"fly"}`, "error", `{"errorMessage":"Unrecognized operation \"fly\"","errorType":"InvalidRequest"}`},
		{`{"operation":"getSample"}`, "error", `{"errorMessage":"The service failed; try again, and tell its owner the request id if it fails again","errorType":"Internal"}`},
		{`{"httpMethod":"POST","body":null}`, "response", `{"statusCode":400,"headers":{"Content-Type":"application/json","Vary":"Accept","X-Bluerose-Engine":"native"},"isBase64Encoded":false,"body":"{\"errorMessage\":\"The request has no body; send the picture's bytes as its body\",\"errorType\":\"InvalidRequest\"}"}`},
		{`{"operation":"ping"}`, "response", `"pong"`},
	}
	var mu sync.Mutex
	next := 0
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasSuffix(r.URL.Path, "/next") {
			if next == len(events) {
				close(done)
				w.WriteHeader(http.StatusForbidden)
				return
			}
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", strconv.Itoa(next))
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Hour).UnixMilli(), 10))
			io.WriteString(w, events[next].payload)
			return
		}
		body, err := io.ReadAll(r.Body)
		want := events[next]
		if err != nil || !strings.HasSuffix(r.URL.Path, "/"+want.path) || string(body) != want.body {
			t.Errorf("%s: posted %s %s, %v\nwant %s %s", want.payload, r.URL.Path, body, err, want.path, want.body)
		}
		next++
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()

	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), asFunction+"=1", "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(server.URL, "http://"))
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err == nil {
		t.Error("the function ended by itself")
	}
	select {
	case <-done:
	default:
		t.Errorf("the function ended early:\n%s", output.String())
	}
}

func TestInvokePanic(t *testing.T) {
	var log bytes.Buffer
	s, err := New(Config{Engine: &fakeEngine{panics: true}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "request-7"})
	_, err = s.Invoke(ctx, []byte(`{"operation":"getSample"}`))
	var failure messages.InvokeResponse_Error
	if !errors.As(err, &failure) || failure.Type != string(event.Internal) || strings.Contains(failure.Message, "secret") || failure.StackTrace != nil {
		t.Errorf("got %v", err)
	}
	for _, part := range []string{"/secret/path", "handler_test.go", "request-7"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log lacks %q: %s", part, log.String())
		}
	}
	answer, err := s.Invoke(ctx, []byte(`{"httpMethod":"POST","queryStringParameters":{"args":"rose:","output":"png"}}`))
	if err != nil {
		t.Fatal(err)
	}
	response, err := event.ParseProxyResponse(answer)
	if err != nil || response.StatusCode != 500 || !strings.Contains(string(response.Body), `"errorType":"Internal"`) {
		t.Errorf("got %s, %v", answer, err)
	}
}

func TestInvokeLogsCause(t *testing.T) {
	var log bytes.Buffer
	cause := errors.New("/secret/path")
	s, err := New(Config{Engine: &fakeEngine{err: cause}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Invoke(t.Context(), []byte(`{"operation":"getSample"}`)); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(log.String(), "/secret/path") || !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("logged %s", log.String())
	}
}
