package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bluerose/internal/harness/https"
	"bluerose/internal/imaging/fallback"
	"bluerose/internal/lambda"
	"bluerose/internal/region"
	"bluerose/internal/sandbox"

	"github.com/spf13/cobra"
)

func newUp(sys system) *cobra.Command {
	var s struct {
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
			log, err := newLog(sys, s.log, s.logLevel)
			if err != nil {
				return err
			}
			found, err := probe(sys, s.environment())
			if err != nil {
				return err
			}
			s.libvips = found.path // functions load what was found here, and need not search
			environment := append(s.environment(), lean...)
			var readable []string
			if filepath.IsAbs(found.path) { // a bare name is the system's, which every function may read
				readable = []string{filepath.Dir(found.path)}
			}
			data, err := filepath.Abs(s.data)
			if err != nil {
				return err
			}
			other, why, err := s.find(cmd.Context(), sys)
			if err != nil {
				return err
			}
			hand, err := newHandover(data, func(err error) { log.Error("the new program did not take over", "error", err) })
			if err != nil {
				return err
			}
			defer hand.close()
			if _, err := s.https.config(); err != nil {
				return err
			}
			start := &instance{sys.executable, environment, &s.traces, s.https, readable, other.Path, filepath.Join(data, "imagemagick", strconv.Itoa(os.Getpid()))}
			if err := start.prepare(); err != nil {
				return err
			}
			defer start.clean()
			cfg := region.Config{
				Listen: start.listening(hand.listen), DataDir: data, Command: start.command, Program: sys.executable,
				MaxInput: s.inputMB << 20, Timeout: s.timeout, MemoryMB: s.memoryMB, Instances: s.instances, Queue: s.queue, Log: log,
				ImageMagick: other.Path != "",
			}
			if err := s.connectionSettings.apply(&cfg); err != nil {
				return err
			}
			if cfg.Async, err = s.async.config(); err != nil {
				return err
			}
			if err := s.tokens.apply(&cfg); err != nil {
				return err
			}
			if cfg.Guests, err = s.guests.config(); err != nil {
				return err
			}
			if s.dynamo != "" {
				if cfg.Tables, err = dynamoTables(sys, s.dynamo); err != nil {
					return err
				}
			}
			if err := s.cache.apply(&cfg); err != nil {
				return err
			}
			cfg.Platform = strings.Join([]string{found.version, found.path, s.engine, describe(other, why)}, "\n")
			flush, err := s.traces.apply(cmd.Context(), &cfg)
			if err != nil {
				return err
			}
			if s.queue == 0 {
				cfg.Queue = -1 // the flag's 0 is none, the region's is the default
			}
			collectSeldom()
			r, err := region.Start(cmd.Context(), cfg)
			switch {
			case errors.Is(err, syscall.EADDRINUSE):
				return fmt.Errorf("%s is in use, maybe by another Bluerose; name another address with --addr or %s", cfg.Addr, variable("addr"))
			case err != nil:
				return err
			}
			if err := hand.serving(); err != nil {
				return errors.Join(err, r.Close(cmd.Context()))
			}
			signals := sys.signals() // before the banner: who reads it may ask to stop at once
			fmt.Fprint(sys.out, banner(r, sys.executable, data, found, describe(other, why)))
			err = serve(hand.ctx, sys, signals, r, cfg)
			flushing, cancel := context.WithTimeout(context.Background(), flushTimeout)
			defer cancel()
			return errors.Join(err, flush(flushing))
		},
	}
	flags := cmd.Flags()
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
	return mirrored(cmd, sys)
}

// flushTimeout bounds how long the end waits for the traces' collector.
const flushTimeout = 5 * time.Second

// collectSeldom suits the process that serves: it holds little but the bodies of requests, which come and go by megabytes,
// and by Go's default every one of them would start a collection.
func collectSeldom() {
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(256 << 20)
}

// lean is what keeps the memory of an instance low. Go's part is answers, for large payloads are not on its heap: letting it
// grow fivefold before it is collected costs 16 MB, and the bound holds for operators that work on the heap. C's allocator (glibc's) would keep the memory of
// pictures for ever, in one arena a thread, if large pieces were not always mapped and unmapped one by one.
var lean = []string{"GOGC=400", "GOMEMLIMIT=64MiB", "MALLOC_ARENA_MAX=2", "MALLOC_MMAP_THRESHOLD_=1048576", "MALLOC_TRIM_THRESHOLD_=33554432"}

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

// instance says how a process of a function is started.
type instance struct {
	program     string
	environment []string
	traces      *traceSettings
	https       httpsSettings
	readable    []string // folders, besides the system's libraries
	magick      string   // the program of ImageMagick; empty for none
	scratch     string   // the folder of its jobs
}

// prepare makes the folder of ImageMagick's jobs, and removes those that programs which were killed have left beside it.
// Those of programs that run stay: a second one may have been started by mistake, or to take over.
func (i *instance) prepare() error {
	folder := filepath.Dir(i.scratch)
	others, _ := os.ReadDir(folder)
	for _, other := range others {
		pid, err := strconv.Atoi(other.Name())
		if err != nil || pid == os.Getpid() || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(filepath.Join(folder, other.Name()))
		}
	}
	if i.magick == "" {
		return nil
	}
	return os.MkdirAll(i.scratch, 0o700)
}

func (i *instance) clean() {
	_ = os.RemoveAll(i.scratch)
	_ = os.Remove(filepath.Dir(i.scratch)) // stays when another program has taken over
}

