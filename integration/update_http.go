package integration

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/web"
)

type updateOut struct{ Body Update }

type takeIn struct {
	InstallationPath
	Body Taking
}

func (s *Service) mountUpdate(m web.Mux) {
	const at = "/v1/installations/{installation}/update"
	web.Op(m, web.Operation{
		ID: "getInstallationUpdate", Method: "GET", Path: at, Tag: "Installations", Summary: "Look at a newer version",
		Description: "What it asks for, and what of that is new. Until it is taken, what was approved goes on working.", Action: "installation:view",
		Errors: []string{"nothing_newer", "installation_removed"},
	}, func(ctx context.Context, in *InstallationPath) (*updateOut, error) {
		u, err := s.Update(ctx, access.By(ctx), in.Installation)
		return &updateOut{Body: u}, err
	})
	web.Op(m, web.Operation{
		ID: "takeInstallationUpdate", Method: "POST", Path: at, Tag: "Installations", Summary: "Take a newer version",
		Description: "For the account's administrator. `version` is the one that was looked at.", Action: "installation:update",
		Errors: []string{"forbidden", "nothing_newer", "installation_removed", "installation_changed", "scope_required", "scope_not_requested", "role_too_broad",
			"application_unverified", "verification_suspended", "application_suspended", "application_deleted", "approval_needed", "application_not_allowed", "application_blocked"},
	}, func(ctx context.Context, in *takeIn) (*installationOut, error) {
		return one(s.Take(ctx, access.By(ctx), in.Installation, in.Body))
	})
}
