package insight_test

import (
	"slices"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/insight"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/usage"
)

const day = 24 * time.Hour

func allow(on string, actions ...string) access.Statement {
	return access.Statement{Effect: access.Allow, Actions: actions, Resources: []string{on}}
}

// What passed says what is needed, what did not says nothing; required scopes stay;
// a longer look back finds more.
func TestReportComparesWithWhatPassed(t *testing.T) {
	each(t, func(h *house) {
		id := h.ins.Grant
		h.calls(called{id, "listProjects", "", 5, 60 * day, usage.OK}, called{id, "listFlags", "proj/web", 12, 2 * time.Hour, usage.OK},
			called{id, "listFlags", "", 2, time.Hour, usage.ProductError}, called{id, "updateFlag", "", 3, time.Hour, usage.PermissionDenied},
			called{id, "", "", 1, time.Hour, usage.NotFound})
		r := h.report(id, 0)
		if r.Kind != grant.KindInstallation || r.Name != "Deploybot" || r.Calls != 18 || r.Passed != 14 || r.Unknown != 0 || !slices.Equal(r.Needed, []string{"flags.read"}) {
			t.Errorf("%+v", r)
		}
		if !r.Since.Equal(h.clock.Now().Add(-30*day).Truncate(time.Hour)) || !r.Last.Equal(h.clock.Now().Add(-time.Hour).Truncate(time.Hour)) {
			t.Errorf("since %s, last %s", r.Since, r.Last)
		}
		for _, s := range r.Scopes {
			want := map[string]insight.ScopeUse{"flags.read": {Needed: true, Used: insight.Used{Calls: 14}}, "projects.read": {Required: true}, "flags.write": {}, "members.read": {}}[s.Scope]
			if s.Needed != want.Needed || s.Required != want.Required || s.Calls != want.Calls || s.Label == s.Scope {
				t.Errorf("%+v", s)
			}
		}
		for _, o := range r.Operations {
			if o.Operation == "updateFlag" && (o.Calls != 0 || o.Refused != 3) {
				t.Errorf("%+v", o)
			}
		}
		for _, e := range r.Entitlements {
			if used := e.Entitlement == "flag:view"; !e.Granted || used != (e.Calls == 14) {
				t.Errorf("%+v", e)
			}
		}
		if r.Proposal == nil || !slices.Equal(r.Proposal.Keep, []string{"flags.read", "projects.read"}) || !slices.Equal(r.Proposal.Drop, []string{"flags.write", "members.read"}) {
			t.Errorf("proposed: %+v", r.Proposal)
		}
		if r := h.report(id, 90); !slices.Equal(r.Needed, []string{"flags.read", "projects.read"}) || r.Passed != 19 {
			t.Errorf("in 90 days: %v of %d", r.Needed, r.Passed)
		}
		if more := h.report(id, 1000); !more.Since.Equal(h.report(id, insight.DaysMost).Since) {
			t.Errorf("it looks back to %s", more.Since)
		}
		h.calls(called{id, "soldLastYear", "", 1, time.Hour, usage.OK})
		if r := h.report(id, 30); r.Unknown != 1 || r.Proposal != nil {
			t.Errorf("although a call is not understood, it proposes %+v", r.Proposal)
		}
	})
}

