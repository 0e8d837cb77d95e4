// Package quota counts the requests of callers against their quotas, in a file that outlives the process.
//
// A request must not wait for a disk, and a spent request must not come back. So requests are counted in blocks: the file is
// told that a block is used before the first request of it is let through, and the rest of the block is counted in memory. What
// holds, whatever happens to the process or the machine, and with two processes on one file:
//
//   - no caller gets more requests in a period than the quota allows;
//   - a process that is killed, or a disk that fails, costs each caller at most the rest of one block: a hundredth of the quota, at
//     most 100 requests. A process that is closed costs nothing.
package quota

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"bluerose/internal/apigateway/definition"
	"bluerose/internal/sqlite"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	maxBlock = 100                 // requests that are told to the file at once
	blocks   = 100                 // of a quota, at least
	askAgain = time.Minute         // a quota that is spent is looked at again: another process may have given back what it had left
	keep     = 93 * 24 * time.Hour // from a period's start until its row is deleted
	patience = 10 * time.Second    // with the file
)

// Config says where a Counter keeps its count.
type Config struct {
	Path    string           // the file; it is made when it is missing. Required
	Callers int              // that memory holds; default 16,384. The others' requests each begin with a write to the file
	Now     func() time.Time // default time.Now
}

// Caller is whom a quota belongs to.
type Caller struct {
	Mode string // the access mode, event.Caller.Mode
	ID   string // event.Caller.ID
}

// Counter counts requests. Its methods may be called at the same time.
type Counter struct {
	now func() time.Time
	db  *sql.DB

	mu       sync.Mutex
	accounts *simplelru.LRU[key, *account]
	owed     map[key]int64 // what accounts that were forgotten had left, for the file to be told
	swept    time.Time     // when old rows were last deleted
}

// key is one row of the file.
type key struct {
	caller Caller
	period definition.Period
	start  time.Time
}

// account is what memory knows of a row.
type account struct {
	left  int64         // requests of the block that are not used
	again time.Time     // the quota is spent: the file is not asked before
	asks  chan struct{} // closed when the file has answered; nil when it is not being asked
}

// schema: see sqlite.Open. Times are in Unix seconds.
var schema = []string{`
CREATE TABLE usage (
	mode   TEXT NOT NULL,
	caller TEXT NOT NULL,
	period TEXT NOT NULL,
	start  INTEGER NOT NULL,
	used   INTEGER NOT NULL,
	PRIMARY KEY (mode, caller, period, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_start ON usage (start);
`}

// Open opens the count. The caller must Close it.
func Open(ctx context.Context, cfg Config) (*Counter, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	c := &Counter{now: cfg.Now, owed: map[key]int64{}}
	var err error
	c.accounts, err = simplelru.NewLRU(cmp.Or(cfg.Callers, 1<<14), func(k key, a *account) {
		if a.left > 0 {
			c.owed[k] += a.left
		}
	})
	if err != nil {
		return nil, fmt.Errorf("quota: Callers: %w", err)
	}
	c.db, err = sqlite.Open(ctx, cfg.Path, schema...)
	if err != nil {
		return nil, fmt.Errorf("quota: %w", err)
	}
	c.db.SetMaxOpenConns(1) // writers would only wait for one another in the file
	return c, nil
}

// Close gives back what callers have not used of their blocks.
func (c *Counter) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c.mu.Lock()
	c.accounts.Purge()
	owed := c.owed
	c.owed = map[key]int64{}
	c.mu.Unlock()
	return errors.Join(c.write(ctx, func(tx *sql.Tx) error { return giveBack(ctx, tx, owed) }), c.db.Close())
}

// Take counts one request of caller. When the quota is spent it gives false, and how long it is until the next period. An error
// says that the request could not be counted, and must not be let through.
func (c *Counter) Take(ctx context.Context, caller Caller, q definition.Quota) (ok bool, wait time.Duration, err error) {
	now := c.now().UTC()
	start, end := bounds(q.Period, now)
	k := key{caller, q.Period, start}
	for {
		switch state, asks := c.take(k, now); state {
		case taken:
			return true, 0, nil
		case spent:
			return false, end.Sub(now), nil
		case asked:
			select {
			case <-asks:
			case <-ctx.Done():
				return false, 0, ctx.Err()
			}
		case unasked:
			if err := c.lease(ctx, k, asks, q.Limit, now); err != nil {
				return false, 0, fmt.Errorf("quota: %w", err)
			}
		}
	}
}

