package region

import (
	"context"
	"path/filepath"

	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/definition"
	"bluerose/internal/apigateway/quota"
	"bluerose/internal/apigateway/throttle"
)

// throttles opens the count of quotas, and gives the decorators that keep to the definition's throttles and usage plans.
func (r *Region) throttles(ctx context.Context, gateway *apigateway.Gateway, d *definition.Definition) (t *throttle.Throttles, err error) {
	r.quotas, err = quota.Open(ctx, quota.Config{Path: filepath.Join(r.cfg.DataDir, "quotas.db")})
	if err != nil {
		return nil, err
	}
	return throttle.New(throttle.Config{Gateway: gateway, Definition: d, Quotas: r.quotas})
}

// closeQuotas gives back what was reserved of quotas and not used. It comes when nothing is served any more.
func (r *Region) closeQuotas() error {
	if r.quotas == nil {
		return nil
	}
	return r.quotas.Close()
}