// Whose grants are whose: the account's people and the application's developers.
func TestReportsAreForThoseWhomTheyConcern(t *testing.T) {
	each(t, func(h *house) {
		eve := h.member("eve", h.account("elsewhere"), access.AccountAdmin)
		for name, tc := range map[string]struct {
			by         access.Principal
			one, whole string
		}{
			"the administrator":        {h.boss, "", ""},
			"the developer":            {h.dan, "", "not_found"},
			"somebody from elsewhere":  {eve, "not_found", "not_found"},
			"somebody without a place": {access.UserPrincipal("usr_x", nil, nil), "not_found", "not_found"},
		} {
			_, err := h.Report(h.ctx, tc.by, h.grant(h.ins.Grant), 30)
			h.code(name+", one", err, tc.one)
			_, err = h.List(h.ctx, tc.by, h.acc.ID, 30)
			h.code(name+", all", err, tc.whole)
			_, err = h.DryRun(h.ctx, tc.by, h.acc.ID, insight.Change{Grant: &insight.ScopeChange{Grant: h.grant(h.ins.Grant), Scopes: []string{"flags.read"}}})
			h.code(name+", on trial", err, tc.whole)
		}
		h.clock.Advance(time.Second) // ids of the same moment have no order
		made, err := h.Private.Create(h.ctx, h.boss, h.acc.ID, private.Draft{Name: "Export", Scopes: []string{"flags.read"}})
		h.ok(err)
		all, err := h.List(h.ctx, h.boss, h.acc.ID, 30)
		h.ok(err)
		if len(all) != 2 || all[0].Name != "Export" || all[1].Name != "Deploybot" {
			t.Errorf("%+v", all)
		}
		_, err = h.Report(h.ctx, h.dan, h.grant(made.Grant), 30)
		h.code("the developer, on what is not theirs", err, "not_found")
		_, err = h.Integrations.Remove(h.ctx, h.boss, h.ins.ID, "")
		h.ok(err)
		if all, err = h.List(h.ctx, h.boss, h.acc.ID, 30); err != nil || len(all) != 1 {
			t.Errorf("after the removal: %+v %v", all, err)
		}
	})
}

// A proposal is applied as it was read, by whoever may change the holder, through
// the holder's own slice; it is taken back once, and only while it is the last word.
func TestNarrowAndUndo(t *testing.T) {
	each(t, func(h *house) {
		id, before := h.grant(h.ins.Grant), []string{"flags.read", "flags.write", "members.read", "projects.read"}
		h.calls(called{h.ins.Grant, "listFlags", "proj/web", 4, time.Hour, usage.OK})
		keep := h.report(h.ins.Grant, 30).Proposal.Keep
		narrow := func(by access.Principal, keep ...string) error {
			_, err := h.Narrow(h.ctx, by, id, 30, keep)
			return err
		}
		undo := func(by access.Principal) error {
			_, err := h.Undo(h.ctx, by, id)
			return err
		}
		ada := access.UserPrincipal(h.ada, nil, map[string]string{h.acc.ID.String(): access.AccountMember})
		h.code("nothing to take back", undo(h.boss), "narrowing_over")
		h.code("something else than was proposed", narrow(h.boss, "flags.read"), "proposal_outdated")
		h.code("a member", narrow(ada, keep...), "forbidden")
		h.code("the developer", narrow(h.dan, keep...), "not_found")
		if !slices.Equal(h.scopes(h.ins.Grant), before) {
			t.Fatalf("a refusal left %v", h.scopes(h.ins.Grant))
		}
		h.ok(narrow(h.boss, keep...))
		if got := h.scopes(h.ins.Grant); !slices.Equal(got, []string{"flags.read", "projects.read"}) {
			t.Errorf("narrowed to %v", got)
		}
		log, err := h.Integrations.Audit.List(h.ctx, h.boss, audit.Filter{Account: h.acc.ID.String(), Action: "installation.update"}, 0)
		h.ok(err)
		if len(log.Entries) != 1 {
			t.Errorf("%d entries", len(log.Entries))
		}
		r := h.report(h.ins.Grant, 30)
		if r.Proposal != nil || r.Undo == nil || !slices.Equal(r.Undo.Before, before) {
			t.Errorf("afterwards: %+v %+v", r.Proposal, r.Undo)
		}
		h.code("again", narrow(h.boss, keep...), "proposal_outdated")
		h.code("a member takes it back", undo(ada), "forbidden")
		h.ok(undo(h.boss))
		if got := h.scopes(h.ins.Grant); !slices.Equal(got, before) {
			t.Errorf("taken back: %v", got)
		}
		h.code("taken back twice", undo(h.boss), "narrowing_over")
		_, err = h.Integrations.Amend(h.ctx, h.boss, h.ins.ID, integration.Patch{Scopes: &keep})
		h.ok(err)
		h.code("taken back, and then chosen by hand", undo(h.boss), "narrowing_over")
		_, err = h.Integrations.Amend(h.ctx, h.boss, h.ins.ID, integration.Patch{Scopes: &before})
		h.ok(err)

		h.clock.Advance(time.Second)
		h.ok(narrow(h.boss, keep...))
		other := []string{"members.read", "projects.read"}
		_, err = h.Integrations.Amend(h.ctx, h.boss, h.ins.ID, integration.Patch{Scopes: &other})
		h.ok(err)
		h.code("after somebody else's change", undo(h.boss), "narrowing_over")
		if r := h.report(h.ins.Grant, 30); r.Undo != nil {
			t.Errorf("it is still offered: %+v", r.Undo)
		}
		all := before
		_, err = h.Integrations.Amend(h.ctx, h.boss, h.ins.ID, integration.Patch{Scopes: &all})
		h.ok(err)
		h.calls(called{h.ins.Grant, "updateFlag", "proj/web:flag/x", 1, time.Hour, usage.OK})
		h.code("what was read before another scope was used", narrow(h.boss, keep...), "proposal_outdated")
	})
}

