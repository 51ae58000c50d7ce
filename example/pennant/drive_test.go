package pennant_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/guestright/guestright/client/host"
	"github.com/guestright/guestright/example/pennant"
)

// What a driver can't do is refused for good, with the reason; a flag whose variations
// are all given out stays as it is.
func TestDriverCleansUp(t *testing.T) {
	t.Parallel()
	h := start(t)
	const gitar = `{"driver":"gitar","values":{"gitarToken":"gt-1","githubOrgName":"harbour"}}`
	for _, c := range []struct{ subject, data, want string }{
		{"proj/web-shop:flag/one-page-checkout", gitar, `{"removed":0}`},
		{"proj/web-shop:flag/one-page-checkout", `{"driver":"other","values":{"gitarToken":"gt-1"}}`, "Pennant has no such driver."},
		{"proj/web-shop:flag/one-page-checkout", `{"driver":"gitar"}`, "There is no key of Gitar's."},
		{"proj/web-shop:env/test:flag/one-page-checkout", gitar, "Only a flag is cleaned up."},
		{"proj/web-shop:flag/nowhere", gitar, "There is no such flag any more."},
		{"proj/web-shop:flag/one-page-checkout", `[]`, "The task can't be read."},
	} {
		result, err := h.server.Tasks(pennant.Feed{})["driver.run"](t.Context(), host.Task{ID: "tsk_1", Kind: "driver.run", AccountKey: pennant.HarbourBooks, Subject: c.subject, Data: json.RawMessage(c.data)})
		text, _ := json.Marshal(result)
		got := string(text)
		if f, ok := errors.AsType[*host.Failure](err); ok && !f.Retry {
			got = f.Detail
		} else if err != nil {
			t.Fatal(err)
		}
		if got != c.want {
			t.Errorf("%s %s: %s, want %s", c.subject, c.data, got, c.want)
		}
	}
}
