package apikey_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/identity/apikey"
)

func open(t testing.TB, path string) *apikey.Store {
	t.Helper()
	s, err := apikey.Open(t.Context(), apikey.Config{
		Path: path, Plans: []string{"free", "standard"}, Now: func() time.Time { return time.Unix(1_800_000_000, 5) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func create(t testing.TB, s *apikey.Store, name string) (apikey.Key, string) {
	t.Helper()
	k, secret, err := s.Create(t.Context(), name, "free")
	if err != nil {
		t.Fatal(err)
	}
	return k, secret
}

func finds(t *testing.T, s *apikey.Store, secret string) bool {
	t.Helper()
	_, ok, err := s.Find(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestKeys(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "keys.db"))
	k, secret := create(t, s, "acme")
	want := apikey.Key{ID: secret[:10], Name: "acme", Plan: "free", Enabled: true, Created: time.Unix(1_800_000_000, 0)}
	if k != want || len(secret) != 62 {
		t.Errorf("got %+v and a secret of %d characters, want %+v", k, len(secret), want)
	}
	if found, ok, err := s.Find(t.Context(), secret); err != nil || !ok || found != want {
		t.Errorf("found %+v, %v, %v", found, ok, err)
	}
	_, other := create(t, s, "another")
	if all, err := s.List(t.Context()); err != nil || len(all) != 2 || all[0] != want || all[1].Name != "another" {
		t.Errorf("listed %+v, %v", all, err)
	}
	for name, wrong := range map[string]string{
		"nothing": "", "short": secret[:61], "long": secret + "a", "unknown id": "aaaaaaaaaa" + secret[10:],
		"the secret of another": k.ID + other[10:], "upper case": strings.ToUpper(secret), "last character": secret[:61] + "?", "SQL": secret[:9] + "'" + secret[10:],
	} {
		if finds(t, s, wrong) {
			t.Errorf("%s: was taken", name)
		}
	}
}

// What one process changes counts at once for another that has the file open.
func TestChangesCountAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	service, command := open(t, path), open(t, path)
	_, secret := create(t, command, "acme")
	if !finds(t, service, secret) {
		t.Error("a new key is not known")
	}
	for _, enabled := range []bool{false, true} {
		if err := command.SetEnabled(t.Context(), "acme", enabled); err != nil {
			t.Fatal(err)
		}
		if finds(t, service, secret) != enabled {
			t.Errorf("enabled %v is not what counts", enabled)
		}
	}
	if err := command.Delete(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	if finds(t, service, secret) {
		t.Error("a deleted key is taken")
	}
	if _, again := create(t, command, "acme"); finds(t, service, secret) || !finds(t, service, again) {
		t.Error("a key of the same name is taken for the one before")
	}
}

func TestRefusals(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "keys.db"))
	create(t, s, "acme")
	try := func(name, plan string) error {
		_, _, err := s.Create(t.Context(), name, plan)
		return err
	}
	for name, c := range map[string]struct {
		err  error
		kind event.Kind
		want string
	}{
		"no name":         {try("", "free"), event.InvalidRequest, "1 to 64"},
		"name of no form": {try("a b", "free"), event.InvalidRequest, "1 to 64"},
		"name twice":      {try("acme", "free"), event.InvalidRequest, `There is a key "acme" already`},
		"unknown plan":    {try("other", "gold"), event.InvalidRequest, "the plans are free, standard"},
		"disable nobody":  {s.SetEnabled(t.Context(), "nobody", false), event.NotFound, `There is no key "nobody"`},
		"delete nobody":   {s.Delete(t.Context(), "nobody"), event.NotFound, `There is no key "nobody"`},
	} {
		e, ok := errors.AsType[*event.Error](c.err)
		if !ok || e.Kind != c.kind || !strings.Contains(e.Message, c.want) {
			t.Errorf("%s: got %v", name, c.err)
		}
	}
	if err := try("no.plan", ""); err != nil {
		t.Errorf("a key without a plan: %v", err)
	}
}

func TestSecretsAreNotOnTheDisk(t *testing.T) {
	folder := t.TempDir()
	s := open(t, filepath.Join(folder, "keys.db"))
	_, secret := create(t, s, "acme")
	files, err := os.ReadDir(folder)
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(secret[10:])) {
			t.Errorf("%s holds the secret", file.Name())
		}
		if info, err := file.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v (%v)", file.Name(), info.Mode(), err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "keys.db"))
	_, secret := create(b, s, "acme")
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, ok, err := s.Find(b.Context(), secret); !ok || err != nil {
				b.Error(ok, err)
			}
		}
	})
}
