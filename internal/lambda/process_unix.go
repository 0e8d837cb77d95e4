//go:build unix

package lambda

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// isolate puts the process in a group of its own, so that a Ctrl-C in the terminal leaves it to the host.
func isolate(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	dieWithHost(cmd.SysProcAttr)
}

// killGroup ends the process and the children that it left in its group.
func killGroup(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // it may have ended already
	_ = p.Kill()
}

// sweepGroup ends what an ended process left in its group.
func sweepGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// readAvailable reads what is in the pipe now, and does not wait for more. A process that never stops printing is read
// up to a megabyte.
func readAvailable(pipe *os.File, buf []byte, write func([]byte)) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return
	}
	const most = 1 << 20
	_ = raw.Read(func(fd uintptr) bool {
		for total := 0; total < most; {
			n, err := syscall.Read(int(fd), buf)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			if n <= 0 {
				break
			}
			total += n
			write(buf[:n])
		}
		return true
	})
}
