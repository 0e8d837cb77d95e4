package apigateway

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"bluerose/event"
	"bluerose/internal/apigateway/definition"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/semaphore"
)

// Function is the functions behind the routes as the gateway sees them. Implementations must be safe for concurrent use, and end when
// ctx does. Failures are *event.Error: the function's own, or Throttled, Timeout or FunctionCrashed for what became of it.
type Function interface {
	// Invoke runs the function on a JSON event and gives its JSON result. The payload is the function's from then on.
	Invoke(ctx context.Context, call Call, payload []byte) ([]byte, error)
	// Proxy runs the function on an event of the proxy integration. The request is the function's from then on.
	Proxy(ctx context.Context, call Call, request *event.ProxyRequest) (*event.ProxyResponse, error)
}

// Config sets a gateway up. Definition and Function are required; the rest has the defaults named here.
type Config struct {
	Definition *definition.Definition // every route, in every stage
	Function   Function
	Stats      func() []FunctionStats // for /metrics; default none. It must be cheap and safe for concurrent use
	Region     string                 // of the routes' ARNs; default "us-east-1"
	AccountID  string                 // of the routes' ARNs, and what functions find as accountId; default "123456789012"
	MaxJSON    int64                  // bytes of a JSON event; default 44 MiB, which holds 32 MiB of picture in base64
	MaxPicture int64                  // bytes of a picture; default 32 MiB
	MaxBodies  int64                  // bytes of all bodies in flight; default 1 GiB. A request waits BodyWait for its share
	BodyWait   time.Duration          // default 5 seconds; then the request is answered Throttled
	// TrustedProxies are those whose X-Forwarded-For says where a request comes from; default none. See Gateway.Source.
	TrustedProxies []netip.Prefix
	Timeout        time.Duration    // for the function's answer, waiting for an instance included; default 29 seconds, as API Gateway
	Log            *slog.Logger     // the access log; default none
	Tracer         trace.Tracer     // makes a span of every request; default none
	Now            func() time.Time // default time.Now
	Random         func() float64   // 0 up to 1, for canaries; default math/rand. It must be safe for concurrent use
}

// Validate tells what is wrong with the configuration.
func (c Config) Validate() error {
	c.setDefaults()
	switch {
	case c.Definition == nil:
		return errors.New("apigateway: Definition is required")
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
	c.Region = cmp.Or(c.Region, "us-east-1")
	c.AccountID = cmp.Or(c.AccountID, "123456789012")
	c.MaxJSON = cmp.Or(c.MaxJSON, 44<<20)
	c.MaxPicture = cmp.Or(c.MaxPicture, 32<<20)
	c.MaxBodies = cmp.Or(c.MaxBodies, 1<<30)
	c.BodyWait = cmp.Or(c.BodyWait, 5*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 29*time.Second)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
}

// Gateway serves the HTTPS API.
type Gateway struct {
	cfg     Config
	bodies  *semaphore.Weighted
	buffers sync.Pool // of *bytes.Buffer, for bodies that no function gets
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

// Register puts the definition's routes on mux, in every stage, each behind the decorators, the outermost first. The server of
// mux must run them inside Observe, which gives request ids.
func (g *Gateway) Register(mux *http.ServeMux, decorators ...Decorator) {
	for _, route := range g.routes() {
		handler := g.admitted(route, g.integration(route))
		for _, decorator := range slices.Backward(decorators) {
			handler = decorator(route, handler)
		}
		handler = cors(route.Definition.CORS, g.choose(route.In, g.holding(handler)))
		// As API Gateway matches: with or without a slash at the end.
		pattern := route.Method + " /" + route.Stage + route.Path
		mux.Handle(pattern, handler)
		mux.Handle(pattern+"/{$}", handler)
	}
	for _, stage := range g.cfg.Definition.Stages {
		mux.HandleFunc("/"+stage.Name+"/", func(w http.ResponseWriter, _ *http.Request) { g.Refuse(w, event.MissingAuthentication()) })
	}
	mux.HandleFunc("GET /healthz", healthz)
	mux.Handle("GET /metrics", g.metrics.handler())
	mux.HandleFunc("GET /openapi.yaml", g.serves("application/yaml", g.cfg.Definition.OpenAPI))
	mux.HandleFunc("GET /openapi.json", g.serves("application/json", g.cfg.Definition.JSON))
}

// serves answers with the definition, which pages of any origin may read.
func (g *Gateway) serves(contentType string, content []byte) http.HandlerFunc {
	etag := fmt.Sprintf(`"%x"`, sha256.Sum256(content))
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("ETag", etag)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, "application/json", []byte(`{"status":"ok"}`))
}
