package sqlitetable

import (
	"bytes"
	"context"
	"database/sql"
	"errors"

	"bluerose/internal/table"
)

// jobItems is how many items one job writes: others come in between.
const jobItems = 256

// row is an item as it is written.
type row struct {
	key  table.Key
	text []byte // nil removes it
}

// Put stores items.
func (s *Store) Put(ctx context.Context, name string, items ...table.Item) error {
	d, err := s.definition(ctx, name)
	if err != nil {
		return err
	}
	rows, keys := make([]row, len(items)), make([]table.Key, len(items))
	for i, item := range items {
		if rows[i].key, rows[i].text, err = d.Encode(item); err != nil {
			return err
		}
		keys[i] = rows[i].key
	}
	if err := table.Distinct(keys); err != nil {
		return err
	}
	return s.write(ctx, d, rows)
}

// Delete removes items.
func (s *Store) Delete(ctx context.Context, name string, keys ...table.Key) error {
	d, err := s.definition(ctx, name)
	if err != nil {
		return err
	}
	rows := make([]row, len(keys))
	for i, key := range keys {
		if err := d.CheckKey(key); err != nil {
			return err
		}
		rows[i].key = key
	}
	return s.write(ctx, d, rows)
}

func (s *Store) write(ctx context.Context, d definition, rows []row) error {
	for len(rows) > 0 {
		part := rows[:min(jobItems, len(rows))]
		rows = rows[len(part):]
		err := s.writer.do(ctx, func(ctx context.Context, tx *tx) error {
			for _, r := range part {
				old, err := tx.old(ctx, d, r.key)
				if err != nil {
					return err
				}
				if err := tx.replace(ctx, d, r, old); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// PutIf stores an item on a condition.
func (s *Store) PutIf(ctx context.Context, name string, item table.Item, now table.Equal) error {
	d, err := s.definition(ctx, name)
	if err != nil {
		return err
	}
	if err := now.Validate(); err != nil {
		return err
	}
	var r row
	if r.key, r.text, err = d.Encode(item); err != nil {
		return err
	}
	return s.writer.do(ctx, func(ctx context.Context, tx *tx) error {
		text, err := tx.old(ctx, d, r.key)
		if err != nil {
			return err
		}
		var old table.Item
		if text != nil {
			if old, err = table.ParseItem(text); err != nil {
				return err
			}
		}
		if !now.Met(old) {
			return table.ErrCondition
		}
		return tx.replace(ctx, d, r, text)
	})
}

// old gives the text of an item, nil for none.
func (tx *tx) old(ctx context.Context, d definition, key table.Key) ([]byte, error) {
	var text []byte
	err := tx.read.QueryRowContext(ctx, d.id, key.Hash, key.Range).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return text, err
}

// replace writes a row in place of what there is, and its change. What stays the same is not written.
func (tx *tx) replace(ctx context.Context, d definition, r row, old []byte) (err error) {
	if bytes.Equal(old, r.text) {
		return nil
	}
	if r.text == nil {
		_, err = tx.drop.ExecContext(ctx, d.id, r.key.Hash, r.key.Range)
	} else {
		_, err = tx.put.ExecContext(ctx, d.id, r.key.Hash, r.key.Range, string(r.text))
	}
	if err != nil || !d.Stream {
		return err
	}
	tx.changes = true
	_, err = tx.record.ExecContext(ctx, d.id, tx.now.UnixMilli(), textOrNull(r.text), textOrNull(old))
	return err
}

func textOrNull(text []byte) any {
	if text == nil {
		return nil
	}
	return string(text)
}
