package main

import (
	"errors"

	"bluerose/internal/region"

	"github.com/spf13/pflag"
)

// tokenSettings are whose tokens a region takes.
type tokenSettings struct{ region.Tokens }

func (s *tokenSettings) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&s.Issuers, "oidc-issuer", nil,
		"`URL` of an OIDC issuer whose Bearer tokens are taken below /oauth (may be given again; default nobody's)")
	flags.StringSliceVar(&s.Audiences, "oidc-audience", nil, "`name` of this service in the claim aud of those tokens (may be given again)")
}

func (s *tokenSettings) apply(cfg *region.Config) error {
	if (len(s.Issuers) == 0) != (len(s.Audiences) == 0) {
		return refusal{errors.New("--oidc-issuer and --oidc-audience go together: a token that was given for another service is not good here")}
	}
	cfg.Tokens = s.Tokens
	return nil
}
