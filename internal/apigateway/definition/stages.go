package definition

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// The wire form of stages.yaml.
type (
	wireStages struct {
		Stages map[string]wireStage `yaml:"stages"`
		Plans  map[string]wirePlan  `yaml:"plans"`
	}
	wireStage struct {
		Alias    string               `yaml:"alias"`
		Throttle Throttle             `yaml:"throttle"`
		Source   Throttle             `yaml:"source"`
		Cache    wireCache            `yaml:"cache"`
		Canary   Canary               `yaml:"canary"`
		Routes   map[string]wireRoute `yaml:"routes"`
	}
	wireCache struct {
		TTL          time.Duration `yaml:"ttl"`
		RefreshByAll bool          `yaml:"refreshByAll"`
	}
	wireRoute struct {
		Access   []string       `yaml:"access"`
		Throttle *Throttle      `yaml:"throttle"`
		CacheTTL *time.Duration `yaml:"cacheTTL"`
	}
	wirePlan struct {
		Stages   []string `yaml:"stages"`
		Throttle Throttle `yaml:"throttle"`
		Quota    Quota    `yaml:"quota"`
	}
)

var (
	stageName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`) // as in API Gateway
	aliasName = regexp.MustCompile(`^(\$LATEST|[a-zA-Z0-9_-]{1,128})$`)
	planName  = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)
)

const maxCacheTTL = time.Hour

func (d *Definition) parseStages(data []byte) error {
	var wire wireStages
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&wire); err != nil {
		return err
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return errors.New("the file holds more than one document")
	}
	if len(wire.Stages) == 0 {
		return errors.New("stages: at least one is needed")
	}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(wire.Stages)) {
		stage, err := d.stage(name, wire.Stages[name])
		if err != nil {
			faults = append(faults, fmt.Errorf("stages.%s: %w", name, err))
		}
		d.Stages = append(d.Stages, stage)
	}
	for _, name := range slices.Sorted(maps.Keys(wire.Plans)) {
		w := wire.Plans[name]
		plan := UsagePlan{Name: name, Stages: w.Stages, Throttle: w.Throttle, Quota: w.Quota}
		if err := d.checkPlan(plan); err != nil {
			faults = append(faults, fmt.Errorf("plans.%s: %w", name, err))
		}
		d.Plans = append(d.Plans, plan)
	}
	return errors.Join(faults...)
}

func (d *Definition) stage(name string, w wireStage) (Stage, error) {
	stage := Stage{
		Name: name, Alias: w.Alias, Limit: w.Throttle, Source: w.Source, Cache: Cache(w.Cache), Canary: w.Canary,
		Routes: map[string]RouteSettings{},
	}
	faults := []error{checkThrottle("throttle", stage.Limit), checkThrottle("source", stage.Source), checkTTL("cache.ttl", stage.Cache.TTL)}
	check := func(ok bool, text string) {
		if !ok {
			faults = append(faults, errors.New(text))
		}
	}
	check(stageName.MatchString(name), "a name has 1 to 128 letters, digits, - and _")
	check(aliasName.MatchString(stage.Alias), "alias must be an alias, a version or $LATEST")
	c := stage.Canary
	check(c == Canary{} || c.Percent >= 0 && c.Percent <= 100 && aliasName.MatchString(c.Alias), "canary needs a percent of 0 to 100 and an alias")
	for _, id := range slices.Sorted(maps.Keys(w.Routes)) {
		settings := RouteSettings(w.Routes[id])
		if _, ok := d.Route(id); !ok {
			faults = append(faults, fmt.Errorf("routes.%s: openapi.yaml has no such operationId", id))
		}
		for _, mode := range settings.Access {
			check(slices.Contains([]string{AccessAPIKey, AccessIAM, AccessOAuth, AccessAuthorizer}, mode),
				"routes."+id+".access: the modes are apiKey, iam, oauth and authorizer; none at all ([]) is public")
		}
		if settings.Throttle != nil {
			faults = append(faults, checkThrottle("routes."+id+".throttle", *settings.Throttle))
		}
		if settings.CacheTTL != nil {
			faults = append(faults, checkTTL("routes."+id+".cacheTTL", *settings.CacheTTL))
		}
		stage.Routes[id] = settings
	}
	return stage, errors.Join(faults...)
}

func (d *Definition) checkPlan(p UsagePlan) error {
	faults := []error{checkThrottle("throttle", p.Throttle)}
	if !planName.MatchString(p.Name) {
		faults = append(faults, errors.New("a name has 1 to 64 letters, digits, and any of . - _"))
	}
	for _, name := range p.Stages {
		if _, ok := d.Stage(name); !ok {
			faults = append(faults, fmt.Errorf("stages: there is no stage %q", name))
		}
	}
	q := p.Quota
	if q != (Quota{}) && (q.Limit < 1 || !slices.Contains([]Period{Day, Week, Month}, q.Period)) {
		faults = append(faults, errors.New("quota needs a limit of at least 1 and a period DAY, WEEK or MONTH"))
	}
	return errors.Join(faults...)
}

func checkThrottle(name string, t Throttle) error {
	if t != (Throttle{}) && (!(t.Rate > 0) || t.Rate > 1e9 || t.Burst < 1 || t.Burst > 1e9) {
		return fmt.Errorf("%s needs a rate above 0 and a burst of at least 1", name)
	}
	return nil
}

func checkTTL(name string, ttl time.Duration) error {
	if ttl < 0 || ttl > maxCacheTTL {
		return fmt.Errorf("%s must be 0s to 1h", name)
	}
	return nil
}
