package console

import (
	"net/url"
	"strconv"
	"time"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/webhook"
)

// deliveryLine is a delivery as lists show it.
type deliveryLine struct {
	webhook.Delivery
	Host    string // of its endpoint
	Account string // name, or what is known of it
}

// keptText says how long deliveries can be looked at.
func keptText(v *visit) string {
	return "The newest. Each is kept for " + counted(v.Webhooks.Events.KeptDays(), "day", "days") + " with every attempt."
}

// deliveryLines names accounts and endpoints.
func (v *visit) deliveryLines(p hookPlace, all []webhook.Endpoint, got []webhook.Delivery) ([]deliveryLine, error) {
	hosts := map[string]string{}
	for _, e := range all {
		hosts[e.ID.String()] = hostOf(e.URL)
	}
	names := map[string]string{}
	if p.App != nil && len(got) > 0 {
		customers, err := v.customers(*p.App)
		if err != nil {
			return nil, err
		}
		for id, i := range customers {
			names[id] = i.AccountName
		}
	}
	out := make([]deliveryLine, len(got))
	for i, d := range got {
		out[i] = deliveryLine{Delivery: d, Host: hosts[d.Endpoint], Account: names[d.Account]}
	}
	return out, nil
}

// hookLogView is the log of deliveries with its filters.
type hookLogView struct {
	Place     hookPlace
	Asked     url.Values
	Endpoints []page.Option
	States    []page.Option
	Types     []page.Option
	Lines     []deliveryLine
	Pager     page.Pager
	Filtered  bool
	Any       bool   // there is an endpoint
	Replay    string // address of the form that sends these again; "": one endpoint must be chosen first
	Faults    faults
}

const deliveriesOnPage = 50

// moment formats of a field for date and time (HTML, "valid local date and time").
const localTime = "2006-01-02T15:04"

