package webhook

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// follow does what an attempt means for its endpoint, in the transaction that
// writes it down: disable it, tell its owners. An attempt may mean several
// things: the one that opens the circuit of an endpoint with few events may come
// late enough to reach a level, too.
func (s *Service) follow(tx *store.Tx, e entry) error {
	v := e.verdict
	if !e.gone && !v.opened && !v.closed && v.level == 0 {
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
	if (e.gone || v.disable) && at.State == Disabled {
		return nil
	}
	if v.level > 0 {
		if err := s.failing(tx, e, at); err != nil {
			return err
		}
	}
	day := tx.Now().Format("2006-01-02T15")
	switch {
	case e.gone:
		return s.disable(tx, at, ByAnswer, "Your server answered 410 Gone, which says that it wants no more events. If that was a mistake, enable the endpoint again.")
	case v.disable:
		return s.disable(tx, at, ByFailure, "It has failed for five days, all of the time that it is given. What waits is kept: once the receiver works, enable the endpoint, and everything is sent.")
	case v.opened:
		return s.tell(tx, at, notice.Notice{Kind: "webhook.failing", Severity: notice.Warning, Subject: "A webhook endpoint does not answer",
			Text:   "Events for it are kept and wait. We try every few minutes whether it is back, and then send them all; you need not do anything but mend it.",
			Dedupe: id.String() + "/open/" + day})
	case v.closed:
		return s.tell(tx, at, notice.Notice{Kind: "webhook.recovered", Subject: "A webhook endpoint is back", Text: "What has waited is being sent.", Dedupe: id.String() + "/closed/" + day})
	}
	return nil
}

// failing tells that an endpoint has used up a part of its time: as an event, and
// to people unless they hear that it is disabled.
func (s *Service) failing(tx *store.Tx, e entry, at Endpoint) error {
	since, level := e.circuit.Since, e.verdict.level
	if err := s.announce(tx, e, at, map[string]any{"endpoint": at.ID, "percent": level, "failing_since": since, "disabled_at": since.Add(patience)}); err != nil || e.verdict.disable {
		return err
	}
	return s.tell(tx, at, notice.Notice{Kind: "webhook.failing", Severity: notice.Warning,
		Subject: "A webhook endpoint has failed for " + strconv.Itoa(level) + " % of the time after which it is disabled",
		Text: "No event has reached it since " + since.Format("2 January 15:04 MST") + ". On " + since.Add(patience).Format("2 January 15:04 MST") +
			" it is disabled; what waits is kept.",
		Dedupe: at.ID.String() + "/" + strconv.Itoa(level) + "/" + since.Format(time.RFC3339)})
}

// announce makes an event of it, in the account's log: an application's endpoint
// has none, so it stands where what failed has happened, with the host only,
// since the administrators of that account read it, too.
func (s *Service) announce(tx *store.Tx, e entry, at Endpoint, data map[string]any) error {
	c := audit.Change{Action: "webhook.failing", Target: "webhook/" + at.ID.String(), Name: at.URL, Account: at.Account, Group: at.Group, Application: at.Application, After: data}
	if at.Application != "" {
		c.Account, c.Name = e.item.Account, hostOf(at.URL)
	}
	return s.Audit.Record(tx, access.System("webhook delivery"), c)
}

// hostOf is the host of an address, with the port if it names one.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// disable takes an endpoint out of service.
func (s *Service) disable(tx *store.Tx, at Endpoint, why, text string) error {
	was := at
	at.State, at.Reason = Disabled, why
	if err := saveEndpoint(tx, &at); err != nil {
		return err
	}
	tx.Changed(Topic, at.ID.String())
	if err := s.record(tx, access.System("webhook delivery"), "disable", at, was, at); err != nil {
		return err
	}
	return s.tell(tx, at, notice.Notice{Kind: "webhook.disabled", Severity: notice.Critical, Subject: "A webhook endpoint was disabled", Text: text,
		Dedupe: at.ID.String() + "/disabled/" + tx.Now().Format("2006-01-02T15")})
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
