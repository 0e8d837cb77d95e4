package region

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"time"

	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/access"
	"bluerose/internal/apigateway/cache"
	"bluerose/internal/apigateway/quota"
	"bluerose/internal/identity"
	"bluerose/internal/identity/oidc"
	"bluerose/internal/lambda"
	"bluerose/internal/table"
	"bluerose/internal/table/stream"
	"bluerose/site"
)

// Region is a region that serves.
type Region struct {
	cfg       Config
	callers   *callers
	tables    table.Store
	services  *services
	host      *lambda.Host
	tokens    *oidc.Verifier // nil for none
	quotas    *quota.Counter
	summaries *stream.Mapping // nil where the tables have no stream here
	cache     *cache.Cache
	server    *http.Server
	addr      string
	served    chan error // holds what ended the server
}

// Start starts a region. It serves when Start returns; instances of the function may still be starting, and requests
// wait for them. The caller must Close it. ctx bounds the start alone.
func Start(ctx context.Context, cfg Config) (*Region, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	tlsConfig, err := cfg.TLS.config(cfg.DataDir, cfg.Log)
	if err != nil {
		return nil, err
	}
	listener, err := cfg.listen(ctx)
	if err != nil {
		return nil, err
	}
	r := &Region{cfg: cfg, addr: listener.Addr().String(), served: make(chan error, 1)}
	handler, err := r.open(ctx)
	if err != nil {
		return nil, errors.Join(err, listener.Close(), r.closeRooms(ctx))
	}
	r.server = cfg.newServer(handler, tlsConfig)
	go func() { r.served <- serve(r.server, listener) }()
	return r, nil
}

// open starts the rooms, from the lowest on, and gives what the server hands requests to.
func (r *Region) open(ctx context.Context) (http.Handler, error) {
	var err error
	if r.callers, err = openCallers(ctx, r.cfg); err != nil {
		return nil, err
	}
	if err := r.openTables(ctx); err != nil {
		return nil, err
	}
	if r.services, err = newServices(ctx); err != nil {
		return nil, err
	}
	if r.host, err = lambda.New(r.hostConfig()); err != nil {
		return nil, err
	}
	inner := http.NewServeMux()
	functionsKey := identity.OwnerKey(r.services.key, accountID)
	if err := r.awsAPIs(inner, r.host.Inside(), functionsKey, functionsKey, http.NotFoundHandler()); err != nil {
		return nil, err
	}
	r.services.serve(r.cfg, inner)
	handler, err := r.handler(ctx)
	if err != nil {
		return nil, err
	}
	return handler, r.mapSummaries()
}

// closeRooms closes what open has opened, from the highest on.
func (r *Region) closeRooms(ctx context.Context) error {
	var errs []error
	if r.cache != nil {
		r.cache.Close()
	}
	if r.summaries != nil {
		r.summaries.Close(ctx)
	}
	if r.host != nil {
		errs = append(errs, r.host.Close(ctx))
	}
	if r.tokens != nil {
		r.tokens.Close()
	}
	if r.services != nil {
		errs = append(errs, r.services.close())
	}
	if r.callers != nil {
		errs = append(errs, r.callers.close())
	}
	return errors.Join(append(errs, r.closeQuotas(), r.closeTables())...)
}

func (r *Region) hostConfig() lambda.Config {
	image := lambda.Function{
		Name:        imageFunctionName,
		Description: "The image service: seven operations on pictures",
		MemoryMB:    r.cfg.MemoryMB,
		Timeout:     r.cfg.Timeout + grace,
		Program:     r.cfg.Program,
		// Both functions are this program's.
		SharedMemory: true,
	}
	functions := append([]lambda.Function{image}, r.testFunctions()...)
	if r.cfg.ImageMagick {
		functions[0].Instead = map[string]string{string(event.NotNative): magickFunctionName}
		other := image
		other.Name, other.Description = magickFunctionName, "The image service on ImageMagick, for what the function image has not"
		other.Instances = max(1, cmp.Or(r.cfg.Instances, runtime.NumCPU())/2)
		functions = append(functions, other)
	}
	if r.cfg.Authorizer != "" {
		functions = append(functions, r.cfg.authorizer())
	}
	return lambda.Config{
		Tracer:     r.cfg.Tracer,
		Traces:     r.cfg.forwardTraces(),
		Functions:  functions,
		Dir:        r.cfg.DataDir,
		Async:      r.cfg.Async,
		Services:   r.services.config(),
		Region:     awsRegion,
		AccountID:  accountID,
		Authorize:  authorize,
		Command:    r.cfg.Command,
		Instances:  r.cfg.Instances,
		Queue:      r.cfg.Queue,
		Cost:       costOf,
		MaxPayload: r.cfg.maxPayload(),
		Logger:     r.cfg.Log,
	}
}

