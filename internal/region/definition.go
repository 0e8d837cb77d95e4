package region

import (
	"fmt"

	"bluerose/api"
	"bluerose/internal/apigateway/definition"
)

// definition reads the definition of the HTTPS API, and makes the aliases that its stages ask: one that is not there yet names
// what was built last, until its owner publishes a version and moves it.
func (r *Region) definition() (*definition.Definition, error) {
	d, err := definition.Parse(api.OpenAPI, api.Stages)
	if err != nil {
		return nil, err
	}
	for _, route := range d.Routes {
		function := route.Integration.Function
		if function == "" {
			continue
		}
		for _, stage := range d.Stages {
			for _, alias := range []string{stage.Alias, stage.Canary.Alias} {
				if err := r.ensureAlias(function, alias); err != nil {
					return nil, fmt.Errorf("stage %s: %w", stage.Name, err)
				}
			}
		}
	}
	return d, nil
}

// ensureAlias makes an alias unless the function has a version or an alias of that name.
func (r *Region) ensureAlias(function, name string) error {
	if name == "" {
		return nil
	}
	if _, err := r.host.Version(function, name); err == nil {
		return nil
	}
	return r.host.EnsureAlias(function, name)
}
