package sandbox

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_AARCH64

// archDenied are system calls of this architecture alone that no decoder needs.
func archDenied() []uintptr { return []uintptr{unix.SYS_KEXEC_FILE_LOAD} }

// archForks start processes beside clone; here there are none.
func archForks() []uintptr { return nil }

// archMinimal are the system calls of this architecture that belong to Policy.Minimal.
func archMinimal() []uintptr { return []uintptr{unix.SYS_FSTATAT} }
