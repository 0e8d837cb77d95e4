package apigateway

import (
	"net/http"
	"strings"

	"bluerose/internal/tracing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// startSpan starts the span of a request, inside the caller's when it names one: as W3C's traceparent, or as X-Ray's header.
func (g *Gateway) startSpan(r *http.Request) (*http.Request, trace.Span) {
	if g.cfg.Tracer == nil {
		return r, nil
	}
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	if !trace.SpanContextFromContext(ctx).IsValid() {
		ctx = tracing.Context(ctx, r.Header.Get("X-Amzn-Trace-Id"))
	}
	ctx, span := g.cfg.Tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
	return r.WithContext(ctx), span
}

// endSpan names the span by its route, which is known when the request has been routed, and says how it went.
func endSpan(span trace.Span, o *observed, r *http.Request) {
	if span == nil {
		return
	}
	_, route, _ := strings.Cut(r.Pattern, " ")
	span.SetName(strings.TrimSpace(r.Method + " " + route))
	span.SetAttributes(
		attribute.String("http.request.method", r.Method),
		attribute.String("http.route", route),
		attribute.String("url.path", r.URL.Path),
		attribute.Int("http.response.status_code", o.status),
		attribute.Int64("http.response.body.size", o.bytes),
		attribute.String("aws.request_id", requestID(o)),
	)
	if o.status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	tracing.End(span, nil)
}
