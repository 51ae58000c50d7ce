package private

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// Service holds the operations on private integrations.
type Service struct {
	DB       *store.DB
	Audit    *audit.Log
	Accounts *account.Service
	Roles    *role.Service
	Grants   *grant.Service
	Tokens   *token.Service
	Usage    *usage.Service
	Notices  *notice.Service
	Catalog  *catalog.Current
}

func absent(err error) bool { return problem.CodeOf(err) == "not_found" }

// standing is what a caller may do with the private integrations of an account.
type standing struct {
	see    bool
	manage bool
	wide   bool   // may let an integration of this account act in its children
	giver  string // the account in which the caller's own rights are asked for
}

// standing asks roles and switches, in the account and in its parent.
func (s *Service) standing(tx *store.Tx, by access.Principal, acc account.Account) (standing, error) {
	id := acc.ID.String()
	own, err := s.right(tx, by, id)
	if err != nil {
		return standing{}, err
	}
	st := standing{manage: own.own, wide: own.children, giver: id}
	st.see = own.own || by.May(ActionView, account.Resource(id)) == nil
	if acc.Parent == "" {
		return st, nil
	}
	above, err := s.right(tx, by, acc.Parent)
	if err != nil {
		return standing{}, err
	}
	if above.children && !st.manage {
		st.manage, st.giver = true, acc.Parent
	}
	st.see = st.see || above.children || by.May(ActionViewChildren, account.Resource(acc.Parent)) == nil
	return st, nil
}

type rights struct{ own, children bool }

// right is what the caller's role in one account says, as far as no switch says
// otherwise. A switch that gives counts for the person at the console only: a
// token's own bounds are not widened by it.
func (s *Service) right(tx *store.Tx, by access.Principal, acc string) (rights, error) {
	on := account.Resource(acc)
	r := rights{own: by.May(ActionManageOwn, on) == nil, children: by.May(ActionManageChildren, on) == nil}
	if by.User == "" || by.Operator {
		return r, nil
	}
	k, _, err := s.switchesOf(tx, acc, by.User)
	if err != nil {
		return rights{}, err
	}
	inPerson := by.Grant == "" && by.Token == ""
	decide := func(w Switch, byRole bool) bool { return w.decides(byRole) && (byRole || inPerson) }
	return rights{own: decide(k.Own, r.own), children: decide(k.Children, r.children)}, nil
}

// switchesOf gives the switches of a member; none for somebody who is no member,
// or is one anew.
func (s *Service) switchesOf(tx *store.Tx, acc, user string) (kept, account.Member, error) {
	m, err := s.Accounts.Member(tx, acc, user)
	if absent(err) {
		return kept{}, m, nil
	}
	if err != nil {
		return kept{}, m, err
	}
	all, err := switches(tx, acc, user)
	if err != nil {
		return kept{}, m, err
	}
	if k := all[user]; k.Since.Equal(m.Created) {
		return k, m, nil
	}
	return kept{Since: m.Created}, m, nil
}

func forbidden(action string, on access.Resource) error {
	return problem.Forbidden("forbidden", "This needs the right "+action+" on "+on.String()+".").With("action", action).With("resource", on.String())
}

// lacking is the refusal for somebody who may see and not manage: it names the
// right that is nearest to them.
func lacking(by access.Principal, acc account.Account) error {
	if acc.Parent != "" && by.May(ActionView, account.Resource(acc.ID.String())) != nil {
		return forbidden(ActionManageChildren, account.Resource(acc.Parent))
	}
	return forbidden(ActionManageOwn, account.Resource(acc.ID.String()))
}

// loaded is an integration with its account and what the caller may do.
type loaded struct {
	Integration
	account  account.Account
	standing standing
	self     bool // the caller is the integration itself, by its token
}

