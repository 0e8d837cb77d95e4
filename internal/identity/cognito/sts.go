package cognito

import (
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"time"

	"bluerose/internal/identity"
)

// The answers of STS.
type (
	stsAnswer struct {
		XMLName         xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ AssumeRoleWithWebIdentityResponse"`
		AccessKeyID     string   `xml:"AssumeRoleWithWebIdentityResult>Credentials>AccessKeyId"`
		SecretAccessKey string   `xml:"AssumeRoleWithWebIdentityResult>Credentials>SecretAccessKey"`
		SessionToken    string   `xml:"AssumeRoleWithWebIdentityResult>Credentials>SessionToken"`
		Expiration      string   `xml:"AssumeRoleWithWebIdentityResult>Credentials>Expiration"`
		Subject         string   `xml:"AssumeRoleWithWebIdentityResult>SubjectFromWebIdentityToken"`
		Audience        string   `xml:"AssumeRoleWithWebIdentityResult>Audience"`
		ARN             string   `xml:"AssumeRoleWithWebIdentityResult>AssumedRoleUser>Arn"`
		RoleID          string   `xml:"AssumeRoleWithWebIdentityResult>AssumedRoleUser>AssumedRoleId"`
		RequestID       string   `xml:"ResponseMetadata>RequestId"`
	}
	stsFailure struct {
		XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ ErrorResponse"`
		Type      string   `xml:"Error>Type"`
		Code      string   `xml:"Error>Code"`
		Message   string   `xml:"Error>Message"`
		RequestID string   `xml:"RequestId"`
		status    int
	}
)

func stsError(status int, code, message string) *stsFailure {
	return &stsFailure{status: status, Type: "Sender", Code: code, Message: message}
}

// serveSTS answers AssumeRoleWithWebIdentity, which takes a form and gives XML.
func (h handler) serveSTS(w http.ResponseWriter, body []byte, cut error) {
	form, err := url.ParseQuery(string(body))
	if cut != nil || err != nil {
		form = nil
	}
	id := w.Header().Get("X-Amzn-Requestid")
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	result, failed := h.assumeRole(form)
	if failed != nil {
		failed.RequestID = id
		w.WriteHeader(failed.status)
		_ = xml.NewEncoder(w).Encode(failed) // a caller who has gone needs nothing
		return
	}
	result.RequestID = id
	_ = xml.NewEncoder(w).Encode(result)
}

// assumeRole gives credentials, which live as long as those of all guests, for the token of GetOpenIdToken.
func (h handler) assumeRole(form url.Values) (*stsAnswer, *stsFailure) {
	switch {
	case form.Get("Action") != "AssumeRoleWithWebIdentity":
		return nil, stsError(http.StatusBadRequest, "InvalidAction", "Only AssumeRoleWithWebIdentity is available here.")
	case h.guests == nil || form.Get("RoleArn") != h.guests.RoleARN():
		return nil, stsError(http.StatusForbidden, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	guest, err := h.guests.Redeem(form.Get("WebIdentityToken"))
	switch {
	case errors.Is(err, identity.ErrTokenExpired):
		return nil, stsError(http.StatusBadRequest, "ExpiredTokenException", "Token expired.")
	case err != nil:
		return nil, stsError(http.StatusBadRequest, "InvalidIdentityToken", "The ID Token provided is not a valid JWT of this identity pool.")
	}
	s := h.guests.Session(guest)
	return &stsAnswer{
		AccessKeyID: s.Key.ID, SecretAccessKey: s.Key.Secret, SessionToken: s.Token, Expiration: s.Expires.UTC().Format(time.RFC3339),
		Subject: guest, Audience: h.pool, ARN: h.guests.SessionARN(), RoleID: identity.GuestRole + ":CognitoIdentityCredentials",
	}, nil
}
