package apigateway

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"bluerose/event"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/semaphore"
)

// Function is the image function as the gateway sees it. Implementations must be safe for concurrent use, and end when
// ctx does. Failures are *event.Error: the function's own, or Throttled, Timeout or FunctionCrashed for what became of it.
type Function interface {
	// Invoke runs the function on a JSON event and gives its JSON result. The payload is the function's from then on.
	Invoke(ctx context.Context, requestID string, payload []byte) ([]byte, error)
	// Proxy runs the function on an event of the proxy integration. The request is the function's from then on.
	Proxy(ctx context.Context, requestID string, request *event.ProxyRequest) (*event.ProxyResponse, error)
}

// Config sets a gateway up. Function is required; the rest has the defaults named here.
type Config struct {
	Function   Function
	Stats      func() []FunctionStats // for /metrics; default none. It must be cheap and safe for concurrent use
	Stage      string                 // the first part of every path; default "prod"
	MaxJSON    int64                  // bytes of a JSON event; default 44 MiB, which holds 32 MiB of picture in base64
	MaxPicture int64                  // bytes of a picture; default 32 MiB
	MaxBodies  int64                  // bytes of all bodies in flight; default 1 GiB. A request waits BodyWait for its share
	BodyWait   time.Duration          // default 5 seconds; then the request is answered Throttled
	Timeout    time.Duration          // for the function's answer, waiting for an instance included; default 29 seconds, as API Gateway
	Log        *slog.Logger           // the access log; default none
	Tracer     trace.Tracer           // makes a span of every request; default none
	Now        func() time.Time       // default time.Now
}

// Validate tells what is wrong with the configuration.
func (c Config) Validate() error {
	c.setDefaults()
	switch {
	case c.Function == nil:
		return errors.New("apigateway: Function is required")
	case c.MaxJSON < 0 || c.MaxPicture < 0 || c.MaxBodies < 0 || c.BodyWait < 0 || c.Timeout < 0:
		return errors.New("apigateway: limits must not be negative")
	case c.MaxBodies < max(c.MaxJSON, c.MaxPicture):
		return errors.New("apigateway: MaxBodies must hold at least one body of MaxJSON and MaxPicture")
	}
	return nil
}

func (c *Config) setDefaults() {
	c.Stage = cmp.Or(c.Stage, "prod")
	c.MaxJSON = cmp.Or(c.MaxJSON, 44<<20)
	c.MaxPicture = cmp.Or(c.MaxPicture, 32<<20)
	c.MaxBodies = cmp.Or(c.MaxBodies, 1<<30)
	c.BodyWait = cmp.Or(c.BodyWait, 5*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 29*time.Second)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Now == nil {
		c.Now = time.Now
	}
}

// Gateway serves the HTTPS API.
type Gateway struct {
	cfg     Config
	bodies  *semaphore.Weighted
	metrics *metrics
}

// New gives a Gateway, or the error of cfg.Validate.
func New(cfg Config) (*Gateway, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	return &Gateway{cfg: cfg, bodies: semaphore.NewWeighted(cfg.MaxBodies), metrics: newMetrics(cfg.Stats)}, nil
}

// Register puts the gateway's routes on mux. The server of mux must run them inside Observe, which gives request ids.
func (g *Gateway) Register(mux *http.ServeMux) {
	stage := "/" + g.cfg.Stage
	for _, route := range []struct {
		path    string
		methods map[string]http.HandlerFunc
	}{
		{"/ImageProcessingService", map[string]http.HandlerFunc{http.MethodGet: g.ping, http.MethodPost: g.invoke}},
		{"/images", map[string]http.HandlerFunc{http.MethodPost: g.images}},
	} {
		allowed := ""
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if handler, ok := route.methods[method]; ok {
				allowed += method + ", "
				handle(mux, method, stage+route.path, handler)
			}
		}
		handle(mux, http.MethodOptions, stage+route.path, preflight(allowed+http.MethodOptions))
	}
	mux.HandleFunc(stage+"/", cors(noRoute))
	mux.HandleFunc("GET /healthz", healthz)
	mux.Handle("GET /metrics", g.metrics.handler())
}

// handle registers a route as API Gateway matches it: with or without a slash at its end.
func handle(mux *http.ServeMux, method, path string, handler http.HandlerFunc) {
	mux.HandleFunc(method+" "+path, cors(handler))
	mux.HandleFunc(method+" "+path+"/{$}", cors(handler))
}

// ping answers the function's own pong, so that one GET shows that the whole way works.
func (g *Gateway) ping(w http.ResponseWriter, r *http.Request) {
	g.answerInvocation(w, r, []byte(`{"operation":"`+event.Ping+`"}`))
}

// invoke hands a JSON event to the function.
func (g *Gateway) invoke(w http.ResponseWriter, r *http.Request) {
	payload, release, err := g.readBody(w, r, g.cfg.MaxJSON)
	defer release()
	if err != nil {
		refuseBody(w, r, err)
		return
	}
	g.answerInvocation(w, r, payload)
}

func (g *Gateway) answerInvocation(w http.ResponseWriter, r *http.Request, payload []byte) {
	ctx, cancel := context.WithTimeout(r.Context(), g.cfg.Timeout)
	defer cancel()
	result, err := g.cfg.Function.Invoke(ctx, requestID(w), payload)
	if err != nil {
		fail(w, r, err)
		return
	}
	answer(w, http.StatusOK, "application/json", result)
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, "application/json", []byte(`{"status":"ok"}`))
}

// noRoute answers what API Gateway answers where there is no such route or method.
func noRoute(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Amzn-ErrorType", "MissingAuthenticationTokenException")
	answer(w, http.StatusForbidden, "application/json", []byte(`{"message":"Missing Authentication Token"}`))
}
