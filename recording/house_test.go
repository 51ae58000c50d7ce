package recording_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/recording"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server/servertest"
)

const things = "/api/v1/accounts/lab/projects"

// house is the whole platform; dan has an application and a sandbox, lab.
type house struct {
	*servertest.House
	clock *storetest.Clock
	dan   access.Principal
	team  group.Group
	app   application.Application
	lab   account.Account
}

func start(t *testing.T) *house {
	t.Helper()
	h := &house{clock: storetest.NewClock()}
	product := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(product.Close)
	h.House = servertest.Start(t, servertest.Options{Clock: h.clock, Catalog: servertest.PennantCatalog(t, product.URL)})
	h.dan, h.team = h.Developer("dan@acme.example")
	var err error
	h.app, err = h.Applications.Register(t.Context(), h.dan, h.team.ID.String(), application.Draft{Name: "Deploybot", Description: "Turns flags on."})
	h.ok(err)
	h.lab = h.account("lab", account.Sandbox, h.team.ID.String())
	return h
}

func (h *house) account(key string, kind account.Kind, owner string) account.Account {
	h.T.Helper()
	a, err := h.Accounts.Put(h.T.Context(), access.System("test"), account.Draft{Key: key, Name: strings.ToUpper(key), Kind: kind, Group: owner})
	h.ok(err)
	return a
}

func (h *house) ok(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

func (h *house) code(what string, err error, want string) {
	h.T.Helper()
	if got := problem.CodeOf(err); got != want || want == "" && err != nil {
		h.T.Errorf("%s: %v, want %q", what, err, want)
	}
}

func (h *house) record(hours int) recording.Started {
	h.T.Helper()
	got, err := h.Recordings.Start(h.T.Context(), h.dan, h.app.ID, recording.Order{Account: h.lab.ID.String(), Hours: hours})
	h.ok(err)
	return got
}

// call makes a call and compares its status, and the code when it is refused.
func (h *house) call(token, method, path string, status int, code string) {
	h.T.Helper()
	a := h.Call(token, method, path, func(r *http.Request) {
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/json")
		}
	})
	if a.Status != status || code != "" && a.Code() != code {
		h.T.Errorf("%s %s: %d %s, want %d %s", method, path, a.Status, a.Body, status, code)
	}
}

// A32: run three calls in a sandbox; the suggestion lists exactly their scopes. A
// recording is of use before there is any version.
func TestA32_ARecordingProposesTheScopesOfItsCalls(t *testing.T) {
	t.Parallel()
	h := start(t)
	r := h.record(0)
	if r.Ends.Sub(r.Created) != 4*time.Hour || !r.Running || r.AccountKey != "lab" {
		t.Errorf("%+v", r)
	}
	_, err := h.Recordings.Draft(t.Context(), h.dan, r.ID)
	h.code("a draft of nothing", err, "recording_empty")
	raw := r.Secret.Reveal()
	h.call(raw, "GET", things, 200, "")
	h.call(raw, "GET", things+"/web/flags", 200, "")
	h.call(raw, "DELETE", things+"/web/flags/new-checkout", 200, "")
	h.call(raw, "GET", "/api/v1/nowhere", 404, "not_found")
	p, err := h.Recordings.Proposal(t.Context(), h.dan, r.ID)
	h.ok(err)
	var scopes []string
	for _, n := range p.Scopes {
		scopes = append(scopes, n.Scope)
		if len(n.Operations) != 1 || n.Label == "" || n.Risk == "" {
			t.Errorf("%+v", n)
		}
	}
	if !slices.Equal(scopes, []string{"flags.read", "flags.write", "projects.read"}) && !slices.Equal(scopes, []string{"flags.write", "projects.read"}) {
		t.Errorf("it proposes %v", scopes)
	}
	if p.Passed != 3 || p.Unknown != 1 || len(p.Operations) != 3 || len(p.Entitlements) == 0 || len(p.Privileges) == 0 || len(p.Unmet) != 0 {
		t.Errorf("%+v", p)
	}
	v, err := h.Recordings.Draft(t.Context(), h.dan, r.ID)
	h.ok(err)
	if v.State != release.Draft || v.Number != "1.0.0" || !slices.Equal(v.Scopes(), scopes) || !strings.HasPrefix(v.Required[0].Purpose, "It is used for ") {
		t.Errorf("%+v", v)
	}
	if p, err = h.Recordings.Proposal(t.Context(), h.dan, r.ID); err != nil || p.Draft.Number != "1.1.0" {
		t.Errorf("%v %+v", err, p.Draft)
	}
}

