package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc/metadata"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/fronttest"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/usage"
)

var decision = regexp.MustCompile(`dec_[0-9a-z]{26}`)

// privately makes a private integration and gives its token.
func privately(t *testing.T, h *servertest.House, by access.Principal, a account.Account, d private.Draft) (private.Created, string) {
	t.Helper()
	if d.Name == "" {
		d.Name = "Nightly sync"
	}
	c, err := h.Private.Create(t.Context(), by, a.ID, d)
	if err != nil {
		t.Fatal(err)
	}
	return c, c.Token.Secret.Reveal()
}

// H4 and H24 through the gateway: a change of scopes counts at the next call,
// and a refusal names what is required, granted and missing.
func TestH4_H24_ScopesOfAPrivateIntegration(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	admin, acc := h.Customer(pennant.HarbourBooks, account.Production)
	c, token := privately(t, h, admin, acc, private.Draft{Scopes: []string{"projects.read"}})
	const base = "/api/v1/accounts/" + pennant.HarbourBooks
	flags := func() servertest.Answer { return h.Call(token, "GET", base+"/projects/web-shop/flags", nil) }
	if a := h.Call(token, "GET", base+"/projects", nil); a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	a := flags()
	var doc struct {
		Code             string
		Required         json.RawMessage
		Granted, Missing []string
		Doc              string
	}
	if err := json.Unmarshal(a.Body, &doc); err != nil || a.Status != http.StatusForbidden || doc.Code != "scope_missing" ||
		strings.Join(doc.Granted, " ") != "projects.read" || strings.Join(doc.Missing, " ") != "flags.read flag:view" || !strings.Contains(string(doc.Required), "flag:view") || doc.Doc == "" {
		t.Fatalf("H24: %d %s %v", a.Status, a.Body, err)
	}
	for range 2 {
		if _, err := h.Private.Update(t.Context(), admin, c.ID, private.Patch{Scopes: &[]string{"projects.read", "flags.read"}}); err != nil {
			t.Fatal(err)
		}
		if a := flags(); a.Status != http.StatusOK {
			t.Fatalf("wider: %d %s", a.Status, a.Body)
		}
		if _, err := h.Private.Update(t.Context(), admin, c.ID, private.Patch{Scopes: &[]string{"projects.read"}}); err != nil {
			t.Fatal(err)
		}
		if a := flags(); a.Status != http.StatusForbidden || a.Code() != "scope_missing" {
			t.Fatalf("narrower: %d %s", a.Status, a.Body)
		}
	}
	// The preview of narrowing names what was used and would be refused; that of
	// deleting says where from.
	d, err := h.Private.Preview(t.Context(), admin, c.ID, private.Patch{Scopes: &[]string{"flags.read"}})
	if err != nil || len(d.Refused) != 1 || d.Refused[0].Operation != "listProjects" || d.Refused[0].Calls != 1 {
		t.Errorf("%+v %v", d.Refused, err)
	}
	i, err := h.Private.Impact(t.Context(), admin, c.ID)
	if err != nil || i.Calls != 6 || i.Refused != 3 || len(i.Operations) != 2 || len(i.Sources) != 1 || i.Sources[0].Network != "127.0.0.0/24" || i.Tokens != 1 {
		t.Errorf("H11: %+v %v", i, err)
	}
}

