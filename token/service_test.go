package token_test

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/token"
)

func TestRules(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name    string
		was     token.Token
		grace   time.Duration
		code    string
		state   token.State
		expires time.Time
	}{
		{"with grace", token.Token{State: token.Active}, time.Hour, "", token.Retiring, now.Add(time.Hour)},
		{"at once", token.Token{State: token.Active}, 0, "", token.Expired, now},
		{"an earlier end stays", token.Token{State: token.Active, Expires: now.Add(time.Minute)}, time.Hour, "", token.Retiring, now.Add(time.Minute)},
		{"a later end comes nearer", token.Token{State: token.Active, Expires: now.Add(time.Hour)}, time.Minute, "", token.Retiring, now.Add(time.Minute)},
		{"twice", token.Token{State: token.Retiring}, time.Hour, "token_already_retiring", token.Retiring, time.Time{}},
		{"revoked", token.Token{State: token.Revoked}, time.Hour, "token_not_active", token.Revoked, time.Time{}},
		{"over", token.Token{State: token.Active, Expires: now}, time.Hour, "token_not_active", token.Active, now},
	} {
		got := tc.was
		err := got.Retire(now, tc.grace)
		if problem.CodeOf(err) != tc.code || got.State != tc.state || !got.Expires.Equal(tc.expires) {
			t.Errorf("%s: %v %s %s", tc.name, err, got.State, got.Expires)
		}
	}
}

func TestListAndRevokeFromBothSides(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		admin := access.UserPrincipal("usr_a", nil, map[string]string{h.account.ID.String(): access.AccountAdmin})
		reader := access.UserPrincipal("usr_r", nil, map[string]string{h.account.ID.String(): access.AccountReader})
		stranger := access.UserPrincipal("usr_s", nil, nil)
		var all []token.Issued
		for range 3 {
			h.clock.Advance(time.Second)
			all = append(all, h.issue(token.Order{Life: hour}))
		}
		for name, by := range map[string]access.Principal{"the administrator": admin, "a reader": reader, "the developer": h.developer} {
			first, err := h.tokens.ListHolder(ctx, by, "installation/ins_1", token.Query{Limit: 2})
			if err != nil || len(first) != 2 || first[0].ID != all[2].ID {
				t.Fatalf("%s: %v %v", name, first, err)
			}
			rest, err := h.tokens.ListHolder(ctx, by, "installation/ins_1", token.Query{Limit: 2, Before: first[1].ID})
			if err != nil || len(rest) != 1 || rest[0].ID != all[0].ID || rest[0].Hint != all[0].Secret.Hint() {
				t.Errorf("%s, second page: %v %v", name, rest, err)
			}
		}
		for _, holder := range []string{"installation/ins_1", "installation/ins_none"} {
			if _, err := h.tokens.ListHolder(ctx, stranger, holder, token.Query{Limit: 2}); problem.CodeOf(err) != "not_found" {
				t.Errorf("a stranger on %s: %v", holder, err)
			}
		}
		for _, tc := range []struct {
			name string
			by   access.Principal
			want string
		}{{"a stranger", stranger, "not_found"}, {"a reader", reader, "forbidden"}, {"the administrator", admin, ""}, {"again", admin, ""}, {"the developer, too late", h.developer, ""}} {
			if err := h.tokens.RevokeID(ctx, tc.by, all[0].ID); problem.CodeOf(err) != tc.want {
				t.Errorf("%s revokes: %v", tc.name, err)
			}
		}
		page, err := h.tokens.Audit.List(ctx, operator, audit.Filter{Action: "token.*"}, 0)
		if err != nil || len(page.Entries) != 1 || strings.Contains(string(page.Entries[0].After), all[0].Secret.Reveal()) {
			t.Errorf("audit: %v %v", page.Entries, err)
		}
		h.clock.Advance(2 * hour)
		late, err := h.tokens.ListHolder(ctx, admin, "installation/ins_1", token.Query{Limit: 10})
		if err != nil || late[0].State != token.Expired || late[2].State != token.Revoked {
			t.Errorf("states later: %v %v", late, err)
		}
	})
}

func TestIssueNeedsALiveGrant(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.ok(h.setGrant(grant.Suspended, "installation_blocked"))
	err := h.db.Write(ctx, func(tx *store.Tx) error {
		g, err := h.grants.Load(tx, h.grant.ID.String())
		if err != nil {
			return err
		}
		_, err = h.tokens.Issue(tx, token.Order{Grant: g, Kind: token.Access})
		return err
	})
	if problem.CodeOf(err) != "installation_blocked" {
		t.Errorf("%v", err)
	}
}

func TestSweepKeepsADay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		raw, forever := h.issue(token.Order{Life: hour}).Secret.Reveal(), h.issue(token.Order{Kind: token.Static}).Secret.Reveal()
		h.clock.Advance(25*hour - time.Minute)
		h.ok(h.tokens.Sweep(ctx))
		h.expect("within a day", raw, "token_expired")
		h.clock.Advance(hour)
		h.ok(h.tokens.Sweep(ctx))
		if got := h.state(token.NewAuthenticator(h.db, h.keys), raw); got != "invalid_token" {
			t.Errorf("after a day: %q", got)
		}
		h.expect("one without an end", forever, "")
	})
}
