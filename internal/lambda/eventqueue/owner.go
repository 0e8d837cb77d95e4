package eventqueue

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"time"
)

// owner makes one process at a time the one that takes events: it holds the write lock of a file beside the queue's. The
// system ends the lock with the process, however that ends.
type owner struct {
	db     *sql.DB
	conn   *sql.Conn
	owns   chan struct{} // closed when the lock is held
	cancel context.CancelFunc
	ended  chan struct{}
}

func newOwner(ctx context.Context, q *Queue) (*owner, error) {
	// Not sqlite.Open: that waits for its turn to write, which is what the process before does not end.
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: q.cfg.Path + ".owner"}).String())
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	o := &owner{db: db, conn: conn, owns: make(chan struct{}), ended: make(chan struct{})}
	waiting, cancel := context.WithCancel(context.Background())
	o.cancel = cancel
	go o.acquire(waiting, q)
	return o, nil
}

// acquire waits for the lock. What the process before has done until then is counted again.
func (o *owner) acquire(ctx context.Context, q *Queue) {
	defer close(o.ended)
	ticker := time.NewTicker(ownAgain)
	defer ticker.Stop()
	for first := true; ; first = false {
		_, err := o.conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		if err == nil {
			if !first {
				if err := q.writer.recount(ctx); err != nil {
					q.cfg.Log.Error("waiting events cannot be counted", "error", err)
				}
			}
			close(o.owns)
			return
		}
		if first {
			q.cfg.Log.Info("events run in another process until that ends", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// close gives the lock back.
func (o *owner) close() error {
	o.cancel()
	<-o.ended
	return errors.Join(o.conn.Close(), o.db.Close())
}
