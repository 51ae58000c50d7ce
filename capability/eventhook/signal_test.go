package eventhook_test

import (
	"encoding/json"
	"testing"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/store/storetest"
)

// What the product has noticed goes to hooks for signals, of the types and in the
// scopes that were chosen, and to no hook for changes; and the other way round.
func TestSignals(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	h.Configure(h.Published("pagerduty-guardian-edition"), map[string]any{"integrationKey": "pd-key", "severity": "warning",
		"eventFilter": []any{"measured-rollout-regression"}, "projectAndEnv": []any{"proj/web:env/production"}})
	h.Configure(h.Published("datadog"), map[string]any{"apiKey": "dd-key-4711"})
	signal := func(kind, subject, key string) event.Draft {
		return event.Draft{Type: "flag.targeting_updated", Subject: subject, Data: json.RawMessage(`{"signal":{"kind":"flag","action":"` + kind + `","properties":{"measuredRolloutDedupKey":"` + key + `"}}}`)}
	}
	h.Say(signal("measuredRolloutRegressionDetected", "proj/web:env/staging:flag/f", "another scope"), signal("measuredRolloutReverted", production+"f", "not chosen"),
		signal("somethingElse", production+"f", "no template"), signal("measuredRolloutRegressionDetected", production+"f", "k-1"))
	r := h.Next(t)
	var body map[string]any
	if err := json.Unmarshal(r.Body, &body); err != nil || r.Host != "events.pagerduty.com" || body["routing_key"] != "pd-key" || body["event_action"] != "trigger" || body["dedup_key"] != "k-1" {
		t.Errorf("%s %s %v", r.Host, r.Body, err)
	}
	h.Say(flipped("night-light"))
	if r := h.Next(t); r.Host != "api.datadoghq.com" {
		t.Errorf("%s %s", r.Host, r.Body)
	}
	h.Quiet(t)
}
