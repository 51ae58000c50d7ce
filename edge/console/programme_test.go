package console_test

import (
	"net/http"
	"strings"
	"testing"
)

var applyForm = []string{"tier", "partner", "company", "Northwind", "homepage", "https://northwind.example", "business_name", "Bea", "business_email", "bea@northwind.example",
	"technical_name", "Ada", "technical_email", "ada@northwind.example", "security_name", "Team", "security_email", "security@northwind.example",
	"value", "Deploys that tell.", "success", "Fewer surprises.", "support", "By mail.", "documentation", "On our site."}

// Row A36 by the pages, and the partner programme: a group asks for access, applies,
// gets a tier and its badge.
func TestA36_ProgrammeByThePages(t *testing.T) {
	t.Parallel()
	h := newProgramme(t)
	dev, admin, op := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example"), h.operator("Olga", "olga@guestright.example")
	x := h.team(dev, admin)
	dev.again()
	at, theirs := "/groups/"+x.group.ID.String()+"/programme", "/operator/groups/"+x.group.ID.String()+"/programme"
	op.get("/operator/programme").has(t, "Nobody applies")
	dev.get(at).has(t, "Your group is not in the programme.", "Insights", "Early access", "partners@guestright.example")
	dev.submit(at, at+"/previews/insights", "why", " ").has(t, "Say what you want to build with it.")
	dev.submit(at, at+"/previews/insights", "why", "Shows trends.").led(t, at)
	op.get("/operator/programme").has(t, "Shows trends.", "insights")
	revision := func(after string) []string {
		_, rest, _ := strings.Cut(op.get(theirs).body, `action="`+after+`"`)
		return []string{"revision", between(rest, `name="revision" value="`, `"`)}
	}
	op.submit(theirs, theirs+"/previews/insights", append(revision(theirs+"/previews/insights"), "answer", "refuse", "reason", "")...).has(t, "Say why")
	op.submit(theirs, theirs+"/previews/insights", append(revision(theirs+"/previews/insights"), "answer", "grant", "reason", "")...).led(t, theirs)
	dev.get(at).has(t, "You may use it")

	if a := dev.get(at + "/badge.svg"); a.StatusCode != http.StatusNotFound {
		t.Errorf("a badge for everybody: %d", a.StatusCode)
	}
	dev.submit(at, at, applyForm...).led(t, at)
	if got := h.person("Mo", "mo@northwind.example").get(at); got.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger: %d", got.StatusCode)
	}
	op.submit(theirs, theirs, append(revision(theirs), "tier", "partner", "answer", "tier", "reason", "Welcome.")...).led(t, theirs)
	dev.get(at).has(t, "Your group has the tier Partner.", "Welcome.", "Download the badge")
	badge := dev.get(at + "/badge.svg")
	if badge.StatusCode != http.StatusOK || !strings.Contains(badge.body, "<svg") || !strings.Contains(badge.body, "Partner") {
		t.Errorf("badge: %d %s", badge.StatusCode, badge.body)
	}
	op.submit(theirs, theirs, append(revision(theirs), "tier", "partner", "answer", "none", "reason", "Over.")...).led(t, theirs)
	dev.get(at).has(t, "You can apply again.")
	bad := dev.submit(at, at, append([]string{"tier", "partner", "company", "Northwind <b>", "homepage", "nowhere"}, applyForm[6:]...)...)
	if bad.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(bad.body, "Northwind &lt;b&gt;") {
		t.Errorf("%d, or what was typed is lost", bad.StatusCode)
	}
	dev.submit(at, at, applyForm...).led(t, at)
	op.get(theirs).has(t, "Fewer surprises.", "security@northwind.example")
}

// Row A40 by the pages: the next action leads to the new agreement; what a
// person may read stays readable.
func TestA40_AgreementByThePages(t *testing.T) {
	t.Parallel()
	h := newProgramme(t)
	dev, admin, op := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example"), h.operator("Olga", "olga@guestright.example")
	x := h.team(dev, admin)
	dev.again()
	base := "/groups/" + x.group.ID.String()
	dev.get(base+"/agreement").has(t, "There is no agreement")
	op.submit("/operator/agreements", "/operator/agreements", "title", "", "text", "", "changes", "", "deadline", "soon").has(t, "Give a date")
	op.submit("/operator/agreements", "/operator/agreements", "title", "Terms", "text", "Be kind.", "changes", "All of it.", "deadline", "2026-03-31").led(t, "/operator/agreements")
	dev.get(base).has(t, "A new agreement waits for your group.")
	dev.submit(base+"/settings", base+"/name", "name", "Northwind Works").led(t, base+"/agreement")
	dev.get(base+"/agreement").has(t, "Be kind.", "All of it.", "until 1 April 2026", "Accept for")
	groups, err := h.Groups.List(t.Context(), dev.by())
	must(t, err)
	for _, g := range groups { // the personal one too
		one := "/groups/" + g.ID.String()
		dev.submit(one+"/agreement", one+"/agreement", "version", "1").led(t, one)
	}
	dev.submit(base+"/settings", base+"/name", "name", "Northwind Works").led(t, base+"/settings")
	dev.get(base+"/agreement").has(t, "ada@northwind.example", "Accepted")
	csv := op.get("/operator/agreements/acceptances.csv")
	if csv.StatusCode != http.StatusOK || !strings.Contains(csv.body, "ada@northwind.example") || !strings.HasPrefix(csv.body, "group,version,") {
		t.Errorf("export: %d %s", csv.StatusCode, csv.body)
	}
	if a := dev.get("/operator/agreements/acceptances.csv"); a.StatusCode != http.StatusNotFound {
		t.Errorf("a developer exports: %d", a.StatusCode)
	}
}

