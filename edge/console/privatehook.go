package console

import (
	"slices"
	"strings"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/private"
)

// hookView is the webhooks of a private integration.
type hookView struct {
	private.Listed
	Hooks  []private.Webhook
	Events []private.EventType
	Form   hookForm
	Is     private.Webhook // the one that is changed; zero on the page of all
	Delete string          // token of the form that deletes it
}

// hookForm is what somebody enters about a webhook.
type hookForm struct {
	URL, Description string
	Types            []string // chosen
	Patterns         string   // typed, such as flag.*
	Enabled          bool
	Action, Token    string
	Faults           faults
}

func (f hookForm) draft() private.WebhookDraft {
	typed := strings.FieldsFunc(f.Patterns, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' || r == '\t' })
	return private.WebhookDraft{URL: f.URL, Description: f.Description, Types: append(slices.Clone(f.Types), typed...), Enabled: &f.Enabled}
}

func (v *visit) enteredHook() hookForm {
	return hookForm{URL: v.field("url"), Description: v.field("description"), Types: v.r.PostForm["type"], Patterns: v.field("patterns"), Enabled: v.field("enabled") != ""}
}

// hookFaults are the findings that the form shows; also that no scope allows an event.
func hookFaults(err error) (faults, bool) {
	if p := problem.Of(err); p != nil && p.Code == "event_scope_missing" {
		words := "The integration's scopes do not allow an event that was chosen."
		if needs, ok := p.Extra["needs_one_of"].([]string); ok && len(needs) > 0 {
			words += " It would need one of: " + strings.Join(needs, ", ") + "."
		}
		return faults{text: p.Detail, fields: fieldFault("/types", words)}, true
	}
	return faultsOf(err, "/url", "/description", "/types")
}

func privateWebhooksPage(v *visit) error {
	l, err := v.privateOf()
	if err != nil {
		return err
	}
	return showHooks(v, l, hookForm{Enabled: true})
}

func showHooks(v *visit, l private.Listed, f hookForm) error {
	d := hookView{Listed: l, Form: f}
	if err := d.read(v); err != nil {
		return err
	}
	d.Form.Action = privatePath(l.ID) + "/webhooks"
	d.Form.Token = v.token(d.Form.Action)
	return v.aboutPrivate(l, "/webhooks", sheet{title: "Webhooks", status: f.Faults.status(), trail: []page.Link{{Text: "Webhooks"}}, body: privateHooks(d)})
}

func (d *hookView) read(v *visit) error {
	var err error
	if d.Hooks, err = v.Private.Webhooks(v.ctx(), v.by, d.ID); err != nil {
		return err
	}
	d.Events, err = v.Private.EventTypes(v.ctx(), v.by, d.ID)
	return err
}

func addPrivateWebhook(v *visit) error {
	l, err := v.managedPrivate()
	if err != nil {
		return err
	}
	f := v.enteredHook()
	if _, err := v.Private.AddWebhook(v.ctx(), v.by, l.ID, f.draft()); err != nil {
		if found, ok := hookFaults(err); ok {
			f.Faults = found
			return showHooks(v, l, f)
		}
		return err
	}
	return v.leave(privatePath(l.ID)+"/webhooks", "The webhook is stored.")
}

// hookOf finds the webhook that the address names, among those of the integration.
func (v *visit) hookOf(l private.Listed) (private.Webhook, error) {
	id, err := ident.Parse[private.Webhook](v.r.PathValue("webhook"))
	if err != nil {
		return private.Webhook{}, err
	}
	all, err := v.Private.Webhooks(v.ctx(), v.by, l.ID)
	if err != nil {
		return private.Webhook{}, err
	}
	for _, w := range all {
		if w.ID == id {
			return w, nil
		}
	}
	return private.Webhook{}, problem.NotFound("webhook")
}

func privateWebhookPage(v *visit) error {
	l, err := v.managedPrivate()
	if err != nil {
		return err
	}
	w, err := v.hookOf(l)
	if err != nil {
		return err
	}
	f := hookForm{URL: w.URL, Description: w.Description, Enabled: w.Enabled}
	events, err := v.Private.EventTypes(v.ctx(), v.by, l.ID)
	if err != nil {
		return err
	}
	for _, t := range w.Types {
		if slices.ContainsFunc(events, func(e private.EventType) bool { return e.Type == t && e.Allowed }) {
			f.Types = append(f.Types, t)
			continue
		}
		f.Patterns += t + "\n"
	}
	return showHook(v, l, w, f)
}

func showHook(v *visit, l private.Listed, w private.Webhook, f hookForm) error {
	d := hookView{Listed: l, Form: f, Is: w}
	if err := d.read(v); err != nil {
		return err
	}
	d.Form.Action = privatePath(l.ID) + "/webhooks/" + w.ID.String()
	d.Form.Token, d.Delete = v.token(d.Form.Action), v.token(d.Form.Action+"/delete")
	return v.aboutPrivate(l, "/webhooks", sheet{title: "Webhook", status: f.Faults.status(),
		trail: []page.Link{{Text: "Webhooks", URL: privatePath(l.ID) + "/webhooks"}, {Text: "Webhook"}}, body: privateHook(d)})
}

func changePrivateWebhook(v *visit) error {
	l, err := v.managedPrivate()
	if err != nil {
		return err
	}
	w, err := v.hookOf(l)
	if err != nil {
		return err
	}
	f := v.enteredHook()
	if _, err := v.Private.UpdateWebhook(v.ctx(), v.by, w.ID, f.draft()); err != nil {
		if found, ok := hookFaults(err); ok {
			f.Faults = found
			return showHook(v, l, w, f)
		}
		return err
	}
	return v.leave(privatePath(l.ID)+"/webhooks", "The webhook is changed.")
}

func removePrivateWebhook(v *visit) error {
	l, err := v.managedPrivate()
	if err != nil {
		return err
	}
	w, err := v.hookOf(l)
	if err != nil {
		return err
	}
	if err := v.Private.RemoveWebhook(v.ctx(), v.by, w.ID); err != nil {
		return err
	}
	return v.leave(privatePath(l.ID)+"/webhooks", "The webhook is deleted.")
}
