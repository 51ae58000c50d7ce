package admission_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// The same by programs: rules, lists, asking, the queue, and the answer.
func TestH43_ByTheAPI(t *testing.T) {
	t.Parallel()
	h := one(t)
	north, pier := "/v1/accounts/"+h.north.ID.String(), "/v1/accounts/"+h.pier.ID.String()
	h.call(h.nora, 200, "PUT", north+"/admission", `{"mode":"open","children":"ask","revision":0}`)
	h.call(h.nora, 409, "PUT", north+"/admission", `{"mode":"open","children":"ask","revision":0}`)
	h.call(h.nora, 422, "PUT", north+"/admission", `{"mode":"maybe","children":"ask","revision":1}`)
	if got := h.call(h.mia, 200, "GET", pier+"/admission", ""); !strings.Contains(got, `"above":{`) || !strings.Contains(got, `"mode":"ask"`) {
		t.Errorf("the child sees %s", got)
	}
	h.call(h.alma, 404, "GET", pier+"/admission", "")
	one := pier + "/admission/" + h.app.PublicID
	if got := h.call(h.mia, 200, "GET", one, ""); !strings.Contains(got, `"outcome":"ask"`) || !strings.Contains(got, "Shows the flags.") {
		t.Errorf("a member looks at %s", got)
	}
	wish := `{"application_id":"` + h.app.PublicID + `","reason":"We deploy."}`
	var r struct{ ID string }
	if err := json.Unmarshal([]byte(h.call(h.mia, 201, "POST", pier+"/installation-requests", wish)), &r); err != nil {
		t.Fatal(err)
	}
	h.call(h.mia, 409, "POST", pier+"/installation-requests", wish)
	at := "/v1/installation-requests/" + r.ID
	if got := h.call(h.nora, 200, "GET", north+"/installation-requests?state=open", ""); !strings.Contains(got, r.ID) || !strings.Contains(got, "The pier") {
		t.Errorf("the queue is %s", got)
	}
	if got := h.call(h.nora, 200, "GET", at, ""); !strings.Contains(got, `"may_approve":true`) {
		t.Errorf("the request is %s", got)
	}
	h.call(h.alma, 404, "GET", at, "")
	h.call(h.paul, 403, "POST", at+"/approve", `{}`)
	h.call(h.nora, 200, "POST", at+"/approve", `{"answer":"Fine."}`)
	h.call(h.nora, 409, "POST", at+"/deny", `{"reason":"x"}`)
	h.call(h.mia, 409, "POST", at+"/withdraw", "")
	h.call(h.paul, 200, "PUT", one, `{"list":"blocked","reason":"Not any more."}`)
	h.call(h.paul, 200, "DELETE", one, "")
	h.call(h.paul, 404, "DELETE", one, "")
}
