package token

import (
	"strings"

	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// leaked is the reason of what ended because a stranger had it.
const leaked = "leaked"

// EndLeaked ends a token that a stranger holds, and reports whether it opened
// anything until then. It joins and announces; it neither authorises nor records.
func (s *Service) EndLeaked(tx *store.Tx, t Token) (Token, bool, error) {
	if !t.Usable(tx.Now()) && t.State != Disabled {
		return t, false, nil
	}
	if err := s.revoke(tx, t, leaked); err != nil {
		return t, false, err
	}
	t.Revoke(tx.Now(), leaked)
	return t, true, nil
}

// Describe tells what the holder of a grant is called and who hears of its tokens.
// It joins.
func (s *Service) Describe(tx *store.Tx, g grant.Grant) (Holder, error) {
	h, err := s.describe(tx, g.ID.String())
	return h.holder, err
}

// Find gives the product key that raw is, usable or not; NotFound otherwise. It
// joins and does not authorise.
func (p *Products) Find(tx *store.Tx, raw string) (ProductKey, error) {
	if secret.ServiceToken.Is(raw) && secret.WellFormed(raw) {
		for _, d := range p.keys.Digests(raw) {
			k, err := findProduct(tx, "digest = ?", d.String())
			if !absent(err) {
				return k, err
			}
		}
	}
	return ProductKey{}, problem.NotFound("product key")
}

// Load gives a product key by what audit entries call it, product_key/pky_…
func (p *Products) Load(tx *store.Tx, name string) (ProductKey, error) {
	id, err := ident.Parse[ProductKey](strings.TrimPrefix(name, "product_key/"))
	if err != nil {
		return ProductKey{}, err
	}
	return findProduct(tx, "id = ?", id)
}

// EndLeaked ends a product key that a stranger holds, and reports whether it
// opened anything until then. It joins and announces; it neither authorises nor
// records.
func (p *Products) EndLeaked(tx *store.Tx, k ProductKey) (ProductKey, bool, error) {
	was := k.State
	if was != Active {
		return k, false, nil
	}
	if err := k.Revoke(tx.Now()); err != nil {
		return k, false, err
	}
	tx.Changed(ProductTopic, k.ID.String())
	return k, true, saveProduct(tx, k, was)
}
