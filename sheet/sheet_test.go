package sheet_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/sheet"
)

var ctx = context.Background()

// pennant is the example product's catalog.
func pennant(t *testing.T) *catalog.Catalog {
	t.Helper()
	raw, err := os.ReadFile("../example/pennant/catalog.yaml")
	must(t, err)
	file, err := catalog.ParseFile(raw)
	must(t, err)
	set, err := catalog.Load(os.DirFS("../example/pennant"), file.Product.Documents...)
	must(t, err)
	cat, _, err := catalog.Import(set, file)
	must(t, err)
	return cat
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type person struct{}

func (person) IDPrefix() string { return "usr" }

// house is the slice on a real database: ada develops Deploybot.
type house struct {
	*sheet.Service
	t   *testing.T
	ada access.Principal
	app application.Application
}

func newHouse(t *testing.T) *house {
	t.Helper()
	clock := storetest.NewClock()
	db := storetest.Open(t, clock)
	log, cat := &audit.Log{DB: db}, &catalog.Current{}
	cat.Swap(pennant(t))
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	must(t, err)
	s := &sheet.Service{DB: db, Groups: &group.Service{DB: db, Audit: log}, Quota: &quota.Service{DB: db, Audit: log, Solo: true}, Catalog: cat}
	s.Applications = &application.Service{DB: db, Audit: log, Groups: s.Groups, Keys: keys, Quota: s.Quota}
	s.Releases = &release.Service{DB: db, Audit: log, Applications: s.Applications, Groups: s.Groups, Notices: &notice.Service{DB: db, Audit: log}, Catalog: cat}
	h := &house{Service: s, t: t}
	id := ident.New[person](clock.Now()).String()
	must(t, db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, 'ada@example.com', 'ada', '', '', 0, 'active', '', 1, ?, 0)`, id, store.At(tx.Now()))
		return err
	}))
	g, err := s.Groups.Create(ctx, access.UserPrincipal(id, nil, nil), "Harbour Tools")
	must(t, err)
	h.ada = access.UserPrincipal(id, map[string]string{g.ID.String(): access.GroupOwner}, nil)
	h.app, err = s.Applications.Register(ctx, h.ada, g.ID.String(), application.Draft{Name: "Deploybot | *fast*", Description: "Deploys.", Support: "help@deploybot.example", Homepage: "https://deploybot.example"})
	must(t, err)
	return h
}

func (h *house) draft(c release.Content) release.Version {
	h.t.Helper()
	v, err := h.Releases.Draft(ctx, h.ada, h.app.ID, c)
	must(h.t, err)
	return v
}

// Every operation of the product is covered by a scope that is described, or said
// to be public or internal; the sheet's privileges are those that the catalog has
// for the scopes of the version, no others.
func TestA21_OneRegistryOfScopes(t *testing.T) {
	t.Parallel()
	cat := pennant(t)
	for _, r := range cat.Routes() {
		if r.Public || r.Internal || r.Removed != nil {
			continue
		}
		if r.Unmapped() || !r.Needs.Mapped() {
			t.Errorf("%s %s: nobody has said what it needs", r.Method, r.Template)
			continue
		}
		if scopes, unmet := cat.Covering([]string{r.Operation}, cat.Scopes()); len(unmet) > 0 || len(scopes) == 0 {
			t.Errorf("%s %s: no registered scope is enough (%v)", r.Method, r.Template, r.Needs.Text())
		}
	}
	h := newHouse(t)
	for _, scope := range cat.Scopes() {
		v := h.draft(release.Content{Number: "1.0.0", Required: []release.Request{{Scope: scope, Purpose: "Needs it."}}})
		got, err := h.Get(ctx, h.ada, v.ID)
		must(t, err)
		about, _ := cat.Scope(scope)
		if len(got.Scopes) != 1 || got.Scopes[0].Label != about.Label || got.Scopes[0].Purpose != "Needs it." {
			t.Errorf("%s: %+v", scope, got.Scopes)
		}
		want := slices.Sorted(slices.Values(cat.Entitlements(scope)))
		if !slices.Equal(got.Entitlements, want) {
			t.Errorf("%s: entitlements %v, want %v", scope, got.Entitlements, want)
		}
		for _, e := range want {
			for _, p := range cat.Privileges(e) {
				if !slices.ContainsFunc(got.Privileges, func(x sheet.Privilege) bool {
					return x.Label == p.Label && x.Screen == p.Screen && slices.Contains(x.Entitlements, e)
				}) {
					t.Errorf("%s: the sheet lacks %q on %q for %s", scope, p.Label, p.Screen, e)
				}
			}
		}
		for _, p := range got.Privileges {
			if len(p.Entitlements) == 0 || slices.ContainsFunc(p.Entitlements, func(e string) bool { return !slices.Contains(want, e) }) {
				t.Errorf("%s: nobody needs %+v", scope, p)
			}
		}
		must(t, discard(h, v))
	}
}

func discard(h *house, v release.Version) error {
	_, err := h.Releases.Discard(ctx, h.ada, v.ID)
	if err == nil { // its number stays taken
		err = h.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.ExecContext(tx.Ctx, "DELETE FROM release_version WHERE id = ?", v.ID.String())
			return err
		})
	}
	return err
}

// The sheet shows exactly what the version asks for.
func TestA18_TheSheetShowsWhatIsAsked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.draft(release.Content{Number: "1.0.0", Required: []release.Request{{Scope: "flags.read", Purpose: "Shows <flags>."}}, Optional: []release.Request{{Scope: "flags.write", Purpose: "Turns them on."}},
		Delegation: "consent", UserName: "Deploybot", RoleName: "Deploybot role", Events: []string{"guestright.installation.created"}})
	got, err := h.Get(ctx, h.ada, v.ID)
	must(t, err)
	if got.ApplicationID != h.app.PublicID || got.Developer != "Harbour Tools" || got.UserName != "Deploybot" || got.Delegation != "consent" || len(got.Scopes) != 2 || !got.Scopes[0].Required || got.Scopes[1].Required || got.State != release.Draft {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(got.InPersonsName, "that person's own privileges apply") {
		t.Errorf("%q", got.InPersonsName)
	}
	if got.Links.Support != "help@deploybot.example" || len(got.Limits) != 2 || got.Limits[1].Per != "24 hours" || len(got.Events) != 1 {
		t.Errorf("%+v", got)
	}
	text := got.Markdown()
	for _, want := range []string{"# Deploybot \\| \\*fast\\* 1.0.0: customer sheet", "| Application ID | `" + h.app.PublicID + "` |", "<help@deploybot.example>", "Shows &lt;flags&gt;.", "(`flags.write`) | optional |", "10,000 calls in 24 hours", "own privileges apply", "not released"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if again, _ := h.Get(ctx, h.ada, v.ID); again.Markdown() != text {
		t.Error("the same facts give another text")
	}
	alone := h.draft(release.Content{Number: "1.0.1", Required: []release.Request{{Scope: "flags.read", Purpose: "Reads."}}})
	if got, err := h.Get(ctx, h.ada, alone.ID); err != nil || got.InPersonsName != "" || slices.ContainsFunc(got.Scopes, func(s sheet.Scope) bool { return s.Name == "flags.write" }) {
		t.Errorf("%+v %v", got, err)
	}
	eve := access.UserPrincipal("usr_00000000000000000000000000", nil, nil)
	if _, err := h.Get(ctx, eve, v.ID); problem.CodeOf(err) != "not_found" {
		t.Errorf("a stranger reads a draft: %v", err)
	}
}

// What the sheet says follows the catalog, the limits and the listing at once.
func TestTheSheetIsAlwaysTrue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.draft(release.Content{Number: "1.0.0", Required: []release.Request{{Scope: "flags.read", Purpose: "Reads."}}})
	h.Links = func(*store.Tx, string) (sheet.Links, error) {
		return sheet.Links{Privacy: "https://deploybot.example/privacy"}, nil
	}
	must(t, h.Quota.Grant(ctx, access.Operator("usr_op"), quota.Override{Owner: h.app.Group, Limit: "day", Value: 123456, Reason: "grown"}))
	got, err := h.Get(ctx, h.ada, v.ID)
	must(t, err)
	if got.Links.Privacy != "https://deploybot.example/privacy" || !strings.Contains(got.Markdown(), "123,456 calls in 24 hours for all applications of the developer together") {
		t.Errorf("%+v", got)
	}
	plain := got.Scopes[0].Label
	h.Catalog.Swap(renamed(t))
	if got, err = h.Get(ctx, h.ada, v.ID); err != nil || got.Scopes[0].Label == plain || got.Scopes[0].Label != "Look at flags" {
		t.Errorf("%+v %v", got.Scopes, err)
	}
}

// renamed is the catalog with another word for a scope.
func renamed(t *testing.T) *catalog.Catalog {
	t.Helper()
	file := pennant(t).File()
	s := file.Scopes["flags.read"]
	s.Label = "Look at flags"
	file.Scopes["flags.read"] = s
	set, err := catalog.Load(os.DirFS("../example/pennant"), file.Product.Documents...)
	must(t, err)
	cat, _, err := catalog.Import(set, file)
	must(t, err)
	return cat
}
