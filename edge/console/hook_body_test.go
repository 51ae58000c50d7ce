package console_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
)

// A developer writes a body of their own form: a bad template comes back with the
// place, a preview shows what is sent, and switching off and on keeps it.
func TestADeveloperWritesABody(t *testing.T) {
	p := newPost(t)
	at := p.hooks() + "/new"
	const chat = `{"text": "{{type}} in {{account_key}}"}`
	bad := p.dev.submit(at, at, "url", p.url, "type", "flag.turned_on", "on", "on", "body_template", `{"text": {{type`)
	bad.has(t, "Line 1, column 10: the braces are not closed.")
	preview := p.dev.submit(at, at, "url", p.url, "type", "flag.turned_on", "on", "on", "body_template", chat, "preview", "1")
	preview.has(t, "Sent for an example", `{"text": "flag.turned_on in example"}`)
	if strings.Contains(preview.body, "whsec_") {
		t.Error("a preview makes an endpoint")
	}
	id := p.make(p.dev, p.hooks(), "type", "flag.turned_on", "body_template", chat)
	one := "/webhooks/" + id.String()
	kept := func(when string) {
		t.Helper()
		if e, err := p.Webhooks.Get(t.Context(), access.System("test"), id); err != nil || e.Body != chat {
			t.Errorf("%s: %q %v", when, e.Body, err)
		}
	}
	kept("made")
	p.dev.submit(one, one+"/disable")
	p.dev.submit(one, one+"/enable")
	kept("switched off and on")
	p.dev.submit(one+"/edit", one+"/edit", "url", p.url, "on", "on", "body_template", `{"n": {{sequence}}}`, "preview", "1").has(t, `{"n": 1}`)
	kept("previewed")
}
