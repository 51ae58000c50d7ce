package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/webhook"
)

// W-17: what is sent is what was signed, byte for byte, and the data in it what
// the product sent. W-23: it is never empty.
func TestW17_W23_TheBodyIsWhatWasSigned(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	for _, data := range []string{
		`{}`, `{"é":"🙂"}`, "{\"line\":\"\u2028\u2029\"}", `{"n":123456789012345678901234567890,"f":1.10}`, `{"z":1,"a":{"y":2,"b":3}}`, "{ \"spaced\" :\t[ ] }", `{"html":"<script>&"}`,
	} {
		d := flag("x")
		d.Data = []byte(data)
		h.say(d)
		r := h.next()
		verifies(t, e.Secret.Reveal(), r)
		if !strings.HasSuffix(string(r.body), `,"data":`+data+"}") {
			t.Errorf("%s became %s", data, r.body)
		}
	}
}

// W-19: an endpoint is changed and then deleted while a retry waits: the retry
// goes to the new address, and nothing to one that is gone.
func TestW19_EndpointsChangeWhileRetriesWait(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	h.recv.answers(http.StatusBadGateway)
	h.say(flag("x"))
	first := h.next()
	h.until("it waits", func() bool { d := h.log(e); return len(d) == 1 && d[0].Attempts == 1 })
	if _, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: h.recv.URL + "/moved"}); err != nil {
		t.Fatal(err)
	}
	clock.Advance(10 * time.Second)
	if again := h.next(); again.path != "/moved" || again.id() != first.id() || first.path != "/hook" {
		t.Errorf("%s, then %s", first.path, again.path)
	}
	h.until("it waits again", func() bool { d := h.log(e); return len(d) == 1 && d[0].Attempts == 2 })
	if err := h.Webhooks.Delete(t.Context(), h.dev, e.ID); err != nil {
		t.Fatal(err)
	}
	other := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	h.recv.answers(http.StatusOK)
	clock.Advance(time.Hour)
	sent := h.say(flag("y"))
	if r := h.next(); r.id() != sent[0].ID.String() {
		t.Errorf("what was deleted came: %v", r.header)
	}
	h.became(other, webhook.Delivered)
	h.quiet()
}
