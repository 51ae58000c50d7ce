package console

import (
	"encoding/json"
	"net/url"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability/resourcelink"
	"github.com/guestright/guestright/capability/useraction"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

func (c *Console) attachedRoutes() []route {
	if c.Links == nil || c.Actions == nil {
		return nil
	}
	const at = "/accounts/{account}/attached"
	return []route{
		{"GET " + at, c.page(attachedPage)},
		{"POST " + at + "/link", c.page(putLink)},
		{"POST " + at + "/unlink", c.page(dropLink)},
		{"POST " + at + "/run", c.page(runAction)},
	}
}

func attachedPath(account string) string { return accountPath(account) + "/attached" }

// attachedView is what integrations attach to one resource: links and buttons.
type attachedView struct {
	account.Account
	Resource string
	Links    []resourcelink.Group
	Buttons  []useraction.Action
	Manages  bool // plain links
	Pressed  string
	Needs    map[string]string // what was typed for the button
	Call     *useraction.Call
	Link     struct{ To, Title string } // as it was typed
	Faults   faults
}

// here is the page about the same resource.
func (d attachedView) here() string {
	return attachedPath(d.ID.String()) + "?at=" + url.QueryEscape(d.Resource)
}

// attachedTo loads what is attached to a resource.
func (v *visit) attachedTo(resource string) (attachedView, error) {
	a, err := v.accountOf()
	d := attachedView{Account: a, Resource: resource}
	if err != nil || resource == "" {
		return d, err
	}
	d.Manages = v.may(resourcelink.ActionManage, account.Resource(a.ID.String()).Child("link", "*"))
	r, err := access.ParseResource(resource)
	if err != nil {
		d.Faults, _ = faultsOf(problem.Invalid("resource.invalid", "This is no resource.", problem.Field{Pointer: "/at", Code: "malformed", Detail: "Write it like proj/web:env/production:flag/dark-mode."}), "/at")
		return d, nil
	}
	if d.Links, err = v.Links.Draw(v.ctx(), v.by, a.Key, resource); err != nil {
		return d, err
	}
	d.Buttons, err = v.Actions.List(v.ctx(), v.by, a.Key, r.Kind())
	return d, err
}

func (d attachedView) page(v *visit) error {
	return v.inAccount(d.Account, sheet{title: "Links and buttons", current: accountPath(d.ID.String()), status: d.Faults.status(), trail: []page.Link{{Text: "Links and buttons"}}, body: attachedSheet(v, d)})
}

func attachedPage(v *visit) error {
	d, err := v.attachedTo(v.query("at"))
	if err != nil {
		return err
	}
	return d.page(v)
}

// putLink attaches a plain link.
func putLink(v *visit) error {
	d, err := v.attachedTo(v.field("at"))
	if err != nil {
		return err
	}
	d.Link.To, d.Link.Title = v.field("deep_link"), v.field("title")
	if _, err := v.Links.Put(v.ctx(), v.by, resourcelink.Draft{Account: d.ID.String(), Resource: d.Resource, DeepLink: d.Link.To, Title: d.Link.Title}); err != nil {
		found, ok := faultsOf(err, "/deep_link", "/title")
		if !ok {
			return err
		}
		d.Faults = found
		return d.page(v)
	}
	return v.leave(d.here(), "The link is attached.")
}

func dropLink(v *visit) error {
	d, err := v.attachedTo(v.field("at"))
	if err != nil {
		return err
	}
	id, err := ident.Parse[resourcelink.Link](v.field("link"))
	if err != nil {
		return problem.NotFound("link")
	}
	if err := v.Links.Delete(v.ctx(), v.by, id); err != nil {
		return err
	}
	return v.leave(d.here(), "The link is deleted.")
}

// runAction presses a button with what was typed for it.
func runAction(v *visit) error {
	d, err := v.attachedTo(v.field("at"))
	if err != nil {
		return err
	}
	id, err := ident.Parse[configuration.Configuration](v.field("configuration"))
	if err != nil {
		return problem.NotFound("configuration")
	}
	d.Pressed, d.Needs = v.field("configuration")+" "+v.field("key"), map[string]string{}
	given := map[string]json.RawMessage{}
	for _, b := range d.Buttons {
		if b.Configuration != id.String() || b.Key != v.field("key") {
			continue
		}
		for _, name := range b.Needs {
			text := v.field("need." + name)
			d.Needs[name] = text
			if raw, err := json.Marshal(text); err == nil && text != "" {
				given[name] = raw
			}
		}
	}
	call, err := v.Actions.Run(v.ctx(), v.by, id, v.field("key"), given)
	if err != nil {
		found, ok := faultsOf(err, "/context")
		if !ok {
			return err
		}
		d.Faults = found
		return d.page(v)
	}
	d.Call = &call
	return d.page(v)
}
