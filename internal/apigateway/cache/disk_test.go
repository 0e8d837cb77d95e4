package cache

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asWriter has the test program write answers into a folder until it is killed.
const asWriter = "BLUEROSE_TEST_CACHE_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(asWriter); dir != "" {
		d := openDisk(dir, 1<<30, nil)
		for i := 0; ; i++ {
			d.put(numbered(i))
			fmt.Println(i)
		}
	}
	os.Exit(m.Run())
}

// numbered gives an answer that its number tells all about.
func numbered(i int) *entry {
	body := bytes.Repeat(fmt.Appendf(nil, "%05d ", i), 4000)
	return &entry{
		status: 200, header: http.Header{"Content-Type": {"image/png"}}, body: body, etag: `"e"`, stored: time.Unix(1_800_000_000, 0).UTC(),
		key: sha256.Sum256([]byte(strconv.Itoa(i))), about: about{Stage: "prod", Tag: "t" + strconv.Itoa(i), Pictures: []digest{sha256.Sum256(body)}},
	}
}

func openDisk(dir string, bytes int64, change func(*Config)) *disk {
	cfg := Config{Dir: dir, Disk: bytes}
	cfg.setDefaults()
	if change != nil {
		change(&cfg)
	}
	d := newDisk(cfg, &counters{})
	d.settle()
	return d
}

// has reports whether an answer is there, and whole.
func (d *disk) has(t *testing.T, i int) bool {
	t.Helper()
	want, got := numbered(i), d.get(numbered(i).key)
	if got == nil {
		return false
	}
	if got.status != 200 || !bytes.Equal(got.body, want.body) || got.header.Get("Content-Type") != "image/png" || got.etag != want.etag ||
		!got.stored.Equal(want.stored) || got.Tag != want.Tag || got.Stage != want.Stage || got.Pictures[0] != want.Pictures[0] || got.key != want.key {
		t.Errorf("answer %d is %+v", i, got.about)
	}
	return true
}

