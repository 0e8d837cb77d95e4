package sharedmem

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"golang.org/x/sys/unix"
)

const limit = 16 << 20

// function is a handler made of a func.
type function func([]byte) ([]byte, error)

func (f function) Invoke(_ context.Context, payload []byte) ([]byte, error) { return f(payload) }

func echo(payload []byte) ([]byte, error) { return payload, nil }

// newSegment gives both ends in one process.
func newSegment(t testing.TB, next function) (*Segment, lambda.Handler) {
	t.Helper()
	s, err := New(limit)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Handler(next, strconv.Itoa(int(s.File().Fd())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(unix.Munmap(h.(handler).memory), s.Close()); err != nil {
			t.Error(err)
		}
	})
	return s, h
}

// send sends a payload as the Runtime API does.
func send(t *testing.T, s *Segment, h lambda.Handler, first, rest []byte) (answer []byte, inMemory bool) {
	t.Helper()
	sent, err := s.Put(first, rest)
	if err != nil {
		t.Fatal(err)
	}
	inMemory = sent != nil
	if !inMemory {
		sent = append(bytes.Clone(first), rest...)
	}
	answer, err = h.Invoke(t.Context(), sent)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Clear(); err != nil {
		t.Fatal(err)
	}
	return answer, inMemory
}

func TestThereAndBack(t *testing.T) {
	s, h := newSegment(t, echo)
	for _, test := range []struct {
		name        string
		first, rest []byte
		inMemory    bool
	}{
		{"nothing", nil, nil, false},
		{"small", []byte("{}"), nil, false},
		{"almost large", bytes.Repeat([]byte("a"), smallest-1), nil, false},
		{"large", bytes.Repeat([]byte("b"), smallest), nil, true},
		{"two parts", []byte("head"), bytes.Repeat([]byte("c"), smallest), true},
		{"whole segment", bytes.Repeat([]byte("d"), limit-1), []byte("e"), true},
		{"smaller again", bytes.Repeat([]byte("f"), smallest+1), nil, true},
		{"like a reference", reference(100), nil, true},
		{"begins like a reference", []byte(magic), []byte("x"), true},
	} {
		answer, inMemory := send(t, s, h, test.first, test.rest)
		if !bytes.Equal(answer, append(bytes.Clone(test.first), test.rest...)) || inMemory != test.inMemory {
			t.Errorf("%s: %d bytes, in memory: %v", test.name, len(answer), inMemory)
		}
	}
}

// What a handler writes to its payload is gone with the next one.
func TestHandlerMayWrite(t *testing.T) {
	want := bytes.Repeat([]byte("a"), smallest)
	s, h := newSegment(t, func(payload []byte) ([]byte, error) {
		if !bytes.Equal(payload, want) {
			t.Errorf("got %.20q", payload)
		}
		clear(payload)
		return nil, nil
	})
	for range 2 {
		send(t, s, h, want, nil)
	}
}

func TestHandlerFails(t *testing.T) {
	want := errors.New("no")
	s, h := newSegment(t, func([]byte) ([]byte, error) { return nil, want })
	sent, err := s.Put(make([]byte, smallest), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Invoke(t.Context(), sent); !errors.Is(err, want) {
		t.Errorf("%v", err)
	}
}

// Nobody can change the size, under which the process has the memory mapped, and with which it counts.
func TestSizeIsSealed(t *testing.T) {
	s, _ := newSegment(t, echo)
	for _, size := range []int64{0, limit - 1, limit + 1} {
		if err := s.File().Truncate(size); !errors.Is(err, unix.EPERM) {
			t.Errorf("size %d: %v", size, err)
		}
	}
	if _, err := s.File().WriteAt([]byte("x"), limit); !errors.Is(err, unix.EPERM) {
		t.Errorf("a write behind the end: %v", err)
	}
	flags, err := unix.FcntlInt(s.File().Fd(), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("programs that the process starts inherit it, too: %v", err)
	}
}

// Memory goes back to the system when a large payload is done with.
func TestClear(t *testing.T) {
	s, h := newSegment(t, echo)
	send(t, s, h, make([]byte, limit), nil)
	var stat unix.Stat_t
	if err := unix.Fstat(int(s.File().Fd()), &stat); err != nil {
		t.Fatal(err)
	}
	if bytes := stat.Blocks * 512; bytes > kept {
		t.Errorf("%d bytes are left", bytes)
	}
}

func TestTooLargeForTheSegment(t *testing.T) {
	_, h := newSegment(t, echo)
	if _, err := h.Invoke(t.Context(), reference(limit+1)); !errors.Is(err, errNoReference) {
		t.Errorf("%v", err)
	}
}

func TestNoDescriptor(t *testing.T) {
	for _, descriptor := range []string{"", "x", "-1", "1000000"} {
		if _, err := Handler(function(echo), descriptor); err == nil {
			t.Errorf("%q is taken", descriptor)
		}
	}
}

// FuzzReference sends what no host would.
func FuzzReference(f *testing.F) {
	_, h := newSegment(f, func(payload []byte) ([]byte, error) { return strconv.AppendInt(nil, int64(len(payload)), 10), nil })
	f.Add([]byte(magic))
	f.Add(reference(0))
	f.Add(reference(1))
	f.Add(append(reference(limit), 0))
	f.Add([]byte(magic + "\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, rest []byte) {
		for _, payload := range [][]byte{rest, append([]byte(magic), rest...)} {
			answer, err := h.Invoke(t.Context(), payload)
			if (err == nil) != (answer != nil) || err != nil && !errors.Is(err, errNoReference) {
				t.Errorf("%q %v", answer, err)
			}
		}
	})
}
