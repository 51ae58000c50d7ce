package application_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/quota"
)

func TestA6_LimitsOfWhatIsEntered(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*application.Draft)
		want   string
	}{
		{"sound", func(*application.Draft) {}, ""},
		{"450 characters", func(d *application.Draft) { d.Description = strings.Repeat("ä", 450) }, ""},
		{"451 characters", func(d *application.Draft) { d.Description = strings.Repeat("x", 451) }, "/description too_long"},
		{"no description", func(d *application.Draft) { d.Description = "" }, "/description required"},
		{"no name", func(d *application.Draft) { d.Name = " " }, "/name required"},
		{"a long name", func(d *application.Draft) { d.Name = strings.Repeat("x", 101) }, "/name too_long"},
		{"a hidden character", func(d *application.Draft) { d.Name = "Deploy\u202ebot" }, "/name unprintable"},
		{"a domain", func(d *application.Draft) { d.Domains = []string{"example.com", "xn--bcher-kva.example"} }, ""},
		{"a scheme", func(d *application.Draft) { d.Domains = []string{"https://example.com"} }, "/domains/0 domain_invalid"},
		{"a port", func(d *application.Draft) { d.Domains = []string{"example.com", "example.com:443"} }, "/domains/1 domain_invalid"},
		{"a path", func(d *application.Draft) { d.Domains = []string{"example.com/x"} }, "/domains/0 domain_invalid"},
		{"a wildcard", func(d *application.Draft) { d.Domains = []string{"*.example.com"} }, "/domains/0 domain_invalid"},
		{"one label", func(d *application.Draft) { d.Domains = []string{"localhost"} }, "/domains/0 domain_invalid"},
		{"a hyphen at the edge", func(d *application.Draft) { d.Domains = []string{"-a.example"} }, "/domains/0 domain_invalid"},
		{"a dot at the end", func(d *application.Draft) { d.Domains = []string{"example.com."} }, "/domains/0 domain_invalid"},
		{"21 domains", func(d *application.Draft) { d.Domains = slices.Repeat([]string{"example.com"}, 21) }, "/domains too_many"},
		{"a homepage without TLS", func(d *application.Draft) { d.Homepage = "http://example.com" }, "/homepage url_invalid"},
	} {
		d := draft
		tc.change(&d)
		got := ""
		if f := d.Check(); len(f) > 0 {
			got = f[0].Pointer + " " + f[0].Code
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	h := one(t)
	long := draft
	long.Description = strings.Repeat("x", 451)
	_, err := h.Register(ctx, h.ada, h.team, long)
	h.code("451 characters", err, "application_invalid")
	if problem.Of(err).Kind != problem.KindInvalid {
		t.Errorf("kind: %v", problem.Of(err).Kind)
	}
}

func TestPatchKeepsTheRest(t *testing.T) {
	t.Parallel()
	h := one(t)
	a := h.register()
	name := "Deploybot Two"
	got, err := h.Amend(ctx, h.ada, a.ID, application.Patch{Name: &name})
	if err != nil || got.Name != name || got.Description != draft.Description || got.PublicID != a.PublicID {
		t.Errorf("%+v %v", got, err)
	}
	empty := ""
	_, err = h.Amend(ctx, h.ada, a.ID, application.Patch{Description: &empty})
	h.code("an empty description", err, "application_invalid")
}

func TestA9_DeleteGuard(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		a := h.register()
		h.write(func(tx *store.Tx) error {
			return application.PlaceHold(tx, a.ID, "installation/ins_1", "Harbour Books")
		})
		_, err := h.Delete(ctx, h.ada, a.ID, "Deploybot")
		h.code("with an installation", err, "application_installed")
		if names, _ := problem.Of(err).Extra["installations"].([]string); !slices.Equal(names, []string{"Harbour Books"}) {
			t.Errorf("installations: %v", problem.Of(err).Extra)
		}
		h.write(func(tx *store.Tx) error { return application.ReleaseHold(tx, a.ID, "installation/ins_1") })
		_, err = h.Delete(ctx, h.ada, a.ID, "deploybot")
		h.code("with the wrong name", err, "confirmation_mismatch")
		gone, err := h.Delete(ctx, h.ada, a.ID, "Deploybot")
		h.code("without", err, "")
		if gone.State != application.DeletionPending || !gone.Due.Equal(h.clock.Now().Add(application.Grace)) || gone.Usable() == nil {
			t.Errorf("pending: %+v", gone)
		}
		h.clock.Advance(application.Grace - time.Second)
		if err := h.Finish(ctx); err != nil {
			t.Fatal(err)
		}
		back, err := h.Undelete(ctx, h.ada, a.ID)
		h.code("undo in grace", err, "")
		if back.State != application.Active || back.Usable() != nil {
			t.Errorf("back: %+v", back)
		}
		_, err = h.Undelete(ctx, h.ada, a.ID)
		h.code("undo twice", err, "application_not_pending")
		_, err = h.Delete(ctx, h.ada, a.ID, "Deploybot")
		h.code("again", err, "")
		h.clock.Advance(application.Grace)
		_, err = h.Undelete(ctx, h.ada, a.ID)
		h.code("undo too late", err, "application_not_pending")
		if err := h.Finish(ctx); err != nil {
			t.Fatal(err)
		}
		_, err = h.Get(ctx, h.ada, a.ID)
		h.code("gone", err, "not_found")
		if _, err := h.Groups.Archive(ctx, h.ada, group.ID(ident.Must[group.Group](h.team))); err != nil {
			t.Errorf("the group is not free: %v", err)
		}
		want := "group.create application.create application.delete application.undelete application.delete application.deleted group.archive"
		if got := strings.Join(h.actions(), " "); got != want {
			t.Errorf("audit: %s\nwant   %s", got, want)
		}
	})
}

