package token

import (
	"context"
	"crypto/sha256"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

const (
	shards = 64
	// most is how many tokens are remembered; beyond it a shard forgets a part.
	most = 262144
)

// Authenticator turns presented tokens into Bearers, from memory when it can.
type Authenticator struct {
	db   *store.DB
	keys *secret.Keyring
	// epoch counts invalidations: what was read before one is not remembered
	// after it.
	epoch  atomic.Uint64
	shard  [shards]shard
	mu     sync.Mutex
	holds  map[string]*Holding            // by grant
	owners map[string]map[string]struct{} // owner → grants
}

type shard struct {
	mu sync.RWMutex
	m  map[secret.Digest]*Bearer
}

// NewAuthenticator remembers and forgets by the change feed of db.
func NewAuthenticator(db *store.DB, keys *secret.Keyring) *Authenticator {
	a := &Authenticator{db: db, keys: keys}
	a.reset()
	db.OnChange(Topic, a.forgetToken)
	for _, topic := range []string{grant.Topic, application.Topic, group.Topic, account.Topic} {
		db.OnChange(topic, func(key string) { a.forgetOwner(topic + "/" + key) })
	}
	db.OnLost(a.reset)
	return a
}

// Authenticate finds what raw stands for; Live says whether it opens anything.
// Errors: Unauthenticated `invalid_token`; Unavailable when it cannot be told.
func (a *Authenticator) Authenticate(ctx context.Context, raw string) (*Bearer, error) {
	if len(raw) != secret.Length || secret.ClientSecret.Is(raw) || secret.RefreshToken.Is(raw) || secret.WebhookSecret.Is(raw) || secret.TriggerSecret.Is(raw) {
		return nil, errUnknown
	}
	d := presentedAs(raw)
	s := &a.shard[d[0]%shards]
	s.mu.RLock()
	b := s.m[d]
	s.mu.RUnlock()
	if b != nil && !b.gone.Load() && !b.Holding.stale.Load() {
		return b, nil
	}
	// What is in memory was well formed when it got there; garbage is stopped
	// before it reaches the database.
	if !secret.WellFormed(raw) {
		return nil, errUnknown
	}
	return a.load(ctx, raw)
}

// presentedAs is the name of a presented token in memory: one round of SHA-256, a
// quarter of the keyed digest's cost. It never leaves the process; what is stored
// is the keyed digest.
func presentedAs(raw string) secret.Digest {
	var b [secret.Length]byte
	copy(b[:], raw)
	return sha256.Sum256(b[:])
}

func (a *Authenticator) load(ctx context.Context, raw string) (*Bearer, error) {
	epoch := a.epoch.Load()
	var b *Bearer
	err := a.db.Read(ctx, func(tx *store.Tx) error {
		for _, d := range a.keys.Digests(raw) {
			t, err := find(tx, "digest = ?", d.String())
			if absent(err) {
				continue
			}
			if err != nil {
				return err
			}
			if t.Kind == Refresh {
				return errUnknown
			}
			b, err = a.read(tx, t)
			return err
		}
		return errUnknown
	})
	if err != nil {
		return nil, err
	}
	a.remember(b, presentedAs(raw), epoch)
	return b, nil
}

// read joins what the token depends on.
func (a *Authenticator) read(tx *store.Tx, t Token) (*Bearer, error) {
	b := &Bearer{Token: t.ID, Key: t.Key, Expires: t.Expires, ended: endedBy(t), digest: t.Digest}
	h, err := a.holding(tx, t.Grant)
	if err != nil {
		return nil, err
	}
	b.Holding = h
	b.Scopes = h.scopes // shared: a hundred thousand tokens need not list them again
	if len(t.Scopes) > 0 {
		b.Scopes = access.SortScopes(narrower(t.Scopes, h.ScopeNames)...)
	}
	return b, nil
}

// narrower keeps the scopes that the grant still has.
func narrower(want, have []string) []string {
	var out []string
	for _, w := range want {
		for _, h := range have {
			if w == h {
				out = append(out, w)
			}
		}
	}
	return out
}

func (a *Authenticator) holding(tx *store.Tx, grantID string) (*Holding, error) {
	a.mu.Lock()
	h := a.holds[grantID]
	a.mu.Unlock()
	if h != nil && !h.stale.Load() {
		return h, nil
	}
	g, err := (&grant.Service{}).Load(tx, grantID)
	if err != nil {
		return nil, err
	}
	acc, err := (&account.Service{}).Load(tx, g.Account)
	if err != nil {
		return nil, err
	}
	layers, err := g.Compile()
	if err != nil {
		return nil, err
	}
	h = &Holding{Grant: grantID, Kind: string(g.Kind), Account: g.Account, AccountKey: acc.Key, AccountName: acc.Name,
		Sandbox: acc.Kind == account.Sandbox, Upstream: acc.Upstream, Application: g.Application, Group: g.Group,
		Subject: g.Subject, SubjectKey: g.SubjectKey, APIVersion: g.APIVersion, ScopeNames: g.Scopes, scopes: access.SortScopes(g.Scopes...), Layers: layers, refusal: g.Live()}
	h.Installation, _ = strings.CutPrefix(g.Holder, "installation/")
	if acc.State != account.Active && h.refusal == nil {
		h.refusal = errClosed
	}
	if g.Application == "" {
		return h, nil
	}
	id, err := parseApplication(g.Application)
	if err != nil {
		return nil, err
	}
	app, err := (&application.Service{}).Load(tx, id)
	if absent(err) {
		h.refusal = errDeleted
		return h, nil
	}
	if err != nil {
		return nil, err
	}
	h.PublicID, h.Group, h.APIVersion = app.PublicID, app.Group, app.APIVersion
	if err := app.Usable(); err != nil && h.refusal == nil {
		h.refusal = err
	}
	team, err := (&group.Service{}).Load(tx, app.Group)
	if err != nil {
		return nil, err
	}
	if team.State == group.Suspended && h.refusal == nil {
		h.refusal = errGroup
	}
	return h, nil
}

// remember keeps b under the name that the next call looks for, and under the
// stored one, by which changes are announced.
func (a *Authenticator) remember(b *Bearer, presented secret.Digest, epoch uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.epoch.Load() != epoch {
		return // something changed while we read: answer this call only
	}
	h := b.Holding
	if was := a.holds[h.Grant]; was != nil && was != h && !was.stale.Load() {
		b.Holding = was // another call read the same grant first
		h = was
	}
	if len(a.holds) > most {
		a.dropAll()
	}
	if a.holds[h.Grant] == nil {
		a.holds[h.Grant] = h
		for _, owner := range []string{grant.Topic + "/" + h.Grant, account.Topic + "/" + h.Account, application.Topic + "/" + h.Application, group.Topic + "/" + h.Group} {
			if a.owners[owner] == nil {
				a.owners[owner] = map[string]struct{}{}
			}
			a.owners[owner][h.Grant] = struct{}{}
		}
	}
	a.put(b.digest, b, epoch)
	a.put(presented, b, epoch)
}

// put checks the epoch again under the lock under which forgetToken deletes, so
// that a token which ended meanwhile is not put back.
func (a *Authenticator) put(d secret.Digest, b *Bearer, epoch uint64) {
	s := &a.shard[d[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.epoch.Load() != epoch {
		return
	}
	if len(s.m) >= most/shards {
		s.shrink(a.db.Now())
	}
	s.m[d] = b
}

// shrink forgets what has ended and then, map order being random, an eighth.
func (s *shard) shrink(now time.Time) {
	for d, b := range s.m {
		if b.Holding.stale.Load() || b.Live(now) != nil {
			s.drop(d, b)
		}
	}
	for d, b := range s.m {
		if len(s.m) < most/shards*7/8 {
			return
		}
		s.drop(d, b)
	}
}

// drop also ends b under another digest: once it is gone from here, a change
// would not find it there.
func (s *shard) drop(d secret.Digest, b *Bearer) {
	b.gone.Store(true)
	delete(s.m, d)
}

func (a *Authenticator) forgetToken(digest string) {
	d, err := secret.ParseDigest(digest)
	if err != nil {
		return
	}
	s := &a.shard[d[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	a.epoch.Add(1)
	if b := s.m[d]; b != nil {
		s.drop(d, b)
	}
}

func (a *Authenticator) forgetOwner(owner string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.epoch.Add(1)
	for g := range a.owners[owner] {
		if h := a.holds[g]; h != nil {
			h.stale.Store(true)
			delete(a.holds, g)
		}
	}
	delete(a.owners, owner)
}

func (a *Authenticator) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.epoch.Add(1)
	a.dropAll()
}

func (a *Authenticator) dropAll() {
	for _, h := range a.holds {
		h.stale.Store(true)
	}
	a.holds, a.owners = map[string]*Holding{}, map[string]map[string]struct{}{}
	for i := range a.shard {
		a.shard[i].mu.Lock()
		a.shard[i].m = map[secret.Digest]*Bearer{}
		a.shard[i].mu.Unlock()
	}
}

// OfGrant gives what a token of the grant with all its scopes would stand for.
// Nothing is remembered but the grant. Unauthenticated `invalid_token` when there
// is no such grant.
func (a *Authenticator) OfGrant(ctx context.Context, grantID string) (*Bearer, error) {
	var b *Bearer
	err := a.db.Read(ctx, func(tx *store.Tx) error {
		h, err := a.holding(tx, grantID)
		if err != nil {
			return err
		}
		b = &Bearer{Holding: h, Scopes: h.scopes}
		return nil
	})
	if absent(err) {
		return nil, errUnknown
	}
	return b, err
}
