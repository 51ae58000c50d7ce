package console_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/usage"
)

// accounted makes a customer with an application and a private integration that have
// both done something.
func (h *house) accounted() (ofRoles, private.Created) {
	h.t.Helper()
	x := h.roles()
	h.used(x.team)
	own, err := h.Private.Create(h.t.Context(), x.grace.by(), x.acc.ID, private.Draft{Name: "=Nightly sync", Scopes: []string{"flags.read"}})
	must(h.t, err)
	k := usage.Key{Grant: own.Integration.Grant, Account: x.acc.ID.String(), Operation: "updateFlag", Outcome: usage.OK}
	for i, resource := range []string{"proj/web:env/production:flag/checkout", "proj/web:env/production:flag/checkout", "proj/web:env/test:flag/search"} {
		h.Usage.Recorder.Record(h.clock.Now().Add(-time.Duration(2-i)*24*time.Hour), k, 1)
		must(h.t, h.Usage.Flush(h.t.Context()))
		h.Usage.Recorder.About(h.clock.Now(), &k, "updateFlag", []byte(resource))
	}
	return x, own
}

// An administrator sees what integrations did, narrows it, leafs through it and takes it
// along as a file, without any script.
func TestWhatIntegrationsDidStandsOnAPage(t *testing.T) {
	h := newHouse(t)
	x, own := h.accounted()
	all := "/accounts/" + x.acc.ID.String() + "/ledger"
	x.grace.get(all).has(t, "What integrations did here", "Summed up", "Deploybot", "=Nightly sync", "Refused", "A scope for it was never granted", "You installed Deploybot",
		"GET /", "proj/web", "12", "kept by the day for 3 years and by the hour for 90 days")
	x.grace.get("/accounts/"+x.acc.ID.String()).has(t, "What they did here")
	x.grace.get("/installations/"+x.in[0].ID.String()).has(t, "What it did here")
	x.grace.get("/private-integrations/"+own.Integration.ID.String()).has(t, "What it did here")

	one := x.grace.get(all + "?integration=" + own.Integration.ID.String())
	one.has(t, "What =Nightly sync did here", "3 changed something", "2 resources", "proj/web:env/production:flag/checkout")
	if strings.Contains(one.text(), "You installed Deploybot") {
		t.Error("another integration's changes are among them")
	}
	x.grace.get(all+"?became=scope_missing&step=hour").has(t, "A scope for it was never granted", " h ")
	if a := x.grace.get(all + "?kind=change"); strings.Contains(a.text(), "Answered The product") {
		t.Error("calls are among the changes")
	}
	x.grace.get(all+"?became=network_denied").has(t, "Nothing fits")
	if a := x.grace.get(all + "?kind=change&from=2020-01-01&to=2020-03-01"); a.StatusCode != http.StatusOK {
		t.Errorf("changes from before calls are kept: %d", a.StatusCode)
	}
	if a := x.grace.get(all + "?from=2001-01-01"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a time that is not kept: %d", a.StatusCode)
	} else {
		a.has(t, "too long at once")
	}

	// As a file, which is noted.
	file := x.grace.get(all + "/export?format=csv&integration=" + own.Integration.ID.String())
	rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	if err != nil || len(rows) < 4 || !strings.Contains(file.Header.Get("Content-Disposition"), "ledger-lakeside-software-") {
		t.Errorf("%d rows, %v, %v", len(rows), err, file.Header)
	}
	for _, r := range rows[1:] {
		if r[5] != "'=Nightly sync" {
			t.Errorf("%q", r)
		}
	}
	if a := x.grace.get(all + "/export?format=ndjson&became=refused"); strings.Count(a.body, "\n") != 1 || !strings.Contains(a.body, `"outcome":"scope_missing"`) {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	log, err := h.Audit.List(t.Context(), x.grace.by(), audit.Filter{Action: "ledger.export"}, 0)
	if err != nil || len(log.Entries) != 2 {
		t.Errorf("noted: %v %v", log.Entries, err)
	}
	x.grace.get("/accounts/"+x.acc.ID.String()+"/activity").has(t, "exported what integrations did in")

	// Nobody else.
	stranger := h.person("Dev Two", "dev2@northwind.example")
	for who, c := range map[string]*client{"a stranger": stranger, "a member": x.ada} {
		for _, path := range []string{all, all + "/export?format=csv"} {
			if a := c.get(path); a.StatusCode == http.StatusOK {
				t.Errorf("%s reads %s", who, path)
			}
		}
	}
	if a := stranger.get(all); a.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger: %d", a.StatusCode)
	}
}

// The ledger goes on where a page ends, and nothing stands on two pages.
func TestTheLedgerIsLeafedThrough(t *testing.T) {
	h := newHouse(t)
	x, own := h.accounted()
	for i := range 60 {
		k := usage.Key{Grant: own.Integration.Grant, Account: x.acc.ID.String(), Operation: "listFlags", Outcome: usage.OK}
		h.Usage.Recorder.Record(h.clock.Now().Add(-time.Duration(60-i)*time.Hour), k, 1)
		must(t, h.Usage.Flush(t.Context()))
	}
	b := h.browser(x.grace)
	b.Goto(h.URL + "/accounts/" + x.acc.ID.String() + "/ledger?kind=calls&step=hour&integration=" + own.Integration.ID.String())
	const lines = "document.querySelectorAll('tbody tr').length"
	first := pagetest.Eval[int](b, lines)
	b.Goto(pagetest.Eval[string](b, "document.querySelector('a[href*=\"after=\"]').href"))
	if second := pagetest.Eval[int](b, lines); first != 50 || second != 13 {
		t.Errorf("%d lines, then %d", first, second)
	}
}

func TestLedgerPagesAreSound(t *testing.T) {
	h := newHouse(t)
	x, own := h.accounted()
	empty := h.account("quiet", "Quiet Corner", x.grace)
	x.grace.again()
	b := h.browser(x.grace)
	at := h.URL + "/accounts/" + x.acc.ID.String() + "/ledger"
	for name, path := range map[string]string{"ledger": at, "ledger-one": at + "?integration=" + own.Integration.ID.String(), "ledger-hour": at + "?step=hour&became=refused",
		"ledger-none": at + "?became=network_denied", "ledger-fault": at + "?from=2001-01-01", "ledger-empty": h.URL + "/accounts/" + empty.ID.String() + "/ledger"} {
		b.Goto(path)
		b.Look(name)
	}
}
