package demo

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/server"
)

// roles makes a role that serves several teams and gives it to the end user for one.
func roles(ctx context.Context, app *server.App, admin access.Principal, w world) error {
	shop, err := app.Roles.Create(ctx, admin, w.harbour.ID, role.Draft{Key: "flag-owner", Name: "Flag owner",
		Description: "Changes the flags of a team in every environment, deletes none.",
		Policy: access.Policy{
			{Effect: access.Allow, Actions: []string{"flag:create", "flag:update"}, Resources: []string{"proj/*:flag/${roleAttribute/team}-*", "proj/*:env/*:flag/${roleAttribute/team}-*"}},
			{Effect: access.Deny, Actions: []string{"flag:delete"}, Resources: []string{"proj/*:flag/*"}},
		}, Base: role.BaseReader})
	if err != nil {
		return err
	}
	if _, err := app.Roles.Create(ctx, admin, w.harbour.ID, role.Draft{Key: "integration-keeper", Name: "Integration keeper",
		Description: "Installs integrations and manages private ones, without any right over flags.", Manage: []string{"installations", "private", "service_tokens"}}); err != nil {
		return err
	}
	_, err = app.Roles.Assign(ctx, admin, role.Place{Account: w.harbour.ID, User: w.ids["end user"]},
		[]role.Given{{Role: shop.ID.String(), Attributes: access.Attributes{"team": {"shop"}}}})
	return err
}
