package server_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/token"
)

// holding issues a token of a grant with these scopes that every layer allows everything.
func holding(t *testing.T, h *servertest.House, acc account.Account, scopes ...string) string {
	t.Helper()
	raw := ""
	err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
		g, err := h.Grants.Create(tx, grant.Grant{Kind: grant.KindPrivate, Account: acc.ID.String(), Holder: "private_integration/none", Scopes: scopes,
			Layers: [][]access.Policy{{{{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}}}})
		if err != nil {
			return err
		}
		issued, err := h.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Static})
		raw = issued.Secret.Reveal()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// pathOf fills a route's parameters.
func pathOf(r *catalog.Route) string {
	out := r.Template
	for i, name := range r.ParamNames() {
		value := "x"
		if i == r.Account {
			value = "harbour"
		}
		out = strings.ReplaceAll(out, "{"+name+"}", value)
	}
	return out
}

// H23: one registry. Every operation has a scope or is declared public; what the gateway asks for, what can be chosen
// and what the documentation explains are the same names.
func TestH23_OneRegistryOfScopes(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	admin, acc := h.Customer("harbour", account.Production)
	c := h.Catalog.Get()
	registry := c.Scopes()
	raw := holding(t, h, acc)
	asked := map[string]bool{}
	for _, r := range c.Routes() {
		if r.Internal {
			continue
		}
		var scopes []string
		for _, a := range r.Needs.Atoms() {
			if a.Kind == access.KindScope {
				scopes = append(scopes, a.Name)
				asked[a.Name] = true
			}
		}
		if r.Public == (len(scopes) > 0) {
			t.Errorf("%s is public: %v, and has the scopes %v", r.Operation, r.Public, scopes)
		}
		// The gateway asks for these and no others.
		a := h.Call(raw, r.Method, pathOf(r), nil)
		var body struct {
			Code     string
			Required json.RawMessage
			Missing  []string
		}
		if r.Public {
			if a.Status == http.StatusForbidden {
				t.Errorf("%s is public and refused: %s", r.Operation, a.Body)
			}
			continue
		}
		if err := json.Unmarshal(a.Body, &body); err != nil || a.Status != http.StatusForbidden || body.Code != "scope_missing" {
			t.Errorf("%s without a scope: %d %s", r.Operation, a.Status, a.Body)
			continue
		}
		for _, m := range body.Missing {
			if !slices.Contains(registry, m) {
				t.Errorf("the gateway asks %s for %q, which is not in the registry", r.Operation, m)
			}
		}
		for _, s := range scopes {
			if !strings.Contains(string(body.Required), `"`+s+`"`) {
				t.Errorf("the gateway does not say that %s requires %s: %s", r.Operation, s, body.Required)
			}
		}
	}
	for name := range asked {
		if !slices.Contains(registry, name) {
			t.Errorf("%q is asked for and not in the registry", name)
		}
	}
	// Whatever is in the registry can be chosen and opens something; nothing else can be.
	for _, name := range registry {
		s, ok := c.Scope(name)
		if !ok || s.Label == "" || s.Explanation == "" {
			t.Errorf("%s is not explained: %+v", name, s)
		}
		if !asked[name] {
			t.Errorf("no operation asks for %s", name)
		}
	}
	made, err := h.Private.Create(t.Context(), admin, acc.ID, private.Draft{Name: "All of it", Scopes: registry})
	if err != nil || !slices.Equal(made.Integration.Scopes, slices.Sorted(slices.Values(registry))) {
		t.Errorf("%v %v", made.Integration.Scopes, err)
	}
	if _, err := h.Private.Create(t.Context(), admin, acc.ID, private.Draft{Name: "More", Scopes: append(slices.Clone(registry), "flags.own")}); err == nil {
		t.Error("a scope that nobody knows can be chosen")
	}
}

// A23: a refusal says what is required, what is granted, what is missing, and where to read on.
func TestA23_RefusalsSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	_, acc := h.Customer("harbour", account.Production)
	raw := holding(t, h, acc, "flags.read")
	a := h.Call(raw, http.MethodGet, "/api/v1/accounts/harbour/members", nil)
	var body struct {
		Status            int
		Code, Detail, Doc string
		Operation         string
		Required          json.RawMessage
		Granted, Missing  []string
	}
	if err := json.Unmarshal(a.Body, &body); err != nil {
		t.Fatalf("%v %s", err, a.Body)
	}
	if a.Status != http.StatusForbidden || body.Code != "scope_missing" || body.Operation != "listMembers" || string(body.Required) != `{"all":[{"scope":"members.read"},{"entitlement":"member:view"}]}` ||
		!slices.Equal(body.Granted, []string{"flags.read"}) || !slices.Equal(body.Missing, []string{"members.read"}) || body.Doc != h.Config.URL+"/reference/listMembers" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}
