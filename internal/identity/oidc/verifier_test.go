package oidc_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bluerose/internal/identity/oidc"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// keys are made once: RSA keys take their time.
var (
	rsaKey    = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	otherKey  = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	curveKey  = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	symmetric = []byte("a secret that is long enough for HS256")
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// issuer is an OIDC issuer whose keys a test changes.
type issuer struct {
	url   string
	asked atomic.Int64 // for its keys
	serve atomic.Pointer[http.HandlerFunc]
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	i := &issuer{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			i.asked.Add(1)
		}
		(*i.serve.Load())(w, r)
	}))
	t.Cleanup(server.Close)
	i.url = server.URL
	i.publish(map[string]crypto.PublicKey{"rsa": rsaKey().Public(), "curve": curveKey().Public()})
	return i
}

func (i *issuer) answer(f http.HandlerFunc) { i.serve.Store(&f) }

func (i *issuer) publish(keys map[string]crypto.PublicKey) {
	s := &oidctest.Server{}
	for id, key := range keys {
		s.PublicKeys = append(s.PublicKeys, oidctest.PublicKey{PublicKey: key, KeyID: id})
	}
	s.SetIssuer(i.url)
	i.answer(s.ServeHTTP)
}

// claims are those of a good token; changes gives others, and nil takes one away.
func (i *issuer) claims(changes map[string]any) string {
	all := map[string]any{
		"iss": i.url, "aud": "bluerose", "sub": "ada", "scope": "images:read images:write",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return string(must(json.Marshal(all)))
}

func (i *issuer) token(changes map[string]any) string {
	return oidctest.SignIDToken(rsaKey(), "rsa", "RS256", i.claims(changes))
}

// clock is a time that a test sets.
type clock struct{ atomic.Int64 }

func (c *clock) now() time.Time { return now.Add(time.Duration(c.Load())) }

func verifier(t testing.TB, c *clock, issuers ...string) *oidc.Verifier {
	t.Helper()
	v, err := oidc.New(oidc.Config{Issuers: issuers, Audiences: []string{"other", "bluerose"}, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

func TestGoodTokens(t *testing.T) {
	i := newIssuer(t)
	v := verifier(t, new(clock), "https://login.example.com", i.url)
	for name, c := range map[string]struct {
		token  string
		scopes []string
	}{
		"RS256":                 {i.token(nil), []string{"images:read", "images:write"}},
		"PS384":                 {oidctest.SignIDToken(rsaKey(), "rsa", "PS384", i.claims(nil)), []string{"images:read", "images:write"}},
		"ES256":                 {oidctest.SignIDToken(curveKey(), "curve", "ES256", i.claims(nil)), []string{"images:read", "images:write"}},
		"no key id":             {oidctest.SignIDToken(rsaKey(), "", "RS256", i.claims(nil)), []string{"images:read", "images:write"}},
		"several audiences":     {i.token(map[string]any{"aud": []string{"x", "bluerose"}, "scope": nil}), nil},
		"Cognito's client_id":   {i.token(map[string]any{"aud": nil, "client_id": "bluerose", "scope": "a"}), []string{"a"}},
		"scopes in a list":      {i.token(map[string]any{"scope": nil, "scp": []string{"a", "b"}}), []string{"a", "b"}},
		"valid in four minutes": {i.token(map[string]any{"nbf": now.Add(4 * time.Minute).Unix(), "scope": "a"}), []string{"a"}},
	} {
		got, err := v.Verify(t.Context(), c.token)
		if err != nil || got.Subject != "ada" || got.Issuer != i.url || !slices.Equal(got.Scopes, c.scopes) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
		if exp, _ := got.Claims["exp"].(json.Number); exp != json.Number(fmt.Sprint(now.Add(time.Hour).Unix())) {
			t.Errorf("%s: exp is %v", name, got.Claims["exp"])
		}
	}
	if n := i.asked.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times", n)
	}
}

func part(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }

// swapped gives the token with other claims under the same signature.
func swapped(token, claims string) string {
	parts := strings.Split(token, ".")
	return parts[0] + "." + part(claims) + "." + parts[2]
}

func TestBadTokens(t *testing.T) {
	i, stranger := newIssuer(t), newIssuer(t)
	v := verifier(t, new(clock), i.url)
	good := i.token(nil)
	publicKey := must(json.Marshal(rsaKey().Public()))
	for name, token := range map[string]string{
		"nothing":              "",
		"no JWT":               "opaque",
		"two parts":            good[:strings.LastIndex(good, ".")],
		"no signature":         good[:strings.LastIndex(good, ".")+1],
		"alg none":             part(`{"alg":"none"}`) + "." + part(i.claims(nil)) + ".",
		"alg None":             part(`{"alg":"None","kid":"rsa"}`) + "." + part(i.claims(nil)) + ".AAAA",
		"HS256":                oidctest.SignIDToken(symmetric, "rsa", "HS256", i.claims(nil)),
		"HS256 by public key":  oidctest.SignIDToken(publicKey, "rsa", "HS256", i.claims(nil)),
		"wrong key":            oidctest.SignIDToken(otherKey(), "rsa", "RS256", i.claims(nil)),
		"wrong key, no id":     oidctest.SignIDToken(otherKey(), "", "RS256", i.claims(nil)),
		"unknown key id":       oidctest.SignIDToken(rsaKey(), "rsb", "RS256", i.claims(nil)),
		"key of another kind":  oidctest.SignIDToken(curveKey(), "rsa", "ES256", i.claims(nil)),
		"other audience":       i.token(map[string]any{"aud": "shop"}),
		"no audience":          i.token(map[string]any{"aud": nil}),
		"client_id beside aud": i.token(map[string]any{"aud": "shop", "client_id": "bluerose"}),
		"other issuer":         stranger.token(nil),
		"issuer with a slash":  i.token(map[string]any{"iss": i.url + "/"}),
		"another's signature":  oidctest.SignIDToken(otherKey(), "rsa", "RS256", stranger.claims(map[string]any{"iss": i.url})),
		"no issuer":            i.token(map[string]any{"iss": nil}),
		"issuer of numbers":    i.token(map[string]any{"iss": 1}),
		"no subject":           i.token(map[string]any{"sub": nil}),
		"not yet valid":        i.token(map[string]any{"nbf": now.Add(time.Hour).Unix()}),
		"tampered claims":      swapped(good, i.claims(map[string]any{"sub": "eve"})),
		"tampered expiry":      swapped(i.token(map[string]any{"exp": 1}), i.claims(nil)),
		"tampered signature":   good[:len(good)-8] + "AAAAAAAA",
		"claims of no JSON":    oidctest.SignIDToken(rsaKey(), "rsa", "RS256", "hello"),
		"claims in a list":     oidctest.SignIDToken(rsaKey(), "rsa", "RS256", "["+i.claims(nil)+"]"),
		"too long":             i.token(map[string]any{"x": strings.Repeat("x", 17<<10)}),
		"absurdly long":        strings.Repeat("e", 32<<10),
		"two tokens":           good + " " + good,
	} {
		got, err := v.Verify(t.Context(), token)
		if err == nil || errors.Is(err, oidc.ErrExpired) || errors.Is(err, oidc.ErrUnavailable) {
			t.Errorf("%s: got %+v, %v", name, got, err)
			continue
		}
		if signature := token[strings.LastIndex(token, ".")+1:]; len(signature) > 8 && strings.Contains(err.Error(), signature) {
			t.Errorf("%s: the error holds the token: %v", name, err)
		}
	}
	if n := stranger.asked.Load(); n != 0 {
		t.Errorf("an issuer that nobody trusts was asked %d times", n)
	}
}

func TestExpiry(t *testing.T) {
	i, c := newIssuer(t), new(clock)
	v := verifier(t, c, i.url)
	token := i.token(nil)
	for after, expired := range map[time.Duration]bool{time.Hour: false, time.Hour + time.Second: true} {
		c.Store(int64(after))
		if _, err := v.Verify(t.Context(), token); errors.Is(err, oidc.ErrExpired) != expired || !expired && err != nil {
			t.Errorf("after %v: got %v", after, err)
		}
	}
	if _, err := v.Verify(t.Context(), i.token(map[string]any{"exp": nil})); !errors.Is(err, oidc.ErrExpired) {
		t.Errorf("a token that never expires: got %v", err)
	}
}

// A key that is new is taken at once; one that its issuer has withdrawn is not taken after keysAge.
func TestKeysRotate(t *testing.T) {
	i, c := newIssuer(t), new(clock)
	v := verifier(t, c, i.url)
	old := i.token(map[string]any{"exp": now.Add(24 * time.Hour).Unix()})
	if _, err := v.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	i.publish(map[string]crypto.PublicKey{"next": otherKey().Public()})
	next := oidctest.SignIDToken(otherKey(), "next", "RS256", i.claims(map[string]any{"exp": now.Add(24 * time.Hour).Unix()}))
	c.Store(int64(11 * time.Second))
	if _, err := v.Verify(t.Context(), next); err != nil {
		t.Errorf("the new key: %v", err)
	}
	if _, err := v.Verify(t.Context(), old); err == nil {
		t.Error("the key that is withdrawn is taken")
	}

	i.publish(map[string]crypto.PublicKey{"rsa": rsaKey().Public()})
	c.Store(int64(time.Hour))
	if _, err := v.Verify(t.Context(), next); err != nil { // the old keys serve on while new ones are fetched
		t.Errorf("while keys are fetched: %v", err)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if _, err := v.Verify(t.Context(), next); err != nil {
			return
		}
	}
	t.Error("old keys are not fetched again")
}

func TestUnknownKeysAskTheIssuerSeldom(t *testing.T) {
	i, c := newIssuer(t), new(clock)
	v := verifier(t, c, i.url)
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() {
			token := oidctest.SignIDToken(rsaKey(), fmt.Sprint("made up ", n), "RS256", i.claims(nil))
			if _, err := v.Verify(context.Background(), token); err == nil {
				t.Error("an unknown key is taken")
			}
		})
	}
	all.Wait()
	if n := i.asked.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times, want once", n)
	}
	c.Store(int64(10 * time.Second))
	if _, err := v.Verify(t.Context(), oidctest.SignIDToken(rsaKey(), "x", "RS256", i.claims(nil))); err == nil || i.asked.Load() != 2 {
		t.Errorf("10 s later: %v, asked %d times", err, i.asked.Load())
	}
}

