package token

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// AdoptedMost is how long a key may be that somebody else made, in bytes.
const AdoptedMost = 512

// Sum is the SHA-256 of a key that somebody else made. It is never stored.
type Sum [sha256.Size]byte

// SumOf digests a presented key.
func SumOf(raw string) Sum {
	var b [AdoptedMost]byte // on the stack
	return sha256.Sum256(b[:copy(b[:], raw)])
}

// stored is the keyed digest under which the key is kept: of its hash, since some
// operators have nothing but that. The name keeps it apart from tokens of ours.
func (s Sum) stored() string { return "adopted sha256 " + hex.EncodeToString(s[:]) }

// Adoption describes a key that somebody else made.
type Adoption struct {
	Grant   grant.Grant
	Sum     Sum
	Hint    string
	Created time.Time // by them
	Expires time.Time // zero: never
}

// Adopted finds a token by the hash of an adopted key, usable or not; NotFound
// otherwise. It joins and does not authorise.
func (s *Service) Adopted(tx *store.Tx, sum Sum) (Token, error) {
	for _, d := range s.Keys.Digests(sum.stored()) {
		t, err := find(tx, "digest = ?", d.String())
		if !absent(err) {
			return t, err
		}
	}
	return find(tx, "1 = ?", 0)
}

// Adopt makes a token of such a key. It joins and does not authorise.
func (s *Service) Adopt(tx *store.Tx, o Adoption) (Token, error) {
	if err := o.Grant.Live(); err != nil {
		return Token{}, err
	}
	t := Token{ID: ident.New[Token](tx.Now()), Grant: o.Grant.ID.String(), Kind: Legacy, Digest: s.Keys.Digest(o.Sum.stored()),
		Hint: o.Hint, State: Active, Expires: o.Expires, Created: o.Created}
	if t.Created.IsZero() {
		t.Created = tx.Now()
	}
	return t, insert(tx, t)
}

// AdoptedDigests lists the digests of every adopted key. It joins.
func AdoptedDigests(tx *store.Tx) ([]string, error) {
	var out []string
	err := tx.NewRaw("SELECT digest FROM token_token WHERE kind = ?", Legacy).Scan(tx.Ctx, &out)
	return out, err
}

// Of gives the newest token of a grant; NotFound when it has none. It joins and
// does not authorise.
func (s *Service) Of(tx *store.Tx, grantID string) (Token, error) {
	return find(tx, "id = (SELECT MAX(id) FROM token_token WHERE grant_id = ?)", grantID)
}

// End lets a token expire at a moment, now or later, or at none any more when
// until is zero. It joins, announces and does not authorise.
func (s *Service) End(tx *store.Tx, t Token, until time.Time) (Token, error) {
	if !t.Usable(tx.Now()) {
		return t, errNotActive
	}
	before := t
	t.Expires = until
	tx.Changed(Topic, t.Digest.String())
	return t, save(tx, t, before)
}

// AdoptedDigestsOf gives the digests under which an adopted key would be kept.
func (a *Authenticator) AdoptedDigestsOf(raw string) []secret.Digest {
	return a.keys.Digests(SumOf(raw).stored())
}

// Adopted finds what a presented adopted key stands for; Live says whether it
// opens anything. may is asked, with the digests under which the key would be
// kept, before anything is looked up. Errors: those of may; Unauthenticated
// `invalid_token`; Unavailable when it cannot be told.
func (a *Authenticator) Adopted(ctx context.Context, raw string, may func([]secret.Digest) error) (Bearer, error) {
	if len(raw) == 0 || len(raw) > AdoptedMost || secret.Ours(raw) {
		return Bearer{}, errUnknown
	}
	sum := SumOf(raw)
	presented := secret.Digest(sum)
	presented[0] ^= 1 // what is remembered of tokens of ours is found by their hash itself
	if b, ok := a.memory.Load().find(presented); ok {
		return b, nil
	}
	digests := a.keys.Digests(sum.stored())
	if err := may(digests); err != nil {
		return Bearer{}, err
	}
	return a.load(ctx, digests, presented)
}
