package access_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/access"
	"bluerose/internal/apigateway/definition"
	"bluerose/internal/identity/oidc"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

var (
	issued   = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	tokenKey = sync.OnceValue(func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return key
	})
)

// issuer starts an OIDC issuer, and gives a function that signs claims, which begin with those that every token has.
func issuer(t testing.TB) (url string, sign func(claims string) string) {
	t.Helper()
	s := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: tokenKey().Public(), KeyID: "1"}}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.SetIssuer(server.URL)
	return server.URL, func(claims string) string {
		all := fmt.Sprintf(`{"iss":%q,"sub":"ada","aud":"bluerose","iat":%d,"exp":%d%s}`, server.URL, issued.Unix(), issued.Unix()+3600, claims)
		return oidctest.SignIDToken(tokenKey(), "1", "RS256", all)
	}
}

// oauth starts a service that takes url's tokens at a time so long after they were issued.
func oauth(t testing.TB, url string, after time.Duration, replacements ...string) *service {
	t.Helper()
	v, err := oidc.New(oidc.Config{Issuers: []string{url}, Audiences: []string{"bluerose"}, Now: func() time.Time { return issued.Add(after) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return serve(t, func(*apigateway.Gateway, *definition.Definition) access.Scheme { return access.OAuth(v) }, replacements...)
}

const oauthPath = "/prod/oauth/images"

func TestOAuth(t *testing.T) {
	url, sign := issuer(t)
	s := oauth(t, url, time.Minute)
	good := sign("")
	const (
		unauthorized = `401 UnauthorizedException {"message":"Unauthorized"}`
		passed       = `200  `
	)
	for name, c := range map[string]struct {
		header []string
		want   string
	}{
		"Bearer":         {[]string{"Bearer " + good}, passed},
		"bearer":         {[]string{"bearer  " + good}, passed},
		"the token":      {[]string{good}, passed},
		"nothing":        {nil, unauthorized},
		"empty":          {[]string{""}, unauthorized},
		"Bearer alone":   {[]string{"Bearer "}, unauthorized},
		"another scheme": {[]string{"Basic " + good}, unauthorized},
		"signed":         {[]string{"AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=y"}, unauthorized},
		"twice":          {[]string{"Bearer " + good, "Bearer " + good}, unauthorized},
		"two in one":     {[]string{"Bearer " + good + ", Bearer " + good}, unauthorized},
		"other audience": {[]string{"Bearer " + sign(`,"aud":"shop"`)}, unauthorized},
		"tampered":       {[]string{"Bearer " + good[:len(good)-8] + "AAAAAAAA"}, unauthorized},
		"absurdly long":  {[]string{"Bearer " + strings.Repeat("x", 100_000)}, unauthorized},
	} {
		status, errorType, body := s.answer(t, "POST", oauthPath, http.Header{"Authorization": c.header})
		if got := fmt.Sprintf("%d %s %s", status, errorType, body); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	if log := s.log.String(); strings.Contains(log, good[:20]) || !strings.Contains(log, "another audience") {
		t.Errorf("the log holds a token, or not why it was refused: %s", log)
	}
	if status, _, _ := s.answer(t, "POST", "/prod/images", nil); status != 200 {
		t.Errorf("a public route: got %d", status)
	}
}

func TestOAuthExpiry(t *testing.T) {
	url, sign := issuer(t)
	status, errorType, body := oauth(t, url, 2*time.Hour).answer(t, "POST", oauthPath, http.Header{"Authorization": {"Bearer " + sign("")}})
	if status != 401 || errorType != "UnauthorizedException" || body != `{"message":"The incoming token has expired"}` {
		t.Errorf("got %d %s %s", status, errorType, body)
	}
}

func TestOAuthScopes(t *testing.T) {
	url, sign := issuer(t)
	s := oauth(t, url, time.Minute, "security: [{oauth: []}]", "security: [{oauth: [images:write, images:all]}]")
	for claims, want := range map[string]int{
		`,"scope":"images:read images:write"`: 200,
		`,"scp":["images:all"]`:               200,
		`,"scope":"images:read"`:              403,
		`,"scope":"images"`:                   403,
		``:                                    403,
	} {
		status, errorType, body := s.answer(t, "POST", oauthPath, http.Header{"Authorization": {"Bearer " + sign(claims)}})
		if status != want {
			t.Errorf("%s: got %d", claims, status)
		}
		if status == 403 && (errorType != "AccessDeniedException" || body != `{"Message":"User is not authorized to access this resource"}`) {
			t.Errorf("%s: got %s %s", claims, errorType, body)
		}
	}
}

func TestOAuthClaims(t *testing.T) {
	url, sign := issuer(t)
	token := sign(`,"email_verified":true,"level":3,"auth_time":1772600000,"cognito:groups":["admins","users"],"address":{"city":"Paris"}`)
	_, _, body := oauth(t, url, time.Minute).answer(t, "POST", oauthPath, http.Header{"Authorization": {"Bearer " + token}})
	var got struct{ Claims map[string]string }
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	want := map[string]string{
		"iss": url, "sub": "ada", "aud": "bluerose", "iat": "Wed Mar 04 05:06:07 UTC 2026", "exp": "Wed Mar 04 06:06:07 UTC 2026",
		"email_verified": "true", "level": "3", "auth_time": "1772600000", "cognito:groups": "admins,users", "address": `{"city":"Paris"}`,
	}
	if !reflect.DeepEqual(got.Claims, want) {
		t.Errorf("got %v, want %v", got.Claims, want)
	}
}

func TestOAuthIssuerThatIsDown(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	defer down.Close()
	_, sign := issuer(t)
	s := oauth(t, down.URL, time.Minute)
	token := sign(`,"iss":"` + down.URL + `"`)
	status, _, body := s.answer(t, "POST", oauthPath, http.Header{"Authorization": {"Bearer " + token}})
	if status != 500 || !strings.Contains(body, "try again") || strings.Contains(body, "discovery") {
		t.Errorf("got %d %s", status, body)
	}
	if log := s.log.String(); !strings.Contains(log, "discovery") || strings.Contains(log, token) {
		t.Errorf("the log does not say why: %s", log)
	}
}

func BenchmarkOAuth(b *testing.B) {
	url, sign := issuer(b)
	header := http.Header{"Authorization": {"Bearer " + sign("")}}
	s := oauth(b, url, time.Minute)
	for name, path := range map[string]string{"public": "/prod/ImageProcessingService", "oauth": "/prod/oauth/ImageProcessingService"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if status, _, body := s.answer(b, "GET", path, header); status != 200 {
					b.Fatalf("%d %s", status, body)
				}
			}
		})
	}
}
