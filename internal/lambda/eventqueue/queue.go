// Package eventqueue is a queue of events in a file, which forgets none that it has accepted: neither when the process is
// killed nor when the machine stops. It knows nothing of functions; what an event says is bytes to it.
//
// An event belongs to a lane, and is due at a time. Who works on a lane takes the event that has been due for the longest,
// and settles it afterwards: Done, Retry later, or Replace by another event. An event that was taken and not settled when
// the process ends is there again after the next Open: each runs at least once.
//
// Two processes may have a queue open while one takes over from the other: both accept events, and the one that opened it
// first alone takes them, until it closes the queue or ends.
//
// Writes that come at the same time share a transaction, so that one flush of the disk serves hundreds of them. Memory
// holds a page of numbers for each lane and the events that are taken, however long the queue is.
package eventqueue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"bluerose/internal/sqlite"
)

// The errors of Put. Any other says that the event could not be stored; no error but nil means that it is accepted.
var (
	ErrFull   = errors.New("eventqueue: the queue is full")
	ErrClosed = errors.New("eventqueue: the queue is closed")
)

// Config says where a queue is and how long it may get. The zero value of a field means its default.
type Config struct {
	Path   string       // the file; it is made when it is missing. Required
	Events int          // that wait or run; default 100,000
	Bytes  int64        // of their heads and payloads; default 1 GiB
	Log    *slog.Logger // default none
}

// Event is one event. Times have milliseconds.
type Event struct {
	Lane     string
	Head     []byte // what belongs to the payload
	Payload  []byte
	Accepted time.Time
	Due      time.Time     // it is not taken before
	Failures int           // how often it has failed
	Delay    time.Duration // how long it waited after the last refusal

	id int64
}

func (e *Event) size() int64 { return int64(len(e.Head) + len(e.Payload)) }

const (
	pageSize   = 256         // numbers of events that a lane keeps in memory
	batchSize  = 512         // writes of one transaction
	writeAgain = time.Second // until a failed write of settled events is tried again
	readAgain  = time.Second // the same for a failed read
	longWait   = time.Hour   // a lane that is empty is looked at so often without being woken
	connLimit  = 4           // of the database: one writes, the others read
)

// schema: see sqlite.Open. Times are in Unix milliseconds.
var schema = []string{`
CREATE TABLE events (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	lane     TEXT NOT NULL,
	due      INTEGER NOT NULL,
	accepted INTEGER NOT NULL,
	failures INTEGER NOT NULL,
	delay    INTEGER NOT NULL,
	head     BLOB,
	payload  BLOB
) STRICT;
CREATE INDEX events_order ON events (lane, due, id);
`}

// Queue is an open queue. Its methods may be called at the same time.
type Queue struct {
	cfg    Config
	db     *sql.DB
	writer *writer
	page   *sql.Stmt
	read   *sql.Stmt

	owner *sqlite.Owner

	mu      sync.Mutex
	stored  load // in the file
	storing load // for which room was found, and that are about to be
	lanes   map[string]*lane
}

// load is a number of events with the bytes of their heads and payloads.
type load struct {
	events int
	bytes  int64
}

func (l *load) add(events int, bytes int64) {
	l.events += events
	l.bytes += bytes
}

// lane is what memory holds of a lane.
type lane struct {
	wake   chan struct{} // holds a token when something changed
	stored atomic.Int64  // events in the file

	mu    sync.Mutex
	ready []int64            // the next events, of those that are due
	more  bool               // the file had more events than were read, or some that are due later
	taken map[int64]struct{} // events that are not settled yet
}

// Open opens a queue. The caller must Close it.
func Open(ctx context.Context, cfg Config) (*Queue, error) {
	if cfg.Events == 0 {
		cfg.Events = 100_000
	}
	if cfg.Bytes == 0 {
		cfg.Bytes = 1 << 30
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Events < 0 || cfg.Bytes < 0 {
		return nil, errors.New("eventqueue: a bound is negative")
	}
	db, err := sqlite.Open(ctx, cfg.Path, schema...)
	if err != nil {
		return nil, err
	}
	q := &Queue{cfg: cfg, db: db, lanes: map[string]*lane{}}
	if err := q.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("eventqueue: %w", err), db.Close())
	}
	return q, nil
}

