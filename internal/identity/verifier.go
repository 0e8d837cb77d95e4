package identity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"bluerose/event"
)

// Config says whose signatures a Verifier takes. Keys is required; the rest has the defaults named here.
type Config struct {
	Keys    Keys
	Service string           // the service that requests are signed for, such as lambda; default any
	MaxBody int64            // for Verify: bytes of a body that are read to hash them; default 6 MiB, as Lambda takes
	MaxSkew time.Duration    // between the caller's clock and ours; default 5 minutes
	Now     func() time.Time // default time.Now
}

// Validate tells what is wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Keys == nil:
		return errors.New("identity: Keys is required")
	case c.MaxBody < 0:
		return errors.New("identity: MaxBody must not be negative")
	case c.MaxSkew < 0:
		return errors.New("identity: MaxSkew must not be negative")
	}
	return nil
}

// Verifier lets only requests with a valid signature through.
type Verifier struct{ cfg Config }

// New gives a Verifier, or the error of cfg.Validate.
func New(cfg Config) (*Verifier, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = 6 << 20
	}
	if cfg.MaxSkew == 0 {
		cfg.MaxSkew = 5 * time.Minute
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Verifier{cfg}, nil
}

// Verify hands a request on to next when its signature is right, with who signed it (PrincipalOf), and answers 403 itself when
// it is not (413 when the body passes MaxBody). A body that must be hashed is read whole; next finds it in memory, and may
// take it from r.Body by its method Bytes without reading it.
func (v *Verifier) Verify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		principal, err := v.Authenticate(r, func() ([]byte, error) { return v.readBody(w, r) })
		if err != nil {
			answer(w, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), principalKey{}, principal)))
	})
}

// Authenticate gives who signed r. Body gives the whole body of r; it is asked when the body must be hashed, and not before
// everything else is right that can be seen without it. Errors are *event.Refusal, or body's own.
func (v *Verifier) Authenticate(r *http.Request, body func() ([]byte, error)) (Principal, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return Principal{}, incomplete("The query string is not well-formed.")
	}
	c, refused := readClaim(r, query)
	if refused != nil {
		return Principal{}, refused
	}
	// What needs no body comes first, so that a stranger cannot make the server read one.
	credential, refused := v.check(&c)
	if refused != nil {
		return Principal{}, refused
	}
	payload := c.payload
	if payload != unsignedPayload {
		data, err := body()
		if err != nil {
			return Principal{}, err
		}
		sum := sha256.Sum256(data)
		if payload = hex.EncodeToString(sum[:]); c.payload != "" && c.payload != payload {
			return Principal{}, invalid("The x-amz-content-sha256 that was signed is not the hash of the body.")
		}
	}
	if !c.matches(r, query, payload, credential.Secret) {
		return Principal{}, invalid("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return credential.Principal, nil
}

// check holds a claim against what the verifier knows, but for the signature.
func (v *Verifier) check(c *claim) (Credential, *event.Refusal) {
	if v.cfg.Service != "" && c.service != v.cfg.Service {
		return Credential{}, invalid("Credential should be scoped to correct service: '" + v.cfg.Service + "'.")
	}
	now := v.cfg.Now()
	if refused := c.checkTime(now, v.cfg.MaxSkew); refused != nil {
		return Credential{}, refused
	}
	credential, known := v.cfg.Keys(c.keyID, c.token)
	switch {
	case !known:
		return Credential{}, refuse("UnrecognizedClientException", "The security token included in the request is invalid.")
	case !credential.Expires.IsZero() && !now.Before(credential.Expires):
		return Credential{}, refuse("ExpiredTokenException", "The security token included in the request is expired")
	}
	return credential, nil
}

// memory is a body that has been read.
type memory struct {
	*bytes.Reader
	all []byte
}

func (memory) Close() error    { return nil }
func (m memory) Bytes() []byte { return m.all }

// readBody reads the body of r into memory, and puts it back.
func (v *Verifier) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooLarge := &event.Refusal{Status: http.StatusRequestEntityTooLarge, Type: "RequestEntityTooLargeException",
		Message: fmt.Sprintf("Request must be smaller than %d bytes.", v.cfg.MaxBody)}
	if r.ContentLength > v.cfg.MaxBody {
		return nil, tooLarge
	}
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, v.cfg.MaxBody)); err != nil {
		if _, over := errors.AsType[*http.MaxBytesError](err); over {
			return nil, tooLarge
		}
		return nil, &event.Refusal{Status: http.StatusBadRequest, Type: "InvalidRequestContentException", Message: "The body ended before its announced length."}
	}
	r.Body = memory{bytes.NewReader(body.Bytes()), body.Bytes()}
	return body.Bytes(), nil
}

func refuse(errorType, message string) *event.Refusal {
	return &event.Refusal{Status: http.StatusForbidden, Type: errorType, Message: message}
}
func incomplete(message string) *event.Refusal {
	return refuse("IncompleteSignatureException", message)
}
func invalid(message string) *event.Refusal { return refuse("InvalidSignatureException", message) }

func answer(w http.ResponseWriter, err error) {
	refused, ok := errors.AsType[*event.Refusal](err)
	if !ok { // readBody has no other errors
		refused = &event.Refusal{Status: http.StatusInternalServerError, Type: "ServiceException"}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", refused.Type)
	w.WriteHeader(refused.Status)
	_, _ = w.Write(refused.Body())
}
