package table

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Store keeps tables. Its methods may be called at the same time, and give errors that are *event.Error (see errors.go),
// with ErrCondition alone beside them. What a method has answered without an error outlives the process and the machine.
type Store interface {
	// Create makes a table. One that is there already with the same keys is no error, and stays as it is; one with other
	// keys is InvalidRequest.
	Create(ctx context.Context, s Schema) error
	// Schema gives the schema of a table, or NotFound.
	Schema(ctx context.Context, table string) (Schema, error)
	// Tables gives the names of all tables in order, at most MaxTables.
	Tables(ctx context.Context) ([]string, error)

	// Put stores items, each in place of the one with its key: to put an item twice is to put it once. When it fails, some
	// may be stored, and all may be put again. No two may have the same key.
	Put(ctx context.Context, table string, items ...Item) error
	// PutIf stores an item if the one with its key, or none, has these attributes now; else it gives ErrCondition.
	PutIf(ctx context.Context, table string, item Item, now Equal) error
	// Delete removes items. What is not there is no error.
	Delete(ctx context.Context, table string, keys ...Key) error

	// Get gives the item of a key, nil when there is none.
	Get(ctx context.Context, table string, key Key) (Item, error)
	// Query gives items of one hash in the order of their range keys.
	Query(ctx context.Context, table string, q Query) (Page, error)
	// Scan gives items of all hashes: those of one hash together and in order, hashes in no order that means anything.
	Scan(ctx context.Context, table string, s Scan) (Page, error)
}

// The bounds that every store keeps. They are DynamoDB's, but for MaxTables.
const (
	MaxItem   = 400 << 10 // bytes of an item as JSON
	MaxHash   = 2048      // bytes of a hash key
	MaxDepth  = 32        // of lists and maps in one another
	MaxPage   = 1000      // items that one Query or Scan looks at
	MaxTables = 100
)

// Schema says what a table is.
type Schema struct {
	Name  string // 3 to 255 letters, digits, "-", "_" and "."
	Hash  string // attribute that is the hash key: a text of 1 to 2048 bytes
	Range string // attribute that is the range key: an integer within ±2^53; empty for a table without one
	// Stream has the changes of the table kept for a day, for a function that handles them. An endpoint that is not AWS' may
	// have no streams, and then no table has one.
	Stream bool
}

// Key names an item of a table.
type Key struct {
	Hash  string
	Range int64 // 0 in a table without range keys
}

// Item is a JSON object as encoding/json decodes it with UseNumber: its values are string, json.Number, bool, nil, []any
// and map[string]any. ItemOf makes one of anything that marshals to an object. Numbers have at most 38 digits, and come
// back as plain decimals, without an exponent: a store writes those of an item that it is given so, in place.
type Item map[string]any

// Equal is a condition: attributes of an item, by name, with the text, number or truth that each must have. Nil stands for
// an attribute that must not be there. An empty Equal is met by every item, and by none at all.
type Equal map[string]any

// Query asks for items of one hash.
type Query struct {
	Hash       string
	After      *Key // Page.Next of the page before; nil to begin
	Descending bool
	Limit      int   // items that are looked at; default and most MaxPage
	Filter     Equal // of those, items that do not meet it are left out
}

// Scan asks for items of a whole table.
type Scan struct {
	After  *Key
	Limit  int
	Filter Equal
}

// Page is what a Query or a Scan gives. It may be shorter than was asked for, and even empty, while there are more items:
// whoever wants them all asks until Next is nil.
type Page struct {
	Items []Item
	Next  *Key // for After of the next page; nil at the end
}

// Change is a change of one item, as a stream keeps it.
type Change struct {
	Sequence int64 // later changes of a table have greater ones
	At       time.Time
	New, Old Item // the item after and before; nil where there was none
}

// ErrCondition says that the item was not what PutIf wanted.
var ErrCondition = errors.New("table: the item is not as it was wanted")

// All gives the items of a query, page by page, and ends with the first error.
func All(ctx context.Context, store Store, table string, q Query) iter.Seq2[Item, error] {
	return pages(q.After, func(after *Key) (Page, error) {
		q.After = after
		return store.Query(ctx, table, q)
	})
}

// AllOf gives the items of a scan in the same way.
func AllOf(ctx context.Context, store Store, table string, s Scan) iter.Seq2[Item, error] {
	return pages(s.After, func(after *Key) (Page, error) {
		s.After = after
		return store.Scan(ctx, table, s)
	})
}

func pages(after *Key, read func(after *Key) (Page, error)) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for {
			page, err := read(after)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if after = page.Next; after == nil {
				return
			}
		}
	}
}

// DeleteHash removes all items of a hash, a page at a time.
func DeleteHash(ctx context.Context, store Store, table, hash string) error {
	schema, err := store.Schema(ctx, table)
	if err != nil {
		return err
	}
	for after := (*Key)(nil); ; {
		page, err := store.Query(ctx, table, Query{Hash: hash, After: after})
		if err != nil {
			return err
		}
		keys := make([]Key, len(page.Items))
		for i, item := range page.Items {
			if keys[i], err = schema.Key(item); err != nil {
				return err
			}
		}
		if err := store.Delete(ctx, table, keys...); err != nil {
			return err
		}
		if after = page.Next; after == nil {
			return nil
		}
	}
}

// PageLimit gives how many items a page looks at, for the limit that was asked for.
func PageLimit(limit int) (int, error) {
	switch {
	case limit < 0:
		return 0, invalid("The limit of a page must be 1 to %d", MaxPage)
	case limit == 0:
		return MaxPage, nil
	}
	return min(limit, MaxPage), nil
}
