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
	cause      error
}

func (r *Refusal) Error() string { return r.Type + ": " + r.Message }

// Wrap gives a copy of r that keeps cause for the log.
func (r *Refusal) Wrap(cause error) *Refusal {
	c := *r
	c.cause = cause
	return &c
}

// Unwrap gives the cause, which only the log may see.
func (r *Refusal) Unwrap() error { return r.cause }

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

// Denied is for a caller who is known, and may not call this route.
func Denied() *Refusal {
	return refusal(http.StatusForbidden, "AccessDeniedException", "User is not authorized to access this resource")
}

// AuthorizerFailed is for a function as authorizer that failed, or gave an answer that is none.
func AuthorizerFailed() *Refusal {
	return refusal(http.StatusInternalServerError, "AuthorizerConfigurationException", "")
}

// TooManyRequests is for a caller who comes too often, and may come again after a while.
func TooManyRequests(after time.Duration) *Refusal {
	r := refusal(http.StatusTooManyRequests, "TooManyRequestsException", "Too Many Requests")
	r.RetryAfter = after
	return r
}

// QuotaSpent is for a caller who has had all requests of a period; after is when the next one begins.
func QuotaSpent(after time.Duration) *Refusal {
	r := refusal(http.StatusTooManyRequests, "LimitExceededException", "Limit Exceeded")
	r.RetryAfter = after
	return r
}
