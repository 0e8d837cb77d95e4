package cache

import (
	"cmp"
	"container/list"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	unfinished = ".part"   // ends the name of a file that is being written
	block      = 4096      // bytes: what a file system gives a file is a multiple of it
	outdated   = time.Hour // no stage keeps an answer longer
	maxPending = 64 << 20  // bytes of answers that are to be written; further ones are not
)

// disk keeps answers in a folder, each in a file that is named by its key. The time of a file says when it was used last.
// A nil disk keeps nothing.
type disk struct {
	dir      string
	most     int64
	files    int
	log      *slog.Logger
	now      func() time.Time
	counters *counters
	create   func(folder string) (file, error)
	failing  atomic.Bool

	closing chan struct{}
	ended   chan struct{} // closed when run has ended

	mu    sync.Mutex
	order *list.List // of *kept, what was used last at the front
	all   map[key]*list.Element
	bytes int64

	// What is to be done in the order that it came, after loading.
	work    []work
	pending int64 // bytes of it
	closed  bool
	changed sync.Cond // of work and closed
}

// work is an answer to be written.
type work struct {
	size int64
	do   func()
}

// file is a file that is being written.
type file interface {
	io.WriteCloser
	Name() string
}

// kept is a file that there is.
type kept struct {
	key  key
	size int64
	used time.Time // while loading alone
}

func newDisk(cfg Config, counters *counters) *disk {
	if cfg.Disk == 0 {
		return nil
	}
	d := &disk{
		dir: cfg.Dir, most: cfg.Disk, files: cfg.Files, log: cfg.Log, now: cfg.Now, counters: counters,
		create:  func(folder string) (file, error) { return os.CreateTemp(folder, "*"+unfinished) },
		closing: make(chan struct{}), ended: make(chan struct{}), order: list.New(), all: map[key]*list.Element{},
	}
	d.changed.L = &d.mu
	go d.run()
	return d
}

// close writes what is to be written, and ends.
func (d *disk) close() {
	if d == nil {
		return
	}
	d.mu.Lock()
	if !d.closed {
		d.closed = true
		close(d.closing)
	}
	d.mu.Unlock()
	d.changed.Broadcast()
	<-d.ended
}

// run learns what is there, and then does what comes: requests do not wait for the disk to write.
func (d *disk) run() {
	defer close(d.ended)
	d.load()
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		for len(d.work) == 0 {
			if d.closed {
				return
			}
			d.changed.Wait()
		}
		next := d.work[0]
		d.mu.Unlock()
		next.do()
		d.mu.Lock()
		d.work[0] = work{} // its answer may go
		d.work = d.work[1:]
		d.pending -= next.size
	}
}

// later has do done when its turn comes, unless too much waits already. size is of what do writes.
func (d *disk) later(size int64, do func()) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.pending+size > maxPending {
		return
	}
	d.pending += size
	d.work = append(d.work, work{size, do})
	d.changed.Broadcast()
}

// settle waits until what is there is known, and what has come so far is written.
func (d *disk) settle() {
	if d == nil {
		return
	}
	done := make(chan struct{})
	d.later(0, func() { close(done) })
	select {
	case <-done:
	case <-d.ended:
	}
}

func (d *disk) path(k key) string {
	name := k.String()
	return filepath.Join(d.dir, name[:2], name)
}

// load learns what is there already. Answers are found meanwhile: get looks at the disk itself.
func (d *disk) load() {
	var found []*kept
	d.walk(func(path string, is fs.DirEntry) {
		if f := d.look(path, is); f != nil {
			found = append(found, f)
		}
	})
	slices.SortFunc(found, func(a, b *kept) int {
		return cmp.Or(b.used.Compare(a.used), strings.Compare(a.key.String(), b.key.String()))
	})
	d.mu.Lock()
	for _, f := range found {
		if d.all[f.key] == nil {
			d.all[f.key] = d.order.PushBack(f)
			d.bytes += f.size
		}
	}
	d.mu.Unlock()
	d.evict()
}

// walk visits the files that there are, until the disk is closed.
func (d *disk) walk(visit func(path string, is fs.DirEntry)) {
	folders, _ := os.ReadDir(d.dir) // a folder that is not there yet has nothing
	for _, folder := range folders {
		if len(folder.Name()) != 2 || !folder.IsDir() {
			continue // is not ours
		}
		files, _ := os.ReadDir(filepath.Join(d.dir, folder.Name()))
		for _, file := range files {
			select {
			case <-d.closing:
				return
			default:
				visit(filepath.Join(d.dir, folder.Name(), file.Name()), file)
			}
		}
	}
}

