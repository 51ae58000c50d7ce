package admission_test

import (
	"testing"

	"github.com/guestright/guestright/admission"
)

// The rules of a child and of its parent, with what the child's administrator and
// its member meet.
func TestTheStricterRuleCounts(t *testing.T) {
	t.Parallel()
	h := one(t)
	const allowed, blocked = admission.Allowed, admission.Blocked
	for _, c := range []struct {
		own, above           admission.Mode
		ownList, parentsList admission.List
		want                 string
	}{
		{admission.Open, admission.Open, "", "", ""},
		{admission.Ask, admission.Open, "", "", "approval_needed"},
		{admission.Ask, admission.Open, allowed, "", ""},
		{admission.Ask, admission.Ask, allowed, "", "approval_needed"},
		{admission.Ask, admission.Ask, allowed, allowed, ""},
		{admission.Ask, admission.Allow, "", "", "application_not_allowed"},
		{admission.Open, admission.Allow, allowed, "", "application_not_allowed"},
		{admission.Open, admission.Allow, "", allowed, ""},
		{admission.Allow, admission.Open, "", allowed, "application_not_allowed"},
		{admission.Open, admission.Open, "", blocked, "application_blocked"},
		{admission.Open, admission.Allow, blocked, allowed, "application_blocked"},
	} {
		h.set(h.paul, h.pier, c.own, admission.Open)
		h.set(h.nora, h.north, admission.Open, c.above)
		h.put(h.paul, h.pier, c.ownList)
		h.put(h.nora, h.north, c.parentsList)
		_, err := h.Integrations.Preview(ctx, h.paul, h.pier.ID, h.app.PublicID)
		h.code(string(c.own+" below "+c.above)+" "+string(c.ownList)+" "+string(c.parentsList), err, c.want)
	}
	_, err := h.Set(ctx, h.paul, h.pier.ID, admission.Rules{Mode: "x", Children: admission.Open}, 0)
	h.code("an unknown mode", err, "admission_invalid")
	_, err = h.Set(ctx, h.paul, h.pier.ID, admission.Rules{Mode: admission.Ask, Children: admission.Open}, 1)
	h.code("an old revision", err, "admission_changed")
	_, err = h.Set(ctx, h.mia, h.pier.ID, admission.Rules{Mode: admission.Ask, Children: admission.Open}, 1)
	h.code("a member", err, "forbidden")
	_, err = h.Get(ctx, h.alma, h.pier.ID)
	h.code("a stranger", err, "not_found")
}

// Where nothing is above, a member asks the account's administrators; nobody approves
// their own wish while somebody else can.
func TestRequestsWithinAnAccount(t *testing.T) {
	t.Parallel()
	h := one(t)
	_, err := h.Ask(ctx, h.alma, h.alone.ID, h.wish())
	h.code("who may install asks", err, "approval_not_needed")
	r, err := h.Ask(ctx, h.mia, h.pier.ID, h.wish())
	h.ok(err)
	h.told("the administrator", h.paul, "installation.asked", 1)
	h.told("the parent's", h.nora, "installation.asked", 0)
	_, err = h.Approve(ctx, h.mia, r.ID, "")
	h.code("the member approves", err, "forbidden")
	_, err = h.Deny(ctx, h.mia, r.ID, "x")
	h.code("the member denies", err, "forbidden")
	_, err = h.Deny(ctx, h.paul, r.ID, "")
	h.code("denied without a reason", err, "reason_required")
	_, err = h.Withdraw(ctx, h.paul, r.ID)
	h.code("taken back by somebody else", err, "not_your_request")
	_, err = h.Deny(ctx, h.paul, r.ID, "We use another one.")
	h.ok(err)
	h.told("who asked", h.mia, "installation.request_denied", 1)
	r, err = h.Ask(ctx, h.mia, h.pier.ID, h.wish())
	h.ok(err)
	_, err = h.Withdraw(ctx, h.mia, r.ID)
	h.ok(err)
	r, err = h.Ask(ctx, h.mia, h.pier.ID, h.wish())
	h.ok(err)
	_, err = h.install(h.paul, h.pier)
	h.ok(err)
	if d, err := h.Request(ctx, h.mia, r.ID); err != nil || d.State != admission.Approved || d.Installation == "" {
		t.Errorf("installed by hand, the request is %+v %v", d.Request, err)
	}
	_, err = h.Ask(ctx, h.mia, h.pier.ID, h.wish())
	h.code("for what is there", err, "already_installed")

	h.set(h.alma, h.alone, admission.Ask, admission.Open)
	r, err = h.Ask(ctx, h.alma, h.alone.ID, h.wish())
	h.ok(err)
	_, err = h.Approve(ctx, h.alma, r.ID, "")
	h.code("one's own wish", err, "own_request")
	_, err = h.List(ctx, h.alma, h.alone.ID, h.app.PublicID, admission.Place{List: admission.Blocked, Reason: "x"})
	h.ok(err)
	_, err = h.Approve(ctx, h.alec, r.ID, "")
	h.code("blocked meanwhile", err, "application_blocked")
	_, err = h.Unlist(ctx, h.alma, h.alone.ID, h.app.PublicID)
	h.ok(err)
	_, err = h.Approve(ctx, h.alec, r.ID, "")
	h.ok(err)
}