func momentOf(text string) time.Time {
	for _, form := range []string{localTime, "2006-01-02T15:04:05", day} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

var deliveryStates = []page.Option{
	{Value: "", Text: "All"}, {Value: "delivered", Text: "Delivered"}, {Value: "waiting", Text: "Waiting"}, {Value: "failed", Text: "Failed for good"},
}

// searchAsked reads the filters of the address.
func (v *visit) searchAsked() (webhook.Search, url.Values, faults) {
	asked, s, f := url.Values{}, webhook.Search{Limit: deliveriesOnPage, Before: before(v)}, faults{}
	take := func(name string) string {
		text := v.query(name)
		if text != "" {
			asked.Set(name, text)
		}
		return text
	}
	switch take("state") {
	case "delivered":
		s.States = []webhook.State{webhook.Delivered}
	case "waiting":
		s.States = []webhook.State{webhook.Waiting}
	case "failed":
		s.States = []webhook.State{webhook.Exhausted, webhook.Dropped}
	}
	s.Type = take("type")
	if text := take("event"); text != "" {
		id, err := ident.Parse[event.Event](text)
		if err != nil {
			f.fields = append(f.fields, fieldFault("/event", "An event's id begins with evt_.")...)
			s.Event = -1
		} else {
			s.Event = id.Number()
		}
	}
	if text := take("status"); text != "" {
		s.Status = numberOf(text)
	}
	s.From, s.To = momentOf(take("from")), momentOf(take("to"))
	take("endpoint")
	return s, asked, f
}

func hookLogPage(v *visit) error {
	p, err := v.hookPlace()
	if err != nil {
		return err
	}
	all, err := p.endpoints(v)
	if err != nil {
		return err
	}
	s, asked, f := v.searchAsked()
	d := hookLogView{Place: p, Asked: asked, Filtered: len(asked) > 0, Any: len(all) > 0, Faults: f}
	d.Endpoints = []page.Option{{Value: "", Text: "All"}}
	for _, e := range all {
		id := e.ID.String()
		d.Endpoints = append(d.Endpoints, page.Option{Value: id, Text: hostOf(e.URL), Selected: id == asked.Get("endpoint")})
		if asked.Get("endpoint") == "" || asked.Get("endpoint") == id {
			s.Endpoints = append(s.Endpoints, e.ID)
		}
	}
	for _, o := range deliveryStates {
		o.Selected = o.Value == asked.Get("state")
		d.States = append(d.States, o)
	}
	d.Types = v.typeOptions(asked.Get("type"))
	got, more, err := v.Webhooks.Search(v.ctx(), v.by, s)
	if err != nil {
		return err
	}
	if d.Lines, err = v.deliveryLines(p, all, got); err != nil {
		return err
	}
	d.page(s, got, more)
	if p.Replays && len(s.Endpoints) == 1 && asked.Get("state") != "waiting" && len(got) > 0 {
		d.Replay = hookPath(s.Endpoints[0]) + "/replay?" + asked.Encode()
	}
	return p.show(sheet{title: "Deliveries", trail: []page.Link{{Text: "Webhooks", URL: p.Base}, {Text: "Deliveries"}}, body: hookLog(v, d)})
}

// page fills in where the list goes on.
func (d *hookLogView) page(s webhook.Search, got []webhook.Delivery, more bool) {
	base := d.Place.Base + "/deliveries"
	with := func(before int64) string {
		q := url.Values{}
		for k, one := range d.Asked {
			q[k] = one
		}
		if before > 0 {
			q.Set("before", strconv.FormatInt(before, 10))
		}
		if len(q) == 0 {
			return base
		}
		return base + "?" + q.Encode()
	}
	d.Pager = page.Pager{Label: "Deliveries", Shown: counted(len(got), "delivery", "deliveries")}
	if s.Before > 0 {
		d.Pager.First = with(0)
	}
	if more {
		d.Pager.Next = with(got[len(got)-1].Position())
	}
}

// typeOptions are the types of events by which a log can be searched.
func (v *visit) typeOptions(chosen string) []page.Option {
	out := []page.Option{{Value: "", Text: "All"}}
	known := chosen == ""
	for _, t := range v.eventTypes() {
		out = append(out, page.Option{Value: t, Text: t, Selected: t == chosen})
		known = known || t == chosen
	}
	if !known {
		out = append(out, page.Option{Value: chosen, Text: chosen, Selected: true})
	}
	return out
}

// deliveryView is one delivery with its attempts.
type deliveryView struct {
	webhook.Shown
	Hook     hooked
	Customer string // name, or what is known of it
	Replay   string // token of the form that sends it again; "": not possible
	Why      string // it is not possible
	Faults   faults
}

func deliveryPage(v *visit) error { return showDelivery(v, faults{}) }

func showDelivery(v *visit, f faults) error {
	id, err := ident.Parse[webhook.Delivery](v.r.PathValue("delivery"))
	if err != nil {
		return err
	}
	got, err := v.Webhooks.Show(v.ctx(), v.by, id)
	if err != nil {
		return err
	}
	at, err := ident.Parse[webhook.Endpoint](got.Endpoint)
	if err != nil {
		return err
	}
	h, err := v.hookedBy(at)
	if err != nil {
		return err
	}
	d := deliveryView{Hook: h, Shown: got, Faults: f}
	lines, err := v.deliveryLines(h.Place, nil, []webhook.Delivery{got.Delivery})
	if err != nil {
		return err
	}
	d.Customer = lines[0].Account
	switch {
	case got.Content == nil:
		d.Why = "The event is older than the log keeps events, so it can't be sent again."
	case h.State != webhook.Enabled:
		d.Why = "The endpoint is disabled. Enable it first, then this can be sent again."
	case h.Place.Replays:
		d.Replay = v.token("/deliveries/" + id.String() + "/replay")
	}
	return h.show(sheet{title: "Delivery of " + got.Type, status: f.status(), body: deliveryDetail(v, d)}, "Delivery")
}

func replayDelivery(v *visit) error {
	id, err := ident.Parse[webhook.Delivery](v.r.PathValue("delivery"))
	if err != nil {
		return err
	}
	if _, err := v.Webhooks.Replay(v.ctx(), v.by, id); err != nil {
		if f, ok := faultsOf(err); ok {
			return showDelivery(v, f)
		}
		return err
	}
	return v.leave("/deliveries/"+id.String(), "It is sent again, with the same id and all its attempts before it.")
}
