package console_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestActivityIsFiltered(t *testing.T) {
	s := newShop(t)
	s.install()
	at := s.home() + "/activity"
	s.ines.get(at).has(t, "You installed Deploybot", "You created the integration user", "Guestright added the account")
	only := s.ines.get(at+"?action=installation.*").has(t, "You installed Deploybot", "Show all")
	if strings.Contains(only.text(), "added the account") {
		t.Error("the filter by kind lets other things through")
	}
	s.ines.get(at+"?text=zebra").has(t, "Nothing fits")
	s.ines.get(at+"?from=2026-03-02&to=2026-03-02").has(t, "You installed")
	s.ines.get(at+"?from=2026-03-03").has(t, "Nothing fits")
	by := s.ines.get(at+"?actor=system").has(t, "Guestright added the account")
	if strings.Contains(by.text(), "You installed") {
		t.Error("the filter by person lets others through")
	}
	// Each side sees the entry between them, and nothing else of the other side.
	dev := s.noor.get("/audit").has(t, "An administrator of the customer installed Deploybot", "You registered Deploybot")
	if strings.Contains(dev.text(), "integration user") || strings.Contains(dev.text(), "Ines") {
		t.Errorf("the developer sees the inside of the account: %s", dev.text())
	}
	if got := s.ines.get("/audit").text(); strings.Contains(got, "registered Deploybot") {
		t.Error("the administrator sees the inside of the group")
	}
}

func TestActivityIsPaged(t *testing.T) {
	s := newShop(t)
	for range 45 {
		s.clock.Advance(time.Second)
		s.role("Editor", false, "flag:view")
		s.role("Editor", false, "flag:update")
	}
	first := s.ines.get(s.home()+"/activity").has(t, "40 entries")
	next := linkTo(first, "Next")
	if next == "" {
		t.Fatal("no next page")
	}
	second := s.ines.get(next).has(t, "40 entries", "First page")
	s.ines.get(linkTo(second, "Next")).has(t, "added the account")
}

// linkTo is the address of the link with a text.
func linkTo(a answer, text string) string {
	for _, part := range strings.Split(a.body, "<a ")[1:] {
		tag, _, _ := strings.Cut(part, "</a>")
		if strings.Contains(tag, text) {
			_, rest, _ := strings.Cut(tag, `href="`)
			href, _, _ := strings.Cut(rest, `"`)
			return strings.ReplaceAll(href, "&amp;", "&")
		}
	}
	return ""
}

func TestActivityIsExported(t *testing.T) {
	s := newShop(t)
	s.install()
	page := s.ines.get(s.home() + "/activity?action=installation.*")
	sheet := s.ines.get(linkTo(page, "CSV"))
	if sheet.Header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" || !strings.Contains(sheet.Header.Get("Content-Disposition"), `activity-2026-03-02.csv`) {
		t.Errorf("headers %v", sheet.Header)
	}
	rows, err := csv.NewReader(strings.NewReader(sheet.body)).ReadAll()
	must(t, err)
	if len(rows) != 2 || rows[1][5] != "installation.create" {
		t.Errorf("rows %v", rows)
	}
	lines := strings.Split(strings.TrimSpace(s.ines.get(linkTo(page, "JSON lines")).body), "\n")
	var e struct{ Action, Account string }
	must(t, json.Unmarshal([]byte(lines[0]), &e))
	if len(lines) != 1 || e.Action != "installation.create" || e.Account != s.account.ID.String() {
		t.Errorf("lines %v", lines)
	}
	// Naming somebody else's account widens nothing.
	eve := s.person("Eve Stranger", "eve@elsewhere.example")
	if got := eve.get("/audit/export?format=jsonl&account=" + s.account.ID.String()); got.body != "" {
		t.Errorf("a stranger exports %s", got.body)
	}
	if got := s.ines.get("/audit/export?format=xls"); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an unknown format answers %d", got.StatusCode)
	}
}
