package domain_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

const day = 24 * time.Hour

func TestAGroupProvesADomainByRecordOrFile(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		ada, team := h.developer("ada")
		d := h.add(ada, team, "App.Example.COM")
		if d.Name != "app.example.com" || d.State != domain.Unproven || d.Proof.Record != "_guestright-challenge.app.example.com" ||
			d.Proof.File != "https://app.example.com/.well-known/guestright-challenge.txt" || d.Proof.Text != "guestright-domain="+d.Challenge || len(d.Challenge) < 20 {
			t.Fatalf("%+v", d)
		}
		if h.names(team) != "" {
			t.Error("an unproven name counts")
		}
		h.net.records[d.Proof.Record+"."] = []string{"v=spf1 -all", d.Proof.Text}
		d = h.check(ada, d)
		if d.State != domain.Proven || d.Method != domain.DNS || !d.Proven.Equal(h.clock.Now()) || d.Fault != (domain.Fault{}) || h.names(team) != "app.example.com" {
			t.Errorf("by record: %+v", d)
		}
		if status, code := h.call(ada, "POST", "/v1/domains/"+d.ID.String()+"/check", "", nil); status != http.StatusConflict || code != "domain_check_soon" {
			t.Errorf("at once again: %d %s", status, code)
		}
		f := h.add(ada, team, "example.com")
		h.net.serve = says("\n" + f.Proof.Text + "\n")
		if f = h.check(ada, f); f.State != domain.Proven || f.Method != domain.File || h.names(team) != "app.example.com example.com" {
			t.Errorf("by file: %+v", f)
		}
		var list struct{ Items []domain.Domain }
		h.call(ada, "GET", "/v1/groups/"+team+"/domains", "", &list)
		if len(list.Items) != 2 || list.Items[0].Proof != d.Proof {
			t.Errorf("%+v", list)
		}
		if status, _ := h.call(ada, "DELETE", "/v1/domains/"+f.ID.String(), "", nil); status != http.StatusNoContent || h.names(team) != "app.example.com" {
			t.Errorf("removed: %d %s", status, h.names(team))
		}
		if again := h.add(ada, team, "example.com"); again.State != domain.Unproven || again.Challenge == f.Challenge {
			t.Errorf("added anew: %+v", again)
		}
		if got := h.actions(); got != "domain.create domain.prove domain.create domain.prove domain.delete domain.create" {
			t.Error(got)
		}
	})
}

