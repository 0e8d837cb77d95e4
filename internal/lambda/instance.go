package lambda

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"time"

	"bluerose/internal/lambda/sharedmem"
)

// maxAttempts is how many instances may die under a call before they have seen it.
const maxAttempts = 3

// instance is one process of a version, from its start to its end. It belongs to the goroutine of its pool that started
// it; only work and the closing of the channels are shared.
type instance struct {
	pool    *pool
	log     *slog.Logger
	cmd     *exec.Cmd
	api     *runtimeAPI
	logs    *logCapture
	memory  *peakMemory
	work    chan *call    // at most one, put there by the pool while the instance is idle
	exited  chan struct{} // closed when the process has ended and is reaped
	started time.Time
	init    time.Duration
	served  int   // requests that it has answered
	peak    int64 // of memory, bytes, when it was last looked at
	fresh   int64 // bytes of memory that it held before its first request
}

// startInstance starts a process and waits until it asks for its first request, for InitTimeout, or until stop closes.
// When it does not come so far, failure says why and the process is gone.
func (p *pool) startInstance(stop <-chan struct{}) (in *instance, fault *failure) {
	in, err := p.launch()
	if err != nil {
		p.log.Error("instance does not start", "error", err)
		return nil, &failure{Type: "Runtime.InvalidEntrypoint", Message: "The function's process could not be started"}
	}
	timer := time.NewTimer(p.host.cfg.InitTimeout)
	defer timer.Stop()
	select {
	case <-in.api.ready:
		in.init = time.Since(in.started)
		in.fresh = in.memory.held()
		return in, nil
	case <-in.exited:
		in.end()
		f := in.exitFailure()
		if body := in.api.postedInitError(); body != nil {
			f = failure{Body: body}
		}
		fault = &f
	case <-timer.C:
		in.end()
		f := timedOut(p.host.cfg.InitTimeout)
		fault = &f
	case <-stop:
		in.end()
		return nil, &failure{Type: "Runtime.ExitError", Message: "The host is stopping"}
	}
	fault.Tail = in.logs.end()
	in.log.Error("instance failed to start", "type", fault.Type, "message", fault.Message, "posted", string(fault.Body),
		"after", time.Since(in.started))
	return nil, fault
}

// launch starts the process of an instance with everything around it.
func (p *pool) launch() (in *instance, err error) {
	var id [16]byte
	_, _ = rand.Read(id[:])
	in = &instance{
		pool:    p,
		work:    make(chan *call, 1),
		exited:  make(chan struct{}),
		started: time.Now(),
		log:     p.log.With("instance", hex.EncodeToString(id[:4])),
	}
	shared := p.share(in.log)
	if in.api, err = newRuntimeAPI(p.host.cfg.MaxPayload, shared, p.host.cfg.Traces, in.log); err != nil {
		return nil, err
	}
	def := p.version.def
	in.cmd, err = p.host.cfg.Command(Launch{
		Function: def.Name, Version: p.version.number, Handler: def.Handler, Program: def.Program,
		MemoryMB: def.MemoryMB, RuntimeAPI: in.api.addr, Services: p.services().Addr,
	})
	if err != nil {
		in.api.close()
		return nil, fmt.Errorf("lambda: command of the instance: %w", err)
	}
	logs, output, err := newLogCapture(in.log)
	if err != nil {
		in.api.close()
		return nil, err
	}
	in.logs = logs
	in.cmd.Env = append(in.cmd.Env, p.environment(in, hex.EncodeToString(id[:]))...)
	if shared != nil {
		const first = 3 // after standard input, output and error
		in.cmd.Env = append(in.cmd.Env, sharedmem.Variable+"="+strconv.Itoa(first+len(in.cmd.ExtraFiles)))
		in.cmd.ExtraFiles = append(in.cmd.ExtraFiles, shared.File())
	}
	in.cmd.Stdin, in.cmd.Stdout, in.cmd.Stderr = nil, output, output
	isolate(in.cmd)
	p.host.starter.do(func() { err = in.cmd.Start() })
	_ = output.Close()
	if err != nil {
		in.api.close()
		in.logs.close()
		return nil, fmt.Errorf("lambda: start of the instance: %w", err)
	}
	in.memory = newPeakMemory(in.cmd.Process.Pid)
	p.host.wg.Go(func() {
		_ = in.cmd.Wait() // how it ended is in ProcessState
		sweepGroup(in.cmd.Process)
		close(in.exited)
	})
	return in, nil
}

