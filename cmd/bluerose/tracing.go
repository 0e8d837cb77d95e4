package main

import (
	"context"
	"net/url"

	"bluerose/internal/lambda"
	"bluerose/internal/region"
	"bluerose/internal/tracing"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/spf13/pflag"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

const tracesPath = "/v1/traces" // OTLP's own

// traceSettings say where OpenTelemetry spans go. Without an endpoint there are none.
type traceSettings struct {
	endpoint string
	ratio    float64
}

func (s *traceSettings) register(flags *pflag.FlagSet) {
	flags.StringVar(&s.endpoint, "otlp", "", "`URL` that takes OpenTelemetry traces over HTTP, such as http://localhost:4318 (default: no traces)")
	flags.Float64Var(&s.ratio, "trace-ratio", 1, "part of the requests that are traced when their caller does not say, 0 to 1")
}

// provider gives what makes tracers, nil for none.
func (s *traceSettings) provider(ctx context.Context, service string) (*sdk.TracerProvider, error) {
	if s.endpoint == "" {
		return nil, nil
	}
	provider, err := tracing.New(ctx, tracing.Config{Endpoint: s.url().String(), Service: service, Ratio: s.ratio})
	if err != nil {
		return nil, refusal{err}
	}
	return provider, nil
}

func (s *traceSettings) url() *url.URL {
	target, err := url.Parse(s.endpoint)
	if err != nil {
		return &url.URL{Path: s.endpoint} // which tracing.Config refuses
	}
	if target.Path == "" || target.Path == "/" {
		target.Path = tracesPath
	}
	return target
}

// apply makes a region trace, and gives what sends the spans that are left when it has ended.
func (s *traceSettings) apply(ctx context.Context, cfg *region.Config) (flush func(context.Context) error, err error) {
	provider, err := s.provider(ctx, "bluerose")
	if err != nil || provider == nil {
		return func(context.Context) error { return nil }, err
	}
	cfg.Tracer, cfg.Traces = provider.Tracer("bluerose"), s.url()
	return provider.Shutdown, nil
}

// environment gives the variables with which an instance sends its spans to the host, the one address that it reaches.
func (s *traceSettings) environment(launch lambda.Launch) []string {
	if s.endpoint == "" {
		return nil
	}
	return []string{variable("otlp") + "=http://" + launch.RuntimeAPI}
}

// start runs a function for the Lambda Runtime API, and does not return.
func (s *traceSettings) start(ctx context.Context, name string, handler awslambda.Handler) error {
	provider, err := s.provider(ctx, "bluerose-"+name)
	if err != nil {
		return err
	}
	if provider != nil {
		handler = tracing.Handler(handler, provider, name)
	}
	awslambda.StartWithOptions(handler)
	return nil
}
