package sqlitetable_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"bluerose/internal/table"
	"bluerose/internal/table/sqlitetable"
)

// writerVariable makes the test program a process that puts items into the tables of a file until it is killed.
const writerVariable = "SQLITETABLE_TEST_WRITES"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerVariable); path != "" {
		fmt.Fprintln(os.Stderr, writeForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForEver prints the number of each item that is stored.
func writeForEver(path string) error {
	ctx := context.Background()
	store, err := sqlitetable.Open(ctx, sqlitetable.Config{Path: path})
	if err != nil {
		return err
	}
	next := 0
	for item, err := range table.All(ctx, store, "results", table.Query{Hash: "a"}) {
		if err != nil {
			return err
		}
		if next, err = strconv.Atoi(string(item["n"].(json.Number))); err != nil {
			return err
		}
		next++
	}
	for ; ; next++ {
		if err := store.Put(ctx, "results", item(next, "kept")); err != nil {
			return err
		}
		fmt.Println(next)
	}
}

// A process is killed while it writes, again and again: every item that it was told is stored is there, with its change.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tables.db")
	newTable(t, open(t, sqlitetable.Config{Path: path}))
	last := -1
	for round := range 5 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), writerVariable+"="+path)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if last, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatal(err)
			}
			if n == 20 {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait() // it was killed
		store := open(t, sqlitetable.Config{Path: path})
		for n := range last + 1 {
			if found, err := store.Get(t.Context(), "results", table.Key{Hash: "a", Range: int64(n)}); err != nil || found == nil {
				t.Fatalf("round %d: item %d of %d is lost: %v", round, n, last, err)
			}
		}
		all, err := store.Changes(t.Context(), "results", 0, 1<<20, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		for n, c := range all {
			if number := c.New["n"]; number != json.Number(strconv.Itoa(n)) || c.Old != nil {
				t.Fatalf("round %d: change %d is of item %v", round, n, number)
			}
		}
		page, err := store.Get(t.Context(), "results", table.Key{Hash: "a", Range: int64(len(all))})
		if err != nil || page != nil || len(all) <= last {
			t.Fatalf("round %d: %d changes of %d items: %v", round, len(all), last+1, err)
		}
	}
}
