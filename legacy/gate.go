package legacy

import (
	"context"
	"encoding/binary"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/kit/network"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
)

// Topic of the change feed: keys were imported; the key says nothing.
const Topic = "legacy"

// Gate finds what a presented legacy key stands for. It keeps eight bytes of the
// digest of every imported key, so that what cannot be one of them never reaches
// the database; without any imported key nothing is even computed.
type Gate struct {
	db       *store.DB
	bearers  *token.Authenticator
	throttle *throttle

	imports atomic.Uint64 // that this node has heard of
	known   atomic.Pointer[known]
	reading sync.Mutex
}

// known are the beginnings of digests as they were after some imports.
type known struct {
	imports uint64
	sorted  []uint64
}

// NewGate follows imports by the change feed of db.
func NewGate(db *store.DB, bearers *token.Authenticator) *Gate {
	g := &Gate{db: db, bearers: bearers, throttle: newThrottle()}
	stale := func() {
		g.imports.Add(1)
		g.throttle.forget()
	}
	db.OnChange(Topic, func(string) { stale() })
	db.OnLost(stale)
	return g
}

// Any reports whether there are imported keys. Unavailable when it cannot be told.
func (g *Gate) Any(ctx context.Context) (bool, error) {
	sorted, err := g.read(ctx)
	return len(sorted) > 0, err
}

// Authenticate finds what raw stands for; token.Bearer.Live says whether it opens
// anything. Errors: Unauthenticated `invalid_token`; Limited
// `legacy_key_attempts`; Unavailable when it cannot be told.
func (g *Gate) Authenticate(ctx context.Context, raw string, from netip.Addr, now time.Time) (token.Bearer, error) {
	if any, err := g.Any(ctx); err != nil || !any {
		if err == nil {
			err = errUnknown
		}
		return token.Bearer{}, err
	}
	at, mark := network.Of(from), g.throttle.mark(raw)
	switch j, wait := g.throttle.before(at, mark, now); j {
	case wrong:
		return token.Bearer{}, errUnknown
	case slow:
		return token.Bearer{}, errSlow(wait)
	}
	b, err := g.bearers.Adopted(ctx, raw, func(digests []secret.Digest) error { return g.may(ctx, digests) })
	if err == nil || problem.CodeOf(err) == "invalid_token" {
		g.throttle.after(at, mark, err == nil, now)
	}
	return b, err
}

// may refuses what no imported key can be.
func (g *Gate) may(ctx context.Context, digests []secret.Digest) error {
	sorted, err := g.read(ctx)
	if err != nil {
		return err
	}
	for _, d := range digests {
		if _, found := slices.BinarySearch(sorted, binary.BigEndian.Uint64(d[:8])); found {
			return nil
		}
	}
	return errUnknown
}

// read gives the beginnings of digests, from memory unless keys were imported
// since.
func (g *Gate) read(ctx context.Context) ([]uint64, error) {
	if have := g.known.Load(); have != nil && have.imports == g.imports.Load() {
		return have.sorted, nil
	}
	g.reading.Lock()
	defer g.reading.Unlock()
	next := &known{imports: g.imports.Load()}
	if have := g.known.Load(); have != nil && have.imports == next.imports {
		return have.sorted, nil
	}
	var all []string
	err := g.db.Read(ctx, func(tx *store.Tx) error {
		got, err := token.AdoptedDigests(tx)
		all = got
		return err
	})
	if err != nil {
		return nil, err
	}
	next.sorted = make([]uint64, 0, len(all))
	for _, text := range all {
		d, err := secret.ParseDigest(text)
		if err != nil {
			return nil, problem.Internal("legacy.Gate", err)
		}
		next.sorted = append(next.sorted, binary.BigEndian.Uint64(d[:8]))
	}
	slices.Sort(next.sorted)
	g.known.Store(next)
	return next.sorted, nil
}

var errUnknown = problem.Unauthenticated("invalid_token", "This key is not known here. Check that it was copied whole.")
