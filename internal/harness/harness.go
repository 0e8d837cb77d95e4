package harness

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"

	"bluerose/internal/harness/invoker"
	"bluerose/internal/table"
)

// Invoker runs functions. Errors are *event.Error.
type Invoker interface {
	// Invoke runs a function and waits for its answer; a function that fails is no error.
	Invoke(ctx context.Context, function string, payload []byte) (*invoker.Outcome, error)
}

// Functions reaches the functions under test. invoker.Client is one. Errors are *event.Error.
type Functions interface {
	Invoker
	// Send has a function run later.
	Send(ctx context.Context, function string, payload []byte) error
}

// Config says what a Harness works with. All but Log and Random are required.
type Config struct {
	Functions Functions
	Tables    table.Store
	Self      string // this function's name
	Region    string // where it runs, for results
	Image     string // the function that measures pictures for Expect
	Log       *slog.Logger
	Random    func() *rand.Rand // for arrivals; default seeded by chance
}

// Validate tells what is wrong with the configuration.
func (c Config) Validate() error {
	if c.Functions == nil || c.Tables == nil || c.Self == "" || c.Region == "" || c.Image == "" {
		return errors.New("harness: Functions, Tables, Self, Region and Image are required")
	}
	return nil
}

// Harness is the handler of the function harness.
type Harness struct{ cfg Config }

// New gives a Harness, or the error of cfg.Validate.
func New(cfg Config) (*Harness, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Random == nil {
		cfg.Random = func() *rand.Rand { return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) }
	}
	return &Harness{cfg}, nil
}

// Handle runs the test that payload asks for. A unit test answers its results.Result; a load test the text "Load test
// complete", or a LoadReport where its event has more than iterations. Errors are *event.Error.
func (h *Harness) Handle(ctx context.Context, payload []byte) (any, error) {
	e, err := Parse(payload)
	if err != nil {
		return nil, err
	}
	if err := e.checkNesting(h.cfg.Self); err != nil {
		return nil, err
	}
	if e.Operation == unit {
		return h.unit(ctx, e)
	}
	return h.load(ctx, e)
}
