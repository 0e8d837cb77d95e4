package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The test program is the launcher and the final program, too, when this variable says so.
const role = "SANDBOX_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "parent": // starts a launcher and waits, to be killed
		cmd := exec.Command(os.Args[0], os.Args[1:]...)
		cmd.Env = append(os.Environ(), role+"=launcher")
		cmd.Stdout = os.Stdout
		cmd.Stdin = os.Stdin
		fail(cmd.Run())
	case "launcher":
		k := probe()
		if len(os.Args) > 3 && os.Args[3] == "old kernel" {
			k = kernel{}
		}
		p, err := ParsePolicy(os.Args[1])
		fail(err)
		fail(execute(k, p, []string{os.Args[0], os.Args[2]}, []string{role + "=final"}, os.Stderr))
	case "final":
		final(os.Args[1])
	}
	os.Exit(0)
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(9)
	}
}

// request is what the final program tries; each try gives an error, as text, or nothing.
type request struct {
	ReadFiles, List, WriteFiles, Connect, Run []string
	Open                                      int // files at the same time
	Allocate                                  int64
	Seal, Say, Calls, Status                  bool
}

func final(text string) {
	var r request
	fail(json.Unmarshal([]byte(text), &r))
	results := map[string]string{}
	try := func(name string, err error) {
		results[name] = ""
		if err != nil {
			results[name] = err.Error()
		}
	}
	if r.Seal {
		try("seal", Seal())
	}
	for _, path := range r.ReadFiles {
		_, err := os.ReadFile(path)
		try("read "+path, err)
	}
	for _, path := range r.List {
		_, err := os.ReadDir(path)
		try("list "+path, err)
	}
	for _, path := range r.WriteFiles {
		try("write "+path, os.WriteFile(path, bytes.Repeat([]byte("x"), 1000), 0o600))
	}
	for _, address := range r.Connect {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		try("connect "+address, err)
	}
	for _, program := range r.Run {
		try("run "+program, exec.Command(program, "-test.list=^$").Run())
	}
	if r.Open > 0 {
		files, err := make([]*os.File, 0, r.Open), error(nil)
		for len(files) < r.Open && err == nil {
			var f *os.File
			f, err = os.Open("/dev/null")
			files = append(files, f)
		}
		try("open", err)
	}
	if r.Calls {
		calls(try)
	}
	if r.Status {
		status(try)
	}
	if r.Allocate > 0 {
		b := make([]byte, r.Allocate)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		try("allocate "+strconv.FormatInt(r.Allocate, 10), nil)
	}
	fail(json.NewEncoder(os.Stdout).Encode(results))
	if r.Say {
		fmt.Println(os.Getpid())
		_, _ = io.ReadAll(os.Stdin) // until the test ends
	}
}

// caller gives a function that tries one system call.
func caller(try func(string, error)) func(string, uintptr, ...uintptr) {
	return func(name string, number uintptr, args ...uintptr) {
		var a [6]uintptr
		copy(a[:], args)
		r, _, errno := unix.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
		if errno != 0 {
			try(name, errno)
			return
		}
		try(name, fmt.Errorf("= %d", r))
	}
}

// calls tries system calls that have to be refused.
func calls(try func(string, error)) {
	call := caller(try)
	call("ptrace", unix.SYS_PTRACE, unix.PTRACE_TRACEME)
	call("unshare", unix.SYS_UNSHARE, unix.CLONE_NEWUSER)
	call("mount", unix.SYS_MOUNT)
	call("bpf", unix.SYS_BPF)
	call("keyctl", unix.SYS_KEYCTL)
	call("io_uring", unix.SYS_IO_URING_SETUP)
	call("clone into a namespace", unix.SYS_CLONE, unix.CLONE_NEWUSER|uintptr(unix.SIGCHLD))
	call("clone3", unix.SYS_CLONE3)
	call("x32", unix.SYS_GETPID|x32Bit)
	call("udp", unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM)
	call("mptcp", unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP)
	call("raw", unix.SYS_SOCKET, unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_ICMPV6)
	call("unix", unix.SYS_SOCKET, unix.AF_UNIX, unix.SOCK_STREAM)
	call("netlink", unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW)
	call("fast open", unix.SYS_SENDTO, 1000, 0, 0, unix.MSG_FASTOPEN)
	call("send", unix.SYS_SENDTO, 1000)
	call("kill the parent", unix.SYS_KILL, uintptr(os.Getppid()), 0)
	for _, s := range []int{unix.SOCK_STREAM, unix.SOCK_STREAM | unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK} {
		fd, err := unix.Socket(unix.AF_INET, s, 0)
		if err == nil {
			err = unix.Bind(fd, &unix.SockaddrInet4{})
		}
		try("bind "+strconv.Itoa(s), err)
	}
}

