package vips

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Config says which library Open loads and how it shall run.
type Config struct {
	// Paths are the places to look for the library, tried in order (see SearchPaths). Required.
	Paths []string
	// Concurrency is the number of threads of one pipeline; default 1: an instance does one job at a time, and
	// there are as many instances as cores.
	Concurrency int
	// Warn is told what libvips and its codecs warn of; default: nobody.
	Warn func(message string)
}

// Library is a loaded libvips. A process loads one: libvips keeps state of its own behind any number of handles.
type Library struct {
	path    string
	version string
	c       symbols
	types   boxedTypes
	errors  sync.Mutex // libvips has one error buffer for all

	mu         sync.Mutex
	signatures map[string]*signature // by operation
}

// ErrNotFound is Open's error when none of the places holds a library that loads.
var ErrNotFound = errors.New("libvips was not found")

// Open loads the first library of cfg.Paths that loads, and starts it: loaders of formats that were never fuzzed are
// blocked (but for SVG, which runs on librsvg), and nothing is cached between calls.
func Open(cfg Config) (*Library, error) {
	var tried []error
	for _, path := range cfg.Paths {
		handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err != nil {
			tried = append(tried, err)
			continue
		}
		lib := &Library{path: path, signatures: map[string]*signature{}}
		if err := lib.start(handle, cfg); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return lib, nil
	}
	return nil, fmt.Errorf("%w: %w", ErrNotFound, errors.Join(tried...))
}

func (l *Library) start(handle uintptr, cfg Config) error {
	if err := l.c.bind(handle); err != nil {
		return err
	}
	if l.c.init("bluerose") != 0 {
		return l.failure("vips_init")
	}
	l.version, _, _ = strings.Cut(l.c.versionString(), "-")
	if l.c.version(0) < 8 || l.c.version(0) == 8 && l.c.version(1) < 14 {
		return fmt.Errorf("libvips is %s, and 8.14 is the first that will do", l.version)
	}
	l.c.concurrencySet(int32(max(cfg.Concurrency, 1)))
	l.c.cacheSetMax(0)
	l.c.blockUntrustedSet(1)
	l.c.operationBlockSet("VipsForeignLoadSvg", 0)
	l.types = l.boxed()
	l.silence(cfg.Warn)
	return nil
}

// silence takes what libvips and GLib log away from standard error, and hands the warnings to warn.
func (l *Library) silence(warn func(string)) {
	const warning, levels = 1 << 4, 1<<4 | 1<<5 | 1<<6 | 1<<7 // and message, info, debug
	handler := purego.NewCallback(func(_ uintptr, level int32, message uintptr, _ uintptr) uintptr {
		if warn != nil && level&warning != 0 {
			warn(goString(message))
		}
		return 0
	})
	for _, domain := range []string{"VIPS", "GLib", "GLib-GObject", "librsvg", "Fontconfig", "Pango"} {
		l.c.logSetHandler(domain, levels, handler, 0)
	}
}

// Version is libvips' version, as "8.18.7".
func (l *Library) Version() string { return l.version }

// Path is the file that was loaded.
func (l *Library) Path() string { return l.path }

// Has reports whether the library has the operation.
func (l *Library) Has(operation string) bool { return l.c.typeFind("VipsOperation", operation) != 0 }

// MemoryHighWater is the largest amount of pixel memory, in bytes, that libvips has held at once since it started.
func (l *Library) MemoryHighWater() int64 { return int64(l.c.trackedMemHighwater()) }

// Error is what libvips said of a call that failed. It may hold file names: it is for the log.
type Error struct {
	Operation string
	Message   string
}

// Error gives the operation and libvips' own words.
func (e *Error) Error() string { return "vips " + e.Operation + ": " + e.Message }

// OutOfMemory reports whether the call failed because memory was refused. libvips has words for it, and no code.
func (e *Error) OutOfMemory() bool {
	text := strings.ToLower(e.Message)
	return strings.Contains(text, "out of memory") || strings.Contains(text, "insufficient memory") ||
		strings.Contains(text, "error creating thread")
}

// failure takes the error buffer's text away and gives it as an Error.
func (l *Library) failure(operation string) error {
	l.errors.Lock()
	defer l.errors.Unlock()
	text := l.c.errorBufferCopy()
	message := strings.TrimSpace(goString(text))
	l.c.free(text)
	l.c.errorClear()
	if message == "" {
		message = "failed"
	}
	return &Error{Operation: operation, Message: message}
}

// goString copies a C string.
func goString(p uintptr) string {
	if p == 0 {
		return ""
	}
	start := (*byte)(pointer(p))
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(start), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(start, n))
}

// pointer turns an address that C gave into a pointer. The address is not Go's, so the garbage collector does not care.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// pinned makes the address of a slice's memory stay what it is until the pinner lets go.
func pinned(p *runtime.Pinner, data []byte) uintptr {
	if len(data) == 0 {
		return 0
	}
	p.Pin(&data[0])
	return uintptr(unsafe.Pointer(&data[0]))
}
