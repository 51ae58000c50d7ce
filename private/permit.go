package private

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Permissions tells of every member of an account what they may do with private
// integrations.
func (s *Service) Permissions(ctx context.Context, by access.Principal, acc account.ID) ([]Permission, error) {
	var out []Permission
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", ActionView, account.Resource(acc.String())); err != nil {
			return err
		}
		if _, err := s.Accounts.Load(tx, acc.String()); err != nil {
			return err
		}
		members, err := s.Accounts.MembersOf(tx, acc.String())
		if err != nil {
			return err
		}
		all, err := switches(tx, acc.String(), "")
		if err != nil {
			return err
		}
		for _, m := range members {
			k := all[m.User]
			if !k.Since.Equal(m.Created) {
				k = kept{}
			}
			out = append(out, permissionOf(m, k))
		}
		return nil
	})
	return out, err
}

// SetPermission sets the switches of one member. Nobody sets their own, and to
// give a right one must have it. Errors: Forbidden `own_permission`,
// `permission_not_held`; Invalid `permission_invalid`; NotFound.
func (s *Service) SetPermission(ctx context.Context, by access.Principal, acc account.ID, user string, p Permit) (Permission, error) {
	var out Permission
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", ActionPermit, account.Resource(acc.String())); err != nil {
			return err
		}
		a, err := s.Accounts.Load(tx, acc.String())
		if err != nil {
			return err
		}
		k, m, err := s.switchesOf(tx, acc.String(), user)
		if err != nil {
			return err
		}
		if m.User == "" {
			return problem.NotFound("member")
		}
		if m.User == by.User {
			return problem.Forbidden("own_permission", "Nobody changes what they may do themselves. Ask another administrator.")
		}
		if p.Children != nil && a.Parent != "" {
			return problem.Invalid("permission_invalid", "An account with a parent has no child accounts.",
				problem.Field{Pointer: "/manage_children", Code: "no_children", Detail: "Leave it out."})
		}
		before := permissionOf(m, k)
		if err := s.mayPermit(tx, by, acc.String(), before, p); err != nil {
			return err
		}
		if p.Own != nil {
			k.Own = position(*p.Own, roleGives(m, ActionManageOwn))
		}
		if p.Children != nil {
			k.Children = position(*p.Children, roleGives(m, ActionManageChildren))
		}
		out = permissionOf(m, k)
		if out == before {
			return nil
		}
		if err := putSwitches(tx, m, k, by.Subject()); err != nil {
			return err
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "private_integration.permit", Target: "account/" + acc.String(), Name: m.Name, Account: acc.String(), User: user,
			Before: before, After: out})
	})
	return out, err
}

func (s *Service) mayPermit(tx *store.Tx, by access.Principal, acc string, before Permission, p Permit) error {
	mine, err := s.right(tx, by, acc)
	if err != nil {
		return err
	}
	gives := func(to *bool, had bool) bool { return to != nil && *to && !had }
	if gives(p.Own, before.Own) && !mine.own || gives(p.Children, before.Children) && !mine.children {
		return problem.Forbidden("permission_not_held", "You can't give a right that you don't have yourself.")
	}
	return nil
}