// Whatever is there instead is said, and proves nothing.
func TestEveryOtherAnswerProvesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	ada, team := h.developer("ada")
	d := h.add(ada, team, "example.com")
	foreign := h.add(ada, team, "harbour.dev") // the server's certificate does not name it
	record := d.Proof.Record + "."
	for name, c := range map[string]struct {
		set       func(*internet)
		of        domain.Domain
		dns, file string
	}{
		"nothing":        {func(*internet) {}, d, "no TXT record", "answered 404"},
		"at the name":    {func(n *internet) { n.records["example.com."] = []string{d.Proof.Text} }, d, "no TXT record", "404"},
		"other record":   {func(n *internet) { n.records[record] = []string{"x\x00\n" + strings.Repeat("ä", 90)} }, d, "another text, which does not begin", "404"},
		"longer record":  {func(n *internet) { n.records[record] = []string{d.Proof.Text + "x"} }, d, "another text", "404"},
		"bare challenge": {func(n *internet) { n.records[record] = []string{d.Challenge} }, d, "another text", "404"},
		"other case":     {func(n *internet) { n.records[record] = []string{strings.ToLower(d.Proof.Text)} }, d, "another text", "404"},
		"empty answer":   {func(n *internet) { n.records[record] = nil }, d, "no TXT record", "404"},
		"slow servers":   {func(n *internet) { n.trouble = &net.DNSError{IsTimeout: true} }, d, "in time", "404"},
		"failing server": {func(n *internet) { n.trouble = &net.DNSError{Err: "server misbehaving"} }, d, "no usable answer", "404"},
		"other file":     {func(n *internet) { n.serve = says(d.Proof.Text + "\nmore") }, d, "no TXT", "another text"},
		"its own file":   {func(n *internet) { n.serve = says(foreign.Proof.Text) }, d, "no TXT", "another text"},
		"huge file":      {func(n *internet) { n.serve = says(d.Proof.Text + strings.Repeat(" ", 4096)) }, d, "no TXT", "another text"},
		"redirect": {func(n *internet) {
			n.serve = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://www.example.com"+r.URL.Path, http.StatusMovedPermanently)
			}
		}, d, "no TXT", "answered 301, a redirect"},
		"TLS":        {func(n *internet) { n.serve = says(foreign.Proof.Text) }, foreign, "no TXT", "TLS"},
		"no server":  {func(n *internet) { n.deaf = true }, foreign, "no TXT", "port 443"},
		"no address": {func(n *internet) { n.at = "" }, foreign, "no TXT", "has no address"},
		"private":    {func(n *internet) { n.at = "10.0.0.1" }, foreign, "no TXT", "a private one"},
	} {
		h.net.records, h.net.trouble, h.net.at, h.net.deaf, h.net.serve = map[string][]string{}, nil, "93.184.216.34", false, nothing
		c.set(h.net)
		got := h.check(ada, c.of)
		if got.State != domain.Unproven || !strings.Contains(got.Fault.DNS, c.dns) || !strings.Contains(got.Fault.File, c.file) || got.Checked.IsZero() {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if h.names(team) != "" || len(h.net.asked) == 0 || !strings.HasSuffix(h.net.asked[0], ".") {
		t.Errorf("%q %q", h.names(team), h.net.asked)
	}
}

func TestGroupsAreKeptApart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		ada, team := h.developer("ada")
		eve, others := h.developer("eve")
		d := h.add(ada, team, "example.com")
		member := access.UserPrincipal("usr_m", map[string]string{team: access.GroupMember}, nil)
		one, all := "/v1/domains/"+d.ID.String(), "/v1/groups/"+team+"/domains"
		for _, c := range []struct {
			by             access.Principal
			method, path   string
			status         int
			body, wantCode string
		}{
			{eve, "GET", all, 404, "", "not_found"}, {eve, "POST", all, 404, `{"name":"a.com"}`, "not_found"}, {eve, "GET", one, 404, "", "not_found"},
			{eve, "POST", one + "/check", 404, "", "not_found"}, {eve, "DELETE", one, 404, "", "not_found"},
			{member, "GET", all, 200, "", ""}, {member, "GET", one, 200, "", ""}, {member, "POST", all, 403, `{"name":"a.com"}`, "forbidden"},
			{member, "POST", one + "/check", 403, "", "forbidden"}, {member, "DELETE", one, 403, "", "forbidden"},
			{ada, "POST", all, 409, `{"name":"EXAMPLE.com."}`, "domain_exists"}, {ada, "POST", all, 422, `{"name":"co.uk"}`, "domain_name_invalid"},
			{ada, "POST", all, 422, `{"name":"platform.com"}`, "domain_name_invalid"}, {ada, "POST", all, 422, `{"name":"printer.local"}`, "domain_name_invalid"},
		} {
			if status, code := h.call(c.by, c.method, c.path, c.body, nil); status != c.status || code != c.wantCode {
				t.Errorf("%s %s %s: %d %s, want %d %s", c.method, c.path, c.body, status, code, c.status, c.wantCode)
			}
		}
		for i := range 49 {
			h.add(ada, team, fmt.Sprintf("d%d.com", i))
		}
		if status, code := h.call(ada, "POST", all, `{"name":"one-more.com"}`, nil); status != 409 || code != "domain_too_many" {
			t.Errorf("the 51st: %d %s", status, code)
		}
		// The text of one group proves nothing for another.
		theirs := h.add(eve, others, "example.com")
		h.net.records[d.Proof.Record+"."] = []string{d.Proof.Text}
		if got := h.check(eve, theirs); got.State != domain.Unproven || h.names(others) != "" {
			t.Errorf("%+v", got)
		}
		_, err := h.groups.Archive(ctx, eve, mustGroup(others))
		h.ok(err)
		if status, code := h.call(eve, "POST", "/v1/groups/"+others+"/domains", `{"name":"a.com"}`, nil); status != 409 || code != "group_archived" {
			t.Errorf("archived: %d %s", status, code)
		}
	})
}