// It opens one sandbox of its own group, and nothing else at any time.
func TestARecordingNeverWorksOutsideItsSandbox(t *testing.T) {
	t.Parallel()
	h := start(t)
	_, others := h.Developer("eve@other.example")
	for name, acc := range map[string]string{
		"a production account":             h.account("harbour", account.Production, "").ID.String(),
		"a production account of the team": h.account("real", account.Production, h.team.ID.String()).ID.String(),
		"a sandbox of nobody":              h.account("open", account.Sandbox, "").ID.String(),
		"another group's sandbox":          h.account("theirs", account.Sandbox, others.ID.String()).ID.String(),
		"no account":                       "acc_00000000000000000000000000",
	} {
		_, err := h.Recordings.Start(t.Context(), h.dan, h.app.ID, recording.Order{Account: acc})
		h.code(name, err, "recording_account")
	}
	raw := h.record(24).Secret.Reveal()
	h.call(raw, "GET", things, 200, "")
	h.call(raw, "GET", "/api/v1/accounts/real/projects", 404, "")
	if a := h.Do(mustRequest(t, h.URL+"/v1/applications/"+h.app.ID.String(), raw)); a.Status != 404 {
		t.Errorf("the management API answers %d %s", a.Status, a.Body)
	}
	for _, k := range []struct {
		kind  account.Kind
		owner string
	}{{account.Production, h.team.ID.String()}, {account.Sandbox, others.ID.String()}, {account.Sandbox, ""}} {
		h.account("lab", k.kind, k.owner)
		h.call(raw, "GET", things, 403, "recording_sandbox_only")
	}
	h.account("lab", account.Sandbox, h.team.ID.String())
	h.call(raw, "GET", things, 200, "")
}

// H44: in a sandbox failures are simulated for a recording, too; it ends by itself
// within a day, or when somebody says so, and each step is audited.
func TestH44_RecordingsSimulateAndEnd(t *testing.T) {
	t.Parallel()
	h := start(t)
	r := h.record(24)
	raw := r.Secret.Reveal()
	if a := h.Call(raw, "GET", things, func(q *http.Request) { q.Header.Set("X-Simulate", "rate_limited") }); a.Status != 429 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	_, err := h.Recordings.Start(t.Context(), h.dan, h.app.ID, recording.Order{Account: h.lab.ID.String()})
	h.code("a second one", err, "recording_running")
	_, err = h.Recordings.Start(t.Context(), h.dan, h.app.ID, recording.Order{Account: h.lab.ID.String(), Hours: 25})
	h.code("more than a day", err, "recording_invalid")
	h.clock.Advance(24*time.Hour - time.Second)
	h.call(raw, "GET", things, 200, "")
	h.clock.Advance(time.Second)
	h.call(raw, "GET", things, 401, "token_expired")
	h.ok(h.Recordings.Sweep(t.Context()))
	got, err := h.Recordings.Get(t.Context(), h.dan, r.ID)
	if err != nil || got.Running || !got.Ended.Equal(r.Ends) {
		t.Errorf("%+v %v", got, err)
	}
	second := h.record(1)
	h.call(second.Secret.Reveal(), "GET", things, 200, "")
	_, err = h.Recordings.End(t.Context(), h.dan, second.ID)
	h.ok(err)
	h.call(second.Secret.Reveal(), "GET", things, 401, "")
	_, err = h.Recordings.End(t.Context(), h.dan, second.ID)
	h.code("twice", err, "recording_over")
	all, err := h.Recordings.List(t.Context(), h.dan, h.app.ID)
	if err != nil || len(all) != 2 || all[0].ID != second.ID {
		t.Errorf("%+v %v", all, err)
	}
	log, err := h.Audit.List(t.Context(), h.dan, audit.Filter{Application: h.app.ID.String(), Limit: 100}, 0)
	h.ok(err)
	n := map[string]int{}
	for _, e := range log.Entries {
		n[e.Action]++
	}
	if n["recording.start"] != 2 || n["recording.end"] != 1 {
		t.Errorf("audited: %v", n)
	}
}

// Who develops the application may start and end; whoever only looks on may not.
func TestRecordingsAreTheDevelopers(t *testing.T) {
	t.Parallel()
	h := start(t)
	r := h.record(1)
	eve, _ := h.Developer("eve@other.example")
	looker := access.UserPrincipal(h.Person("leo@acme.example"), map[string]string{h.team.ID.String(): access.GroupMember}, nil)
	for name, k := range map[string]struct {
		by         access.Principal
		read, rest string
	}{"a member": {looker, "", "forbidden"}, "a stranger": {eve, "not_found", "not_found"}, "nobody": {access.Principal{}, "not_found", "not_found"}} {
		_, err := h.Recordings.Proposal(t.Context(), k.by, r.ID)
		h.code(name+" reads", err, k.read)
		_, err = h.Recordings.Sandboxes(t.Context(), k.by, h.app.ID)
		h.code(name+" looks for sandboxes", err, k.read)
		_, err = h.Recordings.Start(t.Context(), k.by, h.app.ID, recording.Order{Account: h.lab.ID.String()})
		h.code(name+" starts", err, k.rest)
		_, err = h.Recordings.End(t.Context(), k.by, r.ID)
		h.code(name+" ends", err, k.rest)
		_, err = h.Recordings.Draft(t.Context(), k.by, r.ID)
		h.code(name+" drafts", err, k.rest)
	}
	if all, err := h.Recordings.Sandboxes(t.Context(), h.dan, h.app.ID); err != nil || len(all) != 1 || all[0].Key != "lab" {
		t.Errorf("%+v %v", all, err)
	}
}

func mustRequest(t *testing.T, url, token string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}