func TestIssuerThatIsDown(t *testing.T) {
	i, c := newIssuer(t), new(clock)
	var down atomic.Int64
	i.answer(func(w http.ResponseWriter, _ *http.Request) {
		down.Add(1)
		http.Error(w, "the inside of the issuer", http.StatusBadGateway)
	})
	v := verifier(t, c, i.url)
	for range 3 {
		if _, err := v.Verify(t.Context(), i.token(nil)); !errors.Is(err, oidc.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	}
	if n := down.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times, want once", n)
	}
	i.publish(map[string]crypto.PublicKey{"rsa": rsaKey().Public()})
	c.Store(int64(10 * time.Second))
	if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
		t.Errorf("when it is up again: %v", err)
	}
	// Down again: its keys serve on.
	i.answer(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusBadGateway) })
	c.Store(int64(30 * time.Minute))
	for range 3 {
		if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
			t.Errorf("when it is down again: %v", err)
		}
	}
}

func TestIssuerThatHangs(t *testing.T) {
	i := newIssuer(t)
	over := make(chan struct{})
	i.answer(func(http.ResponseWriter, *http.Request) { <-over })
	t.Cleanup(func() { close(over) })
	v, err := oidc.New(oidc.Config{Issuers: []string{i.url}, Audiences: []string{"bluerose"}, Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if _, err := v.Verify(t.Context(), i.token(nil)); !errors.Is(err, oidc.ErrUnavailable) {
		t.Errorf("got %v", err)
	}

	patient := verifier(t, new(clock), i.url)
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := patient.Verify(gone, i.token(nil)); !errors.Is(err, oidc.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who has gone: got %v", err)
	}
}

func TestIssuerThatLies(t *testing.T) {
	documents := func(discovery, keys string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/keys" {
				fmt.Fprint(w, keys)
				return
			}
			fmt.Fprint(w, strings.ReplaceAll(discovery, "HOST", "http://"+r.Host))
		}
	}
	const good = `{"issuer":"HOST","jwks_uri":"HOST/keys"}`
	for name, answer := range map[string]http.HandlerFunc{
		"another issuer":    documents(`{"issuer":"https://login.example.com","jwks_uri":"HOST/keys"}`, `{}`),
		"keys of a file":    documents(`{"issuer":"HOST","jwks_uri":"file:///etc/passwd"}`, `{}`),
		"keys over http":    documents(`{"issuer":"HOST","jwks_uri":"http://192.0.2.1/keys"}`, `{}`),
		"no document":       documents(`hello`, `{}`),
		"no keys":           documents(good, `{"keys":[]}`),
		"a symmetric key":   documents(good, `{"keys":[{"kty":"oct","kid":"rsa","k":"`+part(string(symmetric))+`"}]}`),
		"keys of no JSON":   documents(good, `<html>`),
		"an endless answer": documents(good, `{"x":"`+strings.Repeat("x", 2<<20)+`","keys":[]}`),
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+r.Host+"/x", http.StatusFound)
		},
	} {
		i := newIssuer(t)
		i.answer(answer)
		if _, err := verifier(t, new(clock), i.url).Verify(t.Context(), i.token(nil)); !errors.Is(err, oidc.ErrUnavailable) || len(err.Error()) > 400 {
			t.Errorf("%s: got %.500v", name, err)
		}
	}
}

