// Package sandbox limits what a process may do: which files it sees, where it connects, which system calls it makes,
// and how much it takes. A process that decodes pictures of strangers is taken over one day; then it can reach nothing.
//
// The way is a launcher step: a program starts itself again with a Policy (Policy.Encode), and that process calls Exec,
// which restricts its one locked thread and executes the final program over itself. What the thread gave up the new
// program has given up whole; restricting all threads of a running program at once is not to be had where the Go runtime
// counts as a C program. The one thing that a launcher cannot take away is executing the final program, so that program
// calls Seal when it has started.
//
// What the kernel does not offer is left out, and the Report says so: it is for the owner of the service to decide
// whether that will do.
package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// Policy is what a process may do. All paths are absolute; a folder stands for everything below it. Paths that do not
// exist are passed over. /dev/null may always be read and written.
type Policy struct {
	Read    []string // files and folders that may be read
	Execute []string // programs that may be executed, and read; the final program and its ELF interpreters are added
	Write   []string // folders in which files may be made, written, read and removed
	Connect []uint16 // TCP ports that may be connected to; of any host, as Landlock knows ports only
	Limits  Limits
	// Minimal leaves the process only the system calls that it takes to read files, compute in threads and write files:
	// none for sockets of any kind, none that starts a process. It suits programs that do one job and end.
	Minimal bool
	// KeepAfterParent leaves the process alone when the one that started it dies; otherwise it is killed then.
	KeepAfterParent bool
}

// Limits bounds what a process takes. A zero field sets no bound.
type Limits struct {
	// Memory is in bytes of private writable memory (RLIMIT_DATA), whether touched or not: heaps, stacks of threads,
	// anonymous maps. It is not the address space (RLIMIT_AS), of which the Go runtime reserves far more than it uses.
	// Memory that is set aside but not touched counts, 8 MB for each thread's stack for one: a program that uses
	// 100 MB wants a limit of 256 MB.
	Memory int64
	// OpenFiles bounds file descriptors (RLIMIT_NOFILE).
	OpenFiles int
	// CPU bounds the processor time of the whole life of the process (RLIMIT_CPU), rounded up to seconds. A process
	// that serves many requests should have none.
	CPU time.Duration
	// FileSize is in bytes of any file that the process writes (RLIMIT_FSIZE).
	FileSize int64
}

// Encode gives the policy as text for a command line or an environment variable.
func (p Policy) Encode() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	return string(text)
}

// ParsePolicy reads what Encode wrote. Unknown fields are errors: a restriction that is not understood is not in force.
func ParsePolicy(text string) (Policy, error) {
	var p Policy
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Policy{}, fmt.Errorf("sandbox: policy: %w", err)
	}
	if d.More() {
		return Policy{}, errors.New("sandbox: policy: more than one value")
	}
	return p, p.Validate()
}

// Validate says what is wrong with the policy, all of it at once; nil for nothing.
func (p Policy) Validate() error {
	var errs []error
	for _, list := range [][]string{p.Read, p.Execute, p.Write} {
		for _, path := range list {
			if !filepath.IsAbs(path) {
				errs = append(errs, fmt.Errorf("sandbox: path %q is not absolute", path))
			}
		}
	}
	if l := p.Limits; l.Memory < 0 || l.OpenFiles < 0 || l.CPU < 0 || l.FileSize < 0 {
		errs = append(errs, errors.New("sandbox: a limit is negative"))
	}
	return errors.Join(errs...)
}

// SystemLibraries names what a program that loads shared libraries and draws text reads of a Linux system: libraries,
// their cache, fonts and time zones, and nothing that tells of the machine or its users.
func SystemLibraries() []string {
	return []string{
		"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
		"/etc/fonts", "/usr/share/fonts", "/usr/share/fontconfig", "/usr/local/share/fonts", "/var/cache/fontconfig",
		"/usr/share/zoneinfo", "/usr/share/mime", "/dev/urandom",
	}
}

// Measure is one kind of restriction.
type Measure struct {
	Name    string
	InForce bool
	Detail  string // what it does here, or why it is not in force
}

// Report says which restrictions are in force.
type Report []Measure

// Complete tells whether all restrictions are in force.
func (r Report) Complete() bool {
	for _, m := range r {
		if !m.InForce {
			return false
		}
	}
	return true
}

// String gives the report in one line.
func (r Report) String() string {
	parts := make([]string, 0, len(r))
	for _, m := range r {
		state := "on"
		if !m.InForce {
			state = "OFF"
		}
		if m.Detail != "" {
			state += " (" + m.Detail + ")"
		}
		parts = append(parts, m.Name+" "+state)
	}
	return strings.Join(parts, ", ")
}

func (r *Report) add(name, detail string, err error) {
	if err != nil {
		*r = append(*r, Measure{Name: name, Detail: err.Error()})
		return
	}
	*r = append(*r, Measure{Name: name, InForce: true, Detail: detail})
}