// count gives how many files there are.
func count(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(_ string, is fs.DirEntry, err error) error {
		if err == nil && !is.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// After kill -9 in the middle of writes every answer is there whole, or not at all.
func TestKilledWriter(t *testing.T) {
	dir := t.TempDir()
	for round := range 5 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asWriter+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last, lines := -1, bufio.NewScanner(out)
		for last < 20+round*7 && lines.Scan() {
			last, _ = strconv.Atoi(lines.Text())
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // it was killed
		if last < 20 {
			t.Fatalf("the writer ended after %d answers", last)
		}
		d := openDisk(dir, 1<<30, nil)
		for i := range last + 1 {
			if !d.has(t, i) {
				t.Errorf("answer %d of %d is gone", i, last)
			}
		}
		n, _ := d.stats()
		if files := count(t, dir); files != n || d.counters.errors.Load() != 0 {
			t.Errorf("%d files of %d answers, %d errors", files, n, d.counters.errors.Load())
		}
		d.close()
	}
}

// A file that is torn anywhere, or whose bytes are others, is a miss and is removed.
func TestTornFile(t *testing.T) {
	d := openDisk(t.TempDir(), 1<<30, nil)
	defer d.close()
	d.put(numbered(1))
	path := d.path(numbered(1).key)
	whole, err := os.ReadFile(path)
	if err != nil || !d.has(t, 1) {
		t.Fatal(err)
	}
	torn := map[string][]byte{"nothing": {}, "more": append(bytes.Clone(whole), 0), "zeros": make([]byte, len(whole)), "another's": nil}
	d.put(numbered(2))
	if torn["another's"], err = os.ReadFile(d.path(numbered(2).key)); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 7, 8, 11, 12, 13, 100, 300, len(whole) / 2, len(whole) - 1} {
		torn[fmt.Sprint("the first ", n)] = whole[:n]
		other := bytes.Clone(whole)
		other[n] ^= 1
		torn[fmt.Sprint("another byte ", n)] = other
	}
	for name, data := range torn {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if d.has(t, 1) {
			t.Errorf("%s is an answer", name)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s stays: %v", name, err)
		}
	}
	if n := d.counters.errors.Load(); n != int64(len(torn)) {
		t.Errorf("%d errors of %d", n, len(torn))
	}
	d.put(numbered(1))
	if !d.has(t, 1) {
		t.Error("there is no new answer")
	}
}

// What was not used for the longest time makes room, before and after a restart.
func TestDiskIsBounded(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	const file = 24_000 + 576 // of an answer, in whole blocks
	for name, c := range map[string]struct {
		bytes int64
		files int
	}{"bytes": {10 * file, 0}, "files": {1 << 30, 10}} {
		dir := t.TempDir()
		open := func() *disk {
			return openDisk(dir, c.bytes, func(cfg *Config) {
				cfg.Now = func() time.Time { now = now.Add(time.Second); return now }
				if c.files > 0 {
					cfg.Files = c.files
				}
			})
		}
		d := open()
		for i := 1; i <= 8; i++ {
			d.put(numbered(i))
		}
		d.has(t, 1) // is used last, then
		d.close()
		d = open()
		for i := 11; i <= 16; i++ {
			d.put(numbered(i))
		}
		for i, want := range map[int]bool{1: true, 2: false, 3: false, 4: false, 5: false, 6: true, 7: true, 8: true, 11: true, 16: true} {
			if d.has(t, i) != want {
				t.Errorf("%s: answer %d is there: %v", name, i, !want)
			}
		}
		n, size := d.stats()
		if n != 10 || size != 10*file || count(t, dir) != 10 || d.counters.evictedOnDisk.Load() != 4 {
			t.Errorf("%s: %d answers of %d bytes in %d files, %d evicted", name, n, size, count(t, dir), d.counters.evictedOnDisk.Load())
		}
		d.close()
		now = now.Add(2 * time.Hour) // no answer is so old
		d = open()
		if n, _ := d.stats(); n != 0 || count(t, dir) != 0 {
			t.Errorf("%s: after hours there are %d answers", name, n)
		}
		d.close()
	}
}

// full is a file on a disk that has room for some bytes.
type full struct {
	*os.File
	room *int
}

func (f full) Write(p []byte) (int, error) {
	n := min(len(p), *f.room)
	*f.room -= n
	written, err := f.File.Write(p[:n])
	if err == nil && n < len(p) {
		err = &fs.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	return written, err
}

// A disk that is full keeps what it has, takes nothing new, and says so once.
func TestFullDisk(t *testing.T) {
	var log strings.Builder
	dir := t.TempDir()
	d := openDisk(dir, 1<<30, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	defer d.close()
	room, create := 50_000, d.create
	d.create = func(folder string) (file, error) {
		made, err := create(folder)
		if err != nil {
			return nil, err
		}
		return full{made.(*os.File), &room}, nil
	}
	for i := range 5 {
		d.put(numbered(i))
	}
	if !d.has(t, 0) || !d.has(t, 1) || d.has(t, 2) || count(t, dir) != 2 || d.counters.errors.Load() != 3 {
		t.Errorf("%d files, %d errors", count(t, dir), d.counters.errors.Load())
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 {
		t.Errorf("%d lines in the log:\n%s", n, &log)
	}
	room = 1 << 20 // somebody has tidied up
	d.put(numbered(3))
	if !d.has(t, 3) {
		t.Error("the disk is not used again")
	}
}

// A disk that does not keep up is given no more than it has room to remember, and what it was given before it ends.
func TestSlowDisk(t *testing.T) {
	d := openDisk(t.TempDir(), 1<<30, nil)
	var done []int
	release := make(chan struct{})
	d.later(0, func() { <-release })
	for i, size := range []int64{maxPending - 1, 2, 1, 1} {
		d.later(size, func() { done = append(done, i) })
	}
	close(release)
	d.close()
	d.later(1, func() { t.Error("a disk that has ended works on") })
	d.settle()
	if fmt.Sprint(done) != "[0 2]" {
		t.Errorf("%v were done", done)
	}
}

// A folder that cannot be used makes misses.
func TestNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	d := openDisk(dir, 1<<30, nil)
	defer d.close()
	d.put(numbered(1))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if d.has(t, 1) {
		t.Error("an answer is there without its file")
	}
	if n, size := d.stats(); n != 0 || size != 0 {
		t.Errorf("%d answers of %d bytes are counted", n, size)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.put(numbered(2))
	if d.has(t, 2) || d.counters.errors.Load() == 0 {
		t.Error("a file was taken for a folder")
	}
}

func FuzzDecode(f *testing.F) {
	e := numbered(1)
	head, err := encode(e)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(head, e.body[:100]...))
	f.Add([]byte(fileMagic + "\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = decodeAbout(bytes.NewReader(data))
		if len(data) >= fileHead { // a right checksum lets it in further
			copy(data, fileMagic)
			sum := checksum(e.key, data[8:])
			data[4], data[5], data[6], data[7] = byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)
		}
		got, err := decode(e.key, data)
		if err == nil && len(got.body) > len(data) {
			t.Errorf("%d bytes of %d", len(got.body), len(data))
		}
	})
}
