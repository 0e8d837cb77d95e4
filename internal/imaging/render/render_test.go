package render

import (
	"os"
	"path/filepath"
	"testing"

	"bluerose/internal/imaging/vips"
)

// newEngine opens the project's libvips.
func newEngine(t testing.TB) *Engine {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	lib, err := vips.Open(vips.Config{Paths: vips.SearchPaths(os.Getenv("BLUEROSE_LIBVIPS"), filepath.Join(root, "bluerose"))})
	if err != nil {
		t.Fatalf("%v; `make deps` fetches it", err)
	}
	engine, err := New(Config{Library: lib})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}