// A domain is sold: both groups are told, and the older proof goes at the first
// check that does not find it.
func TestASecondProofTellsBothGroups(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		ada, team := h.developer("ada")
		eve, others := h.developer("eve")
		old, fresh := h.add(ada, team, "example.com"), h.add(eve, others, "example.com")
		record := old.Proof.Record + "."
		h.net.records[record] = []string{old.Proof.Text}
		h.check(ada, old)
		if h.told(ada, "domain.rival") != 0 {
			t.Error("told of nobody")
		}
		h.net.records[record] = []string{old.Proof.Text, fresh.Proof.Text}
		h.check(eve, fresh)
		if h.told(ada, "domain.rival") != 1 || h.told(eve, "domain.rival") != 1 || h.names(team) != "example.com" || h.names(others) != "example.com" {
			t.Errorf("told %d and %d; %q and %q", h.told(ada, "domain.rival"), h.told(eve, "domain.rival"), h.names(team), h.names(others))
		}
		if got := h.check(ada, old); got.State != domain.Proven || h.told(eve, "domain.rival") != 1 {
			t.Errorf("both are there: %+v", got)
		}
		h.net.records[record] = []string{fresh.Proof.Text}
		h.ok(h.Recheck(ctx)) // the job does not wait for 7 days here
		if h.names(team) != "" || h.names(others) != "example.com" || h.told(ada, "domain.lapsed") != 1 || h.told(eve, "domain.lapsed") != 0 {
			t.Errorf("%q and %q, told %d", h.names(team), h.names(others), h.told(ada, "domain.lapsed"))
		}
	})
}

func TestProofsThatAreGoneLapseAfterSevenDays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		ada, team := h.developer("ada")
		d := h.add(ada, team, "example.com")
		h.add(ada, team, "never.com")
		record := d.Proof.Record + "."
		h.net.records[record] = []string{d.Proof.Text}
		h.check(ada, d)
		h.net.asked = nil
		pass := func(days int) domain.Domain {
			for range days {
				h.clock.Advance(day)
				h.ok(h.Recheck(ctx))
			}
			var out domain.Domain
			h.call(ada, "GET", "/v1/domains/"+d.ID.String(), "", &out)
			return out
		}
		if pass(6); len(h.net.asked) != 0 {
			t.Errorf("asked within 7 days: %q", h.net.asked)
		}
		if got := pass(1); len(h.net.asked) != 1 || !got.Checked.Equal(h.clock.Now()) {
			t.Errorf("asked %q: %+v", h.net.asked, got)
		}
		delete(h.net.records, record)
		if got := pass(7); got.State != domain.Proven || !got.Failing.Equal(h.clock.Now()) || got.Fault.DNS == "" {
			t.Errorf("the first failure: %+v", got)
		}
		if got := pass(6); got.State != domain.Proven || len(h.net.asked) != 8 || h.names(team) != "example.com" {
			t.Errorf("asked %d times: %+v", len(h.net.asked), got)
		}
		// It comes back for a day: the week begins anew.
		h.net.records[record] = []string{d.Proof.Text}
		if got := pass(1); got.State != domain.Proven || !got.Failing.IsZero() || h.told(ada, "domain.lapsed") != 0 {
			t.Errorf("back again: %+v", got)
		}
		delete(h.net.records, record)
		if got := pass(13); got.State != domain.Proven {
			t.Errorf("too early: %+v", got)
		}
		if got := pass(1); got.State != domain.Lapsed || h.names(team) != "" || h.told(ada, "domain.lapsed") != 1 {
			t.Errorf("lapsed: %+v, told %d", got, h.told(ada, "domain.lapsed"))
		}
		asked := len(h.net.asked)
		if got := pass(8); got.State != domain.Lapsed || len(h.net.asked) != asked || h.told(ada, "domain.lapsed") != 1 {
			t.Errorf("after it lapsed: %+v", got)
		}
		h.net.records[record] = []string{d.Proof.Text}
		if got := h.check(ada, d); got.State != domain.Proven || !got.Proven.Equal(h.clock.Now()) {
			t.Errorf("proven anew: %+v", got)
		}
		if got := h.actions(); got != "domain.create domain.create domain.prove domain.check domain.check domain.check domain.lapse domain.prove" {
			t.Error(got)
		}
	})
}
