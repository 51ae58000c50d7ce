package admission

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// follow stops an application where an account and those below it have it, or lets
// it go on, as the block-lists say now.
func (s *Service) follow(tx *store.Tx, by access.Principal, app application.Application, acc string) error {
	there, err := s.Integrations.In(tx, app.ID, acc)
	if err != nil {
		return err
	}
	for _, i := range there {
		a, err := s.Accounts.Load(tx, i.Account)
		if err != nil {
			return err
		}
		if err := s.settle(tx, by, a, app, i); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) settle(tx *store.Tx, by access.Principal, a account.Account, app application.Application, i integration.Installation) error {
	reason, err := s.Stops(tx, a, app, i)
	if err != nil || reason == i.AccountBlock {
		return err
	}
	if err := s.Integrations.Bar(tx, by, i, reason); err != nil {
		return err
	}
	n := notice.Notice{Kind: "installation.bar", To: notice.To{Account: i.Account, AccountRole: access.AccountAdmin}, Link: "/installations/" + i.ID.String(), Severity: notice.Warning,
		Subject: app.Name + " is stopped in " + a.Name, Text: reason + "\n\nIts calls are refused from now on. Nothing was uninstalled: when you are sure, remove it on its page."}
	if reason == "" {
		n.Kind, n.Severity = "installation.unbar", ""
		n.Subject, n.Text = app.Name+" may work again in "+a.Name, "No rule of the account stops it any more."
	}
	return s.Notices.Send(tx, n)
}

// Widen refuses to give more to what is installed, unless somebody who may let the
// application in does it, or the rules let it in anyhow. It joins.
func (s *Service) Widen(tx *store.Tx, by access.Principal, a account.Account, app application.Application) error {
	v, err := s.judge(tx, a, app.ID)
	if err != nil || v.Outcome == May {
		return err
	}
	if v.Outcome == NeedsAsk {
		if by.May(answering, account.Resource(v.decider(a.ID.String()))) == nil {
			return nil
		}
		return problem.Forbidden("approval_needed", v.Name+" lets this application in only after an approval, and this gives it more. Ask the administrators of "+v.Name+" to put it on their list.").
			With("rule_of", v.Account).With("rule_of_name", v.Name)
	}
	return v.Err()
}

// Stops says what stops an installation here: a block-list, its end, or that nobody
// confirmed it; "": nothing does. It joins.
func (s *Service) Stops(tx *store.Tx, a account.Account, app application.Application, i integration.Installation) (string, error) {
	v, err := s.judge(tx, a, app.ID)
	if err != nil {
		return "", err
	}
	if v.Outcome == IsBlocked {
		return v.Name + " has blocked it: " + v.Reason, nil
	}
	st, err := stayOf(tx, i.ID.String())
	if err != nil {
		return "", err
	}
	c, err := cycleOf(tx, i.Account)
	return stops(c.cycle(), st, i.Created, c.Since.Time(), tx.Now()), err
}

// applicationOf loads the application of an installation; the zero one when it has
// been deleted since.
func (s *Service) applicationOf(tx *store.Tx, i integration.Installation) (application.Application, error) {
	id, err := ident.Parse[application.Application](i.Application)
	if err != nil {
		return application.Application{}, err
	}
	a, err := s.Applications.Load(tx, id)
	if absent(err) {
		return application.Application{}, nil
	}
	return a, err
}

// Moved applies the rules to what is installed in an account that came below
// another parent, or left one. It joins.
func (s *Service) Moved(tx *store.Tx, by access.Principal, a account.Account) error {
	there, err := s.Integrations.Here(tx, a.ID.String())
	if err != nil {
		return err
	}
	for _, i := range there {
		app, err := s.applicationOf(tx, i)
		if err != nil {
			return err
		}
		if app.ID.IsZero() {
			continue
		}
		if err := s.settle(tx, by, a, app, i); err != nil {
			return err
		}
	}
	return nil
}
