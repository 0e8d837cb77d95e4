// Package tracing follows a request through the processes that work on it, as OpenTelemetry traces: from the caller's
// traceparent over the gateway and the function host into the function, down to the steps of its program.
//
// Spans are made with OpenTelemetry's own API by whoever does the work, from the span in its context; where there is
// none, that costs nothing. This room has what stands around: where spans go (New), and how a trace crosses the process
// boundary, on which Lambda carries X-Ray's header (Header, Context, Handler).
package tracing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Config says where spans go.
type Config struct {
	Endpoint string  // URL that takes OTLP over HTTP, such as http://localhost:4318/v1/traces; required
	Service  string  // service.name of the spans; required
	Ratio    float64 // of the requests without a caller's decision that are traced, 0 to 1
}

// Validate tells what is wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case !strings.HasPrefix(c.Endpoint, "http://") && !strings.HasPrefix(c.Endpoint, "https://"):
		return errors.New("tracing: the endpoint must be a URL such as http://localhost:4318/v1/traces")
	case c.Service == "":
		return errors.New("tracing: Service is required")
	case c.Ratio < 0 || c.Ratio > 1:
		return errors.New("tracing: the ratio must be between 0 and 1")
	}
	return nil
}

const (
	maxQueue      = 4096            // spans that wait to be sent; further ones are dropped
	exportTimeout = 5 * time.Second // of one batch
)

// New gives what makes tracers. A span is sent, in batches, when it has ended; whoever called New calls Shutdown. A
// caller who decided (traceparent) is followed, and Ratio decides for the others.
func New(ctx context.Context, cfg Config) (*sdk.TracerProvider, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(cfg.Endpoint), otlptracehttp.WithTimeout(exportTimeout),
		otlptracehttp.WithCompression(otlptracehttp.NoCompression))
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	return sdk.NewTracerProvider(
		sdk.WithBatcher(exporter, sdk.WithMaxQueueSize(maxQueue), sdk.WithExportTimeout(exportTimeout)),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(cfg.Ratio))),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", cfg.Service))),
	), nil
}

// End ends a span, as failed when err is an error.
func End(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// Header gives the span of ctx as X-Ray's header (X-Amzn-Trace-Id, Lambda-Runtime-Trace-Id); empty without one. Both kinds
// of trace ids are 16 bytes, of which X-Ray writes the first four apart.
func Header(ctx context.Context) string {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return ""
	}
	id, sampled := span.TraceID().String(), "0"
	if span.IsSampled() {
		sampled = "1"
	}
	return "Root=1-" + id[:8] + "-" + id[8:] + ";Parent=" + span.SpanID().String() + ";Sampled=" + sampled
}

// Context gives ctx with the span of a header as its remote parent, or ctx as it is when the header has none.
func Context(ctx context.Context, header string) context.Context {
	var cfg trace.SpanContextConfig
	for part := range strings.SplitSeq(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Root":
			if id := strings.Split(value, "-"); len(id) == 3 && id[0] == "1" && len(id[1]) == 8 {
				cfg.TraceID, _ = trace.TraceIDFromHex(id[1] + id[2]) // zero, and so not valid, for what is none
			}
		case "Parent":
			cfg.SpanID, _ = trace.SpanIDFromHex(value)
		case "Sampled":
			if value == "1" {
				cfg.TraceFlags = trace.FlagsSampled
			}
		}
	}
	cfg.Remote = true
	if span := trace.NewSpanContext(cfg); span.IsValid() {
		return trace.ContextWithRemoteSpanContext(ctx, span)
	}
	return ctx
}

// Handler makes a span of every invocation of next that the caller traces, and sends it with those inside it before the
// invocation's answer: Lambda may freeze the process after that.
func Handler(next lambda.Handler, provider *sdk.TracerProvider, function string) lambda.Handler {
	return handler{next, provider, provider.Tracer("bluerose/internal/tracing"), function}
}

type handler struct {
	next     lambda.Handler
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	function string
}

// Invoke is next's. aws-lambda-go leaves the header in the context.
func (h handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	header, _ := ctx.Value("x-amzn-trace-id").(string)
	ctx = Context(ctx, header)
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return h.next.Invoke(ctx, payload)
	}
	ctx, span := h.tracer.Start(ctx, h.function, trace.WithSpanKind(trace.SpanKindServer))
	answer, err := h.next.Invoke(ctx, payload)
	End(span, err)
	_ = h.provider.ForceFlush(ctx) // an answer is worth more than its trace
	return answer, err
}
