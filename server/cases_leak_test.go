package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/leak"
	"github.com/guestright/guestright/legacy"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/server/servertest"
)

// leaky is a house in which there is one credential of every kind.
type leaky struct {
	*servertest.House
	t          *testing.T
	dev, admin access.Principal
	team       string
	acc        account.Account
	all        []leakCase
}

// leakCase is a credential and what tells whether it opens anything.
type leakCase struct {
	kind    leak.Kind
	raw     string
	opens   func() servertest.Answer
	audited string
	told    []access.Principal
}

const legacyRaw = "harbour-legacy-key-0001"

func newLeaky(t *testing.T) *leaky {
	t.Helper()
	h := &leaky{House: servertest.Start(t, servertest.Options{}), t: t}
	file := h.Catalog.Get().File()
	file.Product.LegacyKeys = []catalog.Key{{In: "header", Name: "X-Pennant-Key"}}
	set, err := catalog.Parse("openapi.yaml", pennant.OpenAPI())
	h.must(err)
	cat, _, err := catalog.Import(set, file)
	h.must(err)
	h.must(h.Swap(cat))

	ctx := t.Context()
	dev, team := h.Developer("dev@deploybot.example")
	h.dev, h.team = dev, team.ID.String()
	h.admin, h.acc = h.Customer(pennant.HarbourBooks, account.Production)
	app, key := h.Release(dev, team, "flags.read", "projects.read")
	h.Install(h.admin, h.acc, app)
	by := access.Operator(h.Person("op@guestright.example"))
	gate := func(raw string) func() servertest.Answer {
		return func() servertest.Answer {
			return h.Call(raw, "GET", "/api/v1/accounts/"+pennant.HarbourBooks+"/projects", nil)
		}
	}
	add := func(k leak.Kind, raw secret.Text, opens func() servertest.Answer, audited string, told ...access.Principal) {
		if opens == nil {
			opens = gate(raw.Reveal())
		}
		h.all = append(h.all, leakCase{k, raw.Reveal(), opens, audited, told})
	}
	add(leak.AccessToken, secret.New(h.Token(key, h.acc.Key)), nil, "token.leaked", dev, h.admin)
	made, err := h.Private.Create(ctx, h.admin, h.acc.ID, private.Draft{Name: "Nightly sync", Scopes: []string{"projects.read"}})
	h.must(err)
	add(leak.PrivateToken, made.Token.Secret, nil, "token.leaked", h.admin)
	for kind, k := range map[apitoken.Kind]leak.Kind{apitoken.Personal: leak.PersonalToken, apitoken.Service: leak.ServiceToken} {
		own, err := h.APITokens.Create(ctx, h.admin, h.acc.ID, kind, apitoken.Draft{Name: "mine", Roles: []string{"admin"}})
		h.must(err)
		add(k, own.Token.Secret, func() servertest.Answer {
			return h.api(own.Token.Secret.Reveal(), "GET", "/v1/accounts/"+h.acc.ID.String(), "")
		}, "token.leaked", h.admin)
	}
	_, err = h.Legacy.Import(ctx, by, []legacy.Row{{Account: h.acc.Key, Key: secret.New(legacyRaw), Label: "ERP", Everything: true}}, false)
	h.must(err)
	add(leak.LegacyKey, secret.New(legacyRaw), func() servertest.Answer {
		return h.Call("", "GET", "/api/v1/accounts/"+pennant.HarbourBooks+"/projects", func(r *http.Request) { r.Header.Set("X-Pennant-Key", legacyRaw) })
	}, "legacy_key.leaked", h.admin)
	product, err := h.Products.Create(ctx, by, "account service")
	h.must(err)
	add(leak.ProductKey, product.Secret, func() servertest.Answer {
		return h.api(product.Secret.Reveal(), "GET", "/v1/accounts/"+h.acc.ID.String(), "")
	}, "product_key.leaked")
	// Last: what it obtained ends with it.
	add(leak.ClientSecret, key.Secret, func() servertest.Answer { return h.AskToken(key, h.acc.Key) }, "key.leaked", dev)
	return h
}

func (h *leaky) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// api calls the management API.
func (h *leaky) api(bearer, method, path, body string) servertest.Answer {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.URL+path, strings.NewReader(body))
	h.must(err)
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return h.Do(r)
}

func (h *leaky) report(text, where string) servertest.Answer {
	h.t.Helper()
	body, err := json.Marshal(map[string]string{"secret": text, "where": where})
	h.must(err)
	return h.api("", "POST", "/v1/leak-reports", string(body))
}

// looks is everything that a reporter sees of an answer.
func looks(a servertest.Answer) string {
	head := a.Header.Clone()
	head.Del("Date")
	var b strings.Builder
	_ = head.Write(&b)
	return instance.ReplaceAllString(http.StatusText(a.Status)+"\n"+b.String()+string(a.Body), "req")
}

