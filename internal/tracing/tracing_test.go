package tracing_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"bluerose/internal/tracing"

	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

const header = "Root=1-00112233-445566778899aabbccddeeff;Parent=0123456789abcdef;Sampled=1"

func TestHeader(t *testing.T) {
	ctx := tracing.Context(t.Context(), header)
	span := trace.SpanContextFromContext(ctx)
	if span.TraceID().String() != "00112233445566778899aabbccddeeff" || span.SpanID().String() != "0123456789abcdef" || !span.IsSampled() || !span.IsRemote() {
		t.Errorf("the span is %+v", span)
	}
	if got := tracing.Header(ctx); got != header {
		t.Errorf("the header came back as %q", got)
	}
	if got := tracing.Header(t.Context()); got != "" {
		t.Errorf("no span gave %q", got)
	}
	for _, broken := range []string{
		"", "Root=", "Self=1-2-3", "Root=1-00112233-445566778899aabbccddeeff", "Root=1-0011223-3445566778899aabbccddeeff;Parent=0123456789abcdef",
		"Root=1-00112233-445566778899aabbccddeezz;Parent=0123456789abcdef", "Root=2-00112233-445566778899aabbccddeeff;Parent=0123456789abcdef",
		"Root=1-00112233-445566778899aabbccddeeff;Parent=xyz",
	} {
		if trace.SpanContextFromContext(tracing.Context(t.Context(), broken)).IsValid() {
			t.Errorf("%q gave a span", broken)
		}
	}
}

func FuzzContext(f *testing.F) {
	f.Add(header)
	f.Fuzz(func(t *testing.T, header string) {
		ctx := tracing.Context(t.Context(), header)
		if span := trace.SpanContextFromContext(ctx); span.IsValid() {
			again := trace.SpanContextFromContext(tracing.Context(t.Context(), tracing.Header(ctx)))
			if !again.Equal(span) {
				t.Errorf("%+v came back as %+v", span, again)
			}
		}
	})
}

type function func(ctx context.Context) error

func (f function) Invoke(ctx context.Context, _ []byte) ([]byte, error) { return []byte("{}"), f(ctx) }

func TestHandler(t *testing.T) {
	var spans []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			t.Error(err)
		}
		for _, resource := range request.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				for _, span := range scope.Spans {
					spans = append(spans, span.Name)
				}
			}
		}
	}))
	defer server.Close()
	provider, err := tracing.New(t.Context(), tracing.Config{Endpoint: server.URL + "/v1/traces", Service: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := provider.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	handler := tracing.Handler(function(func(ctx context.Context) error {
		_, span := trace.SpanFromContext(ctx).TracerProvider().Tracer("test").Start(ctx, "-negate")
		tracing.End(span, io.ErrUnexpectedEOF)
		return nil
	}), provider, "image")
	if _, err := handler.Invoke(t.Context(), nil); err != nil || len(spans) != 0 {
		t.Errorf("a request that nobody traces gave %v, %v", spans, err)
	}
	traced := context.WithValue(t.Context(), "x-amzn-trace-id", header) //nolint:revive,staticcheck // aws-lambda-go's key
	if _, err := handler.Invoke(traced, nil); err != nil {
		t.Fatal(err)
	}
	if len(spans) != 2 || spans[0] != "-negate" || spans[1] != "image" {
		t.Errorf("the spans are %v when the answer is there", spans)
	}
}

func TestValidate(t *testing.T) {
	for name, cfg := range map[string]tracing.Config{
		"no endpoint": {Service: "a"}, "no URL": {Endpoint: "localhost:4318", Service: "a"}, "no service": {Endpoint: "http://a"},
		"a ratio above 1": {Endpoint: "http://a", Service: "a", Ratio: 2},
	} {
		if _, err := tracing.New(t.Context(), cfg); err == nil {
			t.Errorf("%s is valid", name)
		}
	}
}
