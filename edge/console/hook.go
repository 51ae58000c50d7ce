package console

import (
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/webhook"
)

func (c *Console) hookRoutes() []route {
	if c.Webhooks == nil {
		return nil
	}
	var out []route
	for _, of := range []string{"/applications/{application}", "/installations/{installation}", "/private-integrations/{integration}"} {
		out = append(out, route{"GET " + of + "/webhooks", c.page(hooksPage)},
			route{"GET " + of + "/webhooks/new", c.page(newHookPage)}, route{"POST " + of + "/webhooks/new", c.page(newHook)},
			route{"GET " + of + "/webhooks/deliveries", c.page(hookLogPage)})
	}
	const one = "/webhooks/{endpoint}"
	return append(out, []route{
		{"GET " + one, c.page(hookPage)},
		{"GET " + one + "/live", c.open(hookLive)},
		{"GET " + one + "/edit", c.page(editHookPage)},
		{"POST " + one + "/edit", c.page(editHook)},
		{"POST " + one + "/enable", c.page(enableHook)},
		{"POST " + one + "/disable", c.page(disableHook)},
		{"POST " + one + "/try", c.page(tryHook)},
		{"POST " + one + "/test", c.page(testHook)},
		{"GET " + one + "/rotate", c.sure(rotateHookPage)},
		{"POST " + one + "/rotate", c.sure(rotateHook)},
		{"GET " + one + "/delete", c.page(deleteHookPage)},
		{"POST " + one + "/delete", c.page(deleteHook)},
		{"GET " + one + "/events/new", c.page(subscribePage)},
		{"POST " + one + "/events/new", c.page(subscribe)},
		{"GET " + one + "/events/{subscription}", c.page(resubscribePage)},
		{"POST " + one + "/events/{subscription}", c.page(resubscribe)},
		{"POST " + one + "/events/{subscription}/delete", c.page(unsubscribe)},
		{"GET " + one + "/replay", c.page(replayPage)},
		{"POST " + one + "/replay", c.page(replayHook)},
		{"POST " + one + "/replays/{replay}/stop", c.page(stopReplay)},
		{"GET /deliveries/{delivery}", c.page(deliveryPage)},
		{"POST /deliveries/{delivery}/replay", c.page(replayDelivery)},
	}...)
}

func hookPath(id webhook.ID) string { return "/webhooks/" + id.String() }

// hookPlace is whose webhooks a page is about: an application's, or those of one
// grant.
type hookPlace struct {
	Name    string // of the integration
	Whose   string // what events its endpoints get, in a sentence
	Base    string // address of the page of all its endpoints
	App     *subject
	Grant   string
	Account string
	Scopes  []string // that open types of events; of an application those that its live version asks for
	Manages bool     // may change endpoints
	Replays bool     // may send deliveries again
	Live    bool     // it can get events at all
	show    func(sheet) error
}

// hookPlace finds the place that the address names.
func (v *visit) hookPlace() (hookPlace, error) {
	switch {
	case v.r.PathValue("application") != "":
		s, err := v.subject()
		if err != nil {
			return hookPlace{}, err
		}
		return v.placeOfApplication(s)
	case v.r.PathValue("integration") != "":
		l, err := v.privateOf()
		if err != nil {
			return hookPlace{}, err
		}
		return v.placeOfPrivate(l), nil
	default:
		i, err := v.installationOf()
		if err != nil {
			return hookPlace{}, err
		}
		return v.placeOfInstallation(i), nil
	}
}

// rights fills in what the reader may do to endpoints below a resource.
func (p hookPlace) rights(v *visit, on access.Resource) hookPlace {
	p.Manages = v.may(webhook.ActionManage, webhook.Below(on))
	p.Replays = v.may(webhook.ActionReplay, webhook.Below(on))
	return p
}

func (v *visit) placeOfApplication(s subject) (hookPlace, error) {
	p := hookPlace{Name: s.Name, Base: s.path() + "/webhooks", App: &s, Live: s.State == application.Active,
		Whose: "One endpoint hears of every customer who has installed " + s.Name + ", as far as each of them approved it."}
	p.show = func(x sheet) error { return v.about(s, "/webhooks", x) }
	versions, err := v.Releases.List(v.ctx(), v.by, s.ID)
	if err != nil {
		return p, err
	}
	for _, one := range versions {
		for _, r := range slices.Concat(one.Required, one.Optional) {
			if !slices.Contains(p.Scopes, r.Scope) {
				p.Scopes = append(p.Scopes, r.Scope)
			}
		}
	}
	return p.rights(v, access.On("group", s.Group, "application", s.ID.String())), nil
}

func (v *visit) placeOfInstallation(i integration.Listed) hookPlace {
	base := installationPath(i.ID.String())
	p := hookPlace{Name: i.ApplicationName, Base: base + "/webhooks", Grant: i.Grant, Account: i.Account, Scopes: i.Scopes, Live: i.State != integration.Removed,
		Whose: "An endpoint here hears of " + i.AccountName + " only. Those that the developer has for all customers are not listed."}
	p.show = func(x sheet) error {
		x.area, x.account, x.current = areaAccount, i.Account, accountPath(i.Account)
		x.trail = append([]page.Link{{Text: i.AccountName, URL: accountPath(i.Account)}, {Text: i.ApplicationName, URL: base}}, x.trail...)
		x.title += " · " + i.ApplicationName
		x.body = installationHooks(i, x.body)
		return v.show(x)
	}
	return p.rights(v, integration.Resource(i.Installation))
}

