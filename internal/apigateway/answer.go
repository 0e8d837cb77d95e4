package apigateway

import (
	"cmp"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"bluerose/event"
	"bluerose/internal/apigateway/definition"
)

const (
	requestIDHeader = "X-Amzn-Requestid"
	exposeHeader    = "Access-Control-Expose-Headers"
	ownHeaders      = "X-Bluerose-" // the prefix of the headers that the function adds
)

// cors lets pages of other origins read the answer of next, whatever it is, as the definition says. Nothing here depends
// on cookies, so the answer is the same for all.
func cors(headers definition.CORS, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		next.ServeHTTP(w, r)
	})
}

// requestID gives the id that Observe gave to the request that w answers.
func requestID(w http.ResponseWriter) string { return w.Header().Get(requestIDHeader) }

func answer(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller who has gone needs nothing
}

// fail answers err, unless it comes from the caller having hung up.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		note(w, err)
		return
	}
	answerFailure(w, err)
}

// answerFailure answers err in public words, and leaves its cause for the log.
func answerFailure(w http.ResponseWriter, err error) {
	note(w, err)
	e := event.From(err)
	retry := e.RetryAfter
	if e.Kind == event.Throttled {
		retry = cmp.Or(retry, time.Second)
	}
	setRetryAfter(w, retry)
	w.Header().Set("X-Amzn-ErrorType", string(e.Kind))
	body, _ := json.Marshal(e.Failure()) // two strings: cannot fail
	answer(w, e.Kind.Status(), "application/json", body)
}

// setRetryAfter says when to try again, in whole seconds; 0 says nothing.
func setRetryAfter(w http.ResponseWriter, after time.Duration) {
	if after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
}

// answerProxy writes what the function answered to a proxy event. Headers about the connection stay the server's.
func answerProxy(w http.ResponseWriter, r *http.Request, response *event.ProxyResponse) {
	status := response.StatusCode
	if status == 0 {
		status = http.StatusOK
	}
	if status < 200 || status > 599 {
		fail(w, r, event.Errorf(event.FunctionCrashed, "The function answered with a status that is none; tell the service's owner the request id"))
		return
	}
	contentType := "application/json"
	for name, value := range response.Headers {
		name = http.CanonicalHeaderKey(name)
		switch {
		case name == "Content-Type":
			contentType = value
			continue
		case connectionHeaders[name], name == requestIDHeader:
			continue
		case strings.HasPrefix(name, ownHeaders):
			w.Header().Set(exposeHeader, w.Header().Get(exposeHeader)+", "+name)
		}
		w.Header().Set(name, value)
	}
	answer(w, status, contentType, response.Body)
}
