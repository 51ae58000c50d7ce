package identity

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/guestright/guestright/client/internal/jwks"
)

// headerSize is the longest identity that is looked at, in bytes; checked before anything is parsed.
const headerSize = 8 << 10

// Verifier checks identity headers. It keeps the signing keys in memory, notices new keys by their id, and is safe for
// concurrent use. It must not be copied after first use.
type Verifier struct {
	// Issuer is Guestright's public URL, compared byte for byte with "iss".
	Issuer string
	// Audience is the name that Guestright's catalog gives this upstream, compared byte for byte with "aud".
	Audience string
	// JWKSURL is where Guestright publishes its signing keys (RFC 7517).
	JWKSURL string
	// HTTP fetches the keys. Nil: a client with a five second limit that follows no redirects.
	HTTP *http.Client
	// Now is the clock. Nil: the system's.
	Now func() time.Time

	begin sync.Once
	keys  *jwks.Source
}

// Verify answers who calls. The error is ErrMissing, or wraps ErrInvalid or ErrUnavailable; with any of them the
// request must not be served.
func (v *Verifier) Verify(r *http.Request) (Identity, error) {
	values := r.Header.Values(Header)
	switch {
	case v.Issuer == "" || v.Audience == "" || v.JWKSURL == "":
		return Identity{}, fmt.Errorf("%w: the verifier needs Issuer, Audience and JWKSURL", ErrUnavailable)
	case len(values) == 0:
		return Identity{}, ErrMissing
	case len(values) > 1:
		return Identity{}, invalid(errors.New("sent more than once"))
	case len(values[0]) > headerSize:
		return Identity{}, invalid(errors.New("too long"))
	}
	// Only these two algorithms parse at all; "none" and the HMAC family end here.
	token, err := jose.ParseSignedCompact(strings.TrimSpace(values[0]), []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256})
	if err != nil {
		return Identity{}, invalid(err)
	}
	head := token.Signatures[0].Protected
	if typ, ok := head.ExtraHeaders[jose.HeaderType].(string); !ok || typ != Type {
		return Identity{}, invalid(errors.New("another typ"))
	}
	if head.KeyID == "" || head.JSONWebKey != nil {
		return Identity{}, invalid(errors.New("the key must be named by kid and nothing else"))
	}
	v.begin.Do(func() { v.keys = &jwks.Source{URL: v.JWKSURL, HTTP: v.HTTP, Now: v.Now} })
	key, err := v.keys.Find(r.Context(), head.KeyID)
	if errors.Is(err, jwks.ErrUnavailable) {
		return Identity{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err != nil {
		return Identity{}, invalid(err)
	}
	if head.Algorithm != string(key.Algorithm) {
		return Identity{}, invalid(errors.New("the algorithm is not the key's"))
	}
	payload, err := token.Verify(key.Public)
	if err != nil {
		return Identity{}, invalid(err)
	}
	id, err := parseClaims(payload, expected{issuer: v.Issuer, audience: v.Audience, now: v.now()})
	if err != nil {
		return Identity{}, invalid(err)
	}
	return id, nil
}

func invalid(cause error) error { return fmt.Errorf("%w: %w", ErrInvalid, cause) }

func (v *Verifier) now() time.Time {
	if v.Now != nil {
		return v.Now()
	}
	return time.Now()
}
