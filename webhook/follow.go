package webhook

import (
	"strconv"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// follow does what an attempt means for its endpoint, in the transaction that
// writes it down: disable it, tell its owners.
func (s *Service) follow(tx *store.Tx, e entry) error {
	if !e.gone && !e.verdict.opened && !e.verdict.closed && e.verdict.level == 0 {
		return nil
	}
	id, err := ident.Parse[Endpoint](e.item.Endpoint)
	if err != nil {
		return err
	}
	at, err := findEndpoint(tx, id)
	if problem.CodeOf(err) == "not_found" {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	day := tx.Now().Format("2006-01-02T15")
	switch {
	case e.gone, e.verdict.disable:
		if at.State == Disabled {
			return nil
		}
		was := at
		at.State, at.Reason = Disabled, ByFailure
		text := "It has failed for five days. What waits is kept: once the receiver works, enable the endpoint, and everything is sent."
		if e.gone {
			at.Reason, text = ByAnswer, "Your server answered 410 Gone, which says that it wants no more events. If that was a mistake, enable the endpoint again."
		}
		if err := saveEndpoint(tx, &at); err != nil {
			return err
		}
		tx.Changed(Topic, id.String())
		if err := s.record(tx, access.System("webhook delivery"), "disable", at, was, at); err != nil {
			return err
		}
		return s.tell(tx, at, notice.Notice{Kind: "webhook.disabled", Severity: notice.Critical, Subject: "A webhook endpoint was disabled", Text: text, Dedupe: id.String() + "/disabled/" + day})
	case e.verdict.opened:
		return s.tell(tx, at, notice.Notice{Kind: "webhook.failing", Severity: notice.Warning, Subject: "A webhook endpoint does not answer",
			Text:   "Events for it are kept and wait. We try every few minutes whether it is back, and then send them all; you need not do anything but mend it.",
			Dedupe: id.String() + "/open/" + day})
	case e.verdict.closed:
		return s.tell(tx, at, notice.Notice{Kind: "webhook.recovered", Subject: "A webhook endpoint is back", Text: "What has waited is being sent.", Dedupe: id.String() + "/closed/" + day})
	}
	return s.tell(tx, at, notice.Notice{Kind: "webhook.failing", Severity: notice.Warning,
		Subject: "A webhook endpoint has failed for " + strconv.Itoa(e.verdict.level) + " % of the time after which it is disabled",
		Text:    "No event has reached it since " + at.Circuit.Since.Format("2 January 15:04 MST") + ". After five days it is disabled; what waits is kept.",
		Dedupe:  id.String() + "/" + strconv.Itoa(e.verdict.level) + "/" + day})
}

// tell reaches those who look after an endpoint.
func (s *Service) tell(tx *store.Tx, e Endpoint, n notice.Notice) error {
	n.Text, n.Link = e.URL+"\n\n"+n.Text, "/webhooks/"+e.ID.String()
	n.To = notice.To{Group: e.Group}
	if e.Application == "" {
		n.To = notice.To{Account: e.Account, AccountRole: access.AccountAdmin}
	}
	return s.Notices.Send(tx, n)
}
