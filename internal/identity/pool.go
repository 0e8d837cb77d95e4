package identity

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
)

// Pool is an identity pool: its id may be shown, its secret may not.
type Pool struct {
	ID     string // REGION:UUID, as of a pool of Amazon Cognito
	Secret []byte // 32 bytes, of which everything that guests show is made
}

var poolID = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// LoadOrCreatePool gives the identity pool that the file at path holds. Where there is no file it makes a pool at random, with
// an id in that region, and writes it, readable by the owner alone; of several processes that do so at once, all get the same.
// Who removes the file ends every guest's identity and session.
func LoadOrCreatePool(path, region string) (Pool, error) {
	pool, err := loadPool(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return pool, err
	}
	var id [16]byte
	var secret [32]byte
	_, _ = rand.Read(id[:]) // never fails since Go 1.24
	_, _ = rand.Read(secret[:])
	text := fmt.Sprintf("identity_pool_id = %s\nsecret = %s\n", region+":"+formatUUID(id, 4), base64.StdEncoding.EncodeToString(secret[:]))
	if err := writeOnce(path, text); err != nil {
		return Pool{}, fmt.Errorf("keep a new identity pool: %w", err)
	}
	return loadPool(path)
}

func loadPool(path string) (Pool, error) {
	text, err := readSecret(path)
	if err != nil {
		return Pool{}, fmt.Errorf("read the identity pool: %w", err)
	}
	settings := parseSettings(text)
	secret, err := base64.StdEncoding.DecodeString(settings["secret"])
	pool := Pool{ID: settings["identity_pool_id"], Secret: secret}
	if err != nil || pool.validate() != nil {
		return Pool{}, fmt.Errorf("%s holds no identity pool: restore it, or remove it and start again, which ends the sessions of all guests", path)
	}
	return pool, nil
}

func (p Pool) validate() error {
	switch {
	case !poolID.MatchString(p.ID):
		return errors.New("an identity pool's id has the form REGION:UUID, such as us-east-1:01234567-89ab-4cde-8f01-23456789abcd, in lower case")
	case len(p.Secret) != 32:
		return errors.New("an identity pool's secret has 32 bytes")
	}
	return nil
}

// formatUUID gives id as a UUID (RFC 9562) of that version, whose bits replace six of id's.
func formatUUID(id [16]byte, version byte) string {
	id[6] = id[6]&0x0f | version<<4
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
