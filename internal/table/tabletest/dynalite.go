package tabletest

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// StartDynalite starts dynalite, a DynamoDB by other people, for the time of the test, and gives its URL. Any access key is
// good for it.
func StartDynalite(t *testing.T) string {
	t.Helper()
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("this package's folder is not known")
	}
	cmd := exec.Command("node", "serve.mjs")
	cmd.Dir = filepath.Join(filepath.Dir(here), "testdata", "dynalite")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var failed strings.Builder
	cmd.Stderr = &failed
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // ends it
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = cmd.Wait()
		t.Fatalf("dynalite does not start; `make test-tools` installs it: %v\n%s", err, failed.String())
	}
	return strings.TrimSpace(line)
}
