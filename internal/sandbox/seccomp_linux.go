package sandbox

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

var errNoSeccomp = errors.New("this kernel filters no system calls of this architecture")

// Offsets in struct seccomp_data.
const (
	offsetNumber       = 0
	offsetArchitecture = 4
	offsetArguments    = 16
)

// x32Bit marks system calls of the x32 ABI, which share amd64's architecture but not its numbers.
const x32Bit = 0x40000000

// rule refuses one system call with errno: always, or when its check says so.
type rule struct {
	number uintptr
	errno  unix.Errno
	check  []bpf.Instruction // jumps past its own end to allow, falls through to refuse; nil refuses always
}

// seccompOffered tells whether the kernel takes filters and this package knows the architecture. A filter of no
// address is refused as such only where there are filters.
func seccompOffered() bool {
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, 0)
	return errno == unix.EFAULT && auditArch != 0
}

// deny refuses system calls with EPERM.
func deny(numbers ...uintptr) []rule {
	rules := make([]rule, 0, len(numbers))
	for _, n := range numbers {
		rules = append(rules, rule{number: n, errno: unix.EPERM})
	}
	return rules
}

// denyFlags refuses a system call when any of the flags is set in the low half of an argument.
func denyFlags(number uintptr, argument int, flags uint32) rule {
	return rule{number, unix.EPERM, []bpf.Instruction{
		loadArgument(argument),
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: flags, SkipTrue: 1},
	}}
}

// requireFlags refuses a system call when none of the flags is set in the low half of an argument.
func requireFlags(number uintptr, argument int, flags uint32) rule {
	return rule{number, unix.EPERM, []bpf.Instruction{
		loadArgument(argument),
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: flags, SkipTrue: 1},
	}}
}

// onlyTCP refuses sockets other than TCP over IPv4 and IPv6. UDP would pass Landlock, and so would MPTCP.
func onlyTCP() rule {
	const typeMask = 0xf // the rest of the type are flags
	return rule{unix.SYS_SOCKET, unix.EPERM, []bpf.Instruction{
		loadArgument(0),
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.AF_INET, SkipTrue: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.AF_INET6, SkipTrue: 6},
		loadArgument(1),
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: typeMask},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SOCK_STREAM, SkipTrue: 3},
		loadArgument(2),
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_TCP, SkipTrue: 1},
	}}
}

func loadArgument(n int) bpf.Instruction {
	return bpf.LoadAbsolute{Off: uint32(offsetArguments + 8*n), Size: 4} // the low half; both architectures are little-endian
}

// launchRules refuse what no decoder of pictures needs and what kernels are attacked through.
func launchRules() []rule {
	const namespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
		unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET
	rules := deny(
		// other processes
		unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_KCMP, unix.SYS_PIDFD_GETFD,
		unix.SYS_PROCESS_MADVISE,
		// mounts and roots
		unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE,
		unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR,
		unix.SYS_NAME_TO_HANDLE_AT, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_QUOTACTL, unix.SYS_SWAPON, unix.SYS_SWAPOFF,
		// namespaces
		unix.SYS_UNSHARE, unix.SYS_SETNS,
		// parts of the kernel with a history
		unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER,
		unix.SYS_IO_URING_REGISTER, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL, unix.SYS_VMSPLICE,
		unix.SYS_FANOTIFY_INIT, unix.SYS_FANOTIFY_MARK, unix.SYS_MOVE_PAGES, unix.SYS_MIGRATE_PAGES, unix.SYS_PERSONALITY,
		unix.SYS_LOOKUP_DCOOKIE, unix.SYS_REMAP_FILE_PAGES,
		// the machine
		unix.SYS_KEXEC_LOAD, unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_REBOOT,
		unix.SYS_ACCT, unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_CLOCK_ADJTIME, unix.SYS_ADJTIMEX, unix.SYS_SYSLOG,
		unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME, unix.SYS_VHANGUP, unix.SYS_NFSSERVCTL,
	)
	rules = append(rules, deny(archDenied()...)...)
	return append(rules,
		onlyTCP(),
		// TCP Fast Open connects without connect, which is all that older Landlocks look at.
		denyFlags(unix.SYS_SENDTO, 3, unix.MSG_FASTOPEN),
		denyFlags(unix.SYS_SENDMSG, 2, unix.MSG_FASTOPEN),
		denyFlags(unix.SYS_SENDMMSG, 3, unix.MSG_FASTOPEN),
		denyFlags(unix.SYS_CLONE, 0, namespaces),
		// clone3 takes its flags from memory, where a filter cannot look; the C library then uses clone.
		rule{number: unix.SYS_CLONE3, errno: unix.ENOSYS},
	)
}

// sealRules refuse new programs and new processes; threads may be made.
func sealRules() []rule {
	return append(slices.Concat(deny(unix.SYS_EXECVE, unix.SYS_EXECVEAT), deny(archForks()...)),
		requireFlags(unix.SYS_CLONE, 0, unix.CLONE_THREAD),
		rule{number: unix.SYS_CLONE3, errno: unix.ENOSYS},
	)
}

// Seal takes from the whole running process the right to execute programs and to start processes. Where the kernel
// filters no system calls it does nothing; Supported and the launcher's line tell that.
func Seal() error {
	if !seccompOffered() {
		return nil
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("sandbox: no new privileges: %w", err)
	}
	return loadFilter(sealRules(), unix.SECCOMP_FILTER_FLAG_TSYNC)
}

var loadNumber = bpf.LoadAbsolute{Off: offsetNumber, Size: 4}

// preamble kills other architectures, and leaves the number of the system call loaded.
func preamble() []bpf.Instruction {
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: offsetArchitecture, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: auditArch, SkipTrue: 1},
		bpf.RetConstant{Val: unix.SECCOMP_RET_KILL_PROCESS},
		loadNumber,
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: x32Bit, SkipTrue: 1},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
	}
}

// program assembles rules: what no rule refuses is allowed.
func program(rules []rule) []bpf.Instruction {
	p := preamble()
	for _, r := range rules {
		refuse := bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(r.errno)}
		body := slices.Concat(r.check, []bpf.Instruction{refuse})
		p = append(p, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(r.number), SkipTrue: uint8(len(body))})
		p = append(p, body...)
		if r.check != nil {
			p = append(p, loadNumber) // the check has loaded something else
		}
	}
	return append(p, bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW})
}

func loadFilter(rules []rule, flags uintptr) error { return load(program(rules), flags) }

func load(filter []bpf.Instruction, flags uintptr) error {
	raw, err := bpf.Assemble(filter)
	if err != nil {
		return fmt.Errorf("sandbox: filter of system calls: %w", err)
	}
	if len(raw) > math.MaxUint16 {
		return errors.New("sandbox: filter of system calls: too long")
	}
	code := make([]unix.SockFilter, 0, len(raw))
	for _, i := range raw {
		code = append(code, unix.SockFilter{Code: i.Op, Jt: i.Jt, Jf: i.Jf, K: i.K})
	}
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return fmt.Errorf("sandbox: filter of system calls: %w", errno)
	}
	if thread != 0 {
		return fmt.Errorf("sandbox: filter of system calls: thread %d cannot take it", thread)
	}
	return nil
}
