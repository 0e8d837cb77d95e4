package region

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os/exec"
	"time"

	"bluerose/internal/lambda"
	"bluerose/internal/table"

	"go.opentelemetry.io/otel/trace"
)

// Config says what a region is made of. Command is required; the rest has the defaults named here.
type Config struct {
	Addr    string // host:port to listen on; default "127.0.0.1:8080". Port 0 takes a free one
	DataDir string // where the region keeps what must outlive it; default "data". It is made when it is missing

	// Command gives the command that runs an instance of a function, as lambda.Config says.
	Command func(lambda.Launch) (*exec.Cmd, error)

	// Program is the file that instances run, of which a published version of a function keeps a copy: Command gets that
	// copy as lambda.Launch.Program. Default none: versions differ in their configuration alone.
	Program string

	MaxInput  int64         // bytes of one picture; default 32 MiB
	Timeout   time.Duration // that the function gives itself for one request; default 10 seconds, at most 10 minutes
	MemoryMB  int           // of one instance; default 1024
	Instances int           // processes of the function; default the number of cores
	Queue     int           // requests that may wait for an instance; default 100
	// ImageMagick adds the function imagemagick, which is asked for what the image function fails with event.NotNative.
	ImageMagick bool

	// Tables keeps the results of tests; default: SQLite, in DataDir. The region does not close it.
	Tables table.Store

	CacheMemory int64 // bytes of answers that are kept in memory; default 64 MiB, negative is none
	CacheDisk   int64 // and on the disk, in DataDir; default 1 GiB, negative is none
	// Platform names what answers depend on besides Program, such as the version of a library: an answer that was made on
	// another platform is not given again. Default nothing.
	Platform string

	Async lambda.AsyncConfig // what becomes of asynchronous events; the defaults are the function host's

	// Authorizer is the program of the function that judges callers (lambda.Function.Program): Command gets it as Launch.Program,
	// of the function that openapi.yaml names. Default none, and then that way in lets nobody in.
	Authorizer string

	Tokens Tokens // whose Bearer tokens are taken; default nobody's

	Guests Guests // default: whoever asks, in a pool of the region's own

	TLS           TLS           // default none: plain HTTP
	MaxConns      int           // connections at the same time; default 10,000. Further ones wait to be taken
	HeaderTimeout time.Duration // that a client may take to send a request's header; default 10 seconds
	BodyTimeout   time.Duration // that it may take to send the whole request; default 1 minute
	// TrustedProxies are those whose X-Forwarded-For says who asks; default none, and then the connection's address does.
	TrustedProxies []netip.Prefix
	IdleTimeout    time.Duration // that a connection may wait for its next request; default 2 minutes

	// Listen takes the address; default that of net.ListenConfig. A program that restarts hands its listener on through it.
	Listen func(ctx context.Context, network, addr string) (net.Listener, error)

	Tracer trace.Tracer // makes spans of requests and invocations; default none
	Traces *url.URL     // where the spans of functions are passed on to (OTLP over HTTP); default nowhere
	Log    *slog.Logger // default none
}

const (
	defaultAddr = "127.0.0.1:8080"

	// grace is what the host waits longer than the function's own timeout: a function that ends its work itself keeps its
	// process, and one that is killed does not.
	grace = time.Second

	queueTime = 20 * time.Second // that a request may wait for an instance

	maxHeaderBytes = 32 << 10 // arguments travel in the query
	maxStreams     = 100      // requests at the same time on one connection of HTTP/2
)

func (c *Config) setDefaults() {
	c.Addr = cmp.Or(c.Addr, defaultAddr)
	c.DataDir = cmp.Or(c.DataDir, "data")
	c.MaxInput = cmp.Or(c.MaxInput, 32<<20)
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.CacheMemory = cmp.Or(c.CacheMemory, 64<<20)
	c.CacheDisk = cmp.Or(c.CacheDisk, 1<<30)
	c.MaxConns = cmp.Or(c.MaxConns, 10_000)
	c.HeaderTimeout = cmp.Or(c.HeaderTimeout, 10*time.Second)
	c.BodyTimeout = cmp.Or(c.BodyTimeout, time.Minute)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 2*time.Minute)
	if c.Listen == nil {
		c.Listen = new(net.ListenConfig).Listen
	}
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
}

// answerTimeout is how long the gateway waits for the function: its work, and an instance to be free.
func (c Config) answerTimeout() time.Duration { return c.Timeout + 2*grace + queueTime }

// Validate tells what is wrong with the configuration. What the function host bounds, the host checks at Start.
func (c Config) Validate() error {
	c.setDefaults()
	if c.Command == nil {
		return errors.New("the command that runs functions is not known")
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return errors.New("the address to listen on must be HOST:PORT, such as " + defaultAddr)
	}
	if c.MaxInput < 0 || c.MaxInput > 1<<30 {
		return errors.New("a picture's bytes must be limited to between 1 byte and 1 GiB")
	}
	if c.Timeout < time.Millisecond || c.Timeout > 10*time.Minute {
		return errors.New("the timeout must be between 1 ms and 10 minutes")
	}
	if c.MaxConns < 0 || c.HeaderTimeout < 0 || c.BodyTimeout < 0 || c.IdleTimeout < 0 {
		return errors.New("bounds on connections must not be negative")
	}
	return errors.Join(c.Tokens.validate(), c.TLS.validate())
}

// maxEvent gives the bytes of a JSON event: base64 makes 4 of 3, and a thirtieth more is for the rest.
func (c Config) maxEvent() int64 { return c.MaxInput * 11 / 8 }

// maxPayload gives the bytes of an invocation: an event, or a proxy event with headers around its picture.
func (c Config) maxPayload() int64 { return c.MaxInput*3/2 + 1<<20 }
