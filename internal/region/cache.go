package region

import (
	"net/http"
	"path/filepath"

	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/cache"
	"bluerose/internal/apigateway/definition"
	"bluerose/internal/identity"
)

// APIID names the HTTPS API where API Gateway's own API names one.
const APIID = apigateway.APIID

// cached makes the cache of answers, puts its figures and its way in on gateway and mux, and gives its decorator.
func (r *Region) cached(gateway *apigateway.Gateway, served *definition.Definition, mux *http.ServeMux) (apigateway.Decorator, error) {
	verifier, err := identity.New(identity.Config{Keys: r.callers.ownerKey(), Service: "apigateway"})
	if err != nil {
		return nil, err
	}
	r.cache, err = cache.New(cache.Config{
		Gateway: gateway,
		Choose: func(function, qualifier string) (version, build string, err error) {
			choice, err := r.host.Choose(function, qualifier)
			return choice.Version, choice.Build, err
		},
		Platform: r.cfg.Platform,
		Memory:   max(r.cfg.CacheMemory, 0),
		Dir:      filepath.Join(r.cfg.DataDir, "cache"),
		Disk:     max(r.cfg.CacheDisk, 0),
		Log:      r.cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	var stages []string
	for _, stage := range served.Stages {
		stages = append(stages, stage.Name)
	}
	gateway.Measure(r.cache)
	mux.Handle("/restapis/", verifier.Verify(r.cache.Handler(APIID, stages)))
	return r.cache.Decorator, nil
}
