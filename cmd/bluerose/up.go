package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"bluerose/internal/region"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// upSettings are what `bluerose up` is asked for.
type upSettings struct {
	pictureSettings
	connectionSettings
	traces           traceSettings
	data             string
	memoryMB         int
	instances, queue int
	log, logLevel    string
	async            asyncSettings
	tokens           tokenSettings
	guests           guestSettings
	https            httpsSettings
	dynamo           string
	cache            cacheSettings
}

func newUp(sys system) *cobra.Command {
	var s upSettings
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start the service on this machine",
		Long: "Start the service on this machine: the HTTPS API, the Lambda API and the website, with the image function in\n" +
			"processes of its own. It prints where everything is, and stops on Ctrl-C when the requests inside have finished; a\n" +
			"second Ctrl-C ends them. The log goes to standard error.",
		Args: refusedArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := s.validate(); err != nil {
				return err
			}
			return s.run(cmd.Context(), sys)
		},
	}
	s.flags(cmd.Flags())
	return mirrored(cmd, sys)
}

func (s *upSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.data, "data", "./data", "`folder` that keeps the access key, API keys and what the service stores")
	s.pictureSettings.register(flags)
	s.connectionSettings.register(flags)
	s.traces.register(flags)
	s.async.register(flags)
	s.tokens.register(flags)
	s.guests.register(flags)
	s.https.register(flags)
	flags.StringVar(&s.dynamo, "dynamodb", "", "`URL` of the DynamoDB that keeps the results of tests, such as https://dynamodb.eu-west-1.amazonaws.com\n"+
		"(default: a file in the data folder)")
	s.cache.register(flags)
	flags.IntVar(&s.memoryMB, "memory-mb", 1024, "MB of memory of one instance")
	flags.IntVar(&s.instances, "instances", 0, "processes of the function (default: one for each core)")
	flags.IntVar(&s.queue, "queue", 100, "requests that may wait for an instance")
	flags.StringVar(&s.log, "log", "text", "form of the log: text, json or none")
	flags.StringVar(&s.logLevel, "log-level", "info", "least level of the log's lines: debug, info, warn or error")
}

func (s *upSettings) run(ctx context.Context, sys system) error {
	log, err := newLog(sys, s.log, s.logLevel)
	if err != nil {
		return err
	}
	cfg, err := s.config(sys, log)
	if err != nil {
		return err
	}
	found, err := probe(sys, s.environment())
	if err != nil {
		return err
	}
	s.libvips = found.path // functions load what was found here, and need not search
	other, why, err := s.find(ctx, sys)
	if err != nil {
		return err
	}
	cfg.ImageMagick = other.Path != ""
	cfg.Platform = strings.Join([]string{found.version, found.path, s.engine, describe(other, why)}, "\n")
	hand, err := newHandover(cfg.DataDir, func(err error) { log.Error("the new program did not take over", "error", err) })
	if err != nil {
		return err
	}
	defer hand.close()
	start, err := newInstance(sys, s, found, other.Path, cfg.DataDir)
	if err != nil {
		return err
	}
	defer start.clean()
	cfg.Listen, cfg.Command, cfg.Program = start.listening(hand.listen), start.command, sys.executable
	flush, err := s.traces.apply(ctx, &cfg)
	if err != nil {
		return err
	}
	collectSeldom()
	r, err := region.Start(ctx, cfg)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use, maybe by another Bluerose; name another address with --addr or %s", cfg.Addr, variable("addr"))
	case err != nil:
		return err
	}
	if err := hand.serving(); err != nil {
		return errors.Join(err, r.Close(ctx))
	}
	signals := sys.signals() // before the banner: who reads it may ask to stop at once
	if err := writeBanner(sys, r, cfg.DataDir, found, describe(other, why)); err != nil {
		return errors.Join(err, r.Close(ctx))
	}
	err = serve(hand.ctx, sys, signals, r, cfg)
	flushing, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	return errors.Join(err, flush(flushing))
}

// config gives what the settings alone say of the region.
func (s *upSettings) config(sys system, log *slog.Logger) (cfg region.Config, err error) {
	cfg = region.Config{
		MaxInput: s.inputMB << 20, Timeout: s.timeout, MemoryMB: s.memoryMB, Instances: s.instances, Queue: s.queue, Log: log,
	}
	if s.queue == 0 {
		cfg.Queue = -1 // the flag's 0 is none, the region's is the default
	}
	if cfg.DataDir, err = filepath.Abs(s.data); err != nil {
		return cfg, err
	}
	for _, apply := range []func(*region.Config) error{s.connectionSettings.apply, s.async.apply, s.tokens.apply, s.guests.apply, s.cache.apply} {
		if err := apply(&cfg); err != nil {
			return cfg, err
		}
	}
	if s.dynamo != "" {
		cfg.Tables, err = dynamoTables(sys, s.dynamo)
	}
	return cfg, err
}

// flushTimeout bounds how long the end waits for the traces' collector.
const flushTimeout = 5 * time.Second

// collectSeldom suits the process that serves: it holds little but the bodies of requests, which come and go by megabytes,
// and by Go's default every one of them would start a collection.
func collectSeldom() {
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(256 << 20)
}

func newLog(sys system, form, level string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, refusal{fmt.Errorf("--log-level must be debug, info, warn or error")}
	}
	options := &slog.HandlerOptions{Level: least}
	switch form {
	case "text":
		return slog.New(slog.NewTextHandler(sys.err, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(sys.err, options)), nil
	case "none":
		return slog.New(slog.DiscardHandler), nil
	}
	return nil, refusal{fmt.Errorf("--log must be text, json or none")}
}

// serve waits until ctx ends, the service is asked to stop or it cannot go on, and stops it.
func serve(ctx context.Context, sys system, signals <-chan os.Signal, r *region.Region, cfg region.Config) error {
	serving, release := untilSignal(ctx, signals)
	err := r.Wait(serving)
	release()
	if err == nil {
		fmt.Fprintln(sys.out, "Stopping; requests inside finish first. Ctrl-C again ends them.")
	}
	closing, cancel := context.WithTimeout(context.Background(), cfg.ShutdownTimeout())
	defer cancel()
	closing, release = untilSignal(closing, signals)
	defer release()
	if err := errors.Join(err, r.Close(closing)); err != nil {
		return err
	}
	fmt.Fprintln(sys.out, "Stopped.")
	return nil
}
