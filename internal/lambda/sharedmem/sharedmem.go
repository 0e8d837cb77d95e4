// Package sharedmem hands large payloads to a function's process in memory that the host writes and the process maps,
// instead of through a socket: a picture of megabytes then crosses the process boundary with one copy, and takes no heap
// on the other side. It is a decorator on both sides: Segment stands under the host's end of the Runtime API, Handler
// between the function's runtime and its handler, and neither the payload's sender nor its handler knows of it. Answers
// go back through the socket.
//
// The memory is a file of a size that nobody can change any more, and the host only writes to it: it neither maps nor
// reads it, so that nothing happens to the host whatever the process does. The process maps it once, for its whole life,
// and may write to it: it is the sender's bytes that are copied, not the process's. What travels through the socket then is a reference: "\x00SHM" and the
// payload's length as four bytes in big-endian order. Whoever sends a payload could write such bytes, too, and would be
// given what another sender left in the memory; so a payload that begins like a reference always travels in memory.
//
// Only Linux has this. Elsewhere New gives errors.ErrUnsupported, and payloads go through the socket.
package sharedmem

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"unsafe"

	"github.com/aws/aws-lambda-go/lambda"
)

// Variable is the environment variable that gives a process the number of its file descriptor for Handler.
const Variable = "BLUEROSE_SHARED_PAYLOAD"

const (
	magic         = "\x00SHM"
	referenceSize = len(magic) + 4
	// smallest is where memory begins to be cheaper than the socket, in bytes.
	smallest = 64 << 10
	// kept is how many bytes of a segment's memory stay for the next payload. Most pictures are within it; those that are
	// not take so long that getting new pages is nothing beside it.
	kept = 8 << 20
)

var errNoReference = errors.New("sharedmem: the reference to a payload is broken")

// takes tells whether a payload of that many bytes, beginning so, goes through memory.
func takes(size int, first []byte) bool {
	return size >= smallest || bytes.HasPrefix(first, []byte(magic))
}

func reference(size int) []byte {
	return binary.BigEndian.AppendUint32([]byte(magic), uint32(size))
}

// Handler gives next the payloads that references name, and all others as they are. next may write to them, and must
// not keep them; an answer that shares their memory is copied. A process has one Handler. descriptor is the value of
// Variable; it is an error when it names no segment.
func Handler(next lambda.Handler, descriptor string) (lambda.Handler, error) {
	fd, err := strconv.Atoi(descriptor)
	if err != nil {
		return nil, fmt.Errorf("sharedmem: descriptor: %w", err)
	}
	memory, err := inherit(fd)
	if err != nil {
		return nil, fmt.Errorf("sharedmem: descriptor %d: %w", fd, err)
	}
	return handler{next, memory}, nil
}

type handler struct {
	next   lambda.Handler
	memory []byte // the whole segment
}

// Invoke gives next's answer. Its own error is for a reference that no host wrote.
func (h handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if !bytes.HasPrefix(payload, []byte(magic)) {
		return h.next.Invoke(ctx, payload)
	}
	if len(payload) != referenceSize {
		return nil, errNoReference
	}
	size := binary.BigEndian.Uint32(payload[len(magic):])
	if size == 0 || int64(size) > int64(len(h.memory)) {
		return nil, errNoReference
	}
	answer, err := h.next.Invoke(ctx, h.memory[:size:size])
	if within(answer, h.memory) {
		answer = bytes.Clone(answer)
	}
	return answer, err
}

// within tells whether part lies in whole's memory.
func within(part, whole []byte) bool {
	begin, at := uintptr(unsafe.Pointer(unsafe.SliceData(whole))), uintptr(unsafe.Pointer(unsafe.SliceData(part)))
	return at >= begin && at < begin+uintptr(len(whole))
}