// load finds an integration for somebody who may see it; NotFound otherwise.
func (s *Service) load(tx *store.Tx, by access.Principal, id ID) (loaded, error) {
	i, err := find(tx, "id = ?", id)
	if err != nil {
		return loaded{}, err
	}
	l := loaded{Integration: i, self: by.Grant != "" && by.Grant == i.Grant}
	if l.account, err = s.Accounts.Load(tx, i.Account); err != nil {
		return l, err
	}
	if l.standing, err = s.standing(tx, by, l.account); err != nil {
		return l, err
	}
	if !l.standing.see && !l.self || i.State == Gone && !by.Operator {
		return l, problem.NotFound("integration")
	}
	return l, nil
}

// managed is load for somebody who may change it.
func (s *Service) managed(tx *store.Tx, by access.Principal, id ID) (loaded, error) {
	l, err := s.load(tx, by, id)
	if err != nil {
		return l, err
	}
	if !l.standing.manage {
		return l, lacking(by, l.account)
	}
	if l.Reach.Wide() && !l.standing.wide {
		return l, forbidden(ActionManageChildren, account.Resource(l.Account))
	}
	return l, nil
}

// Keeper says who may do what to the tokens of a private integration: those who
// may see it see them, those who may change it change them.
func (s *Service) Keeper(tx *store.Tx, by access.Principal, action string, g grant.Grant) error {
	i, err := find(tx, "grant_id = ?", g.ID.String())
	if err != nil {
		return err
	}
	if action == "token:view" {
		_, err = s.load(tx, by, i.ID)
		return err
	}
	_, err = s.managed(tx, by, i.ID)
	return err
}

// Describe tells what a token belongs to and who hears of it: the owner, and the
// account's administrators. It is one of token.Service.
func (s *Service) Describe(tx *store.Tx, g grant.Grant) (token.Holder, error) {
	i, err := find(tx, "grant_id = ?", g.ID.String())
	if err != nil {
		return token.Holder{}, err
	}
	h := token.Holder{Name: i.Name, Link: i.Page(), To: []notice.To{{Account: i.Account, AccountRole: access.AccountAdmin}}}
	if i.Owner == "" {
		return h, nil
	}
	m, err := s.Accounts.Member(tx, i.Account, i.Owner)
	if err != nil && !absent(err) {
		return h, err
	}
	if err != nil || m.Role != access.AccountAdmin {
		a, err := s.Accounts.Load(tx, i.Account)
		if err != nil {
			return h, err
		}
		ok, err := s.mayOwn(tx, a, i.Owner)
		if err != nil {
			return h, err
		}
		if ok {
			h.To = append(h.To, notice.To{User: i.Owner})
		}
	}
	return h, nil
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, before, after Integration) error {
	c := audit.Change{Action: "private_integration." + action, Target: after.Holder(), Name: after.Name, Account: after.Account, After: after, Reason: after.Reason}
	if !before.ID.IsZero() {
		c.Before = before
	}
	return s.Audit.Record(tx, by, c)
}

// tell writes to the people whom a change concerns and who did not make it: the
// owner, and the account's administrators when somebody of the parent account or
// the operator acted.
func (s *Service) tell(tx *store.Tx, by access.Principal, i Integration, subject, text string) error {
	n := notice.Notice{Kind: "private_integration", Subject: subject, Text: text, Link: i.Page()}
	_, err := s.Accounts.Member(tx, i.Account, by.User)
	if err != nil && !absent(err) {
		return err
	}
	owner, ownerErr := s.Accounts.Member(tx, i.Account, i.Owner)
	if ownerErr != nil && !absent(ownerErr) {
		return ownerErr
	}
	if err != nil {
		n.To = notice.To{Account: i.Account, AccountRole: access.AccountAdmin}
		if err := s.Notices.Send(tx, n); err != nil {
			return err
		}
		if owner.Role == access.AccountAdmin {
			return nil
		}
	}
	if i.Owner == "" || i.Owner == by.User {
		return nil
	}
	n.To = notice.To{User: i.Owner}
	return s.Notices.Send(tx, n)
}

// within runs a read that somebody may make who may see the integration.
func (s *Service) within(ctx context.Context, by access.Principal, id ID, f func(tx *store.Tx, l loaded) error) error {
	return s.DB.Read(ctx, func(tx *store.Tx) error {
		l, err := s.load(tx, by, id)
		if err != nil {
			return err
		}
		return f(tx, l)
	})
}
