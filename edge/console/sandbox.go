package console

import (
	"encoding/json"
	"strconv"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/sandbox"
)

func (c *Console) sandboxRoutes() []route {
	if c.Sandboxes == nil {
		return nil
	}
	return []route{
		{"GET /groups/{group}/sandboxes", c.page(sandboxesPage)},
		{"POST /groups/{group}/sandboxes", c.page(makeSandbox)},
		{"GET /sandboxes/{account}", c.page(sandboxPage)},
		{"GET /sandboxes/{account}/reset", c.page(resetSandboxPage)},
		{"POST /sandboxes/{account}/reset", c.page(resetSandbox)},
		{"GET /sandboxes/{account}/close", c.page(closeSandboxPage)},
		{"POST /sandboxes/{account}/close", c.page(closeSandbox)},
		{"POST /sandboxes/{account}/events", c.page(triggerSandbox)},
		{"POST /sandboxes/{account}/simulate", c.page(simulateSandbox)},
		{"POST /sandboxes/{account}/end", c.page(endSimulation)},
	}
}

func sandboxPath(id account.ID) string  { return "/sandboxes/" + id.String() }
func sandboxesPath(group string) string { return groupPath(group) + "/sandboxes" }
func sandboxesLink(base string) page.Link {
	return page.Link{Text: "Sandboxes", URL: base + "/sandboxes", Icon: page.IconTerminal}
}

// sandboxView is a sandbox and what can be done in it.
type sandboxView struct {
	sandbox.Sandbox
	Room    sandbox.Room
	Samples []sandbox.Sample
	Chosen  sandbox.Sample
	Event   sandboxEntered
	Runs    *sandbox.Simulation // nil: calls get the real answer
	Wanted  simulationEntered
	May     bool
	Token   func(action string) string
	Faults  faults
}

// simulationEntered is a simulation as it was typed.
type simulationEntered struct {
	Outcome, Delay, Calls, Minutes string
	typed                          bool
}

// sandboxEntered is an event as it was typed.
type sandboxEntered struct{ Type, Subject, OrderingKey, Data string }

func (d sandboxView) path() string { return sandboxPath(d.ID) }

func (v *visit) sandboxID() (account.ID, error) {
	return ident.Parse[account.Account](v.r.PathValue("account"))
}

func sandboxPage(v *visit) error {
	return v.showSandbox(sandboxView{Event: sandboxEntered{Type: v.query("type")}})
}

// choose finds the type that was asked for, or the first, and fills in what was not typed.
func (d *sandboxView) choose(typed bool) {
	for i, s := range d.Samples {
		if s.Type == d.Event.Type || d.Event.Type == "" && i == 0 {
			d.Chosen = s
		}
	}
	if typed || d.Chosen.Type == "" {
		return
	}
	d.Event = sandboxEntered{Type: d.Chosen.Type, Subject: d.Chosen.Subject, Data: indented(d.Chosen.Data)}
}

func (v *visit) showSandbox(d sandboxView) error {
	id, err := v.sandboxID()
	if err != nil {
		return err
	}
	if d.Sandbox, err = v.Sandboxes.Get(v.ctx(), v.by, id); err != nil {
		return err
	}
	if d.Samples, err = v.Sandboxes.Samples(v.ctx(), v.by, id); err != nil {
		return err
	}
	switch one, err := v.Sandboxes.Simulation(v.ctx(), v.by, id); {
	case err == nil:
		d.Runs = &one
	case problem.CodeOf(err) != "not_found":
		return err
	}
	d.choose(d.Event.Data != "" || d.Event.Subject != "")
	owner, err := ident.Parse[group.Group](d.Group)
	if err != nil {
		return err
	}
	g, err := v.Groups.Get(v.ctx(), v.by, owner)
	if err != nil {
		return err
	}
	if d.Room, err = v.Sandboxes.Room(v.ctx(), v.by, owner); err != nil {
		return err
	}
	d.May = v.may(sandbox.ActionTrigger, sandbox.Resource(d.Group, d.ID.String()))
	d.Token = func(action string) string { return v.token(d.path() + "/" + action) }
	return v.inGroup(g, sheet{title: d.Name, status: d.Faults.status(), current: sandboxesPath(d.Group),
		trail: []page.Link{{Text: "Sandboxes", URL: sandboxesPath(d.Group)}, {Text: d.Name}}, body: sandboxDetail(v, d)})
}

func triggerSandbox(v *visit) error {
	id, err := v.sandboxID()
	if err != nil {
		return err
	}
	e := sandboxEntered{Type: v.field("type"), Subject: v.field("subject"), OrderingKey: v.field("ordering_key"), Data: v.field("data")}
	got, err := v.Sandboxes.Trigger(v.ctx(), v.by, id, sandbox.Draft{Type: e.Type, Subject: e.Subject, OrderingKey: e.OrderingKey, Data: json.RawMessage(e.Data)})
	if err != nil {
		if f, ok := faultsOf(err, "/type", "/subject", "/ordering_key", "/data"); ok {
			return v.showSandbox(sandboxView{Event: e, Faults: f})
		}
		return err
	}
	return v.leave(sandboxPath(id)+"?type="+e.Type, "Sent: it is number "+page.Count(got.Sequence)+" of this account's events. The webhook pages of your applications show what became of it.")
}

// count is a whole number as it was typed; nothing is 0, and what is none breaks every rule.
func count(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

func simulateSandbox(v *visit) error {
	id, err := v.sandboxID()
	if err != nil {
		return err
	}
	e := simulationEntered{Outcome: v.field("outcome"), Delay: v.field("delay"), Calls: v.field("calls"), Minutes: v.field("minutes"), typed: true}
	_, err = v.Sandboxes.Simulate(v.ctx(), v.by, id, sandbox.Order{Outcome: e.Outcome, Delay: count(e.Delay), Calls: count(e.Calls), Minutes: count(e.Minutes)})
	if err != nil {
		if f, ok := faultsOf(err, "/outcome", "/delay_ms", "/calls", "/minutes"); ok {
			return v.showSandbox(sandboxView{Wanted: e, Faults: f})
		}
		return err
	}
	return v.leave(sandboxPath(id), "From now on calls in this sandbox get what you chose.")
}

func endSimulation(v *visit) error {
	id, err := v.sandboxID()
	if err != nil {
		return err
	}
	if err := v.Sandboxes.EndSimulation(v.ctx(), v.by, id); err != nil && problem.CodeOf(err) != "not_found" {
		return err
	}
	return v.leave(sandboxPath(id), "Calls in this sandbox get the real answer again.")
}
