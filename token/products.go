package token

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// ProductTopic of the change feed: any product key has changed.
const ProductTopic = "token.product"

// usedEvery is how exactly the last use is kept.
const usedEvery = time.Minute

// Products holds the operations on product keys. Make it with NewProducts.
type Products struct {
	db    *store.DB
	audit *audit.Log
	keys  *secret.Keyring
	rules access.Rules

	mu    sync.Mutex
	epoch uint64
	known map[secret.Digest]*product
}

// product is a remembered key.
type product struct {
	by   access.Principal
	id   ProductKeyID
	used time.Time
}

// NewProducts remembers keys and forgets them by the change feed of db.
func NewProducts(db *store.DB, log *audit.Log, keys *secret.Keyring) (*Products, error) {
	rules, err := productRules()
	if err != nil {
		return nil, problem.Internal("token.NewProducts", err)
	}
	p := &Products{db: db, audit: log, keys: keys, rules: rules, known: map[secret.Digest]*product{}}
	db.OnChange(ProductTopic, func(string) { p.forget() })
	db.OnLost(p.forget)
	return p, nil
}

func (p *Products) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch++
	clear(p.known)
}

// IssuedProductKey is a new key with its secret, which is never shown again.
type IssuedProductKey struct {
	ProductKey
	Secret secret.Text `json:"-"`
}

// Create makes a key; the operator only. Errors: Invalid `product_key_invalid`.
func (p *Products) Create(ctx context.Context, by access.Principal, label string) (IssuedProductKey, error) {
	var out IssuedProductKey
	err := p.db.Write(ctx, func(tx *store.Tx) error {
		if err := by.May("platform:create_product_key", access.Platform()); err != nil {
			return err
		}
		if f := checkLabel(label); len(f) > 0 {
			return problem.Invalid("product_key_invalid", "Some of the fields need another look.", f...)
		}
		text := secret.Generate(secret.ServiceToken)
		k := ProductKey{ID: ident.New[ProductKey](tx.Now()), Digest: p.keys.Digest(text.Reveal()), Hint: text.Hint(), Label: strings.TrimSpace(label),
			State: Active, Created: tx.Now(), CreatedBy: by.User}
		if err := insertProduct(tx, k); err != nil {
			return err
		}
		out = IssuedProductKey{ProductKey: k, Secret: text}
		return p.record(tx, by, "create", nil, k)
	})
	return out, err
}

func (p *Products) record(tx *store.Tx, by access.Principal, action string, before any, k ProductKey) error {
	return p.audit.Record(tx, by, audit.Change{Action: "product_key." + action, Target: "product_key/" + k.ID.String(), Name: k.Label, Before: before, After: k})
}

// List gives every key without secrets; the operator only.
func (p *Products) List(ctx context.Context, by access.Principal) ([]ProductKey, error) {
	if err := by.May("platform:list_product_keys", access.Platform()); err != nil {
		return nil, err
	}
	var out []ProductKey
	err := p.db.Read(ctx, func(tx *store.Tx) error {
		got, err := products(tx)
		out = got
		return err
	})
	return out, err
}

// Revoke ends a key at once; the operator only.
func (p *Products) Revoke(ctx context.Context, by access.Principal, id ProductKeyID) (ProductKey, error) {
	var out ProductKey
	err := p.db.Write(ctx, func(tx *store.Tx) error {
		if err := by.May("platform:revoke_product_key", access.Platform()); err != nil {
			return err
		}
		k, err := findProduct(tx, "id = ?", id)
		if err != nil {
			return err
		}
		before := k
		if err := k.Revoke(tx.Now()); err != nil {
			return err
		}
		if err := saveProduct(tx, k, before.State); err != nil {
			return err
		}
		tx.Changed(ProductTopic, id.String())
		out = k
		return p.record(tx, by, "revoke", before, k)
	})
	return out, err
}

// Authenticate gives the principal of a product key. Errors: Unauthenticated
// `invalid_token` for what is no product key, `token_revoked`.
func (p *Products) Authenticate(ctx context.Context, raw string) (access.Principal, error) {
	if !secret.ServiceToken.Is(raw) || !secret.WellFormed(raw) {
		return access.Principal{}, errUnknown
	}
	d := p.keys.Digest(raw)
	p.mu.Lock()
	k, epoch := p.known[d], p.epoch
	p.mu.Unlock()
	if k == nil {
		var err error
		if k, err = p.load(ctx, raw); err != nil {
			return access.Principal{}, err
		}
		p.mu.Lock()
		if p.epoch == epoch {
			p.known[d] = k
		}
		p.mu.Unlock()
	}
	p.touch(ctx, k)
	return k.by, nil
}

func (p *Products) load(ctx context.Context, raw string) (*product, error) {
	var out *product
	err := p.db.Read(ctx, func(tx *store.Tx) error {
		for _, d := range p.keys.Digests(raw) {
			k, err := findProduct(tx, "digest = ?", d.String())
			if absent(err) {
				continue
			}
			if err != nil {
				return err
			}
			if k.State != Active {
				return errRevoked
			}
			out = &product{by: k.principal(p.rules), id: k.ID, used: k.LastUsed}
			return nil
		}
		return errUnknown
	})
	return out, err
}

// touch notes the use, at most once a minute. Failing to note it does not fail
// the request.
func (p *Products) touch(ctx context.Context, k *product) {
	now := p.db.Now()
	p.mu.Lock()
	due := now.Sub(k.used) >= usedEvery
	if due {
		k.used = now
	}
	p.mu.Unlock()
	if !due {
		return
	}
	err := p.db.Batch(ctx, func(tx *store.Tx) error { return useProduct(tx, k.id, now.Truncate(usedEvery)) })
	if err != nil {
		p.db.Log.Warn("product key: last use", "error", err)
	}
}
