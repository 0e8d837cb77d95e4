package sqlitetable

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"bluerose/internal/table"
)

// Owned waits until this process is the one that reads streams. False says that ctx ended.
func (s *Store) Owned(ctx context.Context) bool { return s.owner.Owned(ctx) }

// Changed gives a channel that is closed when this process next changes a table that has a stream.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Store) announce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Changes gives the oldest changes of a table after a sequence: at most limit, and fewer when their items pass size bytes
// of JSON together, but one at least.
func (s *Store) Changes(ctx context.Context, name string, after int64, limit, size int) ([]table.Change, error) {
	d, err := s.definition(ctx, name)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, "SELECT sequence, at, new, old FROM changes WHERE tab = ? AND sequence > ? ORDER BY sequence LIMIT ?", d.id, after, limit)
	if err != nil {
		return nil, table.NotRead(err)
	}
	defer func() { _ = rows.Close() }()
	var changes []table.Change
	for rows.Next() {
		var c table.Change
		var at int64
		var texts [2][]byte
		if err := rows.Scan(&c.Sequence, &at, &texts[0], &texts[1]); err != nil {
			return nil, table.NotRead(err)
		}
		if size -= len(texts[0]) + len(texts[1]); size < 0 && len(changes) > 0 {
			break
		}
		c.At = time.UnixMilli(at)
		for i, into := range []*table.Item{&c.New, &c.Old} {
			if texts[i] == nil {
				continue
			}
			if *into, err = table.ParseItem(texts[i]); err != nil {
				return nil, table.NotRead(err)
			}
		}
		changes = append(changes, c)
	}
	if err := rows.Err(); err != nil {
		return nil, table.NotRead(err)
	}
	return changes, nil
}

// Cursor gives the sequence to which a reader of a table has come, 0 for one that is new.
func (s *Store) Cursor(ctx context.Context, reader, name string) (int64, error) {
	d, err := s.definition(ctx, name)
	if err != nil {
		return 0, err
	}
	var sequence int64
	err = s.db.QueryRowContext(ctx, "SELECT sequence FROM cursors WHERE reader = ? AND tab = ?", reader, d.id).Scan(&sequence)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, table.NotRead(err)
	}
	return sequence, nil
}

// Advance says that a reader is done with the changes of a table up to a sequence. Those that every reader is done with
// are forgotten.
func (s *Store) Advance(ctx context.Context, reader, name string, sequence int64) error {
	d, err := s.definition(ctx, name)
	if err != nil {
		return err
	}
	return s.writer.do(ctx, func(ctx context.Context, tx *tx) error {
		_, err := tx.conn.ExecContext(ctx, "INSERT OR REPLACE INTO cursors (reader, tab, sequence) VALUES (?, ?, ?)", reader, d.id, sequence)
		if err != nil {
			return err
		}
		_, err = tx.conn.ExecContext(ctx, "DELETE FROM changes WHERE tab = ? AND sequence <= (SELECT min(sequence) FROM cursors WHERE tab = ?)", d.id, d.id)
		return err
	})
}
