package oidc

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/maypok86/otter/v2"
)

// What Verify fails with, besides reasons of its own; the reason is for the log and holds nothing of the token.
var (
	ErrExpired     = errors.New("oidc: the token has expired")
	ErrUnavailable = errors.New("oidc: the issuer's keys cannot be had") // the token may be good
)

const (
	maxToken    = 16 << 10 // bytes of a token
	maxVerified = 16 << 20 // bytes of what is remembered of good tokens, roughly
)

var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// Config says whose tokens a Verifier takes. Issuers and Audiences are required; the rest has the defaults named here.
type Config struct {
	// Issuers are URLs, as their tokens' claim iss has them: https, or http of this machine alone.
	Issuers []string
	// Audiences are what tokens may be for: the claim aud, or client_id where there is no aud, names one of them. A token
	// that its issuer gave for something else is not good here.
	Audiences []string

	Timeout   time.Duration     // of one fetch of an issuer's keys, and how long a request may wait for it; default 3 seconds
	Transport http.RoundTripper // default http.DefaultTransport
	Now       func() time.Time  // default time.Now
}

// Validate tells what is wrong with the configuration.
func (c Config) Validate() error {
	if len(c.Issuers) == 0 || len(c.Audiences) == 0 || slices.Contains(c.Audiences, "") {
		return errors.New("oidc: an issuer and an audience are needed, so that only tokens that are meant for this service are taken")
	}
	for _, issuer := range c.Issuers {
		if err := checkURL(issuer); err != nil || strings.ContainsAny(issuer, "?#") {
			return fmt.Errorf("oidc: the issuer %q must be a URL that begins with https://, or with http:// of this machine", issuer)
		}
	}
	if c.Timeout < 0 {
		return errors.New("oidc: Timeout must not be negative")
	}
	return nil
}

// checkURL wants what nobody on the way can change.
func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return errors.New("this is no URL of a host")
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return errors.New("the URL must begin with https://, or with http:// of this machine")
	}
	return nil
}

// Token is what a verified token says. It is shared: nobody may change it.
type Token struct {
	Issuer  string
	Subject string         // who it is, among those of the issuer; never empty
	Scopes  []string       // of the claims scope and scp
	Claims  map[string]any // all of them, numbers as json.Number
}

// Verifier verifies tokens. It is safe for concurrent use.
type Verifier struct {
	cfg     Config
	issuers map[string]*issuer
	// known are good tokens by their digest. The tokens themselves are not kept.
	known   *otter.Cache[[sha256.Size]byte, known]
	ctx     context.Context // ends with Close
	stop    context.CancelFunc
	fetches sync.WaitGroup
}

// known is a token that was good, by the keys that its issuer had then.
type known struct {
	token      Token
	expires    time.Time
	from       *issuer
	generation int
	size       uint32
}

// New gives a Verifier, or the error of cfg.Validate. It asks no issuer yet. The caller must Close it.
func New(cfg Config) (*Verifier, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, 3*time.Second)
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	remembered, err := otter.New(&otter.Options[[sha256.Size]byte, known]{
		MaximumWeight: maxVerified,
		Weigher:       func(_ [sha256.Size]byte, k known) uint32 { return k.size },
	})
	if err != nil {
		return nil, err
	}
	v := &Verifier{cfg: cfg, issuers: make(map[string]*issuer, len(cfg.Issuers)), known: remembered}
	v.ctx, v.stop = context.WithCancel(context.Background())
	for _, u := range cfg.Issuers {
		v.issuers[u] = &issuer{owner: v, url: u}
	}
	return v, nil
}

// Close ends what is being fetched, and waits for it. Verify must not be called any more.
func (v *Verifier) Close() {
	v.stop()
	v.fetches.Wait()
}

// Verify gives what raw says when it is a token of one of the issuers, for one of the audiences, and valid now (nbf may lie
// up to 5 minutes ahead, for clocks that differ). Errors are ErrExpired, ErrUnavailable with its cause, and others for a
// token that is not good. A token that was good is not verified again before its issuer's keys are fetched again.
func (v *Verifier) Verify(ctx context.Context, raw string) (Token, error) {
	if len(raw) > maxToken {
		return Token{}, fmt.Errorf("oidc: the token is longer than %d bytes", maxToken)
	}
	digest := sha256.Sum256([]byte(raw))
	if k, ok := v.known.GetIfPresent(digest); ok && !k.expires.Before(v.cfg.Now()) && k.from.refreshed() == k.generation {
		return k.token, nil
	}
	k, err := v.verify(ctx, raw)
	if err != nil {
		return Token{}, err
	}
	v.known.Set(digest, k)
	return k.token, nil
}

func (v *Verifier) verify(ctx context.Context, raw string) (known, error) {
	parsed, err := jose.ParseSignedCompact(raw, algorithms)
	if err != nil {
		return known{}, errors.New("oidc: this is no JWT, or its algorithm is not taken")
	}
	var unverified struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(parsed.UnsafePayloadWithoutVerification(), &unverified); err != nil {
		return known{}, errors.New("oidc: the token's claims are no JSON object")
	}
	from, ok := v.issuers[unverified.Issuer]
	if !ok {
		return known{}, errors.New("oidc: the token's issuer is none of those that are trusted")
	}
	keys, generation, err := from.keysFor(ctx, parsed.Signatures[0].Header.KeyID)
	if err != nil {
		return known{}, err
	}
	verifier := oidc.NewVerifier(from.url, &oidc.StaticKeySet{PublicKeys: keys}, v.goOIDC())
	verified, err := verifier.Verify(ctx, raw)
	if _, expired := errors.AsType[*oidc.TokenExpiredError](err); expired {
		return known{}, ErrExpired
	}
	if err != nil {
		return known{}, errors.New("oidc: the token's signature is not of its issuer's key, or it is not valid yet")
	}
	token, err := v.token(verified)
	return known{token, verified.Expiry, from, generation, uint32(4*len(raw) + 1024)}, err
}

func (v *Verifier) goOIDC() *oidc.Config {
	cfg := &oidc.Config{SkipClientIDCheck: true, Now: v.cfg.Now}
	for _, algorithm := range algorithms {
		cfg.SupportedSigningAlgs = append(cfg.SupportedSigningAlgs, string(algorithm))
	}
	return cfg
}

// token reads the claims of a token whose signature and times are right.
func (v *Verifier) token(verified *oidc.IDToken) (Token, error) {
	var payload json.RawMessage
	if err := verified.Claims(&payload); err != nil {
		return Token{}, errors.New("oidc: the token's claims are no JSON object")
	}
	t := Token{Issuer: verified.Issuer}
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	if err := decoder.Decode(&t.Claims); err != nil {
		return Token{}, errors.New("oidc: the token's claims are no JSON object")
	}
	t.Subject, _ = t.Claims["sub"].(string)
	if t.Subject == "" {
		return Token{}, errors.New("oidc: the token names no subject")
	}
	audience, ok := t.Claims["aud"]
	if !ok {
		audience = t.Claims["client_id"]
	}
	if !slices.ContainsFunc(texts(audience), func(a string) bool { return slices.Contains(v.cfg.Audiences, a) }) {
		return Token{}, errors.New("oidc: the token is for another audience")
	}
	for _, name := range []string{"scope", "scp"} {
		for _, text := range texts(t.Claims[name]) {
			t.Scopes = append(t.Scopes, strings.Fields(text)...)
		}
	}
	return t, nil
}

// texts gives a claim that is a text or a list of them as a list.
func texts(claim any) []string {
	switch claim := claim.(type) {
	case string:
		return []string{claim}
	case []any:
		var all []string
		for _, one := range claim {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}
