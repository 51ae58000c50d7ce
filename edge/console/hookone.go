package console

import (
	"net/http"
	"strconv"
	"time"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/webhook"
)

// endpointView is one endpoint.
type endpointView struct {
	hooked
	Subs     []webhook.Subscription
	Accounts map[string]string // names of accounts that subscriptions are narrowed to
	Period   period
	Series   webhook.Series
	Recent   []deliveryLine
	Live     liveView
	Token    func(action string) string // of a form of this page
	Faults   faults
}

// liveView is the part of the page that changes while somebody watches.
type liveView struct {
	hooked
	Queue   webhook.Queue
	Replays []replayLine
	Try     string // token of the form that tries now; "": it cannot be
	Now     time.Time
}

// replayLine is a replay with the token of the form that stops it.
type replayLine struct {
	webhook.Replay
	Stop string
}

// busy reports whether it is worth looking again soon.
func (d liveView) busy() bool {
	return d.Queue.Waiting > 0 || d.Circuit.State != webhook.Closed || d.Circuit.Failures > 0
}

const replaysOnPage = 3

func (v *visit) live(h hooked) (liveView, error) {
	d := liveView{hooked: h, Now: v.now}
	queues, err := v.Webhooks.Queues(v.ctx(), v.by, h.ID)
	if err != nil {
		return d, err
	}
	d.Queue = queues[h.ID]
	all, err := v.Webhooks.Replays(v.ctx(), v.by, h.ID, replaysOnPage)
	if err != nil {
		return d, err
	}
	for _, r := range all {
		l := replayLine{Replay: r}
		if h.Place.Replays && r.Running() {
			l.Stop = v.token(h.path() + "/replays/" + r.ID.String() + "/stop")
		}
		d.Replays = append(d.Replays, l)
	}
	if h.Place.Manages && h.State == webhook.Enabled && h.Circuit.State == webhook.Open {
		d.Try = v.token(h.path() + "/try")
	}
	return d, nil
}

// hookLive answers the part that changes, for the page that asks again and again.
func hookLive(v *visit) error {
	if v.session.ID == "" { // the page is loaded again, which leads to the sign-in
		v.w.Header().Set("HX-Refresh", "true")
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	h, err := v.hooked()
	if err != nil {
		return err
	}
	d, err := v.live(h)
	if err != nil {
		return err
	}
	return v.fragment(hookNow(v, d))
}

func hookPage(v *visit) error { return showHookPage(v, faults{}) }

func showHookPage(v *visit, f faults) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	d := endpointView{hooked: h, Period: v.hookPeriod(), Accounts: map[string]string{}, Faults: f, Token: func(action string) string { return v.token(h.path() + "/" + action) }}
	if d.Live, err = v.live(h); err != nil {
		return err
	}
	if d.Subs, err = v.Webhooks.Subscriptions(v.ctx(), v.by, h.ID); err != nil {
		return err
	}
	for _, o := range v.customerOptions(h.Place, "") {
		d.Accounts[o.Value] = o.Text
	}
	if d.Series, err = v.Webhooks.Counted(v.ctx(), v.by, d.Period.Back(v.now), d.Period.daily(), h.ID); err != nil {
		return err
	}
	got, _, err := v.Webhooks.Search(v.ctx(), v.by, webhook.Search{Endpoints: []webhook.ID{h.ID}, Limit: 8})
	if err != nil {
		return err
	}
	if d.Recent, err = v.deliveryLines(h.Place, []webhook.Endpoint{h.Endpoint}, got); err != nil {
		return err
	}
	return h.show(sheet{status: f.status(), body: hookDetail(v, d)}, "")
}

func editHookPage(v *visit) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	f := hookEntry{To: v.query("to"), URL: h.URL, Description: h.Description, Ordered: h.Ordered, On: h.State == webhook.Enabled, Concurrency: strconv.Itoa(h.Concurrency), Signature: h.Signature, Username: h.Username, Stored: h.HasPassword, Template: h.Body}
	if h.Rate > 0 {
		f.Rate = strconv.Itoa(h.Rate)
	}
	return showEditHook(v, h, f)
}

func showEditHook(v *visit, h hooked, f hookEntry) error {
	if err := h.Place.managed(); err != nil {
		return err
	}
	f.Action, f.Cancel, f.Button = h.path()+"/edit", h.path(), "Save"
	f.Token = v.token(f.Action)
	return h.show(sheet{title: "Edit", status: f.Faults.status(), body: hookEntryForm(f, "Edit the endpoint", "What waits goes to the new address. The secrets stay the same.")}, "Edit")
}

func editHook(v *visit) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	f := v.enteredHookEntry()
	if v.field("preview") != "" {
		if f, err = v.previewed(h, f); err != nil {
			return err
		}
		return showEditHook(v, h, f)
	}
	if _, err := v.Webhooks.Update(v.ctx(), v.by, h.ID, f.draft()); err != nil {
		if found, ok := faultsOf(err, hookPointers...); ok {
			f.Faults = found
			return showEditHook(v, h, f)
		}
		return err
	}
	return v.leave(h.path(), "The change is saved.")
}

// turnHook switches an endpoint on or off and leaves the rest as it is.
func turnHook(v *visit, on bool, words string) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	d := webhook.Draft{URL: h.URL, Username: h.Username, Description: h.Description, Disabled: !on, Ordered: h.Ordered, Concurrency: h.Concurrency, Rate: h.Rate, Signature: h.Signature, Body: h.Body}
	if _, err := v.Webhooks.Update(v.ctx(), v.by, h.ID, d); err != nil {
		if f, ok := faultsOf(err); ok {
			return showHookPage(v, f)
		}
		return err
	}
	return v.leave(h.path(), words)
}

