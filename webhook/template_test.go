package webhook_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/webhook"
)

const chat = `{"text":"{{type}} in {{account_key}}: {{{data.note}}}","n":{{sequence}}}`

// A receiver with a form of its own gets it: made of the event, signed as it is
// sent, at each attempt the same; until the template is taken away.
func TestBodiesAreMadeOfTemplates(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}, Body: chat})
		d := flag("x")
		d.Data = json.RawMessage(`{"note":"say \"é\" & <b>\n","n":1}`)
		h.recv.answers(http.StatusServiceUnavailable)
		sent := h.say(d)[0]
		first := h.next()
		h.tried(e.ID, sent.ID.String(), 1)
		h.recv.answers(http.StatusOK)
		clock.Advance(10 * time.Second)
		again := h.next()
		var got struct {
			Text string
			N    int64
		}
		if err := json.Unmarshal(again.body, &got); err != nil || got.Text != "flag.turned_on in harbour: say \"é\" & <b>\n" || got.N != sent.Sequence || string(first.body) != string(again.body) {
			t.Errorf("%s and %s: %v", first.body, again.body, err)
		}
		if again.id() != sent.ID.String() {
			t.Errorf("%v", again.header)
		}
		verifies(t, e.Secret.Reveal(), again)
		if _, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: e.URL}); err != nil {
			t.Fatal(err)
		}
		h.say(flag("y"))
		var plain struct{ Type string }
		if r := h.next(); json.Unmarshal(r.body, &plain) != nil || plain.Type != "flag.turned_on" {
			t.Errorf("without a template: %s", r.body)
		}
	})
}

// A template is tried with an example of each type that it is for, when it is
// saved and when more types are subscribed to, and refused with the place.
func TestTemplatesAreTriedWhenTheyAreSaved(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	refused := func(what string, err error, code, pointer, says string) {
		t.Helper()
		if p := problem.Of(err); p.Code != code || len(p.Fields) != 1 || p.Fields[0].Pointer != pointer || p.Fields[0].Code != "template_invalid" || !strings.Contains(p.Fields[0].Detail, says) {
			t.Errorf("%s: %v %+v", what, err, p.Fields)
		}
	}
	_, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: h.recv.URL, Types: []string{"flag.*"}, Body: "{\n  {{#if data}}\n}"})
	refused("a block that is open", err, "webhook_endpoint_invalid", "/body_template", "Line 3, column 2: {{#if}} is not closed.")
	_, err = h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: h.recv.URL, Types: []string{"flag.*"}, Body: `{"text": {{type}} }}`})
	refused("what is not JSON", err, "webhook_endpoint_invalid", "/body_template", "With an event flag.")
	_, err = h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: h.recv.URL, Types: []string{"flag.*"}, Body: `{"text": 1}` + strings.Repeat(" ", 16<<10)})
	refused("what is too long", err, "webhook_endpoint_invalid", "/body_template", "at most 16 KiB")
	e := h.endpoint(webhook.Draft{Types: []string{"flag.turned_on"}, Body: chat})
	_, err = h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: e.URL, Body: "nothing"})
	refused("a change", err, "webhook_endpoint_invalid", "/body_template", "line 1, column ")
	only := `{{#equal type "flag.turned_on"}}{"ok":1}{{/equal}}`
	if _, err = h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: e.URL, Body: only}); err != nil {
		t.Fatalf("it fits what is subscribed to: %v", err)
	}
	_, err = h.Webhooks.Subscribe(t.Context(), h.dev, e.ID, webhook.SubscriptionDraft{Types: []string{"flag.*"}})
	refused("types that it makes nothing of", err, "webhook_template_invalid", "/types", "With an event flag.")
	made, err := h.Webhooks.Preview(t.Context(), h.dev, webhook.PreviewDraft{Application: h.app.ID, Template: chat, Types: []string{"flag.turned_on"}})
	if err != nil || !strings.HasPrefix(made, `{"text":"flag.turned_on in example: `) {
		t.Errorf("preview: %s %v", made, err)
	}
	_, err = h.Webhooks.Preview(t.Context(), h.dev, webhook.PreviewDraft{Application: h.app.ID, Template: "{{", Types: []string{"flag.*"}})
	refused("preview", err, "webhook_template_invalid", "/body_template", "Line 1, column 1")
	if _, err = h.Webhooks.Preview(t.Context(), h.admin, webhook.PreviewDraft{Application: h.app.ID, Template: chat}); problem.Of(err).Kind != problem.KindNotFound {
		t.Errorf("somebody else's application: %v", err)
	}
}

// A template that makes no body of an event fails the attempt, which says why;
// nothing is sent and nothing is lost: it goes out once the template is mended.
func TestAFailingTemplateLosesNothing(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}, Body: `{{#if data.broken}}{ {{else}}{}{{/if}}`})
	other, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: h.recv.URL + "/other", Types: []string{"flag.*"}})
	if err != nil {
		t.Fatal(err)
	}
	sent := h.say(event.Draft{Type: "flag.turned_on", Subject: "proj/web:env/staging:flag/x", Data: []byte(`{"broken":true}`)})[0].ID.String()
	if r := h.next(); r.path != "/other" {
		t.Errorf("%s came at %s", r.body, r.path)
	}
	h.became(other, webhook.Delivered)
	d := h.tried(e.ID, sent, 1)
	if d.State != webhook.Waiting || d.Status != 0 || d.Failure != string(webhook.BadTemplate) || !strings.Contains(d.Tries[0].Answer, "what comes out is not JSON") {
		t.Errorf("%+v", d)
	}
	h.quiet()
	if _, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: e.URL, Body: `{"broken":{{data.broken}}}`}); err != nil {
		t.Fatal(err)
	}
	clock.Advance(10 * time.Second)
	if r := h.next(); r.path != "/hook" || string(r.body) != `{"broken":true}` {
		t.Errorf("%s came at %s", r.body, r.path)
	}
	h.became(e, webhook.Delivered)
}
