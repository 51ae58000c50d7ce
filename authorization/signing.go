package authorization

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// SigningTopic of the change feed: a key was made.
const SigningTopic = "authorization.signing"

// What we sign has a type of its own each, so that one is never taken for another
// (RFC 8725 section 3.11).
const (
	TypeIdentity = "JWT"    // OpenID Connect Core section 2
	TypeAccess   = "at+jwt" // RFC 9068 section 2.1
)

// Algorithm of everything that we sign.
const Algorithm = "ES256"

const (
	// announced is how long a key is published before it signs: verifiers that
	// keep the set for an hour know it by then.
	announced = time.Hour
	// verifiable is how long a key stays published after it signed last: longer
	// than anything that it signed is good for.
	verifiable = 48 * time.Hour
	jwtMost    = 8 << 10 // bytes
)

// signingKey is one key with its times: published from created to ends, in use
// from signs until a younger one is.
type signingKey struct {
	id                     string
	private                *ecdsa.PrivateKey
	public                 jose.JSONWebKey
	created, signs, retire time.Time // zero: not yet known
	ends                   time.Time
	signers                map[string]jose.Signer // by type
}

// inUse picks the key that signs at now: the youngest that may.
func inUse(all []*signingKey, now time.Time) *signingKey {
	var best *signingKey
	for _, k := range all {
		if !k.signs.After(now) && (best == nil || k.signs.After(best.signs)) {
			best = k
		}
	}
	return best
}

// published are the keys that verifiers may need at now.
func published(all []*signingKey, now time.Time) []*signingKey {
	return slices.DeleteFunc(slices.Clone(all), func(k *signingKey) bool { return !k.ends.IsZero() && !now.Before(k.ends) })
}

// due says whether the next key has to be made at now.
func due(all []*signingKey, now time.Time, period time.Duration) bool {
	for _, k := range all {
		if now.Before(k.signs.Add(period)) {
			return false // it signs, or will
		}
	}
	return true
}

// Signer signs id tokens and JWT access tokens, and knows its own again.
type Signer struct {
	SignerConfig
	known atomic.Pointer[[]*signingKey]
}

// SignerConfig is what a Signer needs.
type SignerConfig struct {
	DB     *store.DB
	Keys   *secret.Keyring
	Period time.Duration // after which the next key takes over
}

// NewSigner loads the keys, making the first one where there is none.
func NewSigner(ctx context.Context, c SignerConfig) (*Signer, error) {
	out := &Signer{SignerConfig: c}
	out.DB.OnChange(SigningTopic, func(string) { out.known.Store(nil) })
	out.DB.OnLost(func() { out.known.Store(nil) })
	if err := out.Rotate(ctx); err != nil {
		return nil, err
	}
	return out, nil
}

// Rotate makes the next key when it is time, an hour before it signs. It is
// called every so often; two nodes make one key.
func (s *Signer) Rotate(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock("authorization.signing"); err != nil {
			return err
		}
		now := tx.Now()
		if err := dropSigning(tx, now); err != nil {
			return err
		}
		all, err := s.load(tx)
		if err != nil || !due(all, now, s.Period) {
			return err
		}
		signs := now
		if len(all) > 0 {
			signs = now.Add(announced)
		}
		if err := retireSigning(tx, signs, signs.Add(verifiable)); err != nil {
			return err
		}
		row, err := s.make(now, signs)
		if err != nil {
			return err
		}
		tx.Changed(SigningTopic, row.ID)
		return insertSigning(tx, row)
	})
}

// make makes a key; its id is its thumbprint (RFC 7638).
func (s *Signer) make(now, signs time.Time) (signingRow, error) {
	var row signingRow
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return row, problem.Internal("authorization.sign", err)
	}
	public := jose.JSONWebKey{Key: private.Public(), Algorithm: Algorithm, Use: "sig"}
	thumb, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return row, problem.Internal("authorization.sign", err)
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(thumb)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return row, problem.Internal("authorization.sign", err)
	}
	text, err := public.MarshalJSON()
	if err != nil {
		return row, problem.Internal("authorization.sign", err)
	}
	sealed := s.Keys.Seal(secret.New(base64.StdEncoding.EncodeToString(der)), signingPlace(public.KeyID))
	return signingRow{ID: public.KeyID, Sealed: sealed, Public: string(text), Created: store.At(now), Signs: store.At(signs)}, nil
}

