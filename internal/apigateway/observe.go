package apigateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"bluerose/event"

	"go.opentelemetry.io/otel/trace"
)

// statusGone stands in the log and the metrics for an answer that nobody waited for; it never goes over the wire.
const statusGone = 499

// Observe gives every request an id (the header X-Amzn-RequestId of its answer), a line in the access log and its place
// in the metrics, and turns a panic of next into an answer. The log holds no body, no query and no header: signatures and
// pictures stay out of it.
func (g *Gateway) Observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		o := &observed{ResponseWriter: w}
		w.Header().Set(requestIDHeader, newRequestID())
		r, span := g.startSpan(r)
		g.metrics.inFlight.Inc()
		defer func() {
			g.metrics.inFlight.Dec()
			if crash := recover(); crash != nil {
				if crash == http.ErrAbortHandler {
					panic(crash)
				}
				o.crash(r, crash)
			}
			g.record(o, r, time.Since(start))
			endSpan(span, o, r)
		}()
		next.ServeHTTP(o, r)
	})
}

func (g *Gateway) record(o *observed, r *http.Request, took time.Duration) {
	status := o.status
	switch {
	case status == 0 && r.Context().Err() != nil:
		status = statusGone
	case status == 0:
		status = http.StatusOK
	}
	_, route, _ := strings.Cut(r.Pattern, " ")
	if route == "" {
		route = r.Pattern // a pattern without a method
	}
	g.metrics.observe(route, r.Method, status, took)
	if e, ok := errors.AsType[*event.Error](o.err); ok && e.Kind == event.Throttled {
		g.metrics.throttled.WithLabelValues("load").Inc()
	}
	level := slog.LevelInfo
	switch {
	case status >= 500:
		level = slog.LevelError
	case route == "/healthz" || route == "/metrics":
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{
		slog.String("requestId", requestID(o)), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.String("route", route), slog.Int("status", status), slog.Int64("bytesIn", max(r.ContentLength, 0)),
		slog.Int64("bytesOut", o.bytes), slog.Duration("duration", took), slog.String("remote", r.RemoteAddr),
	}
	if span := trace.SpanContextFromContext(r.Context()); span.IsSampled() {
		attrs = append(attrs, slog.String("traceId", span.TraceID().String()))
	}
	if o.err != nil {
		attrs = append(attrs, slog.String("error", o.err.Error()))
		if cause := causeOf(o.err); cause != "" {
			attrs = append(attrs, slog.String("cause", cause))
		}
	}
	g.cfg.Log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
}

// causeOf gives what stands behind the public words of an event.Error or an event.Refusal.
func causeOf(err error) string {
	if e, ok := errors.AsType[*event.Error](err); ok {
		err = e
	}
	if cause := errors.Unwrap(err); cause != nil {
		return cause.Error()
	}
	return ""
}

// observed is a response that remembers what the log needs of it.
type observed struct {
	http.ResponseWriter
	status int
	bytes  int64
	err    error
}

func (o *observed) WriteHeader(status int) {
	if o.status == 0 && status >= 200 {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *observed) Write(p []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := o.ResponseWriter.Write(p)
	o.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController find what the server's own writer can do.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *observed) crash(r *http.Request, crash any) {
	err := fmt.Errorf("panic: %v\n%s", crash, debug.Stack())
	if o.status == 0 {
		fail(o, r, err)
	}
	o.err = event.From(err)
}

// note keeps err for the access log, also when a decorator has put a writer of its own around the observed one.
func note(w http.ResponseWriter, err error) {
	for {
		switch inner := w.(type) {
		case *observed:
			inner.err = err
			return
		case interface{ Unwrap() http.ResponseWriter }:
			w = inner.Unwrap()
		default:
			return
		}
	}
}

// newRequestID gives a random UUID (RFC 9562, version 4).
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// traceID gives an X-Ray trace id made of the time and the request's id, where the caller brought none.
func traceID(now time.Time, requestID string) string {
	return fmt.Sprintf("Root=1-%08x-%.24s", now.Unix(), strings.ReplaceAll(requestID, "-", ""))
}
