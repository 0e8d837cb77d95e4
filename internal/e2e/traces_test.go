package e2e

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// TestTraces follows a request from the client's traceparent to the steps of its program, in a collector of OTLP.
func TestTraces(t *testing.T) {
	type span struct{ trace, id, parent string }
	var mu sync.Mutex
	spans := map[string]span{} // by name
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, resource := range request.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				for _, s := range scope.Spans {
					spans[s.Name] = span{hex.EncodeToString(s.TraceId), hex.EncodeToString(s.SpanId), hex.EncodeToString(s.ParentSpanId)}
				}
			}
		}
	}))
	t.Cleanup(server.Close)
	s := start(t, append(noCache, "--otlp", server.URL, "--trace-ratio", "0", "--log", "json")...)
	client := span{trace: "4bf92f3577b34da6a3ce929d0e0e4736", id: "00f067aa0ba902b7"}
	header := http.Header{"Traceparent": {"00-" + client.trace + "-" + client.id + "-01"}}
	rose := s.rose("png")
	if a := s.must(s.send(t.Context(), http.MethodPost, "/prod/images?args=-resize+50x+-negate", nil, strings.NewReader(string(rose)))); a.status != http.StatusOK {
		t.Fatal(a.status)
	}
	if a := s.must(s.send(t.Context(), http.MethodPost, "/prod/images?args=-resize+50x+-negate", header, strings.NewReader(string(rose)))); a.status != http.StatusOK {
		t.Fatal(a.status)
	}
	chain := []string{"POST /prod/images", "invoke image", "image", "-resize"}
	until(t, "every span is there", func() bool {
		mu.Lock()
		defer mu.Unlock()
		for _, name := range append(chain, "-negate", "write") {
			if _, ok := spans[name]; !ok {
				return false
			}
		}
		return true
	})
	mu.Lock()
	defer mu.Unlock()
	parent := client
	for _, name := range chain {
		if s := spans[name]; s.trace != client.trace || s.parent != parent.id {
			t.Errorf("the span %q is %+v, want it inside %+v", name, s, parent)
		}
		parent = spans[name]
	}
	if spans["write"].parent != spans["image"].id {
		t.Error("the span write is not inside the function's")
	}
	if !strings.Contains(s.stderr.String(), `"traceId":"`+client.trace+`"`) {
		t.Error("the access log does not name the trace")
	}
	if n := strings.Count(s.stderr.String(), `"traceId"`); n != 1 {
		t.Errorf("%d requests were traced, want the one whose caller asked for it", n)
	}
}
