package region

import (
	"context"
	"fmt"
	"time"

	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/access"
	"bluerose/internal/apigateway/definition"
	"bluerose/internal/identity/oidc"
	"bluerose/internal/lambda"
)

// Tokens says whose Bearer tokens the routes with OAuth take. The zero value takes nobody's.
type Tokens struct {
	Issuers   []string // URLs of OIDC issuers, as oidc.Config has them
	Audiences []string // what tokens must be for
}

// config gives what a Verifier needs; false for no tokens at all.
func (t Tokens) config() (oidc.Config, bool) {
	return oidc.Config{Issuers: t.Issuers, Audiences: t.Audiences}, len(t.Issuers)+len(t.Audiences) > 0
}

func (t Tokens) validate() error {
	if cfg, ok := t.config(); ok {
		return cfg.Validate()
	}
	return nil
}

// authorizer defines the function that judges callers. It has little to do, and little to do it with.
func (c Config) authorizer() lambda.Function {
	return lambda.Function{
		Name:        authorizerFunctionName,
		Description: "The owner's: who may call the routes below /authorizer",
		MemoryMB:    256,
		Timeout:     5 * time.Second,
		Program:     c.Authorizer,
	}
}

// tokenSchemes gives the access modes in which callers bring a token.
func (r *Region) tokenSchemes(gateway *apigateway.Gateway, served *definition.Definition) ([]access.Scheme, error) {
	var schemes []access.Scheme
	if r.cfg.Authorizer != "" {
		if name := served.Authorizer.Function; name != authorizerFunctionName {
			return nil, fmt.Errorf("openapi.yaml's authorizer must be the function %q, not %q", authorizerFunctionName, name)
		}
		authorizer, err := access.NewAuthorizer(access.AuthorizerConfig{Definition: served.Authorizer, Ask: r.askAuthorizer, Event: gateway.Event})
		if err != nil {
			return nil, err
		}
		schemes = append(schemes, authorizer)
	}
	if cfg, ok := r.cfg.Tokens.config(); ok {
		verifier, err := oidc.New(cfg)
		if err != nil {
			return nil, err
		}
		r.tokens = verifier
		schemes = append(schemes, access.OAuth(verifier))
	}
	return schemes, nil
}

func (r *Region) askAuthorizer(ctx context.Context, payload []byte) (answer []byte, failed bool, err error) {
	result, err := r.host.Invoke(ctx, lambda.Invocation{Function: authorizerFunctionName, Payload: payload})
	if err != nil {
		return nil, false, err
	}
	return result.Payload, result.FunctionError != "", nil
}