// share gives what an instance shares with the host for its payloads; nil when they go through the socket.
func (p *pool) share(log *slog.Logger) *sharedmem.Segment {
	if !p.version.def.SharedMemory {
		return nil
	}
	shared, err := sharedmem.New(p.host.cfg.MaxPayload)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		log.Warn("instance shares no memory", "error", err)
	}
	return shared
}

// services gives where the function calls AWS' APIs; none where it does not.
func (p *pool) services() Services {
	if !p.version.def.Services {
		return Services{}
	}
	return p.host.cfg.Services
}

// environment gives the variables that Lambda sets, after those of the function, which they override.
func (p *pool) environment(in *instance, id string) []string {
	def, cfg := p.version.def, p.host.cfg
	env := make([]string, 0, len(def.Environment)+16)
	for name, value := range def.Environment {
		env = append(env, name+"="+value)
	}
	sort.Strings(env)
	if services := p.services(); services.Addr != "" {
		env = append(env, "AWS_ENDPOINT_URL=http://"+services.Addr,
			"AWS_ACCESS_KEY_ID="+services.KeyID, "AWS_SECRET_ACCESS_KEY="+services.SecretKey)
	}
	root := in.cmd.Dir
	if root == "" {
		root = filepath.Dir(in.cmd.Path)
	}
	return append(env,
		"_HANDLER="+def.Handler,
		"AWS_REGION="+cfg.Region,
		"AWS_DEFAULT_REGION="+cfg.Region,
		"AWS_LAMBDA_FUNCTION_NAME="+def.Name,
		"AWS_LAMBDA_FUNCTION_VERSION="+p.version.number,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(def.MemoryMB),
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+def.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME="+in.started.UTC().Format("2006/01/02")+"/["+p.version.number+"]"+id,
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_RUNTIME_API="+in.api.addr,
		"AWS_XRAY_CONTEXT_MISSING=LOG_ERROR",
		"LAMBDA_TASK_ROOT="+root,
		"LAMBDA_RUNTIME_DIR="+root,
		"TZ=:UTC",
		"LANG=en_US.UTF-8",
		"PATH=/usr/local/bin:/usr/bin:/bin",
	)
}

// end kills the process if it still runs, and returns when nothing of the instance is left.
func (in *instance) end() {
	select {
	case <-in.exited:
	default:
		in.lookAtMemory()
		killGroup(in.cmd.Process)
		<-in.exited
	}
	if in.peak == 0 {
		in.peak = exitMemory(in.cmd.ProcessState)
	}
	in.api.close()
	in.logs.close()
	in.memory.close()
}

func (in *instance) lookAtMemory() {
	in.peak = max(in.peak, in.memory.bytes())
}

// exitFailure words how the ended process ended.
func (in *instance) exitFailure() failure { return exited(in.cmd.ProcessState.String()) }

// serve answers requests until the process ends or stop closes. It leaves nothing of the instance behind.
func (in *instance) serve(stop <-chan struct{}) {
	c := in.pool.ready(in)
	for {
		if c == nil {
			select {
			case c = <-in.work:
			case <-in.exited:
			case <-stop:
			}
		}
		if c == nil {
			if c = in.pool.withdraw(in); c == nil { // given to it at the very last moment
				in.end()
				return
			}
		}
		next, alive := in.run(c, stop)
		if !alive {
			return
		}
		c = next
	}
}