// Row A37 by the pages: the operator writes, the audience reads, the bell shows it.
func TestA37_AnnouncementsByThePages(t *testing.T) {
	t.Parallel()
	h := newProgramme(t)
	dev, admin, op := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example"), h.operator("Olga", "olga@guestright.example")
	x := h.team(dev, admin)
	dev.again()
	const desk = "/operator/announcements"
	dev.get("/announcements").has(t, "Nothing is announced")
	wrong := op.submit(desk, desk, "title", "New & quick", "text", "", "link", "", "plans", "", "tiers", "", "uses", "", "groups", "", "starts", "", "ends", "")
	wrong.has(t, "Write the text", "Say whom it is for.")
	if !strings.Contains(wrong.body, "New &amp; quick") {
		t.Error("what was typed is lost")
	}
	op.submit(desk, desk, "title", "Quicker lists", "text", "Lists answer sooner.", "groups", x.group.ID.String(), "ends", "2026-12-31").led(t, desk)
	dev.get("/announcements").has(t, "Quicker lists", "Lists answer sooner.")
	dev.get("/inbox").has(t, "Quicker lists")
	admin.get("/announcements").has(t, "Nothing is announced")
	if feed := dev.get("/announcements.atom"); !strings.Contains(feed.body, "<title>Quicker lists</title>") || !strings.Contains(feed.Header.Get("Content-Type"), "atom") {
		t.Errorf("feed: %s", feed.body)
	}
	if feed := h.guest().get("/announcements.atom"); feed.StatusCode != http.StatusOK || strings.Contains(feed.body, "Quicker") {
		t.Errorf("a guest's feed: %d %s", feed.StatusCode, feed.body)
	}
	one := desk + "/ann_" + between(op.get(desk).body, `href="/operator/announcements/ann_`, `"`)
	rev := []string{"revision", between(op.get(one).body, `name="revision" value="`, `"`)}
	op.submit(one, one, append(rev, "title", "Quicker lists", "text", "By half.", "all", "on", "starts", "", "ends", "")...).led(t, desk)
	admin.get("/announcements").has(t, "By half.")
	op.submit(one, one+"/withdraw").led(t, desk)
	admin.get("/announcements").has(t, "Nothing is announced")
	op.get(desk).has(t, "Withdrawn")
	if a := dev.get(desk); a.StatusCode != http.StatusNotFound {
		t.Errorf("a developer sees the desk: %d", a.StatusCode)
	}
}

// The pages of this folder in a browser: sound, readable, light, dark and narrow.
func TestProgrammePagesAreSound(t *testing.T) {
	h := newProgramme(t)
	dev, admin, op := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example"), h.operator("Olga", "olga@guestright.example")
	x := h.team(dev, admin)
	dev.again()
	base, theirs := "/groups/"+x.group.ID.String(), "/operator/groups/"+x.group.ID.String()
	b, o := h.browser(dev), h.browser(op)
	b.Goto(h.URL + base + "/production")
	b.Look("production-new")
	b.Goto(h.URL + base + "/programme")
	b.Look("programme")
	dev.submit(base+"/production", base+"/production", productionForm...).led(t, base)
	dev.submit(base+"/programme", base+"/programme", applyForm...).led(t, base)
	dev.submit(base+"/programme", base+"/programme/previews/insights", "why", "Shows trends.").led(t, base)
	op.submit(theirs+"/production", theirs+"/production/ask", "question", "Why at night?").led(t, "/operator")
	b.Goto(h.URL + base + "/production")
	b.Look("production-asked")
	for path, name := range map[string]string{"/operator/production": "production-queue", theirs + "/production": "production-decide", "/operator/programme": "programme-queue",
		theirs + "/programme": "programme-decide", "/operator/agreements": "agreements", "/operator/announcements": "announcement-desk"} {
		o.Goto(h.URL + path)
		o.Look(name)
	}
	op.submit("/operator/announcements", "/operator/announcements", "title", "Quicker lists", "text", "Lists answer sooner.", "all", "on").led(t, "/operator")
	op.submit("/operator/agreements", "/operator/agreements", "title", "Terms", "text", "Be kind.", "changes", "All of it.", "deadline", "2026-03-31").led(t, "/operator")
	for path, name := range map[string]string{"/announcements": "announcements", base: "agreement-ask", base + "/agreement": "agreement"} {
		b.Goto(h.URL + path)
		b.Look(name)
	}
}
