package lambda

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"bluerose/event"
)

// errConflict marks a change that contradicts what is there, and errPrecondition one that was made for another state of it.
var (
	errConflict     = errors.New("lambda: conflict")
	errPrecondition = errors.New("lambda: precondition")
)

func errRevision() error {
	return event.Errorf(event.InvalidRequest, "The RevisionId provided does not match the latest RevisionId. "+
		"Read it again, and retry with the latest one.").Wrap(errPrecondition)
}

func notStored(err error) error {
	return event.Errorf(event.Internal, "The change could not be stored, and is not made; try again later").Wrap(err)
}

// VersionInfo describes one version of a function.
type VersionInfo struct {
	Function
	ARN      string // qualified
	Version  string // $LATEST or a number
	SHA256   string // of the program, in base64; empty when Function.Program is
	Size     int64  // of the program, in bytes
	Revision string // changes with every change
	Modified time.Time
}

// function is a function with its versions. Versions do not change; an update makes a new latest.
type function struct {
	host     *Host
	name     string
	counters counters
	code     latestCode

	change sync.Mutex // is held by whoever publishes a version or changes an alias, and stores that; before mu

	mu        sync.Mutex
	latest    *version
	published []*version
	last      int // the highest number that a version has had
	aliases   map[string]Alias
	warm      []*version // versions with a pool; the last one was used last
}

type version struct {
	def      Function
	number   string
	revision string
	modified time.Time
	code     code  // of a published version
	instance *pool // nil while it has no instances; belongs to function.mu

	// Of $LATEST alone, for function.build.
	file        os.FileInfo // the program's, when the version was made; nil for none
	buildOnce   sync.Once
	latestBuild string
}

func newFunction(h *Host, def Function) *function {
	return &function{host: h, name: def.Name, latest: newVersion(def, Latest), aliases: map[string]Alias{}}
}

func newVersion(def Function, number string) *version {
	def.Environment = maps.Clone(def.Environment)
	v := &version{def: def, number: number, revision: newRequestID(), modified: time.Now()}
	if number == Latest && def.Program != "" {
		v.file, _ = os.Stat(def.Program) // a program that is not there fails where it is run
	}
	return v
}

