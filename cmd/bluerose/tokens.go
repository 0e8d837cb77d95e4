package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bluerose/internal/region"

	"github.com/spf13/pflag"
)

// tokenSettings are whose tokens a region takes, and who judges the others.
type tokenSettings struct {
	region.Tokens
	authorizer string
}

func (s *tokenSettings) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&s.Issuers, "oidc-issuer", nil,
		"`URL` of an OIDC issuer whose Bearer tokens are taken below /oauth (may be given again; default nobody's)")
	flags.StringSliceVar(&s.Audiences, "oidc-audience", nil, "`name` of this service in the claim aud of those tokens (may be given again)")
	flags.StringVar(&s.authorizer, "authorizer", "",
		"`program` for the Lambda Runtime API that judges the tokens of callers below /authorizer (default none: nobody comes in)")
}

func (s *tokenSettings) apply(cfg *region.Config) error {
	if (len(s.Issuers) == 0) != (len(s.Audiences) == 0) {
		return refusal{errors.New("--oidc-issuer and --oidc-audience go together: a token that was given for another service is not good here")}
	}
	cfg.Tokens = s.Tokens
	if s.authorizer == "" {
		return nil
	}
	path, err := filepath.Abs(s.authorizer)
	if err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return refusal{fmt.Errorf("--authorizer: %s is no program that can be run", s.authorizer)}
	}
	// The function may read the folder that it is in, and must not find the owner's keys there.
	data := cfg.DataDir
	if real, err := filepath.EvalSymlinks(data); err == nil {
		data = real
	}
	if inside, err := filepath.Rel(filepath.Dir(path), data); err != nil || filepath.IsLocal(inside) {
		return refusal{fmt.Errorf("--authorizer: give %s a folder of its own; all that is in there may be read by it, and now that is the data too", s.authorizer)}
	}
	cfg.Authorizer = path
	return nil
}
