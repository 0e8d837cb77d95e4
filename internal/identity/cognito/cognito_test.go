package cognito_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"bluerose/internal/identity"
	"bluerose/internal/identity/cognito"
	"bluerose/internal/policy"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

const poolID = "eu-west-1:01234567-89ab-4cde-8f01-23456789abcd"

// clock is a time that a test sets.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newGuests(t *testing.T, c *clock) *identity.Guests {
	t.Helper()
	document, err := policy.Parse([]byte(`{"Statement":{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}}`))
	if err != nil {
		t.Fatal(err)
	}
	g, err := identity.NewGuests(identity.GuestConfig{
		Pool: identity.Pool{ID: poolID, Secret: bytes.Repeat([]byte{7}, 32)}, Account: "123456789012", Policy: document, Now: c.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func serve(t *testing.T, guests *identity.Guests) string {
	t.Helper()
	server := httptest.NewServer(cognito.Handler(poolID, guests))
	t.Cleanup(server.Close)
	return server.URL
}

func client(url string) *cognitoidentity.Client {
	return cognitoidentity.New(cognitoidentity.Options{Region: "eu-west-1", BaseEndpoint: &url, RetryMaxAttempts: 1})
}

func TestAGuestGetsCredentials(t *testing.T) {
	c := &clock{time.Unix(1_800_000_000, 999)}
	guests := newGuests(t, c)
	client := client(serve(t, guests))
	id, err := client.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: aws.String(poolID), AccountId: aws.String("123456789012")})
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^eu-west-1:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(*id.IdentityId) {
		t.Errorf("the identity is %s", *id.IdentityId)
	}
	out, err := client.GetCredentialsForIdentity(t.Context(), &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: id.IdentityId})
	if err != nil {
		t.Fatal(err)
	}
	got := out.Credentials
	if *out.IdentityId != *id.IdentityId || len(*got.AccessKeyId) != 20 || len(*got.SecretKey) != 40 || !got.Expiration.Equal(time.Unix(1_800_003_600, 0)) {
		t.Errorf("got %s of %s until %v", *got.AccessKeyId, *out.IdentityId, got.Expiration)
	}
	credential, ok := guests.Keys(*got.AccessKeyId, *got.SessionToken)
	if !ok || credential.Secret != *got.SecretKey || credential.Principal.ID != *id.IdentityId {
		t.Error("the credentials are not those that the verifier knows")
	}
	again, err := client.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: aws.String(poolID)})
	if err != nil || *again.IdentityId == *id.IdentityId {
		t.Errorf("two guests are one (%v)", err)
	}
}

