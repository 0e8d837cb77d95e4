package lambda

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"bluerose/internal/lambda/sharedmem"
)

const (
	runtimePath     = "/2018-06-01/runtime"
	maxInitError    = 1 << 20 // bytes of an init error
	maxSpans        = 4 << 20 // bytes of a batch of spans
	maxHeaderBytes  = 4 << 20 // the X-Ray cause header alone may take 1 MiB
	errorTypeField  = "Lambda-Runtime-Function-Error-Type"
	errorBodyField  = "Lambda-Runtime-Function-Error-Body"
	responseModeKey = "Lambda-Runtime-Function-Response-Mode"
)

// exchange is how far a call has come over the Runtime API. Its fields belong to runtimeAPI.mu.
type exchange struct {
	deadline  time.Time
	delivered bool          // the runtime asked for it and was given it
	answering bool          // the runtime posts its answer
	answered  bool          // the answer is there
	ended     chan struct{} // closed when the runtime asks for the next request
	payload   []byte
	failed    bool
}

// runtimeAPI is the host's side of the Runtime API for one instance.
type runtimeAPI struct {
	addr   string
	limit  int64
	shared *sharedmem.Segment // nil: payloads go through the socket
	server *http.Server
	log    *slog.Logger
	wg     sync.WaitGroup // the server and its connections

	pending chan *call    // at most one, which the next /next takes
	ready   chan struct{} // closed when the runtime asks for its first request

	mu          sync.Mutex
	current     *call
	initialized bool
	initError   []byte
}

// newRuntimeAPI listens on a free loopback port. limit bounds a response, in bytes; traces takes spans, when it is not nil. It
// takes over shared, which may be nil.
func newRuntimeAPI(limit int64, shared *sharedmem.Segment, traces http.Handler, log *slog.Logger) (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		if shared != nil {
			_ = shared.Close()
		}
		return nil, fmt.Errorf("lambda: listen for the Runtime API: %w", err)
	}
	a := &runtimeAPI{
		addr:    listener.Addr().String(),
		limit:   limit,
		shared:  shared,
		log:     log,
		pending: make(chan *call, 1),
		ready:   make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+runtimePath+"/invocation/next", a.next)
	mux.HandleFunc("POST "+runtimePath+"/invocation/{id}/response", a.response)
	mux.HandleFunc("POST "+runtimePath+"/invocation/{id}/error", a.error)
	mux.HandleFunc("POST "+runtimePath+"/init/error", a.initFailed)
	if traces != nil {
		mux.Handle("POST /v1/traces", http.MaxBytesHandler(traces, maxSpans))
	}
	a.server = &http.Server{
		Handler:           a.onlyRuntime(mux),
		MaxHeaderBytes:    maxHeaderBytes,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				a.wg.Add(1)
			case http.StateClosed, http.StateHijacked:
				a.wg.Done()
			}
		},
	}
	a.wg.Go(func() { _ = a.server.Serve(listener) }) // ends with Close, and has nothing else to say
	return a, nil
}

// close ends every connection, and returns when all that served them has ended.
func (a *runtimeAPI) close() {
	_ = a.server.Close()
	a.wg.Wait()
	if a.shared != nil {
		_ = a.shared.Close()
	}
}

// deliver hands c to the runtime as soon as it asks for a request. Only one call may be on its way at a time.
func (a *runtimeAPI) deliver(c *call, deadline time.Time) {
	a.mu.Lock()
	c.exchange = exchange{deadline: deadline, ended: make(chan struct{})}
	a.mu.Unlock()
	a.pending <- c
}

// outcome gives c's exchange as it stands.
func (a *runtimeAPI) outcome(c *call) exchange {
	a.mu.Lock()
	defer a.mu.Unlock()
	return c.exchange
}

// postedInitError gives what the runtime posted as the reason why it cannot start, or nil.
func (a *runtimeAPI) postedInitError() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.initError
}

