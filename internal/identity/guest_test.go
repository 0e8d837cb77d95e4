package identity_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/identity"
	"bluerose/internal/policy"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

func guestPolicy(t testing.TB, document string) *policy.Document {
	t.Helper()
	d, err := policy.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// guestsOf gives the guests of the pool that the file at path keeps, at the time that requests are signed.
func guestsOf(t *testing.T, path string) *identity.Guests {
	t.Helper()
	pool, err := identity.LoadOrCreatePool(path, "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	guests, err := identity.NewGuests(identity.GuestConfig{
		Pool: pool, Account: account, Now: func() time.Time { return signedAt },
		Policy: guestPolicy(t, `{"Statement":[{"Effect":"Allow","Action":"a:*","Resource":"*"},{"Effect":"Deny","Action":"a:b","Resource":"*"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return guests
}

func signAs(t *testing.T, s identity.Session, token string) *http.Request {
	t.Helper()
	r := newRequest(t, bodyText)
	credentials := aws.Credentials{AccessKeyID: s.Key.ID, SecretAccessKey: s.Key.Secret, SessionToken: token}
	if err := v4.NewSigner().SignHTTP(context.Background(), credentials, r, hashOf(bodyText), "lambda", "eu-west-1", signedAt); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSessionsOutliveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "identity-pool")
	before := guestsOf(t, path)
	id := before.NewIdentity()
	session := before.Session(id)
	after := guestsOf(t, path)
	if before.Pool() != after.Pool() || !after.Known(id) || !strings.HasPrefix(id, "eu-west-1:") {
		t.Fatalf("pool %s became %s, or forgot %s", before.Pool(), after.Pool(), id)
	}
	cfg := identity.Config{Keys: identity.EitherKeys(identity.OwnerKey(key, account), after.Keys)}
	presigned, err := http.NewRequest(http.MethodPost, presignURL(t, session.Key, session.Token, "60", ""), strings.NewReader(bodyText))
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*http.Request{"header": signAs(t, session, session.Token), "presigned": presigned} {
		if status, errorType, body := send(t, signedAt, cfg, r); status != http.StatusOK {
			t.Errorf("%s: got %d %s %s", name, status, errorType, body)
		}
	}
	// The owner's key still goes beside the guests'.
	if status, _, body := send(t, signedAt, cfg, sign(t, newRequest(t, bodyText), hashOf(bodyText))); status != http.StatusOK {
		t.Errorf("owner: got %d %s", status, body)
	}
}

func TestSessionIsOfItsToken(t *testing.T) {
	guests := guestsOf(t, filepath.Join(t.TempDir(), "identity-pool"))
	stranger := guestsOf(t, filepath.Join(t.TempDir(), "identity-pool"))
	id := guests.NewIdentity()
	mine, other := guests.Session(id), guests.Session(guests.NewIdentity())
	const (
		unknown = "UnrecognizedClientException"
		invalid = "InvalidSignatureException"
		expired = "ExpiredTokenException"
	)
	for name, c := range map[string]struct {
		key   identity.Key
		token string
		after time.Duration
		want  string
	}{
		"no token":               {mine.Key, "", 0, unknown},
		"token of another key":   {mine.Key, other.Token, 0, unknown},
		"cut token":              {mine.Key, mine.Token[:60], 0, unknown},
		"no base64":              {mine.Key, mine.Token + "!", 0, unknown},
		"other form":             {mine.Key, "B" + mine.Token[1:], 0, unknown},
		"later end":              {mine.Key, mine.Token[:30] + "B" + mine.Token[31:], 0, unknown},
		"other secret":           {identity.Key{ID: mine.Key.ID, Secret: other.Key.Secret}, mine.Token, 0, invalid},
		"other pool":             {stranger.Session(id).Key, stranger.Session(id).Token, 0, unknown},
		"the owner's, as a loan": {key, mine.Token, 0, unknown},
		"at its end":             {mine.Key, mine.Token, time.Hour, expired},
	} {
		t.Run(name, func(t *testing.T) {
			r := signAs(t, identity.Session{Key: c.key}, c.token)
			cfg := identity.Config{Keys: identity.EitherKeys(identity.OwnerKey(key, account), guests.Keys), MaxSkew: 2 * time.Hour}
			status, errorType, body := send(t, signedAt.Add(c.after), cfg, r)
			if status != forbidden || errorType != c.want {
				t.Errorf("got %d %s %s, want 403 %s", status, errorType, body, c.want)
			}
		})
	}
	if stranger.Known(id) || guests.Known(id+"0") || guests.Known(strings.ToUpper(id)) || guests.Known("") {
		t.Error("a pool knows an identity that it has not made")
	}
}

func TestPrincipals(t *testing.T) {
	guests := guestsOf(t, filepath.Join(t.TempDir(), "identity-pool"))
	session := guests.Session(guests.NewIdentity())
	credential, ok := guests.Keys(session.Key.ID, session.Token)
	if !ok {
		t.Fatal("the session is not known")
	}
	guest := credential.Principal
	owner, _ := identity.OwnerKey(key, account)(key.ID, "")
	for name, c := range map[string]struct {
		principal identity.Principal
		action    string
		want      string
	}{
		"owner":           {owner.Principal, "x:y", ""},
		"allowed":         {guest, "a:c", ""},
		"not allowed":     {guest, "x:y", "User: arn:aws:sts::123456789012:assumed-role/guest/CognitoIdentityCredentials is not authorized to perform: x:y on resource: r"},
		"explicit denial": {guest, "a:b", "User: arn:aws:sts::123456789012:assumed-role/guest/CognitoIdentityCredentials is not authorized to perform: a:b on resource: r with an explicit deny"},
		"nobody":          {identity.Principal{}, "a:c", "User:  is not authorized to perform: a:c on resource: r"},
	} {
		err := c.principal.Authorize(c.action, "r")
		refusal, _ := errors.AsType[*event.Refusal](err)
		if c.want == "" && err != nil || c.want != "" && (refusal == nil || refusal.Message != c.want || refusal.Status != forbidden) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if p := identity.PrincipalOf(t.Context()); p.Allows("a:c", "r") {
		t.Error("nobody may do something")
	}
}

func TestPoolFileThatIsBroken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "identity-pool")
	if err := os.WriteFile(path, []byte("identity_pool_id = here\nsecret = AAAA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := identity.LoadOrCreatePool(path, "eu-west-1"); err == nil || !strings.Contains(err.Error(), "no identity pool") {
		t.Errorf("got %v", err)
	}
}

func FuzzSessionToken(f *testing.F) {
	guests, err := identity.NewGuests(identity.GuestConfig{
		Pool: identity.Pool{ID: "eu-west-1:01234567-89ab-4cde-8f01-23456789abcd", Secret: make([]byte, 32)}, Account: account,
		Policy: new(policy.Document), Now: func() time.Time { return signedAt },
	})
	if err != nil {
		f.Fatal(err)
	}
	session := guests.Session("eu-west-1:01234567-89ab-8cde-8f01-23456789abcd") // the same in every process
	f.Add(session.Key.ID, session.Token)
	f.Fuzz(func(t *testing.T, id, token string) {
		if _, ok := guests.Keys(id, token); ok && (id != session.Key.ID || token != session.Token) {
			t.Errorf("took %q for %q", token, id)
		}
		guests.Known(id)
	})
}
