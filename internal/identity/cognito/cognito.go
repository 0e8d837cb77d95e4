package cognito

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"bluerose/internal/identity"
)

const (
	maxRequest = 8 << 10 // bytes
	target     = "AWSCognitoIdentityService."
)

// handler answers the calls. Without guests the pool is there, and lets none in.
type handler struct {
	pool   string
	guests *identity.Guests
}

// Handler gives the calls, all of which are POST to one path. Guests nil stands for a pool of that id that has no guests. Pages
// of any origin may call it.
func Handler(pool string, guests *identity.Guests) http.Handler { return handler{pool, guests} }

// failure is an error of Cognito. It is written as it stands.
type failure struct {
	Kind    string `json:"__type"`
	Message string `json:"message"`
}

func (f failure) Error() string { return f.Kind + ": " + f.Message }

// request is what any of the calls takes.
type request struct {
	IdentityPoolID string `json:"IdentityPoolId"`
	IdentityID     string `json:"IdentityId"`
	CustomRoleArn  string
	Logins         map[string]string
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Expose-Headers", "X-Amzn-RequestId, X-Amzn-ErrorType")
	if r.Method == http.MethodOptions {
		w.Header().Set("Access-Control-Allow-Methods", "POST, OPTIONS")
		w.Header().Set("Access-Control-Allow-Headers", "Content-Type, X-Amz-Target, X-Amz-User-Agent, Amz-Sdk-Invocation-Id, Amz-Sdk-Request")
		w.Header().Set("Access-Control-Max-Age", "7200")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media == "application/x-www-form-urlencoded" {
		h.serveSTS(w, body, err)
		return
	}
	if err != nil {
		answer(w, failure{"SerializationException", "The request is larger than 8 KiB, or was cut off."})
		return
	}
	result, err := h.call(strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target), body)
	if err != nil {
		answer(w, err)
		return
	}
	answer(w, result)
}

func (h handler) call(operation string, body []byte) (any, error) {
	calls := map[string]func(request) (any, error){
		"GetId": h.getID, "GetCredentialsForIdentity": h.getCredentials, "GetOpenIdToken": h.getOpenIDToken,
	}
	call, ok := calls[operation]
	if !ok {
		return nil, failure{"UnknownOperationException", "This operation is not available here: use GetId, GetCredentialsForIdentity or GetOpenIdToken."}
	}
	var in request
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, failure{"SerializationException", "The request is not the JSON of this operation."}
	}
	return call(in)
}

// idPattern is that of the ids of pools and identities, and at most 55 characters of it are allowed.
var idPattern = regexp.MustCompile(`^[\w-]+:[0-9a-f-]+$`)

func validate(field, id string) error {
	if len(id) > 55 || !idPattern.MatchString(id) {
		return failure{"ValidationException", "1 validation error detected: Value at '" + field +
			`' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+:[0-9a-f-]+, and have a length of at most 55`}
	}
	return nil
}

// admit refuses who brings the token of a login, and everybody where there are no guests.
func (h handler) admit(in request) error {
	switch {
	case len(in.Logins) > 0:
		return failure{"NotAuthorizedException", "Token is not from a supported provider of this identity pool."}
	case h.guests == nil:
		return failure{"NotAuthorizedException", "Unauthenticated access is not supported for this identity pool."}
	}
	return nil
}

func (h handler) getID(in request) (any, error) {
	err := validate("identityPoolId", in.IdentityPoolID)
	if err == nil && in.IdentityPoolID != h.pool {
		err = failure{"ResourceNotFoundException", "IdentityPool '" + in.IdentityPoolID + "' not found."}
	}
	if err == nil {
		err = h.admit(in)
	}
	if err != nil {
		return nil, err
	}
	return struct {
		IdentityID string `json:"IdentityId"`
	}{h.guests.NewIdentity()}, nil
}

// known checks the identity of a call.
func (h handler) known(in request) error {
	if err := validate("identityId", in.IdentityID); err != nil {
		return err
	}
	if err := h.admit(in); err != nil {
		return err
	}
	if !h.guests.Known(in.IdentityID) {
		return failure{"ResourceNotFoundException", "Identity '" + in.IdentityID + "' not found."}
	}
	return nil
}

type credentials struct {
	AccessKeyID  string `json:"AccessKeyId"`
	SecretKey    string
	SessionToken string
	Expiration   int64 // Unix seconds
}

func (h handler) getCredentials(in request) (any, error) {
	if err := h.known(in); err != nil {
		return nil, err
	}
	if in.CustomRoleArn != "" {
		return nil, failure{"InvalidParameterException", "Guests have one role; a custom role is not available."}
	}
	s := h.guests.Session(in.IdentityID)
	return struct {
		IdentityID  string `json:"IdentityId"`
		Credentials credentials
	}{in.IdentityID, credentials{s.Key.ID, s.Key.Secret, s.Token, s.Expires.Unix()}}, nil
}

func (h handler) getOpenIDToken(in request) (any, error) {
	if err := h.known(in); err != nil {
		return nil, err
	}
	token, err := h.guests.OpenIDToken(in.IdentityID)
	return struct {
		IdentityID string `json:"IdentityId"`
		Token      string
	}{in.IdentityID, token}, err
}

// answer writes a result, or an error as Cognito words it.
func answer(w http.ResponseWriter, result any) {
	status := http.StatusOK
	if err, failed := result.(error); failed {
		known, ok := errors.AsType[failure](err)
		status = http.StatusBadRequest
		if !ok {
			known, status = failure{"InternalErrorException", "The service failed; try again."}, http.StatusInternalServerError
		}
		w.Header().Set("X-Amzn-ErrorType", known.Kind)
		result = known
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(result) // a caller who has gone needs nothing
}
