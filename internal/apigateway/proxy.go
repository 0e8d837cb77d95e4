package apigateway

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"bluerose/event"
)

// connectionHeaders are about one connection, or about a body as it travels: API Gateway drops them in both directions.
var connectionHeaders = map[string]bool{
	"Connection": true, "Content-Length": true, "Content-Md5": true, "Expect": true, "Keep-Alive": true, "Te": true,
	"Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// Event gives the event of the proxy integration for a request to route, without its body: path without the stage, the last
// of several values where one is asked for, nil where there is nothing, and what the gateway knows about the caller. It fails,
// with an *event.Error, for a query that is malformed.
func (g *Gateway) Event(w http.ResponseWriter, r *http.Request, route Route) (*event.ProxyRequest, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, event.Errorf(event.InvalidRequest, "The query string is malformed; percent-encode what stands in it").Wrap(err)
	}
	stage, id := route.Stage, requestID(w)
	now := g.cfg.Now().UTC()
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		peer = r.RemoteAddr
	}
	headers := http.Header{"Host": {r.Host}}
	for name, values := range r.Header {
		if !connectionHeaders[name] {
			headers[name] = values
		}
	}
	_, port, _ := net.SplitHostPort(r.Host)
	headers.Set("X-Forwarded-For", strings.TrimPrefix(r.Header.Get("X-Forwarded-For")+", "+peer, ", "))
	setIfMissing(headers, "X-Forwarded-Port", port)
	setIfMissing(headers, "X-Forwarded-Proto", "http")
	setIfMissing(headers, "X-Amzn-Trace-Id", traceID(now, id))
	path := strings.TrimPrefix(r.URL.Path, "/"+stage)
	resource := strings.TrimSuffix(path, "/")
	return &event.ProxyRequest{
		Resource:                        resource,
		Path:                            path,
		HTTPMethod:                      r.Method,
		Headers:                         last(headers),
		MultiValueHeaders:               headers,
		QueryStringParameters:           last(query),
		MultiValueQueryStringParameters: orNil(query),
		RequestContext: event.ProxyContext{
			AccountID:        g.cfg.AccountID,
			APIID:            APIID,
			Authorizer:       event.CallerOf(r.Context()).Authorizer,
			DomainName:       r.Host,
			HTTPMethod:       r.Method,
			Identity:         event.ProxyIdentity{SourceIP: g.Source(r).String(), UserAgent: r.UserAgent()},
			Path:             r.URL.Path,
			Protocol:         r.Proto,
			RequestID:        id,
			RequestTime:      now.Format("02/Jan/2006:15:04:05 -0700"),
			RequestTimeEpoch: now.UnixMilli(),
			ResourcePath:     resource,
			Stage:            stage,
		},
	}, nil
}

func setIfMissing(h http.Header, name, value string) {
	if h.Get(name) == "" && value != "" {
		h.Set(name, value)
	}
}

func last(many map[string][]string) map[string]string {
	if len(many) == 0 {
		return nil
	}
	one := make(map[string]string, len(many))
	for name, values := range many {
		one[name] = values[len(values)-1]
	}
	return one
}

func orNil(values url.Values) map[string][]string {
	if len(values) == 0 {
		return nil
	}
	return values
}
