package token_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// watched is a house whose account has an administrator with an inbox.
func watched(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := newHouse(t, open)
	h.boss = access.UserPrincipal(ident.New[person](h.clock.Now()).String(), nil, map[string]string{h.account.ID.String(): access.AccountAdmin})
	h.write(func(tx *store.Tx) error {
		if _, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, 'grace@example.com', 'Grace', '', '', 0, 'active', '', 1, ?, 0)`, h.boss.User, store.At(tx.Now())); err != nil {
			return err
		}
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO account_member (account, user_id, role, roles, created) VALUES (?, ?, 'admin', '[]', 0)`, h.account.ID, h.boss.User)
		return err
	})
	return h
}

// told gives the notices that came since the last time, as kind and subject.
func (h *house) told() []string {
	h.t.Helper()
	box, err := h.tokens.Notices.List(ctx, h.boss, notice.Query{Unread: true, Limit: 100})
	h.ok(err)
	h.ok(h.tokens.Notices.ReadAll(ctx, h.boss))
	var out []string
	for _, i := range box.Items {
		out = append(out, i.Kind+": "+i.Subject)
	}
	return out
}

func (h *house) watch(want ...string) {
	h.t.Helper()
	h.ok(h.tokens.Watch(ctx))
	if got := h.told(); strings.Join(got, "|") != strings.Join(want, "|") {
		h.t.Errorf("at %s: told %q, want %q", h.clock.Now().Format("2 Jan"), got, want)
	}
}

func (h *house) use(t token.Issued) {
	h.usage.Recorder.Touch(usage.Subject{Kind: token.Subject, ID: t.ID.String()}, h.clock.Now(), usage.Call{Operation: "listFlags", From: netip.MustParseAddr("203.0.113.9")})
}

func (h *house) find(t token.Issued) token.Generation {
	h.t.Helper()
	g, err := h.tokens.Get(ctx, h.boss, t.ID)
	h.ok(err)
	return g
}

const (
	soon  = "token.unused: A token of Harbour Books is about to be disabled: nobody uses it"
	off   = "token.disabled: A token of Harbour Books was disabled: nobody used it"
	aging = "token.rotation_due: A token of Harbour Books should be rotated"
)

// H9: first notice at T+75, then +83 and +89; disabled at +90; restorable for 30
// days; then it is gone.
func TestH9_IdleExpiry(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := watched(t, open)
		_, err := h.tokens.SetPolicy(ctx, h.boss, h.account.ID, token.Policy{IdleDays: 90})
		h.ok(err)
		i := h.static(token.Order{})
		raw := i.Secret.Reveal()
		begin := h.clock.Now()
		for d, last := 0, ""; d < 90; d++ {
			switch h.clock.Advance(time.Duration(d)*day - h.clock.Now().Sub(begin)); d {
			case 75, 83, 89:
				h.watch(soon)
			default:
				h.watch()
			}
			h.expect("while noticed", raw, last)
		}
		if g := h.find(i); !g.Deadline.Equal(begin.Add(90*day)) || g.Warned != 1 {
			t.Errorf("before the end: %+v", g.Token)
		}
		h.clock.Advance(day)
		h.watch(off)
		h.expect("disabled", raw, "token_idle")
		_, err = h.tokens.Rotate(ctx, h.boss, i.ID, token.Rotation{Grace: hour})
		h.code("rotate what is disabled", err, "token_not_active")
		h.clock.Advance(29 * day)
		h.watch()
		back, err := h.tokens.Restore(ctx, h.boss, i.ID)
		h.ok(err)
		if back.State != token.Active || back.Warned != 0 || !back.Disabled.IsZero() {
			t.Errorf("restored: %+v", back)
		}
		h.expect("restored", raw, "")
		_, err = h.tokens.Restore(ctx, h.boss, i.ID)
		h.code("restore again", err, "token_not_disabled")

		for _, days := range []int{75, 8, 6} {
			h.clock.Advance(time.Duration(days) * day)
			h.watch(soon)
		}
		h.clock.Advance(day)
		h.watch(off)
		h.clock.Advance(30 * day)
		_, err = h.tokens.Restore(ctx, h.boss, i.ID)
		h.code("restore after 30 days", err, "token_not_active")
		h.watch()
		h.expect("expired", raw, "token_expired")
		page, err := h.tokens.Audit.List(ctx, operator, audit.Filter{Action: "token.*"}, 0)
		h.ok(err)
		var actions []string
		for _, e := range page.Entries {
			actions = append(actions, e.Actor+" "+e.Action)
		}
		if got := strings.Join(actions, ", "); got != "system token.expire_unused, system token.disable, user/"+h.boss.User+" token.restore, system token.disable" {
			t.Errorf("audit: %s", got)
		}
	})
}

