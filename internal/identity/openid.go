package identity

import (
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	openIDIssuer = "https://cognito-identity.amazonaws.com"
	openIDLife   = 10 * time.Minute // as Cognito's
)

// The errors of Guests.Redeem.
var (
	ErrTokenExpired = errors.New("identity: the token is expired")
	ErrTokenInvalid = errors.New("identity: the token is none of this pool")
)

// OpenIDToken gives an identity a token to redeem within ten minutes: a JWT as Cognito's, but signed for this pool alone
// (HS256).
func (g *Guests) OpenIDToken(identity string) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: g.mac("open id", nil)}, nil)
	if err != nil {
		return "", err
	}
	now := g.cfg.Now()
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: openIDIssuer, Audience: jwt.Audience{g.Pool()}, Subject: identity,
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(openIDLife)),
	}).Claims(map[string]any{"amr": []string{"unauthenticated"}}).Serialize()
}

// Redeem gives the identity of a token, ErrTokenExpired or ErrTokenInvalid.
func (g *Guests) Redeem(token string) (identity string, err error) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return "", ErrTokenInvalid
	}
	var claims jwt.Claims
	if err := parsed.Claims(g.mac("open id", nil), &claims); err != nil {
		return "", ErrTokenInvalid
	}
	expected := jwt.Expected{Issuer: openIDIssuer, AnyAudience: jwt.Audience{g.Pool()}, Time: g.cfg.Now()}
	switch err := claims.ValidateWithLeeway(expected, 0); {
	case errors.Is(err, jwt.ErrExpired):
		return "", ErrTokenExpired
	case err != nil || !g.Known(claims.Subject):
		return "", ErrTokenInvalid
	}
	return claims.Subject, nil
}
