//go:build !linux

package sandbox

import (
	"errors"
	"fmt"
	"io"
	"syscall"
)

var errNotLinux = errors.New("only Linux has it")

// Supported says which restrictions Exec can put in force here: none.
func Supported() Report {
	var r Report
	for _, name := range []string{"no new privileges", "limits", "files", "network", "signals", "system calls"} {
		r.add(name, "", errNotLinux)
	}
	return r
}

// Exec executes argv over the process, without any restriction, which it says in one line to log.
func Exec(p Policy, argv, env []string, log io.Writer) error {
	if len(argv) == 0 {
		return errors.New("sandbox: nothing to execute")
	}
	if err := p.Validate(); err != nil {
		return err
	}
	if log != nil {
		_, _ = fmt.Fprintf(log, "sandbox: %s\n", Supported())
	}
	return fmt.Errorf("sandbox: execute %s: %w", argv[0], syscall.Exec(argv[0], argv, env))
}

// Seal does nothing here.
func Seal() error { return nil }
