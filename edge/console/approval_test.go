package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/kit/job"
)

// asks has the product ask for an approval.
func (b board) asks(t *testing.T, title string) approval.Approval {
	t.Helper()
	change, err := json.Marshal(map[string]any{"title": title, "actor": map[string]string{"id": "usr-nora", "name": "Nora Field", "email": "nora@lakeside.example"}})
	must(t, err)
	a, err := b.Approvals.Ask(t.Context(), access.System("the product"), b.x.in[0].Account, approval.Draft{Subject: darkMode, Change: change, Description: "For the sale on Friday", Page: "https://product.example/changes/17"})
	must(t, err)
	return a
}

// works does what waits in the background.
func (b board) works(t *testing.T) {
	t.Helper()
	r := &job.Runner{DB: b.db}
	b.Approvals.Jobs(r)
	must(t, r.Drain(t.Context()))
}

// An administrator sees what waits for a decision, what was sent for it, and takes a
// request back.
func TestAnAdministratorSeesApprovals(t *testing.T) {
	b := newBoard(t)
	one := b.set(t)
	b.admin.get(one).has(t, "Every approval")
	list := one + "/approvals"
	b.admin.get(list).has(t, "No change has waited yet")
	a, lost := b.asks(t, "Nora turns dark mode on <now>"), b.asks(t, "Nora turns dark mode off")
	b.admin.get(list).has(t, "Nora turns dark mode on <now>", "asked by Nora Field", "Being sent", "Withdraw")
	b.works(t)
	if got := b.admin.get(list).has(t, "Waits for a decision"); !strings.Contains(got.body, "/tickets/OK") || strings.Contains(got.body, "on <now>") {
		t.Error("the page does not lead to the partner's, or takes words for HTML")
	}
	got := b.admin.get(list+"/"+a.ID.String()).has(t, "For the sale on Friday", "Asked for the decision", "200 OK", "Open product.example/changes/17")
	if strings.Contains(got.body, "s3cr3t") {
		t.Error("the page shows a secret")
	}
	b.admin.submit(list, list+"/"+a.ID.String()+"/withdraw").led(t, list)
	b.admin.get(list).has(t, "Withdrawn")
	b.status.Store(http.StatusInternalServerError)
	never := b.asks(t, "Nora archives dark mode")
	b.works(t)
	b.admin.get(list+"/"+never.ID.String()).has(t, "Not sent", "It may have arrived", "500 Internal Server Error")
	b.status.Store(http.StatusOK)
	b.admin.submit(list+"/"+never.ID.String(), list+"/"+never.ID.String()+"/resend").led(t, list)
	b.works(t)
	b.admin.get(list+"/"+never.ID.String()).has(t, "Waits for a decision")
	for _, path := range []string{list, list + "/" + lost.ID.String()} {
		if a := b.dev.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("a developer reads the customer's approvals: %d", a.StatusCode)
		}
	}
	if a := b.admin.get(list + "/apr_00000000000000000000000000"); a.StatusCode != http.StatusNotFound {
		t.Error(a.StatusCode)
	}
}

func TestApprovalPagesAreSound(t *testing.T) {
	b := newBoard(t)
	list := b.set(t) + "/approvals"
	at := b.browser(b.admin)
	at.Goto(b.URL + list)
	at.Look("approvals-empty")
	b.asks(t, "Nora Field asks for an approval: turned on the flag Dark mode in Production")
	b.works(t)
	b.status.Store(http.StatusInternalServerError)
	broken := b.asks(t, "Nora Field asks for an approval: turned off the flag Dark mode in Production")
	b.works(t)
	for name, path := range map[string]string{"approvals": list, "approval": list + "/" + broken.ID.String()} {
		at.Goto(b.URL + path)
		at.Look(name)
	}
}
