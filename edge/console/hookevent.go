package console

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/webhook"
)

// eventChoice is which events somebody chooses for an endpoint.
type eventChoice struct {
	Chosen   []string // types and patterns that are ticked
	Typed    string   // further patterns
	Account  string   // of an application: only this customer's; "" is all
	Filter   string   // policy as text
	On       bool
	Groups   []page.PickGroup
	Accounts []page.Option
}

func (v *visit) enteredEvents() eventChoice {
	return eventChoice{Chosen: v.r.PostForm["type"], Typed: v.field("patterns"), Account: v.field("account"), Filter: v.field("filter"), On: v.field("on") != ""}
}

// patterns are all that was ticked and typed, each once.
func (c eventChoice) patterns() []string {
	out := slices.Clone(c.Chosen)
	for _, p := range strings.FieldsFunc(c.Typed, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' || r == '\t' }) {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// draft reads the choice; a policy that cannot be read is a fault of the form.
func (c eventChoice) draft() (webhook.SubscriptionDraft, faults) {
	d := webhook.SubscriptionDraft{Types: c.patterns(), Account: c.Account, Disabled: !c.On}
	if strings.TrimSpace(c.Filter) == "" {
		return d, faults{}
	}
	p, bad := policyOf(c.Filter)
	if len(bad) > 0 {
		return d, faults{text: "The policy can't be read.", fields: fieldFault("/filter", bad[0].String())}
	}
	d.Filter = p
	return d, faults{}
}

// choiceOf is a subscription as its form shows it.
func choiceOf(s webhook.Subscription) eventChoice {
	c := eventChoice{Chosen: s.Types, Account: s.Account, On: s.Enabled}
	if len(s.Filter) > 0 {
		c.Filter = policyText(s.Filter)
	}
	return c
}

// ownPicks are events that Guestright itself tells: those about the integration.
var ownPicks = []page.Pick{
	{Value: catalog.OwnEvents + "installation.*", Label: "Installations", Code: "guestright.installation.*", Text: "Installed, changed, stopped, removed."},
	{Value: catalog.OwnEvents + "token.*", Label: "Tokens", Code: "guestright.token.*", Text: "Made, rotated, ended."},
	{Value: catalog.OwnEvents + "webhook.*", Label: "Webhooks", Code: "guestright.webhook.*", Text: "Endpoints changed, disabled, sent to again."},
}

// offered fills in what can be chosen at a place. What is chosen and not offered is
// a typed pattern.
func (v *visit) offered(p hookPlace, c eventChoice) eventChoice {
	groups := map[string]*page.PickGroup{}
	var order []string
	cat := v.Catalog.Get()
	types := cat.File().Events
	for _, name := range v.eventTypes() {
		noun, _, _ := strings.Cut(name, ".")
		g := groups[noun]
		if g == nil {
			g = &page.PickGroup{Title: capital(strings.ReplaceAll(noun, "_", " ")), Picks: []page.Pick{{Value: noun + ".*", Label: "All of these", Code: noun + ".*", Text: "Also types that the product adds later."}}}
			groups[noun], order = g, append(order, noun)
		}
		t := types[name]
		pick := page.Pick{Value: name, Label: t.Label, Code: name, Text: t.Description}
		if pick.Label == "" {
			pick.Label = name
		}
		if !cat.Opens(t, p.Scopes) {
			pick.Badge, pick.Text = page.Badge{Text: "Needs a scope"}, "Comes only with "+v.openers(cat.Openers(t))+". "+t.Description
			pick.Barred = p.App == nil
		}
		g.Picks = append(g.Picks, pick)
	}
	c.Groups = nil
	for _, noun := range order {
		g := *groups[noun]
		barred := !slices.ContainsFunc(g.Picks[1:], func(k page.Pick) bool { return !k.Barred })
		g.Picks[0].Barred = barred
		c.Groups = append(c.Groups, g)
	}
	if p.ownEvents() {
		c.Groups = append(c.Groups, page.PickGroup{Title: "About the integration itself", Picks: slices.Clone(ownPicks)})
	}
	return v.ticked(p, c)
}

// eventTypes names the types of events that the product publishes.
func (v *visit) eventTypes() []string { return slices.Sorted(maps.Keys(v.Catalog.Get().File().Events)) }

// ownEvents reports whether the place is of an application: only these hear of
// changes that are about themselves.
func (p hookPlace) ownEvents() bool {
	return p.App != nil || strings.Contains(p.Base, "/installations/")
}

// ticked marks what is chosen.
func (v *visit) ticked(p hookPlace, c eventChoice) eventChoice {
	left := c.patterns()
	for i := range c.Groups {
		for j := range c.Groups[i].Picks {
			k := &c.Groups[i].Picks[j]
			at := slices.Index(left, k.Value)
			if at < 0 || k.Barred {
				continue
			}
			k.Checked = true
			left = slices.Delete(left, at, at+1)
		}
	}
	c.Typed = strings.Join(left, "\n")
	c.Accounts = v.customerOptions(p, c.Account)
	return c
}

// customerOptions are the accounts to which an application's subscription can be
// narrowed; none where there is nothing to choose.
func (v *visit) customerOptions(p hookPlace, chosen string) []page.Option {
	if p.App == nil {
		return nil
	}
	all, err := v.customers(*p.App)
	if err != nil || len(all) == 0 {
		return nil // the choice is left out; every customer is the default
	}
	out := []page.Option{{Value: "", Text: "Every customer", Selected: chosen == ""}}
	for id, i := range all {
		out = append(out, page.Option{Value: id, Text: i.AccountName, Selected: id == chosen})
	}
	slices.SortFunc(out[1:], func(a, b page.Option) int { return strings.Compare(a.Text, b.Text) })
	return out
}

// openers names the scopes of which any would open a type, as people know them.
func (v *visit) openers(names []string) string {
	labels := v.scopeLabels(names)
	for i := range labels {
		labels[i] = "“" + labels[i] + "”"
	}
	if len(labels) == 0 {
		return "a scope that nobody offers"
	}
	return strings.Join(labels, " or ")
}

// numberOf reads a number; nothing is 0, and what is none is out of any range.
func numberOf(s string) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// subscribeForm is a form for which events an endpoint gets.
type subscribeForm struct {
	hooked
	Pick          eventChoice
	Title, Button string
	Action, Token string
	Delete        string // token of the form that takes it away; "": it is new
	Faults        faults
}

var subscribePointers = []string{"/types", "/account", "/filter"}

func subscribePage(v *visit) error {
	return showSubscribe(v, nil, eventChoice{On: true}, faults{})
}

// showSubscribe shows the form of a subscription, or of a new one.
func showSubscribe(v *visit, s *webhook.Subscription, c eventChoice, f faults) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	if err := h.Place.managed(); err != nil {
		return err
	}
	d := subscribeForm{hooked: h, Pick: v.offered(h.Place, c), Title: "More events", Button: "Subscribe", Action: h.path() + "/events/new", Faults: f}
	if s != nil {
		d.Title, d.Button, d.Action = "Change which events it gets", "Save", h.path()+"/events/"+s.ID.String()
		d.Delete = v.token(d.Action + "/delete")
	}
	d.Token = v.token(d.Action)
	return h.show(sheet{title: d.Title, status: f.status(), body: subscribeEditor(d)}, d.Title)
}

func subscribe(v *visit) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	c := v.enteredEvents()
	d, bad := c.draft()
	if bad.any() {
		return showSubscribe(v, nil, c, bad)
	}
	if _, err := v.Webhooks.Subscribe(v.ctx(), v.by, h.ID, d); err != nil {
		if f, ok := faultsOf(err, subscribePointers...); ok {
			return showSubscribe(v, nil, c, f)
		}
		return err
	}
	return v.leave(h.path(), "The endpoint gets these events from now on.")
}

