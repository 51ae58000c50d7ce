package role

import (
	"context"
	"slices"
	"strconv"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Assign gives a member exactly these roles instead of the built-in and custom
// ones that they have; roles of the product stay as the product told them.
// Errors: Invalid `role_assignment_invalid`, Forbidden `own_rights` and
// `role_exceeds_giver`.
func (s *Service) Assign(ctx context.Context, by access.Principal, at Place, want []Given) ([]Assignment, error) {
	var out []Assignment
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		m, err := s.member(tx, by, "role:give", at)
		if err != nil {
			return err
		}
		if f := checkGiven(want); len(f) > 0 {
			return errAssignment(f)
		}
		was, err := s.assigned(tx, m.Account, m.User)
		if err != nil {
			return err
		}
		if by.User == m.User {
			return errOwn()
		}
		changed, err := s.become(tx, by, m, was, want)
		if err != nil {
			return err
		}
		if out, err = s.assigned(tx, m.Account, m.User); err != nil || !changed {
			return err
		}
		tx.Changed(Topic, m.Account)
		tx.Changed(account.MemberTopic, m.User)
		return s.Audit.Record(tx, by, audit.Change{Action: "role.assign", Target: "member/" + m.User, Name: m.Name, Account: m.Account, User: m.User, Before: was, After: out})
	})
	return out, err
}

// Place names a member of an account.
type Place struct {
	Account account.ID
	User    string
}

func (s *Service) member(tx *store.Tx, by access.Principal, action string, at Place) (account.Member, error) {
	if err := by.Reach("account", action, account.Resource(at.Account.String()).Child("member", at.User)); err != nil {
		return account.Member{}, err
	}
	return s.Accounts.Member(tx, at.Account.String(), at.User)
}

func checkGiven(want []Given) []problem.Field {
	if len(want) > rolesMost {
		return []problem.Field{{Pointer: "/roles", Code: "too_many", Detail: "A member has at most 50 roles."}}
	}
	var f []problem.Field
	for i, g := range want {
		at := "/roles/" + strconv.Itoa(i)
		f = append(f, g.check(at)...)
		if slices.ContainsFunc(want[:i], func(o Given) bool { return o.Role == g.Role }) {
			f = append(f, problem.Field{Pointer: at + "/role", Code: "repeated", Detail: "This role stands twice; give several values instead."})
		}
	}
	return f
}

// become changes the assignments of a member and says whether anything changed.
func (s *Service) become(tx *store.Tx, by access.Principal, m account.Member, was []Assignment, want []Given) (bool, error) {
	changed := false
	for _, a := range was {
		if !slices.ContainsFunc(want, func(g Given) bool { return g.Role == a.Role }) {
			changed = true
			if err := dropAssignment(tx, a); err != nil {
				return false, err
			}
		}
	}
	for i, g := range want {
		if g.Attributes == nil {
			g.Attributes = access.Attributes{}
		}
		at := slices.IndexFunc(was, func(a Assignment) bool { return a.Role == g.Role })
		if at >= 0 && sameAttributes(was[at].Attributes, g.Attributes) {
			continue
		}
		err := s.mayGive(tx, by, m.Account, g)
		if problem.CodeOf(err) == "role_unknown" {
			return false, errAssignment([]problem.Field{{Pointer: "/roles/" + strconv.Itoa(i) + "/role", Code: "unknown", Detail: "The account has no such role."}})
		}
		if err != nil {
			return false, err
		}
		changed = true
		a := Assignment{Account: m.Account, User: m.User, Role: g.Role, Attributes: g.Attributes, Given: tx.Now(), By: by.Subject()}
		if err := putAssignment(tx, a); err != nil {
			return false, err
		}
	}
	return changed, nil
}

func sameAttributes(a, b access.Attributes) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		w, ok := b[k]
		if !ok || !slices.Equal(v, w) {
			return false
		}
	}
	return true
}

// assigned lists the built-in and custom roles of a member with their names.
func (s *Service) assigned(tx *store.Tx, acc, user string) ([]Assignment, error) {
	all, err := assignments(tx, acc, "user_id = ?", user)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Name, _, err = s.policyOf(tx, acc, all[i].Role); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// OfMember lists the built-in and custom roles of a member.
func (s *Service) OfMember(ctx context.Context, by access.Principal, at Place) ([]Assignment, error) {
	var out []Assignment
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		m, err := s.member(tx, by, "role:view", at)
		if err != nil {
			return err
		}
		out, err = s.assigned(tx, m.Account, m.User)
		return err
	})
	return out, err
}

// Holders lists who has a role, and what else uses it.
func (s *Service) Holders(ctx context.Context, by access.Principal, at Path) ([]Affected, []Hold, error) {
	var people []Affected
	var things []Hold
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		r, err := s.load(tx, by, "role:view", at)
		if err != nil {
			return err
		}
		if people, err = affected(tx, r.Account, r.ID.String()); err != nil {
			return err
		}
		things, err = holds(tx, r.Account, r.ID.String())
		return err
	})
	return people, things, err
}

// MemberChanged follows what the product says about a member: who has left has
// no roles any more. It joins the transaction that made the change.
func (s *Service) MemberChanged(tx *store.Tx, acc, user string, left bool) error {
	tx.Changed(Topic, acc)
	if !left {
		return nil
	}
	return dropMember(tx, acc, user)
}

// PutHold says that something uses a role of the account, so that the role
// cannot be deleted; repeating it changes the name. It joins.
func (s *Service) PutHold(tx *store.Tx, acc, role string, h Hold) error {
	return putHold(tx, acc, role, h)
}

// DropHolds ends every hold of a holder. It joins.
func (s *Service) DropHolds(tx *store.Tx, acc, holder string) error {
	return dropHolds(tx, acc, holder)
}
