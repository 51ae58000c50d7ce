package admission

import (
	"cmp"
	"context"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Detail is a request with what whoever decides looks at.
type Detail struct {
	Listed
	Offer   *integration.Offer `json:"offer,omitempty" doc:"What the application asks for now; absent when it can't be installed at the moment"`
	Trouble string             `json:"trouble,omitempty" doc:"Why it can't be installed at the moment"`
	Verdict Verdict            `json:"verdict"`
	Decides bool               `json:"may_approve" doc:"The caller may approve it"`
	Denies  bool               `json:"may_deny"`
	Mine    bool               `json:"mine" doc:"The caller asked"`
}

// sees loads a request for the account's people, and for those who decide above it.
func (s *Service) sees(tx *store.Tx, by access.Principal, id ID) (Listed, error) {
	r, err := find(tx, id)
	if err != nil {
		return r, err
	}
	if by.CanSee(account.Resource(r.Account)) || r.parent != "" && by.May(answering, account.Resource(r.parent)) == nil {
		return r, nil
	}
	return Listed{}, problem.NotFound("installation request")
}

// Request shows a request.
func (s *Service) Request(ctx context.Context, by access.Principal, id ID) (Detail, error) {
	var out Detail
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		out, err = s.detail(tx, by, id)
		return err
	})
	return out, err
}

func (s *Service) detail(tx *store.Tx, by access.Principal, id ID) (Detail, error) {
	r, err := s.sees(tx, by, id)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Listed: r, Mine: by.User != "" && by.User == r.AskedBy}
	acc, err := ident.Parse[account.Account](r.Account)
	if err != nil {
		return d, err
	}
	l, err := s.look(tx, by, acc, r.PublicID)
	switch p := problem.Of(err); {
	case err == nil:
		d.Offer = &l.Offer
	case p != nil && p.Kind != problem.KindInternal:
		d.Trouble = p.Detail
	default:
		return d, err
	}
	a, err := s.Accounts.Load(tx, r.Account)
	if err != nil {
		return d, err
	}
	app, err := ident.Parse[application.Application](r.Application)
	if err != nil {
		return d, err
	}
	if d.Verdict, err = s.judge(tx, a, app); err != nil {
		return d, err
	}
	d.Decides = by.May(answering, account.Resource(d.Verdict.decider(r.Account))) == nil
	d.Denies = d.Decides || by.May(answering, account.Resource(r.Account)) == nil
	return d, nil
}

// Queue lists the requests of an account and of those below it, the newest first.
func (s *Service) Queue(ctx context.Context, by access.Principal, acc account.ID, state State) ([]Listed, error) {
	var out []Listed
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		on := account.Resource(acc.String())
		if err := by.Reach("account", "account:view", on); err != nil {
			return err
		}
		where, args := "r.account = ?", []any{acc}
		if by.May(answering, on) == nil {
			where, args = "(r.account = ? OR a.parent = ?)", []any{acc, acc}
		}
		if state != "" {
			where, args = where+" AND r.state = ?", append(args, state)
		}
		var err error
		out, err = requests(tx, where, args...)
		return err
	})
	return out, err
}

// Approve is ApproveVersion of the version that was asked for.
func (s *Service) Approve(ctx context.Context, by access.Principal, id ID, words string) (Request, error) {
	return s.ApproveVersion(ctx, by, id, "", words)
}

// ApproveVersion installs what was asked for, with the scopes that were asked for and by the
// approver's hand, in one transaction. Errors: everything of Install, and Conflict
// `own_request`, `installation_request_closed`, `installation_changed` when another
// version is offered by now than the one that was looked at.
func (s *Service) ApproveVersion(ctx context.Context, by access.Principal, id ID, seen, words string) (Request, error) {
	var d Detail
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if d, err = s.detail(tx, by, id); err != nil {
			return err
		}
		decider := d.Verdict.decider(d.Account)
		if err := by.May(answering, account.Resource(decider)); err != nil {
			if d.Verdict.Outcome == NeedsAsk && d.Denies {
				return d.Verdict.Err()
			}
			return err
		}
		was := d.Request
		if err := d.settle(tx.Now(), Approved, by.User, words); err != nil {
			return err
		}
		if err := s.notAlone(tx, by, d, decider); err != nil {
			return err
		}
		if d.Verdict.Outcome == IsBlocked || d.Verdict.Outcome == NotAllowed {
			return d.Verdict.Err()
		}
		acc, err := ident.Parse[account.Account](d.Account)
		if err != nil {
			return err
		}
		offer, err := s.Integrations.OfferIn(tx, acc, d.PublicID)
		if err != nil {
			return err
		}
		if err := save(tx, d.Request); err != nil {
			return err
		}
		i, err := s.Integrations.InstallIn(tx, by, d.Account, offer, integration.Order{ApplicationID: d.PublicID, Version: cmp.Or(seen, d.Version), Scopes: d.Scopes})
		if err != nil {
			return err
		}
		d.Installation = i.ID.String()
		return s.answered(tx, by, "approve", offer.Application, was, d.Request)
	})
	return d.Request, s.Integrations.Refused(ctx, d.Account, d.PublicID, err)
}

