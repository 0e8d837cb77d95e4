package apigateway

import (
	"net/http"
	"strings"

	"bluerose/event"
	"bluerose/internal/apigateway/definition"
)

func missingParameters(names []string) *event.Refusal {
	return badRequest("Missing required request parameters: [" + strings.Join(names, ", ") + "]")
}

func badRequest(message string) *event.Refusal {
	return &event.Refusal{Status: http.StatusBadRequest, Type: "BadRequestException", Message: message}
}

func unsupportedMedia() *event.Refusal {
	return &event.Refusal{Status: http.StatusUnsupportedMediaType, Type: "BadRequestException", Message: "Unsupported Media Type"}
}

// Refuse answers with a refusal, with the definition's headers for refusals. Its cause is for the log.
func (g *Gateway) Refuse(w http.ResponseWriter, refusal *event.Refusal) {
	note(w, refusal)
	for name, value := range g.cfg.Definition.RefusalHeaders(refusal.Status) {
		w.Header().Set(name, value)
	}
	setRetryAfter(w, refusal.RetryAfter)
	w.Header().Set("X-Amzn-ErrorType", refusal.Type)
	answer(w, refusal.Status, "application/json", refusal.Body())
}

// Throttle refuses a request that came too often, and counts it by the bound that it ran into, such as "stage".
func (g *Gateway) Throttle(w http.ResponseWriter, reason string, refusal *event.Refusal) {
	g.metrics.throttled.WithLabelValues(reason).Inc()
	g.Refuse(w, refusal)
}

// Fail answers a request that went wrong before its route, in public words, and leaves err's cause for the log.
func (g *Gateway) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if h, ok := r.Context().Value(heldKey{}).(*held); ok && h.err != nil {
		refuseBody(w, r, err)
		return
	}
	fail(w, r, err)
}

// admitted refuses a caller whom none of the route's access modes let in. It is the last to be asked: where nothing
// before it knows a route's modes, the route is closed and not open.
func (g *Gateway) admitted(route Route, next http.Handler) http.Handler {
	if len(route.Access) == 0 {
		return next
	}
	refusal := event.Unauthorized()
	switch route.Access[0] {
	case definition.AccessIAM:
		refusal = event.MissingAuthentication()
	case definition.AccessAPIKey:
		refusal = event.Forbidden()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !route.Admits(event.CallerOf(r.Context())) {
			g.Refuse(w, refusal)
			return
		}
		next.ServeHTTP(w, r)
	})
}
