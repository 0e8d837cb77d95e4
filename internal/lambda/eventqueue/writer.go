package eventqueue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bluerose/internal/sqlite"
)

// writer is the one goroutine that writes: what comes while it flushes the disk goes into its next transaction.
type writer struct {
	queue                *Queue
	conn                 *sql.Conn
	insert, update, drop *sql.Stmt

	puts     chan put
	settles  chan settlement
	recounts chan chan error
	closing  chan struct{}
	ended    chan struct{}
	failing  bool // the last transaction failed, which is logged once
}

// put is an event whose caller waits for it to be stored.
type put struct {
	event  *Event
	stored chan error
}

// settlement is what becomes of an event that was taken.
type settlement struct {
	event *Event
	ends  bool   // it is done; else its due, failures and delay are stored
	with  *Event // takes its place, or nil
}

func newWriter(ctx context.Context, q *Queue) (*writer, error) {
	conn, err := q.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{
		queue: q, conn: conn, puts: make(chan put), settles: make(chan settlement, batchSize), recounts: make(chan chan error),
		closing: make(chan struct{}), ended: make(chan struct{}),
	}
	for statement, text := range map[**sql.Stmt]string{
		&w.insert: "INSERT INTO events (lane, due, accepted, failures, delay, head, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
		&w.update: "UPDATE events SET due = ?, failures = ?, delay = ? WHERE id = ?",
		&w.drop:   "DELETE FROM events WHERE id = ?",
	} {
		if *statement, err = conn.PrepareContext(ctx, text); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	go w.run()
	return w, nil
}

func (w *writer) close() error {
	close(w.closing)
	<-w.ended
	return errors.Join(w.insert.Close(), w.update.Close(), w.drop.Close(), w.conn.Close())
}

// put stores an event, and waits for that.
func (w *writer) put(e *Event) error {
	p := put{e, make(chan error, 1)}
	select {
	case w.puts <- p:
	case <-w.ended:
		return ErrClosed
	}
	return <-p.stored
}

// settle has s stored, and waits only while the disk refuses to take what was settled before.
func (w *writer) settle(s settlement) {
	select {
	case w.settles <- s:
	case <-w.ended: // the event will be taken again
	}
}

// recount has the events in the file counted while nothing is written.
func (w *writer) recount(ctx context.Context) error {
	counted := make(chan error, 1)
	select {
	case w.recounts <- counted:
		return <-counted
	case <-ctx.Done():
		return ctx.Err()
	case <-w.ended:
		return ErrClosed
	}
}

func (w *writer) run() {
	defer close(w.ended)
	var owed []settlement // those that are not stored yet
	for last := false; !last; {
		puts := w.gather(&owed, &last)
		if len(puts)+len(owed) > 0 {
			owed = w.store(puts, owed)
		}
	}
	if len(owed) > 0 {
		w.queue.cfg.Log.Warn("events that are done could not be forgotten, and will run again", "events", len(owed))
	}
}

// gather waits for something to write and gives all that is there. last says that there will be no more.
func (w *writer) gather(owed *[]settlement, last *bool) (puts []put) {
	settles := w.settles
	var again <-chan time.Time
	if len(*owed) > 0 {
		timer := time.NewTimer(writeAgain)
		defer timer.Stop()
		again = timer.C
	}
	if len(*owed) >= batchSize { // the disk takes nothing: those who settle wait
		settles = nil
	}
	select {
	case p := <-w.puts:
		puts = append(puts, p)
	case s := <-settles:
		*owed = append(*owed, s)
	case <-again:
	case counted := <-w.recounts:
		counted <- w.queue.count(context.Background())
		return nil
	case <-w.closing:
		*last = true
	}
	for len(puts)+len(*owed) < batchSize {
		select {
		case p := <-w.puts:
			puts = append(puts, p)
		case s := <-settles:
			*owed = append(*owed, s)
		default:
			return puts
		}
	}
	return puts
}

// store writes a batch, answers those who wait, and gives the settlements that could not be written.
func (w *writer) store(puts []put, owed []settlement) []settlement {
	err := w.transact(puts, owed)
	w.note(err)
	for _, p := range puts {
		if err == nil {
			w.queue.accepted(p.event)
		}
		p.stored <- err
	}
	if err != nil && len(puts) > 0 && len(owed) > 0 { // what ends may fit where what comes does not
		err = w.transact(nil, owed)
	}
	if err != nil {
		return owed
	}
	for _, s := range owed {
		w.queue.settled(s)
	}
	return nil
}

func (w *writer) note(err error) {
	if failed := err != nil; failed != w.failing {
		w.failing = failed
		if failed {
			w.queue.cfg.Log.Error("events cannot be stored, and are not accepted", "error", err)
		} else {
			w.queue.cfg.Log.Info("events can be stored again")
		}
	}
}

func (w *writer) transact(puts []put, owed []settlement) error {
	// Every statement is short, and a batch is whole or not at all.
	err := sqlite.Transact(context.Background(), w.conn, func(ctx context.Context) error {
		for _, p := range puts {
			if err := w.add(ctx, p.event); err != nil {
				return err
			}
		}
		for _, s := range owed {
			if err := w.apply(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("eventqueue: %w", err)
	}
	return nil
}

func (w *writer) add(ctx context.Context, e *Event) error {
	_, err := w.insert.ExecContext(ctx, e.Lane, e.Due.UnixMilli(), e.Accepted.UnixMilli(), e.Failures, e.Delay.Milliseconds(), e.Head, e.Payload)
	return err
}

func (w *writer) apply(ctx context.Context, s settlement) (err error) {
	if s.ends {
		_, err = w.drop.ExecContext(ctx, s.event.id)
	} else {
		_, err = w.update.ExecContext(ctx, s.event.Due.UnixMilli(), s.event.Failures, s.event.Delay.Milliseconds(), s.event.id)
	}
	if err == nil && s.with != nil {
		err = w.add(ctx, s.with)
	}
	return err
}

func jsonList(texts []string) string {
	list, err := json.Marshal(texts)
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(list)
}
