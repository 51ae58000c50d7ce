package console_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/announcement"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/programme"
)

// newProgramme is a console in which groups can ask for production settings.
func newProgramme(t *testing.T) *house {
	t.Helper()
	return newHouse(t, func(h *house) {
		file := h.Catalog.Get().File()
		file.Previews = map[string]catalog.Gated{"insights": {Label: "Insights", Explanation: "Trends of every flag."}}
		file.Tiers = map[string]catalog.Tier{"partner": {Label: "Partner", Explanation: "For companies.", Support: "partners@guestright.example", Previews: []string{"insights"}, Badge: true}}
		set, err := catalog.Load(os.DirFS("../../example/pennant"), file.Product.Documents...)
		must(t, err)
		cat, _, err := catalog.Import(set, file)
		must(t, err)
		h.Catalog.Swap(cat)
		h.Programme = &programme.Service{DB: h.db, Audit: h.Audit, Groups: h.Groups, Quota: h.Quota, Usage: h.Usage, Notices: h.Notices, Catalog: h.Catalog}
		h.Announcements = &announcement.Service{DB: h.db, Audit: h.Audit, Quota: h.Quota, Usage: h.Usage, Notices: h.Notices}
	})
}

var productionForm = []string{"purpose", "Puts a sudoku into every course.", "operations", "Lists members at night.", "sites", "40", "calls", "200,000", "contact", "team@acme.example"}

// Row A4 by the pages: the form keeps what was typed, the operator asks back and
// grants, and the group sees the new limits.
func TestA4_ProductionByThePages(t *testing.T) {
	t.Parallel()
	h := newProgramme(t)
	dev, admin, op := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example"), h.operator("Olga", "olga@guestright.example")
	x := h.team(dev, admin)
	dev.again()
	at, theirs := "/groups/"+x.group.ID.String()+"/production", "/operator/groups/"+x.group.ID.String()+"/production"
	op.get("/operator/production").has(t, "Nobody waits")
	dev.get(at).has(t, "The way to production", "Ask for production settings", "Your busiest of the last 30 days had", "Installed in")
	wrong := dev.submit(at, at, "purpose", "Sudoku & more", "operations", "", "sites", "many", "calls", "5", "contact", "team@acme.example")
	wrong.has(t, "Say what you call most", "Give a whole number, at least 1.")
	if wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, "Sudoku &amp; more") {
		t.Errorf("%d, or what was typed is lost", wrong.StatusCode)
	}
	dev.submit(at, at, productionForm...).led(t, at)
	dev.get(at).has(t, "Waits for the operator", "They want to decide until 7 March 2026.", "200,000")
	if a := admin.get(at); a.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else sees it: %d", a.StatusCode)
	}
	if a := dev.get(theirs); a.StatusCode != http.StatusNotFound {
		t.Errorf("the developers see the operator's page: %d", a.StatusCode)
	}

	op.get("/operator/production").has(t, x.group.Name, "Until 7 March", "40 accounts, 200,000 calls a day")
	op.submit(theirs, theirs+"/ask", "question", " ").has(t, "Say what you want to know")
	op.submit(theirs, theirs+"/ask", "question", "Why at night?").led(t, "/operator/production")
	dev.get(at).has(t, "The operator asks", "Why at night?")
	dev.submit(at, at+"/answer", "answer", "It is quiet then.").led(t, at)

	h.clock.Advance(9 * 24 * time.Hour)
	op.again()
	dev.again()
	op.get("/operator/production").has(t, "Overdue since 7 March")
	op.get(theirs).has(t, "This is overdue.", "It is quiet then.", "Stay on Development")
	revision := []string{"revision", between(op.get(theirs).body, `name="revision" value="`, `"`)}
	op.submit(theirs, theirs+"/grant", append(revision, "plan", "", "limit.sites", "x", "reason", "Launch.", "ends", "")...).has(t, "Give a whole number, at least 1.")
	op.submit(theirs, theirs+"/grant", append(revision, "plan", "", "reason", "Launch.", "ends", "")...).has(t, "Choose a plan")
	op.submit(theirs, theirs+"/grant", append(revision, "plan", "production", "limit.sites", "70", "reason", "Launch.", "ends", "2026-06-30")...).led(t, "/operator/production")
	dev.get(at).has(t, "Granted", "Launch.", "Until 1 July 2026", "Granted to your group by the operator")
	dev.get("/groups/"+x.group.ID.String()+"/activity").has(t, "asked for production settings of", "granted production settings to")
	dev.get("/inbox").has(t, "has production settings")

	dev.submit(at, at, productionForm...).led(t, at)
	op.submit(theirs, theirs+"/refuse", "refusal", "").has(t, "Say why")
	op.submit(theirs, theirs+"/refuse", "refusal", "You have enough.").led(t, "/operator/production")
	dev.get(at).has(t, "Refused", "You have enough.", "Ask again")
}

// Row A3 by the pages: a name is looked at while it is typed.
func TestA3_NamesAreCheckedLiveOnThePage(t *testing.T) {
	t.Parallel()
	h := newProgramme(t)
	dev := h.person("Ada", "ada@northwind.example")
	if a := dev.get("/groups/new"); !strings.Contains(a.body, `hx-get="/group-name"`) {
		t.Error("the field does not ask")
	}
	dev.get("/group-name?name=Acme+-+Sudoku+-test").has(t, "Leave out the word")
	dev.get("/group-name?name=Acme").has(t, "This name can be used.")
}
