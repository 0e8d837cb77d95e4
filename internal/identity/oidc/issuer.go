package oidc

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	fetchInterval = 10 * time.Second // from the start of one fetch to the next
	keysAge       = 5 * time.Minute  // after which keys are fetched again: withdrawn ones are good for no longer
	maxAnswer     = 1 << 20          // bytes of an issuer's answer
	maxKeys       = 100              // of one issuer
)

// issuer keeps the keys of one issuer.
type issuer struct {
	owner *Verifier
	url   string

	mu         sync.Mutex
	keys       []jose.JSONWebKey // public ones, for signatures
	generation int               // how often keys have come
	got        time.Time         // when the keys came
	tried      time.Time         // when the last fetch began
	failed     error             // how the last fetch ended
	fetching   chan struct{}     // closed when the fetch that runs has ended; nil for none
}

// refreshed gives the generation of the keys. Old ones serve on while it has them fetched again.
func (i *issuer) refreshed() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	if now := i.owner.cfg.Now(); now.Sub(i.got) >= keysAge {
		i.fetch(now)
	}
	return i.generation
}

// keysFor gives the keys that may have signed a token which names its key so, and their generation. It waits for them when
// there are none.
func (i *issuer) keysFor(ctx context.Context, keyID string) ([]crypto.PublicKey, int, error) {
	i.refreshed()
	i.mu.Lock()
	found := i.named(keyID)
	var fetched <-chan struct{}
	if len(found) == 0 {
		fetched = i.fetch(i.owner.cfg.Now())
	}
	i.mu.Unlock()
	if fetched != nil {
		select {
		case <-fetched:
		case <-ctx.Done():
			return nil, 0, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	switch found = i.named(keyID); {
	case len(found) > 0:
		return found, i.generation, nil
	case len(i.keys) == 0:
		return nil, 0, fmt.Errorf("%w: %w", ErrUnavailable, i.failed)
	}
	return nil, 0, errors.New("oidc: the token's key is none of its issuer's")
}

// named gives the keys of an id; all of them where either side names none. i.mu is held.
func (i *issuer) named(keyID string) []crypto.PublicKey {
	var found []crypto.PublicKey
	for _, key := range i.keys {
		if keyID == "" || key.KeyID == "" || key.KeyID == keyID {
			found = append(found, key.Key)
		}
	}
	return found
}

// fetch gives what closes when the keys have been fetched, nil when it is too early to ask again. i.mu is held.
func (i *issuer) fetch(now time.Time) <-chan struct{} {
	if i.fetching != nil {
		return i.fetching
	}
	if !i.tried.IsZero() && now.Sub(i.tried) < fetchInterval {
		return nil
	}
	done := make(chan struct{})
	i.fetching, i.tried = done, now
	i.owner.fetches.Go(func() {
		ctx, cancel := context.WithTimeout(i.owner.ctx, i.owner.cfg.Timeout)
		defer cancel()
		keys, err := i.download(ctx)
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.failed = err; err == nil {
			i.keys, i.got = keys, now
			i.generation++
		}
		i.fetching = nil
		close(done)
	})
	return done
}

// download asks the issuer for its keys. A redirect is not followed: it could lead to where anybody may answer.
func (i *issuer) download(ctx context.Context) ([]jose.JSONWebKey, error) {
	client := &http.Client{
		Transport:     bounded{i.owner.cfg.Transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("it answers with a redirect") },
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, client), i.url)
	if err != nil {
		return nil, fmt.Errorf("discovery: %.200s", err) // it may hold all that the issuer answered
	}
	var discovered struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := provider.Claims(&discovered); err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	if err := checkURL(discovered.JWKS); err != nil {
		return nil, fmt.Errorf("jwks_uri: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, discovered.JWKS, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("jwks_uri answers %d", response.StatusCode)
	}
	return parseKeys(response.Body)
}

// parseKeys reads a JWKS. Keys of kinds that are not known, and those for other uses, are passed over.
func parseKeys(r io.Reader) ([]jose.JSONWebKey, error) {
	var set struct{ Keys []json.RawMessage }
	if err := json.NewDecoder(r).Decode(&set); err != nil {
		return nil, fmt.Errorf("JWKS: %w", err)
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil && key.IsPublic() && key.Use != "enc" && len(keys) < maxKeys {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("JWKS: it holds no public key for signatures")
	}
	return keys, nil
}

// bounded cuts answers off at maxAnswer.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, maxAnswer), response.Body}
	}
	return response, err
}
