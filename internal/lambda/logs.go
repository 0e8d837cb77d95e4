package lambda

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

const (
	tailBytes   = 4 << 10  // of a request's log are kept, as in Lambda
	lineBytes   = 16 << 10 // a longer line is logged in pieces
	loggedLines = 200      // of one request go to the logger
)

// logCapture reads what a process prints: each line goes to the logger, and the last 4 KB since the last request's end
// are kept for its caller. What a process printed before it was started or while it was idle counts for its next request.
type logCapture struct {
	pipe    *os.File // the reading end
	log     *slog.Logger
	drained chan struct{}
	ended   chan struct{} // closed when the reading goroutine has ended

	mu        sync.Mutex
	requestID string
	tail      []byte
	partial   []byte // a line whose end has not come yet
	lines     int
}

// newLogCapture gives the capture and the end that the process writes to, which the caller closes after the start.
func newLogCapture(log *slog.Logger) (*logCapture, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("lambda: pipe for the log: %w", err)
	}
	l := &logCapture{pipe: r, log: log, drained: make(chan struct{}), ended: make(chan struct{})}
	go l.read()
	return l, w, nil
}

// close ends the reading, after what is in the pipe has been read.
func (l *logCapture) close() {
	l.drain()
	_ = l.pipe.Close()
	<-l.ended
}

func (l *logCapture) read() {
	defer close(l.ended)
	buf := make([]byte, 32<<10)
	for {
		n, err := l.pipe.Read(buf)
		l.write(buf[:n])
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			_ = l.pipe.SetReadDeadline(time.Time{})
			readAvailable(l.pipe, buf, l.write)
			l.drained <- struct{}{}
		case err != nil:
			return
		}
	}
}

// drain returns when everything that was in the pipe has been read. One goroutine at a time may call it.
func (l *logCapture) drain() {
	if l.pipe.SetReadDeadline(time.Unix(1, 0)) != nil {
		return // a system without deadlines on pipes attributes late lines to the next request
	}
	select {
	case <-l.drained:
	case <-l.ended:
	}
}

// begin starts the log of a request; what is kept already is its instance's start.
func (l *logCapture) begin(requestID, version string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requestID, l.lines = requestID, 0
	l.platform("START RequestId: " + requestID + " Version: " + version)
}

// end closes the log of the request with lines of the platform, and gives its tail.
func (l *logCapture) end(lines ...string) []byte {
	l.drain()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
	for _, line := range lines {
		l.platform(line)
	}
	tail := l.tail
	l.tail, l.requestID = nil, ""
	return tail
}

func (l *logCapture) platform(line string) {
	l.keep([]byte(line))
	l.log.Debug(line, "requestId", l.requestID)
}

func (l *logCapture) write(data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		piece := data
		if end >= 0 {
			piece = data[:end]
		}
		if room := lineBytes - len(l.partial); len(piece) > room {
			l.partial = append(l.partial, piece[:room]...)
			data = data[room:]
			l.flush()
			continue
		}
		l.partial = append(l.partial, piece...)
		if end < 0 {
			return
		}
		data = data[end+1:]
		l.line()
	}
}

// flush logs a line whose end never came.
func (l *logCapture) flush() {
	if len(l.partial) > 0 {
		l.line()
	}
}

func (l *logCapture) line() {
	l.keep(l.partial)
	switch l.lines++; {
	case l.lines <= loggedLines:
		l.log.Info(string(l.partial), "requestId", l.requestID)
	case l.lines == loggedLines+1:
		l.log.Warn("further lines of this request are not logged", "requestId", l.requestID)
	}
	l.partial = l.partial[:0]
}

// keep adds a line to the tail, and cuts what the tail need not hold any more.
func (l *logCapture) keep(line []byte) {
	l.tail = append(append(l.tail, line...), '\n')
	if over := len(l.tail) - tailBytes; over > 0 {
		l.tail = append(l.tail[:0], l.tail[over:]...)
	}
}
