package console

import (
	"time"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/webhook"
)

// hookLine is an endpoint in a list.
type hookLine struct {
	webhook.Endpoint
	Queue webhook.Queue
	Types []string // patterns of all its subscriptions
}

// hooksView is the endpoints of a place.
type hooksView struct {
	Place  hookPlace
	Lines  []hookLine
	Period period
	Series webhook.Series
	Recent []deliveryLine
}

// hookPeriods are the times that charts of deliveries offer.
var hookPeriods = periods[:2]

func (v *visit) hookPeriod() period {
	p := periodOf(v.query("period"))
	if p.Name != hookPeriods[1].Name {
		return hookPeriods[0]
	}
	return p
}

func (p period) daily() bool { return p.Name != hookPeriods[0].Name }

func hooksPage(v *visit) error {
	p, err := v.hookPlace()
	if err != nil {
		return err
	}
	d := hooksView{Place: p, Period: v.hookPeriod()}
	all, err := p.endpoints(v)
	if err != nil {
		return err
	}
	ids := idsOf(all)
	queues, err := v.Webhooks.Queues(v.ctx(), v.by, ids...)
	if err != nil {
		return err
	}
	for _, e := range all {
		subs, err := v.Webhooks.Subscriptions(v.ctx(), v.by, e.ID)
		if err != nil {
			return err
		}
		l := hookLine{Endpoint: e, Queue: queues[e.ID]}
		for _, s := range subs {
			if s.Enabled {
				l.Types = append(l.Types, s.Types...)
			}
		}
		d.Lines = append(d.Lines, l)
	}
	if d.Series, err = v.Webhooks.Counted(v.ctx(), v.by, d.Period.Back(v.now), d.Period.daily(), ids...); err != nil {
		return err
	}
	got, _, err := v.Webhooks.Search(v.ctx(), v.by, webhook.Search{Endpoints: ids, Limit: 8})
	if err != nil {
		return err
	}
	if d.Recent, err = v.deliveryLines(p, all, got); err != nil {
		return err
	}
	return p.show(sheet{title: "Webhooks", trail: []page.Link{{Text: "Webhooks"}}, body: hookList(v, d)})
}

func idsOf(all []webhook.Endpoint) []webhook.ID {
	ids := make([]webhook.ID, len(all))
	for i, e := range all {
		ids[i] = e.ID
	}
	return ids
}

// chartsOf draws what came of requests, and how long answers took.
func chartsOf(s webhook.Series, p period) []page.Chart {
	what := page.Chart{Title: "Requests", Text: "Last " + p.Text + ". " + p.Fresh, Unit: "requests", Stack: true, Daily: p.daily()}
	took := page.Chart{Title: "Time until the answer", Text: "In milliseconds, last " + p.Text + ".", Unit: "ms", Level: true, Daily: p.daily()}
	good, bad := page.Series{Name: "Delivered", Tone: page.ToneGood}, page.Series{Name: "Failed", Tone: page.ToneBad}
	mean, most := page.Series{Name: "Average", Tone: page.ToneNeutral}, page.Series{Name: "Slowest", Tone: page.ToneInfo}
	for _, one := range s.Points {
		what.Times, took.Times = append(what.Times, one.At), append(took.Times, one.At)
		good.Values, bad.Values = append(good.Values, one.Delivered), append(bad.Values, one.Failed)
		mean.Values, most.Values = append(mean.Values, milliseconds(one.Average)), append(most.Values, milliseconds(one.Slowest))
	}
	what.Series, took.Series = []page.Series{good, bad}, []page.Series{mean, most}
	return []page.Chart{what, took}
}

// milliseconds never says zero of something that took time.
func milliseconds(d time.Duration) int64 {
	if d > 0 && d < time.Millisecond {
		return 1
	}
	return d.Milliseconds()
}

// hookEntry is what somebody enters about an endpoint.
type hookEntry struct {
	To               string // key of the kind that was chosen
	URL, Description string
	Ordered, On      bool
	Rate             string
	Concurrency      string
	Signature        webhook.Signature
	Username         string
	Password         string
	NoPassword       bool   // the stored one is to go
	Stored           bool   // there is one
	Template         string // of the body; empty: the event itself
	Preview          string // what it makes of an example
	Pick             eventChoice
	Action, Token    string
	Cancel, Button   string
	Fresh            bool // it is made, so events are chosen as well
	Faults           faults
}

var hookPointers = []string{"/url", "/description", "/rate", "/concurrency", "/signature", "/username", "/password", "/body_template", "/types"}

func (v *visit) enteredHookEntry() hookEntry {
	return hookEntry{To: v.field("to"), URL: v.field("url"), Description: v.field("description"), Ordered: v.field("ordered") != "", On: v.field("on") != "",
		Rate: v.field("rate"), Concurrency: v.field("concurrency"), Signature: webhook.Signature(v.field("signature")), Template: v.r.PostFormValue("body_template"),
		Username: v.field("username"), Password: v.r.PostFormValue("password"), NoPassword: v.field("no_password") != "", Pick: v.enteredEvents()}
}

func newHookPage(v *visit) error { return showNewHook(v, hookEntry{To: v.query("to"), On: true}) }

func showNewHook(v *visit, f hookEntry) error {
	p, err := v.hookPlace()
	if err != nil {
		return err
	}
	if err := p.managed(); err != nil {
		return err
	}
	f.Action, f.Cancel, f.Button, f.Fresh = p.Base+"/new", p.Base, "Make the endpoint", true
	f.Token = v.token(f.Action)
	f.Pick = v.offered(p, f.Pick)
	return p.show(sheet{title: "New endpoint", status: f.Faults.status(), trail: []page.Link{{Text: "Webhooks", URL: p.Base}, {Text: "New endpoint"}},
		body: hookEntryForm(f, "New endpoint", "A server or message broker of yours that gets events as they happen, signed, with every attempt on record. "+p.Whose)})
}

func newHook(v *visit) error {
	p, err := v.hookPlace()
	if err != nil {
		return err
	}
	f := v.enteredHookEntry()
	d := f.draft()
	d.Types = f.Pick.patterns()
	if v.field("preview") != "" {
		f.tried(p.preview(v, f.Template, d.Types))
		return showNewHook(v, f)
	}
	made, err := p.create(v, d)
	if err != nil {
		if found, ok := faultsOf(err, hookPointers...); ok {
			f.Faults = found
			return showNewHook(v, f)
		}
		return err
	}
	return v.showHookSecret(hooked{Endpoint: made.Endpoint, Place: p}, made, "The endpoint is made", "")
}

// draft reads numbers as far as they are numbers; anything else is out of range.
func (f hookEntry) draft() webhook.Draft {
	d := webhook.Draft{URL: f.URL, Username: f.Username, Description: f.Description, Disabled: !f.On, Ordered: f.Ordered, Rate: numberOf(f.Rate), Concurrency: numberOf(f.Concurrency), Signature: f.Signature, Body: f.Template}
	if f.Password != "" || f.NoPassword {
		d.Password = &f.Password
	}
	return d
}