// A use, or somebody's wish to keep it, takes a token off the ladder.
func TestH9_UseAndKeepResetTheLadder(t *testing.T) {
	t.Parallel()
	h := watched(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	_, err := h.tokens.SetPolicy(ctx, h.boss, h.account.ID, token.Policy{IdleDays: 90})
	h.ok(err)
	i := h.static(token.Order{})
	for _, again := range []func(){func() { h.use(i) }, func() { _, err := h.tokens.Keep(ctx, h.boss, i.ID); h.ok(err) }} {
		h.clock.Advance(80 * day)
		h.watch(soon)
		again()
		h.clock.Advance(11 * day)
		h.watch()
		if g := h.find(i); g.Warned != 0 || !g.Deadline.IsZero() {
			t.Errorf("off the ladder: %+v", g.Token)
		}
	}
	own := h.static(token.Order{Idle: 20 * day}) // an integration with terms of its own
	h.clock.Advance(6 * day)
	h.watch(soon)
	if g := h.find(own); g.Warned != 15 {
		t.Errorf("terms of its own: %+v", g.Token)
	}
	h.write(func(tx *store.Tx) error { return h.tokens.SetTerms(tx, own.Grant, 200*day, 0) })
	h.watch()
	if g := h.find(own); g.Warned != 0 {
		t.Errorf("longer terms: %+v", g.Token)
	}
}

// K-01: a clock that leaps forward makes no storm of notices and disables
// nothing that was not noticed; one that leaps back forgives.
func TestK01_LeapOfTheClock(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := watched(t, open)
		var all []token.Issued
		for range 40 {
			all = append(all, h.static(token.Order{}))
		}
		h.watch()
		h.clock.Advance(400 * day)
		h.watch("token.unused: 40 tokens of Harbour Books are about to be disabled: nobody uses them")
		for range 5 { // however often it runs
			h.watch()
		}
		for _, i := range all {
			h.expect("after the leap", i.Secret.Reveal(), "")
		}
		h.clock.Advance(-400 * day)
		h.watch()
		for _, i := range all {
			if g := h.find(i); g.Warned != 0 {
				t.Fatalf("after the leap back: %+v", g.Token)
			}
		}
		h.clock.Advance(time.Hour)
		h.watch()
	})
}

// H10: what is older than the policy wants is in the report, and its owner is
// reminded once.
func TestH10_RotationPolicy(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := watched(t, open)
		p, err := h.tokens.Policy(ctx, h.boss, h.account.ID)
		h.ok(err)
		if p != token.UsualPolicy() {
			t.Errorf("without a policy of its own: %+v", p)
		}
		i := h.static(token.Order{})
		report := func() token.Credential {
			t.Helper()
			all, err := h.tokens.Credentials(ctx, h.boss, h.account.ID)
			h.ok(err)
			if len(all) != 1 {
				t.Fatalf("credentials: %+v", all)
			}
			return all[0]
		}
		for range 3 {
			h.clock.Advance(29 * day)
			h.use(i)
			h.watch()
		}
		if c := report(); len(c.Findings) != 0 || c.AgeDays != 87 || c.Last.Operation != "listFlags" || c.Last.Network != "203.0.113.0/24" {
			t.Errorf("before: %+v", c)
		}
		h.clock.Advance(3 * day)
		h.watch(aging)
		h.watch()
		if c := report(); len(c.Findings) != 1 || c.Findings[0] != token.RotationDue {
			t.Errorf("due: %+v", c)
		}
		made := h.rotate(i, 0)
		if c := report(); c.Token != made.ID || len(c.Findings) != 0 {
			t.Errorf("rotated: %+v", c)
		}
	})
}

