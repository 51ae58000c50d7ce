package pennant_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/guestright/guestright/client/host"
	"github.com/guestright/guestright/example/pennant"
)

// sandbox has a task about a sandbox done, and gives the refusal.
func (h *house) sandbox(id, kind, account, data string) string {
	h.t.Helper()
	_, err := h.server.Tasks(pennant.Feed{})[kind](h.t.Context(), host.Task{ID: id, Kind: kind, AccountKey: account, Data: json.RawMessage(data)})
	if f, ok := errors.AsType[*host.Failure](err); ok && !f.Retry {
		return f.Detail
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return ""
}

// Only sandboxes are put back and removed, never what customers have; a task that
// comes twice is done once.
func TestSandboxTasks(t *testing.T) {
	t.Parallel()
	h := start(t)
	const seeded = `{"name":"Lab","seed":true}`
	for _, c := range []struct{ id, kind, account, data, want string }{
		{"t1", "sandbox.create", "sandbox-1", seeded, ""}, {"t1", "sandbox.create", "sandbox-1", seeded, ""}, {"t2", "sandbox.create", "sandbox-1", seeded, ""},
		{"t3", "sandbox.reset", "sandbox-1", seeded, ""}, {"t3", "sandbox.reset", "sandbox-1", seeded, ""},
		{"t4", "sandbox.reset", "sandbox-9", seeded, "Pennant has no such account."},
		{"t5", "sandbox.reset", "sandbox-1", `[]`, "The task can't be read."},
		{"t6", "sandbox.create", pennant.HarbourBooks, seeded, "This is a customer's account."},
		{"t7", "sandbox.reset", pennant.HarbourBooks, seeded, "This is a customer's account."},
		{"t8", "sandbox.close", pennant.HarbourBooks, seeded, "This is a customer's account."},
		{"t9", "sandbox.close", "sandbox-1", seeded, ""}, {"t10", "sandbox.close", "sandbox-1", seeded, ""},
	} {
		if got := h.sandbox(c.id, c.kind, c.account, c.data); got != c.want {
			t.Errorf("%s %s: %q, not %q", c.id, c.kind, got, c.want)
		}
	}
	h.want(h.call("GET", "/projects/web-shop/flags", ""), 200)
}
