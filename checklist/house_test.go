package checklist_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/checklist"
	"github.com/guestright/guestright/client/webhook"
	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

// house is the whole platform, where the operator reviews versions; dan has an
// application and a sandbox, lab. olga runs the platform.
type house struct {
	*servertest.House
	clock     *storetest.Clock
	world     *servertest.World
	dan, olga access.Principal
	team      group.Group
	app       application.Application
	key       application.IssuedKey
	lab       account.Account
}

func page(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

func start(t *testing.T) *house { return startOn(t, nil) }

func startOn(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	return startWith(t, open, func(*server.Config) {})
}

func startWith(t *testing.T, open func(*storetest.Clock) *store.DB, change func(*server.Config)) *house {
	t.Helper()
	h := &house{clock: storetest.NewClock(), world: servertest.NewWorld(t)}
	product := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(product.Close)
	o := servertest.Options{Clock: h.clock, Catalog: servertest.PennantCatalog(t, product.URL), Outbound: h.world.Client, TXT: h.world,
		Change: func(c *server.Config) { c.Apps.Review = true; change(c) }}
	if open != nil {
		o.DB = open(h.clock)
	}
	h.House = servertest.Start(t, o)
	h.dan, h.team = h.Developer("dan@acme.example")
	h.olga = access.Operator(h.Person("olga@platform.example"))
	var err error
	h.app, err = h.Applications.Register(t.Context(), h.dan, h.team.ID.String(), application.Draft{Name: "Deploybot", Description: "Turns flags on.",
		Homepage: "https://www.deploybot.com", Support: "help@deploybot.com"})
	h.ok(err)
	h.key, err = h.Applications.CreateKey(t.Context(), h.dan, h.app.ID, application.KeyDraft{Label: "test"})
	h.ok(err)
	h.lab, err = h.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: "lab", Name: "LAB", Kind: account.Sandbox, Group: h.team.ID.String()})
	h.ok(err)
	return h
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

func ask(scopes ...string) release.Content {
	c := release.Content{Number: "1.0.0"}
	for _, s := range scopes {
		c.Required = append(c.Required, release.Request{Scope: s, Purpose: "To turn flags on after a deploy."})
	}
	return c
}

func (h *house) draft(c release.Content) release.Version {
	h.T.Helper()
	v, err := h.Releases.Draft(h.T.Context(), h.dan, h.app.ID, c)
	h.ok(err)
	return v
}

func (h *house) run(v release.Version) checklist.Checklist {
	h.T.Helper()
	got, err := h.Checklists.Run(h.T.Context(), h.dan, v.ID)
	h.ok(err)
	return got
}

func find(t *testing.T, c checklist.Checklist, code string) checklist.Item {
	t.Helper()
	for _, i := range c.Run.Items {
		if i.Code == code {
			return i
		}
	}
	t.Fatalf("no item %s", code)
	return checklist.Item{}
}

// is compares outcomes with what a run found.
func (h *house) is(c checklist.Checklist, want checklist.Outcome, codes ...string) {
	h.T.Helper()
	for _, code := range codes {
		if i := find(h.T.(*testing.T), c, code); i.Outcome != want {
			h.T.Errorf("%s is %s, want %s: %s %v", code, i.Outcome, want, i.Text, i.Evidence)
		}
	}
}

// describe fills in everything that customers read, and lets it answer.
func (h *house) describe() {
	h.T.Helper()
	h.world.Host("www.deploybot.com", page)
	h.world.Host("docs.deploybot.com", page)
	_, err := h.Listings.Update(h.T.Context(), h.dan, h.app.ID, listing.Edit{Links: &listing.Links{Privacy: "https://www.deploybot.com/privacy", Documentation: "https://docs.deploybot.com"}})
	h.ok(err)
}

// own proves a domain by its record.
func (h *house) own(name string) {
	h.T.Helper()
	d, err := h.Domains.Add(h.T.Context(), h.dan, h.team.ID.String(), name)
	h.ok(err)
	h.world.Record("_guestright-challenge."+name, "guestright-domain="+d.Challenge)
	h.clock.Advance(domain.Again)
	d, err = h.Domains.Check(h.T.Context(), h.dan, d.ID)
	h.ok(err)
	if d.State != domain.Proven {
		h.T.Fatalf("%+v", d)
	}
}

const things = "/api/v1/accounts/lab/projects"

func simulating(outcome string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
		if outcome != "" {
			r.Header.Set("X-Simulate", outcome)
		}
	}
}

// call makes a call in the sandbox.
func (h *house) call(token, method, path, simulate string, status int) {
	h.T.Helper()
	if a := h.Call(token, method, path, simulating(simulate)); a.Status != status {
		h.T.Errorf("%s %s: %d %s, want %d", method, path, a.Status, a.Body, status)
	}
}

// work does in the sandbox what the checks want to see: it works, is slowed down and
// refused, recovers, and is removed. In between one minute passes each.
func (h *house) work(writes bool) integration.Installation {
	h.T.Helper()
	i, err := h.Integrations.Install(h.T.Context(), access.System("test"), h.lab.ID, integration.Order{ApplicationID: h.app.PublicID})
	h.ok(err)
	raw := h.Token(h.key, "lab")
	for _, simulate := range []string{"", "rate_limited", "", "revoked_key", ""} {
		status := map[string]int{"": 200, "rate_limited": 429, "revoked_key": 401}[simulate]
		h.call(raw, "GET", things+"/web/flags", simulate, status)
		h.clock.Advance(time.Minute)
	}
	if writes {
		h.call(raw, "DELETE", things+"/web/flags/x", "", 200)
	}
	return i
}

func (h *house) remove(i integration.Installation) {
	h.T.Helper()
	_, err := h.Integrations.Remove(h.T.Context(), access.System("test"), i.ID, "The trial is over.")
	h.ok(err)
}

// receiver is the application's server for events.
type receiver struct {
	verifies atomic.Bool
	secret   atomic.Pointer[string]
	answer   atomic.Int64
	now      func() time.Time
}

func (r *receiver) serve(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	if r.verifies.Load() {
		v := &webhook.Verifier{Secrets: []string{*r.secret.Load()}, Now: r.now}
		if _, err := v.Verify(q.Context(), q.Header, body); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
	}
	w.WriteHeader(int(r.answer.Load()))
}

func fine() []checklist.Mark {
	var out []checklist.Mark
	for _, q := range checklist.Questions {
		out = append(out, checklist.Mark{Item: q.Code, Verdict: checklist.OK})
	}
	return out
}

func reasonsOf(err error) string {
	p := problem.Of(err)
	if p == nil {
		return ""
	}
	var codes []string
	if list, ok := p.Extra["reasons"].([]release.Reason); ok {
		for _, r := range list {
			codes = append(codes, r.Code)
		}
	}
	return strings.Join(codes, " ")
}
