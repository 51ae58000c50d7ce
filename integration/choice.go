package integration

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
)

// RoleChoice is a role that an installation might use.
type RoleChoice struct {
	account.Role
	Barred string `json:"barred,omitempty" doc:"Why no integration may have it; empty when one may"`
}

// Choices is what an administrator can pick from instead of letting Guestright
// make a user and a role.
type Choices struct {
	Roles []RoleChoice              `json:"roles"`
	Users []account.IntegrationUser `json:"users"`
}

// Choices lists the roles and integration users of an account, each role with
// the reason when it is of the administrator class.
func (s *Service) Choices(ctx context.Context, by access.Principal, acc account.ID) (Choices, error) {
	var out Choices
	if err := by.Reach("account", "installation:create", account.Resource(acc.String())); err != nil {
		return out, err
	}
	roles, err := s.Accounts.ListRoles(ctx, by, acc)
	if err != nil {
		return out, err
	}
	for _, r := range roles {
		c := RoleChoice{Role: r}
		if broad, why := s.tooBroad(r); broad {
			c.Barred = why
		}
		out.Roles = append(out.Roles, c)
	}
	out.Users, err = s.Accounts.ListIntegrationUsers(ctx, by, acc)
	return out, err
}