// Keys of kinds that nobody knows yet, and those for encryption, do not spoil the ones beside them.
func TestKeysOfOtherKindsArePassedOver(t *testing.T) {
	i := newIssuer(t)
	real := httptest.NewRecorder()
	(*i.serve.Load())(real, httptest.NewRequest("GET", "/keys", nil))
	mixed := strings.Replace(real.Body.String(), `{"keys":[`, `{"keys":[{"kty":"PQC","kid":"x"},{"kty":"RSA","use":"enc","kid":"rsa","n":"AQAB","e":"AQAB"},`, 1)
	i.answer(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			fmt.Fprint(w, mixed)
			return
		}
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, i.url, i.url+"/keys")
	})
	if _, err := verifier(t, new(clock), i.url).Verify(t.Context(), i.token(nil)); err != nil {
		t.Error(err)
	}
}

func TestConfigIsValidated(t *testing.T) {
	for name, cfg := range map[string]oidc.Config{
		"no issuer":        {Audiences: []string{"a"}},
		"no audience":      {Issuers: []string{"https://login.example.com"}},
		"empty audience":   {Issuers: []string{"https://login.example.com"}, Audiences: []string{""}},
		"http":             {Issuers: []string{"http://login.example.com"}, Audiences: []string{"a"}},
		"no URL":           {Issuers: []string{"login.example.com"}, Audiences: []string{"a"}},
		"with a password":  {Issuers: []string{"https://a:b@login.example.com"}, Audiences: []string{"a"}},
		"with a query":     {Issuers: []string{"https://login.example.com?x=1"}, Audiences: []string{"a"}},
		"negative timeout": {Issuers: []string{"https://login.example.com"}, Audiences: []string{"a"}, Timeout: -1},
	} {
		if _, err := oidc.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzVerify(f *testing.F) {
	i := newIssuer(f)
	v := verifier(f, new(clock), i.url)
	good := i.token(nil)
	want, err := v.Verify(f.Context(), good)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(part(`{"alg":"none"}`) + "." + part(i.claims(nil)) + ".")
	f.Add(swapped(good, i.claims(map[string]any{"sub": "eve"})))
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if got, err := v.Verify(t.Context(), token); err == nil && !reflect.DeepEqual(got, want) { // base64 has several spellings
			t.Errorf("%q is taken for %+v", token, got)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	i := newIssuer(b)
	v := verifier(b, new(clock), i.url)
	for name, token := range map[string]string{"RS256": i.token(nil), "ES256": oidctest.SignIDToken(curveKey(), "curve", "ES256", i.claims(nil))} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
