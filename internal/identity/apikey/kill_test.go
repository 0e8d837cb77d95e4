package apikey_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bluerose/internal/identity/apikey"
	"bluerose/internal/sqlite"
)

// TestMain makes the test program a writer that never stops, when it is started with the file to write to.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "write" {
		write(os.Args[2])
	}
	os.Exit(m.Run())
}

// write changes keys for ever: it creates key after key, disables every second one and deletes every third. It tells of each
// change before and after, so that who reads along knows what must be in the file: "create NAME", "created NAME SECRET", ….
func write(path string) {
	ctx := context.Background()
	s, err := apikey.Open(ctx, apikey.Config{Path: path})
	must(err)
	for i := 0; ; i++ {
		name := fmt.Sprintf("%d-%d", os.Getpid(), i)
		fmt.Println("create", name)
		_, secret, err := s.Create(ctx, name, "")
		must(err)
		fmt.Println("created", name, secret)
		if i%2 == 0 {
			fmt.Println("disable", name)
			must(s.SetEnabled(ctx, name, false))
			fmt.Println("disabled", name)
		}
		if i%3 == 0 {
			fmt.Println("delete", name)
			must(s.Delete(ctx, name))
			fmt.Println("deleted", name)
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// told is what a writer said of a key last.
type told struct{ state, secret string }

func TestKillInTheMiddleOfWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	keys := map[string]told{}
	for round := range 6 {
		writer := exec.Command(os.Args[0], "write", path)
		writer.Stderr = os.Stderr
		out, err := writer.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := writer.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if n == 20+7*round {
				_ = writer.Process.Kill() // what it said meanwhile is read, too
			}
			fields := strings.Fields(lines.Text())
			k := keys[fields[1]]
			if k.state = fields[0]; len(fields) > 2 {
				k.secret = fields[2]
			}
			keys[fields[1]] = k
		}
		_ = writer.Wait()
		check(t, path, keys)
	}
}

// check holds the file against what was told: what a writer had done is there, and what it was at is whole or not there.
func check(t *testing.T, path string, keys map[string]told) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, "")
	if err != nil {
		t.Fatal(err)
	}
	var sound string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		t.Fatalf("the file is broken: %s, %v", sound, err)
	}
	_ = db.Close()
	s := open(t, path)
	all, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]apikey.Key{}
	for _, k := range all {
		there[k.Name] = k
	}
	for name, k := range keys {
		found, exists := there[name]
		good := k.secret != "" && finds(t, s, k.secret)
		var right bool
		switch k.state {
		case "create":
			right = !exists || found.Enabled
		case "created":
			right = good
		case "disable":
			right = exists && good == found.Enabled
		case "disabled":
			right = exists && !good
		case "delete":
			right = !good || found.Enabled
		case "deleted":
			right = !exists && !good
		}
		if !right {
			t.Errorf("%s of %s: it is %+v, and its secret is taken: %v", k.state, name, found, good)
		}
	}
	if len(there) > len(keys) {
		t.Errorf("%d keys are there of which nobody has told", len(there)-len(keys))
	}
}
