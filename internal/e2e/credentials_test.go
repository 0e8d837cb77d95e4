package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// aws runs AWS' own command line against the service, with no settings but those of environment, and gives what it prints.
func (s *service) aws(environment []string, args ...string) (string, error) {
	s.t.Helper()
	path, err := exec.LookPath("aws")
	if err != nil {
		s.t.Fatal("the tests call the service with AWS' command line; `make test-tools` installs it")
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append(args, "--endpoint-url", s.url, "--region", "us-east-1", "--output", "json")...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.data, "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER="}, environment...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestAWSCommandLine becomes a guest and invokes the function, as any AWS SDK does: GetId, GetCredentialsForIdentity, Invoke.
func TestAWSCommandLine(t *testing.T) {
	s := start(t, "--instances", "1")
	run := func(environment []string, into any, args ...string) {
		t.Helper()
		out, err := s.aws(environment, args...)
		if err != nil {
			t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		if err := json.Unmarshal([]byte(out), into); err != nil {
			t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	var id struct{ IdentityID string }
	run(nil, &id, "cognito-identity", "get-id", "--identity-pool-id", s.pool)
	var got struct {
		Credentials struct{ AccessKeyID, SecretKey, SessionToken string }
	}
	run(nil, &got, "cognito-identity", "get-credentials-for-identity", "--identity-id", id.IdentityID)
	guest := []string{
		"AWS_ACCESS_KEY_ID=" + got.Credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + got.Credentials.SecretKey,
		"AWS_SESSION_TOKEN=" + got.Credentials.SessionToken,
	}
	owner := []string{"AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(s.data, "credentials")}
	answer, payload := filepath.Join(t.TempDir(), "answer.json"), filepath.Join(t.TempDir(), "payload.json")
	if err := os.WriteFile(payload, []byte(`{"operation":"ping"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, environment := range map[string][]string{"guest": guest, "owner": owner} {
		var result struct{ StatusCode int }
		run(environment, &result, "lambda", "invoke", "--function-name", "image", "--payload", "fileb://"+payload, answer)
		if text, err := os.ReadFile(answer); err != nil || string(text) != `"pong"` || result.StatusCode != http.StatusOK {
			t.Errorf("%s: got %d %s, %v", name, result.StatusCode, text, err)
		}
	}
	for name, c := range map[string]struct {
		environment []string
		args        []string
		want        string
	}{
		"another pool":          {nil, []string{"cognito-identity", "get-id", "--identity-pool-id", "us-east-1:00000000-0000-4000-8000-000000000000"}, "ResourceNotFoundException"},
		"an identity of nobody": {nil, []string{"cognito-identity", "get-credentials-for-identity", "--identity-id", "us-east-1:00000000-0000-8000-8000-000000000000"}, "ResourceNotFoundException"},
		"a guest's limits":      {guest, []string{"lambda", "publish-version", "--function-name", "image"}, "AccessDeniedException"},
		"no session token":      {guest[:2], []string{"lambda", "list-functions"}, "UnrecognizedClientException"},
	} {
		if out, err := s.aws(c.environment, c.args...); err == nil || !strings.Contains(out, c.want) {
			t.Errorf("%s: got %v\n%s", name, err, out)
		}
	}
	s.fine(t)
}

// TestPresignedURL gives a URL away that AWS' own signer has made, for a picture and its arguments.
func TestPresignedURL(t *testing.T) {
	s := start(t, "--instances", "1")
	rose := s.rose("png")
	presign := func(at time.Time) string {
		r, err := http.NewRequest(http.MethodPost, s.url+"/prod/iam/images?args=-negate&output=png&X-Amz-Expires=60", nil)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(rose)
		url, _, err := v4.NewSigner().PresignHTTP(t.Context(), aws.Credentials{AccessKeyID: s.keyID, SecretAccessKey: s.secret}, r,
			hex.EncodeToString(sum[:]), "execute-api", "us-east-1", at)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(url, s.url)
	}
	good := presign(time.Now())
	if a := s.post(good, rose); a.status != http.StatusOK || decoded(t, a.body).Bounds().Dx() != 70 {
		t.Errorf("got %d %.200s", a.status, a.body)
	}
	for name, c := range map[string]struct {
		path string
		body []byte
		want string
	}{
		"other arguments": {strings.Replace(good, "-negate", "-flip", 1), rose, "InvalidSignatureException"},
		"another picture": {good, rose[1:], "InvalidSignatureException"},
		"expired":         {presign(time.Now().Add(-2 * time.Minute)), rose, "InvalidSignatureException"},
		"another key":     {strings.Replace(good, s.keyID, "BRNOBODY", 1), rose, "UnrecognizedClientException"},
		"no signature":    {"/prod/iam/images", rose, "MissingAuthenticationTokenException"},
	} {
		if a := s.post(c.path, c.body); a.status != http.StatusForbidden || a.header.Get("X-Amzn-ErrorType") != c.want {
			t.Errorf("%s: got %d %s", name, a.status, a.body)
		}
	}
	s.fine(t)
}
