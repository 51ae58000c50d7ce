package console_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/kit/outbound"
)

// records is the DNS of a test: TXT records by name, and no addresses.
type records map[string][]string

func (r records) LookupTXT(_ context.Context, name string) ([]string, error) {
	if got, ok := r[name]; ok {
		return got, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (r records) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// withDomains is a console in which groups prove domains.
func withDomains(r records) func(*house) {
	return func(h *house) {
		c, err := outbound.New(outbound.Config{Resolver: r})
		must(h.t, err)
		h.Domains = &domain.Service{DB: h.db, Audit: h.Audit, Groups: h.Groups, Notices: h.Notices, Outbound: c, TXT: r}
	}
}

func TestDomainsByThePages(t *testing.T) {
	t.Parallel()
	r := records{}
	h := newHouse(t, withDomains(r))
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	dev.again()
	at := "/groups/" + x.group.ID.String() + "/domains"
	if a := dev.get("/groups/" + x.group.ID.String()); !strings.Contains(a.body, `href="`+at+`"`) {
		t.Error("the navigation does not lead here")
	}
	dev.get(at).has(t, "No domain yet", "one of them is enough")
	wrong := dev.submit(at, at, "name", "https://Acme.com/x")
	if wrong.has(t, "without https://"); wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, `value="https://Acme.com/x"`) {
		t.Errorf("%d, or what was typed is lost", wrong.StatusCode)
	}
	dev.submit(at, at, "name", "co.uk").has(t, "Anybody can register names below this one")
	dev.submit(at, at, "name", "Acme.com")
	dev.submit(at, at, "name", "acme.com").has(t, "has this domain already")
	all, err := h.Domains.List(t.Context(), dev.by(), x.group.ID.String())
	must(t, err)
	d := all[0]
	one := at + "/" + d.ID.String()
	dev.get(at).has(t, "Prove that acme.com is yours", "_guestright-challenge.acme.com", d.Proof.Text, "https://acme.com/.well-known/guestright-challenge.txt", "Not proven yet", "not yet")
	dev.submit(at, one+"/check")
	dev.get(at).has(t, "No proof for acme.com was found", "There is no TXT record with this name", "The name has no address")
	dev.submit(at, one+"/check").has(t, "Wait 5 seconds")
	r[d.Proof.Record+"."] = []string{"old"}
	h.clock.Advance(domain.Again)
	dev.submit(at, one+"/check")
	dev.get(at).has(t, "another text, which does not begin")
	r[d.Proof.Record+"."] = []string{d.Proof.Text}
	h.clock.Advance(domain.Again)
	dev.submit(at, one+"/check").led(t, at)
	proven := dev.get(at)
	if proven.has(t, "acme.com is proven to be yours", "by DNS record, since"); strings.Contains(proven.body, "Value of the record") {
		t.Error("a proven domain still asks for its record")
	}
	delete(r, d.Proof.Record+".")
	h.clock.Advance(domain.Again)
	dev.submit(at, one+"/check")
	dev.get(at).has(t, "Proven, proof missing", "The proof for acme.com is gone", "If it stays away for 7 days", "missing since")
	dev.get("/groups/"+x.group.ID.String()+"/activity").has(t, "proved to own the domain", "added the domain")
	if a := admin.get(at); a.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else sees it: %d", a.StatusCode)
	}
	own, err := h.Groups.List(t.Context(), admin.by())
	must(t, err)
	if a := admin.get("/groups/" + own[0].ID.String() + "/domains/" + d.ID.String() + "/remove"); a.StatusCode != http.StatusNotFound {
		t.Errorf("under another group: %d", a.StatusCode)
	}
	dev.get(one+"/remove").has(t, "Remove acme.com?", "gives another text", "can be handed in without it")
	dev.submit(one+"/remove", one+"/remove").led(t, at)
	dev.get(at).has(t, "acme.com is removed", "No domain yet")
}

// The pages about domains in a real browser.
func TestDomainPagesAreSound(t *testing.T) {
	r := records{}
	h := newHouse(t, withDomains(r))
	dev := h.person("Ada Lindqvist", "ada@northwind.example")
	groups, err := h.Groups.List(t.Context(), dev.by())
	must(t, err)
	at := "/groups/" + groups[0].ID.String() + "/domains"
	b := h.browser(dev)
	b.Goto(h.URL + at)
	b.Look("domains-none")
	var last domain.Domain
	for i, name := range []string{"northwind.com", "apps.northwind-integrations.co.uk", "example.org"} {
		d, err := h.Domains.Add(t.Context(), dev.by(), groups[0].ID.String(), name)
		must(t, err)
		if i == 0 {
			r[d.Proof.Record+"."] = []string{d.Proof.Text}
		}
		if i < 2 {
			_, err = h.Domains.Check(t.Context(), dev.by(), d.ID)
			must(t, err)
		}
		last = d
	}
	b.Goto(h.URL + at)
	b.Look("domains")
	b.Goto(h.URL + at + "/" + last.ID.String() + "/remove")
	b.Look("domain-remove")
}