// listening lets the function https call the address that listen takes.
func (i *instance) listening(listen func(context.Context, string, string) (net.Listener, error)) func(context.Context, string, string) (net.Listener, error) {
	return func(ctx context.Context, network, addr string) (net.Listener, error) {
		listener, err := listen(ctx, network, addr)
		if err == nil {
			i.https, err = i.https.with(listener.Addr().String())
		}
		return listener, err
	}
}

const maxOpenFiles = 256 // of one instance

// command gives the command of an instance: the program restricts itself and then becomes the function.
func (i *instance) command(launch lambda.Launch) (*exec.Cmd, error) {
	policy := sandbox.Policy{
		Read:   append(sandbox.SystemLibraries(), i.readable...),
		Limits: sandbox.Limits{Memory: int64(launch.MemoryMB) << 20, OpenFiles: maxOpenFiles},
	}
	for _, addr := range []string{launch.RuntimeAPI, launch.Services} {
		if addr == "" {
			continue
		}
		at, err := netip.ParseAddrPort(addr)
		if err != nil {
			return nil, fmt.Errorf("an address that a function connects to: %w", err)
		}
		policy.Connect = append(policy.Connect, at.Port())
	}
	if launch.Handler == "authorizer" {
		return i.authorizer(launch, policy), nil
	}
	environment := append(slices.Clone(i.environment), i.traces.environment(launch)...)
	program := cmp.Or(launch.Program, i.program) // a published version runs its own
	switch {
	case launch.Handler == "imagemagick":
		policy.Read = append(policy.Read, fallback.Readable()...)
		policy.Execute = []string{program, i.magick}
		policy.Write = []string{i.scratch}
		environment = append(environment, variable("magick")+"="+i.magick, variable("scratch")+"="+i.scratch,
			variable("memory-mb")+"="+strconv.Itoa(launch.MemoryMB))
	case launch.Handler == "https":
		calls, err := i.https.config()
		if err != nil {
			return nil, err
		}
		policy.Read = append(policy.Read, https.Readable()...)
		policy.Connect = append(policy.Connect, calls.Ports()...)
		environment = append(environment, i.https.environment()...)
	case i.magick != "":
		environment = append(environment, variable("elsewhere")+"=true")
	}
	cmd := exec.Command(i.program, "sandbox", policy.Encode(), program, "function", launch.Handler)
	cmd.Env = environment
	return cmd, nil
}

// authorizer gives the command of the owner's function that judges callers: a program of its own, which gets none of the
// service's settings. It reads the folder that it is in, and nobody can be reached from it.
func (i *instance) authorizer(launch lambda.Launch, policy sandbox.Policy) *exec.Cmd {
	folder := filepath.Dir(launch.Program)
	policy.Read = append(policy.Read, folder)
	cmd := exec.Command(i.program, "sandbox", policy.Encode(), launch.Program)
	cmd.Dir = folder // what Lambda calls the task root
	cmd.Env = []string{}
	return cmd
}

// libvips is a libvips that was found.
type libvips struct{ version, path string }

// probe asks a process of its own which libvips there is: image code never runs in the process that serves.
func probe(sys system, environment []string) (libvips, error) {
	cmd := exec.Command(sys.executable, "version", "--libvips-only")
	cmd.Env = environment
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if version, path, ok := strings.Cut(strings.TrimSpace(string(out)), " "); err == nil && ok {
		return libvips{version, path}, nil
	}
	if text := strings.TrimSpace(failed.String()); text != "" {
		return libvips{}, errors.New(strings.TrimPrefix(text, "bluerose: version: "))
	}
	return libvips{}, fmt.Errorf("libvips does not run: %w", err)
}

func banner(r *region.Region, program, data string, found libvips, other string) string {
	url, pool := r.URL(), "none"
	if id := r.IdentityPool(); id != "" {
		pool = id + " (identity pool)"
	}
	return fmt.Sprintf(`Bluerose %[1]s is up.

  Website     %[2]s/
  HTTPS API   %[2]s/prod/ImageProcessingService
              %[2]s/prod/images?args=…&output=…
              %[2]s/docs shows it all; /dev is a stage of its own
  Lambda API  %[2]s/2015-03-31/functions/image/invocations
  Tables      %[2]s/ (DynamoDB's API)
  Metrics     %[2]s/metrics
  Libvips     %[3]s %[8]s
  ImageMagick %[10]s
  Sandbox     %[9]s
  Data        %[4]s
  Access key  %[5]s
  Secret      %[6]s
  Guests      %[13]s

Try it:

  curl -s -d '{"operation":"getSample"}' %[2]s/prod/ImageProcessingService
  %[11]s invoke image --endpoint %[2]s --data %[12]s --payload '{"operation":"ping"}'
  curl -s --data-binary @photo.jpg '%[2]s/prod/images?args=-resize+512x&output=webp' -o photo.webp
  echo '{"operation":"ping"}' | AWS_SHARED_CREDENTIALS_FILE=%[7]s aws lambda invoke --region us-east-1 \
    --endpoint-url %[2]s --function-name image --payload fileb:///dev/stdin /dev/stdout

Ctrl-C stops it.
`, version(), url, found.version, data, r.Key().ID, r.Key().Secret, shellWord(region.CredentialsPath(data)), found.path, sandbox.Supported(), other,
		shellWord(program), shellWord(data), pool)
}

// shellWord quotes a path where a shell would not take it as one word.
func shellWord(path string) string {
	if !strings.ContainsAny(path, " \t\n'\"\\$`&|;<>()*?[]{}~#!") {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
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
