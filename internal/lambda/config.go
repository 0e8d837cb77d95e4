package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"regexp"
	"runtime"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// NoQueue as Config.Queue lets no request wait for an instance.
const NoQueue = -1

// maxCost bounds the cost of one request, so that sums of costs hold.
const maxCost = 1 << 30

// Latest is the version that changes with every update of a function.
const Latest = "$LATEST"

// Config says what a Host runs and within which bounds. The zero value of a field means its default.
type Config struct {
	Functions []Function
	// Dir is the folder that keeps what must outlive the host: events that wait (events.db), versions and aliases
	// (functions.db), and the programs of published versions (functions/NAME/NUMBER/). It is made when it is missing. Required.
	Dir string
	// Command gives the command that runs an instance, not started. Its Env is the whole environment of the process
	// but for the variables that Lambda sets, which the host adds; nothing is inherited. Stdin, Stdout, Stderr and
	// SysProcAttr's process group belong to the host. Required.
	Command func(Launch) (*exec.Cmd, error)

	Instances int // processes for each version that is in use; default: the number of cores; at most 1,000
	Queue     int // requests that may wait for an instance of one version; default 100; NoQueue for none
	// Cost estimates the work of a request, in any unit, from 1: what is expensive lets what is cheap pass, and the host measures how
	// long a unit takes. It must be cheap and safe for concurrent use. Default: 1 for each
	Cost func(Invocation) int64
	// QueueCost bounds the cost of the requests that may wait for an instance of one version; default 20,000 for each
	// instance. One request may always wait, whatever its cost.
	QueueCost   int64
	Warm        int           // versions of one function that keep instances at the same time; default 4
	MaxVersions int           // published versions of one function; default 100
	MemoryMB    int           // memory size of a function that names none; default 1024
	Timeout     time.Duration // timeout of a function that names none; default 10 s
	InitTimeout time.Duration // from the start of a process until it asks for its first request; default 10 s
	MaxPayload  int64         // bytes of a request and of a response; default 48 MiB
	Idle        time.Duration // instances that are not kept ahead end after so long without a request; default 10 min
	Region      string        // default "us-east-1"
	AccountID   string        // twelve digits; default "123456789012"
	Async       AsyncConfig
	Services    Services
	// Authorize tells whether the sender of a request to the Lambda API may do an action, such as "lambda:InvokeFunction",
	// on a resource: a function's ARN, qualified where the request names a version or an alias, or "*". Its error is the
	// answer, best a *event.Refusal. The context is the request's. Default: everyone may do everything.
	Authorize func(ctx context.Context, action, resource string) error
	// Random gives numbers of at least 0 and below 1, by which an alias with weights chooses; default math/rand/v2's.
	Random func() float64
	Logger *slog.Logger // default: slog.Default()
	Tracer trace.Tracer // makes a span of every invocation; default none
	// Traces takes the spans of functions, which they post to /v1/traces of their Runtime API (OTLP over HTTP): an
	// instance reaches nothing else. Default: there is no such path.
	Traces http.Handler
}

// Services is where functions call AWS' APIs, and with which access key: those whose Function.Services says so find it in the
// variables that AWS' clients read. Default: there is none.
type Services struct {
	Addr             string // host:port of plain HTTP, on loopback
	KeyID, SecretKey string
}

// AsyncConfig bounds asynchronous invocations, which wait in Config.Dir. As many run at the same time as their function has
// instances.
type AsyncConfig struct {
	Queue       int             // events that may wait or run; default 100,000
	QueueBytes  int64           // bytes of their payloads; default 1 GiB
	MaxPayload  int64           // bytes of an event; default 1,000,000, as AWS
	RetryDelays []time.Duration // waits before the retries after function errors; default 1 min, 2 min, as AWS
	MaxAge      time.Duration   // an event that could not run for so long is given up; default 6 h, as AWS
	// ThrottleDelay is the first wait after the host refused an event; it doubles up to 5 min. Default 1 s.
	ThrottleDelay time.Duration
	// DeadLetter names the function that gets the record of an event that is given up, for functions that name none
	// themselves; default none, and then the log alone has it. A record that is given up itself is not recorded again.
	DeadLetter string
}

// Function defines what one version of a function is.
type Function struct {
	Name        string            // letters, digits, "-" and "_"; at most 64
	Handler     string            // _HANDLER of the process; default: Name
	Description string            // at most 256 characters
	MemoryMB    int               // default Config.MemoryMB; what enforces it is up to Config.Command
	Timeout     time.Duration     // default Config.Timeout
	Environment map[string]string // variables of the function; those that Lambda sets win
	Instances   int               // processes for each version that is in use; default Config.Instances
	// Instead names, by the errorType that this function fails with, the function that is asked in its place: the caller
	// gets that one's answer. It goes one step, to $LATEST, and not on from there.
	Instead map[string]string
	// DeadLetter names the function that gets Lambda's destination record of an asynchronous event of this one that is
	// given up; default Config.Async.DeadLetter.
	DeadLetter string
	// Lazy has the first request start the instances of $LATEST, too, and lets them end after Config.Idle. Other versions
	// are always so.
	Lazy bool
	// Program is the file that the processes run, which Config.Command gets and which a published version keeps a copy of.
	// Default none: then Config.Command knows, and versions differ in their configuration alone.
	Program string `json:"-"`
	// Services says that the function calls AWS' APIs, those of Config.Services.
	Services bool `json:",omitempty"`
	// SharedMemory says that the function's handler is a sharedmem.Handler: large payloads reach it in memory that it
	// shares with the host, where the system has that, and else through the socket.
	SharedMemory bool
}

