package console

import (
	"slices"

	"github.com/guestright/guestright/capability/trigger"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

func (c *Console) triggerRoutes() []route {
	if c.Triggers == nil {
		return nil
	}
	const of = "/configurations/{configuration}/triggers"
	const one = of + "/{trigger}"
	return []route{
		{"GET " + of, c.page(triggersPage)},
		{"GET " + of + "/new", c.page(newTriggerPage)},
		{"POST " + of + "/new", c.page(newTrigger)},
		{"GET " + one, c.page(triggerPage)},
		{"POST " + one, c.page(saveTrigger)},
		{"POST " + one + "/switch", c.page(switchTrigger)},
		{"GET " + one + "/cycle", c.page(cycleTriggerPage)},
		{"POST " + one + "/cycle", c.page(cycleTrigger)},
		{"GET " + one + "/delete", c.page(deleteTriggerPage)},
		{"POST " + one + "/delete", c.page(deleteTrigger)},
	}
}

func triggersPath(f configurationForm) string { return f.path() + "/triggers" }
func triggerPath(t trigger.Trigger) string {
	return "/configurations/" + t.Configuration + "/triggers/" + t.ID.String()
}

// triggersView is the triggers of a configuration, and what can be made.
type triggersView struct {
	configurationForm
	All   []trigger.Trigger
	Kinds []trigger.Kind // empty: the capability rests
}

// triggersOf loads them for the configuration that the address names.
func (v *visit) triggersOf() (triggersView, error) {
	f, err := v.configurationOf()
	if err != nil {
		return triggersView{}, err
	}
	d := triggersView{configurationForm: f}
	d.All, d.Kinds, err = v.Triggers.List(v.ctx(), v.by, f.At.ID.String())
	return d, err
}

// place shows a page below the configuration.
func (f configurationForm) place(v *visit, s sheet, trail ...page.Link) error {
	return f.show(v, s, append([]page.Link{{Text: "Set up", URL: configurationsPath(f.Here.ID)}, {Text: f.At.Name, URL: f.path()}}, trail...)...)
}

func triggersPage(v *visit) error {
	d, err := v.triggersOf()
	if err != nil {
		return err
	}
	return d.place(v, sheet{title: "Triggers · " + d.At.Name, body: triggerList(v, d)}, page.Link{Text: "Triggers"})
}

// newTriggerView is the form for a new one.
type newTriggerView struct {
	triggersView
	Subject, Instruction, Description string
}

func newTriggerPage(v *visit) error { return newTriggerView{}.page(v) }

func (d newTriggerView) page(v *visit) error {
	f := d.Faults
	all, err := v.triggersOf()
	if err != nil {
		return err
	}
	if !all.Manages {
		return problem.Forbidden("forbidden", "Your role does not include this.")
	}
	d.triggersView = all
	d.Faults = f
	return d.place(v, sheet{title: "New trigger", status: f.status(), body: newTriggerForm(v, d)}, page.Link{Text: "Triggers", URL: triggersPath(d.configurationForm)}, page.Link{Text: "New"})
}

func newTrigger(v *visit) error {
	f, err := v.configurationOf()
	if err != nil {
		return err
	}
	d := newTriggerView{Subject: v.field("subject"), Instruction: v.field("instruction"), Description: v.field("description")}
	got, err := v.Triggers.Create(v.ctx(), v.by, f.At.ID.String(), trigger.Draft{Subject: d.Subject, Instruction: d.Instruction, Description: d.Description})
	if err != nil {
		found, ok := faultsOf(err, "/subject", "/instruction", "/description")
		if !ok {
			return err
		}
		d.Faults = found
		return d.page(v)
	}
	return f.issued(v, got, "The address of your trigger")
}

// issued answers the POST itself: the address is nowhere to be shown again.
func (f configurationForm) issued(v *visit, i trigger.Issued, title string) error {
	return f.place(v, sheet{title: title, body: issuedTrigger(i, title)}, page.Link{Text: "Triggers", URL: triggersPath(f)}, page.Link{Text: title})
}

// triggerView is one trigger.
type triggerView struct {
	configurationForm
	trigger.Trigger
	Instructions []page.Option
	Does         string // the instruction in words
}

// triggerOf loads the one that the address names, with its configuration.
func (v *visit) triggerOf() (triggerView, error) {
	id, err := ident.Parse[trigger.Trigger](v.r.PathValue("trigger"))
	if err != nil {
		return triggerView{}, err
	}
	t, err := v.Triggers.Get(v.ctx(), v.by, id)
	if err != nil {
		return triggerView{}, err
	}
	if t.Configuration != v.r.PathValue("configuration") {
		return triggerView{}, problem.NotFound("trigger")
	}
	all, err := v.triggersOf()
	d := triggerView{configurationForm: all.configurationForm, Trigger: t, Does: t.Instruction}
	i := slices.IndexFunc(all.Kinds, func(k trigger.Kind) bool { return k.Kind == t.Kind })
	if i < 0 {
		return d, err
	}
	for _, one := range all.Kinds[i].Instructions {
		d.Instructions = append(d.Instructions, page.Option{Value: one.Name, Text: one.Label, Selected: one.Name == t.Instruction})
		if one.Name == t.Instruction {
			d.Does = one.Label
		}
	}
	return d, err
}

func (d triggerView) page(v *visit) error {
	return d.place(v, sheet{title: d.Subject, status: d.Faults.status(), body: triggerOne(v, d)}, page.Link{Text: "Triggers", URL: triggersPath(d.configurationForm)}, page.Link{Text: "…" + d.Hint})
}

func triggerPage(v *visit) error {
	d, err := v.triggerOf()
	if err != nil {
		return err
	}
	return d.page(v)
}

// patch changes the trigger, or shows what is wrong.
func (d triggerView) patch(v *visit, p trigger.Patch, words string) error {
	if _, err := v.Triggers.Update(v.ctx(), v.by, d.ID, p); err != nil {
		found, ok := faultsOf(err, "/instruction", "/description")
		if !ok {
			return err
		}
		d.Faults = found
		return d.page(v)
	}
	return v.leave(triggerPath(d.Trigger), words)
}

func saveTrigger(v *visit) error {
	d, err := v.triggerOf()
	if err != nil {
		return err
	}
	p, text := trigger.Patch{}, v.field("description")
	p.Description = &text
	if chosen := v.field("instruction"); chosen != "" && chosen != d.Instruction {
		p.Instruction = &chosen
	}
	d.Description = text
	return d.patch(v, p, "The change is saved.")
}

func switchTrigger(v *visit) error {
	d, err := v.triggerOf()
	if err != nil {
		return err
	}
	on := !d.Enabled
	words := "It is off: its address is unknown until you switch it on again."
	if on {
		words = "It is on."
	}
	return d.patch(v, trigger.Patch{Enabled: &on}, words)
}

func cycleTriggerPage(v *visit) error {
	d, err := v.triggerOf()
	if err != nil {
		return err
	}
	path := triggerPath(d.Trigger) + "/cycle"
	c := page.Confirm{Title: "Give this trigger another address?", Text: "You see the new one once, on the next page.", Action: path, Token: v.token(path), Button: "Make a new address", Cancel: triggerPath(d.Trigger), Mild: true,
		Consequences: []string{"The old address is unknown at once: put the new one where the old one is.", "What the trigger does, and the record of its calls, stay."}}
	return d.place(v, sheet{title: "New address", body: c}, page.Link{Text: "Triggers", URL: triggersPath(d.configurationForm)}, page.Link{Text: "…" + d.Hint, URL: triggerPath(d.Trigger)}, page.Link{Text: "New address"})
}

func cycleTrigger(v *visit) error {
	d, err := v.triggerOf()
	if err != nil {
		return err
	}
	got, err := v.Triggers.Cycle(v.ctx(), v.by, d.ID)
	if err != nil {
		found, ok := faultsOf(err)
		if !ok {
			return err
		}
		d.Faults = found
		return d.page(v)
	}
	return d.issued(v, got, "The new address of your trigger")
}

func deleteTriggerPage(v *visit) error {
	d, err := v.triggerOf()
	if err != nil {
		return err
	}
	path := triggerPath(d.Trigger) + "/delete"
	c := page.Confirm{Title: "Delete this trigger?", Text: d.Does + ": " + d.Subject, Action: path, Token: v.token(path), Button: "Delete the trigger", Cancel: triggerPath(d.Trigger),
		Consequences: []string{"Its address is unknown at once, and the record of its calls goes with it.", "This cannot be undone. To stop for a while, switch it off instead."}}
	return d.place(v, sheet{title: "Delete", body: c}, page.Link{Text: "Triggers", URL: triggersPath(d.configurationForm)}, page.Link{Text: "…" + d.Hint, URL: triggerPath(d.Trigger)}, page.Link{Text: "Delete"})
}

func deleteTrigger(v *visit) error {
	d, err := v.triggerOf()
	if err != nil {
		return err
	}
	if err := v.Triggers.Delete(v.ctx(), v.by, d.ID); err != nil {
		return err
	}
	return v.leave(triggersPath(d.configurationForm), "The trigger is deleted.")
}
