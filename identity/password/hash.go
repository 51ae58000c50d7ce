package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// Cost is what one hash takes. The zero value means 19 MiB, two passes, one
// lane: the second choice of the OWASP Password Storage Cheat Sheet.
type Cost struct {
	Memory uint32 // KiB
	Passes uint32
	Lanes  uint8
}

func (c Cost) orDefault() Cost {
	if c.Memory == 0 {
		c.Memory = 19 * 1024
	}
	if c.Passes == 0 {
		c.Passes = 2
	}
	if c.Lanes == 0 {
		c.Lanes = 1
	}
	return c
}

const (
	saltLen = 16
	keyLen  = 32
	// What a stored hash may ask of us at most.
	mostMemory = 1 << 20 // KiB
	mostPasses = 64
)

// Hasher hashes and verifies, a few at a time: memory in use is bounded by
// Cost.Memory times the number of slots.
type Hasher struct {
	cost  Cost
	slots chan struct{}
	queue chan struct{}
	dummy string
}

// NewHasher makes a hasher with the given number of slots (0: one per CPU, at
// least two). At most 32 times as many callers wait; more are turned away.
func NewHasher(c Cost, slots int) *Hasher {
	if slots <= 0 {
		slots = max(2, runtime.GOMAXPROCS(0))
	}
	h := &Hasher{cost: c.orDefault(), slots: make(chan struct{}, slots), queue: make(chan struct{}, 32*slots)}
	// A hash that no password matches, with the cost of real ones, so that
	// unknown people take as long as known ones.
	h.dummy = encode(h.cost, random(saltLen), random(keyLen))
	return h
}

// Hash hashes a password. Unavailable `busy` when too many wait already.
func (h *Hasher) Hash(ctx context.Context, p secret.Text) (string, error) {
	release, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := random(saltLen)
	return encode(h.cost, salt, derive(p, h.cost, salt)), nil
}

// Verify reports whether the password matches the stored hash. An empty hash
// matches nothing and takes as long as a real one. Unavailable `busy` when too
// many wait already.
func (h *Hasher) Verify(ctx context.Context, stored string, p secret.Text) (bool, error) {
	known := stored != ""
	if !known {
		stored = h.dummy
	}
	cost, salt, key, err := decode(stored)
	if err != nil {
		return false, problem.Internal("password.verify", err)
	}
	release, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	same := subtle.ConstantTimeCompare(derive(p, cost, salt), key) == 1
	return same && known, nil
}

// Stale reports whether a stored hash was made at another cost than now.
func (h *Hasher) Stale(stored string) bool {
	cost, _, _, err := decode(stored)
	return err != nil || cost != h.cost
}

func (h *Hasher) enter(ctx context.Context) (func(), error) {
	busy := func(cause error) error {
		e := problem.Unavailable("busy", "Too many people sign in at this moment. Try again in a few seconds.", cause)
		e.After = 3 * time.Second
		return e
	}
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, busy(nil)
	}
	defer func() { <-h.queue }()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, busy(ctx.Err())
	}
}

// derive normalises to NFC first: the same word typed on another keyboard may
// come in other code points.
func derive(p secret.Text, c Cost, salt []byte) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(p.Reveal())), salt, c.Passes, c.Memory, c.Lanes, keyLen)
}

func encode(c Cost, salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Passes, c.Lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

func decode(s string) (Cost, []byte, []byte, error) {
	bad := func(why string) (Cost, []byte, []byte, error) {
		return Cost{}, nil, nil, fmt.Errorf("stored hash: %s", why)
	}
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return bad("not argon2id in PHC form")
	}
	if parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return bad("unknown version")
	}
	var c Cost
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Passes, &c.Lanes); n != 3 || err != nil {
		return bad("parameters")
	}
	if c.Memory == 0 || c.Memory > mostMemory || c.Passes == 0 || c.Passes > mostPasses || c.Lanes == 0 {
		return bad("parameters out of range")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil || len(salt) < 8 {
		return bad("salt")
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(key) != keyLen {
		return bad("key")
	}
	return c, salt, key, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (Go 1.24)
	return b
}
