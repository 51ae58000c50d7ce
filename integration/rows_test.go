package integration_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/release"
)

// joined lets installations hear of versions, as the server does.
func (h *house) joined() *house {
	h.Releases.Published, h.Releases.RolledBack, h.Releases.Deprecated = h.Service.Published, h.Service.RolledBack, h.Service.Deprecated
	return h
}

// has is the number of the version that an installation has, and its scopes.
func (h *house) has(id integration.ID) string {
	h.t.Helper()
	got, err := h.Get(ctx, operator, id)
	h.ok(err)
	return got.Number + " " + strings.Join(got.Scopes, " ")
}

func (h *house) want(what string, id integration.ID, want string) {
	h.t.Helper()
	if got := h.has(id); got != want {
		h.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// stage publishes a version as far as it says.
func (h *house) stage(to release.Stage, c release.Content) release.Version {
	h.t.Helper()
	v, err := h.Releases.Draft(ctx, h.ada, h.app.ID, c)
	h.ok(err)
	v, err = h.Releases.PublishTo(ctx, h.ada, v.ID, to)
	h.ok(err)
	return v
}

// Row H26: whatever is done to drafts, what live installations say stays byte for byte
// the same, and a released version takes no change at all.
func TestH26_EditingADraftLeavesInstallationsUnchanged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open).joined()
		i := h.install()
		raw, err := h.obtain("harbour")
		h.ok(err)
		snapshot := func() string {
			got, err := h.Get(ctx, h.ben, i.ID)
			h.ok(err)
			v, err := h.Releases.Get(ctx, h.ada, h.version.ID)
			h.ok(err)
			var out []byte
			h.write(func(tx *store.Tx) error {
				g, err := h.Grants.Load(tx, got.Grant)
				if err != nil {
					return err
				}
				out, err = json.Marshal([]any{got, v, g})
				return err
			})
			return string(out)
		}
		before := snapshot()
		draft, err := h.Releases.Draft(ctx, h.ada, h.app.ID, asking("2.0.0", []string{"flags.read", "flags.write"}))
		h.ok(err)
		other := asking("3.0.0", []string{"names"})
		other.Events, other.Delegation, other.Listing = []string{"guestright.token.created"}, "trusted", release.Listing{Tagline: "All new."}
		_, err = h.Releases.Edit(ctx, h.ada, draft.ID, other)
		h.ok(err)
		_, err = h.Releases.SubmitVersion(ctx, h.ada, draft.ID, release.Everybody)
		h.ok(err)
		_, err = h.Releases.WithdrawVersion(ctx, h.ada, draft.ID)
		h.ok(err)
		_, err = h.Releases.Edit(ctx, h.ada, h.version.ID, other)
		h.code("a live version", err, "version_not_draft")
		if after := snapshot(); after != before {
			t.Errorf("it said\n%s\nand says\n%s", before, after)
		}
		h.opens("its token", raw, "")
		if n := h.notices(h.ben, "installation.update_offered"); n != 0 {
			t.Errorf("%d notices", n)
		}
	})
}

// Row H26: a version reaches the own sandbox, chosen accounts, a part, all; what it
// asks nothing more for comes by itself, a pause stops it and taking it back undoes it.
func TestH26_StagedReleaseAndBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open).joined()
		harbour := h.install()
		other := h.account("elsewhere")
		eve := h.administrator(other, "eve")
		elsewhere, err := h.Install(ctx, eve, other.ID, h.order())
		h.ok(err)
		sandbox, err := h.Accounts.Put(ctx, operator, account.Draft{Key: "own", Name: "Own", Kind: account.Sandbox, Group: h.app.Group})
		h.ok(err)
		own, err := h.Install(ctx, h.administrator(sandbox, "sid"), sandbox.ID, h.order())
		h.ok(err)
		all := func(what, atOwn, atHarbour, atElsewhere string) {
			t.Helper()
			h.want(what+", own", own.ID, atOwn+" flags.read")
			h.want(what+", harbour", harbour.ID, atHarbour+" flags.read")
			h.want(what+", elsewhere", elsewhere.ID, atElsewhere+" flags.read")
			h.clock.Advance(time.Second)
		}
		c := asking("1.1.0", []string{"flags.read"}, "flags.write")
		v := h.stage(release.Stage{Reach: release.ReachOwn}, c)
		all("own", "1.1.0", "1.0.0", "1.0.0")
		_, err = h.Update(ctx, h.ben, harbour.ID)
		h.code("not for harbour yet", err, "nothing_newer")
		_, err = h.Releases.SetStage(ctx, h.ada, v.ID, release.Stage{Reach: release.ReachChosen, Accounts: []string{h.harbour.ID.String()}})
		h.ok(err)
		all("chosen", "1.1.0", "1.1.0", "1.0.0")
		_, err = h.Releases.Pause(ctx, h.ada, v.ID, "Errors rise.")
		h.ok(err)
		_, err = h.Releases.SetStage(ctx, h.ada, v.ID, release.Everybody)
		h.ok(err)
		all("paused", "1.1.0", "1.1.0", "1.0.0")
		third := h.account("third")
		fresh, err := h.Install(ctx, h.administrator(third, "ute"), third.ID, h.order())
		h.ok(err)
		h.want("installed meanwhile", fresh.ID, "1.0.0 flags.read")
		_, err = h.Releases.Resume(ctx, h.ada, v.ID)
		h.ok(err)
		all("resumed", "1.1.0", "1.1.0", "1.1.0")

		_, err = h.Releases.RollBack(ctx, h.ada, v.ID, "It turned wrong flags on.")
		h.ok(err)
		all("taken back", "1.0.0", "1.0.0", "1.0.0")
		if text := h.told(h.ben, "installation.rolled_back"); !strings.Contains(text, "wrong flags") {
			t.Errorf("told: %q", text)
		}
		_, err = h.Update(ctx, h.ben, harbour.ID)
		h.code("offered again", err, "nothing_newer")
		h.stage(release.Everybody, asking("1.1.1", []string{"flags.read"}, "flags.write"))
		all("mended", "1.1.1", "1.1.1", "1.1.1")
	})
}

