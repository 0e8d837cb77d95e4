package lambda

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// dieWithHost has the kernel kill the process when the thread that starts it ends, which is when the host dies (see
// starter).
func dieWithHost(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// peakMemory reads the peak of a process's resident memory, and what it holds.
type peakMemory struct{ status *os.File }

func newPeakMemory(pid int) *peakMemory {
	f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		f = nil // without /proc there is nothing to read, which bytes says with 0
	}
	return &peakMemory{f}
}

// bytes gives the peak, or 0 when it cannot be known (any more).
func (p *peakMemory) bytes() int64 { return p.figure("VmHWM") }

// held gives what RLIMIT_DATA counts: private writable memory, whether touched or not; 0 when it cannot be known.
func (p *peakMemory) held() int64 { return p.figure("VmData") }

func (p *peakMemory) figure(name string) int64 {
	if p.status == nil {
		return 0
	}
	var buf [2048]byte
	n, err := p.status.ReadAt(buf[:], 0)
	if n == 0 && err != nil {
		return 0
	}
	_, rest, found := bytes.Cut(buf[:n], []byte("\n"+name+":"))
	if !found {
		return 0
	}
	number, _, _ := bytes.Cut(bytes.TrimLeft(rest, " \t"), []byte(" "))
	kb, err := strconv.ParseInt(string(number), 10, 64)
	if err != nil {
		return 0
	}
	return kb << 10
}

func (p *peakMemory) close() {
	if p.status != nil {
		_ = p.status.Close()
	}
}

// exitMemory gives the peak that the system accounts to an ended process. It can include the host's own memory at the
// time of the fork, so it only serves where nothing better was seen.
func exitMemory(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10
}
