package token_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/token"
)

// Tokens that share a grant and key share a seat; those with fewer scopes or of
// another key have one of their own, and what is theirs alone stays theirs.
func TestSharedSeats(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		one, two := h.issue(token.Order{Life: hour}), h.issue(token.Order{Life: 2 * hour})
		narrow := h.issue(token.Order{Life: hour, Scopes: []string{"flags.read"}})
		other, err := h.applications.CreateKey(ctx, h.developer, h.app.ID, application.KeyDraft{Label: "other"})
		h.ok(err)
		keyed := h.issue(token.Order{Life: hour, Key: other.ID.String()})
		seen := map[*token.Seat]string{}
		for name, i := range map[string]token.Issued{"whole": one, "narrow": narrow, "keyed": keyed} {
			b, err := h.bearers.Authenticate(ctx, i.Secret.Reveal())
			h.ok(err)
			if b.Token() != i.ID {
				t.Errorf("%s: token %s, issued %s", name, b.Token(), i.ID)
			}
			if other, taken := seen[b.Seat]; taken {
				t.Errorf("%s and %s share a seat", name, other)
			}
			seen[b.Seat] = name
		}
		b, err := h.bearers.Authenticate(ctx, two.Secret.Reveal())
		h.ok(err)
		if seen[b.Seat] != "whole" || b.Token() != two.ID {
			t.Errorf("a token like another one has the seat of %q and the id %s", seen[b.Seat], b.Token())
		}
		h.clock.Advance(hour)
		h.expect("the shorter life", one.Secret.Reveal(), "token_expired")
		h.expect("the longer life", two.Secret.Reveal(), "")
		h.ok(h.tokens.RevokeID(ctx, h.developer, two.ID))
		h.expect("the revoked one", two.Secret.Reveal(), "token_revoked")
	})
}

// However reads and revocations meet: once a revocation has been answered, its
// token opens nothing, and its neighbours still do.
func TestRevocationsAmongReads(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		const each = 24
		tokens := make([]token.Issued, each)
		for i := range tokens {
			tokens[i] = h.issue(token.Order{Life: hour})
		}
		var readers, writers sync.WaitGroup
		stop := make(chan struct{})
		for r := range 4 {
			readers.Go(func() {
				for i := r; ; i++ {
					select {
					case <-stop:
						return
					default:
						_, _ = h.bearers.Authenticate(ctx, tokens[i%each].Secret.Reveal())
					}
				}
			})
		}
		late := make(chan string, each)
		for w := range 2 {
			writers.Go(func() {
				for i := w * 2; i < each; i += 4 { // every second pair stays
					if err := h.tokens.RevokeID(ctx, h.developer, tokens[i].ID); err != nil {
						late <- err.Error()
					}
					for range 20 {
						if got := h.state(h.bearers, tokens[i].Secret.Reveal()); got != "token_revoked" {
							late <- fmt.Sprintf("token %d after its revocation: %q", i, got)
						}
					}
				}
			})
		}
		writers.Wait()
		close(stop)
		readers.Wait()
		close(late)
		for what := range late {
			t.Error(what)
		}
		for i := 1; i < each; i += 2 {
			h.expect(fmt.Sprintf("token %d", i), tokens[i].Secret.Reveal(), "")
		}
	})
}
