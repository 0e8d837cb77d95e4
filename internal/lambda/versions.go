package lambda

import (
	"errors"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"bluerose/event"
)

// errConflict marks a change that contradicts what is there.
var errConflict = errors.New("lambda: conflict")

var aliasName = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,128}$`)

// VersionInfo describes one version of a function.
type VersionInfo struct {
	Function
	ARN      string // qualified
	Version  string // $LATEST or a number
	Revision string // changes with every change
	Modified time.Time
}

// Alias is a name for a version. Its name is not all digits.
type Alias struct {
	Name            string
	FunctionVersion string // a published number, or $LATEST
	Description     string
	Revision        string // changes with every change
}

// function is a function with its versions. Versions do not change; an update makes a new latest.
type function struct {
	host     *Host
	name     string
	counters counters

	mu        sync.Mutex
	latest    *version
	published []*version
	next      int // number of the next version
	aliases   map[string]Alias
	warm      []*version // versions with a pool; the last one was used last
}

type version struct {
	def      Function
	number   string
	revision string
	modified time.Time
	instance *pool // nil while it has no instances; belongs to function.mu
}

func newFunction(h *Host, def Function) *function {
	return &function{host: h, name: def.Name, latest: newVersion(def, Latest), next: 1, aliases: map[string]Alias{}}
}

func newVersion(def Function, number string) *version {
	def.Environment = maps.Clone(def.Environment)
	return &version{def: def, number: number, revision: newRequestID(), modified: time.Now()}
}

// version gives what a qualifier names, or nil.
func (f *function) version(qualifier string) *version {
	f.mu.Lock()
	defer f.mu.Unlock()
	if alias, ok := f.aliases[qualifier]; ok {
		qualifier = alias.FunctionVersion
	}
	return f.numbered(qualifier)
}

// numbered gives the version of that number. The caller holds mu.
func (f *function) numbered(number string) *version {
	if number == "" || number == Latest {
		return f.latest
	}
	for _, v := range f.published {
		if v.number == number {
			return v
		}
	}
	return nil
}

// pool gives the pool of v, and starts it when there is none. Beyond Config.Warm pools, those that were not used for
// the longest time and are free now end.
func (f *function) pool(v *version) *pool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.warmUp(v)
}

// warmUp is pool for a caller that holds mu.
func (f *function) warmUp(v *version) *pool {
	f.warm = slices.DeleteFunc(f.warm, func(w *version) bool { return w == v })
	f.warm = append(f.warm, v)
	if v.instance != nil {
		return v.instance
	}
	v.instance = newPool(f.host, v, &f.counters)
	for i := 0; i < len(f.warm)-1 && len(f.warm) > f.host.cfg.Warm; {
		if old := f.warm[i]; old.instance.retireIdle() {
			old.instance = nil
			f.warm = slices.Delete(f.warm, i, i+1)
			continue
		}
		i++
	}
	return v.instance
}

func (f *function) pools() []*pool {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []*pool
	for _, v := range f.warm {
		all = append(all, v.instance)
	}
	return all
}

func (f *function) info(v *version) VersionInfo {
	return VersionInfo{
		Function: v.def, ARN: f.host.ARN(f.name, v.number), Version: v.number, Revision: v.revision, Modified: v.modified,
	}
}

// Functions gives $LATEST of every function, by name.
func (h *Host) Functions() []VersionInfo {
	var all []VersionInfo
	for _, f := range h.list() {
		all = append(all, f.info(f.version(Latest)))
	}
	return all
}

// Version gives one version of a function; qualifier is a version, an alias or empty.
func (h *Host) Version(id, qualifier string) (VersionInfo, error) {
	f, v, _, err := h.resolve(id, qualifier)
	if err != nil {
		return VersionInfo{}, err
	}
	return f.info(v), nil
}

// Versions gives every version of a function, $LATEST first.
func (h *Host) Versions(id string) ([]VersionInfo, error) {
	f, _, err := h.find(id, "")
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all := []VersionInfo{f.info(f.latest)}
	for _, v := range f.published {
		all = append(all, f.info(v))
	}
	return all, nil
}

// UpdateFunction gives $LATEST a new definition. Requests inside finish with the old one.
func (h *Host) UpdateFunction(def Function) (VersionInfo, error) {
	def = def.withDefaults(h.cfg)
	if err := def.validate(); err != nil {
		return VersionInfo{}, event.Errorf(event.InvalidRequest, "%s", strings.TrimPrefix(err.Error(), "lambda: "))
	}
	if !h.begin() {
		return VersionInfo{}, errStopping()
	}
	defer h.wg.Done()
	f, _, err := h.find(def.Name, "")
	if err != nil {
		return VersionInfo{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.latest
	f.latest = newVersion(def, Latest)
	f.warm = slices.DeleteFunc(f.warm, func(w *version) bool { return w == old })
	if old.instance != nil {
		old.instance.retire()
		old.instance = nil
	}
	f.warmUp(f.latest)
	return f.info(f.latest), nil
}

// PublishVersion gives $LATEST a number. When nothing changed since the last one, that one is the answer.
func (h *Host) PublishVersion(id, description string) (VersionInfo, error) {
	f, _, err := h.find(id, "")
	if err != nil {
		return VersionInfo{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	def := f.latest.def
	if description != "" {
		def.Description = description
	}
	if n := len(f.published); n > 0 && sameCode(f.published[n-1].def, def) {
		return f.info(f.published[n-1]), nil
	}
	if len(f.published) >= h.cfg.MaxVersions {
		return VersionInfo{}, event.Errorf(event.InvalidRequest, "The function has %d versions, and can have no more", h.cfg.MaxVersions)
	}
	v := newVersion(def, strconv.Itoa(f.next))
	f.next++
	f.published = append(f.published, v)
	return f.info(v), nil
}

// sameCode tells whether two definitions differ in nothing but their description.
func sameCode(a, b Function) bool {
	a.Description, b.Description = "", ""
	return reflect.DeepEqual(a, b)
}

// Aliases gives the aliases of a function, by name.
func (h *Host) Aliases(id string) ([]Alias, error) {
	f, _, err := h.find(id, "")
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Values(f.aliases), func(a, b Alias) int { return strings.Compare(a.Name, b.Name) }), nil
}

// Alias gives one alias of a function.
func (h *Host) Alias(id, name string) (Alias, error) {
	return h.onAlias(id, name, func(f *function, a Alias) (Alias, error) { return a, nil })
}

// CreateAlias adds an alias. A name that is taken is an InvalidRequest.
func (h *Host) CreateAlias(id string, a Alias) (Alias, error) {
	f, _, err := h.find(id, "")
	if err != nil {
		return Alias{}, err
	}
	if _, err := strconv.Atoi(a.Name); err == nil || !aliasName.MatchString(a.Name) {
		return Alias{}, event.Errorf(event.InvalidRequest, "An alias is named with 1 to 128 letters, digits, - and _, not all digits")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, taken := f.aliases[a.Name]; taken {
		return Alias{}, event.Errorf(event.InvalidRequest, "Alias already exists: %s:%s", h.ARN(f.name, ""), a.Name).Wrap(errConflict)
	}
	return f.setAlias(a)
}

// UpdateAlias changes what an alias names, and its description; an empty field stays as it is.
func (h *Host) UpdateAlias(id string, change Alias) (Alias, error) {
	return h.onAlias(id, change.Name, func(f *function, a Alias) (Alias, error) {
		if change.FunctionVersion != "" {
			a.FunctionVersion = change.FunctionVersion
		}
		if change.Description != "" {
			a.Description = change.Description
		}
		return f.setAlias(a)
	})
}

// DeleteAlias removes an alias.
func (h *Host) DeleteAlias(id, name string) error {
	_, err := h.onAlias(id, name, func(f *function, a Alias) (Alias, error) {
		delete(f.aliases, name)
		return a, nil
	})
	return err
}

// onAlias runs do with the function locked and its alias of that name.
func (h *Host) onAlias(id, name string, do func(*function, Alias) (Alias, error)) (Alias, error) {
	f, _, err := h.find(id, "")
	if err != nil {
		return Alias{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	a, ok := f.aliases[name]
	if !ok {
		return Alias{}, event.Errorf(event.NotFound, "Alias not found: %s", h.ARN(f.name, name))
	}
	return do(f, a)
}

// setAlias stores an alias whose name is checked. The caller holds mu.
func (f *function) setAlias(a Alias) (Alias, error) {
	if a.FunctionVersion == "" || f.numbered(a.FunctionVersion) == nil {
		return Alias{}, event.Errorf(event.NotFound, "Function not found: %s", f.host.ARN(f.name, a.FunctionVersion))
	}
	if len(a.Description) > 256 {
		return Alias{}, event.Errorf(event.InvalidRequest, "A description is at most 256 characters long")
	}
	a.Revision = newRequestID()
	f.aliases[a.Name] = a
	return a, nil
}
