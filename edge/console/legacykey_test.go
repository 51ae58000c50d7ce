package console_test

import (
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/leak"
	"github.com/guestright/guestright/legacy"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// withEnding gives the house a catalog of which parts come to their end.
func withEnding(h *house) {
	cat := h.Catalog.Get()
	file := cat.File()
	day := func(s string) time.Time {
		t, err := time.Parse(time.DateOnly, s)
		must(h.t, err)
		return t
	}
	file.Product.LegacyKeys = []catalog.Key{{In: "header", Name: "X-Pennant-Key"}, {In: "basic"}}
	file.Operations = map[string]catalog.Override{
		"listFlags":   {Entitlement: "flag:view", Deprecated: &catalog.Deprecation{Since: day("2026-01-15"), Sunset: day("2026-06-01"), Use: "getFlag", Note: "Lists without paging go.", Link: "https://pennant.example/changes"}},
		"listMembers": {Entitlement: "member:view", Deprecated: &catalog.Deprecation{Since: day("2025-01-15"), Removed: day("2026-02-01")}},
	}
	file.Versions = catalog.Versions{Header: "Pennant-Version", Default: "2026-01-01", Unpinned: "2024-01-01", Offered: []catalog.Version{
		{Name: "2024-01-01", Deprecated: &catalog.Deprecation{Since: day("2026-01-01"), Removed: day("2026-03-20"), Use: "2026-01-01"}}, {Name: "2026-01-01"}}}
	set, err := catalog.Load(os.DirFS("../../example/pennant"), "openapi.yaml")
	must(h.t, err)
	next, _, err := catalog.Import(set, file)
	must(h.t, err)
	h.Catalog.Swap(next)
	h.Legacy = &legacy.Service{DB: h.db, Audit: h.Audit, Usage: h.Usage, Accounts: h.Accounts, Grants: &grant.Service{DB: h.db}, Tokens: h.Tokens, Private: h.Private, Notices: h.Notices, Catalog: h.Catalog}
	gate := legacy.NewGate(h.db, token.NewAuthenticator(h.db, h.Keys))
	h.Leaks = &leak.Service{DB: h.db, Audit: h.Audit, Usage: h.Usage, Notices: h.Notices, Applications: h.Applications, Grants: &grant.Service{DB: h.db}, Tokens: h.Tokens,
		Products: h.Products, Legacy: h.Legacy, LegacyKeys: gate, Catalog: h.Catalog}
}

const keyLines = `account,sha256,label,scopes,created
lakeside,9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08,"ERP, nightly sync",*,2021-05-01
lakeside,60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752,Zapier,flags.read segments.read,2022-11-20
`

func (h *house) usedKey(k legacy.Key) {
	now := h.clock.Now()
	for i := range 40 {
		for op, o := range map[string]usage.Outcome{"listFlags": usage.OK, "updateFlag": usage.OK, "listMembers": usage.OperationRemoved} {
			h.Usage.Recorder.Record(now.Add(-time.Duration(i)*7*time.Hour), usage.Key{Grant: k.Grant, Account: k.Account, Operation: op, Outcome: o, Version: "2024-01-01"}, uint32(3+i%5))
		}
	}
	h.Usage.Recorder.Touch(usage.Subject{Kind: "grant", ID: k.Grant}, now.Add(-3*time.Minute), usage.Call{Operation: "listFlags", From: netip.MustParseAddr("198.51.100.7")})
}

func TestA33_OperatorImportsKeysAndTheAccountPartsFromThem(t *testing.T) {
	h := newHouse(t, withEnding)
	dev, admin, op := h.person("Ada Lindqvist", "ada@northwind.example"), h.person("Grace Okafor", "grace@lakeside.example"), h.operator("Olive Quill", "olive@pennant.example")
	x := h.team(dev, admin)
	acc := "/accounts/" + x.in[0].Account
	op.get("/operator/legacy-keys").has(t, "None imported yet", "in the header X-Pennant-Key, or as user name or password")
	bad := op.submit("/operator/legacy-keys", "/operator/legacy-keys", "keys", strings.Replace(keyLines, "flags.read", "sesame-street", 1))
	bad.has(t, "line 3/scopes: The catalog has no scope of one of these names.")
	if strings.Contains(bad.text(), "60303ae2") || strings.Contains(bad.text(), "sesame-street") {
		t.Error("what was entered is shown again")
	}
	op.submit("/operator/legacy-keys", "/operator/legacy-keys", "keys", keyLines).led(t, "/operator/legacy-keys")
	op.get("/operator/legacy-keys").has(t, "2 keys imported; 0 were there already.", "ERP, nightly sync", "Zapier", "Lakeside Software", "Everything", "2 permissions")

	keys, err := h.Legacy.List(t.Context(), admin.by(), legacy.Query{Account: x.in[0].Account})
	must(t, err)
	erp := keys[0]
	if !erp.Everything {
		erp = keys[1]
	}
	h.usedKey(erp)
	admin.get(acc).has(t, "Legacy keys", "Deprecations")
	admin.get(acc+"/legacy-keys").has(t, "ERP, nightly sync", "Active")
	one := acc + "/legacy-keys/" + erp.ID.String()
	admin.get(one).has(t, "What it was used for", "GET /api/v1/accounts/{accountKey}/projects/{projectKey}/flags", "Change flags", "Give it an end")
	if got := admin.get(one); !strings.Contains(got.text(), "Make a private integration of it") {
		t.Fatal(got.text())
	}
	made := admin.submit(one, one+"/private", "name", "ERP sync")
	made.has(t, "Copy the token now", "ERP sync")
	var scopes []string
	all, err := h.Private.List(t.Context(), admin.by(), ident.Must[account.Account](x.in[0].Account), private.FromOwn)
	must(t, err)
	for _, p := range all {
		scopes = p.Scopes
	}
	if strings.Join(scopes, " ") != "flags.write" {
		t.Errorf("A33: the private integration may %v", scopes)
	}
	admin.get(one).has(t, "A private integration takes its place.", "Look at the private integration")
	admin.submit(one, one+"/end", "days", "30").led(t, one)
	admin.get(one).has(t, "The key works for 30 days more.", "Ends 1 Apr 2026")
	admin.submit(one, one+"/end", "days", "0").led(t, one)
	admin.get(one).has(t, "The key has no end any more.")
	admin.submit(one+"/revoke", one+"/revoke", "reason", "").has(t, "Say why")
	admin.submit(one+"/revoke", one+"/revoke", "reason", "It stood in a repository.").led(t, one)
	admin.get(one).has(t, "Revoked", "It stood in a repository.")
	admin.get(acc+"/activity").has(t, "ended the key", "imported API keys of")
	if got := dev.get(one); got.StatusCode != 404 {
		t.Errorf("a developer sees the key: %d", got.StatusCode)
	}
}

func TestA33_WhoStillCallsWhatEnds(t *testing.T) {
	h := newHouse(t, withEnding)
	dev, admin, op := h.person("Ada Lindqvist", "ada@northwind.example"), h.person("Grace Okafor", "grace@lakeside.example"), h.operator("Olive Quill", "olive@pennant.example")
	x := h.team(dev, admin)
	h.calls(x)
	op.get("/operator/deprecations").has(t, "GET /api/v1/accounts/{accountKey}/projects/{projectKey}/flags", "Deploybot", "Lakeside Software", "Hillcrest Games", "Use instead", "API version 2024-01-01", "Lists without paging go.")
	dev.get("/groups/"+x.group.ID.String()+"/deprecations").has(t, "Deploybot", "Lakeside Software", "your applications")
	mine := admin.get("/accounts/" + x.in[0].Account + "/deprecations")
	mine.has(t, "Deploybot", "integrations of this account")
	if strings.Contains(mine.text(), "Hillcrest Games 2") {
		t.Error("calls of another account")
	}
}

func TestPagesAboutWhatEndsAreSound(t *testing.T) {
	h := newHouse(t, withEnding)
	dev, admin, op := h.person("Ada Lindqvist", "ada@northwind.example"), h.person("Grace Okafor", "grace@lakeside.example"), h.operator("Olive Quill", "olive@pennant.example")
	x := h.team(dev, admin)
	h.calls(x)
	acc := "/accounts/" + x.in[0].Account
	empty := h.browser(op)
	empty.Goto(h.URL + "/operator/legacy-keys")
	empty.Sound()
	empty.Screenshot("legacy-empty")
	op.submit("/operator/legacy-keys", "/operator/legacy-keys", "keys", keyLines)
	keys, err := h.Legacy.List(t.Context(), admin.by(), legacy.Query{Account: x.in[0].Account})
	must(t, err)
	for _, k := range keys {
		if k.Everything {
			h.usedKey(k)
		}
	}
	_, err = h.Legacy.End(t.Context(), admin.by(), keys[1].ID, h.clock.Now().Add(20*24*time.Hour))
	must(t, err)
	for who, pages := range map[*client]map[string]string{
		op:    {"operator-ending": "/operator/deprecations", "operator-legacy": "/operator/legacy-keys"},
		dev:   {"group-ending": "/groups/" + x.group.ID.String() + "/deprecations"},
		admin: {"account-ending": acc + "/deprecations", "legacy": acc + "/legacy-keys", "legacy-a": acc + "/legacy-keys/" + keys[0].ID.String(), "legacy-b": acc + "/legacy-keys/" + keys[1].ID.String(), "legacy-revoke": acc + "/legacy-keys/" + keys[0].ID.String() + "/revoke"},
	} {
		b := h.browser(who)
		for name, path := range pages {
			b.Goto(h.URL + path)
			b.Look(name)
		}
	}
}

// H12: anybody reports a leak without signing in or script; whose it was sees what
// it did.
func TestH12_ALeakIsReportedOnAPageAndSeenByItsOwner(t *testing.T) {
	h := newHouse(t, withEnding)
	dev, admin, op := h.person("Ada Lindqvist", "ada@northwind.example"), h.person("Grace Okafor", "grace@lakeside.example"), h.operator("Olive Quill", "olive@pennant.example")
	x := h.team(dev, admin)
	h.calls(x)
	acc := "/accounts/" + x.in[0].Account
	made, err := h.Private.Create(t.Context(), admin.by(), ident.Must[account.Account](x.in[0].Account), private.Draft{Name: "Nightly sync", Scopes: []string{"flags.read"}})
	must(t, err)
	h.usedToken(made)
	admin.get(acc+"/leaks").has(t, "Nothing was reported")

	guest := h.guest()
	guest.get("/report-a-leak").has(t, "You need no account")
	guest.submit("/report-a-leak", "/report-a-leak", "secret", " ").has(t, "Paste what you found.")
	thanks := guest.submit("/report-a-leak", "/report-a-leak", "secret", "TOKEN="+made.Token.Secret.Reveal(), "where", "https://paste.example/1").has(t, "Thank you")
	for _, text := range []string{secret.Generate(secret.PrivateKey).Reveal(), "hello"} {
		if got := guest.submit("/report-a-leak", "/report-a-leak", "secret", text); got.text() != thanks.text() {
			t.Errorf("%s, and for a real one %s", got.text(), thanks.text())
		}
	}
	all, err := h.Leaks.List(t.Context(), admin.by(), leak.Query{Account: x.in[0].Account, Limit: 9})
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("%+v", all)
	}
	admin.get(acc+"/leaks").has(t, "Nightly sync", "Ended by the report")
	admin.get("/leaks/"+all[0].ID.String()).has(t, "Token of Nightly sync", "198.51.100.0/24", "https://paste.example/1", "What to do now", "GET /api/v1/accounts/{accountKey}/projects/{projectKey}/flags")
	admin.get(acc+"/activity").has(t, "ended a leaked token of")
	op.get("/operator/leaks").has(t, "Nightly sync")
	if got := dev.get("/leaks/" + all[0].ID.String()); got.StatusCode != 404 {
		t.Errorf("a developer sees another's leak: %d", got.StatusCode)
	}
	dev.get("/groups/"+x.group.ID.String()+"/leaks").has(t, "Nothing was reported")

	for who, pages := range map[*client]map[string]string{
		nil:   {"leak-report": "/report-a-leak"},
		op:    {"leak-operator": "/operator/leaks"},
		admin: {"leak-list": acc + "/leaks", "leak-one": "/leaks/" + all[0].ID.String()},
		dev:   {"leak-none": "/groups/" + x.group.ID.String() + "/leaks"},
	} {
		b := h.browser(who)
		for name, path := range pages {
			b.Goto(h.URL + path)
			b.Look(name)
		}
	}
}

func (h *house) usedToken(c private.Created) {
	now, id := h.clock.Now(), c.Token.ID.String()
	h.Usage.Recorder.Record(now, usage.Key{Grant: c.Grant, Account: c.Account, Key: id, Operation: "listFlags", Outcome: usage.OK}, 12)
	for _, s := range []usage.Subject{{Kind: "grant", ID: c.Grant}, {Kind: "token", ID: id}} {
		h.Usage.Recorder.Touch(s, now.Add(-3*time.Minute), usage.Call{Operation: "listFlags", From: netip.MustParseAddr("198.51.100.7")})
	}
}