// subscribed finds the subscription that the address names, among the endpoint's.
func (v *visit) subscribed() (hooked, webhook.Subscription, error) {
	h, err := v.hooked()
	if err != nil {
		return h, webhook.Subscription{}, err
	}
	id, err := ident.Parse[webhook.Subscription](v.r.PathValue("subscription"))
	if err != nil {
		return h, webhook.Subscription{}, err
	}
	all, err := v.Webhooks.Subscriptions(v.ctx(), v.by, h.ID)
	if err != nil {
		return h, webhook.Subscription{}, err
	}
	for _, s := range all {
		if s.ID == id {
			return h, s, nil
		}
	}
	return h, webhook.Subscription{}, problem.NotFound("webhook subscription")
}

func resubscribePage(v *visit) error {
	_, s, err := v.subscribed()
	if err != nil {
		return err
	}
	return showSubscribe(v, &s, choiceOf(s), faults{})
}

func resubscribe(v *visit) error {
	h, s, err := v.subscribed()
	if err != nil {
		return err
	}
	c := v.enteredEvents()
	d, bad := c.draft()
	if bad.any() {
		return showSubscribe(v, &s, c, bad)
	}
	if _, err := v.Webhooks.Resubscribe(v.ctx(), v.by, s.ID, d); err != nil {
		if f, ok := faultsOf(err, subscribePointers...); ok {
			return showSubscribe(v, &s, c, f)
		}
		return err
	}
	return v.leave(h.path(), "The change is saved. What waits already is still sent.")
}

func unsubscribe(v *visit) error {
	h, s, err := v.subscribed()
	if err != nil {
		return err
	}
	if err := v.Webhooks.Unsubscribe(v.ctx(), v.by, s.ID); err != nil {
		return err
	}
	return v.leave(h.path(), "The endpoint gets these events no more. What waits already is still sent.")
}

// filterWords says what a filter means for somebody who does not read policies.
func filterWords(p access.Policy) string {
	if len(p) == 0 {
		return ""
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return "Only some resources"
	}
	return "Only what this policy lets through: " + clipped(string(raw), 120)
}
