package identity

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"time"

	"bluerose/internal/policy"
)

// GuestRole is the role of guests, as its ARN ends.
const GuestRole = "guest"

// GuestConfig says who guests are. Pool, Account and Policy are required; the rest has the defaults named here.
type GuestConfig struct {
	Pool    Pool
	Account string           // twelve digits, of the guests' ARN
	Policy  *policy.Document // what guests may do
	Life    time.Duration    // of credentials; default 1 hour, as Cognito's
	Now     func() time.Time // default time.Now
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Validate tells what is wrong with the configuration.
func (c GuestConfig) Validate() error {
	switch {
	case !accountID.MatchString(c.Account):
		return errors.New("identity: Account is twelve digits")
	case c.Policy == nil:
		return errors.New("identity: Policy is required")
	case c.Life < 0:
		return errors.New("identity: Life must not be negative")
	}
	return c.Pool.validate()
}

// Guests gives identities and credentials to whoever asks. It keeps nothing: what it gives proves itself. It is safe for
// concurrent use.
type Guests struct {
	cfg    GuestConfig
	region string // of the pool, and of its identities
}

// NewGuests gives Guests, or the error of cfg.Validate.
func NewGuests(cfg GuestConfig) (*Guests, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Life = cmp.Or(cfg.Life, time.Hour)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	region, _, _ := strings.Cut(cfg.Pool.ID, ":")
	return &Guests{cfg, region}, nil
}

// Session is the credentials of a guest.
type Session struct {
	Key     Key
	Token   string // X-Amz-Security-Token
	Expires time.Time
}

// Pool gives the id of the pool.
func (g *Guests) Pool() string { return g.cfg.Pool.ID }

// RoleARN gives the role that guests have.
func (g *Guests) RoleARN() string { return "arn:aws:iam::" + g.cfg.Account + ":role/" + GuestRole }

// SessionARN names guests as the senders of requests.
func (g *Guests) SessionARN() string {
	return "arn:aws:sts::" + g.cfg.Account + ":assumed-role/" + GuestRole + "/CognitoIdentityCredentials"
}

// NewIdentity gives the id of a new identity, REGION:UUID.
func (g *Guests) NewIdentity() string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	return g.identity(random)
}

// identity gives the identity that begins with random: a UUID of version 8, whose bits are its maker's own. Sixty are
// random, which a billion guests would hardly meet twice, and sixty-two prove that the pool has made it.
func (g *Guests) identity(random [8]byte) string {
	random[6] = random[6]&0x0f | 0x80 // as formatUUID will write it
	var id [16]byte
	copy(id[:8], random[:])
	copy(id[8:], g.mac("identity", random[:]))
	return g.region + ":" + formatUUID(id, 8)
}

// Known reports whether the pool has made an identity.
func (g *Guests) Known(identity string) bool {
	id, ok := g.parseIdentity(identity)
	return ok && hmac.Equal([]byte(identity), []byte(g.identity([8]byte(id[:8]))))
}

func (g *Guests) parseIdentity(identity string) (id [16]byte, ok bool) {
	text, ok := strings.CutPrefix(identity, g.region+":")
	raw, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if !ok || err != nil || len(raw) != len(id) {
		return id, false
	}
	return [16]byte(raw), true
}

// A token is what it says, 25 bytes, and the code that proves it: its form, the identity, and when it expires, in Unix seconds.
const (
	tokenForm  = 1
	tokenBytes = 1 + 16 + 8
)

// Session gives credentials to an identity, which must be Known.
func (g *Guests) Session(identity string) Session {
	id, _ := g.parseIdentity(identity)
	expires := g.cfg.Now().Add(g.cfg.Life).Truncate(time.Second)
	said := append([]byte{tokenForm}, id[:]...)
	said = binary.BigEndian.AppendUint64(said, uint64(expires.Unix()))
	token := base64.RawURLEncoding.EncodeToString(append(said, g.mac("token", said)...))
	return Session{Key: g.key(said), Token: token, Expires: expires}
}

// key computes the access key of a token.
func (g *Guests) key(said []byte) Key {
	return Key{
		ID:     "BG" + base32.StdEncoding.EncodeToString(g.mac("key", said))[:18],
		Secret: base64.StdEncoding.EncodeToString(g.mac("secret", said))[:40],
	}
}

// Keys knows the access keys of every session, also of those that have expired.
func (g *Guests) Keys(id, token string) (Credential, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenBytes+sha256.Size || raw[0] != tokenForm {
		return Credential{}, false
	}
	said, code := raw[:tokenBytes], raw[tokenBytes:]
	key := g.key(said)
	if !hmac.Equal(code, g.mac("token", said)) || !hmac.Equal([]byte(id), []byte(key.ID)) {
		return Credential{}, false
	}
	return Credential{
		Secret:  key.Secret,
		Expires: time.Unix(int64(binary.BigEndian.Uint64(said[17:])), 0),
		Principal: Principal{
			ID: g.region + ":" + formatUUID([16]byte(said[1:17]), 8), ARN: g.SessionARN(), Policy: g.cfg.Policy,
		},
	}, true
}

// mac gives the code of data for one use, so that what proves one thing proves no other.
func (g *Guests) mac(use string, data []byte) []byte {
	mac := hmac.New(sha256.New, g.cfg.Pool.Secret)
	mac.Write([]byte(use + "\x00" + g.cfg.Pool.ID + "\x00"))
	mac.Write(data)
	return mac.Sum(nil)
}
