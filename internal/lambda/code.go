package lambda

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// code identifies a program. The zero value is no program.
type code struct {
	sha256 string // in base64
	size   int64  // bytes
}

// codeOf reads which program a file is; path may be empty.
func codeOf(path string) (code, error) {
	if path == "" {
		return code{}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return code{}, fmt.Errorf("lambda: read the program: %w", err)
	}
	defer func() { _ = file.Close() }()
	return copyCode(io.Discard, file)
}

func copyCode(to io.Writer, from io.Reader) (code, error) {
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(sum, to), from)
	if err != nil {
		return code{}, fmt.Errorf("lambda: read the program: %w", err)
	}
	return code{base64.StdEncoding.EncodeToString(sum.Sum(nil)), size}, nil
}

// latestCode is which program $LATEST is. The file may be replaced while the host runs, and is read again then.
type latestCode struct {
	mu       sync.Mutex
	path     string
	size     int64
	modified time.Time
	code     code
}

func (c *latestCode) of(path string) (code, error) {
	if path == "" {
		return code{}, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(path)
	if err != nil {
		return code{}, fmt.Errorf("lambda: look at the program: %w", err)
	}
	if path == c.path && info.Size() == c.size && info.ModTime().Equal(c.modified) {
		return c.code, nil
	}
	if c.code, err = codeOf(path); err != nil {
		c.path = ""
		return code{}, err
	}
	c.path, c.size, c.modified = path, info.Size(), info.ModTime()
	return c.code, nil
}

// keep copies a program to where a version has it, whole or not at all. twin is the copy of another version, which serves
// for both when it is the same program; it may be nil. The copy is never a link to the program itself: that belongs to its
// owner, who may overwrite it.
func (s *store) keep(program, function, number string, twin *version) (code, error) {
	target := s.program(function, number, filepath.Base(program))
	folder := filepath.Dir(target)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return code{}, fmt.Errorf("lambda: make the folder of a version: %w", err)
	}
	if twin != nil {
		if is, err := codeOf(program); err == nil && is == twin.code && os.Link(twin.def.Program, target) == nil {
			return is, syncFolders(folder)
		}
	}
	from, err := os.Open(program)
	if err != nil {
		return code{}, fmt.Errorf("lambda: read the program: %w", err)
	}
	defer func() { _ = from.Close() }()
	part, err := os.OpenFile(target+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o700)
	if err != nil {
		return code{}, fmt.Errorf("lambda: keep the program: %w", err)
	}
	is, err := copyCode(part, from)
	if err == nil {
		err = part.Sync()
	}
	if closed := part.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(target+".part", target)
	}
	if err != nil {
		return code{}, fmt.Errorf("lambda: keep the program: %w", err)
	}
	return is, syncFolders(folder)
}

// syncFolders has the disk know of a new file in a new folder of a folder.
func syncFolders(folder string) error {
	for _, path := range []string{folder, filepath.Dir(folder), filepath.Dir(filepath.Dir(folder))} {
		dir, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("lambda: keep the program: %w", err)
		}
		err = dir.Sync()
		_ = dir.Close() // it was only read
		if err != nil {
			return fmt.Errorf("lambda: keep the program: %w", err)
		}
	}
	return nil
}
