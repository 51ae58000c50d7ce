package token_test

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/token"
)

const day = 24 * time.Hour

// static gives the house a private integration's grant and a first token of it.
func (h *house) static(o token.Order) token.Issued {
	h.t.Helper()
	h.grant = h.newGrant(grant.Grant{Kind: grant.KindPrivate, Account: h.account.ID.String(), Holder: "private/prv_1",
		Layers: [][]access.Policy{{{{Effect: access.Allow, Actions: []string{"flag:*"}, Resources: []string{"*"}}}}}})
	h.key.ID = application.KeyID{}
	o.Kind = token.Static
	return h.issue(o)
}

func (h *house) admin() access.Principal {
	return access.UserPrincipal("usr_a", nil, map[string]string{h.account.ID.String(): access.AccountAdmin})
}

func (h *house) code(what string, err error, want string) {
	h.t.Helper()
	if got := problem.CodeOf(err); got != want {
		h.t.Errorf("%s: %q (%v), want %q", what, got, err, want)
	}
}

func (h *house) rotate(t token.Issued, grace time.Duration) token.Issued {
	h.t.Helper()
	i, err := h.tokens.Rotate(ctx, h.admin(), t.ID, token.Rotation{Grace: grace, Reason: "it leaked"})
	h.ok(err)
	return i
}

// H5: the old token is refused at once, and somebody says why.
func TestH5_RotateNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		old := h.static(token.Order{Life: 30 * day, Idle: 90 * day})
		h.expect("before", old.Secret.Reveal(), "")
		_, err := h.tokens.Rotate(ctx, h.admin(), old.ID, token.Rotation{Reason: " "})
		h.code("without a reason", err, "reason_required")
		h.clock.Advance(day)
		made := h.rotate(old, 0)
		h.expect("the old one", old.Secret.Reveal(), "token_expired")
		h.expect("the new one", made.Secret.Reveal(), "")
		if !made.Expires.Equal(h.clock.Now().Add(30*day)) || made.Idle.Duration() != 90*day || made.Replaces != old.ID.String() || !secret.PrivateKey.Is(made.Secret.Reveal()) {
			t.Errorf("the successor: %+v", made.Token)
		}
		_, err = h.tokens.Rotate(ctx, h.admin(), old.ID, token.Rotation{Grace: hour})
		h.code("the old one again", err, "token_not_active")
		for name, f := range map[string]func() error{
			"cancel":    func() error { _, err := h.tokens.CancelRotation(ctx, h.admin(), old.ID); return err },
			"expire":    func() error { _, err := h.tokens.Expire(ctx, h.admin(), old.ID); return err },
			"extend":    func() error { _, err := h.tokens.Extend(ctx, h.admin(), old.ID, h.clock.Now().Add(day)); return err },
			"brown-out": func() error { _, err := h.tokens.BrownOut(ctx, h.admin(), old.ID); return err },
		} {
			h.code(name+" without an overlap", f(), "token_not_retiring")
		}
		page, err := h.tokens.Audit.List(ctx, operator, audit.Filter{Action: "token.*"}, 0)
		h.ok(err)
		if len(page.Entries) != 1 || page.Entries[0].Reason != "it leaked" || !strings.Contains(string(page.Entries[0].After), made.ID.String()) || strings.Contains(string(page.Entries[0].After), made.Secret.Reveal()) {
			t.Errorf("audit: %+v", page.Entries)
		}
	})
}

// H6: both work through the overlap, and only the new one after it.
func TestH6_RotateWithOverlap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		old := h.static(token.Order{})
		made := h.rotate(old, token.UsualOverlap)
		h.clock.Advance(6*day + 23*hour)
		h.expect("old in the overlap", old.Secret.Reveal(), "")
		h.expect("new in the overlap", made.Secret.Reveal(), "")
		_, err := h.tokens.Rotate(ctx, h.admin(), old.ID, token.Rotation{Grace: hour})
		h.code("the old one again", err, "token_already_retiring")
		_, err = h.tokens.Rotate(ctx, h.admin(), made.ID, token.Rotation{Grace: hour})
		h.code("a second overlap", err, "token_overlap_running")
		h.clock.Advance(hour + time.Minute)
		h.expect("old after it", old.Secret.Reveal(), "token_expired")
		h.expect("new after it", made.Secret.Reveal(), "")
		_, err = h.tokens.CancelRotation(ctx, h.admin(), old.ID)
		h.code("cancel, too late", err, "token_not_retiring")
		h.rotate(made, hour)
		for _, grace := range []time.Duration{-1, token.MostOverlap + 1} {
			_, err := h.tokens.Rotate(ctx, h.admin(), made.ID, token.Rotation{Grace: grace})
			h.code("an overlap out of range", err, "token_overlap_invalid")
		}
	})
}