// Private integrations are narrowed too; what roles bound is not, nor is what would
// have nothing left.
func TestNarrowingOfOtherHolders(t *testing.T) {
	each(t, func(h *house) {
		made, err := h.Private.Create(h.ctx, h.boss, h.acc.ID, private.Draft{Name: "Export", Scopes: []string{"flags.read", "members.read"}})
		h.ok(err)
		if r := h.report(made.Grant, 30); r.Proposal != nil {
			t.Errorf("unused, it would keep %v", r.Proposal.Keep)
		}
		h.calls(called{made.Grant, "listMembers", "", 1, time.Hour, usage.OK})
		_, err = h.Narrow(h.ctx, h.boss, h.grant(made.Grant), 30, []string{"members.read"})
		h.ok(err)
		if got := h.scopes(made.Grant); !slices.Equal(got, []string{"members.read"}) {
			t.Errorf("narrowed to %v", got)
		}
		_, err = h.Undo(h.ctx, h.boss, h.grant(made.Grant))
		h.ok(err)
		token, err := h.tokens.Create(h.ctx, h.boss, h.acc.ID, apitoken.Service, apitoken.Draft{Name: "nightly", Roles: []string{role.Reader}})
		h.ok(err)
		h.calls(called{token.Grant, "listFlags", "proj/web", 1, time.Hour, usage.OK})
		r := h.report(token.Grant, 30)
		if r.Proposal != nil || r.Kind != grant.KindService || r.Name != "nightly" {
			t.Errorf("%+v", r)
		}
		_, err = h.Narrow(h.ctx, h.boss, h.grant(token.Grant), 30, r.Needed)
		h.code("a service token", err, "not_narrowed")
	})
}

func TestDryRunsThatMakeNoSense(t *testing.T) {
	each(t, func(h *house) {
		elsewhere := h.account("elsewhere")
		both := access.UserPrincipal(h.boss.User, nil, map[string]string{h.acc.ID.String(): access.AccountAdmin, elsewhere.ID.String(): access.AccountAdmin})
		there, err := h.Private.Create(h.ctx, h.member("eve", elsewhere, access.AccountAdmin), elsewhere.ID, private.Draft{Name: "x", Scopes: []string{"flags.read"}})
		h.ok(err)
		token, err := h.tokens.Create(h.ctx, h.boss, h.acc.ID, apitoken.Service, apitoken.Draft{Name: "nightly", Roles: []string{role.Reader}})
		h.ok(err)
		scopes := func(g string) *insight.ScopeChange {
			return &insight.ScopeChange{Grant: h.grant(g), Scopes: []string{"flags.read"}}
		}
		for name, tc := range map[string]struct {
			change insight.Change
			want   string
		}{
			"nothing":                    {insight.Change{}, "dry_run_invalid"},
			"two things":                 {insight.Change{Grant: scopes(h.ins.Grant), Member: &insight.MemberChange{Member: h.ada}}, "dry_run_invalid"},
			"a fortnight":                {insight.Change{Days: 14, Grant: scopes(h.ins.Grant)}, "dry_run_invalid"},
			"another account's grant":    {insight.Change{Grant: scopes(there.Grant)}, "not_found"},
			"scopes of a service token":  {insight.Change{Grant: scopes(token.Grant)}, "not_narrowed"},
			"a role that there is not":   {insight.Change{Role: &insight.RoleChange{}}, "not_found"},
			"a member that there is not": {insight.Change{Member: &insight.MemberChange{Member: "usr_nobody"}}, "not_found"},
			"a role to give that is not": {insight.Change{Member: &insight.MemberChange{Member: h.ada, Roles: []role.Given{{Role: "rle_00000000000000000000000000"}}}}, "role_assignment_invalid"},
		} {
			_, err := h.DryRun(h.ctx, both, h.acc.ID, tc.change)
			h.code(name, err, tc.want)
		}
	})
}

