package token_test

import (
	"sync"
	"testing"

	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/token"
)

// Tokens that are asked for at the same time share a commit and nothing else:
// each has its own secret and scopes, and one that cannot be made costs the
// others nothing.
func TestIssueGrouped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		const many = 60
		issued, failed := make([]token.Issued, many), make([]error, many)
		var all sync.WaitGroup
		for i := range many {
			all.Go(func() {
				o := token.Order{Grant: h.grant, Kind: token.Access, Life: hour, Key: h.key.ID.String()}
				switch i % 3 {
				case 1:
					o.Scopes = []string{"flags.read"}
				case 2:
					if i == 32 {
						o.Grant.ID = grant.ID{} // a grant that is not there: the database refuses it
					}
				}
				issued[i], failed[i] = h.tokens.IssueGrouped(ctx, o)
			})
		}
		all.Wait()
		seen := map[string]bool{}
		for i := range many {
			if i == 32 {
				if failed[i] == nil || !issued[i].Secret.IsZero() {
					t.Errorf("a token without a grant was made: %v", failed[i])
				}
				continue
			}
			h.ok(failed[i])
			raw := issued[i].Secret.Reveal()
			if seen[raw] {
				t.Fatal("two requests got the same token")
			}
			seen[raw] = true
			b, err := h.bearers.Authenticate(ctx, raw)
			h.ok(err)
			if b.Token() != issued[i].ID || b.Scopes.Has("flags.write") == (i%3 == 1) {
				t.Errorf("token %d is %s with %v", i, b.Token(), b.Scopes.Names)
			}
		}
		h.ok(h.setGrant(grant.Suspended, "installation_unavailable"))
		h.write(func(tx *store.Tx) error {
			g, err := h.grants.Load(tx, h.grant.ID.String())
			h.grant = g
			return err
		})
		if _, err := h.tokens.IssueGrouped(ctx, token.Order{Grant: h.grant, Kind: token.Access, Life: hour}); problem.CodeOf(err) != "installation_unavailable" {
			t.Errorf("a token for a suspended grant: %v", err)
		}
	})
}

// A token that was on its way while its key was revoked opens nothing, although
// the revocation could not name it.
func TestTokenOfAKeyThatEndedMeanwhile(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		before := h.issue(token.Order{Life: hour})
		h.expect("while the key lives", before.Secret.Reveal(), "")
		_, err := h.applications.RevokeKey(ctx, h.developer, h.key.ID)
		h.ok(err)
		late, err := h.tokens.IssueGrouped(ctx, token.Order{Grant: h.grant, Kind: token.Access, Life: hour, Key: h.key.ID.String()})
		h.ok(err)
		h.expect("obtained by a revoked key", late.Secret.Reveal(), "key_revoked")
		h.expect("obtained before", before.Secret.Reveal(), "key_revoked")
	})
}
