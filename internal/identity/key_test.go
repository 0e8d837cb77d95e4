package identity_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bluerose/internal/identity"
)

func TestKeyIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials")
	keys := make([]identity.Key, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = identity.LoadOrCreateKey(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] {
			t.Fatal("two callers got different keys")
		}
	}
	if k := keys[0]; len(k.ID) != 20 || !strings.HasPrefix(k.ID, "BR") || len(k.Secret) != 40 {
		t.Errorf("key has the wrong form: %q, secret of %d characters", k.ID, len(k.Secret))
	}
	other, err := identity.LoadOrCreateKey(filepath.Join(t.TempDir(), "credentials"))
	if err != nil || other.ID == keys[0].ID || other.Secret == keys[0].Secret {
		t.Errorf("another folder got the same key (%v)", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".credentials-*")); len(left) != 0 {
		t.Errorf("files are left over: %v", left)
	}
}

func TestKeyFileIsTheOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials")
	for range 2 {
		if _, err := identity.LoadOrCreateKey(path); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("mode is %v, want 0600", info.Mode())
		}
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBrokenKeyFileIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(path, []byte("[default]\naws_access_key_id = X\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := identity.LoadOrCreateKey(path); err == nil || !strings.Contains(err.Error(), "aws_secret_access_key") {
		t.Errorf("got %v, want an error that says what is missing", err)
	}
}