func signingPlace(id string) string { return "authorization.signing/" + id }

func (s *Signer) load(tx *store.Tx) ([]*signingKey, error) {
	rows, err := signingRows(tx)
	if err != nil {
		return nil, err
	}
	var out []*signingKey
	for _, r := range rows {
		k, err := s.open(r)
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

func (s *Signer) open(r signingRow) (*signingKey, error) {
	k := &signingKey{id: r.ID, created: r.Created.Time(), signs: r.Signs.Time(), retire: r.Retires.Time(), ends: r.Ends.Time(), signers: map[string]jose.Signer{}}
	text, err := s.Keys.Open(r.Sealed, signingPlace(r.ID))
	if err != nil {
		return nil, err
	}
	der, err := base64.StdEncoding.DecodeString(text.Reveal())
	if err != nil {
		return nil, problem.Internal("authorization.sign", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, problem.Internal("authorization.sign", err)
	}
	k.private, _ = parsed.(*ecdsa.PrivateKey)
	if err := json.Unmarshal([]byte(r.Public), &k.public); err != nil || k.private == nil {
		return nil, problem.Internal("authorization.sign", err)
	}
	for _, typ := range []string{TypeIdentity, TypeAccess, TypeContext} {
		k.signers[typ], err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}},
			(&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
		if err != nil {
			return nil, problem.Internal("authorization.sign", err)
		}
	}
	return k, nil
}

func (s *Signer) keys(ctx context.Context) ([]*signingKey, error) {
	if known := s.known.Load(); known != nil {
		return *known, nil
	}
	var all []*signingKey
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		got, err := s.load(tx)
		all = got
		return err
	})
	if err == nil {
		s.known.Store(&all)
	}
	return all, err
}

// current is the key that signs now.
func (s *Signer) current(ctx context.Context) (*signingKey, error) {
	all, err := s.keys(ctx)
	if err != nil {
		return nil, err
	}
	if k := inUse(all, s.DB.Now()); k != nil {
		return k, nil
	}
	return nil, problem.Unavailable("signing_key_missing", "There is no key to sign with yet.", nil)
}

// Sign makes a JWT of a type of ours.
func (s *Signer) Sign(ctx context.Context, typ string, claims any) (string, error) {
	k, err := s.current(ctx)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", problem.Internal("authorization.sign", err)
	}
	return k.sign(typ, body)
}

func (k *signingKey) sign(typ string, body []byte) (string, error) {
	signed, err := k.signers[typ].Sign(body)
	if err != nil {
		return "", problem.Internal("authorization.sign", err)
	}
	return signed.CompactSerialize()
}

var errSigned = problem.Unauthenticated("invalid_token", "This is not a token of ours, or its time is over.")

// Verify reads a JWT of ours into claims: our algorithm, our keys and the right
// type only; a key that the token brings along is not looked at (RFC 8725). The
// claims' times are the caller's to judge.
func (s *Signer) Verify(ctx context.Context, typ, raw string, claims any) error {
	if len(raw) > jwtMost {
		return errSigned
	}
	signed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return errSigned
	}
	head := signed.Signatures[0].Protected
	if got, _ := head.ExtraHeaders[jose.HeaderType].(string); got != typ {
		return errSigned
	}
	all, err := s.keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range published(all, s.DB.Now()) {
		if k.id != head.KeyID {
			continue
		}
		body, err := signed.Verify(k.private.Public())
		if err != nil || json.Unmarshal(body, claims) != nil {
			return errSigned
		}
		return nil
	}
	return errSigned
}

// Public is the set of keys that verifiers need (RFC 7517).
func (s *Signer) Public(ctx context.Context) (jose.JSONWebKeySet, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	all, err := s.keys(ctx)
	for _, k := range published(all, s.DB.Now()) {
		set.Keys = append(set.Keys, k.public)
	}
	return set, err
}
