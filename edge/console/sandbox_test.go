package console_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/sandbox"
	"github.com/guestright/guestright/webhook"
)

// H44 by the pages: a developer makes an event up in a sandbox, by an example that
// can be changed, and the receiver gets it.
func TestH44_SandboxesByThePages(t *testing.T) {
	p := newPost(t, func(h *house) {
		h.Sandboxes = &sandbox.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts, Groups: h.Groups, Events: h.Webhooks.Events, Catalog: h.Catalog}
	})
	dev := p.dev
	dev.again()
	list := "/groups/" + p.x.group.ID.String() + "/sandboxes"
	dev.get(list).has(t, "Your group has no sandbox yet", "Ask the operator")
	lab, err := p.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: "lakeside", Name: "Northwind, trying out", Kind: account.Sandbox, Group: p.x.group.ID.String()})
	must(t, err)
	at := "/sandboxes/" + lab.ID.String()
	_, err = p.Webhooks.CreateForApplication(t.Context(), dev.by(), p.x.app.ID, webhook.Draft{URL: p.url, Types: []string{"flag.*"}})
	must(t, err)
	dev.get(list).has(t, "Northwind, trying out", "lakeside")
	if a := dev.get(at+"?type=flag.turned_on").has(t, "Fill in an example", "flags.read", "Send flag.turned_on"); !strings.Contains(a.body, `value="proj/example:env/example:flag/example"`) {
		t.Error("the example has no subject")
	}
	if a := dev.submit(at+"?type=flag.turned_on", at+"/events", "type", "flag.turned_on", "subject", "proj/mine", "data", `{"by": `).has(t, "This is not JSON.", `{"by":`); !strings.Contains(a.body, `value="proj/mine"`) {
		t.Error("what was typed is gone")
	}
	dev.submit(at+"?type=flag.turned_on", at+"/events", "type", "flag.turned_on", "subject", "proj/web:env/test:flag/x", "data", `{"by":"Ada"}`).led(t, at+"?type=flag.turned_on")
	dev.get(at).has(t, "Sent: it is number")
	p.until("it is delivered", func() bool { return p.got.Load() == 1 })
	dev.submit(at, at+"/simulate", "outcome", "rate_limited", "calls", "many").has(t, "At most 10,000 calls.")
	dev.submit(at, at+"/simulate", "outcome", "rate_limited").has(t, "Say for how many calls or minutes.")
	dev.submit(at, at+"/simulate", "outcome", "rate_limited", "calls", "3", "delay", "200").led(t, at)
	dev.get(at).has(t, "429: too many calls", "Calls left", "200 ms")
	p.sound(dev, map[string]string{"sandbox-fails": at})
	dev.submit(at, at+"/end").led(t, at)
	dev.get(at).has(t, "Have calls fail", "Begin")
	p.admin.get(at).has(t, "There is nothing here")
	p.sound(dev, map[string]string{"sandboxes": list, "sandbox": at})
}
