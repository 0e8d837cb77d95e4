package identity_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bluerose/internal/identity"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

var (
	signedAt = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	key      = identity.Key{ID: "BRTESTTESTTESTTEST22", Secret: "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}
)

const (
	endpoint  = "http://bluerose.test/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu%3A1%3Afunction%3Aimage/invocations?Qualifier=live%20one&b=2&a-b=1&a="
	bodyText  = `{"operation":"ping"}`
	forbidden = http.StatusForbidden
	account   = "123456789012"
)

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func newRequest(t *testing.T, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("X-Amz-Invocation-Type", "  RequestResponse   twice ")
	r.Header.Set("User-Agent", "a client")
	return r
}

func sign(t *testing.T, r *http.Request, payload string) *http.Request {
	t.Helper()
	credentials := aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}
	if err := v4.NewSigner().SignHTTP(context.Background(), credentials, r, payload, "lambda", "eu-west-1", signedAt); err != nil {
		t.Fatal(err)
	}
	return r
}

func presign(t *testing.T, expires string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, presignURL(t, key, "", expires, ""), strings.NewReader(bodyText))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// presignURL gives the URL that AWS' own signer makes for bodyText, or, with payload, for what that says.
func presignURL(t *testing.T, key identity.Key, token, expires, payload string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, endpoint, nil)
	if err != nil {
		t.Fatal(err)
	}
	hash := hashOf(bodyText)
	q := r.URL.Query()
	if payload != "" {
		hash = payload
		q.Set("X-Amz-Content-Sha256", payload)
	}
	q.Set("X-Amz-Expires", expires)
	r.URL.RawQuery = q.Encode()
	credentials := aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret, SessionToken: token}
	uri, _, err := v4.NewSigner().PresignHTTP(context.Background(), credentials, r, hash, "lambda", "eu-west-1", signedAt)
	if err != nil {
		t.Fatal(err)
	}
	return uri
}

// send puts r through a server whose clock stands at now, and gives its answer.
func send(t *testing.T, now time.Time, cfg identity.Config, r *http.Request) (status int, errorType, body string) {
	t.Helper()
	cfg.Now = func() time.Time { return now }
	if cfg.Keys == nil {
		cfg.Keys = identity.OwnerKey(key, account)
	}
	v, err := identity.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(v.Verify(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(w, r.Body)
	})))
	defer server.Close()
	r.Host = r.URL.Host
	r.URL.Host = strings.TrimPrefix(server.URL, "http://")
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header.Get("X-Amzn-ErrorType"), string(text)
}

func TestSignedRequestPassesWithItsBody(t *testing.T) {
	declared := newRequest(t, bodyText)
	declared.Header.Set("X-Amz-Content-Sha256", hashOf(bodyText))
	unsigned := newRequest(t, bodyText)
	unsigned.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	for name, r := range map[string]*http.Request{
		"body hashed by both sides": sign(t, newRequest(t, bodyText), hashOf(bodyText)),
		"hash declared":             sign(t, declared, hashOf(bodyText)),
		"payload unsigned":          sign(t, unsigned, "UNSIGNED-PAYLOAD"),
		"presigned":                 presign(t, "60"),
	} {
		t.Run(name, func(t *testing.T) {
			if status, errorType, body := send(t, signedAt, identity.Config{Service: "lambda"}, r); status != http.StatusOK || body != bodyText {
				t.Errorf("got %d %s %q, want 200 and the body", status, errorType, body)
			}
		})
	}
}

