package apigateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"bluerose/event"
	"bluerose/internal/apigateway/definition"
)

const (
	lingerTime  = 5 * time.Second // how long a refused body may go on arriving
	lingerBytes = 64 << 20        // and how much of it

	maxKeptBuffer = 256 << 10 // bytes of a buffer that is kept for the next body
)

// held is the body of a request, once somebody has asked for it.
type held struct {
	asked   bool
	given   bool // to the function, whose memory it is then
	bytes   []byte
	buffer  *bytes.Buffer
	err     error
	release func()
}

type heldKey struct{}

// holding gives a request room for its body, and gives the memory of it back when the request is answered.
func (g *Gateway) holding(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := &held{release: func() {}}
		defer func() {
			h.release()
			if h.buffer != nil && !h.given && h.buffer.Cap() <= maxKeptBuffer {
				g.buffers.Put(h.buffer)
			}
		}()
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), heldKey{}, h)))
	})
}

// Body gives the whole body of a request to route. Who asks first has it read, into memory that is counted until the request
// is answered (Config.MaxBodies); a Decorator that needs it thus costs no second copy. The function that is invoked may change
// the bytes: a Decorator is done with them before it hands the request on, and does not change them itself. Errors are
// *event.Error, for Fail.
func (g *Gateway) Body(w http.ResponseWriter, r *http.Request, route Route) ([]byte, error) {
	h := g.held(w, r, route)
	return h.bytes, h.err
}

// giveBody gives the body to the function.
func (g *Gateway) giveBody(w http.ResponseWriter, r *http.Request, route Route) ([]byte, error) {
	h := g.held(w, r, route)
	h.given = true
	return h.bytes, h.err
}

func (g *Gateway) held(w http.ResponseWriter, r *http.Request, route Route) *held {
	h, _ := r.Context().Value(heldKey{}).(*held) // Register puts holding before every route
	if !h.asked {
		limit := g.cfg.MaxJSON
		if route.Definition.Integration.Type == definition.Proxy {
			limit = g.cfg.MaxPicture
		}
		h.asked, h.buffer = true, g.buffer(r.ContentLength)
		h.bytes, h.release, h.err = g.readBody(h.buffer, w, r, limit)
	}
	return h
}

// buffer gives memory for a body. One that never reaches the function is used again: its answer is in a cache, and comes
// too fast for the garbage collector to be asked each time.
func (g *Gateway) buffer(size int64) *bytes.Buffer {
	if size <= maxKeptBuffer {
		if buffer, ok := g.buffers.Get().(*bytes.Buffer); ok {
			buffer.Reset()
			return buffer
		}
	}
	return new(bytes.Buffer)
}

// readBody reads the body of r, of at most limit bytes, into memory that it counts until release is called. release is
// never nil.
func (g *Gateway) readBody(buffer *bytes.Buffer, w http.ResponseWriter, r *http.Request, limit int64) (body []byte, release func(), err error) {
	release = func() {}
	if r.ContentLength > limit {
		return nil, release, tooLarge(limit)
	}
	if release, err = g.count(r, limit); err != nil {
		return nil, release, err
	}
	if r.ContentLength > 0 {
		buffer.Grow(int(r.ContentLength) + bytes.MinRead) // MinRead of room at the end, or ReadFrom grows once more
	}
	if _, err := buffer.ReadFrom(http.MaxBytesReader(w, r.Body, limit)); err != nil {
		if _, over := errors.AsType[*http.MaxBytesError](err); over {
			return nil, release, tooLarge(limit)
		}
		return nil, release, event.Errorf(event.InvalidRequest, "The request's body ended, or took too long, before it was complete; send it again").Wrap(err)
	}
	return buffer.Bytes(), release, nil
}

// count counts the body of r, of at most limit bytes, until release is called, which is never nil. It waits for its share.
func (g *Gateway) count(r *http.Request, limit int64) (release func(), err error) {
	share := min(r.ContentLength, limit)
	if share < 0 {
		share = limit // a chunked body does not say how long it is
	}
	if share == 0 {
		return func() {}, nil // and not behind those who wait for theirs
	}
	release = func() { g.bodies.Release(share) }
	if g.bodies.TryAcquire(share) {
		return release, nil
	}
	waiting, cancel := context.WithTimeout(r.Context(), g.cfg.BodyWait)
	defer cancel()
	if err := g.bodies.Acquire(waiting, share); err != nil {
		return func() {}, event.Errorf(event.Throttled, "Too many large requests at once; try again in a moment").Wrap(err)
	}
	return release, nil
}

// Counted bounds the memory of what is served beside the routes: bodies, of which next reads at most limit bytes, count among
// Config.MaxBodies until their requests are answered.
func (g *Gateway) Counted(limit int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		release, err := g.count(r, limit)
		defer release()
		if err != nil {
			fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuseBody answers err to a request whose body was not read to its end, and lets the rest arrive for a while: a client
// that is still sending sees a connection reset, and no answer, when the server closes at once.
func refuseBody(w http.ResponseWriter, r *http.Request, err error) {
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex() // only HTTP/1 needs it, and only HTTP/1 has it
	w.Header().Set("Connection", "close")
	answerFailure(w, err) // also when the context has ended: a body that is cut off ends it, and its caller may still listen
	if r.Header.Get("Expect") != "" {
		return // the client waits for leave to send, and will not get it
	}
	if control.Flush() == nil && control.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, r.Body, lingerBytes)
	}
}

func tooLarge(limit int64) error {
	return event.Errorf(event.PayloadTooLarge, "The request's body is larger than this service takes, %s; send a smaller picture", megabytes(limit))
}

func megabytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.4g MiB (%d bytes)", float64(n)/(1<<20), n)
}
