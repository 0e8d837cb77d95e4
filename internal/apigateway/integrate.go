package apigateway

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"bluerose/internal/apigateway/definition"
)

// integration gives what answers a route, without its decorators.
func (g *Gateway) integration(route Route) http.Handler {
	switch i := route.Definition.Integration; {
	case i.Type == definition.Mock:
		return mock(i)
	case i.Type == definition.Proxy:
		return g.proxied(route)
	case i.Template != "":
		return g.asked(route, []byte(i.Template))
	default:
		return g.invoked(route)
	}
}

func mock(i definition.Integration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range i.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(i.Status)
	})
}

// asked answers with what the function says to an event that the definition has.
func (g *Gateway) asked(route Route, template []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.checkRequest(w, r, route) {
			g.answerInvocation(w, r, route, bytes.Clone(template))
		}
	})
}

// invoked hands a JSON event to the function.
func (g *Gateway) invoked(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.checkRequest(w, r, route) {
			return
		}
		payload, err := g.giveBody(w, r, route)
		switch {
		case err != nil:
			refuseBody(w, r, err)
		case g.checkBody(w, r, route, payload):
			g.answerInvocation(w, r, route, payload)
		}
	})
}

func (g *Gateway) answerInvocation(w http.ResponseWriter, r *http.Request, route Route, payload []byte) {
	ctx, cancel := context.WithTimeout(r.Context(), g.timeout(route))
	defer cancel()
	result, err := g.cfg.Function.Invoke(ctx, call(w, r, route), payload)
	if err != nil {
		fail(w, r, err)
		return
	}
	answer(w, http.StatusOK, "application/json", result)
}

// proxied hands a request to the function as API Gateway's proxy integration does, and gives its answer back.
func (g *Gateway) proxied(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request, err := g.Event(w, r, route)
		if err != nil {
			fail(w, r, err)
			return
		}
		if !g.checkRequest(w, r, route) {
			return
		}
		body, err := g.giveBody(w, r, route)
		if err != nil {
			refuseBody(w, r, err)
			return
		}
		if !g.checkBody(w, r, route, body) {
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), g.timeout(route))
		defer cancel()
		request.Body = body
		response, err := g.cfg.Function.Proxy(ctx, call(w, r, route), request)
		if err != nil {
			fail(w, r, err)
			return
		}
		answerProxy(w, r, response)
	})
}

func call(w http.ResponseWriter, r *http.Request, route Route) Call {
	return Call{Function: route.Definition.Integration.Function, Qualifier: QualifierOf(r.Context()), RequestID: requestID(w)}
}

// timeout gives how long a route's function may take.
func (g *Gateway) timeout(route Route) time.Duration {
	if own := route.Definition.Integration.Timeout; own > 0 {
		return min(own, g.cfg.Timeout)
	}
	return g.cfg.Timeout
}
