package lambda

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"
)

// Choice is the version that one request goes to.
type Choice struct {
	Version string // $LATEST or a number: the Invocation.Qualifier that asks this version
	// Build is another one when anything has changed that an answer may depend on: the program or the configuration of the
	// version, or of a function that it passes requests on to. It is the same after a restart. Empty says that it is not known: the
	// program of $LATEST has been replaced since the host started, and its instances may run either.
	Build string
}

// Choose gives the version that a request to a function goes to, as Invoke chooses it: one of an alias with two is chosen
// anew each time. Its errors are those of Invoke for what is not there.
func (h *Host) Choose(id, qualifier string) (Choice, error) {
	f, v, _, err := h.resolve(id, qualifier, h.cfg.Random)
	if err != nil {
		return Choice{}, err
	}
	builds := []string{f.build(v)}
	for _, name := range v.def.passedOnTo() {
		other, latest, _, err := h.resolve(name, Latest, nil)
		if err != nil {
			return Choice{}, err
		}
		builds = append(builds, other.build(latest))
	}
	if slices.Contains(builds, "") {
		return Choice{Version: v.number}, nil
	}
	return Choice{v.number, strings.Join(builds, " ")}, nil
}

// passedOnTo gives the functions that are asked after a failure of this one.
func (f Function) passedOnTo() []string {
	var names []string
	for _, name := range f.Instead {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// build identifies what a version runs; see Choice.Build. A published version never changes. $LATEST is what its file was
// when the version was made.
func (f *function) build(v *version) string {
	switch {
	case v.number != Latest:
		return v.number + "-" + v.revision
	case v.def.Program == "":
		return v.revision
	}
	now, err := os.Stat(v.def.Program)
	if err != nil || v.file == nil || !os.SameFile(v.file, now) || v.file.Size() != now.Size() || !v.file.ModTime().Equal(now.ModTime()) {
		return ""
	}
	v.buildOnce.Do(func() {
		is, err := f.code.of(v.def.Program)
		if err != nil {
			f.host.cfg.Logger.Error("program cannot be read", "function", f.name, "error", err)
			return
		}
		sum := sha256.Sum256([]byte(is.sha256 + definition(v.def)))
		v.latestBuild = hex.EncodeToString(sum[:16])
	})
	return v.latestBuild
}