func (v *visit) placeOfPrivate(l private.Listed) hookPlace {
	p := hookPlace{Name: l.Name, Base: privatePath(l.ID) + "/webhooks", Grant: l.Grant, Account: l.Account, Scopes: l.Scopes, Live: l.State != private.Deleted,
		Whose: "An endpoint hears of " + l.AccountName + ", as far as the scopes of " + l.Name + " allow."}
	p.show = func(x sheet) error { return v.aboutPrivate(l, "/webhooks", x) }
	p = p.rights(v, access.On("account", l.Account, "private_integration", l.ID.String()))
	p.Manages, p.Replays = p.Manages || l.Manages && p.Live, p.Replays || l.Manages && p.Live
	return p
}

// placeOf finds the place of an endpoint.
func (v *visit) placeOf(e webhook.Endpoint) (hookPlace, error) {
	if e.Application != "" {
		id, err := ident.Parse[application.Application](e.Application)
		if err != nil {
			return hookPlace{}, err
		}
		s, err := v.subjectOf(id)
		if err != nil {
			return hookPlace{}, err
		}
		return v.placeOfApplication(s)
	}
	for _, step := range e.Resource().Segments() {
		if step.Kind == "private_integration" && v.Private != nil {
			id, err := ident.Parse[private.Integration](step.Name)
			if err != nil {
				return hookPlace{}, err
			}
			l, err := v.Private.Get(v.ctx(), v.by, id)
			return v.placeOfPrivate(l), err
		}
		if step.Kind == "installation" {
			id, err := ident.Parse[integration.Installation](step.Name)
			if err != nil {
				return hookPlace{}, err
			}
			i, err := v.Integrations.Get(v.ctx(), v.by, id)
			return v.placeOfInstallation(i), err
		}
	}
	return v.placeInAccount(e)
}

// placeInAccount is for endpoints of what has no pages for them, such as service
// tokens.
func (v *visit) placeInAccount(e webhook.Endpoint) (hookPlace, error) {
	id, err := ident.Parse[account.Account](e.Account)
	if err != nil {
		return hookPlace{}, err
	}
	a, err := v.Accounts.Get(v.ctx(), v.by, id)
	if err != nil {
		return hookPlace{}, err
	}
	p := hookPlace{Name: a.Name, Base: accountPath(e.Account) + "/tokens", Grant: e.Grant, Account: e.Account, Live: true}
	p.show = func(x sheet) error {
		x.area, x.account, x.current = areaAccount, e.Account, p.Base
		x.trail = append([]page.Link{{Text: a.Name, URL: accountPath(e.Account)}}, x.trail...)
		x.body = headed("Webhook", "Of a service token of "+a.Name+".", x.body)
		return v.show(x)
	}
	on := e.Resource().Segments()
	return p.rights(v, access.NewResource(on[:len(on)-1]...)), nil
}

// endpoints lists the endpoints of the place.
func (p hookPlace) endpoints(v *visit) ([]webhook.Endpoint, error) {
	if p.App != nil {
		return v.Webhooks.ListForApplication(v.ctx(), v.by, p.App.ID)
	}
	id, err := ident.Parse[grant.Grant](p.Grant)
	if err != nil {
		return nil, err
	}
	return v.Webhooks.ListForGrant(v.ctx(), v.by, id)
}

func (p hookPlace) create(v *visit, d webhook.Draft) (webhook.Issued, error) {
	if p.App != nil {
		return v.Webhooks.CreateForApplication(v.ctx(), v.by, p.App.ID, d)
	}
	id, err := ident.Parse[grant.Grant](p.Grant)
	if err != nil {
		return webhook.Issued{}, err
	}
	return v.Webhooks.CreateForGrant(v.ctx(), v.by, id, d)
}

// managed refuses those who may only look.
func (p hookPlace) managed() error {
	if p.Manages {
		return nil
	}
	return problem.Forbidden("forbidden", "Your role does not include this.").With("action", webhook.ActionManage)
}

// hooked is an endpoint with its place: what every page about it starts from.
type hooked struct {
	webhook.Endpoint
	Place hookPlace
}

func (v *visit) hooked() (hooked, error) {
	id, err := ident.Parse[webhook.Endpoint](v.r.PathValue("endpoint"))
	if err != nil {
		return hooked{}, err
	}
	return v.hookedBy(id)
}

func (v *visit) hookedBy(id webhook.ID) (hooked, error) {
	e, err := v.Webhooks.Get(v.ctx(), v.by, id)
	if err != nil {
		return hooked{}, err
	}
	p, err := v.placeOf(e)
	if e.Maker != "" { // it is changed in its configuration
		p.Manages = false
	}
	return hooked{Endpoint: e, Place: p}, err
}

func (h hooked) path() string { return hookPath(h.ID) }

// show is a page about an endpoint; last is what stands behind it in the trail.
func (h hooked) show(s sheet, last string) error {
	s.trail = append(s.trail, page.Link{Text: "Webhooks", URL: h.Place.Base})
	if last == "" {
		s.trail = append(s.trail, page.Link{Text: hostOf(h.URL)})
	} else {
		s.trail = append(s.trail, page.Link{Text: hostOf(h.URL), URL: h.path()}, page.Link{Text: last})
	}
	if s.title == "" {
		s.title = "Webhook " + hostOf(h.URL)
	}
	return h.Place.show(s)
}

// hostOf is the part of an address that people know it by.
func hostOf(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		rest = url
	}
	return clipped(strings.TrimSuffix(rest, "/"), 40)
}
