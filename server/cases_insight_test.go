package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/insight"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/server/servertest"
)

const things = "/api/v1/accounts/harbour/projects"

func calls(t *testing.T, h *servertest.House, raw string, status int, paths ...string) {
	t.Helper()
	for _, p := range paths {
		method, path, _ := strings.Cut(p, " ")
		if a := h.Call(raw, method, things+path, func(r *http.Request) {
			if method != http.MethodGet {
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader("{}")), 2
				r.Header.Set("Content-Type", "application/json")
			}
		}); (a.Status == http.StatusForbidden) != (status == http.StatusForbidden) {
			t.Fatalf("%s: %d %s", p, a.Status, a.Body)
		}
	}
}

func grantID(t *testing.T, id string) grant.ID {
	t.Helper()
	out, err := ident.Parse[grant.Grant](id)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A32: three calls in a sandbox; the suggestion lists exactly their scopes, and the
// developer sees it as well as the account.
func TestA32_ThreeCallsSuggestTheirScopes(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	dev, team := h.Developer("dev@acme.example")
	admin, acc := h.Customer("harbour", account.Sandbox)
	app, key := h.Release(dev, team, "flags.read", "flags.write", "projects.read", "segments.read", "members.read")
	in := h.Install(admin, acc, app)
	raw := h.Token(key, "harbour")
	calls(t, h, raw, 200, "GET ", "GET /web", "GET /web/flags")
	calls(t, h, raw, 403, "DELETE /web")
	for who, by := range map[string]access.Principal{"account": admin, "developer": dev} {
		r, err := h.Insight.Report(t.Context(), by, grantID(t, in.Grant), 7)
		if err != nil {
			t.Fatal(who, err)
		}
		if !slices.Equal(r.Needed, []string{"flags.read", "projects.read"}) {
			t.Errorf("%s: the calls needed %v", who, r.Needed)
		}
		if r.Passed != 3 || r.Calls != 4 || r.Name != "Deploybot" {
			t.Errorf("%s: %+v", who, r)
		}
		if r.Proposal != nil {
			t.Errorf("%s: what the version requires is proposed to go: %+v", who, r.Proposal)
		}
		for _, e := range r.Entitlements {
			used := map[string]int64{"flag:view": 1, "project:view": 2}[e.Entitlement]
			if e.Calls != used || (used > 0) == e.Last.IsZero() {
				t.Errorf("%s: %+v, want %d calls", who, e, used)
			}
		}
	}
	stranger, _ := h.Developer("eve@elsewhere.example")
	if _, err := h.Insight.Report(t.Context(), stranger, grantID(t, in.Grant), 7); problem.Of(err).Kind != problem.KindNotFound {
		t.Error(err)
	}
}

// What was not used is taken away with one step and given back with another; calls
// follow at once, tokens stay.
func TestNarrowingIsAppliedAndTakenBack(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	dev, team := h.Developer("dev@acme.example")
	admin, acc := h.Customer("harbour", account.Production)
	app, key := h.Release(dev, team, "projects.read")
	v, err := h.Releases.Draft(t.Context(), dev, app.ID, release.Content{Number: "1.1.0", Notes: "Does more if you like.", Required: []release.Request{{Scope: "projects.read", Purpose: "To do its work."}},
		Optional: []release.Request{{Scope: "flags.read", Purpose: "To do more."}, {Scope: "flags.write", Purpose: "To do even more."}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Releases.Publish(t.Context(), dev, v.ID); err != nil {
		t.Fatal(err)
	}
	all := []string{"flags.read", "flags.write", "projects.read"}
	in, err := h.Integrations.Install(t.Context(), admin, acc.ID, integration.Order{ApplicationID: app.PublicID, Scopes: all})
	if err != nil {
		t.Fatal(err)
	}
	own, err := h.Private.Create(t.Context(), admin, acc.ID, private.Draft{Name: "Nightly sync", Scopes: all})
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{in.Grant: h.Token(key, "harbour"), own.Integration.Grant: own.Token.Secret.Reveal()} {
		id := grantID(t, name)
		calls(t, h, raw, 200, "GET /web/flags")
		r, err := h.Insight.Report(t.Context(), admin, id, 30)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"flags.read"}
		if r.Kind == grant.KindInstallation {
			want = append(want, "projects.read") // required
		}
		if r.Proposal == nil || !slices.Equal(r.Proposal.Keep, want) {
			t.Fatalf("%s: %+v", r.Kind, r.Proposal)
		}
		if _, err := h.Insight.Narrow(t.Context(), admin, id, 30, all); problem.CodeOf(err) != "proposal_outdated" {
			t.Errorf("%s: another set than the proposal: %v", r.Kind, err)
		}
		if _, err := h.Insight.Undo(t.Context(), admin, id); problem.CodeOf(err) != "narrowing_over" {
			t.Errorf("%s: undone before it was done: %v", r.Kind, err)
		}
		if _, err := h.Insight.Narrow(t.Context(), admin, id, 30, want); err != nil {
			t.Fatalf("%s: %v", r.Kind, err)
		}
		calls(t, h, raw, 200, "GET /web/flags")
		calls(t, h, raw, 403, "DELETE /web/flags/nothing")
		r, err = h.Insight.Report(t.Context(), admin, id, 30)
		if err != nil || r.Undo == nil || len(r.Scopes) != len(want) {
			t.Fatalf("%s: %+v %v", r.Kind, r, err)
		}
		if _, err := h.Insight.Undo(t.Context(), admin, id); err != nil {
			t.Fatalf("%s: %v", r.Kind, err)
		}
		calls(t, h, raw, 200, "DELETE /web/flags/nothing")
		if r, err = h.Insight.Report(t.Context(), admin, id, 30); err != nil || r.Undo != nil || len(r.Scopes) != 3 {
			t.Errorf("%s: %+v %v", r.Kind, r.Scopes, err)
		}
		if _, err := h.Insight.Undo(t.Context(), admin, id); problem.CodeOf(err) != "narrowing_over" {
			t.Errorf("%s: undone twice: %v", r.Kind, err)
		}
	}
	// The developer sees the use and changes nothing.
	if _, err := h.Insight.Narrow(t.Context(), dev, grantID(t, in.Grant), 30, []string{"flags.read", "projects.read"}); err == nil {
		t.Error("a developer narrows what a customer granted")
	}
	list, err := h.Insight.List(t.Context(), admin, acc.ID, 30)
	if err != nil || len(list) != 2 {
		t.Errorf("%d %v", len(list), err)
	}
}

// A dry run names exactly the calls that a change would have refused, and whose they
// were; making the change then refuses exactly these.
func TestDryRunForetellsTheRefusals(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	admin, acc := h.Customer("harbour", account.Production)
	user := h.Person("ada@example.com")
	if err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: acc.ID.String(), User: user, Role: access.AccountMember})
	}); err != nil {
		t.Fatal(err)
	}
	ops, err := h.Roles.Create(t.Context(), admin, acc.ID, role.Draft{Key: "ops", Name: "Ops", Policy: access.Policy{{Effect: access.Allow, Actions: []string{"*:view"}, Resources: []string{"*"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Roles.Assign(t.Context(), admin, role.Place{Account: acc.ID, User: user}, []role.Given{{Role: ops.ID.String()}}); err != nil {
		t.Fatal(err)
	}
	ada := access.UserPrincipal(user, nil, map[string]string{acc.ID.String(): access.AccountMember})
	mine, err := h.APITokens.Create(t.Context(), ada, acc.ID, apitoken.Personal, apitoken.Draft{Name: "Ada's script", Roles: []string{role.Reader}})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := h.APITokens.Create(t.Context(), admin, acc.ID, apitoken.Service, apitoken.Draft{Name: "Nightly job", Roles: []string{ops.ID.String()}})
	if err != nil {
		t.Fatal(err)
	}
	other, err := h.Private.Create(t.Context(), admin, acc.ID, private.Draft{Name: "Sync", Scopes: []string{"projects.read", "flags.read"}})
	if err != nil {
		t.Fatal(err)
	}
	for raw, paths := range map[string][]string{
		mine.Token.Secret.Reveal(): {"GET /web", "GET /web", "GET /app", "GET "}, ours.Token.Secret.Reveal(): {"GET /app", "GET /web"}, other.Token.Secret.Reveal(): {"GET /web", "GET /web/flags"}} {
		calls(t, h, raw, 200, paths...)
	}
	if err := h.Usage.Flush(t.Context()); err != nil { // from the records, too
		t.Fatal(err)
	}
	calls(t, h, mine.Token.Secret.Reveal(), 200, "GET /web") // and from memory

	less := access.Policy{{Effect: access.Allow, Actions: []string{"*:view"}, Resources: []string{"*"}}, {Effect: access.Deny, Actions: []string{"project:view"}, Resources: []string{"proj/web"}}}
	run := func(c insight.Change) (insight.Outcome, string) {
		t.Helper()
		o, err := h.Insight.DryRun(t.Context(), admin, acc.ID, c)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		for _, l := range o.Lines {
			b.WriteString(l.Name + " " + l.Operation + " " + l.Resource + " ")
			_ = json.NewEncoder(&b).Encode(l.Calls)
		}
		return o, b.String()
	}
	o, lines := run(insight.Change{Role: &insight.RoleChange{Role: ops.ID, Policy: &less}})
	if want := "Ada's script as ada@example.com getProject proj/web 3\nNightly job getProject proj/web 1\n"; lines != want || o.Grants != 2 || o.Calls != 7 || o.Refused != 4 || o.Unjudged != 0 {
		t.Errorf("another policy: %s%+v", lines, o)
	}
	o, lines = run(insight.Change{Days: 30, Member: &insight.MemberChange{Member: user, Roles: []role.Given{}}})
	if o.Grants != 1 || o.Refused != 5 || strings.Contains(lines, "Nightly") {
		t.Errorf("no role: %s%+v", lines, o)
	}
	o, lines = run(insight.Change{Grant: &insight.ScopeChange{Grant: grantID(t, other.Integration.Grant), Scopes: []string{"projects.read"}}})
	if o.Grants != 1 || o.Calls != 2 || o.Refused != 1 || !strings.Contains(lines, "Sync listFlags") || len(o.Lines[0].Missing) == 0 {
		t.Errorf("fewer scopes: %s%+v", lines, o)
	}

	// The change refuses what was foretold, and nothing else.
	if _, err := h.Roles.Update(t.Context(), admin, role.Path{Account: acc.ID, Role: ops.ID}, role.Patch{Policy: &less}); err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{mine.Token.Secret.Reveal(), ours.Token.Secret.Reveal()} {
		calls(t, h, raw, 403, "GET /web")
		calls(t, h, raw, 200, "GET /app")
	}
	if o, lines = run(insight.Change{Role: &insight.RoleChange{Role: ops.ID, Policy: &less}}); o.Refused != 0 {
		t.Errorf("what is so already: %s", lines)
	}
	for name, c := range map[string]insight.Change{"nothing": {}, "a year": {Days: 365, Member: &insight.MemberChange{Member: user}}, "two": {Role: &insight.RoleChange{Role: ops.ID}, Member: &insight.MemberChange{Member: user}}} {
		if _, err := h.Insight.DryRun(t.Context(), admin, acc.ID, c); problem.CodeOf(err) != "dry_run_invalid" {
			t.Errorf("%s: %v", name, err)
		}
	}
	eve, _ := h.Developer("eve@elsewhere.example")
	if _, err := h.Insight.DryRun(t.Context(), eve, acc.ID, insight.Change{Role: &insight.RoleChange{Role: ops.ID}}); problem.Of(err).Kind != problem.KindNotFound {
		t.Errorf("a stranger: %v", err)
	}
}
