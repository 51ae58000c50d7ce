package integration

import (
	"context"
	"slices"
	"strconv"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Patch changes the parts that are there.
type Patch struct {
	Availability *Availability `json:"availability,omitempty" doc:"The administrator's switch"`
	Scopes       *[]string     `json:"scopes,omitempty" maxItems:"500" doc:"Scopes out of those that the installed version asks for; all that it requires must be among them"`
	Delegation   *string       `json:"delegation,omitempty" enum:"off,consent,trusted" doc:"End-user access"`
	Updates      *Updates      `json:"updates,omitempty" enum:"ask,low_risk" doc:"What happens when a new version asks for other permissions; it counts from the next version on"`
	// ApproverRoles are ids of product roles.
	ApproverRoles *[]string `json:"approver_roles,omitempty" maxItems:"100" doc:"Product roles, one of which a person needs to let the application act for them; empty: every member may"`
}

// widens reports whether it gives an installation more than it has, or lets it take
// more by itself.
func (p Patch) widens(i Installation) bool {
	reach := []string{"off", "consent", "trusted"}
	return p.Scopes != nil && len(without(*p.Scopes, i.Scopes)) > 0 || p.Updates != nil && *p.Updates == UpdatesLowRisk && i.Updates != UpdatesLowRisk ||
		p.Delegation != nil && slices.Index(reach, *p.Delegation) > slices.Index(reach, i.Delegation)
}

// Amend changes an installation from the customer's side; the developer is told of
// the switch and of scopes. Errors: Invalid `scope_not_requested`, `scope_required`,
// `updates_invalid`
// and those of the parts.
func (s *Service) Amend(ctx context.Context, by access.Principal, id ID, p Patch) (Installation, error) {
	var out Installation
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		out, err = s.AmendIn(tx, by, id, p)
		return err
	})
	return out, err
}

// AmendIn is Amend in the caller's transaction; it authorises by itself.
func (s *Service) AmendIn(tx *store.Tx, by access.Principal, id ID, p Patch) (Installation, error) {
	m := move{from: customer, action: "update"}
	if p.Availability != nil {
		m.told = "developer"
	}
	return s.changeIn(tx, by, m, id, func(tx *store.Tx, i *Installation) error {
		if p.widens(*i) {
			if err := s.widened(tx, by, *i); err != nil {
				return err
			}
		}
		if p.Scopes != nil {
			if err := s.approve(tx, i, *p.Scopes); err != nil {
				return err
			}
		}
		if p.Delegation != nil {
			if err := checkDelegation(*p.Delegation); err != nil {
				return err
			}
			i.Delegation = *p.Delegation
		}
		if p.Updates != nil {
			if err := checkUpdates(*p.Updates); err != nil {
				return err
			}
			i.Updates = *p.Updates
		}
		if p.ApproverRoles != nil {
			if err := s.approvers(tx, i, *p.ApproverRoles); err != nil {
				return err
			}
		}
		if c := p.Availability; c != nil {
			return i.SetAvailable(tx.Now(), c.Available, c.Reason, c.Until)
		}
		return i.here()
	})
}

// approve gives the installation other scopes, and its grant with it. The role
// stays: it is the second lock.
func (s *Service) approve(tx *store.Tx, i *Installation, scopes []string) error {
	if err := i.here(); err != nil {
		return err
	}
	v, err := s.Releases.Load(tx, i.Version)
	if err != nil {
		return err
	}
	if err := v.Approve(scopes); err != nil {
		return err
	}
	i.Scopes = sorted(scopes)
	_, err = s.Grants.Change(tx, i.Grant, func(g *grant.Grant) error {
		g.Scopes = i.Scopes
		g.Layers[0] = s.Approved(i.Scopes)[0]
		return nil
	})
	return err
}

// approvers says which product roles let people approve the application.
func (s *Service) approvers(tx *store.Tx, i *Installation, roles []string) error {
	for n, id := range roles {
		_, err := s.Accounts.RoleIn(tx, i.Account, id)
		if absent(err) {
			return problem.Invalid("role_unknown", "The account has no such role.",
				problem.Field{Pointer: "/approver_roles/" + strconv.Itoa(n), Code: "unknown", Detail: "The account has no role with this id."})
		}
		if err != nil {
			return err
		}
	}
	i.ApproverRoles = sorted(roles)
	return nil
}