func (q *Queue) prepare(ctx context.Context) error {
	q.db.SetMaxOpenConns(connLimit)
	q.db.SetMaxIdleConns(connLimit)
	var err error
	if q.page, err = q.db.PrepareContext(ctx, "SELECT id, due FROM events WHERE lane = ? ORDER BY due, id LIMIT ?"); err != nil {
		return err
	}
	if q.read, err = q.db.PrepareContext(ctx,
		"SELECT lane, due, accepted, failures, delay, head, payload FROM events WHERE id = ?"); err != nil {
		return err
	}
	if err := q.count(ctx); err != nil {
		return err
	}
	if q.writer, err = newWriter(ctx, q); err != nil {
		return err
	}
	if q.owner, err = sqlite.NewOwner(ctx, q.cfg.Path, q.waits, q.taken); err != nil {
		return errors.Join(err, q.writer.close())
	}
	return nil
}

func (q *Queue) waits(err error) {
	q.cfg.Log.Info("events run in another process until that ends", "error", err)
}

// taken counts again what the process before has done until its end.
func (q *Queue) taken(ctx context.Context) {
	if err := q.writer.recount(ctx); err != nil {
		q.cfg.Log.Error("waiting events cannot be counted", "error", err)
	}
}

// count reads how much there is in the file. Nothing may be written meanwhile.
func (q *Queue) count(ctx context.Context) error {
	rows, err := q.db.QueryContext(ctx,
		"SELECT lane, count(*), sum(length(coalesce(head, '')) + length(coalesce(payload, ''))) FROM events GROUP BY lane")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stored = load{}
	for _, l := range q.lanes {
		l.stored.Store(0)
	}
	for rows.Next() {
		var name string
		var events int
		var bytes int64
		if err := rows.Scan(&name, &events, &bytes); err != nil {
			return err
		}
		q.stored.add(events, bytes)
		q.laneLocked(name).stored.Store(int64(events))
	}
	return rows.Err()
}

// Owned waits until this process is the one that takes events. False says that ctx ended.
func (q *Queue) Owned(ctx context.Context) bool { return q.owner.Owned(ctx) }

// Discard forgets events that were accepted before a time, of every lane but those named, and says how many they were.
// It is for lanes that nobody takes from any more.
func (q *Queue) Discard(ctx context.Context, but []string, before time.Time) (int64, error) {
	done, err := q.db.ExecContext(ctx, "DELETE FROM events WHERE accepted < ? AND lane NOT IN (SELECT value FROM json_each(?))",
		before.UnixMilli(), jsonList(but))
	if err != nil {
		return 0, fmt.Errorf("eventqueue: %w", err)
	}
	n, _ := done.RowsAffected() // this driver always knows
	return n, q.writer.recount(ctx)
}

// Put accepts an event. When it gives nil, the event is on the disk.
func (q *Queue) Put(e Event) error {
	if !q.reserve(e.size()) {
		return ErrFull
	}
	if err := q.writer.put(&e); err != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.storing.add(-1, -e.size())
		return err
	}
	q.lane(e.Lane).signal()
	return nil
}

func (q *Queue) reserve(size int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stored.events+q.storing.events >= q.cfg.Events || q.stored.bytes+q.storing.bytes+size > q.cfg.Bytes {
		return false
	}
	q.storing.add(1, size)
	return true
}

// accepted is called when an event is on the disk.
func (q *Queue) accepted(e *Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.storing.add(-1, -e.size())
	q.holds(e, 1)
}

// holds counts an event into the file, or out of it with n -1. The caller holds mu.
func (q *Queue) holds(e *Event, n int) {
	q.stored.add(n, int64(n)*e.size())
	q.laneLocked(e.Lane).stored.Add(int64(n))
}

// Waiting gives the number of events that are accepted and not done, and their bytes.
func (q *Queue) Waiting() (events int, bytes int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stored.events, q.stored.bytes
}

// WaitingIn gives the number of those of one lane.
func (q *Queue) WaitingIn(name string) int { return int(q.lane(name).stored.Load()) }