// A version that asks for more waits with what it changes in words; the old grant
// works on and repairs of the old line arrive. Taken and taken back, it has what it had.
func TestH26_MoreWaitsAndRepairsArrive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open).joined()
		i := h.install()
		raw, err := h.obtain("harbour")
		h.ok(err)
		two := h.publish(asking("2.0.0", []string{"flags.read", "names"}))
		h.want("more", i.ID, "1.0.0 flags.read")
		h.opens("meanwhile", raw, "")
		if text := h.told(h.ben, "installation.update_offered"); !strings.Contains(text, "It needs “Read names” (names)") || !strings.Contains(text, "goes on working") {
			t.Errorf("told: %q", text)
		}
		h.publish(asking("1.0.1", []string{"flags.read"}, "flags.write"))
		h.want("a repair", i.ID, "1.0.1 flags.read")
		u, err := h.Update(ctx, h.ben, i.ID)
		h.ok(err)
		if u.To.ID != two.ID || u.Differences.From != "1.0.1" || u.Differences.Bump != release.BumpMajor || !u.Differences.Waits {
			t.Errorf("the update: %+v", u)
		}
		_, err = h.Take(ctx, h.ben, i.ID, integration.Taking{Version: two.ID.String(), Scopes: []string{"flags.read", "names"}})
		h.ok(err)
		h.want("taken", i.ID, "2.0.0 flags.read names")
		_, err = h.Releases.RollBack(ctx, h.ada, two.ID, "Not yet.")
		h.ok(err)
		h.want("taken back", i.ID, "1.0.1 flags.read")
		h.opens("all the time", raw, "")
		// A major version without more waits as well: it promises that something is taken away.
		h.publish(asking("3.0.0", []string{"flags.read"}, "flags.write"))
		h.want("a major one", i.ID, "1.0.1 flags.read")
	})
}

// More installations than one step takes follow by a job, each once.
func TestManyInstallationsFollowStepByStep(t *testing.T) {
	t.Parallel()
	h := one(t).joined()
	const many = 120
	var all []integration.ID
	for n := range many {
		acc, err := h.Accounts.Put(ctx, operator, account.Draft{Key: fmt.Sprint("a", n), Name: "Sandbox", Kind: account.Sandbox, Group: h.app.Group})
		h.ok(err)
		i, err := h.Install(ctx, access.System("test"), acc.ID, h.order())
		h.ok(err)
		all = append(all, i.ID)
	}
	h.publish(asking("1.1.0", []string{"flags.read"}, "flags.write"))
	at := func() (n int) {
		for _, id := range all {
			if strings.HasPrefix(h.has(id), "1.1.0") {
				n++
			}
		}
		return n
	}
	if n := at(); n != 50 {
		t.Errorf("%d follow at once", n)
	}
	h.ok(h.jobs.Drain(ctx))
	if n := at(); n != many {
		t.Errorf("%d followed", n)
	}
}

// Row H27: administrators get a dated notice and a reminder; nothing stops before the
// date, on it or after, and nothing is uninstalled.
func TestH27_NothingStopsByADate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open).joined()
		i := h.install()
		raw, err := h.obtain("harbour")
		h.ok(err)
		two := h.publish(asking("2.0.0", []string{"flags.read", "names"}))
		ends := h.clock.Now().Add(40 * 24 * time.Hour)
		_, err = h.Releases.Deprecate(ctx, h.ada, h.version.ID, release.Deprecation{Ends: ends, Text: "Version 2.0.0 has names."})
		h.ok(err)
		text := h.told(h.ben, "installation.version_deprecated")
		for _, part := range []string{"Version 2.0.0 has names.", "Nothing is uninstalled", "2.0.0 is there to take its place"} {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in %q", part, text)
			}
		}
		h.opens("deprecated", raw, "")
		h.ok(h.Remind(ctx))
		if n := h.notices(h.ben, "installation.version_deprecated"); n != 1 {
			t.Errorf("%d notices", n)
		}
		h.clock.Advance(35 * 24 * time.Hour)
		h.ok(h.Remind(ctx))
		h.ok(h.Remind(ctx))
		if n := h.notices(h.ben, "installation.version_deprecated"); n != 2 {
			t.Errorf("%d notices a week before", n)
		}
		h.clock.Advance(10 * 24 * time.Hour)
		h.ok(h.Remind(ctx))
		h.ok(h.jobs.Drain(ctx))
		got, err := h.Get(ctx, h.ben, i.ID)
		h.ok(err)
		if got.State != integration.Active || got.Version != h.version.ID.String() {
			t.Errorf("after the date: %+v", got.Installation)
		}
		raw, err = h.obtain("harbour")
		h.ok(err)
		h.opens("after the date", raw, "")
		third := h.account("third")
		fresh, err := h.Install(ctx, h.administrator(third, "ute"), third.ID, integration.Order{ApplicationID: h.app.PublicID})
		h.ok(err)
		if fresh.Version != two.ID.String() {
			t.Error("a deprecated version is installed anew")
		}
	})
}
