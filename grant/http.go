package grant

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

type grantPath struct {
	Grant ID `path:"grant" doc:"Id of the grant."`
}

type grantOut struct{ Body Grant }

// Mount mounts the operations on grants.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "getGrant", Method: "GET", Path: "/v1/grants/{grant}", Tag: "Installations", Summary: "Read a grant", Action: "grant:view",
		Description: "What a holder may do in the account: scopes and layers of policies, all of which must allow.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *grantPath) (*grantOut, error) {
		g, err := s.Get(ctx, access.By(ctx), in.Grant)
		return &grantOut{Body: g}, err
	})
}

// Declared lists the codes of this slice. A suspended grant answers with the
// code of its suspension.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "grant_suspended", Kind: problem.KindForbidden, Cause: "The grant behind the token is suspended.", Remedy: "Ask the customer's administrator."},
		{Code: "grant_ended", Kind: problem.KindUnauthenticated, Cause: "The integration was removed from the account.", Remedy: "Ask the administrator to install it again."},
		{Code: "grant_changed", Kind: problem.KindConflict, Cause: "The grant changed meanwhile.", Remedy: "Repeat the change."},
		{Code: "network_not_allowed", Kind: problem.KindForbidden, Cause: "The grant may be used from certain networks only, and the call came from another.", Remedy: "Call from one of these networks, or ask the administrator to add yours."},
		{Code: "private_integration_paused", Kind: problem.KindForbidden, Cause: "The customer's administrator has paused the private integration.", Remedy: "Ask the administrator."},
		{Code: "private_integration_blocked", Kind: problem.KindForbidden, Cause: "The platform operator has stopped the private integration.", Remedy: "The account's administrator sees the reason with the integration."},
		{Code: "installation_unavailable", Kind: problem.KindForbidden, Cause: "The customer's administrator has switched the integration off.", Remedy: "Wait until it is switched on, or ask the administrator."},
		{Code: "installation_blocked", Kind: problem.KindForbidden, Cause: "The developer, the operator, or a rule of the account blocks the integration in this account.", Remedy: "Look at the installation for the reason."},
		{Code: "installation_failed", Kind: problem.KindForbidden, Cause: "The product did not create the integration user, however often it was asked.", Remedy: "The account's administrator sees why on the page of the installation, and tries again."},
		{Code: "installation_pending", Kind: problem.KindForbidden, Cause: "The product has not created the integration user yet.", Remedy: "Try again in a minute."},
	}
}
