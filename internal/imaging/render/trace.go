package render

import (
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// traced runs a part of the job inside a span, when the job is traced. libvips computes when pixels are asked for: what
// a step only prepares is in the span of the step that needs it, often "write".
func (m *machine) traced(name string, run func() error) error {
	ctx := m.scope.Context()
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return run()
	}
	_, span := parent.TracerProvider().Tracer("bluerose/internal/imaging/render").Start(ctx, name)
	defer span.End()
	err := run()
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	return err
}
