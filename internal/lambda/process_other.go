//go:build !linux

package lambda

import (
	"os"
	"syscall"
)

// dieWithHost has nothing to set here: a runtime whose Runtime API ends, ends by itself.
func dieWithHost(*syscall.SysProcAttr) {}

// peakMemory is not known while a process runs.
type peakMemory struct{}

func newPeakMemory(int) *peakMemory { return &peakMemory{} }

func (*peakMemory) bytes() int64 { return 0 }

func (*peakMemory) held() int64 { return 0 }

func (*peakMemory) close() {}

func exitMemory(*os.ProcessState) int64 { return 0 }
