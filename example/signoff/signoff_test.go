package signoff_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/guestright/guestright/example/signoff"
)

type office struct {
	*signoff.Office
	t *testing.T
}

func open(t *testing.T) office {
	return office{&signoff.Office{Token: "let-me-in", People: []signoff.Person{{ID: "nora", Email: "nora@example.com"}}}, t}
}

func (o office) call(method, path, body, token string) (int, map[string]any) {
	o.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	o.Handler().ServeHTTP(w, r)
	var out map[string]any
	_ = json.Unmarshal(w.Body.Bytes(), &out) // a refusal is text
	return w.Code, out
}

const asked = `{"id":"apr_1","title":"Nora wants to turn on the flag Night light","where":"Web / Production","by":"Nora"}`

// A request comes once, waits, is decided once, and is applied after a yes only.
func TestRequestsWaitForADecision(t *testing.T) {
	t.Parallel()
	o := open(t)
	code, one := o.call("POST", "/approvals", asked, "let-me-in")
	_, again := o.call("POST", "/approvals", asked, "let-me-in")
	id, _ := one["id"].(string)
	if code != http.StatusCreated || id == "" || again["id"] != id || one["state"] != "asked" || len(o.Requests()) != 1 {
		t.Fatalf("%d %v %v", code, one, again)
	}
	if code, _ := o.call("POST", "/approvals/"+id+"/applied", "", "let-me-in"); code != http.StatusConflict {
		t.Errorf("applied before it was approved: %d", code)
	}
	if _, err := o.Decide(id, true); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Decide(id, false); err == nil {
		t.Error("it was decided twice")
	}
	for _, step := range []struct{ method, path, state string }{{"GET", "", "approved"}, {"POST", "/applied", "applied"}, {"POST", "/applied", "applied"}, {"GET", "", "applied"}} {
		if code, got := o.call(step.method, "/approvals/"+id+step.path, "", "let-me-in"); code != http.StatusOK || got["state"] != step.state {
			t.Errorf("%v: %d %v", step, code, got)
		}
	}
	if code, _ := o.call("DELETE", "/approvals/"+id, "", "let-me-in"); code != http.StatusConflict {
		t.Errorf("withdrawn after it was applied: %d", code)
	}
}

func TestDeclinedAndWithdrawn(t *testing.T) {
	t.Parallel()
	o := open(t)
	_, no := o.call("POST", "/approvals", asked, "let-me-in")
	_, gone := o.call("POST", "/approvals", strings.Replace(asked, "apr_1", "apr_2", 1), "let-me-in")
	if r, err := o.Decide(no["id"].(string), false); err != nil || r.State != signoff.Declined {
		t.Errorf("%+v %v", r, err)
	}
	if code, got := o.call("DELETE", "/approvals/"+gone["id"].(string), "", "let-me-in"); code != http.StatusOK || got["state"] != "withdrawn" {
		t.Errorf("%d %v", code, got)
	}
	if _, err := o.Decide("none", true); err == nil {
		t.Error("there is no such request")
	}
}

func TestOthersAreRefused(t *testing.T) {
	t.Parallel()
	o := open(t)
	for _, token := range []string{"", "let-me-inn", "let-me-i"} {
		if code, _ := o.call("POST", "/approvals", asked, token); code != http.StatusUnauthorized {
			t.Errorf("%q: %d", token, code)
		}
	}
	if code, _ := o.call("POST", "/approvals", `{"id":`, "let-me-in"); code != http.StatusBadRequest {
		t.Error(code)
	}
	if code, _ := o.call("GET", "/approvals/none", "", "let-me-in"); code != http.StatusNotFound {
		t.Error(code)
	}
	o.Token = ""
	if code, _ := o.call("GET", "/people", "", ""); code != http.StatusUnauthorized {
		t.Errorf("an office without a token is open: %d", code)
	}
}

func TestQuestionsAndPeople(t *testing.T) {
	t.Parallel()
	o := open(t)
	if code, _ := o.call("POST", "/questions", `{"about":"flag/night-light","text":"Why?"}`, "let-me-in"); code != http.StatusNoContent {
		t.Error(code)
	}
	if q := o.Questions(); len(q) != 1 || q[0].Text != "Why?" || q[0].About != "flag/night-light" {
		t.Errorf("%+v", q)
	}
	if _, got := o.call("GET", "/people", "", "let-me-in"); len(got["people"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	files, err := signoff.Package()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(files, "manifest.json"); err != nil {
		t.Error(err)
	}
}