func TestTamperingIsRefused(t *testing.T) {
	authorization := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), from, to))
		}
	}
	setBody := func(r *http.Request, s string) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(s)), int64(len(s))
	}
	const (
		missing    = "MissingAuthenticationTokenException"
		incomplete = "IncompleteSignatureException"
		invalid    = "InvalidSignatureException"
		unknown    = "UnrecognizedClientException"
	)
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   string
	}{
		"no authorization":       {func(r *http.Request) { r.Header.Del("Authorization") }, missing},
		"bearer token":           {func(r *http.Request) { r.Header.Set("Authorization", "Bearer abc") }, incomplete},
		"no equal sign":          {func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 abc") }, incomplete},
		"no credential":          {authorization("Credential=", "Other="), incomplete},
		"no signature":           {authorization("Signature=", "Other="), incomplete},
		"no signed headers":      {authorization("SignedHeaders=", "Other="), incomplete},
		"host not signed":        {authorization(";host", ""), incomplete},
		"short credential":       {authorization("/aws4_request", ""), incomplete},
		"other terminator":       {authorization("aws4_request", "aws5_request"), incomplete},
		"unsigned amz header":    {func(r *http.Request) { r.Header.Set("X-Amz-Log-Type", "Tail") }, incomplete},
		"no date":                {func(r *http.Request) { r.Header.Del("X-Amz-Date") }, incomplete},
		"date of no known form":  {func(r *http.Request) { r.Header.Set("X-Amz-Date", "yesterday") }, incomplete},
		"query not well-formed":  {func(r *http.Request) { r.URL.RawQuery += "&%zz" }, incomplete},
		"unknown key":            {authorization(key.ID, "BRTESTTESTTESTTEST33"), unknown},
		"other region":           {authorization("eu-west-1", "eu-west-2"), invalid},
		"other service":          {authorization("/lambda/", "/s3/"), invalid},
		"other day in the scope": {authorization("/20260304/", "/20260305/"), invalid},
		"long day in the scope":  {authorization("/20260304/", "/"+strings.Repeat("20260304", 9)+"/"), invalid},
		"other time":             {func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260304T050608Z") }, invalid},
		"other method":           {func(r *http.Request) { r.Method = http.MethodPut }, invalid},
		"other path":             {func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/other", "" }, invalid},
		"path decoded":           {func(r *http.Request) { r.URL.RawPath = "" }, invalid},
		"other query value":      {func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "b=2", "b=3", 1) }, invalid},
		"query added":            {func(r *http.Request) { r.URL.RawQuery += "&c=1" }, invalid},
		"other host":             {func(r *http.Request) { r.URL.Host = "other.test" }, invalid},
		"other signed header":    {func(r *http.Request) { r.Header.Set("X-Amz-Invocation-Type", "Event") }, invalid},
		"other body":             {func(r *http.Request) { setBody(r, `{"operation":"pong"}`) }, invalid},
		"longer body":            {func(r *http.Request) { setBody(r, bodyText+" ") }, invalid},
		"other signature":        {func(r *http.Request) { r.Header.Set("Authorization", r.Header.Get("Authorization")[:200]) }, invalid},
		"no hex in signature":    {authorization("Signature=", "Signature=z"), invalid},
	} {
		t.Run(name, func(t *testing.T) {
			r := sign(t, newRequest(t, bodyText), hashOf(bodyText))
			c.change(r)
			status, errorType, body := send(t, signedAt, identity.Config{}, r)
			if status != forbidden || errorType != c.want {
				t.Errorf("got %d %s %s, want 403 %s", status, errorType, body, c.want)
			}
			var message struct{ Message string }
			if err := json.Unmarshal([]byte(body), &message); err != nil || message.Message == "" {
				t.Errorf("body %q holds no message", body)
			}
			if strings.Contains(body, key.Secret) {
				t.Error("the answer gives the secret away")
			}
		})
	}
}

func TestDeclaredHashMustBeOfTheBody(t *testing.T) {
	r := newRequest(t, bodyText)
	r.Header.Set("X-Amz-Content-Sha256", hashOf("another body"))
	status, errorType, _ := send(t, signedAt, identity.Config{}, sign(t, r, hashOf("another body")))
	if status != forbidden || errorType != "InvalidSignatureException" {
		t.Errorf("got %d %s", status, errorType)
	}
}

func TestSessionTokenIsUnknown(t *testing.T) {
	r := newRequest(t, bodyText)
	r.Header.Set("X-Amz-Security-Token", "a token of nobody")
	status, errorType, _ := send(t, signedAt, identity.Config{}, sign(t, r, hashOf(bodyText)))
	if status != forbidden || errorType != "UnrecognizedClientException" {
		t.Errorf("got %d %s", status, errorType)
	}
}

// A presigned URL may be given away for a body that is not known yet.
func TestPresignedForAnyBody(t *testing.T) {
	uri := presignURL(t, key, "", "60", "UNSIGNED-PAYLOAD")
	for name, c := range map[string]struct {
		uri  string
		want int
	}{
		"as it is":                {uri, http.StatusOK},
		"without saying so":       {strings.Replace(uri, "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&", "", 1), forbidden},
		"the hash of another one": {strings.Replace(uri, "UNSIGNED-PAYLOAD", hashOf("x"), 1), forbidden},
	} {
		r, err := http.NewRequest(http.MethodPost, c.uri, strings.NewReader("any body"))
		if err != nil {
			t.Fatal(err)
		}
		if status, errorType, body := send(t, signedAt, identity.Config{}, r); status != c.want {
			t.Errorf("%s: got %d %s %s", name, status, errorType, body)
		}
	}
}

