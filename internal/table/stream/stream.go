// Package stream hands the changes of a table to a function, as Lambda's event source mapping does for DynamoDB Streams.
//
// The changes of a table are one shard: its mapping invokes the function with a batch at a time, in the order of the changes,
// and goes on when the function is done with a batch. A batch that fails is tried again, after growing waits, until its
// retries are used up or it is too old; then a record of it is handed on, and the mapping goes on without it. How far the
// mapping has come is where the changes are: a process that is killed has the function handle the last batch again, so every
// change is handled at least once.
package stream

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"bluerose/internal/table"
)

// Source keeps the changes of tables.
type Source interface {
	// Owned waits until this process is the one that reads streams. False says that ctx ended.
	Owned(ctx context.Context) bool
	Schema(ctx context.Context, table string) (table.Schema, error)
	// Changed gives a channel that is closed with the next change that this process makes. Another process' are found by
	// looking again.
	Changed() <-chan struct{}
	// Changes gives the oldest changes after a sequence: at most limit, and fewer when they pass size bytes together, but
	// one at least where there is one.
	Changes(ctx context.Context, table string, after int64, limit, size int) ([]table.Change, error)
	// Cursor gives the sequence to which a reader has come, and Advance stores it.
	Cursor(ctx context.Context, reader, table string) (int64, error)
	Advance(ctx context.Context, reader, table string, sequence int64) error
}

// Outcome is what became of an invocation that reached the function.
type Outcome struct {
	FunctionError string // empty when the function succeeded
	Payload       []byte // what it answered
	Version       string // that ran
	RequestID     string
}

// NoRetries as Config.Retries gives a batch up when it fails for the first time.
const NoRetries = -1

// Config is a mapping: a table, and a function. The zero value of a field means its default.
type Config struct {
	Source Source // Required
	Table  string // Required; it must have a stream
	Name   string // of the mapping: who has this name goes on where it was. Required

	// Invoke runs the function with an event. An error is the host's, such as too many requests: it is no failure of the
	// batch, which is tried again all the same. Required.
	Invoke func(ctx context.Context, event []byte) (Outcome, error)
	// Discard takes the record of a batch that is given up; it is called again until it gives nil. Default: the log has it.
	Discard func(ctx context.Context, record []byte) error

	BatchSize int           // changes of one event at most; default 100, at most 10,000
	Window    time.Duration // to wait for a full batch, from its first change on; default 0, at most 5 min
	Retries   int           // after the first attempt; default: as often as MaxAge lets; NoRetries for none
	MaxAge    time.Duration // of a change that is still handed over; default 24 h
	Bisect    bool          // a batch that fails is split in two

	Region      string       // default "us-east-1"
	StreamARN   string       // of the stream, and
	FunctionARN string       // of the function, as events and records name them
	Log         *slog.Logger // default none
}

const (
	maxEventBytes = 6 << 20 // of the items of one event, as in Lambda
	firstWait     = time.Second
	longestWait   = time.Minute
	lookAgain     = time.Second // for changes of another process
)

func (c *Config) setDefaults() {
	if c.BatchSize == 0 {
		c.BatchSize = 100
	}
	if c.MaxAge == 0 {
		c.MaxAge = 24 * time.Hour
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Log = c.Log.With("mapping", c.Name, "table", c.Table)
}

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Source == nil || c.Table == "" || c.Name == "" || c.Invoke == nil:
		return errors.New("stream: Source, Table, Name and Invoke are required")
	case c.BatchSize < 0 || c.BatchSize > 10_000:
		return errors.New("stream: BatchSize must be 1 to 10,000")
	case c.Window < 0 || c.Window > 5*time.Minute:
		return errors.New("stream: Window must be 0 to 5 minutes")
	case c.Retries < NoRetries || c.MaxAge < 0:
		return errors.New("stream: a bound is negative")
	}
	return nil
}

// Mapping hands over the changes of a table.
type Mapping struct {
	stop   context.CancelFunc // no more batches
	cancel context.CancelFunc // and the one that runs ends
	wg     sync.WaitGroup
}

// Start starts a mapping. The caller must Close it.
func Start(cfg Config) (*Mapping, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	stopping, stop := context.WithCancel(ctx)
	m := &Mapping{stop: stop, cancel: cancel}
	r := &reader{Config: cfg, ctx: ctx, stopping: stopping}
	m.wg.Go(r.run)
	return m, nil
}

// Close stops the mapping: the batch that runs finishes, unless ctx ends first. What is not done is handed over when there
// is a mapping of this name again.
func (m *Mapping) Close(ctx context.Context) {
	m.stop()
	defer m.cancel()
	defer context.AfterFunc(ctx, m.cancel)()
	m.wg.Wait()
}
