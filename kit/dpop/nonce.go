package dpop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// NonceHeader carries a nonce of ours to the client (RFC 9449 section 8).
const NonceHeader = "Dpop-Nonce"

// Nonces makes nonces that a proof has to carry, so that nobody can make proofs
// ahead of time. They need no storage: each is a time under a MAC, good for its
// period and the next, and the same on every node with the key.
type Nonces struct {
	Key    []byte
	Period time.Duration
}

func (n *Nonces) of(count int64) string {
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(count)) //nolint:gosec // years after 1970
	m := hmac.New(sha256.New, n.Key)
	m.Write(at[:]) //nolint:errcheck // a hash takes everything
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
}

func (n *Nonces) count(now time.Time) int64 { return now.UnixMicro() / n.Period.Microseconds() }

// At is the nonce that clients are given at now.
func (n *Nonces) At(now time.Time) string { return n.of(n.count(now)) }

// Good reports whether a nonce in a proof is ours and not too old.
func (n *Nonces) Good(nonce string, now time.Time) bool {
	c := n.count(now)
	return hmac.Equal([]byte(nonce), []byte(n.of(c))) || hmac.Equal([]byte(nonce), []byte(n.of(c-1)))
}