// The preview names what a policy would hit; setting it hits nothing before the
// notices; the operator's minimum holds.
func TestPolicyAndPreview(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := watched(t, open)
		old := h.static(token.Order{})
		h.clock.Advance(60 * day)
		busy := h.static(token.Order{})
		preview := func(days int) []token.Hit {
			t.Helper()
			hits, err := h.tokens.Preview(ctx, h.boss, h.account.ID, token.Policy{IdleDays: days})
			h.ok(err)
			return hits
		}
		if hits := preview(90); len(hits) != 0 {
			t.Errorf("90 days: %+v", hits)
		}
		hits := preview(30)
		if len(hits) != 1 || hits[0].Token != old.ID || !hits[0].Disabled.Equal(h.clock.Now().Add(15*day)) || !hits[0].IdleSince.Equal(old.Created) {
			t.Errorf("30 days: %+v", hits)
		}
		if g := h.find(old); g.Warned != 0 {
			t.Errorf("the preview changed something: %+v", g.Token)
		}
		_, err := h.tokens.SetPolicy(ctx, h.boss, h.account.ID, token.Policy{IdleDays: 29})
		h.code("below the minimum", err, "token_policy_invalid")
		_, err = h.tokens.SetPolicy(ctx, access.UserPrincipal("usr_r", nil, map[string]string{h.account.ID.String(): access.AccountReader}), h.account.ID, token.Policy{})
		h.code("a reader", err, "forbidden")
		for range 2 { // the second time nothing changes
			_, err = h.tokens.SetPolicy(ctx, h.boss, h.account.ID, token.Policy{IdleDays: 30})
			h.ok(err)
		}
		h.watch(soon)
		h.expect("the old one", old.Secret.Reveal(), "")
		for range 30 {
			h.use(busy)
			h.clock.Advance(day)
			h.ok(h.tokens.Watch(ctx))
		}
		h.expect("the old one later", old.Secret.Reveal(), "token_idle")
		h.expect("the busy one", busy.Secret.Reveal(), "")
		_, err = h.tokens.SetPolicy(ctx, h.boss, h.account.ID, token.Policy{})
		h.ok(err)
		h.clock.Advance(200 * day)
		h.told()
		h.watch()
		page, err := h.tokens.Audit.List(ctx, operator, audit.Filter{Action: "token_policy.*"}, 0)
		h.ok(err)
		if len(page.Entries) != 2 || page.Entries[0].Name != "Harbour Books" {
			t.Errorf("audit: %+v", page.Entries)
		}
	})
}

// A brown-out lets the old token fail for two minutes, by the clock alone.
func TestBrownOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		old := h.static(token.Order{})
		_, err := h.tokens.BrownOut(ctx, h.admin(), old.ID)
		h.code("outside a rotation", err, "token_not_retiring")
		made := h.rotate(old, 7*day)
		h.expect("before", old.Secret.Reveal(), "")
		_, err = h.tokens.BrownOut(ctx, h.admin(), old.ID)
		h.ok(err)
		h.expect("the old one", old.Secret.Reveal(), "token_brown_out")
		h.expect("the new one", made.Secret.Reveal(), "")
		_, err = h.tokens.BrownOut(ctx, h.admin(), old.ID)
		h.code("again", err, "token_brown_out_running")
		h.clock.Advance(token.BrownOutTime - time.Second)
		h.expect("to the end", old.Secret.Reveal(), "token_brown_out")
		h.clock.Advance(time.Second)
		h.expect("after two minutes", old.Secret.Reveal(), "")
		_, err = h.tokens.EndBrownOut(ctx, h.admin(), old.ID)
		h.code("end what is over", err, "token_no_brown_out")
		_, err = h.tokens.BrownOut(ctx, h.admin(), old.ID)
		h.ok(err)
		_, err = h.tokens.EndBrownOut(ctx, h.admin(), old.ID)
		h.ok(err)
		h.expect("ended early", old.Secret.Reveal(), "")
		_, err = h.tokens.BrownOut(ctx, h.admin(), old.ID)
		h.ok(err)
		_, err = h.tokens.CancelRotation(ctx, h.admin(), old.ID)
		h.ok(err)
		h.expect("cancelled meanwhile", old.Secret.Reveal(), "")
	})
}
