package region

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"path/filepath"

	"bluerose/api"
	"bluerose/internal/apigateway"
	"bluerose/internal/apigateway/access"
	"bluerose/internal/apigateway/definition"
	"bluerose/internal/identity"
	"bluerose/internal/identity/apikey"
	"bluerose/internal/identity/cognito"
	"bluerose/internal/policy"
)

// Guests says who may come without credentials of their own, and be given some for an hour.
type Guests struct {
	Off bool // the identity pool lets nobody in
	// Pool is the id of the identity pool, REGION:UUID; default one that is made at the first start, and kept. Another id is
	// another pool: identities and sessions of the one before end.
	Pool string
	// Policy is the IAM policy document of guests; default GuestPolicy.
	Policy []byte
}

// GuestPolicy is what guests may do by default: invoke the image function, and call the routes below /iam.
const GuestPolicy = `{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": ["arn:aws:lambda:*:*:function:image", "arn:aws:lambda:*:*:function:image:*"]},
    {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/*/*/iam/*"}
  ]
}
`

// CredentialsPath gives the file of a data folder that holds the owner's access key, in the form of AWS' shared
// credentials file.
func CredentialsPath(dataDir string) string { return filepath.Join(dataDir, "credentials") }

// OpenKeys opens the API keys of a data folder, also while a region serves from it. The caller must close the store.
func OpenKeys(ctx context.Context, dataDir string) (*apikey.Store, error) {
	d, err := definition.Parse(api.OpenAPI, api.Stages)
	if err != nil {
		return nil, err
	}
	var plans []string
	for _, plan := range d.Plans {
		plans = append(plans, plan.Name)
	}
	return apikey.Open(ctx, apikey.Config{Path: filepath.Join(dataDir, "keys.db"), Plans: plans})
}

// callers is everybody that a region knows by a key: its owner, guests, and the holders of API keys.
type callers struct {
	owner  identity.Key
	pool   string
	guests *identity.Guests // nil for none
	apiKey *apikey.Store
}

func openCallers(ctx context.Context, cfg Config) (*callers, error) {
	c := &callers{}
	var err error
	if c.owner, err = identity.LoadOrCreateKey(CredentialsPath(cfg.DataDir)); err != nil {
		return nil, err
	}
	pool, err := identity.LoadOrCreatePool(filepath.Join(cfg.DataDir, "identity-pool"), awsRegion)
	if err != nil {
		return nil, err
	}
	pool.ID = cmp.Or(cfg.Guests.Pool, pool.ID)
	c.pool = pool.ID
	if !cfg.Guests.Off {
		document := cfg.Guests.Policy
		if document == nil {
			document = []byte(GuestPolicy)
		}
		parsed, err := policy.Parse(document)
		if err != nil {
			return nil, fmt.Errorf("the guests' policy: %w", err)
		}
		if c.guests, err = identity.NewGuests(identity.GuestConfig{Pool: pool, Account: accountID, Policy: parsed}); err != nil {
			return nil, err
		}
	}
	if c.apiKey, err = OpenKeys(ctx, cfg.DataDir); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *callers) close() error { return c.apiKey.Close() }

func (c *callers) ownerKey() identity.Keys { return identity.OwnerKey(c.owner, accountID) }

// keys gives the access keys of the owner and of guests.
func (c *callers) keys() identity.Keys {
	if c.guests == nil {
		return c.ownerKey()
	}
	return identity.EitherKeys(c.ownerKey(), c.guests.Keys)
}

// schemes gives the access modes of the HTTPS API that need a key.
func (c *callers) schemes(gateway *apigateway.Gateway, d *definition.Definition) ([]access.Scheme, error) {
	verifier, err := identity.New(identity.Config{Keys: c.keys(), Service: "execute-api"})
	if err != nil {
		return nil, err
	}
	return []access.Scheme{
		access.IAM{Verifier: verifier, Bodies: gateway},
		access.APIKey{Keys: c.apiKey, Definition: d},
	}, nil
}

// cognito gives what guests call.
func (c *callers) cognito() http.Handler { return cognito.Handler(c.pool, c.guests) }

// authorize is lambda.Config.Authorize.
func authorize(ctx context.Context, action, resource string) error {
	return identity.PrincipalOf(ctx).Authorize(action, resource)
}

// IdentityPool gives the id of the identity pool that guests use; empty where there are no guests.
func (r *Region) IdentityPool() string {
	if r.callers.guests == nil {
		return ""
	}
	return r.callers.pool
}