// H7: cancel, extend and expire each leave exactly the described tokens valid.
func TestH7_CancelExtendExpire(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		old := h.static(token.Order{Life: 40 * day})
		first := h.rotate(old, 7*day)
		h.clock.Advance(day)
		back, err := h.tokens.CancelRotation(ctx, h.admin(), old.ID)
		h.ok(err)
		if back.State != token.Active || !back.Expires.Equal(old.Expires) || back.Successor != "" || !back.Earlier.IsZero() {
			t.Errorf("cancelled: %+v", back)
		}
		h.expect("old after cancel", old.Secret.Reveal(), "")
		h.expect("new after cancel", first.Secret.Reveal(), "token_revoked")

		second := h.rotate(old, 7*day)
		for until, want := range map[time.Time]string{h.clock.Now().Add(6 * day): "token_overlap_invalid", h.clock.Now().Add(91 * day): "token_overlap_invalid",
			old.Expires.Add(time.Second): "token_overlap_invalid", h.clock.Now().Add(14 * day): ""} {
			_, err := h.tokens.Extend(ctx, h.admin(), old.ID, until)
			h.code("extend until "+until.String(), err, want)
		}
		h.clock.Advance(10 * day)
		h.expect("old, extended", old.Secret.Reveal(), "")
		_, err = h.tokens.Expire(ctx, h.admin(), second.ID)
		h.code("expire the new one", err, "token_not_retiring")
		_, err = h.tokens.Expire(ctx, h.admin(), old.ID)
		h.ok(err)
		h.expect("old, expired", old.Secret.Reveal(), "token_expired")
		h.expect("new, old expired", second.Secret.Reveal(), "")
		_, err = h.tokens.Expire(ctx, h.admin(), old.ID)
		h.code("expire again", err, "token_not_retiring")

		third := h.rotate(second, 7*day)
		fourth := h.rotate(third, 0) // an emergency in the overlap
		_, err = h.tokens.CancelRotation(ctx, h.admin(), second.ID)
		h.code("cancel past a replaced successor", err, "token_successor_replaced")
		h.expect("the one that works on", second.Secret.Reveal(), "")
		h.expect("the one in between", third.Secret.Reveal(), "token_expired")
		h.expect("the newest", fourth.Secret.Reveal(), "")
	})
}

// Only static tokens are rotated, by those who manage what holds them.
func TestWhoRotatesWhat(t *testing.T) {
	t.Parallel()
	h := one(t)
	loose := h.issue(token.Order{Life: hour})
	_, err := h.tokens.Rotate(ctx, h.admin(), loose.ID, token.Rotation{Grace: hour})
	h.code("an access token", err, "token_not_rotatable")
	old := h.static(token.Order{})
	for name, tc := range map[string]struct {
		by   access.Principal
		want string
	}{
		"a stranger":                  {access.UserPrincipal("usr_s", nil, nil), "not_found"},
		"a reader":                    {access.UserPrincipal("usr_r", nil, map[string]string{h.account.ID.String(): access.AccountReader}), "forbidden"},
		"an administrator of another": {access.UserPrincipal("usr_o", nil, map[string]string{"acc_other": access.AccountAdmin}), "not_found"},
	} {
		_, err := h.tokens.Rotate(ctx, tc.by, old.ID, token.Rotation{Grace: hour})
		h.code(name, err, tc.want)
	}
	h.ok(h.setGrant(grant.Suspended, "installation_unavailable"))
	_, err = h.tokens.Rotate(ctx, h.admin(), old.ID, token.Rotation{Grace: hour})
	h.code("while suspended", err, "installation_unavailable")
	mine := h.newGrant(grant.Grant{Kind: grant.KindMember, Account: h.account.ID.String(), Holder: "personal/per_1", Subject: "usr_m"})
	h.grant = mine
	i := h.issue(token.Order{Kind: token.Static})
	if !secret.PersonalToken.Is(i.Secret.Reveal()) {
		t.Errorf("prefix of a personal token: %s", i.Secret.Reveal()[:5])
	}
}
