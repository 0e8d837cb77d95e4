package apikey

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"bluerose/event"
	"bluerose/internal/sqlite"
)

// MaxKeys is how many keys a region has at most, as an account of API Gateway.
const MaxKeys = 10_000

// The parts of a key: an id of 10 characters, and 256 random bits in 52.
const (
	idLength = 10
	length   = idLength + 52
)

var (
	encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
	nameForm = regexp.MustCompile(`^[a-zA-Z0-9_.@-]{1,64}$`)
)

// Key is an API key without its secret.
type Key struct {
	ID      string // 10 lower-case letters and digits; no secret
	Name    string // unique
	Plan    string // the usage plan; empty for none, and then nothing but the stage bounds the key
	Enabled bool
	Created time.Time // to the second
}

// Config says where keys are kept. Path is required.
type Config struct {
	Path  string           // of the file; it is made when it is missing
	Plans []string         // the usage plans that a key may be made for
	Now   func() time.Time // default time.Now
}

// Store keeps API keys. It is safe for concurrent use.
type Store struct {
	cfg  Config
	db   *sql.DB
	find *sql.Stmt
}

// schema: see sqlite.Open.
const schema = `
CREATE TABLE keys (
	id      TEXT PRIMARY KEY,
	name    TEXT NOT NULL UNIQUE,
	plan    TEXT NOT NULL,
	hash    BLOB NOT NULL,    -- SHA-256 of the whole key
	enabled INTEGER NOT NULL, -- 1 or 0
	created INTEGER NOT NULL  -- Unix seconds
) STRICT, WITHOUT ROWID;
`

const columns = "id, name, plan, enabled, created"

// Open opens the store. The caller must Close it.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	db, err := sqlite.Open(ctx, cfg.Path, schema)
	if err != nil {
		return nil, fmt.Errorf("apikey: %w", err)
	}
	db.SetMaxOpenConns(2 * runtime.NumCPU()) // more would wait for the same cores
	find, err := db.PrepareContext(ctx, "SELECT hash, "+columns+" FROM keys WHERE id = ?")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("apikey: %w", err), db.Close())
	}
	return &Store{cfg, db, find}, nil
}

// Close closes the store.
func (s *Store) Close() error { return errors.Join(s.find.Close(), s.db.Close()) }

// Create makes a key and gives its secret, which nothing and nobody can show again. Errors that are the caller's are
// *event.Error: InvalidRequest for a name or a plan, or for one key too many.
func (s *Store) Create(ctx context.Context, name, plan string) (key Key, secret string, err error) {
	switch {
	case !nameForm.MatchString(name):
		return key, "", event.Errorf(event.InvalidRequest, "A key's name has 1 to 64 letters, digits, and any of . _ @ -")
	case plan != "" && !slices.Contains(s.cfg.Plans, plan):
		return key, "", event.Errorf(event.InvalidRequest, "There is no usage plan %q; the plans are %s", plan, strings.Join(s.cfg.Plans, ", "))
	}
	var random [32 + idLength]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	id := encoding.EncodeToString(random[32:])[:idLength]
	secret = id + encoding.EncodeToString(random[:32])
	hash := sha256.Sum256([]byte(secret))
	key = Key{ID: id, Name: name, Plan: plan, Enabled: true, Created: s.cfg.Now().Truncate(time.Second)}
	return key, secret, s.change(ctx, func(tx *sql.Tx) error {
		var count, same int
		if err := tx.QueryRowContext(ctx, "SELECT count(*), count(*) FILTER (WHERE name = ?) FROM keys", name).Scan(&count, &same); err != nil {
			return err
		}
		switch {
		case same > 0:
			return event.Errorf(event.InvalidRequest, "There is a key %q already; delete it first, or take another name", name)
		case count >= MaxKeys:
			return event.Errorf(event.InvalidRequest, "There are %d keys, which is as many as there may be; delete some", count)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO keys (id, name, plan, hash, enabled, created) VALUES (?, ?, ?, ?, 1, ?)",
			id, name, plan, hash[:], key.Created.Unix())
		return err
	})
}

// List gives all keys by name.
func (s *Store) List(ctx context.Context) ([]Key, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+columns+" FROM keys ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("apikey: list keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []Key
	for rows.Next() {
		var k Key
		if err := k.scan(rows); err != nil {
			return nil, fmt.Errorf("apikey: list keys: %w", err)
		}
		all = append(all, k)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("apikey: list keys: %w", err)
	}
	return all, nil
}

// SetEnabled enables the key of that name, or disables it until it is enabled again. The error is *event.Error, NotFound, when
// there is none.
func (s *Store) SetEnabled(ctx context.Context, name string, enabled bool) error {
	return s.changeOne(ctx, name, "UPDATE keys SET enabled = ? WHERE name = ?", enabled, name)
}

// Delete forgets the key of that name. The error is *event.Error, NotFound, when there is none.
func (s *Store) Delete(ctx context.Context, name string) error {
	return s.changeOne(ctx, name, "DELETE FROM keys WHERE name = ?", name)
}

// Find gives the key that a caller shows. It is not ok when there is no such key, or when it is disabled.
func (s *Store) Find(ctx context.Context, secret string) (key Key, ok bool, err error) {
	if len(secret) != length {
		return Key{}, false, nil
	}
	var hash []byte
	err = key.scan(s.find.QueryRowContext(ctx, secret[:idLength]), &hash)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Key{}, false, nil
	case err != nil:
		return Key{}, false, fmt.Errorf("apikey: find a key: %w", err)
	}
	shown := sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(hash, shown[:]) != 1 || !key.Enabled {
		return Key{}, false, nil
	}
	return key, true, nil
}

// scan reads a row of columns, behind what goes before.
func (k *Key) scan(row interface{ Scan(...any) error }, before ...any) error {
	var created int64
	err := row.Scan(append(before, &k.ID, &k.Name, &k.Plan, &k.Enabled, &created)...)
	k.Created = time.Unix(created, 0)
	return err
}

// changeOne runs a statement that must change the one key of that name.
func (s *Store) changeOne(ctx context.Context, name, statement string, args ...any) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return event.Errorf(event.NotFound, "There is no key %q", name)
	})
}

// change runs do in a transaction.
func (s *Store) change(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("apikey: change the keys: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	if err = do(tx); err == nil {
		err = tx.Commit()
	}
	if _, public := errors.AsType[*event.Error](err); err != nil && !public {
		return fmt.Errorf("apikey: change the keys: %w", err)
	}
	return err
}