// run answers one call. When the instance is alive afterwards it is idle, or has the next call.
func (in *instance) run(c *call, stop <-chan struct{}) (next *call, alive bool) {
	timeout := in.pool.version.def.Timeout
	begun := time.Now()
	select {
	case <-in.exited: // its connection may not know yet
		in.end()
		in.died(c, begun, in.exitFailure(), "error")
		return nil, false
	default:
	}
	in.logs.begin(c.RequestID, in.pool.version.number)
	deadline := begun.Add(timeout)
	if callers, ok := c.ctx.Deadline(); ok && callers.Before(deadline) {
		deadline = callers
	}
	in.api.deliver(c, deadline)
	timer := time.NewTimer(timeout)
	defer timer.Stop()

	select {
	case <-c.exchange.ended:
		result := in.report(c, begun, in.api.outcome(c), "")
		in.pool.ran(c, result.Duration, result.FunctionError != "")
		if in.worn() {
			in.end()
			in.pool.finish(c, result, nil)
			return nil, false
		}
		next = in.pool.ready(in) // before the caller knows, so that its next request finds the instance free
		in.pool.finish(c, result, nil)
		return next, true
	case <-in.exited:
		in.end()
		in.pool.counters.crashes.Add(1)
		in.died(c, begun, in.exitFailure(), "error")
	case <-timer.C:
		in.end()
		in.pool.counters.timeouts.Add(1)
		in.pool.ran(c, timeout, true)
		in.died(c, begun, timedOut(timeout), "timeout")
	case <-c.ctx.Done():
		in.end()
		in.pool.counters.cancelled.Add(1)
		if errors.Is(c.ctx.Err(), context.DeadlineExceeded) {
			in.pool.ran(c, time.Since(begun), true)
		}
		in.report(c, begun, exchange{}, "cancelled")
		in.pool.finish(c, nil, callerEnded(c.ctx))
	case <-stop:
		in.end()
		in.pool.finish(c, nil, errStopping())
	}
	return nil, false
}

// worn reports whether the process holds more than half of the memory that it had left when it was new. Runtimes keep what
// they once had (Go gives pages back, but never addresses, and the limit counts those): the next request would lack it.
func (in *instance) worn() bool {
	limit := int64(in.pool.version.def.MemoryMB) << 20
	return in.memory.held()-in.fresh > (limit-in.fresh)/2
}

// died answers a call whose process is gone. A runtime that answered before it died has answered; a call that no
// runtime has seen goes to another instance.
func (in *instance) died(c *call, begun time.Time, fault failure, status string) {
	x := in.api.outcome(c)
	if !x.delivered && c.attempts < maxAttempts {
		in.pool.again(c)
		return
	}
	if x.answered {
		status = ""
	} else {
		x.payload, x.failed = fault.payload(c.RequestID), true
	}
	in.pool.finish(c, in.report(c, begun, x, status), nil)
}

// report ends the log of the request and gives its result.
func (in *instance) report(c *call, begun time.Time, x exchange, status string) *Result {
	in.lookAtMemory()
	r := &Result{
		Payload:         x.payload,
		ExecutedVersion: in.pool.version.number,
		RequestID:       c.RequestID,
		Duration:        time.Since(begun),
		MaxMemoryUsed:   in.peak,
	}
	if x.failed {
		r.FunctionError = Unhandled
	}
	line := fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\tMax Memory Used: %d MB\t",
		c.RequestID, milliseconds(r.Duration), (r.Duration+time.Millisecond-1)/time.Millisecond,
		in.pool.version.def.MemoryMB, (in.peak+1<<20-1)>>20)
	if in.served++; in.served == 1 {
		r.InitDuration = in.init
		line += fmt.Sprintf("Init Duration: %.2f ms\t", milliseconds(in.init))
	}
	if status != "" {
		line += "Status: " + status
	}
	r.LogTail = in.logs.end("END RequestId: "+c.RequestID, line)
	in.pool.counters.add(r)
	return r
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
