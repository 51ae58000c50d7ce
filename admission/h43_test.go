package admission_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/admission"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// Row H43: a child's request in ask mode comes to the parent's administrators, and
// their approval installs, with the scopes that were asked for.
func TestH43_AChildAsksAndTheParentsApprovalInstalls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		h.set(h.nora, h.north, admission.Open, admission.Ask)
		_, err := h.install(h.paul, h.pier)
		h.code("the child's administrator installs", err, "approval_needed")
		_, err = h.Integrations.Preview(ctx, h.paul, h.pier.ID, h.app.PublicID)
		h.code("the offer", err, "approval_needed")
		look, err := h.Look(ctx, h.mia, h.pier.ID, h.app.PublicID)
		if h.ok(err); look.Verdict.Outcome != admission.NeedsAsk || look.Verdict.Name != "The north" || look.Install {
			t.Errorf("a member sees %+v", look.Verdict)
		}
		_, err = h.Ask(ctx, h.paul, h.pier.ID, admission.Wish{ApplicationID: h.app.PublicID, Reason: " "})
		h.code("without a reason", err, "reason_required")
		_, err = h.Ask(ctx, h.paul, h.pier.ID, admission.Wish{ApplicationID: h.app.PublicID, Reason: "x", Scopes: []string{"flags.write"}})
		h.code("without what is required", err, "scope_required")
		r, err := h.Ask(ctx, h.paul, h.pier.ID, h.wish())
		h.ok(err)
		_, err = h.Ask(ctx, h.paul, h.pier.ID, h.wish())
		h.code("twice", err, "already_asked")
		h.clock.Advance(time.Minute)
		other, err := h.Ask(ctx, h.mia, h.pier.ID, h.wish())
		h.ok(err)
		h.told("the parent's administrator", h.nora, "installation.asked", 2)
		h.told("the child's administrator", h.paul, "installation.asked", 0)
		_, err = h.Ask(ctx, h.alma, h.pier.ID, h.wish())
		h.code("a stranger asks", err, "not_found")

		for who, by := range map[string]access.Principal{"strangers": h.alma, "the sibling": h.quinn, "the developer": h.ada} {
			_, err = h.Request(ctx, by, r.ID)
			h.code(who+" look", err, "not_found")
			_, err = h.Approve(ctx, by, r.ID, "")
			h.code(who+" approve", err, "not_found")
			_, err = h.Deny(ctx, by, r.ID, "x")
			h.code(who+" deny", err, "not_found")
		}
		_, err = h.Approve(ctx, h.paul, other.ID, "")
		h.code("the child's own administrator approves", err, "approval_needed")
		queue, err := h.Queue(ctx, h.nora, h.north.ID, admission.Waiting)
		if h.ok(err); len(queue) != 2 || queue[1].AskedByName != "paul" || queue[1].AccountName != "The pier" {
			t.Errorf("the queue is %+v", queue)
		}
		if _, err := h.Queue(ctx, h.quinn, h.north.ID, ""); err == nil {
			t.Error("a child sees the parent's queue")
		}

		done, err := h.Approve(ctx, h.nora, r.ID, "Go ahead.")
		if h.ok(err); done.State != admission.Approved || done.AnsweredBy != h.nora.User || done.AskedBy != h.paul.User {
			t.Errorf("it is %+v", done)
		}
		got, err := h.Integrations.ListAccount(ctx, h.paul, h.pier.ID)
		if h.ok(err); len(got) != 1 || got[0].InstalledBy != h.nora.User || !slices.Equal(got[0].Scopes, []string{"flags.read", "flags.write"}) || got[0].State != integration.Active {
			t.Fatalf("installed is %+v", got)
		}
		d, err := h.Request(ctx, h.mia, other.ID)
		if h.ok(err); d.State != admission.Approved || d.Installation != got[0].ID.String() {
			t.Errorf("the other request is %+v", d.Request)
		}
		h.told("who asked", h.paul, "installation.request_approved", 1)
		h.told("the other", h.mia, "installation.request_approved", 1)
		_, err = h.Approve(ctx, h.nora, r.ID, "")
		h.code("twice", err, "installation_request_closed")
		kept, err := h.Audit.List(ctx, operator, audit.Filter{Action: "installation_request.approve"}, 0)
		if h.ok(err); len(kept.Entries) != 2 {
			t.Errorf("%d entries of approvals", len(kept.Entries))
		}
	})
}