// Other scopes of a grant: what passed is decided anew, for a week or a month; what
// it was about must be known; what is refused today already is not the change's doing.
func TestDryRunOfScopes(t *testing.T) {
	each(t, func(h *house) {
		id := h.ins.Grant
		h.calls(called{id, "listFlags", "proj/web", 5, 10 * day, usage.OK}, called{id, "listMembers", "account/harbour", 4, 3 * time.Hour, usage.OK},
			called{id, "listFlags", "proj/web", 12, 2 * time.Hour, usage.OK}, called{id, "updateFlag", "proj/web:flag/x", 3, time.Hour, usage.ScopeMissing})
		with := func(days int, scopes ...string) insight.Outcome {
			t.Helper()
			return h.try(insight.Change{Days: days, Grant: &insight.ScopeChange{Grant: h.grant(id), Scopes: scopes}})
		}
		o := with(0, "projects.read")
		if o.Grants != 1 || o.Calls != 16 || o.Refused != 16 || o.Unjudged != 0 || len(o.Lines) != 2 || o.Lines[0].Operation != "listFlags" || o.Lines[0].Calls != 12 || o.Lines[0].Resource != "proj/web" ||
			o.Lines[0].Name != "Deploybot" || o.Lines[1].Operation != "listMembers" || len(o.Lines[0].Missing) == 0 || !slices.Contains(o.Lines[0].Missing[0], "flags.read") {
			t.Errorf("%+v", o)
		}
		if o := with(30, "projects.read"); o.Calls != 21 || o.Refused != 21 {
			t.Errorf("in a month: %+v", o)
		}
		if o := with(7, "projects.read", "flags.read", "members.read"); o.Calls != 16 || o.Refused != 0 || len(o.Lines) != 0 {
			t.Errorf("with what was used: %+v", o)
		}
		if got := h.scopes(id); len(got) != 4 {
			t.Errorf("a trial has changed it to %v", got)
		}
		h.calls(called{id, "getFlag", "", 6, time.Hour, usage.OK}, called{id, "soldLastYear", "", 1, time.Hour, usage.OK})
		if o := with(7, "projects.read"); o.Unjudged != 7 || o.Calls != 16 {
			t.Errorf("with calls about nobody knows what: %+v", o)
		}
		less := []string{"projects.read", "flags.read"}
		_, err := h.Integrations.Amend(h.ctx, h.boss, h.ins.ID, integration.Patch{Scopes: &less})
		h.ok(err)
		if o := with(7, "projects.read"); o.Refused != 12 || len(o.Lines) != 1 {
			t.Errorf("what is refused today counts: %+v", o)
		}
	})
}

