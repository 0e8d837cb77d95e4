package event

import (
	"encoding/json"
	"net/http"
	"time"
)

// Refusal is a denial by what stands before a function (access, throttling, validation), in API Gateway's words, so that any
// AWS client understands it. It is safe to show to the caller.
type Refusal struct {
	Status     int           // of the HTTP answer
	Type       string        // the header X-Amzn-ErrorType, such as "ForbiddenException"
	Message    string        // empty for none (null), as for an authorizer that crashed
	RetryAfter time.Duration // for 429: when to try again; 0 to not say
}

func (r *Refusal) Error() string { return r.Type + ": " + r.Message }

// Body gives the JSON of the answer: {"message": …}. API Gateway spells AccessDeniedException's with a capital.
func (r *Refusal) Body() []byte {
	name := "message"
	if r.Type == "AccessDeniedException" {
		name = "Message"
	}
	var message any
	if r.Message != "" {
		message = r.Message
	}
	body, _ := json.Marshal(map[string]any{name: message}) // a string or null: cannot fail
	return body
}

// The refusals that need no details.
func refusal(status int, errorType, message string) *Refusal {
	return &Refusal{Status: status, Type: errorType, Message: message}
}

// MissingAuthentication is for a route that does not exist, and for one that wants a signature that is missing.
func MissingAuthentication() *Refusal {
	return refusal(http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
}

// Forbidden is for an API key that is missing or not good.
func Forbidden() *Refusal { return refusal(http.StatusForbidden, "ForbiddenException", "Forbidden") }

// Unauthorized is for a token that is missing or not good.
func Unauthorized() *Refusal {
	return refusal(http.StatusUnauthorized, "UnauthorizedException", "Unauthorized")
}
