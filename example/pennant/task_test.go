package pennant_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/guestright/guestright/client/host"
	"github.com/guestright/guestright/example/pennant"
)

// fire has a trigger fire, and gives the result or the refusal.
func (h *house) fire(subject, instruction string) string {
	h.t.Helper()
	data, _ := json.Marshal(map[string]any{"instruction": instruction, "trigger": "trg_1", "event": map[string]any{"name": "High load", "value": "0.93", "url": "https://alerts.example.com/1"},
		"actor": map[string]any{"user_key": "usr-idris", "name": "Alerts", "application": "app_1", "installation": "ins_1"}})
	result, err := h.server.Tasks(pennant.Feed{})["trigger.fire"](h.t.Context(), host.Task{ID: "tsk_1", Kind: "trigger.fire", AccountKey: pennant.HarbourBooks, Subject: subject, Data: data})
	if f, ok := errors.AsType[*host.Failure](err); ok {
		if f.Retry {
			h.t.Errorf("%s would come again", f.Detail)
		}
		return f.Detail
	}
	if err != nil {
		h.t.Fatal(err)
	}
	out, _ := json.Marshal(result)
	return string(out)
}

// A trigger turns a flag on and off, once each, and the history says by what and why.
func TestTriggersTurnFlags(t *testing.T) {
	t.Parallel()
	h := start(t)
	for _, c := range []struct{ instruction, want string }{
		{"turn_on", `{"changed":true}`}, {"turn_on", `{"changed":false}`}, {"turn_off", `{"changed":true}`}, {"turn_off", `{"changed":false}`},
	} {
		if got := h.fire(turnedOn, c.instruction); got != c.want {
			t.Errorf("%s: %s", c.instruction, got)
		}
	}
	var out struct{ Items []pennant.Event }
	h.want(h.call("GET", "/events?resource="+turnedOn, ""), 200).into(t, &out)
	if len(out.Items) != 2 || out.Items[0].Type != "flag.turned_on" || out.Items[1].Type != "flag.turned_off" {
		t.Fatalf("%+v", out.Items)
	}
	e := out.Items[0]
	want := pennant.Actor{Kind: "integration", Key: "usr-idris", Name: "Idris Vane", Application: "app_1", Installation: "ins_1", Trigger: "trg_1"}
	if e.Actor != want || e.Comment != "High load (0.93) https://alerts.example.com/1" || !strings.Contains(string(e.After), `"on":true`) {
		t.Errorf("%+v", e)
	}
}

// What can't be done is refused for good, with the reason.
func TestTriggersThatCannotBeDone(t *testing.T) {
	t.Parallel()
	h := start(t)
	for _, c := range []struct{ subject, instruction, want string }{
		{turnedOn, "delete", "Pennant doesn't know this instruction."},
		{"proj/web-shop:flag/one-page-checkout", "turn_on", "Only a flag in an environment is turned on and off."},
		{"proj/web-shop:env/staging:segment/x", "turn_on", "Only a flag in an environment is turned on and off."},
		{"proj/web-shop:env/staging:flag/nowhere", "turn_on", "There is no such flag any more."},
	} {
		if got := h.fire(c.subject, c.instruction); got != c.want {
			t.Errorf("%s %s: %s", c.instruction, c.subject, got)
		}
	}
	_, err := h.server.Tasks(pennant.Feed{})["trigger.fire"](t.Context(), host.Task{AccountKey: pennant.HarbourBooks, Subject: turnedOn, Data: json.RawMessage(`[]`)})
	if f, ok := errors.AsType[*host.Failure](err); !ok || f.Retry {
		t.Error(err)
	}
}
