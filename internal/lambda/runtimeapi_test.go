package lambda

import (
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The Runtime API's states and refusals, which a well-behaved runtime never sees.
func TestRuntimeAPI(t *testing.T) {
	a, err := newRuntimeAPI(100, nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		a.close()
		checkLeaks(t)
	})
	call1 := newCall(t.Context(), Invocation{RequestID: "one", Payload: []byte(`1`)}, 1, "arn")
	call2 := newCall(t.Context(), Invocation{RequestID: "two", Payload: []byte(`2`)}, 1, "arn")
	call3 := newCall(t.Context(), Invocation{RequestID: "three", Payload: []byte(`3`)}, 1, "arn")
	type step struct {
		method, path, body string
		header             http.Header
		trailer            http.Header
		status             int
		text               string
	}
	do := func(s step) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), s.method, "http://"+a.addr+runtimePath+s.path, struct{ io.Reader }{strings.NewReader(s.body)})
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range s.header {
			req.Header[name] = values
		}
		req.Trailer = s.trailer
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != s.status || !strings.Contains(string(body), s.text) {
			t.Errorf("%s %s: %d %s, %v", s.method, s.path, resp.StatusCode, body, err)
		}
	}
	deadline := time.Now().Add(time.Minute)
	do(step{method: "POST", path: "/init/error", body: `{"errorType":"x"}`, status: 202})
	if string(a.postedInitError()) != `{"errorType":"x"}` {
		t.Errorf("init error %s", a.postedInitError())
	}
	a.deliver(call1, deadline)
	do(step{method: "GET", path: "/invocation/next", header: http.Header{"Sec-Fetch-Mode": {"no-cors"}}, status: 403, text: "Only the runtime"})
	do(step{method: "GET", path: "/invocation/next", status: 200, text: "1"})
	do(step{method: "GET", path: "/invocation/next", status: 403, text: "InvalidStateTransition"})
	do(step{method: "POST", path: "/init/error", status: 403, text: "InvalidStateTransition"})
	do(step{method: "POST", path: "/invocation/two/response", status: 400, text: "InvalidRequestID"})
	do(step{
		method: "POST", path: "/invocation/one/response", header: http.Header{responseModeKey: {"odd"}}, status: 400,
		text: "InvalidFunctionResponseMode",
	})
	do(step{method: "POST", path: "/invocation/one/response", body: "answer", status: 202})
	do(step{method: "POST", path: "/invocation/one/response", body: "again", status: 400, text: "InvalidRequestID"})
	if x := a.outcome(call1); string(x.payload) != "answer" || x.failed {
		t.Errorf("%+v", x)
	}
	a.deliver(call2, deadline)
	do(step{method: "GET", path: "/invocation/next", status: 200, text: "2"})
	<-call1.exchange.ended
	do(step{method: "POST", path: "/invocation/two/response", body: strings.Repeat("x", 101), status: 413, text: "RequestEntityTooLarge"})
	if x := a.outcome(call2); !x.failed || !strings.Contains(string(x.payload), "Function.ResponseSizeTooLarge") {
		t.Errorf("%+v", x)
	}
	a.deliver(call3, deadline)
	do(step{method: "GET", path: "/invocation/next", status: 200, text: "3"})
	do(step{
		method: "POST", path: "/invocation/three/response", body: "beginning", status: 202,
		header: http.Header{responseModeKey: {"streaming"}},
		trailer: http.Header{
			errorTypeField: {"Late"}, errorBodyField: {base64.StdEncoding.EncodeToString([]byte(`{"errorType":"Late"}`))},
		},
	})
	if x := a.outcome(call3); !x.failed || string(x.payload) != `{"errorType":"Late"}` {
		t.Errorf("%+v", x)
	}
}
