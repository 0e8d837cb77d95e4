package identity

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"bluerose/event"
)

// Config says whose signatures a Verifier takes. Keys is required; the rest has the defaults named here.
type Config struct {
	Keys    func(id string) (secret string, ok bool) // gives the secret of an access key; must be safe for concurrent use
	Service string                                   // the service that requests are signed for, such as lambda; default any
	MaxBody int64                                    // bytes of a body that are read to hash them; default 6 MiB, as Lambda takes
	MaxSkew time.Duration                            // between the caller's clock and ours; default 5 minutes
	Now     func() time.Time                         // default time.Now
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

// OneKey gives a Config.Keys that knows one key.
func OneKey(key Key) func(id string) (string, bool) {
	return func(id string) (string, bool) {
		return key.Secret, subtle.ConstantTimeCompare([]byte(id), []byte(key.ID)) == 1
	}
}

// Verify hands a request on to next when its signature is right, and answers 403 itself when it is not (413 when the
// body passes MaxBody). It reads the whole body, unless the caller signed UNSIGNED-PAYLOAD; next finds it in memory.
func (v *Verifier) Verify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused := v.verify(w, r); refused != nil {
			answer(w, refused)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (v *Verifier) verify(w http.ResponseWriter, r *http.Request) *event.Refusal {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return incomplete("The query string is not well-formed.")
	}
	c, refused := readClaim(r, query)
	if refused != nil {
		return refused
	}
	if v.cfg.Service != "" && c.service != v.cfg.Service {
		return invalid("Credential should be scoped to correct service: '" + v.cfg.Service + "'.")
	}
	// What needs no body comes first, so that a stranger cannot make the server read one.
	if refused := c.checkTime(v.cfg.Now(), v.cfg.MaxSkew); refused != nil {
		return refused
	}
	secret, known := v.cfg.Keys(c.keyID)
	if !known || r.Header.Get("X-Amz-Security-Token") != "" || query.Get("X-Amz-Security-Token") != "" {
		return refuse("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	payload := r.Header.Get("X-Amz-Content-Sha256")
	if payload != unsignedPayload {
		actual, refused := v.hashBody(w, r)
		if refused != nil {
			return refused
		}
		if payload != "" && payload != actual {
			return invalid("The x-amz-content-sha256 that was signed is not the hash of the body.")
		}
		payload = actual
	}
	if !c.matches(r, query, payload, secret) {
		return invalid("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// hashBody reads the body into memory, puts it back, and gives its hash in hex.
func (v *Verifier) hashBody(w http.ResponseWriter, r *http.Request) (string, *event.Refusal) {
	tooLarge := &event.Refusal{Status: http.StatusRequestEntityTooLarge, Type: "RequestEntityTooLargeException",
		Message: fmt.Sprintf("Request must be smaller than %d bytes.", v.cfg.MaxBody)}
	if r.ContentLength > v.cfg.MaxBody {
		return "", tooLarge
	}
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, v.cfg.MaxBody)); err != nil {
		if _, over := errors.AsType[*http.MaxBytesError](err); over {
			return "", tooLarge
		}
		return "", &event.Refusal{Status: http.StatusBadRequest, Type: "InvalidRequestContentException", Message: "The body ended before its announced length."}
	}
	sum := sha256.Sum256(body.Bytes())
	r.Body = io.NopCloser(&body)
	return hex.EncodeToString(sum[:]), nil
}

func refuse(errorType, message string) *event.Refusal {
	return &event.Refusal{Status: http.StatusForbidden, Type: errorType, Message: message}
}
func incomplete(message string) *event.Refusal {
	return refuse("IncompleteSignatureException", message)
}
func invalid(message string) *event.Refusal { return refuse("InvalidSignatureException", message) }

func answer(w http.ResponseWriter, refused *event.Refusal) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", refused.Type)
	w.WriteHeader(refused.Status)
	_, _ = w.Write(refused.Body())
}
