package console_test

import (
	"net/http"
	"strings"
	"testing"
)

// An administrator fills in what counts for parts of the product, and adds fields to
// requests.
func TestAnAdministratorSettlesApprovals(t *testing.T) {
	h := newHub(t)
	one := h.set(t)
	at := one + "/approvals/settings"
	h.admin.get(one).has(t, "Its settings")
	h.admin.get(at).has(t, "Nothing is filled in yet", "Board of deciders", "More fields in a request")
	wrong := h.admin.submit(at, at+"/scope", "scope", "not a resource", "v.board", "").has(t, "Fill this in.")
	if wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, `value="not a resource"`) {
		t.Errorf("%d, or what was typed is lost", wrong.StatusCode)
	}
	h.admin.submit(at, at+"/scope", "scope", production, "v.board", "b-17", "v.pin", "s3cr3t-pin").led(t, at)
	got := h.admin.get(at).has(t, production, "b-17")
	if strings.Contains(got.body, "s3cr3t-pin") {
		t.Error("the page shows a secret")
	}
	change := at + "?scope=" + strings.NewReplacer(":", "%3A", "/", "%2F").Replace(production)
	if got := h.admin.get(change).has(t, "Change: "+production); !strings.Contains(got.body, `value="b-17"`) || !strings.Contains(got.body, "Stored. Leave empty to keep it.") {
		t.Error("the form does not show what is filled in")
	}
	h.admin.submit(change, at+"/scope", "scope", production, "v.board", "b-18", "v.pin", "").led(t, at)
	h.admin.get(at).has(t, "b-18", "••••••••")
	remove := strings.Replace(change, "?", "/delete?", 1)
	h.admin.submit(remove, remove).led(t, at)
	h.admin.get(at).has(t, "Nothing is filled in yet")

	wrong = h.admin.submit(at, at+"/fields", "key", "ticket", "label", "", "type", "enum", "choices", "").has(t, "Each field has a key of its own.", "People read the label.", "One of string")
	if wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, `value="ticket"`) {
		t.Errorf("%d, or what was typed is lost", wrong.StatusCode)
	}
	h.admin.submit(at, at+"/fields", "key", "risk", "label", "Risk", "type", "enum", "choices", "low, high", "key", "", "label", "", "type", "string", "choices", "").led(t, at)
	if got := h.admin.get(at); !strings.Contains(got.body, `value="low, high"`) {
		t.Error("the field is not kept")
	}
	if a := h.dev.get(at); a.StatusCode != http.StatusNotFound {
		t.Errorf("a developer reads the customer's settings: %d", a.StatusCode)
	}
	b := newBoard(t)
	b.admin.get(b.set(t)+"/approvals/settings").has(t, "There is nothing to choose")
}
