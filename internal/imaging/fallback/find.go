package fallback

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"bluerose/internal/sandbox"
)

// Magick is an ImageMagick that was found.
type Magick struct {
	Path    string // absolute: magick of ImageMagick 7, convert of 6
	Version string // "6.9.11-60"
}

// String gives the version and the place, for people.
func (m Magick) String() string { return m.Version + " " + m.Path }

// ErrNone says that there is no ImageMagick to run.
var ErrNone = errors.New("no ImageMagick was found")

const versionTimeout = 5 * time.Second

var versionLine = regexp.MustCompile(`^Version: ImageMagick ([67]\.[0-9][0-9.]*(?:-[0-9]+)?) `)

// Find looks for an ImageMagick 6 or 7: the program that path names, or else magick and convert in the folders. What is
// called convert may be something else, so each is asked for its version; a script that starts the real one does not do,
// as what is confined starts nothing. Without one, or where the system cannot confine
// it (it takes Landlock and seccomp), the error wraps ErrNone and says why.
func Find(ctx context.Context, path string, folders []string) (Magick, error) {
	for _, measure := range sandbox.Supported() {
		if (measure.Name == "files" || measure.Name == "system calls") && !measure.InForce {
			return Magick{}, fmt.Errorf("%w: it cannot be confined here, as %s", ErrNone, measure.Detail)
		}
	}
	if path != "" {
		return verified(ctx, path)
	}
	for _, name := range []string{"magick", "convert"} {
		for _, folder := range folders {
			if !filepath.IsAbs(folder) {
				continue // what stands in the current folder is not the system's
			}
			if m, err := verified(ctx, filepath.Join(folder, name)); err == nil {
				return m, nil
			}
		}
	}
	return Magick{}, ErrNone
}

// verified asks a program whether it is ImageMagick.
func verified(ctx context.Context, path string) (Magick, error) {
	path, err := exec.LookPath(path)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return Magick{}, fmt.Errorf("%w: %w", ErrNone, err)
	}
	if !isProgram(path) {
		return Magick{}, fmt.Errorf("%w: %s is a script", ErrNone, path)
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	out := &bounded{limit: 4 << 10}
	cmd := exec.CommandContext(ctx, path, "-version")
	cmd.Env, cmd.Stdout, cmd.WaitDelay = []string{}, out, time.Second
	failed := cmd.Run()
	match := versionLine.FindSubmatch(out.Bytes())
	if failed != nil || match == nil {
		return Magick{}, fmt.Errorf("%w: %s is not ImageMagick 6 or 7", ErrNone, path)
	}
	return Magick{Path: path, Version: string(match[1])}, nil
}

// isProgram reports whether a file is a program of Linux itself.
func isProgram(path string) bool {
	file, err := elf.Open(path)
	if err != nil {
		return false
	}
	_ = file.Close()
	return true
}

// bounded keeps the first bytes that are written to it, and takes the rest.
type bounded struct {
	bytes.Buffer
	limit int
	cut   bool // there was more
}

func (b *bounded) Write(p []byte) (int, error) {
	keep := p[:min(len(p), b.limit-b.Len())]
	b.cut = b.cut || len(keep) < len(p)
	_, _ = b.Buffer.Write(keep)
	return len(p), nil
}