func TestUnsignedBodyIsNotRead(t *testing.T) {
	v, err := identity.New(identity.Config{Keys: identity.OwnerKey(key, account), Now: func() time.Time { return signedAt }})
	if err != nil {
		t.Fatal(err)
	}
	r := newRequest(t, bodyText)
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	sign(t, r, "UNSIGNED-PAYLOAD")
	p, err := v.Authenticate(r, func() ([]byte, error) {
		t.Error("the body was asked for")
		return nil, nil
	})
	if err != nil || !p.Owner || p.ID != key.ID {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestServiceOfTheScope(t *testing.T) {
	status, errorType, _ := send(t, signedAt, identity.Config{Service: "s3"}, sign(t, newRequest(t, bodyText), hashOf(bodyText)))
	if status != forbidden || errorType != "InvalidSignatureException" {
		t.Errorf("got %d %s", status, errorType)
	}
}

func TestClockSkew(t *testing.T) {
	header := func(t *testing.T) *http.Request { return sign(t, newRequest(t, bodyText), hashOf(bodyText)) }
	minute := func(t *testing.T) *http.Request { return presign(t, "60") }
	for name, c := range map[string]struct {
		request func(*testing.T) *http.Request
		after   time.Duration
		want    int
		message string
	}{
		"five minutes late":        {header, 5 * time.Minute, http.StatusOK, ""},
		"later":                    {header, 5*time.Minute + time.Second, forbidden, "Signature expired: 20260304T050607Z is now earlier than 20260304T050608Z (20260304T051108Z - 5 min.)"},
		"five minutes early":       {header, -5 * time.Minute, http.StatusOK, ""},
		"earlier":                  {header, -5*time.Minute - time.Second, forbidden, "Signature not yet current: 20260304T050607Z is still later than 20260304T050606Z (20260304T050106Z + 5 min.)"},
		"presigned, at its end":    {minute, time.Minute, http.StatusOK, ""},
		"presigned, after its end": {minute, time.Minute + time.Second, forbidden, "Signature expired: 20260304T050607Z is now earlier than 20260304T050608Z (20260304T050708Z - 1 min.)"},
		"presigned for too long":   {func(t *testing.T) *http.Request { return presign(t, "604801") }, 0, forbidden, "X-Amz-Expires must be between 1 and 604800 seconds."},
		"presigned for no time":    {func(t *testing.T) *http.Request { return presign(t, "0") }, 0, forbidden, "X-Amz-Expires must be between 1 and 604800 seconds."},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, body := send(t, signedAt.Add(c.after), identity.Config{}, c.request(t))
			if status != c.want || !strings.Contains(body, c.message) {
				t.Errorf("got %d %s, want %d %s", status, body, c.want, c.message)
			}
		})
	}
}

func TestBodyIsBounded(t *testing.T) {
	long := strings.Repeat("x", 1001)
	for name, length := range map[string]int64{"announced": 1001, "chunked": -1} {
		t.Run(name, func(t *testing.T) {
			r := newRequest(t, long)
			r.ContentLength = 0 // or the signer would sign it
			sign(t, r, hashOf(long))
			r.ContentLength = length
			status, errorType, body := send(t, signedAt, identity.Config{MaxBody: 1000}, r)
			if status != http.StatusRequestEntityTooLarge || errorType != "RequestEntityTooLargeException" || !strings.Contains(body, "1000 bytes") {
				t.Errorf("got %d %s %s", status, errorType, body)
			}
		})
	}
}

func TestStrangersBodyIsNotRead(t *testing.T) {
	v, err := identity.New(identity.Config{Keys: identity.OwnerKey(identity.Key{ID: "other"}, account), Now: func() time.Time { return signedAt }})
	if err != nil {
		t.Fatal(err)
	}
	r := sign(t, newRequest(t, bodyText), hashOf(bodyText))
	body := &countingReader{Reader: bytes.NewReader([]byte(bodyText))}
	r.Body = io.NopCloser(body)
	w := httptest.NewRecorder()
	v.Verify(http.NotFoundHandler()).ServeHTTP(w, r)
	if w.Code != forbidden || body.n != 0 {
		t.Errorf("got %d after %d bytes of the body, want 403 after none", w.Code, body.n)
	}
}

type countingReader struct {
	io.Reader
	n int
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

func TestConfigIsValidated(t *testing.T) {
	keys := identity.OwnerKey(key, account)
	for name, cfg := range map[string]identity.Config{
		"no keys":       {},
		"negative body": {Keys: keys, MaxBody: -1},
		"negative skew": {Keys: keys, MaxSkew: -1},
	} {
		if _, err := identity.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
