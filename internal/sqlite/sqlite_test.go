package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"bluerose/internal/sqlite"
)

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "a b?.db")
	steps := []string{"CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)"}
	for i := range 2 { // the second time, nothing is left to do
		db, err := sqlite.Open(t.Context(), path, steps...)
		if err != nil {
			t.Fatalf("open %d: %v", i, err)
		}
		var n int
		if err := db.QueryRow("SELECT count(*) FROM a").Scan(&n); err != nil || n != 1 {
			t.Fatalf("open %d: %d rows, %v", i, n, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	db, err := sqlite.Open(t.Context(), path, append(steps, "ALTER TABLE a ADD COLUMN y TEXT DEFAULT 'new'")...)
	if err != nil {
		t.Fatal(err)
	}
	var y string
	if err := db.QueryRow("SELECT y FROM a").Scan(&y); err != nil || y != "new" {
		t.Fatalf("%q, %v", y, err)
	}
	_ = db.Close()
	if _, err := sqlite.Open(t.Context(), path, steps...); err == nil {
		t.Fatal("a database of a later version was opened")
	}
}

func TestOpenRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(path, []byte("this is no database, but a text that is long enough to be looked at as one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path); err == nil {
		t.Fatal("a text was opened as a database")
	}
	fresh := filepath.Join(t.TempDir(), "fresh.db")
	if _, err := sqlite.Open(t.Context(), fresh, "CREATE TABLE a (x INTEGER)", "NO SQL"); err == nil {
		t.Fatal("a broken step passed")
	}
	db, err := sqlite.Open(t.Context(), fresh)
	if err != nil {
		t.Fatal("a step that failed left something:", err)
	}
	_ = db.Close()
}

func TestOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	nothing := func(context.Context) { t.Error("the first owner waited") }
	first, err := sqlite.NewOwner(t.Context(), path, func(err error) { t.Error(err) }, nothing)
	if err != nil {
		t.Fatal(err)
	}
	if !first.Owned(t.Context()) {
		t.Fatal("the first does not own")
	}
	waits, taken := make(chan error, 1), false
	second, err := sqlite.NewOwner(t.Context(), path, func(err error) { waits <- err }, func(context.Context) { taken = true })
	if err != nil {
		t.Fatal(err)
	}
	<-waits
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if !second.Owned(t.Context()) || !taken {
		t.Error("the second did not take over")
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}
