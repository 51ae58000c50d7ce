package token

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/role"
)

// owned are the topics whose changes make a holding stale: it names one of each,
// and the keys that its tokens were obtained with.
var owned = []string{grant.Topic, application.Topic, group.Topic, account.Topic}

// Authenticator turns presented tokens into Bearers, from memory when it can.
type Authenticator struct {
	// Roles tell what the people may do for whom tokens of kind consent and member
	// act; nil: nothing, so such tokens open nothing. Set it before the first call.
	Roles *role.Service
	// Signed checks that a JWT is an access token that we signed (RFC 9068); nil:
	// there are none. Set it before the first call.
	Signed func(ctx context.Context, raw string) error

	db   *store.DB
	keys *secret.Keyring
	// epoch counts invalidations: what was read before one is not remembered
	// after it.
	epoch  atomic.Uint64
	memory atomic.Pointer[memory]
	mu     sync.Mutex
	holds  map[string]*Holding            // by grant
	owners map[string]map[string]struct{} // owner → grants
}

// NewAuthenticator remembers and forgets by the change feed of db.
func NewAuthenticator(db *store.DB, keys *secret.Keyring) *Authenticator {
	a := &Authenticator{db: db, keys: keys}
	a.reset()
	db.OnChange(Topic, a.forgetToken)
	for _, topic := range append(slices.Clone(owned), application.KeyTopic) {
		db.OnChange(topic, func(key string) { a.forgetOwner(topic + "/" + key) })
	}
	for _, topic := range []string{role.Topic, account.RoleTopic} {
		db.OnChange(topic, func(account string) { a.forgetOwner(role.Topic + "/" + account) })
	}
	db.OnChange(identity.Topic, func(user string) { a.forgetOwner(identity.Topic + "/" + user) })
	db.OnLost(a.reset)
	return a
}

// Forget drops everything that is remembered, as another catalog demands: what
// built-in roles allow follows from it.
func (a *Authenticator) Forget() { a.reset() }

// Authenticate finds what raw stands for; Live says whether it opens anything.
// Errors: Unauthenticated `invalid_token`; Unavailable when it cannot be told.
func (a *Authenticator) Authenticate(ctx context.Context, raw string) (Bearer, error) {
	if len(raw) != secret.Length || secret.ClientSecret.Is(raw) || secret.RefreshToken.Is(raw) || secret.WebhookSecret.Is(raw) || secret.TriggerSecret.Is(raw) {
		if signedForm(raw) {
			return a.signed(ctx, raw)
		}
		return Bearer{}, errUnknown
	}
	presented := presentedAs(raw)
	if b, ok := a.memory.Load().find(presented); ok {
		return b, nil
	}
	// What is in memory was well formed when it got there; garbage is stopped
	// before it reaches the database.
	if !secret.WellFormed(raw) {
		return Bearer{}, errUnknown
	}
	return a.load(ctx, a.keys.Digests(raw), presented)
}

// presentedAs is the name of a presented token in memory: one round of SHA-256, a
// quarter of the keyed digest's cost. It never leaves the process; what is stored
// is the keyed digest.
func presentedAs(raw string) secret.Digest {
	var b [secret.Length]byte
	copy(b[:], raw)
	return sha256.Sum256(b[:])
}

func (a *Authenticator) load(ctx context.Context, stored []secret.Digest, presented secret.Digest) (Bearer, error) {
	epoch := a.epoch.Load()
	var found Token
	var h *Holding
	err := a.db.Read(ctx, func(tx *store.Tx) error {
		for _, d := range stored {
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
			found = t
			if t.Origin != "" && endedBy(t) == 0 {
				if found.State, err = a.origin(tx, t); err != nil {
					return err
				}
			}
			if h, err = a.holding(tx, t.Grant); err != nil || t.Key == "" || endedBy(found) != 0 {
				return err
			}
			ended, err := (&application.Service{}).KeyEnded(tx, t.Key)
			if ended {
				found.State, found.Reason = Revoked, "key_revoked"
			}
			return err
		}
		return errUnknown
	})
	if err != nil {
		return Bearer{}, err
	}
	return a.remember(found, h, presented, epoch), nil
}

// origin is the state of a token given the one that it was exchanged for, which
// may have ended while it was made.
func (a *Authenticator) origin(tx *store.Tx, t Token) (State, error) {
	from, err := find(tx, "id = ?", t.Origin)
	switch {
	case absent(err) || err == nil && endedBy(from) != 0:
		return Revoked, nil
	}
	return t.State, err
}

