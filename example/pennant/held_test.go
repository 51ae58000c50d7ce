package pennant_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/guestright/guestright/client/host"
	"github.com/guestright/guestright/example/pennant"
)

const staging = "/projects/web-shop/environments/staging"

// told has Pennant do a task about an approval; "" when it did.
func (h *house) told(kind, held string) string {
	h.t.Helper()
	data, _ := json.Marshal(map[string]any{"approval": "apr_1", "state": kind[len("approval."):], "integration": "Decider", "status": "Ada says so", "instructions": map[string]string{"held": held}})
	_, err := h.server.Tasks(pennant.Feed{})[kind](h.t.Context(), host.Task{ID: "tsk_1", Kind: kind, AccountKey: pennant.HarbourBooks, Subject: turnedOn, Data: data})
	if f, ok := errors.AsType[*host.Failure](err); ok {
		return f.Detail
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return ""
}

// In an environment that asks for approvals a change waits, and is told as waiting.
func TestChangesWaitWhereTheEnvironmentAsks(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.want(h.call("PATCH", staging, `{"approval_required":true,"approved_by":"cfg_1"}`), 200)
	h.want(h.call("PATCH", stagingCheckout, `{"fallthrough":9}`), 422)
	var st struct {
		On      bool
		Waiting *struct {
			State string
			Want  struct{ On bool }
			By    struct{ Name string }
		}
	}
	h.want(h.call("PATCH", stagingCheckout, `{"on":true}`), 202).into(t, &st)
	if st.On || st.Waiting == nil || st.Waiting.State != "new" || !st.Waiting.Want.On || st.Waiting.By.Name != "Idris Vane" {
		t.Errorf("%+v", st)
	}
	h.want(h.call("PATCH", stagingCheckout, `{"on":true}`), 409)
	if got := h.told("approval.apply", "another"); got != "This change doesn't wait any more." {
		t.Error(got)
	}
	h.want(h.call("GET", stagingCheckout, ""), 200).into(t, &st)
	if st.On || st.Waiting == nil {
		t.Errorf("%+v", st)
	}
}
