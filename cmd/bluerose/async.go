package main

import (
	"errors"
	"time"

	"bluerose/internal/lambda"
	"bluerose/internal/region"

	"github.com/spf13/pflag"
)

// asyncSettings are what becomes of asynchronous events.
type asyncSettings struct {
	events     int
	megabytes  int64
	retries    []time.Duration
	maxAge     time.Duration
	deadLetter string
}

func (s *asyncSettings) register(flags *pflag.FlagSet) {
	flags.IntVar(&s.events, "async-events", 100_000, "asynchronous events that may wait")
	flags.Int64Var(&s.megabytes, "async-mb", 1024, "MiB of asynchronous events that may wait")
	flags.DurationSliceVar(&s.retries, "async-retries", []time.Duration{time.Minute, 2 * time.Minute},
		"`waits` before each further try of an event that its function has failed")
	flags.DurationVar(&s.maxAge, "async-max-age", 6*time.Hour, "time after which an event that could not run is given up")
	flags.StringVar(&s.deadLetter, "dead-letter", "", "`function` that gets the record of an event that is given up (default: only the log has it)")
}

func (s *asyncSettings) apply(cfg *region.Config) error {
	if s.events < 1 || s.megabytes < 1 || s.megabytes > 1<<20 || s.maxAge <= 0 {
		return refusal{errors.New("--async-events, --async-mb and --async-max-age must be more than 0")}
	}
	cfg.Async = lambda.AsyncConfig{
		Queue: s.events, QueueBytes: s.megabytes << 20, RetryDelays: s.retries, MaxAge: s.maxAge, DeadLetter: s.deadLetter,
	}
	return nil
}