// H15: one token of the agency in chosen children, by the account that the call
// names; every other account answers like none.
func TestH15_OneTokenInChosenChildren(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	agency, parent := h.Customer("agency", account.Production)
	put := func(key, parent string, closed bool) account.Account {
		t.Helper()
		a, err := h.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: key, Name: key, Parent: parent, Closed: closed})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	harbour := put(pennant.HarbourBooks, "agency", false)
	put("elsewhere", "", false)
	scopes := []string{"projects.read"}
	_, chosen := privately(t, h, agency, parent, private.Draft{Scopes: scopes, Reach: grant.Reach{Rule: grant.RuleList, Accounts: []string{harbour.ID.String()}}})
	later, future := privately(t, h, agency, parent, private.Draft{Scopes: scopes, Reach: grant.Reach{Rule: grant.RuleList, Accounts: []string{harbour.ID.String()}, Future: true}})
	_, own := privately(t, h, agency, parent, private.Draft{Scopes: scopes})
	call := func(token, account string) servertest.Answer {
		return h.Call(token, "GET", "/api/v1/accounts/"+account+"/projects", nil)
	}
	absent := call(chosen, "nobody")
	same := func(what string, a servertest.Answer) {
		t.Helper()
		strip := func(b []byte) string { return decision.ReplaceAllString(scrub(b), "dec") }
		if a.Status != http.StatusNotFound || strip(a.Body) != strip(absent.Body) {
			t.Errorf("%s: %d %s, an account that nobody has: %s", what, a.Status, a.Body, absent.Body)
		}
	}
	for _, token := range []string{chosen, future} {
		for range 2 {
			if a := call(token, pennant.HarbourBooks); a.Status != http.StatusOK {
				t.Fatalf("chosen child: %d %s", a.Status, a.Body)
			}
		}
		same("somebody else's account", call(token, "elsewhere"))
		same("not yet a child", call(token, pennant.AlderClinic))
	}
	same("not chosen at all", call(own, pennant.HarbourBooks))
	put(pennant.AlderClinic, "agency", false)
	same("a list without future", call(chosen, pennant.AlderClinic))
	if a := call(future, pennant.AlderClinic); a.Status != http.StatusOK {
		t.Fatalf("a child that came later: %d %s", a.Status, a.Body)
	}
	put(pennant.AlderClinic, "agency", true)
	if a := call(future, pennant.AlderClinic); a.Status != http.StatusForbidden || a.Code() != "account_closed" {
		t.Errorf("a closed child: %d %s", a.Status, a.Body)
	}
	put(pennant.AlderClinic, "", false)
	same("a child that left", call(future, pennant.AlderClinic))
	put(pennant.AlderClinic, "agency", false)
	if a := call(future, pennant.AlderClinic); a.Status != http.StatusOK {
		t.Fatalf("back again: %d %s", a.Status, a.Body)
	}
	if _, err := h.Private.Update(t.Context(), agency, later.ID, private.Patch{Reach: &grant.Reach{Rule: grant.RuleSelf}}); err != nil {
		t.Fatal(err)
	}
	same("after the reach was taken back", call(future, pennant.AlderClinic))

	// Calls count where they were made.
	parts, err := h.Usage.Parts(t.Context(), access.System("test"), usage.Query{Filter: usage.Filter{Grant: later.Grant}, Step: usage.StepHour}, usage.ByAccount)
	if err != nil {
		t.Fatal(err)
	}
	passed := map[string]int64{}
	for _, p := range parts {
		passed[p.Name] = p.Outcomes[usage.OK]
	}
	if passed[harbour.ID.String()] != 2 || passed[parent.ID.String()] != 0 || len(parts) != 3 {
		t.Errorf("%+v", parts)
	}
}

// H14: the level is a property of the grant: one application, one installation
// at the agency and one in its child, each with its own tokens.
func TestH14_OneApplicationAtTwoLevels(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	dev, team := h.Developer("dev@acme.example")
	app, key := h.Release(dev, team, "projects.read")
	agency, parent := h.Customer("agency", account.Production)
	admin, child := h.Customer(pennant.HarbourBooks, account.Production)
	if _, err := h.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: pennant.HarbourBooks, Name: "Harbour", Parent: "agency"}); err != nil {
		t.Fatal(err)
	}
	h.Install(agency, parent, app)
	h.Install(admin, child, app)
	above, below := h.Token(key, "agency"), h.Token(key, pennant.HarbourBooks)
	const path = "/api/v1/accounts/" + pennant.HarbourBooks + "/projects"
	if a := h.Call(below, "GET", path, nil); a.Status != http.StatusOK {
		t.Errorf("the child's token: %d %s", a.Status, a.Body)
	}
	if a := h.Call(above, "GET", path, nil); a.Status != http.StatusNotFound {
		t.Errorf("the agency's token in the child: %d %s", a.Status, a.Body)
	}
}

