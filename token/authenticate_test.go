package token_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/token"
)

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		issued := h.issue(token.Order{Life: hour, Scopes: []string{"flags.read", "never.granted"}})
		raw := issued.Secret.Reveal()
		b, err := h.bearers.Authenticate(ctx, raw)
		h.ok(err)
		if again, err := h.bearers.Authenticate(ctx, raw); err != nil || again != b {
			t.Errorf("the second call read the database: %v", err)
		}
		x := b.Holding
		if !b.Scopes.Has("flags.read") || b.Scopes.Has("flags.write") || b.Scopes.Has("never.granted") {
			t.Errorf("scopes: %v", b.Scopes.Names)
		}
		if x.Account != h.account.ID.String() || x.AccountKey != "harbour" || x.PublicID != h.app.PublicID || x.Group != h.app.Group || x.Installation != "ins_1" || x.Sandbox {
			t.Errorf("holding: %+v", x)
		}
		p := b.Principal()
		if p.User != "" || p.Subject() != "installation/ins_1" || p.May("group:view", access.On("group", h.app.Group)) == nil {
			t.Errorf("principal: %+v", p)
		}
		for name, bad := range map[string]string{"nothing": "", "garbage": "x", "a wrong checksum": raw[:len(raw)-1] + "!", "one that nobody issued": secret.Generate(secret.AccessToken).Reveal(),
			"a client secret": h.key.Secret.Reveal(), "a refresh token": h.issue(token.Order{Kind: token.Refresh}).Secret.Reveal(), "with a space": raw + " ", "in capitals": strings.ToUpper(raw)} {
			h.expect(name, bad, "invalid_token")
		}
		h.clock.Advance(hour - time.Microsecond)
		h.expect("just before its end", raw, "")
		h.clock.Advance(time.Microsecond)
		h.expect("at its end", raw, "token_expired")
	})
}

// TestA26_EveryChangeIsFeltAtOnce: whatever a token depends on, changing it is
// felt by the next call, although the token is remembered.
func TestA26_EveryChangeIsFeltAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		for _, tc := range []struct {
			name   string
			change func(h *house, i token.Issued) error
			want   string
			undo   func(h *house) error
		}{
			{"the token", func(h *house, i token.Issued) error { return h.tokens.RevokeID(ctx, h.developer, i.ID) }, "token_revoked", nil},
			{"the key", func(h *house, _ token.Issued) error {
				_, err := h.applications.RevokeKey(ctx, h.developer, h.key.ID)
				return err
			}, "key_revoked", nil},
			{"the grant", func(h *house, _ token.Issued) error { return h.setGrant(grant.Suspended, "installation_unavailable") }, "installation_unavailable",
				func(h *house) error { return h.setGrant(grant.Active, "") }},
			{"the grant's end", func(h *house, _ token.Issued) error { return h.setGrant(grant.Ended, "") }, "grant_ended", nil},
			{"the application", func(h *house, _ token.Issued) error {
				return h.db.Write(ctx, func(tx *store.Tx) error { return h.applications.Stop(tx, operator, h.app.ID, "", "abuse") })
			}, "application_suspended", func(h *house) error {
				return h.db.Write(ctx, func(tx *store.Tx) error { return h.applications.Start(tx, operator, h.app.ID, "") })
			}},
			{"the group", func(h *house, _ token.Issued) error {
				return h.db.Write(ctx, func(tx *store.Tx) error {
					return h.groups.Stop(tx, operator, ident.Must[group.Group](h.app.Group), "abuse")
				})
			}, "group_suspended", func(h *house) error {
				return h.db.Write(ctx, func(tx *store.Tx) error { return h.groups.Start(tx, operator, ident.Must[group.Group](h.app.Group)) })
			}},
			{"the account", func(h *house, _ token.Issued) error {
				_, err := h.accounts.Close(ctx, operator, h.account.ID)
				return err
			}, "account_closed", func(h *house) error {
				_, err := h.accounts.Put(ctx, operator, account.Draft{Key: "harbour", Name: "Harbour Books"})
				return err
			}},
		} {
			h := newHouse(t, open)
			i := h.issue(token.Order{Life: hour})
			raw := i.Secret.Reveal()
			h.expect(tc.name+" before", raw, "")
			h.ok(tc.change(h, i))
			h.expect(tc.name, raw, tc.want)
			if tc.undo != nil {
				h.ok(tc.undo(h))
				h.expect(tc.name+" undone", raw, "")
			}
		}
	})
}

func (h *house) setGrant(to grant.State, reason string) error {
	return h.db.Write(ctx, func(tx *store.Tx) error {
		_, err := h.grants.SetState(tx, h.grant.ID.String(), to, reason)
		return err
	})
}

