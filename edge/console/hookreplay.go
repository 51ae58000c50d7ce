package console

import (
	"slices"
	"time"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/webhook"
)

// replayForm is which deliveries somebody wants sent again.
type replayForm struct {
	hooked
	State, Type, When, From, To string
	Types                       []page.Option
	Action, Token               string
	Faults                      faults
}

// replaySpan is a time that a replay offers.
type replaySpan struct {
	Value, Text string
	Back        time.Duration
}

var spans = []replaySpan{
	{"1h", "The last hour", time.Hour}, {"24h", "The last 24 hours", 24 * time.Hour}, {"7d", "The last 7 days", 7 * 24 * time.Hour},
	{"all", "Everything that is kept (30 days)", 0}, {"range", "Between the times below", 0},
}

var replayStates = []page.Option{
	{Value: "failed", Text: "What failed for good"}, {Value: "delivered", Text: "What was delivered"}, {Value: "finished", Text: "Both: everything but what waits"},
}

func replayPage(v *visit) error {
	f := replayForm{State: v.query("state"), Type: v.query("type"), When: v.query("when"), From: v.query("from"), To: v.query("to")}
	if f.When == "" {
		f.When = "1h"
		if f.From != "" || f.To != "" {
			f.When = "range"
		}
	}
	if !slices.ContainsFunc(replayStates, func(o page.Option) bool { return o.Value == f.State }) {
		f.State = "failed"
		if len(v.r.URL.Query()) > 0 && v.query("state") == "" {
			f.State = "finished" // the log without a filter by state
		}
	}
	return showReplay(v, f)
}

func showReplay(v *visit, f replayForm) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	if !h.Place.Replays {
		return problem.Forbidden("forbidden", "Your role does not include this.").With("action", webhook.ActionReplay)
	}
	f.hooked, f.Action = h, h.path()+"/replay"
	f.Token, f.Types = v.token(f.Action), v.typeOptions(f.Type)
	return h.show(sheet{title: "Send again", status: f.Faults.status(), body: replayEditor(f)}, "Send again")
}

// selection reads the form.
func (f replayForm) selection(now time.Time) (webhook.Selection, faults) {
	pick := webhook.Selection{Type: f.Type, States: []webhook.State{webhook.Exhausted, webhook.Dropped}}
	switch f.State {
	case "delivered":
		pick.States = []webhook.State{webhook.Delivered}
	case "finished":
		pick.States = append(pick.States, webhook.Delivered)
	}
	for _, s := range spans {
		if s.Value == f.When && s.Back > 0 {
			pick.From = now.Add(-s.Back)
		}
	}
	if f.When == "range" {
		pick.From, pick.To = momentOf(f.From), momentOf(f.To)
		if f.From != "" && pick.From.IsZero() || f.To != "" && pick.To.IsZero() || pick.From.IsZero() && pick.To.IsZero() {
			return pick, faults{text: "Say from when, until when, or both.", fields: fieldFault("/from", "Write a date and a time.")}
		}
	}
	return pick, faults{}
}

func replayHook(v *visit) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	f := replayForm{State: v.field("state"), Type: v.field("type"), When: v.field("when"), From: v.field("from"), To: v.field("to")}
	pick, bad := f.selection(v.now)
	if bad.any() {
		f.Faults = bad
		return showReplay(v, f)
	}
	r, err := v.Webhooks.ReplayAll(v.ctx(), v.by, h.ID, pick)
	if err != nil {
		if found, ok := faultsOf(err); ok {
			f.Faults = found
			return showReplay(v, f)
		}
		return err
	}
	if r.Total == 0 {
		f.Faults = faults{text: "Nothing fits: there is no such delivery in this time. Nothing is sent."}
		return showReplay(v, f)
	}
	return v.leave(h.path(), counted(r.Total, "delivery is", "deliveries are")+" sent again. You can watch it here.")
}

func stopReplay(v *visit) error {
	h, err := v.hooked()
	if err != nil {
		return err
	}
	id, err := ident.Parse[webhook.Replay](v.r.PathValue("replay"))
	if err != nil {
		return err
	}
	if _, err := v.Webhooks.StopReplay(v.ctx(), v.by, id); err != nil {
		return err
	}
	return v.leave(h.path(), "The replay is stopped. What was on its way already still arrives.")
}
