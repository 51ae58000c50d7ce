package console_test

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/sandbox"
	"github.com/guestright/guestright/webhook"
)

// sandboxes has the console offer them; the product answers what the test says.
func sandboxes(h *house) {
	h.Sandboxes = &sandbox.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts, Groups: h.Groups, Events: h.Webhooks.Events, Catalog: h.Catalog, Most: 2,
		Host: &host.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts, Log: slog.New(slog.DiscardHandler)}}
	h.Sandboxes.Watch()
}

// H44 by the pages: a developer makes an event up in a sandbox, by an example that
// can be changed, and the receiver gets it.
func TestH44_SandboxesByThePages(t *testing.T) {
	p := newPost(t, sandboxes)
	p.Sandboxes.Most = 0
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

// H44 by the pages: a developer makes a sandbox, sees how it stands with the
// product's data, has them reset, and closes it.
func TestH44_MakingASandboxByThePages(t *testing.T) {
	p := newPost(t, sandboxes)
	dev, tasks, product := p.dev, p.Sandboxes.Host, access.System("the product")
	dev.again()
	list := "/groups/" + p.x.group.ID.String() + "/sandboxes"
	take := func(kind string) host.Task {
		t.Helper()
		got, err := tasks.Take(t.Context(), product, host.Query{Limit: 5})
		must(t, err)
		if len(got) != 1 || got[0].Kind != kind {
			t.Fatalf("%+v, not %s", got, kind)
		}
		return got[0]
	}
	dev.get(list).has(t, "Your group has 0 of 2.", "With sample data", "A web shop with three environments")
	if a := dev.submit(list, list, "name", "  ", "offered", "1").has(t, "1 to 80 printable characters."); strings.Contains(a.body, " checked") {
		t.Error("the switch has turned itself on")
	}
	dev.submit(list, list, "name", "Trying out", "offered", "1", "seed", "on")
	made, err := p.Sandboxes.List(t.Context(), dev.by(), p.x.group.ID)
	must(t, err)
	if len(made) != 1 || !made[0].Asked.Seed {
		t.Fatalf("%+v", made)
	}
	at := "/sandboxes/" + made[0].ID.String()
	dev.get(at).has(t, "is asked to open it", "Being opened", "Look again", "Install applications here")
	dev.get("/accounts/"+made[0].ID.String()).has(t, "Trying out", "Install")
	_, err = tasks.Fail(t.Context(), product, take("sandbox.create").ID, host.Failure{Detail: "No room left."})
	must(t, err)
	dev.get(at).has(t, "Not opened", "No room left.", "to open it")
	p.sound(dev, map[string]string{"sandbox-failed": at})
	dev.submit(at, at+"/reset").led(t, at)
	_, err = tasks.Finish(t.Context(), product, take("sandbox.create").ID, nil)
	must(t, err)
	dev.get(at).has(t, "Ready", "Reset…", "Close…")
	dev.get(at+"/reset").has(t, "Reset Trying out?", "Installations, grants, tokens, webhooks and the log of events stay", "people, roles and the history stay", "It cannot be undone.")
	dev.submit(at+"/reset", at+"/reset").led(t, at)
	if a := dev.get(at).has(t, "Reset is waiting"); strings.Contains(a.body, "Reset…") {
		t.Error("a second reset is offered")
	}
	_, err = tasks.Finish(t.Context(), product, take("sandbox.reset").ID, nil)
	must(t, err)
	dev.submit(list, list, "name", "Second", "offered", "1")
	dev.get(list).has(t, "Your group has 2 of 2.", "Close one that is not needed any more", "Being opened")
	p.sound(dev, map[string]string{"sandbox-list": list, "sandbox-own": at, "sandbox-reset": at + "/reset", "sandbox-close": at + "/close"})
	p.admin.get(at+"/reset").has(t, "There is nothing here")

	file := p.Catalog.Get().File()
	file.Sandboxes = nil
	set, err := catalog.Load(os.DirFS("../../example/pennant"), file.Product.Documents...)
	must(t, err)
	other, _, err := catalog.Import(set, file)
	must(t, err)
	p.Catalog.Swap(other)
	if a := dev.get(at).has(t, "neither fills nor resets sandboxes"); strings.Contains(a.body, "Reset…") {
		t.Error("a reset is offered that nobody does")
	}
	dev.get(at+"/reset").has(t, "There is nothing here")
	dev.submit(at+"/close", at+"/close").led(t, list)
	dev.get(list).has(t, "Trying out is closed.", "Your group has 1 of 2.", "does not open sandboxes by itself")
	dev.get("/groups/"+p.x.group.ID.String()+"/activity").has(t, "made the sandbox", "had the product reset the sandbox", "closed the sandbox")
}
