package role

import (
	"strconv"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// MayGive checks that by holds everything that the policies allow: nobody hands
// out more than they have themselves. Whoever may write roles of all accounts
// (the operator, the product) may give anything; an administrator of the account
// holds everything in it; anybody else what Layer says. What comes with a token
// stays within the token. Forbidden `role_exceeds_giver` names the first action
// and resource beyond. It joins.
func (s *Service) MayGive(tx *store.Tx, by access.Principal, acc string, give []access.Policy) error {
	return s.covered(tx, by, acc, give, nil)
}

// covered is MayGive; held is what those who get the rights have already.
func (s *Service) covered(tx *store.Tx, by access.Principal, acc string, give, held []access.Policy) error {
	given, err := compile(give)
	if err != nil || len(given) == 0 {
		return err
	}
	giver, all, err := s.giver(tx, by, acc)
	if err != nil || all {
		return err
	}
	was, err := compile(held)
	if err != nil {
		return err
	}
	known := s.known()
	for _, l := range append([]access.Layer{giver}, by.Bounds...) {
		with := append(append(access.Layer{}, l...), was...)
		if gap, ok := access.Gap(with, given, known); !ok {
			return errExceeds(gap)
		}
	}
	return nil
}

// giver is what a caller holds in the product, and whether that is everything.
func (s *Service) giver(tx *store.Tx, by access.Principal, acc string) (access.Layer, bool, error) {
	if by.May("role:sync", access.Platform()) == nil {
		return nil, true, nil
	}
	if by.User == "" || by.Grant != "" && len(by.Bounds) == 0 {
		return nil, false, nil
	}
	m, err := s.Accounts.Member(tx, acc, by.User)
	if absent(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	person := by
	person.Bounds = nil // covered holds what is given against them
	if m.Role == access.AccountAdmin && person.May("role:give", account.Resource(acc)) == nil {
		all, err := compile([]access.Policy{everything})
		return all, len(by.Bounds) == 0, err
	}
	l, err := s.Layer(tx, acc, by.User)
	return l, false, err
}

func (s *Service) known() []access.KnownAction {
	c := s.Catalog.Get()
	if c == nil {
		return nil
	}
	var out []access.KnownAction
	for _, a := range c.Actions() {
		for _, on := range a.Kinds {
			out = append(out, access.KnownAction{Name: a.Name, On: on})
		}
		if len(a.Kinds) == 0 {
			out = append(out, access.KnownAction{Name: a.Name})
		}
	}
	return out
}

// mayManage checks that by holds every one of the rights over Guestright.
func (s *Service) mayManage(by access.Principal, acc string, keys []string) error {
	given, err := layer(keys)
	if err != nil || given == nil {
		return err
	}
	for _, l := range append([]access.Layer{by.Over(account.Resource(acc))}, by.Bounds...) {
		if gap, ok := access.Gap(l, given, nil); !ok {
			return errExceeds(gap)
		}
	}
	return nil
}

// mayDefine checks a role that is about to be stored, also with the attributes
// that members have it with.
func (s *Service) mayDefine(tx *store.Tx, by access.Principal, r, was Role) error {
	if err := s.mayManage(by, r.Account, beyond(r.Manage, was.Manage)); err != nil {
		return err
	}
	if samePolicy(r.Policy, was.Policy) && r.Base == was.Base {
		return nil
	}
	c := s.Catalog.Get()
	policy, before := r.effective(c), was.effective(c)
	if was.ID.IsZero() {
		return s.covered(tx, by, r.Account, []access.Policy{policy}, nil)
	}
	have, err := assignments(tx, r.Account, "role = ?", r.ID)
	if err != nil {
		return err
	}
	for _, a := range append(have, Assignment{}) {
		now, err := policy.Bind(a.Attributes)
		if err != nil {
			return errAssignment([]problem.Field{{Pointer: "/policy", Code: "policy.attributes", Detail: "The values that members have the role with do not fit: " + detail(err)}})
		}
		then, err := before.Bind(a.Attributes)
		if err != nil {
			return err
		}
		if err := s.covered(tx, by, r.Account, []access.Policy{now}, []access.Policy{then}); err != nil {
			return err
		}
	}
	return nil
}

// beyond lists what is in now and not in was.
func beyond(now, was []string) []string {
	had := map[string]bool{}
	for _, w := range was {
		had[w] = true
	}
	var out []string
	for _, n := range now {
		if !had[n] {
			out = append(out, n)
		}
	}
	return out
}

// mayGive checks a role that is about to be given to a member.
func (s *Service) mayGive(tx *store.Tx, by access.Principal, acc string, g Given) error {
	_, policy, err := s.policyOf(tx, acc, g.Role)
	if err != nil {
		return err
	}
	custom, ok, err := s.customRole(tx, acc, g.Role)
	if err != nil {
		return err
	}
	if ok {
		if err := s.mayManage(by, acc, custom.Manage); err != nil {
			return err
		}
	}
	bound, err := policy.Bind(g.Attributes)
	if err != nil {
		return errAssignment([]problem.Field{{Pointer: "/roles", Code: "policy.attributes", Detail: detail(err)}})
	}
	return s.MayGive(tx, by, acc, []access.Policy{bound})
}

// notOwn refuses a change of a role that the caller has, or with which the token
// that they come with acts.
func (s *Service) notOwn(tx *store.Tx, by access.Principal, acc, role string) error {
	if by.User != "" {
		have, err := assignments(tx, acc, "role = ? AND user_id = ?", role, by.User)
		if err != nil {
			return err
		}
		if len(have) > 0 {
			return errOwn()
		}
	}
	if by.Grant == "" {
		return nil
	}
	held, err := holds(tx, acc, role)
	if err != nil {
		return err
	}
	for _, h := range held {
		if h.Grant == by.Grant {
			return errOwn()
		}
	}
	return nil
}

func compile(list []access.Policy) (access.Layer, error) {
	var out access.Layer
	for i, p := range list {
		rules, err := p.Compile(nil)
		if err != nil {
			return nil, problem.Internal("role.compile "+strconv.Itoa(i), err)
		}
		if !rules.Empty() {
			out = append(out, rules)
		}
	}
	return out, nil
}