// version gives what a qualifier names, or nil. Between the versions of an alias random chooses; the first is taken where
// it is nil.
func (f *function) version(qualifier string, random func() float64) *version {
	f.mu.Lock()
	defer f.mu.Unlock()
	if alias, ok := f.aliases[qualifier]; ok {
		if qualifier = alias.FunctionVersion; random != nil {
			qualifier = alias.choose(random)
		}
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
	if f.host.isRetired() { // Close has retired those that there are, and would not know of another
		return retiredPool()
	}
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

// reap ends pools without a request since a time, but for that of $LATEST, which is kept ahead unless the function is lazy.
func (f *function) reap(since time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.warm = slices.DeleteFunc(f.warm, func(v *version) bool {
		if v == f.latest && !v.def.Lazy || !v.instance.retireSince(since) {
			return false
		}
		v.instance = nil
		return true
	})
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
	is := v.code
	if v.number == Latest {
		var err error
		if is, err = f.code.of(v.def.Program); err != nil {
			f.host.cfg.Logger.Error("program cannot be read", "function", f.name, "error", err)
		}
	}
	return VersionInfo{
		Function: v.def, ARN: f.host.ARN(f.name, v.number), Version: v.number, SHA256: is.sha256, Size: is.size,
		Revision: v.revision, Modified: v.modified,
	}
}

// Functions gives $LATEST of every function, by name.
func (h *Host) Functions() []VersionInfo {
	var all []VersionInfo
	for _, f := range h.list() {
		all = append(all, f.info(f.version(Latest, nil)))
	}
	return all
}

// Version gives one version of a function; qualifier is a version, an alias (for the first of its versions) or empty.
func (h *Host) Version(id, qualifier string) (VersionInfo, error) {
	f, v, _, err := h.resolve(id, qualifier, nil)
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
	versions := append([]*version{f.latest}, f.published...)
	f.mu.Unlock()
	var all []VersionInfo
	for _, v := range versions {
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
	if !h.begin(false) {
		return VersionInfo{}, errStopping()
	}
	defer h.end()
	f, _, err := h.find(def.Name, "")
	if err != nil {
		return VersionInfo{}, err
	}
	f.change.Lock()
	defer f.change.Unlock()
	f.mu.Lock()
	old := f.latest
	v := newVersion(def, Latest)
	f.latest = v
	f.warm = slices.DeleteFunc(f.warm, func(w *version) bool { return w == old })
	if old.instance != nil {
		old.instance.retire()
		old.instance = nil
	}
	if !def.Lazy {
		f.warmUp(v)
	}
	f.mu.Unlock()
	return f.info(v), nil
}

// Publication says what PublishVersion publishes.
type Publication struct {
	Description string // of the version; default that of $LATEST
	SHA256      string // that the program of $LATEST must have; empty for any
	Revision    string // that $LATEST must have; empty for any
}

// PublishVersion gives $LATEST a number: its configuration and a copy of its program, which stay as they are whatever
// becomes of $LATEST. When neither changed since the last version, that one is the answer.
func (h *Host) PublishVersion(id string, p Publication) (VersionInfo, error) {
	if !h.begin(false) {
		return VersionInfo{}, errStopping()
	}
	defer h.end()
	f, _, err := h.find(id, "")
	if err != nil {
		return VersionInfo{}, err
	}
	f.change.Lock()
	defer f.change.Unlock()
	f.mu.Lock()
	latest, published := f.latest, f.published
	f.mu.Unlock()
	def := latest.def
	if p.Description != "" {
		def.Description = p.Description
	}
	is, err := f.code.of(def.Program)
	switch {
	case err != nil:
		return VersionInfo{}, notStored(err)
	case len(def.Description) > 256:
		return VersionInfo{}, event.Errorf(event.InvalidRequest, "A description is at most 256 characters long")
	case p.Revision != "" && p.Revision != latest.revision:
		return VersionInfo{}, errRevision()
	case p.SHA256 != "" && p.SHA256 != is.sha256:
		return VersionInfo{}, event.Errorf(event.InvalidRequest, "CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). "+
			"Please try again with the CodeSHA256 in $LATEST.", p.SHA256, is.sha256)
	}
	if n := len(published); n > 0 && published[n-1].code == is && sameConfiguration(published[n-1].def, def) {
		return f.info(published[n-1]), nil
	}
	if len(published) >= h.cfg.MaxVersions {
		return VersionInfo{}, event.Errorf(event.InvalidRequest, "The function has %d versions, and can have no more; delete one", h.cfg.MaxVersions)
	}
	v, err := f.addVersion(def, published)
	if err != nil {
		return VersionInfo{}, notStored(err)
	}
	return f.info(v), nil
}

// addVersion keeps a new version. The caller holds change.
func (f *function) addVersion(def Function, published []*version) (*version, error) {
	v := newVersion(def, strconv.Itoa(f.last+1))
	if def.Program != "" {
		var twin *version
		if n := len(published); n > 0 && published[n-1].code.sha256 != "" {
			twin = published[n-1]
		}
		var err error
		if v.code, err = f.host.store.keep(def.Program, f.name, v.number, twin); err != nil {
			return nil, err
		}
		v.def.Program = f.host.store.program(f.name, v.number, filepath.Base(def.Program))
	}
	if err := f.host.store.addVersion(f.host.ctx, v); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	f.published = append(f.published, v)
	return v, nil
}

// sameConfiguration tells whether two definitions differ in nothing but their description and where their program is.
func sameConfiguration(a, b Function) bool {
	a.Description, b.Description = "", ""
	a.Program, b.Program = "", ""
	return definition(a) == definition(b)
}

// DeleteVersion removes a published version and its program. Requests inside finish. A version that an alias names stays,
// which is an InvalidRequest.
func (h *Host) DeleteVersion(id, number string) error {
	f, _, err := h.find(id, "")
	if err != nil {
		return err
	}
	f.change.Lock()
	defer f.change.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.published, func(v *version) bool { return v.number == number })
	if i < 0 {
		return event.Errorf(event.NotFound, "Function not found: %s", h.ARN(f.name, number))
	}
	for _, a := range f.aliases {
		if a.FunctionVersion == number || a.Canary == number {
			return event.Errorf(event.InvalidRequest, "Version %s cannot be deleted, as the alias %s names it", number, a.Name).Wrap(errConflict)
		}
	}
	if err := h.store.deleteVersion(h.ctx, f.name, number); err != nil {
		return notStored(err)
	}
	v := f.published[i]
	f.published = slices.Delete(slices.Clone(f.published), i, i+1) // others may read the old list
	if v.instance != nil {
		v.instance.retire()
		v.instance = nil
	}
	f.warm = slices.DeleteFunc(f.warm, func(w *version) bool { return w == v })
	return nil
}
