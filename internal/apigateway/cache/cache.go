package cache

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bluerose/event"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/definition"
)

// Gateway is what the cache needs of the gateway that it decorates; *apigateway.Gateway is one.
type Gateway interface {
	Body(w http.ResponseWriter, r *http.Request, route apigateway.Route) ([]byte, error)
	Refuse(w http.ResponseWriter, refusal *event.Refusal)
	Fail(w http.ResponseWriter, r *http.Request, err error)
}

// Config sets a cache up. Gateway and Choose are required; the rest has the defaults named here.
type Config struct {
	Gateway Gateway
	// Choose gives the version of a function that a request to an alias or version goes to, and names what that version
	// runs: the same build gives the same answers. An empty build is not cached. It must be safe for concurrent use.
	Choose func(function, qualifier string) (version, build string, err error)
	// Platform names what answers depend on besides the build, such as the version of a library; default nothing.
	Platform string

	Memory  int64            // bytes of the answers in memory; default none
	Dir     string           // the folder of those on the disk, which is made when it is missing; needed for Disk
	Disk    int64            // bytes of those on the disk; default none
	Files   int              // and how many; default 100,000
	Waiting int              // requests that may wait for one that is the same; default 1000. More are answered Throttled
	Log     *slog.Logger     // default none
	Now     func() time.Time // default time.Now
}

// Validate tells what is wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Gateway == nil || c.Choose == nil:
		return errors.New("cache: Gateway and Choose are required")
	case c.Memory < 0 || c.Disk < 0 || c.Files < 0 || c.Waiting < 0:
		return errors.New("cache: bounds must not be negative")
	case c.Disk > 0 && c.Dir == "":
		return errors.New("cache: answers on the disk need a folder")
	}
	return nil
}

func (c *Config) setDefaults() {
	c.Files = cmp.Or(c.Files, 100_000)
	c.Waiting = cmp.Or(c.Waiting, 1000)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Now == nil {
		c.Now = time.Now
	}
}

// Cache keeps answers.
type Cache struct {
	cfg     Config
	memory  *memory
	disk    *disk
	flights *flights
	quick   sum
	counters

	purging sync.RWMutex // is held for reading by whoever keeps an answer
	purges  atomic.Uint64
}

// New gives a cache with the answers that are in Config.Dir, or the error of cfg.Validate. The caller must Close it.
func New(cfg Config) (*Cache, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	c := &Cache{cfg: cfg, flights: newFlights(cfg.Waiting), quick: newQuick()}
	c.memory = newMemory(cfg.Memory, &c.counters)
	c.disk = newDisk(cfg, &c.counters)
	return c, nil
}

// Close writes what is to be written, and ends what the cache does by itself. Requests that are still inside may go on.
func (c *Cache) Close() { c.disk.close() }

// tagHeader carries the name that a caller gives answers to purge them by.
const tagHeader = "X-Bluerose-Tag"

var tagForm = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)

// cached is a route whose answers are kept.
type cached struct {
	apigateway.Route
	next    http.Handler
	ttl     time.Duration
	headers []string // that are part of the key, by canonical name
	control []string // the Cache-Control of its answers
}

// Decorator keeps the answers of a route for as long as its stage says, and leaves a route alone whose answers are not
// kept or come from no function. A cache that keeps answers nowhere leaves all alone.
func (c *Cache) Decorator(route apigateway.Route, next http.Handler) http.Handler {
	ttl := route.In.CacheTTL(route.OperationID)
	if ttl <= 0 || route.Definition.Integration.Function == "" || c.memory == nil && c.disk == nil {
		return next
	}
	whose := "public"
	if len(route.Access) > 0 {
		whose = "private"
	}
	to := &cached{Route: route, next: next, ttl: ttl, headers: keyHeaders(route.Definition.CacheKeys),
		control: []string{whose + ", max-age=" + strconv.Itoa(int(ttl.Seconds()))}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, to) })
}

// keyHeaders gives the headers among cacheKeyParameters.
func keyHeaders(parameters []string) []string {
	var headers []string
	for _, parameter := range parameters {
		for _, prefix := range []string{"method.request.header.", "method.request.multivalueheader."} {
			if name, ok := strings.CutPrefix(parameter, prefix); ok {
				headers = append(headers, http.CanonicalHeaderKey(name))
			}
		}
	}
	return headers
}

// question is one request on its way to an answer.
type question struct {
	*cached
	caller  event.Caller
	tag     string
	version string
	build   string
	content content
	quick   key    // of the answer in memory
	key     key    // of the answer everywhere else
	purges  uint64 // of the cache when it came
}