func enableHook(v *visit) error {
	return turnHook(v, true, "The endpoint is on. What waits is sent now.")
}

func disableHook(v *visit) error {
	return turnHook(v, false, "The endpoint is off. What waits is kept; what happens from now on does not go there.")
}

func tryHook(v *visit) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	if err := v.Webhooks.TryNow(v.ctx(), v.by, h.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return showHookPage(v, f)
		}
		return err
	}
	return v.leave(h.path(), "One delivery is sent now. If it arrives, all that waits follows.")
}

// testHook sends a made-up event and leads to what came of it.
func testHook(v *visit) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	d, err := v.Webhooks.Test(v.ctx(), v.by, h.ID, webhook.TestDraft{Type: v.field("type")})
	if err != nil {
		if f, ok := faultsOf(err); ok {
			return showHookPage(v, f)
		}
		return err
	}
	return v.leave("/deliveries/"+d.ID.String(), "A made-up event is on its way. Load the page again to see what comes back.")
}

// testTypes are the types of which a made-up event can be sent: those that may
// come.
func (v *visit) testTypes(p hookPlace) []page.Option {
	out := []page.Option{{Value: "", Text: "A plain test"}}
	cat := v.Catalog.Get()
	for _, name := range v.eventTypes() {
		if p.App != nil || cat.Opens(cat.File().Events[name], p.Scopes) {
			out = append(out, page.Option{Value: name, Text: name})
		}
	}
	return out
}

// secretOverlaps are how long older secrets sign beside a new one.
var secretOverlaps = []overlap{
	{"1d", "In one day", "For a day, each request carries a signature of the old and one of the new secret, so that your server may change over at leisure.", 24 * time.Hour},
	{"7d", "In seven days", "The same for a week.", 7 * 24 * time.Hour},
	{"30d", "In thirty days", "The same for a month.", 30 * 24 * time.Hour},
	{"0", "Now", "From this moment only the new secret signs. Choose this when the old one has leaked; until your server knows the new one, it will refuse deliveries, and they are tried again.", 0},
}

func rotateHookPage(v *visit) error { return showRotateHook(v, faults{}) }

func showRotateHook(v *visit, f faults) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	if err := h.Place.managed(); err != nil {
		return err
	}
	path := h.path() + "/rotate"
	c := page.Confirm{Title: "Make a new signing secret", Text: "The new secret is shown once, on the next page. Put it where your server checks signatures.",
		Action: path, Token: v.token(path), Button: "Make a new secret", Cancel: h.path(), Mild: true}
	var g page.PickGroup
	for _, o := range secretOverlaps {
		g.Picks = append(g.Picks, page.Pick{Value: o.Value, Label: o.Label, Text: o.Text, Checked: o.Value == "1d"})
	}
	return h.show(sheet{title: "New secret", status: f.status(), body: rotateHookForm(f, c, []page.PickGroup{g})}, "New secret")
}

func rotateHook(v *visit) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	chosen := v.field("overlap")
	for _, o := range secretOverlaps {
		if o.Value != chosen {
			continue
		}
		made, err := v.Webhooks.Rotate(v.ctx(), v.by, h.ID, o.Time)
		if err != nil {
			if f, ok := faultsOf(err); ok {
				return showRotateHook(v, f)
			}
			return err
		}
		h.Endpoint = made.Endpoint
		return v.showHookSecret(h, made, "The new secret", o.Text)
	}
	return showRotateHook(v, faults{text: "Choose when the old secret ends."})
}

// hookSecretView is a signing secret, which no other page can show.
type hookSecretView struct {
	hooked
	Title, Text string
	Secret      secret.Text
}

// showHookSecret answers the POST itself: the secret is nowhere to be shown again.
func (v *visit) showHookSecret(h hooked, made webhook.Issued, title, text string) error {
	return h.show(sheet{title: title, body: hookSecretPage(hookSecretView{hooked: h, Title: title, Text: text, Secret: made.Secret})}, title)
}

func deleteHookPage(v *visit) error { return showDeleteHook(v, faults{}) }

func showDeleteHook(v *visit, f faults) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	if err := h.Place.managed(); err != nil {
		return err
	}
	d, err := v.live(h)
	if err != nil {
		return err
	}
	path := h.path() + "/delete"
	c := page.Confirm{Title: "Delete this endpoint?", Text: h.URL, Action: path, Token: v.token(path), Button: "Delete the endpoint", Cancel: h.path(),
		Consequences: []string{"Nothing is sent there any more, from this moment. This cannot be undone.", "The log of its deliveries goes with it."}}
	if d.Queue.Waiting > 0 {
		c.Consequences = append(c.Consequences, counted(d.Queue.Waiting, "delivery waits", "deliveries wait")+" and will never arrive.")
	}
	c.Remains = []string{"The events themselves stay readable for " + counted(v.Webhooks.Events.KeptDays(), "day", "days") + ".", "To stop for a while, disable it instead: what waits is kept."}
	return h.show(sheet{title: "Delete", status: f.status(), body: refusable(f, c)}, "Delete")
}

func deleteHook(v *visit) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	if err := v.Webhooks.Delete(v.ctx(), v.by, h.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return showDeleteHook(v, f)
		}
		return err
	}
	return v.leave(h.Place.Base, "The endpoint is deleted.")
}

// counted says a number that is not counted beyond some bound.
func counted(n int, one, many string) string {
	switch {
	case n == 1:
		return "1 " + one
	case n >= webhook.CountedMost:
		return "More than " + page.Count(webhook.CountedMost-1) + " " + many
	}
	return page.Count(int64(n)) + " " + many
}