// status reads what the kernel says of the process.
func status(try func(string, error)) {
	call := caller(try)
	call("no new privileges", unix.SYS_PRCTL, unix.PR_GET_NO_NEW_PRIVS)
	call("filter", unix.SYS_PRCTL, unix.PR_GET_SECCOMP)
	call("bounding set", unix.SYS_PRCTL, unix.PR_CAPBSET_READ, unix.CAP_SYS_ADMIN)
	var caps [2]unix.CapUserData
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	_, _, errno := unix.Syscall(unix.SYS_CAPGET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&caps[0])), 0)
	try("capabilities", fmt.Errorf("%d: %x", errno, caps[0].Effective|caps[1].Effective|caps[0].Permitted|caps[1].Permitted))
	var core unix.Rlimit
	try("core file", unix.Getrlimit(unix.RLIMIT_CORE, &core))
	try("core size", fmt.Errorf("%d %d", core.Cur, core.Max))
}

// self is the test program's folder as a path to be read.
func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs the final program in the sandbox.
func run(t *testing.T, p Policy, r request, more ...string) (results map[string]string, stderr string, err error) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self(t), append([]string{p.Encode(), string(text)}, more...)...)
	cmd.Env = []string{role + "=launcher"}
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &results)
	}
	return results, errs.String(), err
}

// mustRun gives the results of a run that has to come to its end.
func mustRun(t *testing.T, p Policy, r request, more ...string) map[string]string {
	t.Helper()
	results, stderr, err := run(t, p, r, more...)
	if err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	return results
}

func compare(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		text, tried := got[name]
		if !tried || (want[name] == "") != (text == "") || !strings.Contains(text, want[name]) {
			t.Errorf("%s: %q, not %q", name, text, want[name])
		}
	}
}

const (
	refused = "permission denied"
	eperm   = "operation not permitted"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"open/a", "open/sub/b", "closed/c", "private/old"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(dir+"/closed/c", dir+"/open/way-out"); err != nil {
		t.Fatal(err)
	}
	p := Policy{Read: []string{dir + "/open", "/does/not/exist"}, Write: []string{dir + "/private"}, Limits: Limits{FileSize: 500}}
	compare(t, mustRun(t, p, request{
		ReadFiles: []string{
			"/etc/passwd", "/proc/self/status", "/proc/1/environ", dir + "/open/a", dir + "/open/sub/b", dir + "/closed/c",
			dir + "/open/way-out", dir + "/private/old",
		},
		List:       []string{"/", dir, dir + "/open"},
		WriteFiles: []string{dir + "/open/a", dir + "/open/new", dir + "/new", "/tmp/sandbox-test", dir + "/private/old"},
	}), map[string]string{
		"read /etc/passwd": refused, "read /proc/self/status": refused, "read /proc/1/environ": refused,
		"read " + dir + "/open/a": "", "read " + dir + "/open/sub/b": "", "read " + dir + "/closed/c": refused,
		"read " + dir + "/open/way-out": refused, "read " + dir + "/private/old": "",
		"list /": refused, "list " + dir: refused, "list " + dir + "/open": "",
		"write " + dir + "/open/a": refused, "write " + dir + "/open/new": refused, "write " + dir + "/new": refused,
		"write /tmp/sandbox-test": refused, "write " + dir + "/private/old": "file too large",
	})
	p.Limits.FileSize = 0
	compare(t, mustRun(t, p, request{WriteFiles: []string{dir + "/private/new"}}), map[string]string{"write " + dir + "/private/new": ""})
}

func TestNetwork(t *testing.T) {
	var addresses []string
	var ports []uint16
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		addresses = append(addresses, l.Addr().String())
		ports = append(ports, uint16(l.Addr().(*net.TCPAddr).Port))
	}
	compare(t, mustRun(t, Policy{Connect: ports[:1]}, request{Connect: addresses}), map[string]string{
		"connect " + addresses[0]: "", "connect " + addresses[1]: refused,
	})
}

