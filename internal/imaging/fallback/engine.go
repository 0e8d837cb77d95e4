package fallback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bluerose/internal/imaging/render"
	"bluerose/internal/sandbox"
)

// Config says what an Engine works with.
type Config struct {
	Magick   Magick        // required
	Launcher []string      // the command that puts a sandbox.Policy in force and runs what follows it; required
	Scratch  string        // the folder that jobs have their folders in, absolute; required
	Limits   render.Limits // zero fields take their defaults
	Memory   int64         // bytes of memory of one process; default 1 GiB; less than 256 MiB is too little for the launcher
	Output   int64         // bytes of all files of a result, and of one; default 64 MiB
	Timeout  time.Duration // of one job whose context has no deadline; default 1 hour
}

const (
	textLimit  = 4 << 20  // bytes of what a program prints
	errorLimit = 64 << 10 // bytes of what it says of failures
	maxFiles   = 64       // that a process has open
	cpuGrace   = 1 * time.Second
)

// Validate reports what is wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Magick.Path == "":
		return errors.New("fallback: Config.Magick is missing")
	case len(c.Launcher) == 0:
		return errors.New("fallback: Config.Launcher is missing")
	case !filepath.IsAbs(c.Scratch):
		return errors.New("fallback: Config.Scratch must be an absolute path")
	case c.Memory < 0 || c.Output < 0 || c.Timeout < 0:
		return errors.New("fallback: a bound is negative")
	}
	return nil
}

// Engine runs programs on ImageMagick. Any number of them run at the same time, each in a process of its own: to bound
// how many is the caller's business.
type Engine struct{ cfg Config }

// New makes an engine.
func New(cfg Config) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Limits = cfg.Limits.WithDefaults()
	cfg.Memory = cmp.Or(cfg.Memory, 1<<30)
	cfg.Output = cmp.Or(cfg.Output, 64<<20)
	cfg.Timeout = cmp.Or(cfg.Timeout, time.Hour)
	return &Engine{cfg}, nil
}

// Run runs a program. Its errors are *event.Error, or ctx's own when the deadline came or the caller went; the process is
// gone by then.
func (e *Engine) Run(ctx context.Context, job render.Job) (*render.Result, error) {
	command, err := build(job, e.cfg.Limits)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(e.cfg.Scratch, "job-")
	if err != nil {
		return nil, fmt.Errorf("fallback: make the job's folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	ctx, cancel := context.WithTimeout(ctx, e.cfg.Timeout)
	defer cancel()
	if err := e.prepare(ctx, folder, command); err != nil {
		return nil, err
	}
	text, err := e.execute(ctx, folder, command)
	if err != nil {
		return nil, err
	}
	result := &render.Result{Text: command.public(text)}
	if !command.text {
		result.Files, err = e.collect(workFolder(folder), command, job.Program.Output.Name)
	}
	return result, err
}

func workFolder(folder string) string { return filepath.Join(folder, "work") }

// prepare fills the job's folder: the policy, which ImageMagick may read, and a folder with the inputs, which is its own.
func (e *Engine) prepare(ctx context.Context, folder string, c *command) error {
	text := policy(c.coders, e.cfg.Limits, e.cfg.Memory/2, timeLeft(ctx))
	if err := os.WriteFile(filepath.Join(folder, "policy.xml"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("fallback: write the policy: %w", err)
	}
	if err := os.Mkdir(workFolder(folder), 0o700); err != nil {
		return fmt.Errorf("fallback: make the folder of files: %w", err)
	}
	for _, in := range c.inputs {
		if err := os.WriteFile(filepath.Join(workFolder(folder), in.file), in.data, 0o600); err != nil {
			return fmt.Errorf("fallback: write an input: %w", err)
		}
	}
	return nil
}

func timeLeft(ctx context.Context) time.Duration {
	deadline, _ := ctx.Deadline() // Run has set one
	return max(time.Until(deadline), 0)
}

// execute runs the command and gives what it printed.
func (e *Engine) execute(ctx context.Context, folder string, c *command) ([]byte, error) {
	work := workFolder(folder)
	restrict := sandbox.Policy{
		Read:    append(Readable(), filepath.Join(folder, "policy.xml")),
		Write:   []string{work},
		Minimal: true,
		Limits: sandbox.Limits{
			Memory: e.cfg.Memory, OpenFiles: maxFiles, FileSize: e.cfg.Output, CPU: timeLeft(ctx) + cpuGrace,
		},
	}
	args := slices.Concat(e.cfg.Launcher, []string{restrict.Encode(), e.cfg.Magick.Path}, c.args)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = work
	cmd.Env = []string{"MAGICK_CONFIGURE_PATH=" + folder, "MAGICK_TEMPORARY_PATH=" + work, "TMPDIR=" + work, "HOME=" + work,
		"MAGICK_THREAD_LIMIT=1", "OMP_NUM_THREADS=1", "LC_ALL=C.UTF-8"}
	out, failed := &bounded{limit: textLimit}, &bounded{limit: errorLimit}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = out, failed, time.Second
	// The process ends with the thread that starts it (see sandbox.Exec), which therefore must not end before.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil || out.cut {
		return nil, c.failure(err, out.cut, failed.String())
	}
	return out.Bytes(), nil
}

// collect reads the files of the result, in the order of their numbers.
func (e *Engine) collect(work string, c *command, name string) ([]render.File, error) {
	found, err := filepath.Glob(filepath.Join(work, outputName+"*"))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, c.failure(nil, false, "")
	}
	if len(found) > e.cfg.Limits.Frames {
		return nil, tooMany(len(found), e.cfg.Limits.Frames)
	}
	scene := func(path string) int {
		n, _ := strconv.Atoi(strings.TrimPrefix(strings.TrimPrefix(filepath.Base(path), outputName), "-"))
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return cmp.Compare(scene(a), scene(b)) })
	var files []render.File
	left := e.cfg.Output
	for _, path := range found {
		data, err := readRegular(path, left)
		if err != nil {
			return nil, err
		}
		left -= int64(len(data))
		files = append(files, render.File{Name: render.NumberedName(name, scene(path), len(found)), Format: c.output, Data: data})
	}
	return files, nil
}

// readRegular reads a file of at most limit bytes that must be one: what a process of strangers' pictures left behind
// could be a link or a pipe.
func readRegular(path string, limit int64) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("fallback: open a result: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("fallback: look at a result: %w", err)
	case !info.Mode().IsRegular():
		return nil, errors.New("fallback: a result is no file")
	case info.Size() > limit:
		return nil, errOutput()
	}
	data := make([]byte, info.Size())
	if _, err := file.ReadAt(data, 0); err != nil && len(data) > 0 {
		return nil, fmt.Errorf("fallback: read a result: %w", err)
	}
	return data, nil
}

// OwnFolder makes a folder below root for this process, and removes those of processes that have ended.
func OwnFolder(root string) (string, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return "", fmt.Errorf("fallback: list the folder of folders: %w", err)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err == nil && pid > 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(filepath.Join(root, entry.Name()))
		}
	}
	own := filepath.Join(root, strconv.Itoa(os.Getpid()))
	_ = os.RemoveAll(own) // of an earlier process with this number
	if err := os.Mkdir(own, 0o700); err != nil {
		return "", fmt.Errorf("fallback: make a folder: %w", err)
	}
	return own, nil
}
