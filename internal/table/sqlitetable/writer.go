package sqlitetable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"bluerose/event"
	"bluerose/internal/sqlite"
	"bluerose/internal/table"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	batchJobs = 256         // of one transaction
	trimEvery = time.Minute // changes that are too old are looked for
	trimRows  = 10_000      // of those that are looked at each time
)

var errClosed = errors.New("sqlitetable: the tables are closed")

// writer is the one goroutine that writes: what comes while it flushes the disk goes into its next transaction.
type writer struct {
	store *Store
	conn  *sql.Conn
	statements
	jobs    chan job
	closing chan struct{}
	ended   chan struct{}
	trimmed time.Time
	failing bool // the last transaction failed, which is logged once
}

type statements struct{ read, put, drop, record *sql.Stmt }

// job is something to write, whose caller waits for it to be on the disk.
type job struct {
	run  func(context.Context, *tx) error
	done chan error
}

// tx is the transaction of a batch of jobs.
type tx struct {
	statements
	conn    *sql.Conn
	now     time.Time
	changes bool // it has changes of streams
}

func newWriter(ctx context.Context, s *Store) (*writer, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{store: s, conn: conn, jobs: make(chan job), closing: make(chan struct{}), ended: make(chan struct{})}
	if err := w.prepare(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	go w.run()
	return w, nil
}

func (w *writer) prepare(ctx context.Context) error {
	if limit := w.store.cfg.MaxBytes; limit > 0 {
		var size int64
		if err := w.conn.QueryRowContext(ctx, "PRAGMA page_size").Scan(&size); err != nil {
			return err
		}
		if _, err := w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", max(1, limit/size))); err != nil {
			return err
		}
	}
	for statement, text := range map[**sql.Stmt]string{
		&w.read:   "SELECT item FROM items WHERE tab = ? AND hash = ? AND sort = ?",
		&w.put:    "INSERT OR REPLACE INTO items (tab, hash, sort, item) VALUES (?, ?, ?, ?)",
		&w.drop:   "DELETE FROM items WHERE tab = ? AND hash = ? AND sort = ?",
		&w.record: "INSERT INTO changes (tab, at, new, old) VALUES (?, ?, ?, ?)",
	} {
		var err error
		if *statement, err = w.conn.PrepareContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// close ends the writer when the jobs that it has taken are done. The statements end with their connection.
func (w *writer) close() error {
	close(w.closing)
	<-w.ended
	return w.conn.Close()
}

// do has run done in a transaction, and waits for that to be on the disk. When ctx ends first, it may be done all the same.
func (w *writer) do(ctx context.Context, run func(context.Context, *tx) error) error {
	j := job{run, make(chan error, 1)}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return table.NotStored(ctx.Err())
	case <-w.ended:
		return table.NotStored(errClosed)
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		return table.NotStored(ctx.Err())
	}
}

func (w *writer) run() {
	defer close(w.ended)
	for {
		select {
		case j := <-w.jobs:
			w.transact(w.gather(j))
		case <-w.closing:
			return
		}
	}
}

func (w *writer) gather(first job) []job {
	jobs := []job{first}
	for len(jobs) < batchJobs {
		select {
		case j := <-w.jobs:
			jobs = append(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

// transact runs jobs in one transaction, and answers those who wait. What a job refuses by itself is its own caller's affair;
// when the file fails, all of them fail.
func (w *writer) transact(jobs []job) {
	answers := make([]error, len(jobs))
	t := &tx{statements: w.statements, conn: w.conn, now: w.store.cfg.Now()}
	// Every statement is short, and a batch is whole or not at all.
	err := sqlite.Transact(context.Background(), w.conn, func(ctx context.Context) error {
		for i, j := range jobs {
			if answers[i] = j.run(ctx, t); answers[i] != nil && !refuses(answers[i]) {
				return answers[i]
			}
		}
		return w.trim(ctx, t)
	})
	w.note(err)
	if err == nil && t.changes {
		w.store.announce()
	}
	failed := notStored(err)
	for i, j := range jobs {
		if failed != nil {
			answers[i] = failed
		}
		j.done <- answers[i]
	}
}

// trim forgets changes that are too old, a bounded part of them at a time.
func (w *writer) trim(ctx context.Context, t *tx) error {
	if !t.changes || t.now.Sub(w.trimmed) < trimEvery {
		return nil
	}
	done, err := w.conn.ExecContext(ctx, `DELETE FROM changes WHERE sequence IN (SELECT sequence FROM
		(SELECT sequence, at FROM changes ORDER BY sequence LIMIT ?) WHERE at < ?)`, trimRows, t.now.Add(-w.store.cfg.Retention).UnixMilli())
	if err != nil {
		return err
	}
	if n, _ := done.RowsAffected(); n < trimRows { // else there may be more
		w.trimmed = t.now
	}
	return nil
}

func (w *writer) note(err error) {
	if failed := err != nil; failed != w.failing {
		w.failing = failed
		if failed {
			w.store.cfg.Log.Error("tables cannot be written", "error", err)
		} else {
			w.store.cfg.Log.Info("tables can be written again")
		}
	}
}

// refuses says whether a job has failed before it wrote anything.
func refuses(err error) bool {
	_, public := errors.AsType[*event.Error](err)
	return public || errors.Is(err, table.ErrCondition)
}

func isNoTable(err error) bool {
	e, ok := errors.AsType[*event.Error](err)
	return ok && e.Kind == event.NotFound
}

// notStored words what the file says.
func notStored(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*driver.Error](err); ok && e.Code()&0xff == sqlite3.SQLITE_FULL {
		return table.DiskFull(err)
	}
	return table.NotStored(err)
}
