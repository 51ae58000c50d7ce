package admission

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/web"
)

type confirmationOut struct{ Body Confirmation }

type stayOut struct{ Body Stay }

type cycleIn struct {
	account.AccountPath
	Body struct {
		Cycle
		Revision int64 `json:"revision" doc:"The revision that was looked at"`
	}
}

type termIn struct {
	integration.InstallationPath
	Body struct {
		Ends time.Time `json:"ends,omitzero" doc:"When it stops unless it is extended; absent: never"`
	}
}

func (s *Service) mountStays(m web.Mux) {
	web.Op(m, web.Operation{ID: "getConfirmations", Method: "GET", Path: "/v1/accounts/{account}/confirmations", Tag: tag, Summary: "List what is to be confirmed", Action: "installation:view",
		Description: "How often, and each integration with its due day and its end. What it was given and used: `GET /v1/grants/{grant}/use`."},
		func(ctx context.Context, in *account.AccountPath) (*confirmationOut, error) {
			got, err := s.Confirmations(ctx, access.By(ctx), in.Account)
			return &confirmationOut{got}, err
		})
	web.Op(m, web.Operation{ID: "setConfirmations", Method: "PUT", Path: "/v1/accounts/{account}/confirmations", Tag: tag, Summary: "Say how often integrations are confirmed", Action: manage,
		Description: "Administrators are told what is due. What nobody confirms is shown as overdue and, only if you choose that, suspended after a grace.",
		Errors:      []string{"forbidden", "admission_invalid", "admission_changed", "installation_changed"}},
		func(ctx context.Context, in *cycleIn) (*confirmationOut, error) {
			got, err := s.SetCycle(ctx, access.By(ctx), in.Account, in.Body.Cycle, in.Body.Revision)
			return &confirmationOut{got}, err
		})
	web.Op(m, web.Operation{ID: "confirmInstallation", Method: "POST", Path: "/v1/installations/{installation}/confirm", Tag: tag, Summary: "Confirm that an integration is still needed", Action: "installation:update",
		Description: "Until the next time. One that was suspended for want of it goes on.", Errors: []string{"forbidden", "installation_removed", "installation_changed"}},
		func(ctx context.Context, in *integration.InstallationPath) (*stayOut, error) {
			got, err := s.Confirm(ctx, access.By(ctx), in.Installation)
			return &stayOut{got}, err
		})
	web.Op(m, web.Operation{ID: "setInstallationTerm", Method: "PUT", Path: "/v1/installations/{installation}/term", Tag: tag, Summary: "Give an integration an end", Action: "installation:update",
		Description: "Administrators are reminded a week and a day before. Then it is stopped, and not uninstalled; a later end lets it go on.", Errors: []string{"forbidden", "ends_invalid", "installation_removed", "installation_changed"}},
		func(ctx context.Context, in *termIn) (*stayOut, error) {
			got, err := s.SetTerm(ctx, access.By(ctx), in.Installation, in.Body.Ends)
			return &stayOut{got}, err
		})
}