// Take waits for an event of the lane that is due. It gives nil when ctx ends.
func (q *Queue) Take(ctx context.Context, name string) *Event {
	if !q.Owned(ctx) {
		return nil
	}
	l := q.lane(name)
	for ctx.Err() == nil {
		e, wait, err := q.next(ctx, l, name)
		switch {
		case e != nil:
			return e
		case ctx.Err() != nil:
			return nil
		case err != nil:
			q.cfg.Log.Error("waiting events cannot be read", "error", err)
			wait = readAgain
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-l.wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

// next gives the event that has been due for the longest, or says how long to wait for one.
func (q *Queue) next(ctx context.Context, l *lane, name string) (*Event, time.Duration, error) {
	id, wait, err := q.nextID(ctx, l, name)
	if id == 0 {
		return nil, wait, err
	}
	e, err := q.event(ctx, id)
	if err != nil {
		l.release(id)
	}
	return e, 0, err
}

func (q *Queue) nextID(ctx context.Context, l *lane, name string) (id int64, wait time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ready) == 0 {
		if wait, err = q.refill(ctx, l, name); err != nil || len(l.ready) == 0 {
			return 0, wait, err
		}
	}
	id = l.ready[0]
	l.ready = l.ready[1:]
	l.taken[id] = struct{}{}
	if len(l.ready) > 0 || l.more {
		l.signal() // for another worker: this one is busy from now on
	}
	return id, 0, nil
}

// refill reads the next page of a lane. The caller holds l.mu, for which whoever settles an event waits: an event is in the
// file or in l.taken as long as it is not settled.
func (q *Queue) refill(ctx context.Context, l *lane, name string) (wait time.Duration, err error) {
	limit := pageSize + len(l.taken)
	rows, err := q.page.QueryContext(ctx, name, limit)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	now := time.Now().UnixMilli()
	l.ready, l.more = nil, false
	for n := 1; rows.Next(); n++ {
		l.more = n == limit
		var id, due int64
		if err := rows.Scan(&id, &due); err != nil {
			return 0, err
		}
		if _, mine := l.taken[id]; mine {
			continue
		}
		if due > now {
			wait, l.more = time.Duration(due-now)*time.Millisecond, true
			break
		}
		l.ready = append(l.ready, id)
	}
	if wait == 0 {
		wait = longWait
	}
	return wait, rows.Err()
}

func (q *Queue) event(ctx context.Context, id int64) (*Event, error) {
	e := &Event{id: id}
	var due, accepted, delay int64
	err := q.read.QueryRowContext(ctx, id).Scan(&e.Lane, &due, &accepted, &e.Failures, &delay, &e.Head, &e.Payload)
	if err != nil {
		return nil, fmt.Errorf("eventqueue: event %d: %w", id, err)
	}
	e.Due, e.Accepted, e.Delay = time.UnixMilli(due), time.UnixMilli(accepted), time.Duration(delay)*time.Millisecond
	return e, nil
}

// Done forgets an event that was taken. That, and what Retry says, is on the disk a moment later: a process that is killed
// before takes the event again.
func (q *Queue) Done(e *Event) { q.writer.settle(settlement{event: e, ends: true}) }

// Retry puts an event that was taken back, with its Due, Failures and Delay as they are now.
func (q *Queue) Retry(e *Event) { q.writer.settle(settlement{event: e}) }

// Replace forgets an event that was taken, and accepts another for which there is always room, in one step.
func (q *Queue) Replace(e *Event, with Event) {
	q.writer.settle(settlement{event: e, ends: true, with: &with})
}

// settled is called when a settlement is on the disk.
func (q *Queue) settled(s settlement) {
	q.mu.Lock()
	if s.ends {
		q.holds(s.event, -1)
	}
	if s.with != nil {
		q.holds(s.with, 1)
	}
	q.mu.Unlock()
	l := q.lane(s.event.Lane)
	l.release(s.event.id)
	if !s.ends {
		l.signal()
	}
	if s.with != nil {
		q.lane(s.with.Lane).signal()
	}
}

// Close stores what was settled, and closes the file. Nothing may be taken or settled any more by then; a Put that is under
// way is stored or gets ErrClosed.
func (q *Queue) Close() error {
	stored := q.writer.close()
	return errors.Join(stored, q.owner.Close(), q.page.Close(), q.read.Close(), q.db.Close())
}

func (q *Queue) lane(name string) *lane {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.laneLocked(name)
}

func (q *Queue) laneLocked(name string) *lane {
	l := q.lanes[name]
	if l == nil {
		l = &lane{wake: make(chan struct{}, 1), taken: map[int64]struct{}{}}
		q.lanes[name] = l
	}
	return l
}

func (l *lane) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// release says that an event is not taken any more.
func (l *lane) release(id int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.taken, id)
}
