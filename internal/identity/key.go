package identity

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Key is an access key: its id may be shown, its secret may not.
type Key struct {
	ID     string // 20 characters, of A to Z and 2 to 7, beginning with BR
	Secret string // 40 characters of base64
}

// LoadOrCreateKey gives the access key that the file at path holds. Where there is no file it makes a key at random and
// writes it, readable by the owner alone; of several processes that do so at once, all get the same key.
//
// The file has the form of AWS' shared credentials file, so that AWS_SHARED_CREDENTIALS_FILE may name it.
func LoadOrCreateKey(path string) (Key, error) {
	key, err := LoadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := writeOnce(path, NewKey().file()); err != nil {
		return Key{}, fmt.Errorf("keep a new access key: %w", err)
	}
	return LoadKey(path)
}

// LoadKey gives the access key that the file at path holds. It takes away every right on the file but its owner's.
func LoadKey(path string) (Key, error) {
	text, err := readSecret(path)
	if err != nil {
		return Key{}, fmt.Errorf("read the access key: %w", err)
	}
	settings := parseSettings(text)
	key := Key{ID: settings["aws_access_key_id"], Secret: settings["aws_secret_access_key"]}
	if key.ID == "" || key.Secret == "" {
		return Key{}, fmt.Errorf("%s holds no access key: give it aws_access_key_id and aws_secret_access_key, or remove it and start again", path)
	}
	return key, nil
}

// NewKey makes an access key at random.
func NewKey() Key {
	var id [12]byte // 18 of the 20 characters need 90 bits
	var secret [30]byte
	_, _ = rand.Read(id[:]) // never fails since Go 1.24
	_, _ = rand.Read(secret[:])
	return Key{
		ID:     "BR" + base32.StdEncoding.EncodeToString(id[:])[:18],
		Secret: base64.StdEncoding.EncodeToString(secret[:]),
	}
}

func (k Key) file() string {
	return fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", k.ID, k.Secret)
}

// readSecret reads a file that holds a secret, and takes away every right on it but its owner's.
func readSecret(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return string(text), os.Chmod(path, 0o600)
}

// parseSettings reads lines of the form "name = value"; others do not count.
func parseSettings(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, "="); ok {
			all[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return all
}

// writeOnce puts text at path unless something is there already. The file appears with all of its text or not at all:
// a link, unlike a rename, never replaces what another process wrote first.
func writeOnce(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".credentials-*") // 0600 by contract of CreateTemp
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
