package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

// authorizer builds the example of docs/api.md in a folder of its own, which is what it may read.
func authorizer(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "authorizer")
	build := exec.Command("go", "build", "-o", path, "../../examples/authorizer")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the authorizer does not build: %v\n%s", err, out)
	}
	return path
}

// ask gives the status and the body of a GET with a token.
func (s *service) ask(t *testing.T, path, token string) string {
	t.Helper()
	a := s.must(s.send(t.Context(), http.MethodGet, path, http.Header{"Authorization": {"Bearer " + token}}, nil))
	return fmt.Sprintf("%d %s", a.status, a.body)
}

func TestAuthorizer(t *testing.T) {
	const adas, stranger, path = "a-token-of-adas", "a-token-of-nobodys", "/prod/authorizer/ImageProcessingService"
	program := authorizer(t)
	tokens := filepath.Join(filepath.Dir(program), "tokens")
	list := fmt.Appendf(nil, "%x ada\n", sha256.Sum256([]byte(adas)))
	if err := os.WriteFile(tokens, list, 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "--authorizer", program, "--instances", "1")
	for _, c := range [][3]string{
		{path, adas, `200 "pong"`},
		{path, stranger, `401 {"message":"Unauthorized"}`},
		{strings.Replace(path, "prod", "dev", 1), adas, `200 "pong"`},
		{path, adas, `200 "pong"`},
	} {
		if got := s.ask(t, c[0], c[1]); got != c[2] {
			t.Errorf("%s of %s: got %s, want %s", c[0], c[1], got, c[2])
		}
	}

	// What it reads must be in its folder itself.
	elsewhere := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(elsewhere, list, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(tokens); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, tokens); err != nil {
		t.Fatal(err)
	}
	if got := s.ask(t, path, "another"); got != `500 {"message":null}` {
		t.Errorf("a file of another folder: got %s", got)
	}
	s.keepsQuiet(t, adas, stranger)
}

func TestOAuth(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	issuer := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "1"}}}
	server := httptest.NewServer(issuer)
	defer server.Close()
	issuer.SetIssuer(server.URL)
	token := func(audience string, lives time.Duration) string {
		return oidctest.SignIDToken(key, "1", "RS256", fmt.Sprintf(`{"iss":%q,"sub":"ada","aud":%q,"exp":%d}`, server.URL, audience, time.Now().Add(lives).Unix()))
	}
	good, foreign, old := token("bluerose", time.Hour), token("shop", time.Hour), token("bluerose", -time.Hour)
	s := start(t, "--oidc-issuer", server.URL, "--oidc-audience", "bluerose")
	for _, c := range [][2]string{
		{good, `200 "pong"`},
		{foreign, `401 {"message":"Unauthorized"}`},
		{old, `401 {"message":"The incoming token has expired"}`},
		{good[:len(good)-8] + "AAAAAAAA", `401 {"message":"Unauthorized"}`},
		{"", `401 {"message":"Unauthorized"}`},
	} {
		if got := s.ask(t, "/prod/oauth/ImageProcessingService", c[0]); got != c[1] {
			t.Errorf("%.20s: got %s, want %s", c[0], got, c[1])
		}
	}
	s.keepsQuiet(t, good[:40], foreign[len(foreign)-40:], old[len(old)-40:])
}

// keepsQuiet stops the service, and fails when its log holds one of the secrets.
func (s *service) keepsQuiet(t *testing.T, secrets ...string) {
	t.Helper()
	s.interrupt()
	if err := s.wait(); err != nil {
		t.Error(err)
	}
	log := s.stderr.String()
	if !strings.Contains(log, "ImageProcessingService") {
		t.Errorf("there is no access log:\n%s", log)
	}
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds the token %s", secret)
		}
	}
}
