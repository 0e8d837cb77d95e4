package region_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"bluerose/internal/identity"
	"bluerose/internal/region"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
)

const signedPing = "/prod/iam/ImageProcessingService"

func owner(r *region.Region) aws.Credentials {
	return aws.Credentials{AccessKeyID: r.Key().ID, SecretAccessKey: r.Key().Secret}
}

// guest gets a guest's credentials as an AWS SDK for mobile does.
func guest(t *testing.T, r *region.Region) aws.Credentials {
	t.Helper()
	client := cognitoidentity.New(cognitoidentity.Options{Region: "us-east-1", BaseEndpoint: aws.String(r.URL()), RetryMaxAttempts: 1})
	id, err := client.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: aws.String(r.IdentityPool())})
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.GetCredentialsForIdentity(t.Context(), &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: id.IdentityId})
	if err != nil {
		t.Fatal(err)
	}
	c := out.Credentials
	return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretKey, SessionToken: *c.SessionToken}
}

func lambdaClient(r *region.Region, credentials aws.Credentials) *lambda.Client {
	return lambda.New(lambda.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(r.URL()), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }),
	})
}

// signed sends a request that AWS' own signer has signed for execute-api.
func signed(t *testing.T, r *region.Region, c aws.Credentials, method, path, body string, change func(*http.Request)) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequest(method, r.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	err = v4.NewSigner().SignHTTP(t.Context(), c, request, hex.EncodeToString(sum[:]), "execute-api", "us-east-1", time.Now())
	if change != nil {
		change(request)
	}
	return do(t, request, err)
}

// presigned gives a URL that AWS' own signer has made.
func presigned(t *testing.T, r *region.Region, c aws.Credentials, path string, at time.Time) string {
	t.Helper()
	request, err := http.NewRequest("GET", r.URL()+path+"?X-Amz-Expires=60", nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(nil)
	uri, _, err := v4.NewSigner().PresignHTTP(t.Context(), c, request, hex.EncodeToString(sum[:]), "execute-api", "us-east-1", at)
	if err != nil {
		t.Fatal(err)
	}
	return uri
}

func get(t *testing.T, url string, headers ...string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequest("GET", url, nil)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return do(t, request, err)
}

func TestSignedRoutes(t *testing.T) {
	r := start(t, func(cfg *region.Config) { cfg.MaxInput = 8000 })
	for name, c := range map[string]aws.Credentials{"owner": owner(r), "guest": guest(t, r)} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // SigV4 itself lets the same request pass again
				if status, _, body := get(t, presigned(t, r, c, signedPing, time.Now())); status != 200 || body != `"pong"` {
					t.Errorf("presigned: got %d %s", status, body)
				}
			}
			const picture = "\x89PNG\x00\xff"
			if status, _, body := signed(t, r, c, "POST", "/prod/iam/images?args=-negate%20-resize+8x8", picture, nil); status != 200 || body != picture {
				t.Errorf("signed: got %d %q", status, body)
			}
			for name, change := range map[string]func(*http.Request){
				"tampered path":  func(r *http.Request) { r.URL.Path = "/dev/iam/ImageProcessingService" },
				"tampered query": func(r *http.Request) { r.URL.RawQuery = "args=-negate" },
				"tampered body":  func(r *http.Request) { *r = *r.Clone(r.Context()); r.Body = http.NoBody; r.ContentLength = 0 },
				"tampered date": func(r *http.Request) {
					r.Header.Set("X-Amz-Date", time.Now().Add(time.Minute).UTC().Format("20060102T150405Z"))
				},
			} {
				status, header, body := signed(t, r, c, "POST", signedPing, `{"operation":"ping"}`, change)
				if status != 403 || header.Get("X-Amzn-ErrorType") != "InvalidSignatureException" {
					t.Errorf("%s: got %d %s", name, status, body)
				}
			}
			status, header, body := get(t, presigned(t, r, c, signedPing, time.Now().Add(-61*time.Second)))
			if status != 403 || header.Get("X-Amzn-ErrorType") != "InvalidSignatureException" || !strings.Contains(body, "Signature expired") {
				t.Errorf("expired: got %d %s", status, body)
			}
		})
	}
	// A signature opens no other way in, and a body past the limit is refused in the gateway's own words.
	if status, _, _ := signed(t, r, owner(r), "GET", "/prod/key/ImageProcessingService", "", nil); status != 403 {
		t.Errorf("a signature opened a route for API keys: %d", status)
	}
	status, _, body := signed(t, r, owner(r), "POST", "/prod/iam/images", strings.Repeat("x", 8001), nil)
	if status != 413 || !strings.Contains(body, "PayloadTooLarge") {
		t.Errorf("a body past the limit: got %d %s", status, body)
	}
}