// Another policy of a role, and other roles of a member: every grant behind which
// they stand is tried, and no other.
func TestDryRunOfRolesAndMembers(t *testing.T) {
	each(t, func(h *house) {
		r, err := h.Roles.Create(h.ctx, h.boss, h.acc.ID, role.Draft{Key: "viewer", Name: "Viewer", Policy: access.Policy{allow("proj/*", "flag:view")}})
		h.ok(err)
		other, err := h.Roles.Create(h.ctx, h.boss, h.acc.ID, role.Draft{Key: "other", Name: "Other", Policy: access.Policy{allow("proj/*", "flag:view")}})
		h.ok(err)
		_, err = h.Roles.Assign(h.ctx, h.boss, role.Place{Account: h.acc.ID, User: h.ada}, []role.Given{{Role: r.ID.String()}})
		h.ok(err)
		ada := access.UserPrincipal(h.ada, nil, map[string]string{h.acc.ID.String(): access.AccountMember})
		own, err := h.tokens.Create(h.ctx, ada, h.acc.ID, apitoken.Personal, apitoken.Draft{Name: "mine", Policy: access.Policy{allow("*", "*")}})
		h.ok(err)
		service, err := h.tokens.Create(h.ctx, h.boss, h.acc.ID, apitoken.Service, apitoken.Draft{Name: "nightly", Roles: []string{r.ID.String()}})
		h.ok(err)
		bystander, err := h.tokens.Create(h.ctx, h.boss, h.acc.ID, apitoken.Service, apitoken.Draft{Name: "bystander", Roles: []string{other.ID.String()}})
		h.ok(err)
		h.calls(called{own.Grant, "listFlags", "proj/web", 3, time.Hour, usage.OK}, called{service.Grant, "listFlags", "proj/web", 2, time.Hour, usage.OK},
			called{service.Grant, "listFlags", "proj/app", 7, time.Hour, usage.OK}, called{bystander.Grant, "listFlags", "proj/app", 9, time.Hour, usage.OK})

		narrower := access.Policy{allow("proj/*", "flag:view"), {Effect: access.Deny, Actions: []string{"flag:view"}, Resources: []string{"proj/app"}}}
		o := h.try(insight.Change{Role: &insight.RoleChange{Role: r.ID, Policy: &narrower}})
		if o.Grants != 2 || o.Calls != 12 || o.Refused != 7 || len(o.Lines) != 1 || o.Lines[0].Grant != service.Grant || o.Lines[0].Resource != "proj/app" {
			t.Errorf("a denial added: %+v", o)
		}
		nothing, reader := access.Policy{}, role.BaseReader
		if o := h.try(insight.Change{Role: &insight.RoleChange{Role: r.ID, Policy: &nothing}}); o.Refused != 12 || o.Lines[0].Calls != 7 || o.Lines[1].Name != "mine as ada" {
			t.Errorf("nothing left: %+v", o)
		}
		if o := h.try(insight.Change{Role: &insight.RoleChange{Role: r.ID, Policy: &nothing, Base: &reader}}); o.Refused != 0 {
			t.Errorf("a base that does for all: %+v", o)
		}
		o = h.try(insight.Change{Member: &insight.MemberChange{Member: h.ada, Roles: []role.Given{}}})
		if o.Grants != 1 || o.Calls != 3 || o.Refused != 3 || o.Lines[0].Grant != own.Grant {
			t.Errorf("a member without roles: %+v", o)
		}
		if o := h.try(insight.Change{Member: &insight.MemberChange{Member: h.ada, Roles: []role.Given{{Role: role.Reader}}}}); o.Grants != 1 || o.Refused != 0 {
			t.Errorf("a member with another role: %+v", o)
		}
		got, err := h.Roles.Get(h.ctx, h.boss, role.Path{Account: h.acc.ID, Role: r.ID})
		if err != nil || got.Revision != 0 || len(got.Policy) != 1 {
			t.Errorf("a trial has changed the role: %+v %v", got, err)
		}
	})
}

// An account with very many grants: the newest are tried, and how many are left out is
// said; a change of one grant finds it however old it is.
func TestDryRunSaysWhatItLeavesOut(t *testing.T) {
	each(t, func(h *house) {
		h.calls(called{h.ins.Grant, "listFlags", "proj/web", 3, time.Hour, usage.OK})
		h.clock.Advance(time.Second)
		h.ok(h.DB.Write(h.ctx, func(tx *store.Tx) error {
			for range 502 {
				_, err := h.Grants.Create(tx, grant.Grant{Kind: grant.KindConsent, Account: h.acc.ID.String(), Holder: "consent/x", Subject: "usr_gone", Scopes: []string{"flags.read"}})
				if err != nil {
					return err
				}
			}
			return nil
		}))
		o := h.try(insight.Change{Member: &insight.MemberChange{Member: h.ada, Roles: []role.Given{}}})
		if o.LeftOut != 3 { // with the installation's own
			t.Errorf("%d left out", o.LeftOut)
		}
		o = h.try(insight.Change{Grant: &insight.ScopeChange{Grant: h.grant(h.ins.Grant), Scopes: []string{"projects.read"}}})
		if o.LeftOut != 0 || o.Grants != 1 || o.Refused != 3 {
			t.Errorf("an old grant: %+v", o)
		}
	})
}