func (c *Cache) serve(w http.ResponseWriter, r *http.Request, route *cached) {
	q := question{cached: route, caller: event.CallerOf(r.Context()), purges: c.purges.Load()}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || !route.Admits(q.caller) {
		route.next.ServeHTTP(w, r) // which says why not
		return
	}
	if q.version, q.build, err = c.cfg.Choose(route.Definition.Integration.Function, apigateway.QualifierOf(r.Context())); err != nil || q.build == "" {
		route.next.ServeHTTP(w, r)
		return
	}
	if tags := r.Header[tagHeader]; len(tags) > 0 {
		if q.tag = tags[0]; len(tags) > 1 || !tagForm.MatchString(q.tag) {
			c.cfg.Gateway.Fail(w, r, event.Errorf(event.InvalidRequest, "The header %s is one name of 1 to 128 letters, digits and any of . _ : -", tagHeader))
			return
		}
	}
	body, err := c.cfg.Gateway.Body(w, r, route.Route)
	if err != nil {
		c.cfg.Gateway.Fail(w, r, err)
		return
	}
	r = r.WithContext(apigateway.WithQualifier(r.Context(), q.version))
	fresh := q.wantsFresh(r)
	q.content = contentOf(r.Header["Content-Type"], body, c.quick)
	if q.quick, err = c.keyOf(r, &q, query); err != nil {
		route.next.ServeHTTP(w, r)
		return
	}
	if !fresh {
		if kept := c.memory.get(q.quick); kept != nil && kept.fresh(c.cfg.Now(), q.ttl) {
			c.hitsInMemory.Add(1)
			c.answer(w, r, &q, kept, "hit")
			return
		}
	}
	if q.key = q.quick; !q.content.isForm {
		q.content = contentOf(r.Header["Content-Type"], body, sha)
		q.key, _ = c.keyOf(r, &q, query) // it could the first time
	}
	if !fresh {
		if kept := c.findOnDisk(&q); kept != nil {
			c.answer(w, r, &q, kept, "hit")
			return
		}
	}
	c.ask(w, r, &q, body)
}

// wantsFresh reports whether a request asks for an answer that was made for it, and may.
func (q *question) wantsFresh(r *http.Request) bool {
	if !q.caller.MayRefresh && !q.In.Cache.RefreshByAll {
		return false
	}
	for _, directive := range directives(r.Header["Cache-Control"]) {
		if directive == "no-cache" || directive == "max-age=0" {
			return true
		}
	}
	return false
}

// findOnDisk gives the kept answer to a question, nil for none that is fresh, and has it in memory from then on.
func (c *Cache) findOnDisk(q *question) *entry {
	kept := c.disk.get(q.key)
	if kept == nil {
		return nil
	}
	if !kept.fresh(c.cfg.Now(), q.ttl) {
		c.disk.remove(q.key)
		return nil
	}
	c.hitsOnDisk.Add(1)
	c.keep(q.purges, func() { c.memory.set(q.quick, kept) })
	return kept
}

// keep does what keeps an answer, unless answers were purged since its request came, when there had been so many purges:
// that may have been one of them.
func (c *Cache) keep(purges uint64, do func()) {
	c.purging.RLock()
	defer c.purging.RUnlock()
	if c.purges.Load() == purges {
		do()
	}
}

// ask has the function answer, or waits for the answer to a request that is the same.
func (c *Cache) ask(w http.ResponseWriter, r *http.Request, q *question, body []byte) {
	if q.Definition.Integration.Type == definition.Invoke && len(body) > 0 {
		var ping bool
		if q.content.pictures, ping = lookInto(body); ping {
			q.next.ServeHTTP(w, r) // a pong tells that the function is there now
			return
		}
	}
	f, first, err := c.flights.join(r.Context(), q.key)
	if err != nil {
		c.cfg.Gateway.Fail(w, r, err)
		return
	}
	if first {
		c.misses.Add(1)
		c.lead(w, r, q, f)
		return
	}
	select {
	case <-r.Context().Done():
		c.flights.leave(f)
		c.cfg.Gateway.Fail(w, r, r.Context().Err())
	case <-f.done:
		if f.answer == nil { // what the first got is for it alone
			c.misses.Add(1)
			q.next.ServeHTTP(w, r)
			return
		}
		c.shared.Add(1)
		c.answer(w, r, q, f.answer, "shared")
	}
}

// lead runs the request for all who wait for its answer.
func (c *Cache) lead(w http.ResponseWriter, r *http.Request, q *question, f *flight) {
	defer c.flights.finish(f, nil) // a panic leaves the others to themselves
	stop := context.AfterFunc(r.Context(), func() { c.flights.leave(f) })
	defer stop()

	record := &recorder{ResponseWriter: w, header: w.Header().Clone()}
	q.next.ServeHTTP(record, r.WithContext(f.ctx))
	if record.status == 0 {
		return // nobody waits for an answer
	}
	made := record.entry()
	keeps := q.mayKeep(made) && c.sameBuild(q)
	if keeps {
		made.keepable(q, c.cfg.Now())
		c.keep(q.purges, func() { c.memory.set(q.quick, made) })
	}
	if !forOneAlone(made) {
		c.flights.finish(f, made)
	}
	if keeps {
		purges := q.purges
		c.disk.later(made.size(), func() { c.keep(purges, func() { c.disk.put(made) }) })
	}
	c.answer(w, r, q, made, "miss")
}

// sameBuild reports whether the version that has answered still is what the key names.
func (c *Cache) sameBuild(q *question) bool {
	_, build, err := c.cfg.Choose(q.Definition.Integration.Function, q.version)
	return err == nil && build == q.build
}