func TestGuestsDoWhatTheirPolicySays(t *testing.T) {
	r := start(t, func(cfg *region.Config) { cfg.ImageMagick = false })
	client := lambdaClient(r, guest(t, r))
	for _, qualifier := range []*string{nil, aws.String("prod")} {
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("image"), Qualifier: qualifier, Payload: []byte(`{"operation":"ping"}`)})
		if err != nil || string(out.Payload) != `"pong"` {
			t.Errorf("invoke: %v", err)
		}
	}
	denied := func(what string, err error) {
		t.Helper()
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != "AccessDeniedException" || !strings.Contains(api.ErrorMessage(), "assumed-role/guest/CognitoIdentityCredentials is not authorized to perform: lambda:"+what) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	_, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("other")})
	denied("InvokeFunction", err)
	_, err = client.ListFunctions(t.Context(), nil)
	denied("ListFunctions", err)
	_, err = client.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: aws.String("image")})
	denied("PublishVersion", err)
	_, err = client.DeleteAlias(t.Context(), &lambda.DeleteAliasInput{FunctionName: aws.String("image"), Name: aws.String("prod")})
	denied("DeleteAlias", err)
	if _, err := lambdaClient(r, owner(r)).ListFunctions(t.Context(), nil); err != nil {
		t.Errorf("the owner: %v", err)
	}
}

// The tables at the same address are the owner's, whatever the guests' policy allows.
func TestTablesAreNotForGuests(t *testing.T) {
	r := start(t, func(cfg *region.Config) {
		cfg.Guests.Policy = []byte(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	})
	tables := func(c aws.Credentials) error {
		_, err := dynamodb.New(dynamodb.Options{
			Region: "us-east-1", BaseEndpoint: aws.String(r.URL()), RetryMaxAttempts: 1,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil }),
		}).ListTables(t.Context(), nil)
		return err
	}
	if err := tables(owner(r)); err != nil {
		t.Errorf("the owner: %v", err)
	}
	var api smithy.APIError
	if err := tables(guest(t, r)); !errors.As(err, &api) || api.ErrorCode() != "UnrecognizedClientException" {
		t.Errorf("a guest: %v", err)
	}
}

func TestGuestPolicyIsASetting(t *testing.T) {
	const stages = `{"Statement":[{"Effect":"Allow","Action":"execute-api:*","Resource":"*"},
		{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:*/prod/*"}]}`
	r := start(t, func(cfg *region.Config) { cfg.Guests.Policy = []byte(stages) })
	c := guest(t, r)
	if status, _, body := signed(t, r, c, "GET", "/dev/iam/ImageProcessingService", "", nil); status != 200 {
		t.Errorf("allowed: got %d %s", status, body)
	}
	status, header, body := signed(t, r, c, "GET", signedPing+"/", "", nil)
	const want = `{"Message":"User: arn:aws:sts::123456789012:assumed-role/guest/CognitoIdentityCredentials is not authorized to perform: ` +
		`execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:123456789012:bluerose/prod/GET/iam/ImageProcessingService with an explicit deny"}`
	if status != 403 || header.Get("X-Amzn-ErrorType") != "AccessDeniedException" || body != want {
		t.Errorf("denied: got %d %s", status, body)
	}
	cfg := region.Config{Command: command, DataDir: t.TempDir(), Addr: "127.0.0.1:0"}
	cfg.Guests.Policy = []byte(`{"Statement":{}}`)
	if _, err := region.Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "the guests' policy") {
		t.Errorf("a broken policy: got %v", err)
	}
	cfg.Guests = region.Guests{Pool: "my pool"}
	if _, err := region.Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "REGION:UUID") {
		t.Errorf("a broken pool: got %v", err)
	}
}

func TestGuestsMayBeOff(t *testing.T) {
	dir := t.TempDir()
	open := start(t, func(cfg *region.Config) { cfg.DataDir = dir })
	pool, c := open.IdentityPool(), guest(t, open)
	off := start(t, func(cfg *region.Config) { cfg.DataDir, cfg.Guests.Off = dir, true })
	request, err := http.NewRequest("POST", off.URL()+"/", strings.NewReader(`{"IdentityPoolId":"`+pool+`"}`))
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityService.GetId")
	if status, _, body := do(t, request, err); status != 400 || !strings.Contains(body, "Unauthenticated access is not supported") || off.IdentityPool() != "" {
		t.Errorf("got %d %s", status, body)
	}
	// What was given before is worth nothing any more.
	status, header, _ := signed(t, off, c, "GET", signedPing, "", nil)
	if status != 403 || header.Get("X-Amzn-ErrorType") != "UnrecognizedClientException" {
		t.Errorf("a guest from before: got %d", status)
	}
	again := start(t, func(cfg *region.Config) { cfg.DataDir = dir })
	if status, _, body := signed(t, again, c, "GET", signedPing, "", nil); status != 200 || again.IdentityPool() != pool {
		t.Errorf("after a restart: got %d %s", status, body)
	}
}

