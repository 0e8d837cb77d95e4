package imaging

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"bluerose/event"
	"bluerose/internal/imaging/render"
)

// Engine runs programs on pictures. Its errors are *event.Error, or ctx's own when the deadline came or the caller went.
// It is called by one goroutine at a time.
type Engine interface {
	Run(ctx context.Context, job render.Job) (*render.Result, error)
}

// Config says what a Service works with. The limits on pictures are the engine's (render.Limits).
type Config struct {
	Engine Engine // required
	// Name is the engine's, for the header X-Bluerose-Engine of answers; default "native".
	Name string
	// Fallback runs the programs that Engine refuses with render.ErrNotNative; nil: nothing does. When it refuses so, too,
	// Engine's refusal is the answer.
	Fallback Engine
	Timeout  time.Duration // of one request; 0 is DefaultTimeout; a deadline of the caller that comes first counts, less a margin
	Log      *slog.Logger  // nil: nothing is logged
}

// margin is how much before its caller's deadline a request ends at most, to be answered in time.
const margin = 500 * time.Millisecond

// DefaultTimeout is how long one request may take.
const DefaultTimeout = 10 * time.Second

// Validate reports what is wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Engine == nil:
		return errors.New("imaging: Config.Engine is missing")
	case c.Timeout < 0:
		return errors.New("imaging: Config.Timeout is negative")
	}
	return nil
}

// Service answers requests for pictures, one at a time.
type Service struct {
	engine   Engine
	name     string
	fallback Engine
	timeout  time.Duration
	log      *slog.Logger
}

// New makes a service.
func New(cfg Config) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Service{
		engine:   cfg.Engine,
		name:     cmp.Or(cfg.Name, "native"),
		fallback: cfg.Fallback,
		timeout:  cmp.Or(cfg.Timeout, DefaultTimeout),
		log:      cmp.Or(cfg.Log, slog.New(slog.DiscardHandler)),
	}, nil
}

// Event answers the service's own JSON event with a JSON value: a string of text, a string of base64 text for a picture, or
// an object. It takes over payload. Errors are *event.Error.
func (s *Service) Event(ctx context.Context, payload []byte) ([]byte, error) {
	r, err := event.ParseRequest(payload)
	if err != nil {
		return nil, err
	}
	answer, err := s.operate(ctx, r)
	if err != nil {
		return nil, event.From(err)
	}
	return answer, nil
}

// operate runs the operation that r names.
func (s *Service) operate(ctx context.Context, r *event.Request) ([]byte, error) {
	operation, ok := operations[r.Operation]
	if !ok {
		return nil, event.Errorf(event.InvalidRequest, "Unrecognized operation %q", string(r.Operation))
	}
	if operation.needsImage {
		if err := requireImage(r); err != nil {
			return nil, err
		}
	}
	r.SetDefaults()
	return operation.run(s, ctx, r)
}

// requireImage refuses a request without a picture.
func requireImage(r *event.Request) error {
	switch {
	case !r.HasImage:
		return event.Errorf(event.InvalidRequest, `Invalid %s request: no "base64Image" field supplied`, r.Operation)
	case len(r.Base64Image) == 0:
		return event.Errorf(event.InvalidRequest, `Invalid %s request: the "base64Image" field is empty; send the picture's bytes`, r.Operation)
	}
	return nil
}

// run runs a job within the service's time.
func (s *Service) run(ctx context.Context, job render.Job) (*render.Result, error) {
	timeout := s.timeout
	if deadline, ok := ctx.Deadline(); ok { // a function that ends its work itself keeps its process
		left := time.Until(deadline)
		timeout = min(timeout, left-min(left/10, margin))
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	result, err := s.engine.Run(ctx, job)
	if s.fallback != nil && errors.Is(err, render.ErrNotNative) {
		if other, failed := s.fallback.Run(ctx, job); !errors.Is(failed, render.ErrNotNative) {
			result, err = other, failed
		}
	}
	var known *event.Error
	switch {
	case err == nil || errors.As(err, &known):
		return result, err
	case errors.Is(err, context.DeadlineExceeded):
		return nil, event.Errorf(event.Timeout, "The request took too long; send a smaller picture or fewer arguments").Wrap(err)
	case errors.Is(err, context.Canceled):
		return nil, event.Errorf(event.Timeout, "The request was ended before its answer was there").Wrap(err)
	}
	return nil, err
}

// textAnswer gives text as a JSON string.
func textAnswer(text []byte) ([]byte, error) { return json.Marshal(string(text)) }

// Elsewhere is the Fallback of a function beside which the host has another one for what is not native: it answers
// event.NotNative, for which the host asks that one.
type Elsewhere struct{}

// Run answers event.NotNative.
func (Elsewhere) Run(context.Context, render.Job) (*render.Result, error) {
	return nil, event.Errorf(event.NotNative, "The arguments need ImageMagick; invoke the function that has it")
}
