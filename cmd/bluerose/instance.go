package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"bluerose/internal/harness/https"
	"bluerose/internal/imaging/fallback"
	"bluerose/internal/lambda"
	"bluerose/internal/sandbox"
)

// lean is what keeps the memory of an instance low. Go's part is answers, for large payloads are not on its heap: letting it
// grow fivefold before it is collected costs 16 MB, and the bound holds for operators that work on the heap. C's allocator (glibc's) would keep the memory of
// pictures for ever, in one arena a thread, if large pieces were not always mapped and unmapped one by one.
var lean = []string{"GOGC=400", "GOMEMLIMIT=64MiB", "MALLOC_ARENA_MAX=2", "MALLOC_MMAP_THRESHOLD_=1048576", "MALLOC_TRIM_THRESHOLD_=33554432"}

// instance says how a process of a function is started.
type instance struct {
	program     string
	environment []string
	traces      *traceSettings
	https       httpsSettings
	readable    []string // folders, besides the system's libraries
	magick      string   // the program of ImageMagick; empty for none
	scratch     string   // the folder of its jobs
}

// newInstance gives how the processes of a service's functions are started, with the folder of ImageMagick's jobs in data.
func newInstance(sys system, s *upSettings, found libvips, magick, data string) (*instance, error) {
	if _, err := s.https.config(); err != nil {
		return nil, err
	}
	i := &instance{
		program: sys.executable, environment: append(s.environment(), lean...), traces: &s.traces, https: s.https, magick: magick,
		scratch: filepath.Join(data, "imagemagick", strconv.Itoa(os.Getpid())),
	}
	if filepath.IsAbs(found.path) { // a bare name is the system's, which every function may read
		i.readable = []string{filepath.Dir(found.path)}
	}
	return i, i.prepare()
}

// prepare makes the folder of ImageMagick's jobs, and removes those that programs which were killed have left beside it.
// Those of programs that run stay: a second one may have been started by mistake, or to take over.
func (i *instance) prepare() error {
	folder := filepath.Dir(i.scratch)
	others, _ := os.ReadDir(folder)
	for _, other := range others {
		pid, err := strconv.Atoi(other.Name())
		if err != nil || pid == os.Getpid() || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(filepath.Join(folder, other.Name()))
		}
	}
	if i.magick == "" {
		return nil
	}
	return os.MkdirAll(i.scratch, 0o700)
}

func (i *instance) clean() {
	_ = os.RemoveAll(i.scratch)
	_ = os.Remove(filepath.Dir(i.scratch)) // stays when another program has taken over
}

// listening lets the function https call the address that listen takes.
func (i *instance) listening(listen func(context.Context, string, string) (net.Listener, error)) func(context.Context, string, string) (net.Listener, error) {
	return func(ctx context.Context, network, addr string) (net.Listener, error) {
		listener, err := listen(ctx, network, addr)
		if err == nil {
			i.https, err = i.https.with(listener.Addr().String())
		}
		return listener, err
	}
}

const maxOpenFiles = 256 // of one instance

// command gives the command of an instance: the program restricts itself and then becomes the function.
func (i *instance) command(launch lambda.Launch) (*exec.Cmd, error) {
	policy := sandbox.Policy{
		Read:   append(sandbox.SystemLibraries(), i.readable...),
		Limits: sandbox.Limits{Memory: int64(launch.MemoryMB) << 20, OpenFiles: maxOpenFiles},
	}
	for _, addr := range []string{launch.RuntimeAPI, launch.Services} {
		if addr == "" {
			continue
		}
		at, err := netip.ParseAddrPort(addr)
		if err != nil {
			return nil, fmt.Errorf("an address that a function connects to: %w", err)
		}
		policy.Connect = append(policy.Connect, at.Port())
	}
	if launch.Handler == "authorizer" {
		return i.authorizer(launch, policy), nil
	}
	environment := append(slices.Clone(i.environment), i.traces.environment(launch)...)
	program := cmp.Or(launch.Program, i.program) // a published version runs its own
	switch {
	case launch.Handler == "imagemagick":
		policy.Read = append(policy.Read, fallback.Readable()...)
		policy.Execute = []string{program, i.magick}
		policy.Write = []string{i.scratch}
		environment = append(environment, variable("magick")+"="+i.magick, variable("scratch")+"="+i.scratch,
			variable("memory-mb")+"="+strconv.Itoa(launch.MemoryMB))
	case launch.Handler == "https":
		calls, err := i.https.config()
		if err != nil {
			return nil, err
		}
		policy.Read = append(policy.Read, https.Readable()...)
		policy.Connect = append(policy.Connect, calls.Ports()...)
		environment = append(environment, i.https.environment()...)
	case i.magick != "":
		environment = append(environment, variable("elsewhere")+"=true")
	}
	cmd := exec.Command(i.program, "sandbox", policy.Encode(), program, "function", launch.Handler)
	cmd.Env = environment
	return cmd, nil
}

// authorizer gives the command of the owner's function that judges callers: a program of its own, which gets none of the
// service's settings. It reads the folder that it is in, and nobody can be reached from it.
func (i *instance) authorizer(launch lambda.Launch, policy sandbox.Policy) *exec.Cmd {
	folder := filepath.Dir(launch.Program)
	policy.Read = append(policy.Read, folder)
	cmd := exec.Command(i.program, "sandbox", policy.Encode(), launch.Program)
	cmd.Dir = folder // what Lambda calls the task root
	cmd.Env = []string{}
	return cmd
}

// libvips is a libvips that was found.
type libvips struct{ version, path string }

// probe asks a process of its own which libvips there is: image code never runs in the process that serves.
func probe(sys system, environment []string) (libvips, error) {
	cmd := exec.Command(sys.executable, "version", "--libvips-only")
	cmd.Env = environment
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if version, path, ok := strings.Cut(strings.TrimSpace(string(out)), " "); err == nil && ok {
		return libvips{version, path}, nil
	}
	if text := strings.TrimSpace(failed.String()); text != "" {
		return libvips{}, errors.New(strings.TrimPrefix(text, "bluerose: version: "))
	}
	return libvips{}, fmt.Errorf("libvips does not run: %w", err)
}
