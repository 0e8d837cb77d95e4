package region

import (
	"bluerose/internal/apigateway/access"
	"bluerose/internal/identity/oidc"
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

// tokenSchemes gives the access modes in which callers bring a token.
func (r *Region) tokenSchemes() ([]access.Scheme, error) {
	var schemes []access.Scheme
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