func TestA10_MoveShowsLimitsFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		a, other := h.register(), h.found("Bigger Team")
		if err := h.Quota.Grant(ctx, operator, quota.Override{Owner: other, Limit: quota.SitesLimit, Value: 1, Reason: "small"}); err != nil {
			t.Fatal(err)
		}
		h.write(func(tx *store.Tx) error {
			for _, i := range []string{"ins_1", "ins_2"} {
				if err := application.PlaceHold(tx, a.ID, "installation/"+i, i); err != nil {
					return err
				}
				if err := h.Quota.ClaimSite(tx, h.team, i); err != nil {
					return err
				}
			}
			return nil
		})
		sites := func(l quota.Limits) [2]int64 { return [2]int64{l.Limits[0].Value, l.Limits[0].Used} }
		look, err := h.MoveWithLimits(ctx, h.ada, a.ID, application.MoveOrder{To: other, DryRun: true})
		h.code("dry run", err, "")
		if !look.DryRun || look.Installations != 2 || look.Application.Group != h.team || sites(look.Before) != [2]int64{6, 2} || sites(look.After) != [2]int64{1, 0} {
			t.Errorf("preview: %+v", look)
		}
		_, err = h.MoveWithLimits(ctx, h.ada, a.ID, application.MoveOrder{To: other})
		h.code("too few sites", err, "installation_quota_exceeded")
		if still, err := h.Get(ctx, h.ada, a.ID); err != nil || still.Group != h.team {
			t.Errorf("half a move: %+v %v", still, err)
		}
		if err := h.Quota.Grant(ctx, operator, quota.Override{Owner: other, Limit: quota.SitesLimit, Value: 9, Reason: "more"}); err != nil {
			t.Fatal(err)
		}
		done, err := h.MoveWithLimits(ctx, h.ada, a.ID, application.MoveOrder{To: other})
		h.code("move", err, "")
		if done.DryRun || done.Application.Group != other || done.Application.PublicID != a.PublicID {
			t.Errorf("moved: %+v", done)
		}
		after, err := h.Quota.Limits(ctx, h.ada, other)
		if err != nil || sites(after) != [2]int64{9, 2} {
			t.Errorf("the sites did not go along: %+v %v", after.Limits[0], err)
		}
		_, err = h.Move(ctx, h.ada, a.ID, other)
		h.code("again", err, "application_already_there")
		_, err = h.Move(ctx, h.ada, a.ID, "grp_00000000000000000000000000")
		h.code("to a group of others", err, "not_found")
	})
}

func TestStanding(t *testing.T) {
	t.Parallel()
	h := one(t)
	a := h.register()
	_, err := h.suspend(ctx, h.ada, a.ID, "x")
	h.code("by its developer", err, "forbidden")
	_, err = h.suspend(ctx, operator, a.ID, "")
	h.code("without a reason", err, "reason_required")
	got, err := h.suspend(ctx, operator, a.ID, "abuse")
	h.code("suspend", err, "")
	h.code("use", got.Usable(), "application_suspended")
	_, err = h.CreateKey(ctx, h.ada, a.ID, application.KeyDraft{Label: "x"})
	h.code("a key of a suspended application", err, "application_suspended")
	_, err = h.lift(ctx, h.ada, a.ID)
	h.code("lifted by its developer", err, "forbidden")
	_, err = h.lift(ctx, operator, a.ID)
	h.code("lift", err, "")
	member := access.UserPrincipal("usr_m", map[string]string{h.team: access.GroupMember}, nil)
	_, err = h.Get(ctx, member, a.ID)
	h.code("a member looks", err, "")
	_, err = h.Edit(ctx, member, a.ID, draft)
	h.code("a member edits", err, "forbidden")
	_, err = h.Edit(ctx, access.UserPrincipal("usr_x", nil, nil), a.ID, draft)
	h.code("a stranger edits", err, "not_found")
}