func TestSystemCalls(t *testing.T) {
	want := map[string]string{
		"ptrace": eperm, "unshare": eperm, "mount": eperm, "bpf": eperm, "keyctl": eperm, "io_uring": eperm,
		"clone into a namespace": eperm, "clone3": "function not implemented", "udp": eperm, "mptcp": eperm, "raw": eperm, "unix": eperm,
		"netlink": eperm, "fast open": eperm, "send": "bad file descriptor", "kill the parent": eperm,
		"no new privileges": "= 1", "filter": "= 2", "bounding set": "= 0", "capabilities": "0: 0",
		"core size": "0 0",
	}
	for _, s := range []int{unix.SOCK_STREAM, unix.SOCK_STREAM | unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK} {
		want["bind "+strconv.Itoa(s)] = refused
	}
	if os.Geteuid() != 0 {
		delete(want, "bounding set") // only root can drop it, and only for root does it matter
	}
	if auditArch == unix.AUDIT_ARCH_X86_64 {
		want["x32"] = "function not implemented"
	}
	compare(t, mustRun(t, Policy{}, request{Calls: true, Status: true}), want)
}

func TestExecute(t *testing.T) {
	me := self(t)
	compare(t, mustRun(t, Policy{}, request{Run: []string{"/bin/true"}}), map[string]string{"run /bin/true": refused})
	compare(t, mustRun(t, Policy{Read: SystemLibraries(), Execute: []string{"/bin/true"}}, request{Run: []string{"/bin/true"}}),
		map[string]string{"run /bin/true": ""})
	compare(t, mustRun(t, Policy{Read: SystemLibraries(), Execute: []string{"/bin/true"}},
		request{Seal: true, Run: []string{"/bin/true", me}}),
		map[string]string{"seal": "", "run /bin/true": eperm, "run " + me: eperm})
}

func TestMemory(t *testing.T) {
	const mb = 1 << 20
	compare(t, mustRun(t, Policy{Limits: Limits{Memory: 600 * mb}}, request{Allocate: 300 * mb}),
		map[string]string{"allocate " + strconv.Itoa(300*mb): ""})
	// How the Go runtime dies without memory differs from time to time.
	if results, _, err := run(t, Policy{Limits: Limits{Memory: 200 * mb}}, request{Allocate: 300 * mb}); err == nil {
		t.Errorf("%v", results)
	}
}

func TestOpenFiles(t *testing.T) {
	compare(t, mustRun(t, Policy{}, request{Open: 40}), map[string]string{"open": ""})
	compare(t, mustRun(t, Policy{Limits: Limits{OpenFiles: 30}}, request{Open: 40}), map[string]string{"open": "too many open files"})
}

// An old kernel restricts less, the program runs, and a line says what is missing.
func TestOldKernel(t *testing.T) {
	results, stderr, err := run(t, Policy{}, request{ReadFiles: []string{"/etc/passwd"}, Status: true}, "old kernel")
	if err != nil {
		t.Fatal(err, stderr)
	}
	compare(t, results, map[string]string{"read /etc/passwd": "", "no new privileges": "= 1", "core size": "0 0"})
	const want = "sandbox: no new privileges on, files OFF (this kernel has no Landlock), " +
		"network OFF (this kernel has no Landlock), signals OFF (this kernel has no Landlock), limits on, " +
		"system calls OFF (this kernel filters no system calls of this architecture)\n"
	if stderr != want {
		t.Errorf("%s", stderr)
	}
	var r Report
	landlockReport(&r, 3)
	if r.Complete() || !strings.Contains(r.String(), "files on (Landlock ABI 3), network OFF (this kernel has version 3 of Landlock, and this needs 4)") {
		t.Errorf("%s", r)
	}
}

// On this machine everything is in force, so that the tests above prove what they say.
func TestSupported(t *testing.T) {
	if r := Supported(); !r.Complete() || len(r) != 6 {
		t.Errorf("%s", r)
	}
}

func TestNothingToExecute(t *testing.T) {
	if err := Exec(Policy{}, nil, nil, nil); err == nil {
		t.Error("no error")
	}
	if err := Exec(Policy{Read: []string{"x"}}, []string{"/bin/true"}, nil, nil); err == nil {
		t.Error("no error")
	}
	if _, _, err := run(t, Policy{Limits: Limits{CPU: -1}}, request{}); err == nil {
		t.Error("a wrong policy is taken")
	}
}

// The final program dies with the parent of its launcher, whichever thread executed it.
func TestDiesWithParent(t *testing.T) {
	text, err := json.Marshal(request{Say: true})
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(self(t), Policy{}.Encode(), string(text))
	parent.Env = []string{role + "=parent"}
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, held, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	parent.Stdin = in
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	_ = in.Close()
	lines := bufio.NewScanner(out)
	lines.Scan() // the results
	lines.Scan()
	pid, err := strconv.Atoi(lines.Text())
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	ready, err := 0, error(unix.EINTR)
	for errors.Is(err, unix.EINTR) {
		ready, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 20_000)
	}
	if err != nil || ready == 0 {
		t.Errorf("the program lives on (%v)", err)
	}
}
