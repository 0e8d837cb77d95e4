package sqlitetable_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/table"
	"bluerose/internal/table/sqlitetable"
	"bluerose/internal/table/tabletest"
)

// open opens the tables of cfg.Path, by default new ones, for the time of the test.
func open(t *testing.T, cfg sqlitetable.Config) *sqlitetable.Store {
	t.Helper()
	if cfg.Path == "" {
		cfg.Path = filepath.Join(t.TempDir(), "tables.db")
	}
	store, err := sqlitetable.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestStore(t *testing.T) { tabletest.Run(t, open(t, sqlitetable.Config{})) }

// newTable makes a table with a stream, and keys test and n.
func newTable(t *testing.T, store *sqlitetable.Store) {
	t.Helper()
	if err := store.Create(t.Context(), table.Schema{Name: "results", Hash: "test", Range: "n", Stream: true}); err != nil {
		t.Fatal(err)
	}
}

func item(n int, more string) table.Item {
	return table.Item{"test": "a", "n": json.Number(fmt.Sprint(n)), "more": more}
}

func put(t *testing.T, store *sqlitetable.Store, items ...table.Item) {
	t.Helper()
	if err := store.Put(t.Context(), "results", items...); err != nil {
		t.Fatal(err)
	}
}

// changes gives what happened since a sequence, as a text.
func changes(t *testing.T, store *sqlitetable.Store, after int64, limit, size int) string {
	t.Helper()
	all, err := store.Changes(t.Context(), "results", after, limit, size)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "%d:%v>%v ", c.Sequence, c.Old["more"], c.New["more"])
	}
	return strings.TrimSpace(b.String())
}

func TestChanges(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	store := open(t, sqlitetable.Config{Now: func() time.Time { return now }})
	newTable(t, store)
	changed := store.Changed()
	put(t, store, item(1, "a"), item(2, "b"))
	<-changed
	put(t, store, item(1, "a")) // as it is: no change
	put(t, store, item(1, "c"))
	if err := store.Delete(t.Context(), "results", table.Key{Hash: "a", Range: 2}, table.Key{Hash: "a", Range: 3}); err != nil {
		t.Fatal(err)
	}
	if err := store.PutIf(t.Context(), "results", item(4, "d"), table.Equal{"more": "x"}); !errors.Is(err, table.ErrCondition) {
		t.Fatal(err)
	}
	for _, read := range []struct {
		after       int64
		limit, size int
		want        string
	}{
		{0, 10, 1 << 20, "1:<nil>>a 2:<nil>>b 3:a>c 4:b><nil>"},
		{1, 2, 1 << 20, "2:<nil>>b 3:a>c"},
		{2, 10, 1, "3:a>c"},
		{4, 10, 1 << 20, ""},
	} {
		if got := changes(t, store, read.after, read.limit, read.size); got != read.want {
			t.Errorf("after %d: got %q, want %q", read.after, got, read.want)
		}
	}

	// What every reader is done with is forgotten, and what is too old.
	advance := func(reader string, sequence int64) {
		t.Helper()
		if err := store.Advance(t.Context(), reader, "results", sequence); err != nil {
			t.Fatal(err)
		}
		if got, err := store.Cursor(t.Context(), reader, "results"); err != nil || got != sequence {
			t.Fatalf("%s is at %d, %v", reader, got, err)
		}
	}
	advance("slow", 1)
	advance("fast", 3)
	if got := changes(t, store, 0, 10, 1<<20); got != "2:<nil>>b 3:a>c 4:b><nil>" {
		t.Errorf("kept for the slow one: %q", got)
	}
	now = now.Add(25 * time.Hour)
	put(t, store, item(5, "e"))
	if got := changes(t, store, 0, 10, 1<<20); got != "5:<nil>>e" {
		t.Errorf("kept for a day: %q", got)
	}
}

// A full disk refuses what comes with a reason, keeps what it has, and takes items again when there is room.
func TestFullDisk(t *testing.T) {
	store := open(t, sqlitetable.Config{MaxBytes: 256 << 10})
	newTable(t, store)
	text := strings.Repeat("x", 8<<10)
	stored := 0
	var err error
	for ; err == nil && stored < 1000; stored++ {
		err = store.Put(t.Context(), "results", item(stored, text))
	}
	stored-- // the last one was refused
	e, ok := errors.AsType[*event.Error](err)
	if !ok || e.Kind != event.Internal || !strings.Contains(e.Message, "disk") || !strings.Contains(e.Message, "full") {
		t.Fatalf("after %d items: %v", stored, err)
	}
	n := 0
	for _, err := range table.All(t.Context(), store, "results", table.Query{Hash: "a"}) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if n != stored || stored < 3 {
		t.Errorf("%d items of %d are there", n, stored)
	}
	// A reader of the stream that comes forward makes room.
	all, err := store.Changes(t.Context(), "results", 0, 1000, 1<<30)
	if err != nil || len(all) != stored {
		t.Fatalf("%d changes, %v", len(all), err)
	}
	if err := store.Advance(t.Context(), "reader", "results", all[len(all)-1].Sequence); err != nil {
		t.Fatal(err)
	}
	put(t, store, item(stored, text))
}

// Two have the file open: both write, and one reads the stream.
func TestTakeOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tables.db")
	first, err := sqlitetable.Open(t.Context(), sqlitetable.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if !first.Owned(t.Context()) {
		t.Fatal("nobody reads the stream")
	}
	second := open(t, sqlitetable.Config{Path: path})
	newTable(t, first)
	put(t, second, item(1, "second"))
	put(t, first, item(2, "first"))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if second.Owned(ended) {
		t.Error("two read the stream")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if !second.Owned(t.Context()) {
		t.Error("nobody takes over")
	}
	if got := changes(t, second, 0, 10, 1<<20); got != "1:<nil>>second 2:<nil>>first" {
		t.Errorf("got %q", got)
	}
	if err := first.Put(t.Context(), "results", item(3, "late")); err == nil {
		t.Error("a closed store took an item")
	}
}

func TestConfig(t *testing.T) {
	for _, cfg := range []sqlitetable.Config{{}, {Path: "a", MaxBytes: -1}, {Path: "a", Retention: -1}} {
		if store, err := sqlitetable.Open(t.Context(), cfg); err == nil {
			_ = store.Close()
			t.Errorf("%+v is taken", cfg)
		}
	}
}

// BenchmarkPut has 64 callers put results one at a time, each waiting until its own is on the disk.
func BenchmarkPut(b *testing.B) {
	store, err := sqlitetable.Open(b.Context(), sqlitetable.Config{Path: filepath.Join(b.TempDir(), "tables.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	if err := store.Create(b.Context(), table.Schema{Name: "results", Hash: "test", Range: "n", Stream: true}); err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	b.SetParallelism(64 / runtime.GOMAXPROCS(0))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := store.Put(b.Context(), "results", item(int(next.Add(1)), strings.Repeat("x", 300))); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