// notAlone refuses to let people approve their own wish where somebody else could.
func (s *Service) notAlone(tx *store.Tx, by access.Principal, d Detail, decider string) error {
	if !d.Mine {
		return nil
	}
	others, err := administrators(tx, decider, by.User)
	if err == nil && others > 0 {
		return problem.Conflict("own_request", "You asked for this yourself. Another administrator has to approve it.")
	}
	return err
}

// Deny refuses a request with a reason, which the requester is told.
func (s *Service) Deny(ctx context.Context, by access.Principal, id ID, reason string) (Request, error) {
	return s.end(ctx, by, id, "deny", func(tx *store.Tx, d *Detail) error {
		if !d.Denies {
			return by.May(answering, account.Resource(d.Account))
		}
		if err := words(reason, "/reason", "Say why, in at most 500 characters. Whoever asked reads it."); err != nil {
			return err
		}
		return d.settle(tx.Now(), Denied, by.User, reason)
	})
}

// Withdraw takes one's own request back.
func (s *Service) Withdraw(ctx context.Context, by access.Principal, id ID) (Request, error) {
	return s.end(ctx, by, id, "withdraw", func(tx *store.Tx, d *Detail) error {
		if !d.Mine {
			return problem.Forbidden("not_your_request", "Only whoever asked can take the request back. Deny it instead.")
		}
		return d.settle(tx.Now(), Withdrawn, by.User, "")
	})
}

func (s *Service) end(ctx context.Context, by access.Principal, id ID, verb string, rule func(*store.Tx, *Detail) error) (Request, error) {
	var out Request
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		d, err := s.detail(tx, by, id)
		if err != nil {
			return err
		}
		was := d.Request
		if err := rule(tx, &d); err != nil {
			return err
		}
		if err := save(tx, d.Request); err != nil {
			return err
		}
		out = d.Request
		return s.answered(tx, by, verb, application.Application{Name: d.ApplicationName}, was, out)
	})
	return out, err
}

// answered keeps what came of a request and tells whoever asked.
func (s *Service) answered(tx *store.Tx, by access.Principal, verb string, app application.Application, was, r Request) error {
	if r.Installation != "" {
		if err := came(tx, r.ID, r.Installation); err != nil {
			return err
		}
	}
	if err := s.recordRequest(tx, by, verb, app, was, r); err != nil || r.State == Withdrawn {
		return err
	}
	n := notice.Notice{Kind: "installation.request_" + string(r.State), To: notice.To{User: r.AskedBy}, Link: "/installation-requests/" + r.ID.String(), Text: r.Answer}
	if n.Subject = app.Name + " is installed"; r.State == Denied {
		n.Subject = "Your request for " + app.Name + " was denied"
	}
	return s.Notices.Send(tx, n)
}

// Installed keeps the end that an installation was given and answers the open requests
// for it. It joins.
func (s *Service) Installed(tx *store.Tx, by access.Principal, i integration.Installation, o integration.Order) error {
	if err := checkEnds(o.Ends, tx.Now()); err != nil {
		return err
	}
	if !o.Ends.IsZero() {
		if err := putStay(tx, i.ID.String(), i.Account, Stay{Ends: o.Ends}); err != nil {
			return err
		}
	}
	open, err := requests(tx, "r.account = ? AND r.application = ? AND r.state = ?", i.Account, i.Application, Waiting)
	if err != nil {
		return err
	}
	for _, r := range open {
		was := r.Request
		said := ""
		if !slices.Equal(sorted(r.Scopes), sorted(i.Scopes)) {
			said = "It was installed with other permissions than you asked for."
		}
		if err := r.settle(tx.Now(), Approved, by.User, said); err != nil {
			return err
		}
		if err := save(tx, r.Request); err != nil {
			return err
		}
		r.Installation = i.ID.String()
		if err := s.answered(tx, by, "approve", application.Application{Name: r.ApplicationName}, was, r.Request); err != nil {
			return err
		}
	}
	return nil
}

func sorted(scopes []string) []string {
	out := slices.Clone(scopes)
	slices.Sort(out)
	return out
}