func TestA26_OtherNodesFeelIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, _ func(*storetest.Clock) *store.DB) {
		url := t.TempDir() + "/two.db"
		if strings.HasSuffix(t.Name(), "/postgres") {
			url = storetest.PostgresURL(t)
		}
		h := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Again(t, url, c) })
		far := storetest.Again(t, url, h.clock)
		bearers := token.NewAuthenticator(far, h.keys)
		heard := make(chan struct{}, 8)
		for _, topic := range []string{token.Topic, grant.Topic} {
			far.OnChange(topic, func(string) { heard <- struct{}{} })
		}
		h.ok(far.Follow(t.Context()))
		i := h.issue(token.Order{Life: hour})
		other := h.issue(token.Order{Life: hour})
		for _, raw := range []string{i.Secret.Reveal(), other.Secret.Reveal()} {
			if got := h.state(bearers, raw); got != "" {
				t.Fatalf("before: %s", got)
			}
		}
		h.ok(h.tokens.RevokeID(ctx, h.developer, i.ID))
		wait(t, heard)
		if got := h.state(bearers, i.Secret.Reveal()); got != "token_revoked" {
			t.Errorf("the other node on a revoked token: %q", got)
		}
		h.ok(h.setGrant(grant.Suspended, "installation_blocked"))
		wait(t, heard)
		if got := h.state(bearers, other.Secret.Reveal()); got != "installation_blocked" {
			t.Errorf("the other node on a suspended grant: %q", got)
		}
	})
}

func wait(t *testing.T, heard <-chan struct{}) {
	t.Helper()
	select {
	case <-heard:
	case <-time.After(20 * time.Second):
		t.Fatal("the other node heard nothing")
	}
}

// TestNoStaleTokenIsPutBack lets many callers read tokens while they are revoked:
// once a revocation has returned, nobody finds the token live.
func TestNoStaleTokenIsPutBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		for range 15 {
			i := h.issue(token.Order{Life: hour})
			raw := i.Secret.Reveal()
			stop := make(chan struct{})
			var callers sync.WaitGroup
			for range 4 {
				callers.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							h.state(h.bearers, raw)
						}
					}
				})
			}
			h.ok(h.tokens.RevokeID(ctx, h.developer, i.ID))
			h.expect("revoked under load", raw, "token_revoked")
			close(stop)
			callers.Wait()
			h.expect("and afterwards", raw, "token_revoked")
		}
		live := h.issue(token.Order{Life: hour}).Secret.Reveal()
		for n := range 10 {
			var callers sync.WaitGroup
			for range 4 {
				callers.Go(func() {
					for range 20 {
						h.state(h.bearers, live)
					}
				})
			}
			to, want := grant.Suspended, "installation_blocked"
			if n%2 == 1 {
				to, want = grant.Active, ""
			}
			reason := want
			h.ok(h.setGrant(to, reason))
			h.expect("a grant that goes to and fro", live, want)
			callers.Wait()
			h.expect("afterwards", live, want)
		}
	})
}

// TestRotatedMasterKey: tokens digested under the former master key are found,
// remembered and forgotten.
func TestRotatedMasterKey(t *testing.T) {
	t.Parallel()
	h := one(t)
	i := h.issue(token.Order{Life: hour})
	raw := i.Secret.Reveal()
	bearers := token.NewAuthenticator(h.db, keyring(t, 2, 1))
	first, err := bearers.Authenticate(ctx, raw)
	h.ok(err)
	if again, err := bearers.Authenticate(ctx, raw); err != nil || again != first {
		t.Errorf("every call reads the database: %v", err)
	}
	h.ok(h.tokens.RevokeID(ctx, h.developer, i.ID))
	if got := h.state(bearers, raw); got != "token_revoked" {
		t.Errorf("revoked: %q", got)
	}
	if got := h.state(token.NewAuthenticator(h.db, keyring(t, 2)), raw); got != "invalid_token" {
		t.Errorf("without the former key: %q", got)
	}
}

func TestAScopeThatTheGrantLosesIsLost(t *testing.T) {
	t.Parallel()
	h := one(t)
	raw := h.issue(token.Order{Life: hour, Scopes: []string{"flags.write"}}).Secret.Reveal()
	h.expect("before", raw, "")
	h.write(func(tx *store.Tx) error {
		_, err := h.grants.Change(tx, h.grant.ID.String(), func(g *grant.Grant) error {
			g.Scopes = []string{"flags.read"}
			return nil
		})
		return err
	})
	b, err := h.bearers.Authenticate(ctx, raw)
	h.ok(err)
	if b.Scopes.Has("flags.write") || b.Scopes.Has("flags.read") {
		t.Errorf("a narrow token kept a scope, or gained one: %v", b.Scopes.Names)
	}
}

func TestAuthenticateFromMemoryAllocatesNothing(t *testing.T) {
	h := one(t)
	raw := h.issue(token.Order{Life: hour}).Secret.Reveal()
	h.expect("warm", raw, "")
	now := h.clock.Now()
	if n := testing.AllocsPerRun(200, func() {
		b, err := h.bearers.Authenticate(ctx, raw)
		if err != nil || b.Live(now) != nil {
			t.Error("refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	garbage := "grat_" + strings.Repeat("0", 46)
	if n := testing.AllocsPerRun(200, func() { _, _ = h.bearers.Authenticate(ctx, garbage) }); n != 0 {
		t.Errorf("%v allocations for garbage", n)
	}
}
