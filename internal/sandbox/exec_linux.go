package sandbox

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// kernel is what the running kernel offers.
type kernel struct {
	landlock int // the version of its ABI; 0 for none
	seccomp  bool
}

func probe() kernel { return kernel{landlock: landlockABI(), seccomp: seccompOffered()} }

// Supported says which restrictions Exec can put in force here, without restricting anything.
func Supported() Report {
	var r Report
	k := probe()
	r.add("no new privileges", "", nil)
	landlockReport(&r, k.landlock)
	r.add("limits", "", nil)
	var err error
	if !k.seccomp {
		err = errNoSeccomp
	}
	r.add("system calls", "", err)
	return r
}

// Exec restricts the process by the policy and executes argv over it, with env as its whole environment; argv[0] is an
// absolute path. It returns only when it fails. One line about restrictions that are not in force, if any, goes to log,
// which may be nil.
func Exec(p Policy, argv, env []string, log io.Writer) error {
	return execute(probe(), p, argv, env, log)
}

func execute(k kernel, p Policy, argv, env []string, log io.Writer) error {
	if len(argv) == 0 {
		return errors.New("sandbox: nothing to execute")
	}
	p.Execute = append(slices.Clone(p.Execute), argv[0])
	if err := p.Validate(); err != nil {
		return err
	}
	runtime.LockOSThread() // and never unlock: the thread is restricted, and no other code may find itself on it
	report, err := restrict(k, p)
	if err != nil {
		return err
	}
	if log != nil && !report.Complete() {
		_, _ = fmt.Fprintf(log, "sandbox: %s\n", report)
	}
	if !p.KeepAfterParent {
		// The mark of the launcher's main thread does not pass to a program that another of its threads executes.
		if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
			return fmt.Errorf("sandbox: tie to the parent: %w", err)
		}
	}
	return fmt.Errorf("sandbox: execute %s: %w", argv[0], syscall.Exec(argv[0], argv, env))
}

// restrict puts the policy in force for the calling thread, and what follows from it. What the kernel lacks is reported;
// what it offers and yet refuses is an error.
func restrict(k kernel, p Policy) (Report, error) {
	var r Report
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return r, fmt.Errorf("sandbox: no new privileges: %w", err)
	}
	r.add("no new privileges", "", nil)
	if k.landlock > 0 {
		if err := restrictAccess(k.landlock, p); err != nil {
			return r, err
		}
	}
	landlockReport(&r, k.landlock)
	if err := dropCapabilities(); err != nil {
		return r, err
	}
	if err := setLimits(p.Limits); err != nil {
		return r, err
	}
	r.add("limits", "", nil)
	if !k.seccomp {
		r.add("system calls", "", errNoSeccomp)
		return r, nil
	}
	if err := loadFilter(launchRules(), 0); err != nil {
		return r, err
	}
	if p.Minimal {
		if err := loadMinimal(); err != nil {
			return r, err
		}
	}
	r.add("system calls", "", nil)
	return r, nil
}

func setLimits(l Limits) error {
	for _, limit := range []struct {
		resource int
		value    int64 // 0: none
	}{
		{unix.RLIMIT_DATA, l.Memory},
		{unix.RLIMIT_NOFILE, int64(l.OpenFiles)},
		{unix.RLIMIT_CPU, int64((l.CPU + time.Second - 1) / time.Second)},
		{unix.RLIMIT_FSIZE, l.FileSize},
	} {
		if limit.value == 0 {
			continue
		}
		if err := lower(limit.resource, uint64(limit.value)); err != nil {
			return err
		}
	}
	return lower(unix.RLIMIT_CORE, 0) // a core file would hold somebody's picture
}

// lower sets a limit, or leaves a lower one that is there.
func lower(resource int, value uint64) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(resource, &now); err != nil {
		return fmt.Errorf("sandbox: limit %d: %w", resource, err)
	}
	now.Max = min(now.Max, value)
	now.Cur = now.Max
	if err := unix.Setrlimit(resource, &now); err != nil {
		return fmt.Errorf("sandbox: limit %d: %w", resource, err)
	}
	return nil
}

// dropCapabilities takes root's powers away, also for programs that are executed later: with an empty bounding set
// user 0 is a user like others.
func dropCapabilities() error {
	for c := uintptr(0); ; c++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) && c > 0 {
			break // past the last capability of this kernel
		}
		if errors.Is(err, unix.EPERM) {
			break // not root: there is nothing in the bounding set that could be gained without new privileges
		}
		if err != nil {
			return fmt.Errorf("sandbox: drop capability %d: %w", c, err)
		}
	}
	var none [2]unix.CapUserData
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := unix.Capset(&header, &none[0]); err != nil {
		return fmt.Errorf("sandbox: drop capabilities: %w", err)
	}
	return nil
}

// interpreter gives the program that the kernel starts for an ELF program to load its libraries; empty for none.
func interpreter(program string) string {
	f, err := elf.Open(program)
	if err != nil {
		return "" // a script or nothing: executing it will tell
	}
	defer func() { _ = f.Close() }()
	for _, segment := range f.Progs {
		if segment.Type != elf.PT_INTERP || segment.Filesz > unix.PathMax {
			continue
		}
		name, err := io.ReadAll(segment.Open())
		if err != nil {
			return ""
		}
		return strings.TrimRight(string(name), "\x00")
	}
	return ""
}
