package sharedmem

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Segment is the host's end: the memory of one process, for one payload at a time.
type Segment struct {
	mu     sync.Mutex
	memory *os.File
	used   int64 // bytes that may hold pages
}

// New makes a segment for payloads of up to limit bytes. It takes no memory until it is written to.
func New(limit int64) (*Segment, error) {
	fd, err := unix.MemfdCreate("payload", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate("payload", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return nil, fmt.Errorf("sharedmem: make a segment: %w", err)
	}
	memory := os.NewFile(uintptr(fd), "payload")
	err = memory.Truncate(limit)
	if err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sharedmem: make a segment: %w", err), memory.Close())
	}
	return &Segment{memory: memory}, nil
}

// File gives the file that the process inherits. It belongs to the segment.
func (s *Segment) File() *os.File { return s.memory }

// Put writes a payload of two parts, each of which may be empty, and gives the reference to send in its place; nil for a
// payload that is to be sent itself.
func (s *Segment) Put(first, rest []byte) ([]byte, error) {
	size := len(first) + len(rest)
	if !takes(size, first) {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = max(s.used, int64(size))
	if _, err := s.memory.WriteAt(first, 0); err != nil {
		return nil, fmt.Errorf("sharedmem: write: %w", err)
	}
	if _, err := s.memory.WriteAt(rest, int64(len(first))); err != nil {
		return nil, fmt.Errorf("sharedmem: write: %w", err)
	}
	return reference(size), nil
}

// Clear gives most of a large payload's memory back to the system. The process must have done with it.
func (s *Segment) Clear() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used <= kept {
		return nil
	}
	const mode = unix.FALLOC_FL_PUNCH_HOLE | unix.FALLOC_FL_KEEP_SIZE
	if err := unix.Fallocate(int(s.memory.Fd()), mode, kept, s.used-kept); err != nil {
		return fmt.Errorf("sharedmem: give memory back: %w", err)
	}
	s.used = kept
	return nil
}

// Close lets the memory go, as soon as the process has ended, too.
func (s *Segment) Close() error { return s.memory.Close() }

// inherit maps the segment behind a descriptor, and keeps it from programs that this process starts.
func inherit(fd int) ([]byte, error) {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC); err != nil {
		return nil, err
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, err
	}
	return unix.Mmap(fd, 0, int(stat.Size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}
