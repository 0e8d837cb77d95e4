package lambda

import (
	"context"

	"bluerose/internal/tracing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// traced runs an invocation inside a span, which the function gets as its parent.
func (h *Host) traced(ctx context.Context, inv Invocation, run func(context.Context, Invocation) (*Result, error)) (*Result, error) {
	if h.cfg.Tracer == nil {
		return run(ctx, inv)
	}
	if inv.TraceID != "" && !trace.SpanContextFromContext(ctx).IsValid() {
		ctx = tracing.Context(ctx, inv.TraceID)
	}
	ctx, span := h.cfg.Tracer.Start(ctx, "invoke "+inv.Function, trace.WithSpanKind(trace.SpanKindClient))
	inv.TraceID = tracing.Header(ctx)
	result, err := run(ctx, inv)
	if result != nil {
		span.SetAttributes(
			attribute.String("faas.invocation_id", result.RequestID),
			attribute.String("faas.version", result.ExecutedVersion),
			attribute.Bool("faas.coldstart", result.InitDuration > 0),
			attribute.Int64("faas.duration_us", result.Duration.Microseconds()), // without waiting for an instance
		)
		if result.FunctionError != "" {
			span.SetAttributes(attribute.String("error.type", result.FunctionError))
		}
	}
	tracing.End(span, err)
	return result, err
}
