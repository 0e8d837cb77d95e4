package lambda

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bluerose/event"
)

var aliasName = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,128}$`)

// Alias is a name for a version, or for two between which each request chooses by weight. Its name is not all digits.
type Alias struct {
	Name            string
	FunctionVersion string // a published number, or $LATEST
	Description     string
	// Canary is a second published version that gets CanaryWeight of the requests, 0 to 1, by chance; empty for none.
	Canary       string  `json:",omitempty"`
	CanaryWeight float64 `json:",omitempty"`
	// Previous is what FunctionVersion was before it was changed last; empty when it never was. It is the way back.
	Previous string `json:",omitempty"`
	Revision string // changes with every change
}

// choose gives the version of one request.
func (a Alias) choose(random func() float64) string {
	if a.Canary != "" && random() < a.CanaryWeight {
		return a.Canary
	}
	return a.FunctionVersion
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
	f, _, err := h.find(id, "")
	if err != nil {
		return Alias{}, err
	}
	return f.alias(name)
}

func (f *function) alias(name string) (Alias, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, ok := f.aliases[name]
	if !ok {
		return Alias{}, event.Errorf(event.NotFound, "Alias not found: %s", f.host.ARN(f.name, name))
	}
	return a, nil
}

// EnsureAlias adds an alias for $LATEST unless there is one of that name already, whatever it names.
func (h *Host) EnsureAlias(id, name string) error {
	if _, err := h.Alias(id, name); err == nil {
		return nil
	}
	_, err := h.CreateAlias(id, Alias{Name: name, FunctionVersion: Latest})
	return err
}

// CreateAlias adds an alias. A name that is taken is an InvalidRequest. As with UpdateAlias, the versions that it names
// must start.
func (h *Host) CreateAlias(id string, a Alias) (Alias, error) {
	f, _, err := h.find(id, "")
	if err != nil {
		return Alias{}, err
	}
	if _, err := strconv.Atoi(a.Name); err == nil || !aliasName.MatchString(a.Name) {
		return Alias{}, event.Errorf(event.InvalidRequest, "An alias is named with 1 to 128 letters, digits, - and _, not all digits")
	}
	return f.changeAlias(func() (Alias, error) {
		if _, err := f.alias(a.Name); err == nil {
			return Alias{}, event.Errorf(event.InvalidRequest, "Alias already exists: %s", h.ARN(f.name, a.Name)).Wrap(errConflict)
		}
		a.Previous = ""
		return a, nil
	})
}

// AliasChange is what UpdateAlias changes; a nil field stays as it is.
type AliasChange struct {
	FunctionVersion *string
	Description     *string
	Weights         map[string]float64 // of at most one other version; empty and not nil for none
	Revision        string             // that the alias must have; empty for any
}

// UpdateAlias changes what an alias names. Requests inside finish where they are. The versions that the alias names from
// now on have instances before it names them, so that no request waits for a start or is refused because of one; when they
// do not start, the alias stays as it is, and the error is an InvalidRequest.
func (h *Host) UpdateAlias(id, name string, change AliasChange) (Alias, error) {
	f, _, err := h.find(id, "")
	if err != nil {
		return Alias{}, err
	}
	return f.changeAlias(func() (Alias, error) {
		a, err := f.alias(name)
		if err != nil {
			return a, err
		}
		if change.Revision != "" && change.Revision != a.Revision {
			return a, errRevision()
		}
		err = change.apply(&a)
		return a, err
	})
}

func (c AliasChange) apply(a *Alias) error {
	if to := c.FunctionVersion; to != nil && *to != a.FunctionVersion {
		a.FunctionVersion, a.Previous = *to, a.FunctionVersion
	}
	if c.Description != nil {
		a.Description = *c.Description
	}
	if c.Weights == nil {
		return nil
	}
	if len(c.Weights) > 1 {
		return event.Errorf(event.InvalidRequest, "An alias has a weight for one more version at most")
	}
	a.Canary, a.CanaryWeight = "", 0
	for version, weight := range c.Weights {
		a.Canary, a.CanaryWeight = version, weight
	}
	return nil
}

// DeleteAlias removes an alias.
func (h *Host) DeleteAlias(id, name string) error {
	f, _, err := h.find(id, "")
	if err != nil {
		return err
	}
	f.change.Lock()
	defer f.change.Unlock()
	if _, err := f.alias(name); err != nil {
		return err
	}
	if err := h.store.deleteAlias(h.ctx, f.name, name); err != nil {
		return notStored(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.aliases, name)
	return nil
}

// changeAlias stores the alias that decide gives, once its versions have instances.
func (f *function) changeAlias(decide func() (Alias, error)) (Alias, error) {
	if !f.host.begin(false) {
		return Alias{}, errStopping()
	}
	defer f.host.end()
	f.change.Lock()
	defer f.change.Unlock()
	a, err := decide()
	if err != nil {
		return Alias{}, err
	}
	if err := f.checkAlias(a); err != nil {
		return Alias{}, err
	}
	a.Revision = newRequestID()
	if err := f.host.store.putAlias(f.host.ctx, f.name, a); err != nil {
		return Alias{}, notStored(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.aliases[a.Name] = a
	return a, nil
}

// checkAlias says what is wrong with an alias, and starts what it names.
func (f *function) checkAlias(a Alias) error {
	switch {
	case len(a.Description) > 256:
		return event.Errorf(event.InvalidRequest, "A description is at most 256 characters long")
	case a.Canary == "" && a.CanaryWeight == 0:
	case !(a.CanaryWeight >= 0 && a.CanaryWeight <= 1):
		return event.Errorf(event.InvalidRequest, "The weight of a version is a number from 0 to 1")
	case a.FunctionVersion == Latest || a.Canary == Latest:
		return event.Errorf(event.InvalidRequest, "$LATEST is not supported for an alias pointing to more than 1 version")
	case a.Canary == a.FunctionVersion:
		return event.Errorf(event.InvalidRequest, "The second version of an alias must be another than its first")
	}
	names := []string{a.FunctionVersion}
	if a.Canary != "" {
		names = append(names, a.Canary)
	}
	for _, number := range names {
		f.mu.Lock()
		v := f.numbered(number)
		f.mu.Unlock()
		if v == nil || number == "" {
			return event.Errorf(event.NotFound, "Function not found: %s", f.host.ARN(f.name, number))
		}
		if number == Latest {
			continue // it is what runs unless asked otherwise, and starts as it can
		}
		if err := f.pool(v).waitUp(); err != nil {
			return event.Errorf(event.InvalidRequest, "Version %s does not start; the alias stays as it is", number).Wrap(err)
		}
	}
	return nil
}
