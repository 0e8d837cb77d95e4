package apigateway

import (
	"net/http"

	"bluerose/event"
)

// checkRequest looks at what a route's validator wants of a request beside its body. When something is missing it answers,
// in API Gateway's words, and gives false.
func (g *Gateway) checkRequest(w http.ResponseWriter, r *http.Request, route Route) bool {
	if missing := route.Definition.MissingParameters(r); len(missing) > 0 {
		g.Refuse(w, missingParameters(missing))
		return false
	}
	if route.Definition.Integration.Strict && !route.Definition.Takes(r.Header.Get("Content-Type")) {
		g.Refuse(w, unsupportedMedia())
		return false
	}
	return true
}

// checkBody holds a JSON body against its schema before a function runs. When it does not fit, it answers and gives false:
// in the words of the service's event where that contract has them, else in API Gateway's. An operation that is not known
// goes on, because only the function can name it so.
//
// A body's base64 texts are never decoded here, nor copied: the schema sees the event with empty texts in their place.
func (g *Gateway) checkBody(w http.ResponseWriter, r *http.Request, route Route, body []byte) bool {
	schema := route.Definition.BodySchema(r.Header.Get("Content-Type"))
	if schema == nil {
		return true
	}
	outline, err := event.Outline(body)
	if err == nil && schema.Check(outline) == nil {
		return true
	}
	if err == nil {
		var parsed *event.Request
		if parsed, err = event.ParseRequest(outline); err == nil && !parsed.Operation.Known() {
			return true
		}
	}
	if err != nil {
		fail(w, r, err)
		return false
	}
	g.Refuse(w, badRequest("Invalid request body"))
	return false
}
