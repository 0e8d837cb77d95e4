// Package throttle bounds how often callers may ask. It is two decorators of the gateway, around access control:
//
//   - Before bounds everybody by token buckets, before it is known who they are: one bucket for each source address, one for each
//     route and one for each stage;
//   - After bounds a caller who has a usage plan: the stages that are in the plan, a token bucket, and the quota.
//
// A request takes a token of every bucket that it passes, the narrowest first: who is refused for their own address takes nothing
// from the others. Refusals are API Gateway's: 429 with Retry-After, 403 for a stage that the plan has not. Mocks are left alone:
// they cost nothing, and a browser whose preflight is refused tells its page nothing of a 429.
//
// Buckets are in memory, and full after a restart; a quota is not forgotten (package quota). Both tables of buckets are bounded:
// the bucket that was used least lately makes room, and is full when its owner comes again.
package throttle

import (
	"cmp"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/definition"
	"bluerose/internal/apigateway/quota"
)

// The reasons of refusals, as the metrics name them.
const (
	BySource = "source"
	ByRoute  = "route"
	ByStage  = "stage"
	ByPlan   = "plan"
	ByQuota  = "quota"
)

// Gateway is what throttling needs of the gateway (apigateway.Gateway is one).
type Gateway interface {
	Source(r *http.Request) netip.Addr
	// Throttle answers a request that came too often, and counts it by reason.
	Throttle(w http.ResponseWriter, reason string, refusal *event.Refusal)
	Refuse(w http.ResponseWriter, refusal *event.Refusal)
	Fail(w http.ResponseWriter, r *http.Request, err error)
}

// Config sets throttling up. Gateway, Definition and Quotas are required.
type Config struct {
	Gateway    Gateway
	Definition *definition.Definition // the throttles of stages and routes, and the usage plans
	Quotas     *quota.Counter         // the caller of New closes it
	Buckets    int                    // of source addresses, and again of callers, that memory holds; default 16,384
	Now        func() time.Time       // default time.Now
}

// Throttles are the decorators.
type Throttles struct {
	cfg     Config
	stages  map[string]*bucket // by stage; those without a throttle have none
	sources *table[source]
	callers *table[caller]
}

// source is an address in one stage: an IPv4 address, or the /64 of an IPv6 one, which is what one customer has.
type source struct {
	stage string
	addr  netip.Addr
}

type caller struct{ plan, mode, id string }

// New gives Throttles, or says what is missing in cfg.
func New(cfg Config) (*Throttles, error) {
	if cfg.Gateway == nil || cfg.Definition == nil || cfg.Quotas == nil {
		return nil, errors.New("throttle: Gateway, Definition and Quotas are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Buckets = cmp.Or(cfg.Buckets, 1<<14)
	if cfg.Buckets < 0 {
		return nil, errors.New("throttle: Buckets must not be negative")
	}
	t := &Throttles{
		cfg: cfg, stages: map[string]*bucket{}, sources: newTable[source](cfg.Buckets), callers: newTable[caller](cfg.Buckets),
	}
	for _, stage := range cfg.Definition.Stages {
		if !stage.Limit.None() {
			t.stages[stage.Name] = newBucket(stage.Limit)
		}
	}
	return t, nil
}

// Before is the Decorator that stands before access control. It bounds every request, those that access control refuses too.
func (t *Throttles) Before(route apigateway.Route, next http.Handler) http.Handler {
	if route.Definition.Integration.Type == definition.Mock {
		return next
	}
	stage := t.stages[route.Stage]
	var own *bucket
	if limit := route.In.Throttle(route.OperationID); !limit.None() {
		own = newBucket(limit)
	}
	perSource := route.In.Source
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := t.cfg.Now()
		var each *bucket
		if !perSource.None() {
			each = t.sources.bucket(source{route.Stage, customer(t.cfg.Gateway.Source(r))}, perSource)
		}
		for _, b := range [...]struct {
			reason string
			bucket *bucket
		}{{BySource, each}, {ByRoute, own}, {ByStage, stage}} {
			if wait := b.bucket.take(now); wait > 0 {
				t.cfg.Gateway.Throttle(w, b.reason, event.TooManyRequests(wait))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// customer gives what an address counts as.
func customer(addr netip.Addr) netip.Addr {
	if addr.Is6() {
		prefix, _ := addr.WithZone("").Prefix(64) // an IPv6 address has 64 bits
		return prefix.Addr()
	}
	return addr
}

// After is the Decorator that stands behind access control. It leaves callers without a plan alone. A plan that the definition
// does not have lets nobody through.
func (t *Throttles) After(route apigateway.Route, next http.Handler) http.Handler {
	if route.Definition.Integration.Type == definition.Mock {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := event.CallerOf(r.Context())
		if who.Plan == "" {
			next.ServeHTTP(w, r)
			return
		}
		plan, ok := t.cfg.Definition.Plan(who.Plan)
		if !ok || len(plan.Stages) > 0 && !slices.Contains(plan.Stages, route.Stage) {
			t.cfg.Gateway.Refuse(w, event.Forbidden())
			return
		}
		if !plan.Throttle.None() {
			b := t.callers.bucket(caller{plan.Name, who.Mode, who.ID}, plan.Throttle)
			if wait := b.take(t.cfg.Now()); wait > 0 {
				t.cfg.Gateway.Throttle(w, ByPlan, event.TooManyRequests(wait))
				return
			}
		}
		if plan.Quota.Limit > 0 {
			switch ok, wait, err := t.cfg.Quotas.Take(r.Context(), quota.Caller{Mode: who.Mode, ID: who.ID}, plan.Quota); {
			case err != nil:
				t.cfg.Gateway.Fail(w, r, err)
				return
			case !ok:
				t.cfg.Gateway.Throttle(w, ByQuota, event.QuotaSpent(wait))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
