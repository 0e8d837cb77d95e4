// Package sqlitetable keeps tables in one file of this machine, as SQLite writes it.
//
// Writes that come at the same time share a transaction, so that one flush of the disk serves hundreds of them. A table
// with a stream has its changes written in the transaction that makes them: neither is ever there without the other. How far
// each reader of a stream has come is in the same file.
//
// Two processes may have the file open while one takes over from the other: both write, and the one that opened it first
// alone reads streams, until it closes the file or ends.
package sqlitetable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"bluerose/internal/sqlite"
	"bluerose/internal/table"
)

// Config says where tables are. The zero value of a field means its default.
type Config struct {
	Path      string           // the file; it is made when it is missing. Required
	MaxBytes  int64            // that the file may take; default as many as the disk has
	Retention time.Duration    // that changes are kept for readers of a stream; default 24 hours, as DynamoDB
	Now       func() time.Time // default time.Now
	Log       *slog.Logger     // default none
}

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Path == "":
		return errors.New("sqlitetable: Path is required")
	case c.MaxBytes < 0 || c.Retention < 0:
		return errors.New("sqlitetable: a bound is negative")
	}
	return nil
}

func (c *Config) setDefaults() {
	if c.Retention == 0 {
		c.Retention = 24 * time.Hour
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// schema: see sqlite.Open. Times are in Unix milliseconds, items are JSON.
var schema = []string{`
CREATE TABLE tables (
	id     INTEGER PRIMARY KEY,
	name   TEXT NOT NULL UNIQUE,
	hash   TEXT NOT NULL,
	sort   TEXT NOT NULL,
	stream INTEGER NOT NULL
) STRICT;
CREATE TABLE items (
	tab  INTEGER NOT NULL REFERENCES tables,
	hash TEXT NOT NULL,
	sort INTEGER NOT NULL,
	item TEXT NOT NULL,
	PRIMARY KEY (tab, hash, sort)
) STRICT, WITHOUT ROWID;
CREATE TABLE changes (
	sequence INTEGER PRIMARY KEY AUTOINCREMENT,
	tab      INTEGER NOT NULL REFERENCES tables,
	at       INTEGER NOT NULL,
	new      TEXT,
	old      TEXT
) STRICT;
CREATE INDEX changes_order ON changes (tab, sequence);
CREATE TABLE cursors (
	reader   TEXT NOT NULL,
	tab      INTEGER NOT NULL REFERENCES tables,
	sequence INTEGER NOT NULL,
	PRIMARY KEY (reader, tab)
) STRICT, WITHOUT ROWID;
`}

const connLimit = 4 // of the database: one writes, the others read

// Store is an open file of tables. It is a table.Store.
type Store struct {
	cfg    Config
	db     *sql.DB
	writer *writer
	owner  *sqlite.Owner

	mu      sync.Mutex
	known   map[string]definition // tables, which are never removed
	changed chan struct{}         // closed with the next change
}

// definition is a table's schema with its number in the file.
type definition struct {
	table.Schema
	id int64
}

// Open opens a file of tables. The caller must Close it.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	db, err := sqlite.Open(ctx, cfg.Path, schema...)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connLimit)
	db.SetMaxIdleConns(connLimit)
	s := &Store{cfg: cfg, db: db, known: map[string]definition{}, changed: make(chan struct{})}
	if s.writer, err = newWriter(ctx, s); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlitetable: %w", err), db.Close())
	}
	waits := func(err error) { cfg.Log.Info("streams are read in another process until that ends", "error", err) }
	if s.owner, err = sqlite.NewOwner(ctx, cfg.Path, waits, func(context.Context) {}); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlitetable: %w", err), s.writer.close(), db.Close())
	}
	return s, nil
}

// Close stores what was accepted, and closes the file. Calls that are under way, and later ones, may fail.
func (s *Store) Close() error {
	return errors.Join(s.writer.close(), s.owner.Close(), s.db.Close())
}

// Create makes a table.
func (s *Store) Create(ctx context.Context, wanted table.Schema) error {
	if err := wanted.Validate(); err != nil {
		return err
	}
	return s.writer.do(ctx, func(ctx context.Context, tx *tx) error {
		found, err := s.find(ctx, tx.conn, wanted.Name)
		if err == nil && !found.SameKeys(wanted) {
			return table.OtherSchema(wanted.Name)
		}
		if !isNoTable(err) {
			return err
		}
		var n int
		if err := tx.conn.QueryRowContext(ctx, "SELECT count(*) FROM tables").Scan(&n); err != nil {
			return err
		}
		if n >= table.MaxTables {
			return table.TooManyTables()
		}
		_, err = tx.conn.ExecContext(ctx, "INSERT INTO tables (name, hash, sort, stream) VALUES (?, ?, ?, ?)",
			wanted.Name, wanted.Hash, wanted.Range, wanted.Stream)
		return err
	})
}

// Schema gives the schema of a table.
func (s *Store) Schema(ctx context.Context, name string) (table.Schema, error) {
	d, err := s.definition(ctx, name)
	return d.Schema, err
}

// Tables gives the names of all tables in order.
func (s *Store) Tables(ctx context.Context) ([]string, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT name FROM tables ORDER BY name")
	if err != nil {
		return nil, table.NotRead(err)
	}
	defer func() { _ = rows.Close() }()
	names := []string{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, table.NotRead(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, table.NotRead(err)
	}
	return names, nil
}

// definition looks a table up, in memory first.
func (s *Store) definition(ctx context.Context, name string) (definition, error) {
	s.mu.Lock()
	d, ok := s.known[name]
	s.mu.Unlock()
	if ok {
		return d, nil
	}
	d, err := s.find(ctx, s.db, name)
	if err != nil {
		if !isNoTable(err) {
			err = table.NotRead(err)
		}
		return d, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[name] = d
	return d, nil
}

// querier is a database, or a connection of it.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (s *Store) find(ctx context.Context, in querier, name string) (definition, error) {
	d := definition{Schema: table.Schema{Name: name}}
	err := in.QueryRowContext(ctx, "SELECT id, hash, sort, stream FROM tables WHERE name = ?", name).Scan(&d.id, &d.Hash, &d.Range, &d.Stream)
	if errors.Is(err, sql.ErrNoRows) {
		return d, table.NoTable(name)
	}
	return d, err
}