// handler puts the parts behind one address.
func (r *Region) handler(ctx context.Context) (http.Handler, error) {
	served, err := r.definition()
	if err != nil {
		return nil, err
	}
	gateway, err := apigateway.New(apigateway.Config{
		Definition: served,
		Function:   functions{r.host},
		Stats:      func() []apigateway.FunctionStats { return stats(r.host) },
		Region:     awsRegion,
		AccountID:  accountID,
		MaxJSON:    r.cfg.maxEvent(),
		MaxPicture: r.cfg.MaxInput,
		MaxBodies:  max(1<<30, 2*r.cfg.maxEvent()),
		Timeout:    r.cfg.answerTimeout(),
		Log:        r.cfg.Log,
		Tracer:     r.cfg.Tracer,

		TrustedProxies: r.cfg.TrustedProxies,
	})
	if err != nil {
		return nil, err
	}
	website, err := site.Handler(site.Config{})
	if err != nil {
		return nil, err
	}
	byKey, err := r.callers.schemes(gateway, served)
	if err != nil {
		return nil, err
	}
	byToken, err := r.tokenSchemes(gateway, served)
	if err != nil {
		return nil, err
	}
	throttles, err := r.throttles(ctx, gateway, served)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	cached, err := r.cached(gateway, served, mux)
	if err != nil {
		return nil, err
	}
	gateway.Register(mux, throttles.Before, access.Decorator(gateway, append(byKey, byToken...)...), throttles.After, cached)
	guests, apis := r.callers.cognito(), http.NewServeMux()
	if err := r.awsAPIs(apis, r.host.Handler(), r.callers.ownerKey(), r.callers.keys(), guests); err != nil {
		return nil, err
	}
	mux.Handle("/2015-03-31/", gateway.Counted(r.cfg.maxPayload(), apis)) // guests come here, too
	mux.Handle("POST /{$}", apis)
	mux.Handle("OPTIONS /{$}", guests)
	mux.Handle("/", website)
	return gateway.Observe(mux), nil
}

// Addr gives the host:port that the region listens on.
func (r *Region) Addr() string { return r.addr }

// URL gives the address with its scheme, as the first part of every link.
func (r *Region) URL() string {
	if r.cfg.TLS.On() {
		return "https://" + r.addr
	}
	return "http://" + r.addr
}

// Key gives the owner's access key.
func (r *Region) Key() identity.Key { return r.callers.owner }

// Wait returns when ctx ends, with nil, or when the region can serve no more, with the reason.
func (r *Region) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-r.served:
		r.served <- err // for Close
		return err
	}
}

// Close stops the region: it takes no more requests, those inside finish, and every process of a function ends. When ctx
// ends first, what still runs is cut off, and Close gives ctx's error. Nothing of the region runs when Close returns.
func (r *Region) Close(ctx context.Context) error {
	// Requests that are being read may go on for as long as ctx lets them; idle connections end at once.
	shutdown := r.server.Shutdown(ctx)
	if shutdown != nil {
		_ = r.server.Close()
	}
	stopped := r.closeRooms(ctx)
	served := <-r.served
	if errors.Is(served, http.ErrServerClosed) {
		served = nil
	}
	return errors.Join(shutdown, stopped, served)
}

// ShutdownTimeout is how long requests may take to finish when a region is closed: as long as one may run at all.
func (c Config) ShutdownTimeout() time.Duration {
	c.setDefaults()
	return c.Timeout + 2*grace
}