func TestAPIKeys(t *testing.T) {
	dir := t.TempDir()
	r := start(t, func(cfg *region.Config) { cfg.DataDir = dir })
	keys, err := region.OpenKeys(t.Context(), dir) // as the command line does beside the service
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	_, secret, err := keys.Create(t.Context(), "acme", "standard")
	if err != nil {
		t.Fatal(err)
	}
	const path = "/prod/key/ImageProcessingService"
	expect := func(what string, want int, headers ...string) {
		t.Helper()
		status, header, body := get(t, r.URL()+path, headers...)
		if status != want || want == 403 && (body != `{"message":"Forbidden"}` || header.Get("X-Amzn-ErrorType") != "ForbiddenException") {
			t.Errorf("%s: got %d %s, want %d", what, status, body, want)
		}
	}
	expect("right", 200, "x-api-key", secret)
	expect("missing", 403)
	expect("wrong", 403, "x-api-key", "guess")
	expect("tampered", 403, "x-api-key", secret[:61]+"?")
	expect("in another header", 403, "Authorization", secret)
	if err := keys.SetEnabled(t.Context(), "acme", false); err != nil {
		t.Fatal(err)
	}
	expect("disabled", 403, "x-api-key", secret)
	if err := keys.SetEnabled(t.Context(), "acme", true); err != nil {
		t.Fatal(err)
	}
	expect("enabled again", 200, "x-api-key", secret)
	if err := keys.Delete(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	expect("deleted", 403, "x-api-key", secret)
}

// lines is a log that several goroutines write.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func TestSecretsAreNotLogged(t *testing.T) {
	log := &lines{}
	dir := t.TempDir()
	r := startUnclosed(t, func(cfg *region.Config) {
		cfg.DataDir, cfg.Log = dir, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	keys, err := region.OpenKeys(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	_, secret, err := keys.Create(t.Context(), "acme", "")
	if err != nil {
		t.Fatal(err)
	}
	c := guest(t, r)
	uri := presigned(t, r, c, signedPing, time.Now())
	_, signature, _ := strings.Cut(uri, "X-Amz-Signature=")
	token := strings.Replace(c.SessionToken, "A", "B", 1)
	secrets := []string{r.Key().Secret, c.SecretAccessKey, c.SessionToken, secret, secret[10:], signature, "guessed-key", "guessed-signature", token}
	for _, url := range []string{uri, strings.Replace(uri, signature, "guessed-signature", 1), strings.Replace(uri, c.SessionToken, token, 1), uri + "&%zz"} {
		get(t, url)
	}
	get(t, r.URL()+"/prod/key/ImageProcessingService", "x-api-key", secret)
	get(t, r.URL()+"/prod/key/ImageProcessingService", "x-api-key", "guessed-key")
	signed(t, r, owner(r), "GET", signedPing, "", nil)
	signed(t, r, c, "GET", "/prod/iam/nowhere", "", nil)
	if _, err := lambdaClient(r, c).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("image"), Payload: []byte(`{"operation":"ping"}`)}); err != nil {
		t.Error(err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := log.text.String()
	if strings.Count(text, "\n") < 10 {
		t.Errorf("the log has only %d lines", strings.Count(text, "\n"))
	}
	for i, s := range secrets {
		if s == "" || strings.Contains(text, s) {
			t.Errorf("secret %d is empty or in the log", i)
		}
	}
}

// The pool's id and its secret are made once, by whoever starts first.
func TestIdentityPoolIsKept(t *testing.T) {
	dir := t.TempDir()
	pools := make([]identity.Pool, 8)
	var wg sync.WaitGroup
	for i := range pools {
		wg.Go(func() {
			var err error
			if pools[i], err = identity.LoadOrCreatePool(dir+"/identity-pool", "us-east-1"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	r := start(t, func(cfg *region.Config) { cfg.DataDir = dir })
	for _, p := range pools {
		if p.ID != r.IdentityPool() || !bytes.Equal(p.Secret, pools[0].Secret) {
			t.Fatal("two callers got different pools")
		}
	}
}
