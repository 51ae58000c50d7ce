package admission

import (
	"context"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

func absent(err error) bool { return problem.CodeOf(err) == "not_found" }

const answering = "installation_request:answer"

// Look is what somebody sees of an application who wants it here.
type Look struct {
	Offer   integration.Offer `json:"offer"`
	Verdict Verdict           `json:"verdict"`
	Install bool              `json:"may_install" doc:"The caller may install it at once"`
	Asked   string            `json:"request,omitempty" doc:"The caller's own request that is open"`
}

// Look shows an account's people what an application asks for and whether the rules
// let it in. Errors: those of an offer.
func (s *Service) Look(ctx context.Context, by access.Principal, acc account.ID, publicID string) (Look, error) {
	var out Look
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "account:view", account.Resource(acc.String())); err != nil {
			return err
		}
		var err error
		out, err = s.look(tx, by, acc, publicID)
		return err
	})
	return out, err
}

func (s *Service) look(tx *store.Tx, by access.Principal, acc account.ID, publicID string) (Look, error) {
	var out Look
	a, err := s.Accounts.Load(tx, acc.String())
	if err != nil {
		return out, err
	}
	if out.Offer, err = s.Integrations.OfferIn(tx, acc, publicID); err != nil {
		return out, err
	}
	if out.Verdict, err = s.judge(tx, a, out.Offer.Application.ID); err != nil {
		return out, err
	}
	out.Install = out.Verdict.Outcome == May && by.May("installation:create", account.Resource(acc.String())) == nil
	if by.User == "" {
		return out, nil
	}
	open, err := requests(tx, "r.account = ? AND r.application = ? AND r.asked_by = ? AND r.state = ?", acc, out.Offer.Application.ID, by.User, Waiting)
	if len(open) > 0 {
		out.Asked = open[0].ID.String()
	}
	return out, err
}

// openMost is how many requests of one person wait in one account.
const openMost = 20

// Ask asks those who may decide to install an application. Errors: those of an offer,
// Conflict `already_installed`, `approval_not_needed`, `already_asked`,
// `installation_requests_many`; Forbidden `application_blocked`,
// `application_not_allowed`, `not_a_person`; Invalid `reason_required`,
// `scope_required`, `scope_not_requested`.
func (s *Service) Ask(ctx context.Context, by access.Principal, acc account.ID, w Wish) (Request, error) {
	var out Request
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "account:view", account.Resource(acc.String())); err != nil {
			return err
		}
		if by.User == "" {
			return problem.Forbidden("not_a_person", "Only people ask for applications.")
		}
		if err := by.May("installation_request:create", access.On("account", acc.String(), "member", by.User)); err != nil {
			return err
		}
		l, err := s.look(tx, by, acc, w.ApplicationID)
		if err != nil {
			return err
		}
		if err := s.askable(tx, by, acc, l); err != nil {
			return err
		}
		if w.Scopes == nil {
			for _, r := range l.Offer.Version.Required {
				w.Scopes = append(w.Scopes, r.Scope)
			}
		}
		if err := l.Offer.Version.Approve(w.Scopes); err != nil {
			return err
		}
		if err := words(w.Reason, "/reason", "Say what it is for, in at most 500 characters."); err != nil {
			return err
		}
		out = Request{ID: ident.New[Request](tx.Now()), Account: acc.String(), Application: l.Offer.Application.ID.String(), Version: l.Offer.Version.ID.String(),
			Scopes: w.Scopes, Reason: strings.TrimSpace(w.Reason), State: Waiting, AskedBy: by.User, Created: tx.Now()}
		if err := insert(tx, out); err != nil {
			return err
		}
		if err := s.tellDeciders(tx, out, l); err != nil {
			return err
		}
		return s.recordRequest(tx, by, "create", l.Offer.Application, nil, out)
	})
	return out, s.Integrations.Refused(ctx, acc.String(), w.ApplicationID, err)
}

// askable refuses a request that nobody needs or that nobody could approve.
func (s *Service) askable(tx *store.Tx, by access.Principal, acc account.ID, l Look) error {
	switch {
	case l.Offer.Installed != "":
		return problem.Conflict("already_installed", "This application is installed in the account already.").With("installation", l.Offer.Installed)
	case l.Verdict.Outcome == IsBlocked || l.Verdict.Outcome == NotAllowed:
		return l.Verdict.Err()
	case l.Install:
		return problem.Conflict("approval_not_needed", "You can install this application yourself.")
	case l.Asked != "":
		return problem.Conflict("already_asked", "You have asked for this application already; nobody has answered yet.").With("request", l.Asked)
	}
	open, err := requests(tx, "r.account = ? AND r.asked_by = ? AND r.state = ?", acc, by.User, Waiting)
	if err == nil && len(open) >= openMost {
		return problem.Conflict("installation_requests_many", "Twenty of your requests are open. Wait for answers, or take some back.")
	}
	return err
}

// decider is the account whose administrators decide.
func (v Verdict) decider(acc string) string {
	if v.Outcome == NeedsAsk {
		return v.Account
	}
	return acc
}

func (s *Service) tellDeciders(tx *store.Tx, r Request, l Look) error {
	return s.Notices.Send(tx, notice.Notice{Kind: "installation.asked", To: notice.To{Account: l.Verdict.decider(r.Account), AccountRole: access.AccountAdmin},
		Subject: "Somebody asks for " + l.Offer.Application.Name + " in " + l.Offer.AccountName, Text: r.Reason, Link: "/installation-requests/" + r.ID.String(),
		Dedupe: r.Account + "/" + r.Application + "/" + r.AskedBy + "/" + r.Created.Format("2006-01-02")}) // whoever takes it back and asks again is heard once a day
}

func (s *Service) recordRequest(tx *store.Tx, by access.Principal, verb string, app application.Application, before any, r Request) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "installation_request." + verb, Target: "installation_request/" + r.ID.String(), Name: app.Name, Account: r.Account,
		Application: r.Application, Before: before, After: r, Reason: r.Reason})
}