// look gives an answer that is there, nil for what is none. It removes what a process that ended has not finished, and
// what is outdated.
func (d *disk) look(path string, is fs.DirEntry) *kept {
	k, err := parseDigest(is.Name())
	if err != nil {
		if strings.HasSuffix(path, unfinished) {
			_ = os.Remove(path)
		}
		return nil
	}
	info, err := is.Info()
	switch {
	case err != nil:
		return nil // has gone
	case d.now().Sub(info.ModTime()) > outdated:
		_ = os.Remove(path)
		return nil
	}
	return &kept{k, onDisk(info.Size()), info.ModTime()}
}

func onDisk(size int64) int64 { return (size + block - 1) / block * block }

// get gives the answer of a key, nil for none. What cannot be read is removed.
func (d *disk) get(k key) *entry {
	if d == nil {
		return nil
	}
	data, err := d.read(k)
	if errors.Is(err, fs.ErrNotExist) {
		d.forget(k)
		return nil
	}
	var e *entry
	if err == nil {
		e, err = decode(k, data)
	}
	if err != nil {
		d.remove(k)
		d.failed(err)
		return nil
	}
	d.used(k, int64(len(data)))
	_ = os.Chtimes(d.path(k), time.Time{}, d.now()) // who cannot read this later evicts another
	return e
}

func (d *disk) read(k key) ([]byte, error) {
	file, err := os.Open(d.path(k))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > d.most {
		return nil, errTorn
	}
	data := make([]byte, info.Size())
	_, err = io.ReadFull(file, data)
	return data, err
}

// put keeps an answer, if it can.
func (d *disk) put(e *entry) {
	head, err := encode(e)
	if err != nil {
		d.failed(err)
		return
	}
	size := int64(len(head) + len(e.body))
	if size > d.most/largest || len(head) > maxDescribe {
		return
	}
	if err := d.write(e.key, head, e.body); err != nil {
		d.failed(err)
		return
	}
	d.failing.Store(false)
	d.used(e.key, size)
	d.evict()
}

// write writes a file whole or not at all.
func (d *disk) write(k key, pieces ...[]byte) error {
	path := d.path(k)
	folder := filepath.Dir(path)
	part, err := d.create(folder)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(folder, 0o700); err == nil {
			part, err = d.create(folder)
		}
	}
	if err != nil {
		return err
	}
	for _, piece := range pieces {
		if err == nil {
			_, err = part.Write(piece)
		}
	}
	if closed := part.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chtimes(part.Name(), time.Time{}, d.now())
	}
	if err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		_ = os.Remove(part.Name())
	}
	return err
}

// failed counts a failure of the disk, and logs the first of a row.
func (d *disk) failed(err error) {
	d.counters.errors.Add(1)
	if !d.failing.Swap(true) {
		d.log.Warn("the cache's disk fails; answers are made anew", "error", err)
	}
}

// used moves an answer to the front.
func (d *disk) used(k key, size int64) {
	size = onDisk(size)
	d.mu.Lock()
	defer d.mu.Unlock()
	element := d.all[k]
	if element == nil {
		element = d.order.PushFront(&kept{key: k})
		d.all[k] = element
	}
	is := element.Value.(*kept)
	d.bytes += size - is.size
	is.size = size
	d.order.MoveToFront(element)
}

// forget drops an answer whose file is gone.
func (d *disk) forget(k key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if element := d.all[k]; element != nil {
		d.drop(element)
	}
}

// drop forgets an answer. The caller holds mu.
func (d *disk) drop(element *list.Element) {
	is := element.Value.(*kept)
	d.bytes -= is.size
	d.order.Remove(element)
	delete(d.all, is.key)
}

func (d *disk) remove(k key) {
	_ = os.Remove(d.path(k)) // one that stays is found again
	d.forget(k)
}

// evict removes what was not used for the longest time until the bounds hold.
func (d *disk) evict() {
	for {
		d.mu.Lock()
		last := d.order.Back()
		if last == nil || d.bytes <= d.most && d.order.Len() <= d.files {
			d.mu.Unlock()
			return
		}
		d.drop(last)
		d.mu.Unlock()
		_ = os.Remove(d.path(last.Value.(*kept).key))
		d.counters.evictedOnDisk.Add(1)
	}
}

// purge removes the answers that which names, and those that it cannot judge, and adds them to removed.
func (d *disk) purge(which func(about) bool, removed map[key]bool) {
	if d == nil {
		return
	}
	d.walk(func(path string, is fs.DirEntry) {
		k, err := parseDigest(is.Name())
		if err != nil {
			return
		}
		if is, err := aboutFile(path); err != nil || which(is) {
			d.remove(k)
			removed[k] = true
		}
	})
}

func aboutFile(path string) (about, error) {
	file, err := os.Open(path)
	if err != nil {
		return about{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	return decodeAbout(file)
}

func (d *disk) stats() (entries int, bytes int64) {
	if d == nil {
		return 0, 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.order.Len(), d.bytes
}