// The network allow list holds at the gateway, by the address that the operator's
// own proxies vouch for, and at our own API.
func TestNetworksOfAGrant(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{Change: func(c *server.Config) { c.Proxy.Trusted = []string{"127.0.0.1"} }})
	admin, acc := h.Customer(pennant.HarbourBooks, account.Production)
	c, token := privately(t, h, admin, acc, private.Draft{Scopes: []string{"projects.read"}, Networks: []string{"203.0.113.0/24", "2001:db8::/32"}})
	from := func(chain string) func(*http.Request) {
		return func(r *http.Request) {
			if chain != "" {
				r.Header.Set("X-Forwarded-For", chain)
			}
		}
	}
	own := func(chain string) servertest.Answer {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/v1/private-integrations/"+c.ID.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		from(chain)(r)
		return h.Do(r)
	}
	for chain, allowed := range map[string]bool{
		"203.0.113.7": true, "2001:db8::7": true, "::ffff:203.0.113.7": true, "198.51.100.1, 203.0.113.7": true,
		"": false, "198.51.100.1": false, "203.0.113.7, 198.51.100.1": false, "203.0.113.7, junk": false,
	} {
		for door, a := range map[string]servertest.Answer{
			"gateway": h.Call(token, "GET", "/api/v1/accounts/"+pennant.HarbourBooks+"/projects", from(chain)), "API": own(chain),
		} {
			if allowed && a.Status != http.StatusOK || !allowed && (a.Status != http.StatusForbidden || a.Code() != "network_not_allowed") {
				t.Errorf("%s from %q: %d %s", door, chain, a.Status, a.Body)
			}
		}
	}
	if _, err := h.Private.Update(t.Context(), admin, c.ID, private.Patch{Networks: &[]string{}}); err != nil {
		t.Fatal(err)
	}
	if a := h.Call(token, "GET", "/api/v1/accounts/"+pennant.HarbourBooks+"/projects", nil); a.Status != http.StatusOK {
		t.Errorf("without a list: %d %s", a.Status, a.Body)
	}
	i, err := h.Private.Impact(t.Context(), admin, c.ID)
	if err != nil || i.Refused == 0 {
		t.Errorf("%+v %v", i, err)
	}
}

// The same at the gateway itself, behind nginx and Caddy that ask, and for Envoy.
func TestNetworksThroughEveryDoor(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		t.Run(s.name, func(t *testing.T) {
			_, here := privately(t, s.House, s.admin, s.account, private.Draft{Scopes: []string{"a"}, Networks: []string{"127.0.0.0/8"}})
			_, away := privately(t, s.House, s.admin, s.account, private.Draft{Scopes: []string{"a"}, Networks: []string{"203.0.113.0/24"}})
			s.token = here
			a, seen := s.send(t, "GET /a/x HTTP/1.1", "X-Forwarded-For: 198.51.100.1", "X-Real-IP: 198.51.100.1")
			s.served(t, "from an allowed network", "/a/x", a, seen)
			s.token = away
			a, seen = s.send(t, "GET /a/x HTTP/1.1", "X-Forwarded-For: 203.0.113.7", "X-Real-IP: 203.0.113.7")
			s.refused(t, "from another network", a, seen, http.StatusForbidden)
		})
	}
	s := newStand(t, "envoy", gateway.FamilyOriginal)
	_, token := privately(t, s.House, s.admin, s.account, private.Draft{Scopes: []string{"a"}, Networks: []string{"203.0.113.0/24"}})
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "guestright-check-key", checkKey), 20*time.Second)
	defer cancel()
	client := s.envoy(t)
	for address, status := range map[string]int{"203.0.113.9": 0, "198.51.100.9": 403, "": 403} {
		q := question("GET", "/a/x", fronttest.Host, map[string]string{":method": "GET", ":authority": fronttest.Host, "authorization": "Bearer " + token, "x-forwarded-for": "203.0.113.9"})
		q.Attributes.Source = &authv3.AttributeContext_Peer{Address: &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{Address: address}}}}
		res, err := client.Check(ctx, q)
		if err != nil || int(res.GetDeniedResponse().GetStatus().GetCode()) != status || status != 0 && !strings.Contains(res.GetDeniedResponse().GetBody(), "network_not_allowed") {
			t.Errorf("Envoy from %q: %v %v", address, res, err)
		}
	}
}
