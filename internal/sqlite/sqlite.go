// Package sqlite opens the files in which a region keeps what must outlive it: keys and quotas, events that wait, aliases,
// the results of tests. It knows nothing of what is in them; each room brings its own file and its own schema.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// pragmas make a commit outlive the death of the process and of the machine, let readers work beside the one writer, and
// bound how long a writer waits for another process.
var pragmas = []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "journal_size_limit(67108864)"}

// Open opens the database in the file path, and makes it, for its owner alone, when it is missing. Schema is a list of
// steps, each one or more SQL statements: those that the file has not seen yet run, in one transaction. Steps are only
// ever added at the end. A file that is no database, or one with more steps than schema has, is an error.
//
// Writes take their lock at the start of a transaction (BEGIN IMMEDIATE): one that began can finish.
func Open(ctx context.Context, path string, schema ...string) (*sql.DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of a database: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open a database: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("open a database: %w", err)
	}
	query := url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	if err := migrate(ctx, db, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the database %s: %w", path, err), db.Close())
	}
	return db, nil
}

func migrate(ctx context.Context, db *sql.DB, schema []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	var done int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&done); err != nil {
		return err
	}
	if done > len(schema) {
		return fmt.Errorf("it was written by a later version of the program (step %d of %d)", done, len(schema))
	}
	for _, step := range schema[done:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(schema))); err != nil {
		return err
	}
	return tx.Commit()
}

// Transact runs statements on a connection in one transaction, which holds the write lock from its start on. It is all or,
// when run gives an error or the disk does, nothing.
func Transact(ctx context.Context, conn *sql.Conn, run func(context.Context) error) (err error) {
	if _, err = conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = conn.ExecContext(ctx, "ROLLBACK") // SQLite may have done so itself
		}
	}()
	if err = run(ctx); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}
