package stream_test

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
	"bluerose/internal/table/stream"
)

// readerVariable makes the test program a process that reads the stream of the tables in a file until it is killed.
const readerVariable = "STREAM_TEST_READS"

func TestMain(m *testing.M) {
	if path := os.Getenv(readerVariable); path != "" {
		fmt.Fprintln(os.Stderr, readForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// readForEver prints the sequence number of each change that it handles.
func readForEver(path string) error {
	store, err := sqlitetable.Open(context.Background(), sqlitetable.Config{Path: path})
	if err != nil {
		return err
	}
	_, err = stream.Start(stream.Config{Source: store, Table: "results", Name: "m", BatchSize: 7,
		Invoke: func(_ context.Context, event []byte) (stream.Outcome, error) {
			var e struct {
				Records []struct {
					DynamoDB struct{ SequenceNumber string }
				}
			}
			if err := json.Unmarshal(event, &e); err != nil {
				return stream.Outcome{}, err
			}
			for _, record := range e.Records {
				fmt.Println(record.DynamoDB.SequenceNumber)
			}
			return stream.Outcome{}, nil
		}})
	if err != nil {
		return err
	}
	select {}
}

// The process that reads a stream is killed in the middle of it, again and again: every change is handled, in order, and
// after each start again from the last batch on.
func TestKill(t *testing.T) {
	const items, round = 200, 33 // changes that a process handles before it is killed
	path := filepath.Join(t.TempDir(), "tables.db")
	fill(t, path, items)
	next := 1 // the first that no process has handled
	for next <= items {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), readerVariable+"="+path)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines, before := bufio.NewScanner(out), 0
		for n := 1; lines.Scan(); n++ {
			sequence, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatal(err)
			}
			if sequence > next || n > 1 && sequence != before+1 {
				t.Fatalf("change %d came after %d, and %d was due", sequence, before, next)
			}
			before, next = sequence, max(next, sequence+1)
			if n == round || next > items {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait() // it was killed
		if before == 0 {
			t.Fatal("a process handled nothing")
		}
	}
}

func fill(t *testing.T, path string, items int) {
	t.Helper()
	store, err := sqlitetable.Open(t.Context(), sqlitetable.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Create(t.Context(), table.Schema{Name: "results", Hash: "test", Range: "n", Stream: true}); err != nil {
		t.Fatal(err)
	}
	for n := range items {
		if err := store.Put(t.Context(), "results", table.Item{"test": "a", "n": json.Number(strconv.Itoa(n))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}