// seatOf makes what the token shares with others of its grant.
func seatOf(t Token, h *Holding) *Seat {
	s := &Seat{Key: t.Key, ClientID: t.ClientID, Confirmation: t.Confirmation, Resource: t.Resource, Told: t.Scopes,
		Holding: h, Scopes: h.scopes} // shared: a hundred thousand tokens need not list them again
	if len(t.Scopes) > 0 {
		s.Scopes = access.SortScopes(narrower(t.Scopes, h.ScopeNames)...)
	}
	if t.Kind == Static {
		s.Static = t.ID.String()
		if !t.BrownUntil.IsZero() && t.State == Retiring {
			s.brownFrom, s.brownUntil = t.BrownFrom.UnixMicro(), t.BrownUntil.UnixMicro()
		}
	}
	return s
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

// Standing gives what a grant may do now, for work that is done for its holder without a token, such as the delivery of
// events. NotFound when there is no such grant.
func (a *Authenticator) Standing(ctx context.Context, grantID string) (*Holding, error) {
	epoch := a.epoch.Load() // before anything is read: a transaction that is under way may see what was
	var h *Holding
	err := a.db.Read(ctx, func(tx *store.Tx) error {
		var err error
		h, err = a.holding(tx, grantID)
		return err
	})
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.epoch.Load() != epoch {
		h.stale.Store(true) // something changed while we read: good for this once
		return h, nil
	}
	return a.hold(h), nil
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
		Subject: g.Subject, SubjectKey: g.SubjectKey, APIVersion: g.APIVersion, ScopeNames: g.Scopes, scopes: access.SortScopes(g.Scopes...), Layers: layers, Own: slices.Clip(layers), refusal: g.Live()}
	h.Everything = (g.Kind == grant.KindLegacy || g.Kind == grant.KindRecording) && slices.Equal(g.Scopes, []string{grant.AllScopes})
	h.Networks, h.Reach = g.Networks, g.Reach
	if id, ok := strings.CutPrefix(g.Holder, "installation/"); ok {
		h.Installation = id
	}
	if acc.State != account.Active && h.refusal == nil {
		h.refusal = errClosed
	}
	if h.personal() {
		person, err := a.person(tx, g)
		if err != nil {
			return nil, err
		}
		h.Layers = append(slices.Clip(h.Layers), person)
	}
	if g.Application == "" {
		if g.Kind == grant.KindRecording {
			h.refusal = errRecording // whose sandbox it would be cannot be told
		}
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
	own := h.Sandbox && acc.Group == app.Group
	if err := app.Works(application.Use{Kind: h.Kind, Account: h.Account, Own: own}); err != nil && h.refusal == nil {
		h.refusal = err
	}
	if g.Kind == grant.KindRecording && !own {
		h.refusal = errRecording
	}
	if app.Restricted && !own && h.refusal == nil {
		h.refusal = errBarred
	}
	team, err := (&group.Service{}).Load(tx, app.Group)
	if err != nil {
		return nil, err
	}
	if err := team.Works(h.Account, own); err != nil && h.refusal == nil {
		h.refusal = err
	}
	return h, nil
}

// person is the layer of what the person for whom a grant acts may do now: one
// privilege less of theirs is one less of the token at the next call.
func (a *Authenticator) person(tx *store.Tx, g grant.Grant) (access.Layer, error) {
	if a.Roles == nil {
		return access.Layer{}, nil
	}
	return a.Roles.Layer(tx, g.Account, g.Subject)
}

// remember keeps t under what was presented, unless something has changed since
// epoch was read: then this call only is answered.
func (a *Authenticator) remember(t Token, h *Holding, presented secret.Digest, epoch uint64) Bearer {
	e := remembered{token: t.ID.Bytes(), ended: endedBy(t)}
	if !t.Expires.IsZero() {
		e.expires = t.Expires.UnixMicro()
	}
	b := Bearer{token: e.token, expires: e.expires, ended: e.ended}
	a.mu.Lock()
	if a.memory.Load().full() || len(a.holds) > most {
		a.epoch.Add(1)
		a.dropAll()
	}
	if a.epoch.Load() != epoch {
		a.mu.Unlock()
		b.Seat = seatOf(t, h)
		return b
	}
	m := a.memory.Load()
	h = a.hold(h)
	if t.Key != "" {
		a.own(application.KeyTopic+"/"+t.Key, h)
	}
	e.seat, b.Seat = h.seat(m, t)
	a.mu.Unlock()
	m.put(presented, t.Digest, e, a.db.Now(), epoch, &a.epoch)
	return b
}

// hold keeps a holding under its owners, or gives the one that another call kept
// first. The lock is held.
func (a *Authenticator) hold(h *Holding) *Holding {
	if was := a.holds[h.Grant]; was != nil && !was.stale.Load() {
		return was
	}
	a.holds[h.Grant] = h
	for i, key := range []string{h.Grant, h.Application, h.Group, h.Account} {
		a.own(owned[i]+"/"+key, h)
	}
	if h.personal() {
		a.own(role.Topic+"/"+h.Account, h)
		a.own(identity.Topic+"/"+h.Subject, h)
	}
	return h
}

// own makes a holding stale when its owner changes. The lock is held.
func (a *Authenticator) own(owner string, h *Holding) {
	if a.owners[owner] == nil {
		a.owners[owner] = map[string]struct{}{}
	}
	a.owners[owner][h.Grant] = struct{}{}
}

func (a *Authenticator) forgetToken(digest string) {
	if d, err := secret.ParseDigest(digest); err == nil {
		a.memory.Load().forget(d, &a.epoch)
	}
}

func (a *Authenticator) forgetOwner(owner string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.epoch.Add(1)
	for g := range a.owners[owner] {
		if h := a.holds[g]; h != nil {
			h.stale.Store(true)
			a.memory.Load().clear(h.seats)
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
	a.memory.Store(newMemory())
}

// OfGrant gives what a token of the grant with all its scopes would stand for.
// Nothing is remembered but the grant. Unauthenticated `invalid_token` when there
// is no such grant.
func (a *Authenticator) OfGrant(ctx context.Context, grantID string) (Bearer, error) {
	var b Bearer
	err := a.db.Read(ctx, func(tx *store.Tx) error {
		h, err := a.holding(tx, grantID)
		if err != nil {
			return err
		}
		b = Bearer{Seat: seatOf(Token{}, h)}
		return nil
	})
	if absent(err) {
		return Bearer{}, errUnknown
	}
	return b, err
}
