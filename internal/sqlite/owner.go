package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"
)

const ownAgain = 50 * time.Millisecond

// Owner makes one process at a time the one that works on what is in a database, while others may write to it: it holds the
// write lock of a file beside the database's. The system ends the lock with the process, however that ends.
type Owner struct {
	db     *sql.DB
	conn   *sql.Conn
	owns   chan struct{} // closed when the lock is held
	cancel context.CancelFunc
	ended  chan struct{}
}

// NewOwner begins to wait for the lock of the database in the file path. When another process has it, waits is called once,
// with the reason, and when that is over, taken, before anybody hears of it from Owned. The caller must Close the Owner.
func NewOwner(ctx context.Context, path string, waits func(error), taken func(context.Context)) (*Owner, error) {
	// Not Open: that waits for its turn to write, which is what the process before does not end.
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path + ".owner"}).String())
	if err != nil {
		return nil, fmt.Errorf("open the lock of a database: %w", err)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the lock of a database: %w", err), db.Close())
	}
	o := &Owner{db: db, conn: conn, owns: make(chan struct{}), ended: make(chan struct{})}
	waiting, cancel := context.WithCancel(context.Background())
	o.cancel = cancel
	go o.acquire(waiting, waits, taken)
	return o, nil
}

func (o *Owner) acquire(ctx context.Context, waits func(error), taken func(context.Context)) {
	defer close(o.ended)
	ticker := time.NewTicker(ownAgain)
	defer ticker.Stop()
	for first := true; ; first = false {
		_, err := o.conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		if err == nil {
			if !first {
				taken(ctx)
			}
			close(o.owns)
			return
		}
		if first {
			waits(err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Owned waits until this process is the one. False says that ctx ended.
func (o *Owner) Owned(ctx context.Context) bool {
	select {
	case <-o.owns:
		return true
	case <-ctx.Done():
		return false
	}
}

// Close gives the lock back.
func (o *Owner) Close() error {
	o.cancel()
	<-o.ended
	return errors.Join(o.conn.Close(), o.db.Close())
}
