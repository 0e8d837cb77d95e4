package lambda

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"bluerose/internal/sqlite"
)

// store keeps published versions and aliases: what they are in a database, and the programs of versions in folders beside
// it. A version is in the database only after its program is whole on the disk, so that a host that is killed leaves at
// most a folder that nothing refers to; the next host removes it.
type store struct {
	db     *sql.DB
	folder string // of the programs
}

// storeSchema: see sqlite.Open. A definition is the JSON of a Function or an Alias.
var storeSchema = []string{`
CREATE TABLE functions (
	name TEXT PRIMARY KEY,
	last INTEGER NOT NULL -- the highest number that a version has had
) STRICT;
CREATE TABLE versions (
	function   TEXT NOT NULL,
	number     INTEGER NOT NULL,
	revision   TEXT NOT NULL,
	modified   INTEGER NOT NULL, -- Unix milliseconds
	program    TEXT NOT NULL,    -- the name of its file; empty without one
	sha256     TEXT NOT NULL,    -- of the program, in base64
	size       INTEGER NOT NULL, -- of the program, in bytes
	definition TEXT NOT NULL,
	PRIMARY KEY (function, number)
) STRICT;
CREATE TABLE aliases (
	function   TEXT NOT NULL,
	name       TEXT NOT NULL,
	definition TEXT NOT NULL,
	PRIMARY KEY (function, name)
) STRICT;
`}

func openStore(ctx context.Context, dir string) (*store, error) {
	db, err := sqlite.Open(ctx, filepath.Join(dir, "functions.db"), storeSchema...)
	if err != nil {
		return nil, fmt.Errorf("lambda: %w", err)
	}
	return &store{db, filepath.Join(dir, "functions")}, nil
}

func (s *store) close() error { return s.db.Close() }

// load fills f with what is known of it.
func (s *store) load(ctx context.Context, f *function) error {
	err := s.db.QueryRowContext(ctx, "SELECT last FROM functions WHERE name = ?", f.name).Scan(&f.last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("lambda: read versions of %s: %w", f.name, err)
	}
	if err := s.loadVersions(ctx, f); err != nil {
		return fmt.Errorf("lambda: read versions of %s: %w", f.name, err)
	}
	if err := s.loadAliases(ctx, f); err != nil {
		return fmt.Errorf("lambda: read aliases of %s: %w", f.name, err)
	}
	return nil
}

func (s *store) loadVersions(ctx context.Context, f *function) error {
	rows, err := s.db.QueryContext(ctx,
		"SELECT number, revision, modified, program, sha256, size, definition FROM versions WHERE function = ? ORDER BY number", f.name)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var v version
		var modified int64
		var program string
		var definition []byte
		if err := rows.Scan(&v.number, &v.revision, &modified, &program, &v.code.sha256, &v.code.size, &definition); err != nil {
			return err
		}
		if err := json.Unmarshal(definition, &v.def); err != nil {
			return err
		}
		v.modified = time.UnixMilli(modified)
		if program != "" {
			v.def.Program = s.program(f.name, v.number, program)
		}
		f.published = append(f.published, &v)
	}
	return rows.Err()
}

func (s *store) loadAliases(ctx context.Context, f *function) error {
	rows, err := s.db.QueryContext(ctx, "SELECT definition FROM aliases WHERE function = ?", f.name)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var definition []byte
		var a Alias
		if err := rows.Scan(&definition); err != nil {
			return err
		}
		if err := json.Unmarshal(definition, &a); err != nil {
			return err
		}
		f.aliases[a.Name] = a
	}
	return rows.Err()
}

// sweep removes what a host that was killed left of versions that there are not. No other host may be at work.
func (s *store) sweep(f *function) error {
	f.change.Lock()
	defer f.change.Unlock()
	entries, err := os.ReadDir(filepath.Join(s.folder, f.name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("lambda: look for programs of %s: %w", f.name, err)
	}
	for _, entry := range entries {
		f.mu.Lock()
		known := f.numbered(entry.Name()) != nil
		f.mu.Unlock()
		if !known {
			if err := os.RemoveAll(filepath.Join(s.folder, f.name, entry.Name())); err != nil {
				return fmt.Errorf("lambda: remove what is left of a version of %s: %w", f.name, err)
			}
		}
	}
	return nil
}

// program gives the file of a version's program, which keeps its name: a program may go by it.
func (s *store) program(function, number, name string) string {
	return filepath.Join(s.folder, function, number, name)
}

// fileName is filepath.Base, but for nothing it is nothing.
func fileName(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Base(path)
}

// addVersion stores a version whose program is kept already.
func (s *store) addVersion(ctx context.Context, v *version) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		number, err := strconv.Atoi(v.number)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO functions VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET last = excluded.last", v.def.Name, number)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			v.def.Name, number, v.revision, v.modified.UnixMilli(), fileName(v.def.Program), v.code.sha256, v.code.size, definition(v.def))
		return err
	})
}

// deleteVersion forgets a version, and then its program.
func (s *store) deleteVersion(ctx context.Context, function, number string) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM versions WHERE function = ? AND number = ?", function, number)
		return err
	})
	if err == nil {
		_ = os.RemoveAll(filepath.Join(s.folder, function, number)) // what is left is removed at the next start
	}
	return err
}

func (s *store) putAlias(ctx context.Context, function string, a Alias) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO aliases VALUES (?, ?, ?)", function, a.Name, definition(a))
		return err
	})
}

func (s *store) deleteAlias(ctx context.Context, function, name string) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM aliases WHERE function = ? AND name = ?", function, name)
		return err
	})
}

// change runs do in a transaction.
func (s *store) change(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("lambda: store a change: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	if err = do(tx); err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return fmt.Errorf("lambda: store a change: %w", err)
	}
	return nil
}

func definition(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts, numbers and maps of them
	}
	return string(text)
}