// What take finds in memory.
type state int

const (
	taken   state = iota // a request of a block
	spent                // the quota
	asked                // no block, and another request is asking the file for one
	unasked              // no block: this request must lease one
)

// take uses a request of the block in memory, or says why there is none.
func (c *Counter) take(k key, now time.Time) (state, chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.account(k)
	switch {
	case a.left > 0:
		a.left--
		return taken, nil
	case now.Before(a.again):
		return spent, nil
	case a.asks != nil:
		return asked, a.asks
	}
	a.asks = make(chan struct{})
	return unasked, a.asks
}

// account finds an account, or makes it. The caller holds mu.
func (c *Counter) account(k key) *account {
	a, ok := c.accounts.Get(k)
	if !ok {
		a = &account{}
		c.accounts.Add(k, a)
	}
	return a
}

// lease gets a block from the file, and closes asks. Its request may end meanwhile: the block is for all of its caller's.
func (c *Counter) lease(ctx context.Context, k key, asks chan struct{}, limit int64, now time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	c.mu.Lock()
	owed := c.owed
	c.owed = map[key]int64{}
	sweep := now.Sub(c.swept) > 24*time.Hour
	if sweep {
		c.swept = now
	}
	c.mu.Unlock()

	var granted int64
	err := c.write(ctx, func(tx *sql.Tx) error {
		err := giveBack(ctx, tx, owed)
		if err == nil && sweep {
			_, err = tx.ExecContext(ctx, "DELETE FROM usage WHERE start < ?", now.Add(-keep).Unix())
		}
		if err == nil {
			granted, err = reserve(ctx, tx, k, limit)
		}
		return err
	})

	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.account(k) // it may have been forgotten meanwhile
	close(asks)
	if a.asks == asks {
		a.asks = nil
	}
	switch {
	case err != nil:
		return err
	case granted > 0:
		a.left += granted
	default:
		a.again = now.Add(askAgain)
	}
	return nil
}

// write does something in one transaction. What a failed commit has written is not known: it counts as used.
func (c *Counter) write(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// reserve counts a block as used, and gives its size: 0 when the quota is spent.
func reserve(ctx context.Context, tx *sql.Tx, k key, limit int64) (int64, error) {
	var used int64
	err := tx.QueryRowContext(ctx, "SELECT used FROM usage WHERE mode = ? AND caller = ? AND period = ? AND start = ?",
		k.caller.Mode, k.caller.ID, string(k.period), k.start.Unix()).Scan(&used)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	block := min(max(limit/blocks, 1), maxBlock, limit-used)
	if block <= 0 {
		return 0, nil
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO usage (mode, caller, period, start, used) VALUES (?, ?, ?, ?, ?) "+
		"ON CONFLICT DO UPDATE SET used = used + excluded.used",
		k.caller.Mode, k.caller.ID, string(k.period), k.start.Unix(), block)
	return block, err
}

func giveBack(ctx context.Context, tx *sql.Tx, owed map[key]int64) error {
	for k, left := range owed {
		if _, err := tx.ExecContext(ctx, "UPDATE usage SET used = used - ? WHERE mode = ? AND caller = ? AND period = ? AND start = ?",
			left, k.caller.Mode, k.caller.ID, string(k.period), k.start.Unix()); err != nil {
			return err
		}
	}
	return nil
}

// bounds gives the period that now is in, from midnight UTC to midnight UTC.
func bounds(p definition.Period, now time.Time) (start, end time.Time) {
	year, month, day := now.Date()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	switch p {
	case definition.Week:
		start = midnight.AddDate(0, 0, -(int(now.Weekday())+6)%7)
		return start, start.AddDate(0, 0, 7)
	case definition.Month:
		start = time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 1, 0)
	default:
		return midnight, midnight.AddDate(0, 0, 1)
	}
}
