package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const convertPath = "/usr/bin/convert"

// request does one piece of work, at a server or not.
type request func(ctx context.Context, at *server) error

// job is the same piece of work for every contender.
type job struct {
	name                     string
	bluerose, sharp, convert request
}

// figures are what one contender did in all its turns.
type figures struct {
	took  []time.Duration
	spent time.Duration
}

func (f *figures) rate() float64 { return float64(len(f.took)) / f.spent.Seconds() }

func (f *figures) percentile(p float64) float64 {
	slices.Sort(f.took)
	return float64(f.took[min(int(p*float64(len(f.took))), len(f.took)-1)].Microseconds()) / 1000
}

// measure lets the contenders take turns, so that a machine that changes its speed changes it for all of them.
func (j job) measure(ctx context.Context, p plan, bluerose, sharp *server) error {
	contenders := []struct {
		name string
		do   request
		at   *server
		got  figures
	}{{"Bluerose", j.bluerose, bluerose, figures{}}, {"sharp", j.sharp, sharp, figures{}}, {"convert", j.convert, nil, figures{}}}
	for range p.rounds {
		for i := range contenders {
			c := &contenders[i]
			if c.do == nil {
				continue
			}
			if err := turn(ctx, p, c.do, c.at, &c.got); err != nil {
				return err
			}
		}
	}
	ours := contenders[0].got.rate()
	for i := range contenders {
		c := &contenders[i]
		if c.do == nil {
			continue
		}
		ratio := ""
		if i > 0 {
			ratio = fmt.Sprintf("%.2f times as fast", ours/c.got.rate())
		}
		fmt.Printf("| %s | %s | %.1f | %.2f | %.2f | %s |\n", j.name, c.name, c.got.rate(), c.got.percentile(0.5), c.got.percentile(0.99), ratio)
	}
	return nil
}

// turn keeps the plan's number of requests in flight for the plan's time.
func turn(ctx context.Context, p plan, do request, at *server, into *figures) error {
	if err := do(ctx, at); err != nil {
		return err
	}
	var mu sync.Mutex
	var failed error
	var wait sync.WaitGroup
	begin := time.Now()
	for range p.clients {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for time.Since(begin) < p.turn {
				start := time.Now()
				err := do(ctx, at)
				mu.Lock()
				into.took = append(into.took, time.Since(start))
				if err != nil {
					failed = err
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		}()
	}
	wait.Wait()
	into.spent += time.Since(begin)
	return failed
}

// server is a contender that listens.
type server struct {
	cmd    *exec.Cmd
	base   string
	client *http.Client
	folder string
}

func ask(path string, body []byte) request {
	return func(ctx context.Context, at *server) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, at.base+path, bytes.NewReader(body))
		if err != nil {
			return err
		}
		answer, err := at.client.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %.300s", answer.Status, text)
		}
		return err
	}
}

// start runs a program and waits for the line of its standard output in which find sees an address.
func start(ctx context.Context, cmd *exec.Cmd, find func(line string) string) (*server, error) {
	cmd.Stderr = io.Discard
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	lines := bufio.NewScanner(out)
	for lines.Scan() && ctx.Err() == nil {
		if base := find(lines.Text()); base != "" {
			s.base = base
			go io.Copy(io.Discard, out) //nolint:errcheck // it ends with the process
			return s, nil
		}
	}
	_ = cmd.Process.Kill()
	return nil, fmt.Errorf("%s did not start: %w", filepath.Base(cmd.Path), cmd.Wait())
}

// startBluerose starts a service with further flags of `bluerose up`.
func startBluerose(ctx context.Context, flags ...string) (*server, error) {
	folder, err := os.MkdirTemp("", "bluerose-bench-")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "./bluerose", append([]string{"up", "--addr", "127.0.0.1:0", "--data", folder}, flags...)...)
	s, err := start(ctx, cmd, func(line string) string {
		if _, rest, ok := strings.Cut(line, "http://"); ok {
			return "http://" + strings.TrimRight(strings.Fields(rest)[0], "/.,")
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	s.folder = folder
	return s, nil
}

func startSharp(ctx context.Context) (*server, error) {
	return start(ctx, exec.CommandContext(ctx, "node", "bench/sharp-server.mjs"), func(line string) string {
		if _, err := strconv.Atoi(line); err != nil {
			return ""
		}
		return "http://127.0.0.1:" + line
	})
}

func (s *server) stop() {
	s.client.CloseIdleConnections()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	if s.folder != "" {
		_ = os.RemoveAll(s.folder)
	}
}

// peak gives the largest resident memory of a process so far, in MB.
func (s *server) peak() float64 { return peakOf(s.cmd.Process.Pid) }

// instancePeaks gives the same for each child process.
func (s *server) instancePeaks() []float64 {
	var peaks []float64
	for _, pid := range s.instances() {
		peaks = append(peaks, peakOf(pid))
	}
	return peaks
}

// instances gives the ids of the child processes.
func (s *server) instances() []int {
	var pids []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", s.cmd.Process.Pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		for _, pid := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(pid); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids
}

func peakOf(pid int) float64 { return memoryOf(pid, "VmHWM") }

// memoryOf gives a figure of /proc/PID/status, in MB.
func memoryOf(pid int, name string) float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

// convertPeak is the largest resident memory of any convert process, in MB.
var (
	convertPeak   float64
	convertPeakMu sync.Mutex
)

func notePeak(state *os.ProcessState) {
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		convertPeakMu.Lock()
		convertPeak = max(convertPeak, float64(usage.Maxrss)/1024)
		convertPeakMu.Unlock()
	}
}
