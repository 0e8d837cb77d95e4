package region

import (
	"log/slog"
	"net/http"
	"net/http/httputil"
)

// forwardTraces gives what passes the spans of functions on to Config.Traces, nil for nowhere.
func (c Config) forwardTraces() http.Handler {
	if c.Traces == nil {
		return nil
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			target := *c.Traces
			r.Out.URL, r.Out.Host = &target, target.Host
		},
		ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelWarn),
	}
}
