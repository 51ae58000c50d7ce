package approval

import (
	"context"
	"net/http"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/value"
)

// open asks the partner for the decision. What may have arrived is not sent twice:
// then people decide whether it is.
func (s *Service) open(ctx context.Context, id ID) error {
	var q asking
	var m made
	why := ""
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.find(tx, id)
		if err != nil || a.State != Sending {
			q.a = a
			return err
		}
		q, err = s.asking(tx, a)
		q.a = a
		return err
	})
	if problem.CodeOf(err) == "not_found" || err == nil && q.a.State != Sending {
		return nil
	}
	if err == nil {
		q.a.requester, err = s.theirs(ctx, q)
	}
	there := false
	if err == nil {
		m, there, err = s.make(q, callOpen)
	}
	if err != nil {
		if why, _ = unmade(err); why == "" {
			return err
		}
	} else if !there {
		why = "The package has no call that asks for an approval."
	}
	if why != "" {
		_, err := s.change(ctx, id, func(tx *store.Tx, a *Approval) error { return s.notSent(tx, a, why) })
		return err
	}
	// Nothing leaves the house that is not on record.
	going := false
	_, err = s.change(ctx, id, func(tx *store.Tx, a *Approval) error {
		going = false
		if a.State != Sending {
			return nil
		}
		before, err := calls(tx, id)
		if err != nil {
			return err
		}
		for _, c := range before {
			if c.Name != callOpen || c.Failure != unfinished {
				continue
			}
			if err := updateCall(tx, Call{ID: c.ID, Failure: "stopped"}); err != nil {
				return err
			}
			return s.notSent(tx, a, "The platform was stopped while it was sending the request. It may have arrived: look there before you send it again.")
		}
		a.requester = q.a.requester
		going = true
		return insertCall(tx, id, m.Call)
	})
	if err != nil || !going {
		return err
	}
	r, err := s.send(ctx, m)
	if err != nil {
		return err
	}
	again := unsent(r) && !job.AttemptOf(ctx).Last
	_, err = s.change(context.WithoutCancel(ctx), id, func(tx *store.Tx, a *Approval) error { return s.opened(tx, a, q, r, again) })
	if err == nil && again {
		_, bad := answered(r)
		err = later(bad, hook.Wait(after(r), s.DB.Now()))
	}
	return err
}

// after is when the partner wants to be asked again.
func after(r outbound.Result) string { return http.Header(r.Header).Get("Retry-After") }

// opened takes over what came of asking.
func (s *Service) opened(tx *store.Tx, a *Approval, q asking, r outbound.Result, again bool) error {
	v, err := answered(r)
	parser := q.parser(callOpen)
	if err == nil && parser != nil && parser.ID.Present() {
		var ok bool
		if a.External, ok = at(v, parser.ID.Get()); !ok {
			err = errNoID
		}
	}
	switch {
	case err == nil:
	case a.State != Sending:
		return nil // withdrawn, and it did not arrive
	case again:
		a.fails(sentence(err))
		return nil
	default:
		more := ""
		if perhaps(r) {
			more = " It may have arrived: look there before you send it again."
		}
		return s.notSent(tx, a, sentence(err)+more)
	}
	if len(r.Body) <= openedMost {
		a.opened = secret.New(string(value.AppendJSON(nil, v)))
	}
	q.a.External, q.a.opened = a.External, a.opened
	a.Link = s.link(q)
	if a.State != Sending { // withdrawn while it was being sent
		return s.tell(tx, a, callWithdrawn)
	}
	a.State = Pending
	a.Fault, a.Failures = "", 0
	now := tx.Now()
	a.wait(now, 0)
	if err := s.record(tx, itself(q.in), a, "open"); err != nil {
		return err
	}
	standing, err := stands(parser, v)
	if err != nil {
		return nil // it will say when it is asked
	}
	a.asksWell(now, standing)
	return s.decide(tx, a, q.in, standing)
}

// link is where people decide; "" when the package does not say.
func (s *Service) link(q asking) string {
	p, err := q.proposal()
	if err != nil {
		return ""
	}
	to, err := q.in.Package.Set.ApprovalLink(callOpen, q.in.Given, capability.ViewHost(s.Catalog.Get()), p)
	if err != nil {
		return "" // a page less, and the approval all the same
	}
	to, _ = capability.WebAddress(to)
	return to
}

// notSent ends the attempts to send a request.
func (s *Service) notSent(tx *store.Tx, a *Approval, why string) error {
	if a.State != Sending {
		return nil
	}
	a.State = NotSent
	a.fails(why)
	if err := s.say(tx, a, "not_sent"); err != nil {
		return err
	}
	if err := s.warn(tx, a, "not_sent", a.Integration+" could not be asked for an approval"); err != nil {
		return err
	}
	return s.record(tx, access.System("approvals are sent"), a, "not_sent")
}

// decide goes on as the partner says.
func (s *Service) decide(tx *store.Tx, a *Approval, in capability.Instance, standing Standing) error {
	if standing.State == Pending {
		return nil
	}
	a.Decided, a.next = tx.Now(), time.Time{}
	if standing.State == Declined {
		a.close(tx.Now(), Declined)
		if err := s.say(tx, a, "declined"); err != nil {
			return err
		}
		return s.record(tx, itself(in), a, "decline")
	}
	a.State = Approved
	if err := s.apply(tx, a, in); err != nil {
		return err
	}
	return s.record(tx, itself(in), a, "approve")
}

// sentence begins with a capital and ends with a point.
func sentence(err error) string {
	text := err.Error()
	return string(text[0]-'a'+'A') + text[1:] + "."
}