// Row H43: what is put on the block-list is stopped where it is installed, here and
// below, with notice, and is not uninstalled; the block holds whatever the mode is.
func TestH43_BlockingSuspendsWithNotice(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		pier, err := h.install(h.paul, h.pier)
		h.ok(err)
		alone, err := h.install(h.alma, h.alone)
		h.ok(err)
		_, err = h.List(ctx, h.paul, h.north.ID, h.app.PublicID, admission.Place{List: admission.Blocked, Reason: "x"})
		h.code("a child blocks for its parent", err, "not_found")
		_, err = h.List(ctx, h.mia, h.pier.ID, h.app.PublicID, admission.Place{List: admission.Blocked, Reason: "x"})
		h.code("a member blocks", err, "forbidden")
		_, err = h.List(ctx, h.nora, h.north.ID, h.app.PublicID, admission.Place{List: admission.Blocked})
		h.code("without a reason", err, "reason_required")
		_, err = h.List(ctx, h.nora, h.north.ID, h.app.PublicID, admission.Place{List: admission.Blocked, Reason: "It leaked data."})
		h.ok(err)
		if i := h.now(pier); i.State != integration.BlockedByAccount || !strings.Contains(i.AccountBlock, "It leaked data.") || !i.RemovedAt.IsZero() {
			t.Errorf("in the child it is %s: %s", i.State, i.AccountBlock)
		}
		if i := h.now(alone); i.State != integration.Active {
			t.Errorf("elsewhere it is %s", i.State)
		}
		h.ok(h.DB.Read(ctx, func(tx *store.Tx) error {
			g, err := h.Integrations.Grants.Load(tx, pier.Grant)
			if err == nil && g.State != grant.Suspended {
				t.Errorf("its grant is %s", g.State)
			}
			return err
		}))
		h.told("the child's administrator", h.paul, "installation.bar", 1)
		h.told("the developer", h.ada, "installation.bar", 1)
		if _, err = h.Integrations.SetAvailable(ctx, h.paul, pier.ID, integration.Availability{Available: true}); err != nil || h.now(pier).State != integration.BlockedByAccount {
			t.Errorf("the child lifts it: %v", err)
		}
		_, err = h.install(h.quinn, h.quay)
		h.code("a sibling installs", err, "application_blocked")
		_, err = h.Ask(ctx, h.quinn, h.quay.ID, h.wish())
		h.code("a sibling asks", err, "application_blocked")
		_, err = h.Integrations.Remove(ctx, h.paul, pier.ID, "")
		h.ok(err)
		_, err = h.Integrations.Restore(ctx, h.paul, pier.ID)
		h.code("restoring", err, "application_blocked")
		_, err = h.Unlist(ctx, h.nora, h.north.ID, h.app.PublicID)
		h.ok(err)
		if i, err := h.Integrations.Restore(ctx, h.paul, pier.ID); err != nil || i.State != integration.Active {
			t.Errorf("restored it is %s %v", i.State, err)
		}

		// Both block: lifting one leaves the other.
		for by, a := range map[*access.Principal]account.Account{&h.nora: h.north, &h.paul: h.pier} {
			_, err = h.List(ctx, *by, a.ID, h.app.PublicID, admission.Place{List: admission.Blocked, Reason: "Not needed."})
			h.ok(err)
		}
		_, err = h.Unlist(ctx, h.nora, h.north.ID, h.app.PublicID)
		h.ok(err)
		if i := h.now(pier); !strings.HasPrefix(i.AccountBlock, "The pier") {
			t.Errorf("stopped by %q", i.AccountBlock)
		}
		_, err = h.List(ctx, h.paul, h.pier.ID, h.app.PublicID, admission.Place{List: admission.Allowed})
		h.ok(err)
		if i := h.now(pier); i.State != integration.Active {
			t.Errorf("allowed again it is %s", i.State)
		}

		// An account that comes below a parent comes below its block-list.
		_, err = h.List(ctx, h.nora, h.north.ID, h.app.PublicID, admission.Place{List: admission.Blocked, Reason: "Again."})
		h.ok(err)
		h.account("alone", "north")
		if i := h.now(alone); i.State != integration.BlockedByAccount {
			t.Errorf("below the parent it is %s", i.State)
		}
		h.account("alone", "")
		if i := h.now(alone); i.State != integration.Active {
			t.Errorf("on its own again it is %s", i.State)
		}
	})
}

// Row H43: an approval binds. What was let in by one is given more only by whoever may
// let it in, or once the parent lists it; less is always possible.
func TestH43_AnApprovalGrantsExactlyWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.set(h.nora, h.north, admission.Open, admission.Ask)
	w := h.wish()
	w.Scopes = []string{"flags.read"}
	r, err := h.Ask(ctx, h.paul, h.pier.ID, w)
	h.ok(err)
	_, err = h.Approve(ctx, h.nora, r.ID, "")
	h.ok(err)
	got, err := h.Integrations.ListAccount(ctx, h.paul, h.pier.ID)
	if h.ok(err); len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	amend := func(by access.Principal, p integration.Patch) error {
		_, err := h.Integrations.Amend(ctx, by, got[0].ID, p)
		return err
	}
	more, less := []string{"flags.read", "flags.write"}, []string{"flags.read"}
	trusted, off, low := "trusted", "off", integration.UpdatesLowRisk
	h.code("another scope", amend(h.paul, integration.Patch{Scopes: &more}), "approval_needed")
	h.code("people's names", amend(h.paul, integration.Patch{Delegation: &trusted}), "approval_needed")
	h.code("updates by themselves", amend(h.paul, integration.Patch{Updates: &low}), "approval_needed")
	h.code("the same", amend(h.paul, integration.Patch{Scopes: &less, Delegation: &off}), "")
	h.put(h.nora, h.north, admission.Allowed)
	h.code("once it is listed", amend(h.paul, integration.Patch{Scopes: &more}), "")
	h.code("and less again", amend(h.paul, integration.Patch{Scopes: &less}), "")
}