// onlyRuntime refuses what a web page in a browser of this machine could send to the port.
func (a *runtimeAPI) onlyRuntime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != a.addr || r.Header.Get("Sec-Fetch-Mode") != "" || r.Header.Get("Origin") != "" {
			refuse(w, http.StatusForbidden, "AccessDenied", "Only the runtime may call")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// next ends the current request, if there is one, and waits for another.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	if !a.endCurrent() {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "The current invocation has no response yet")
		return
	}
	if a.shared != nil {
		if err := a.shared.Clear(); err != nil {
			a.log.Warn("instance keeps shared memory", "error", err)
		}
	}
	var c *call
	select {
	case c = <-a.pending:
	case <-r.Context().Done():
		return
	}
	if r.Context().Err() != nil {
		a.pending <- c // this connection is gone: nobody has seen the call
		return
	}
	a.mu.Lock()
	a.current = c
	c.exchange.delivered = true
	deadline := c.exchange.deadline
	a.mu.Unlock()

	first, rest := c.Payload, c.Rest
	if a.shared != nil {
		switch reference, err := a.shared.Put(first, rest); {
		case err != nil: // the runtime ends, and the instance with it
			a.log.Error("payload cannot be shared", "error", err)
			refuse(w, http.StatusInternalServerError, "InternalError", "The payload is not to be had")
			return
		case reference != nil:
			first, rest = reference, nil
		}
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(first)+len(rest)))
	h.Set("Lambda-Runtime-Aws-Request-Id", c.RequestID)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", c.arn)
	if c.TraceID != "" {
		h.Set("Lambda-Runtime-Trace-Id", c.TraceID)
	}
	if len(c.ClientContext) > 0 {
		h.Set("Lambda-Runtime-Client-Context", string(c.ClientContext))
	}
	// A write that fails means that the process is ending, which the instance notices.
	_, _ = w.Write(first)
	_, _ = w.Write(rest)
}

func (a *runtimeAPI) endCurrent() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current != nil {
		if !a.current.exchange.answered {
			return false
		}
		close(a.current.exchange.ended)
		a.current = nil
	}
	if !a.initialized {
		a.initialized = true
		close(a.ready)
	}
	return true
}

func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	switch r.Header.Get(responseModeKey) {
	case "", "streaming", "buffered":
	default:
		refuse(w, http.StatusBadRequest, "InvalidFunctionResponseMode", "The response mode is not known")
		return
	}
	a.answer(w, r, false)
}

func (a *runtimeAPI) error(w http.ResponseWriter, r *http.Request) { a.answer(w, r, true) }

func (a *runtimeAPI) answer(w http.ResponseWriter, r *http.Request, failed bool) {
	c := a.startAnswer(r.PathValue("id"))
	if c == nil {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "There is no such invocation, or it has its response")
		return
	}
	payload, err := readBody(r.Body, r.ContentLength, a.limit)
	switch {
	case errors.Is(err, errTooLarge):
		a.finishAnswer(c, responseTooLarge(a.limit).Body, true)
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The response is too large")
		return
	case err != nil:
		return // the connection broke, so the process is ending
	}
	if kind := r.Trailer.Get(errorTypeField); kind != "" {
		failed = true
		if body, err := base64.StdEncoding.DecodeString(r.Trailer.Get(errorBodyField)); err == nil && len(body) > 0 {
			payload = body
		}
	}
	a.finishAnswer(c, payload, failed)
	accept(w)
}

func (a *runtimeAPI) startAnswer(id string) *call {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.current
	if c == nil || c.RequestID != id || c.exchange.answering {
		return nil
	}
	c.exchange.answering = true
	return c
}

func (a *runtimeAPI) finishAnswer(c *call, payload []byte, failed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c.exchange.payload, c.exchange.failed, c.exchange.answered = payload, failed, true
}

func (a *runtimeAPI) initFailed(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r.Body, r.ContentLength, maxInitError)
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The error is too large")
		return
	}
	a.mu.Lock()
	late := a.initialized
	if !late {
		a.initError = body
	}
	a.mu.Unlock()
	if late {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "The runtime is past its start")
		return
	}
	accept(w)
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

// refuse answers with two texts that need no escaping.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errorMessage":%q,"errorType":%q}`, message, kind)
}
