package gateway

import (
	"slices"
	"sync"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// attachment is what the gateway keeps beside a grant and key: it is prepared
// once and dropped with the Bearer.
type attachment struct {
	meter    *quota.Meter
	whole    access.Resource // the account, for routes that name no resource
	grant    *usage.Stamp
	key      *usage.Stamp
	base     usage.Key
	counters sync.Map // *catalog.Route → *usage.Counter
	editions sync.Map // *edition → *sync.Map like counters, where there are API versions
	scopes   []string // all of the grant's
	passport passport // of tokens with these scopes
}

// fitting is what the gateway keeps beside a Seat: its grant's attachment, and
// the identity, which tokens with all scopes of the grant share.
type fitting struct {
	attached *attachment
	passport *passport
}

func (e *Engine) attach(b *token.Seat) *fitting {
	if got := b.Attached.Load(); got != nil {
		if s, ok := (*got).(*fitting); ok {
			return s
		}
	}
	h := b.Holding
	by := b.Key
	if b.Static != "" {
		by = b.Static
	}
	made, ok := h.Attached.Load(by)
	if !ok {
		made, _ = h.Attached.LoadOrStore(by, e.newAttachment(b))
	}
	a, ok := made.(*attachment)
	if !ok {
		a = e.newAttachment(b)
	}
	s := &fitting{attached: a, passport: &a.passport}
	if !slices.Equal(b.Scopes.Names, a.scopes) {
		s.passport = new(passport)
	}
	kept := any(s)
	b.Attached.Store(&kept)
	return s
}

func (e *Engine) newAttachment(b *token.Seat) *attachment {
	h, key := b.Holding, b.Key
	a := &attachment{
		meter:  e.Quota.Meter(quota.Holder{Group: h.Group, Application: h.Application, Account: h.Account, Key: key, Sandbox: h.Sandbox}),
		scopes: access.SortScopes(h.ScopeNames...).Names,
		whole:  access.NewResource(access.Segment{Kind: "acct"}),
		grant:  e.Usage.Stamp(usage.Subject{Kind: "grant", ID: h.Grant}),
		base:   usage.Key{Grant: h.Grant, Application: h.Application, Account: h.Account, Group: h.Group, Key: key},
	}
	switch {
	case b.Static != "":
		a.base.Key = b.Static
		a.key = e.Usage.Stamp(usage.Subject{Kind: token.Subject, ID: b.Static})
	case key != "":
		a.key = e.Usage.Stamp(usage.Subject{Kind: "key", ID: key})
	}
	return a
}

func (a *attachment) counter(r *usage.Recorder, route *catalog.Route, ed *edition) *usage.Counter {
	counters := &a.counters
	if ed != nil {
		some, ok := a.editions.Load(ed)
		if !ok {
			some, _ = a.editions.LoadOrStore(ed, new(sync.Map))
		}
		if m, ok := some.(*sync.Map); ok {
			counters = m
		}
	}
	if c, ok := counters.Load(route); ok {
		if counter, ok := c.(*usage.Counter); ok {
			return counter
		}
	}
	k := a.base
	if ed != nil {
		k.Version = ed.name
	}
	if route != nil {
		k.Operation = route.Operation
		for _, atom := range route.Needs.Atoms() {
			if atom.Kind == access.KindEntitlement {
				k.Entitlement = atom.Name
				break
			}
		}
	}
	c := r.Counter(k)
	counters.Store(route, c)
	return c
}