func TestBasicFlow(t *testing.T) {
	c := &clock{time.Unix(1_800_000_000, 0)}
	guests := newGuests(t, c)
	url := serve(t, guests)
	id := guests.NewIdentity()
	token, err := client(url).GetOpenIdToken(t.Context(), &cognitoidentity.GetOpenIdTokenInput{IdentityId: &id})
	if err != nil || *token.IdentityId != id {
		t.Fatal(err)
	}
	roles := sts.New(sts.Options{Region: "eu-west-1", BaseEndpoint: &url, RetryMaxAttempts: 1})
	assume := func(role, token string) (*sts.AssumeRoleWithWebIdentityOutput, error) {
		return roles.AssumeRoleWithWebIdentity(context.Background(), &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: &role, RoleSessionName: aws.String("mobile"), WebIdentityToken: &token,
		})
	}
	const role = "arn:aws:iam::123456789012:role/guest"
	out, err := assume(role, *token.Token)
	if err != nil {
		t.Fatal(err)
	}
	credential, ok := guests.Keys(*out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
	if !ok || credential.Secret != *out.Credentials.SecretAccessKey || credential.Principal.ID != id || !out.Credentials.Expiration.Equal(c.now.Add(time.Hour)) {
		t.Errorf("the credentials are not those that the verifier knows, or live until %v", out.Credentials.Expiration)
	}
	_, err = assume("arn:aws:iam::123456789012:role/admin", *token.Token)
	refused(t, err, "AccessDenied")
	// {"alg":"none"}
	none := "eyJhbGciOiJub25lIn0." + strings.Split(*token.Token, ".")[1] + "."
	tampered := strings.Replace(*token.Token, ".", ".x", 1)
	for _, bad := range []string{"a.b.c", none, tampered} {
		_, err = assume(role, bad)
		refused(t, err, "InvalidIdentityToken")
	}
	c.now = c.now.Add(10*time.Minute + time.Second)
	_, err = assume(role, *token.Token)
	refused(t, err, "ExpiredTokenException")
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestRefusals(t *testing.T) {
	guests := newGuests(t, &clock{time.Unix(1_800_000_000, 0)})
	open, closed := serve(t, guests), serve(t, nil)
	id := guests.NewIdentity()
	last := id[:len(id)-1] + string("0123456789abcdef1"[strings.IndexByte("0123456789abcdef", id[len(id)-1])+1])
	for name, c := range map[string]struct{ url, operation, body, want string }{
		"no guests":            {closed, "GetId", `{"IdentityPoolId":"` + poolID + `"}`, `{"__type":"NotAuthorizedException","message":"Unauthenticated access is not supported for this identity pool."}`},
		"no guests any more":   {closed, "GetCredentialsForIdentity", `{"IdentityId":"` + id + `"}`, `NotAuthorizedException`},
		"login":                {open, "GetId", `{"IdentityPoolId":"` + poolID + `","Logins":{"accounts.google.com":"x"}}`, `NotAuthorizedException`},
		"other pool":           {open, "GetId", `{"IdentityPoolId":"eu-west-1:00000000-89ab-4cde-8f01-23456789abcd"}`, `{"__type":"ResourceNotFoundException","message":"IdentityPool 'eu-west-1:00000000-89ab-4cde-8f01-23456789abcd' not found."}`},
		"no pool":              {open, "GetId", `{}`, `ValidationException`},
		"pool of no form":      {open, "GetId", `{"IdentityPoolId":"<script>"}`, `ValidationException`},
		"identity of nobody":   {open, "GetCredentialsForIdentity", `{"IdentityId":"eu-west-1:01234567-89ab-8cde-8f01-23456789abcd"}`, `ResourceNotFoundException`},
		"identity, tampered":   {open, "GetCredentialsForIdentity", `{"IdentityId":"` + last + `"}`, `ResourceNotFoundException`},
		"identity, elsewhere":  {open, "GetOpenIdToken", `{"IdentityId":"` + strings.Replace(id, "eu-", "us-", 1) + `"}`, `ResourceNotFoundException`},
		"identity, too long":   {open, "GetOpenIdToken", `{"IdentityId":"a:` + strings.Repeat("0", 54) + `"}`, `ValidationException`},
		"role of the caller's": {open, "GetCredentialsForIdentity", `{"IdentityId":"` + id + `","CustomRoleArn":"arn:aws:iam::123456789012:role/admin"}`, `InvalidParameterException`},
		"no JSON":              {open, "GetId", `{`, `SerializationException`},
		"too long":             {open, "GetId", `{"IdentityPoolId":"` + strings.Repeat("x", 9000) + `"}`, `SerializationException`},
		"other operation":      {open, "DeleteIdentities", `{}`, `UnknownOperationException`},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequest("POST", c.url, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			r.Header.Set("X-Amz-Target", "AWSCognitoIdentityService."+c.operation)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), c.want) {
				t.Errorf("got %d %s, want %s", response.StatusCode, body, c.want)
			}
		})
	}
}

func TestPagesMayCall(t *testing.T) {
	r := httptest.NewRequest("OPTIONS", "/", nil)
	w := httptest.NewRecorder()
	cognito.Handler(poolID, nil).ServeHTTP(w, r)
	if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "X-Amz-Target") {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
}

func FuzzHandler(f *testing.F) {
	f.Add("AWSCognitoIdentityService.GetId", "", `{"IdentityPoolId":"`+poolID+`"}`)
	f.Add("AWSCognitoIdentityService.GetOpenIdToken", "", `{"IdentityId":"eu-west-1:01234567-89ab-8cde-8f01-23456789abcd"}`)
	f.Add("", "application/x-www-form-urlencoded", "Action=AssumeRoleWithWebIdentity&RoleArn=arn:aws:iam::123456789012:role/guest&WebIdentityToken=a.b.c")
	guests, err := identity.NewGuests(identity.GuestConfig{
		Pool: identity.Pool{ID: poolID, Secret: bytes.Repeat([]byte{7}, 32)}, Account: "123456789012", Policy: new(policy.Document),
	})
	if err != nil {
		f.Fatal(err)
	}
	handler := cognito.Handler(poolID, guests)
	f.Fuzz(func(t *testing.T, target, media, body string) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("Content-Type", media)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		answered := w.Body.String()
		if w.Code >= 500 || strings.Contains(answered, "SecretKey") || strings.Contains(answered, "SecretAccessKey") {
			t.Errorf("got %d %s", w.Code, answered) // nobody guesses the identity that credentials need
		}
	})
}