// Launch describes an instance that is about to start.
type Launch struct {
	Function string
	Version  string
	Handler  string
	Program  string // Function.Program, or the copy of it that the version keeps
	MemoryMB int
	// RuntimeAPI and Services are host:port on loopback, the only addresses that the process needs to reach. Services is empty
	// for a function that calls no AWS API.
	RuntimeAPI, Services string
}

var (
	functionName = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`)
	accountID    = regexp.MustCompile(`^[0-9]{12}$`)
	regionName   = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
)

func (c Config) withDefaults() Config {
	setDefault(&c.Instances, runtime.NumCPU())
	setDefault(&c.Queue, 100)
	setDefault(&c.QueueCost, 20_000*int64(c.Instances))
	setDefault(&c.Warm, 4)
	setDefault(&c.MaxVersions, 100)
	setDefault(&c.MemoryMB, 1024)
	setDefault(&c.Timeout, 10*time.Second)
	setDefault(&c.InitTimeout, 10*time.Second)
	setDefault(&c.MaxPayload, 48<<20)
	setDefault(&c.Region, "us-east-1")
	setDefault(&c.AccountID, "123456789012")
	setDefault(&c.Idle, 10*time.Minute)
	setDefault(&c.Async.Queue, 100_000)
	setDefault(&c.Async.QueueBytes, 1<<30)
	setDefault(&c.Async.MaxPayload, 1_000_000)
	setDefault(&c.Async.MaxAge, 6*time.Hour)
	setDefault(&c.Async.ThrottleDelay, time.Second)
	if c.Async.RetryDelays == nil {
		c.Async.RetryDelays = []time.Duration{time.Minute, 2 * time.Minute}
	}
	if c.Cost == nil {
		c.Cost = func(Invocation) int64 { return 1 }
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate says what is wrong with the configuration, all of it at once; nil for nothing.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Command != nil, "lambda: Command is missing")
	check(c.Dir != "", "lambda: Dir is missing")
	check(c.Instances > 0 && c.Instances <= 1000, "lambda: Instances %d is not within 1 to 1000", c.Instances)
	check(c.Queue >= NoQueue, "lambda: Queue %d is negative", c.Queue)
	check(c.QueueCost > 0, "lambda: QueueCost %d is not above 0", c.QueueCost)
	check(c.Warm > 0 && c.MaxVersions > 0, "lambda: Warm and MaxVersions must be above 0")
	check(c.InitTimeout > 0 && c.Idle > 0, "lambda: InitTimeout and Idle must be above 0")
	check(c.MaxPayload > 0, "lambda: MaxPayload %d is negative", c.MaxPayload)
	check(regionName.MatchString(c.Region), "lambda: Region %q is no region name", c.Region)
	check(accountID.MatchString(c.AccountID), "lambda: AccountID %q is not twelve digits", c.AccountID)
	check(c.Async.Queue > 0 && c.Async.QueueBytes > 0 && c.Async.MaxPayload > 0 && c.Async.MaxAge > 0, "lambda: Async has a negative bound")
	seen := map[string]bool{}
	for _, f := range c.Functions {
		if err := f.withDefaults(c).validate(); err != nil {
			errs = append(errs, err)
		}
		check(!seen[f.Name], "lambda: function %q is defined twice", f.Name)
		seen[f.Name] = true
	}
	for _, delay := range c.Async.RetryDelays {
		check(delay >= 0, "lambda: Async.RetryDelays has %v, which is negative", delay)
	}
	deadLetter := func(id string) {
		ref, err := parseReference(id, "")
		check(id == "" || err == nil && seen[ref.name], "lambda: there is no function %q for dead letters", id)
	}
	deadLetter(c.Async.DeadLetter)
	for _, f := range c.Functions {
		deadLetter(f.DeadLetter)
		for _, other := range f.Instead {
			check(seen[other] && other != f.Name, "lambda: there is no other function %q to ask instead of %s", other, f.Name)
		}
	}
	return errors.Join(errs...)
}

func (f Function) withDefaults(c Config) Function {
	setDefault(&f.Handler, f.Name)
	setDefault(&f.MemoryMB, c.MemoryMB)
	setDefault(&f.Instances, c.Instances)
	setDefault(&f.Timeout, c.Timeout)
	return f
}

func (f Function) validate() error {
	switch {
	case !functionName.MatchString(f.Name):
		return fmt.Errorf("lambda: function name %q is not 1 to 64 letters, digits, - and _", f.Name)
	case f.MemoryMB < 128 || f.MemoryMB > 32768:
		return fmt.Errorf("lambda: memory of %s is %d MB, not within 128 to 32768", f.Name, f.MemoryMB)
	case f.Timeout < time.Millisecond || f.Timeout > 15*time.Minute:
		return fmt.Errorf("lambda: timeout of %s is %v, not within 1 ms to 15 min", f.Name, f.Timeout)
	case f.Instances < 1 || f.Instances > 1000:
		return fmt.Errorf("lambda: instances of %s are %d, not within 1 to 1000", f.Name, f.Instances)
	case len(f.Description) > 256:
		return fmt.Errorf("lambda: description of %s is longer than 256", f.Name)
	}
	return nil
}
