package sqlitetable

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"bluerose/internal/table"
)

// maxPageBytes is the text of items after which a page ends, as in DynamoDB.
const maxPageBytes = 1 << 20

// Get gives the item of a key.
func (s *Store) Get(ctx context.Context, name string, key table.Key) (table.Item, error) {
	d, err := s.definition(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := d.CheckKey(key); err != nil {
		return nil, err
	}
	var text []byte
	err = s.db.QueryRowContext(ctx, "SELECT item FROM items WHERE tab = ? AND hash = ? AND sort = ?", d.id, key.Hash, key.Range).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, table.NotRead(err)
	}
	return table.ParseItem(text)
}

// Query gives items of one hash.
func (s *Store) Query(ctx context.Context, name string, q table.Query) (table.Page, error) {
	d, err := s.definition(ctx, name)
	if err != nil {
		return table.Page{}, err
	}
	if err := d.CheckKey(table.Key{Hash: q.Hash}); err != nil {
		return table.Page{}, err
	}
	statement, from := "SELECT hash, sort, item FROM items WHERE tab = ? AND hash = ? AND sort > ? ORDER BY sort LIMIT ?", int64(math.MinInt64)
	if q.Descending {
		statement, from = "SELECT hash, sort, item FROM items WHERE tab = ? AND hash = ? AND sort < ? ORDER BY sort DESC LIMIT ?", math.MaxInt64
	}
	if q.After != nil {
		from = q.After.Range
	}
	return s.page(ctx, q.Limit, q.Filter, statement, d.id, q.Hash, from)
}

// Scan gives items of all hashes.
func (s *Store) Scan(ctx context.Context, name string, q table.Scan) (table.Page, error) {
	d, err := s.definition(ctx, name)
	if err != nil {
		return table.Page{}, err
	}
	var after table.Key // no hash is empty
	if q.After != nil {
		after = *q.After
	}
	return s.page(ctx, q.Limit, q.Filter,
		"SELECT hash, sort, item FROM items WHERE tab = ? AND (hash, sort) > (?, ?) ORDER BY hash, sort LIMIT ?", d.id, after.Hash, after.Range)
}

// page reads what statement gives for args and the limit.
func (s *Store) page(ctx context.Context, limit int, filter table.Equal, statement string, args ...any) (table.Page, error) {
	if err := filter.Validate(); err != nil {
		return table.Page{}, err
	}
	limit, err := table.PageLimit(limit)
	if err != nil {
		return table.Page{}, err
	}
	rows, err := s.db.QueryContext(ctx, statement, append(args, limit)...)
	if err != nil {
		return table.Page{}, table.NotRead(err)
	}
	defer func() { _ = rows.Close() }()
	var page table.Page
	var last table.Key
	read, size := 0, 0
	for size < maxPageBytes && rows.Next() {
		var text []byte
		if err := rows.Scan(&last.Hash, &last.Range, &text); err != nil {
			return table.Page{}, table.NotRead(err)
		}
		read++
		size += len(text)
		item, err := table.ParseItem(text)
		if err != nil {
			return table.Page{}, table.NotRead(err)
		}
		if filter.Met(item) {
			page.Items = append(page.Items, item)
		}
	}
	if err := rows.Err(); err != nil {
		return table.Page{}, table.NotRead(err)
	}
	if read == limit || size >= maxPageBytes {
		page.Next = &last
	}
	return page, nil
}
