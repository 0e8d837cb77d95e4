package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"

	"bluerose/internal/harness"
	"bluerose/internal/harness/handler"
	"bluerose/internal/harness/https"
	"bluerose/internal/harness/results"
	"bluerose/internal/harness/summary"
	"bluerose/internal/imaging"
	"bluerose/internal/lambda/beside"
	"bluerose/internal/lambda/sharedmem"
	"bluerose/internal/sandbox"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/spf13/cobra"
)

// functionSettings are what functions need to know.
type functionSettings struct {
	pictureSettings
	httpsSettings
	traces    traceSettings
	elsewhere bool
	scratch   string
	memoryMB  int
}

// functionNames are the functions that this program is.
var functionNames = []string{imageName, "imagemagick", harnessName, "https", "summary"}

func newFunction(sys system) *cobra.Command {
	var s functionSettings
	names := strings.Join(functionNames, ", ")
	cmd := &cobra.Command{
		Use:   "function NAME",
		Short: "Be a function, as `bluerose up` and AWS Lambda start it",
		Long: "Be the function NAME (" + names + ") for the Lambda Runtime API that AWS_LAMBDA_RUNTIME_API names.\n" +
			"`bluerose up` and AWS Lambda start it; in Lambda the program itself is bootstrap, and the function's handler is NAME.",
		Args: refusedArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(functionNames, args[0]) {
				return refusal{fmt.Errorf("there is no function %q; there are %s", args[0], names)}
			}
			if api, ok := sys.lookup("AWS_LAMBDA_RUNTIME_API"); !ok || api == "" {
				return errors.New("AWS_LAMBDA_RUNTIME_API is not set; start functions with `bluerose up`, or in AWS Lambda")
			}
			handler, err := s.handler(cmd.Context(), sys, args[0])
			if err != nil {
				return err
			}
			return s.traces.start(cmd.Context(), args[0], handler)
		},
	}
	flags := cmd.Flags()
	s.pictureSettings.register(flags)
	s.httpsSettings.register(flags)
	s.traces.register(flags)
	flags.BoolVar(&s.elsewhere, "elsewhere", false, "image: let the host ask the function imagemagick for what is not native")
	flags.StringVar(&s.scratch, "scratch", "", "imagemagick: `folder` that each process makes a folder of its own in")
	flags.IntVar(&s.memoryMB, "memory-mb", 1024, "imagemagick: MB of memory of one ImageMagick")
	return mirrored(cmd, sys)
}

// handler gives the function of a name. All but imagemagick seal themselves: they never need another program.
func (s *functionSettings) handler(ctx context.Context, sys system, name string) (lambda.Handler, error) {
	log := slog.New(slog.NewJSONHandler(sys.err, nil))
	switch name {
	case "imagemagick":
		engine, err := s.magickFunction(ctx, sys, s.scratch, s.memoryMB)
		if err != nil {
			return nil, err
		}
		service, err := imaging.New(imaging.Config{Engine: engine, Name: name, Timeout: s.timeout, Log: log})
		if err != nil {
			return nil, err
		}
		return besides(sys, service)
	case harnessName:
		tests, err := newHarness(sys, log)
		if err != nil {
			return nil, err
		}
		return handler.Handler{Run: tests.Handle, Log: log}, sandbox.Seal()
	case "https":
		cfg, err := s.httpsSettings.config()
		if err != nil {
			return nil, err
		}
		calls, err := https.New(cfg)
		if err != nil {
			return nil, err
		}
		return handler.Handler{Run: calls.Handle, Log: log}, sandbox.Seal()
	case "summary":
		tables, err := dynamoTables(sys, "")
		if err != nil {
			return nil, err
		}
		return handler.Handler{Run: summary.Function{Store: tables, Table: results.Summaries, Log: log}.Handle, Log: log}, sandbox.Seal()
	}
	cfg := imaging.Config{Log: log}
	if s.elsewhere {
		cfg.Fallback = imaging.Elsewhere{}
	}
	service, err := s.service(sys, cfg, func(message string) { log.Debug("libvips", "message", message) })
	if err != nil {
		return nil, err
	}
	if err := sandbox.Seal(); err != nil {
		return nil, err
	}
	return besides(sys, service)
}

// harnessConnections is how many requests the function harness has on the way at the same time.
const harnessConnections = 256

func newHarness(sys system, log *slog.Logger) (*harness.Harness, error) {
	tables, err := dynamoTables(sys, "")
	if err != nil {
		return nil, err
	}
	key, err := awsKey(sys)
	if err != nil {
		return nil, err
	}
	self, _ := sys.lookup("AWS_LAMBDA_FUNCTION_NAME")
	return harness.New(harness.Config{
		Functions: lambdaClient(sys, key, firstSet(sys, "AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL"), harnessConnections),
		Tables:    tables, Self: self, Region: firstSet(sys, "AWS_REGION", "AWS_DEFAULT_REGION"), Image: imageName, Log: log,
	})
}

// besides gives service's handler, for pictures beside their events and for payloads in shared memory.
func besides(sys system, service *imaging.Service) (lambda.Handler, error) {
	handler := tidy{beside.Handler(service, service.Proxy)}
	if descriptor, ok := sys.lookup(sharedmem.Variable); ok {
		return sharedmem.Handler(handler, descriptor)
	}
	return handler, nil
}

// keptHeap is how many bytes of heap an instance keeps for its next request. What a photograph takes is far below.
const keptHeap = 128 << 20

// tidy gives the memory of a large request back to the system when it is done. An instance may wait for long, and Go
// by itself keeps its heap until more is asked for.
type tidy struct{ lambda.Handler }

func (t tidy) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	answer, err := t.Handler.Invoke(ctx, payload)
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	if metrics.Read(heap); heap[0].Value.Uint64()+heap[1].Value.Uint64() > keptHeap {
		debug.FreeOSMemory()
	}
	return answer, err
}

// newSandbox is the launcher step of `bluerose up`: it restricts itself and becomes the command that it is given.
func newSandbox(sys system) *cobra.Command {
	return &cobra.Command{
		Use:                "sandbox POLICY COMMAND [ARGS]",
		Short:              "Restrict this process by a policy and run a command in its place",
		Hidden:             true,
		DisableFlagParsing: true,
		Args:               refusedArgs(cobra.MinimumNArgs(2)),
		RunE: func(_ *cobra.Command, args []string) error {
			policy, err := sandbox.ParsePolicy(args[0])
			if err != nil {
				return refusal{err}
			}
			return sandbox.Exec(policy, args[1:], sys.environ, nil)
		},
	}
}