// H12: whoever holds a credential can end it; its owner is told what it did; the
// reporter learns nothing.
func TestH12_AReportEndsEveryKindOfCredential(t *testing.T) {
	t.Parallel()
	h := newLeaky(t)
	ctx := t.Context()
	nothing := looks(h.report("not-a-credential-at-all", ""))
	if !strings.HasPrefix(nothing, "Accepted") {
		t.Fatal(nothing)
	}
	for _, c := range h.all {
		if a := c.opens(); a.Status != http.StatusOK {
			t.Fatalf("%s before: %d %s", c.kind, a.Status, a.Body)
		}
		text := "curl -H 'Authorization: Bearer " + c.raw + "'"
		if c.kind == leak.LegacyKey {
			text = "\n  " + c.raw + "  \n"
		}
		if got := looks(h.report(text, "https://paste.example/"+c.raw)); got != nothing {
			t.Errorf("%s: a real credential is answered\n%s\nand none\n%s", c.kind, got, nothing)
		}
		if a := c.opens(); a.Status != http.StatusUnauthorized {
			t.Errorf("%s after: %d %s", c.kind, a.Status, a.Body)
		}
		if got := looks(h.report(text, "")); got != nothing {
			t.Errorf("%s again: %s", c.kind, got)
		}
		got, err := h.Audit.List(ctx, access.System("test"), audit.Filter{Action: c.audited, Text: "paste.example"}, 0)
		h.must(err)
		if len(got.Entries) == 0 || strings.Contains(got.Entries[0].Reason, c.raw) || got.Entries[0].Before == nil || got.Entries[0].Actor != "system" {
			t.Errorf("%s: %+v", c.kind, got.Entries)
		}
	}
	if got := looks(h.report(secret.Generate(secret.AccessToken).Reveal(), "")); got != nothing {
		t.Errorf("an unknown one: %s", got)
	}
	h.must(h.Jobs.Drain(ctx))
	all, err := h.Leaks.List(ctx, access.System("test"), leak.Query{Limit: 100})
	h.must(err)
	if len(all) != len(h.all) {
		t.Errorf("%d leaks", len(all))
	}
	for _, l := range all {
		var c leakCase
		for _, one := range h.all {
			if one.kind == l.Kind {
				c = one
			}
		}
		if !l.Live || l.Reports != 2 || l.Name == "" || l.Where != "https://paste.example/[secret]" || strings.Contains(l.Name, "/") {
			t.Errorf("%+v", l)
		}
		seen, err := h.Leaks.Get(ctx, access.System("test"), l.ID)
		h.must(err)
		calls := l.Kind == leak.AccessToken || l.Kind == leak.PrivateToken || l.Kind == leak.LegacyKey
		if calls && (seen.Trace.Month.Calls != 2 || seen.Trace.Month.Passed != 1 || seen.Trace.Day.Calls != 2 || seen.Trace.Last.Network != "127.0.0.0/24" || len(seen.Trace.Operations) != 1 || len(seen.Trace.Places) != 1) {
			t.Errorf("%s: %+v", l.Kind, seen.Trace)
		}
		for _, by := range []access.Principal{h.dev, h.admin} {
			wanted := false
			for _, who := range c.told {
				wanted = wanted || who.User == by.User
			}
			box, err := h.Notices.List(ctx, by, notice.Query{Limit: 200})
			h.must(err)
			n := 0
			for _, item := range box.Items {
				if item.Link == "/leaks/"+l.ID.String() {
					n++
					if item.Severity != "critical" || strings.Contains(item.Text, c.raw) || calls && !strings.Contains(item.Text, "from 127.0.0.0/24") {
						t.Errorf("%s: %+v", l.Kind, item)
					}
				}
			}
			if n != map[bool]int{true: 1}[wanted] {
				t.Errorf("%s: %d notices to %s", l.Kind, n, by.User)
			}
			if _, err := h.Leaks.Get(ctx, by, l.ID); (err == nil) != wanted {
				t.Errorf("%s seen by %s: %v", l.Kind, by.User, err)
			}
		}
	}
}

// H12, H2: the checksum, and for keys from before the beginning of the digest,
// keep garbage from every look-up; what cannot be looked up is not said to be
// received.
func TestH12_GarbageReachesNoLookup(t *testing.T) {
	t.Parallel()
	h := newLeaky(t)
	if a := h.report("warm-up-of-the-filter", ""); a.Status != http.StatusAccepted {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	h.must(h.DB.Close())
	good := secret.Generate(secret.PrivateKey).Reveal()
	for name, text := range map[string]string{"checksum": good[:50] + map[bool]string{true: "1", false: "0"}[good[50] == '0'], "short": good[:40], "no form": "harbour-legacy-key-0002", "prose": "I found this thing."} {
		if a := h.report(text, ""); a.Status != http.StatusAccepted {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	for name, text := range map[string]string{"well formed": good, "imported": legacyRaw} {
		if a := h.report(text, ""); a.Status != http.StatusServiceUnavailable {
			t.Errorf("%s has to be looked up: %d %s", name, a.Status, a.Body)
		}
	}
}

// H12: reports are bounded in size and in number.
func TestH12_ReportsAreBounded(t *testing.T) {
	t.Parallel()
	h := newLeaky(t)
	if a := h.report(strings.Repeat("x", 17000), ""); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("long: %d %s", a.Status, a.Body)
	}
	if a := h.report(strings.Repeat("x", 70000), ""); a.Status != http.StatusRequestEntityTooLarge && a.Status != http.StatusUnprocessableEntity {
		t.Errorf("very long: %d %s", a.Status, a.Body)
	}
	many := make(chan servertest.Answer, 61)
	for range 61 {
		go func() { many <- h.report("nothing-of-interest", "") }()
	}
	refused := 0
	for range 61 {
		if a := <-many; a.Status == http.StatusTooManyRequests {
			refused++
			if a.Code() != "leak_reports_many" || a.Header.Get("Retry-After") == "" {
				t.Errorf("%s %v", a.Body, a.Header)
			}
		}
	}
	if refused != 1 {
		t.Errorf("%d of 61 refused", refused)
	}
}
