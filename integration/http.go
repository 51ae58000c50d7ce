package integration

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/web"
)

// AccountPath names an account in a path.
type AccountPath struct {
	Account account.ID `path:"account" doc:"Id of the account."`
}

// ApplicationPath names an application in a path.
type ApplicationPath struct {
	Application application.ID `path:"application" doc:"Id of the application."`
}

// InstallationPath names an installation in a path.
type InstallationPath struct {
	Installation ID `path:"installation" doc:"Id of the installation."`
}

type offerIn struct {
	AccountPath
	PublicID string `path:"application_id" maxLength:"60" doc:"The application ID that the developer gave you."`
}

type installIn struct {
	AccountPath
	Body Order
}

type amendIn struct {
	InstallationPath
	Body Patch
}

type reasonIn struct {
	InstallationPath
	Body struct {
		Reason string `json:"reason" maxLength:"2000" doc:"Why; the other side is told. At most 500 characters."`
	}
}

type removeIn struct {
	InstallationPath
	Reason string `query:"reason" maxLength:"500" doc:"Why; the developers are told."`
}

type offerOut struct{ Body Offer }

type choicesOut struct{ Body Choices }

type installationOut struct{ Body Installation }

type installedOut struct {
	Location string `header:"Location"`
	Body     Installation
}

type listedOut struct{ Body Listed }

type listOut struct {
	Body struct {
		Items []Listed `json:"items" nullable:"false"`
	}
}

func one(i Installation, err error) (*installationOut, error) { return &installationOut{Body: i}, err }

func all(l []Listed, err error) (*listOut, error) {
	out := &listOut{}
	out.Body.Items = l
	if l == nil {
		out.Body.Items = []Listed{}
	}
	return out, err
}

// Mount mounts the operations on installations.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountInstalling(m)
	s.mountReading(m)
	s.mountCustomer(m)
	s.mountRetry(m)
	s.mountUpdate(m)
	s.mountDeveloper(m)
	s.mountOperator(m)
}

func (s *Service) mountInstalling(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "getOffer", Method: "GET", Path: "/v1/accounts/{account}/offers/{application_id}", Tag: "Installations", Summary: "Look at an application before installing it",
		Description: "What it asks for and why, and the privileges that follow. Nothing is granted.", Action: "installation:create",
		Errors: []string{"forbidden", "nothing_released", "application_suspended", "application_deleted", "group_suspended", "group_archived", "application_unverified", "application_unverified_many", "verification_suspended",
			"application_blocked", "application_not_allowed", "approval_needed"},
	}, func(ctx context.Context, in *offerIn) (*offerOut, error) {
		o, err := s.Preview(ctx, access.By(ctx), in.Account, in.PublicID)
		return &offerOut{Body: o}, err
	})
	web.Op(m, web.Operation{
		ID: "getInstallChoices", Method: "GET", Path: "/v1/accounts/{account}/install-choices", Tag: "Installations", Summary: "Roles and integration users to pick from",
		Description: "Instead of letting new ones be made. Roles that no integration may have say why.", Action: "installation:create", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *AccountPath) (*choicesOut, error) {
		c, err := s.Choices(ctx, access.By(ctx), in.Account)
		return &choicesOut{Body: c}, err
	})
	web.Op(m, web.Operation{
		ID: "createInstallation", Method: "POST", Path: "/v1/accounts/{account}/installations", Tag: "Installations", Summary: "Install an application", Creates: true,
		Description: "By its application ID. Unless you pick others, an integration user is made with a role of exactly the privileges that you grant.", Action: "installation:create",
		Errors: []string{"forbidden", "nothing_released", "application_suspended", "application_deleted", "group_suspended", "group_archived", "already_installed", "installation_changed",
			"scope_required", "scope_not_requested", "delegation_invalid", "role_too_broad", "user_name_invalid", "installation_quota_exceeded", "account_closed", "application_unverified", "application_unverified_many", "verification_suspended",
			"application_blocked", "application_not_allowed", "approval_needed", "ends_invalid"},
	}, func(ctx context.Context, in *installIn) (*installedOut, error) {
		i, err := s.Install(ctx, access.By(ctx), in.Account, in.Body)
		return &installedOut{Location: "/v1/installations/" + i.ID.String(), Body: i}, err
	})
}

func (s *Service) mountReading(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "listAccountInstallations", Method: "GET", Path: "/v1/accounts/{account}/installations", Tag: "Installations", Summary: "List what is installed in an account",
		Description: "Removed ones included.", Action: "installation:view",
	}, func(ctx context.Context, in *AccountPath) (*listOut, error) {
		return all(s.ListAccount(ctx, access.By(ctx), in.Account))
	})
	web.Op(m, web.Operation{
		ID: "listApplicationInstallations", Method: "GET", Path: "/v1/applications/{application}/installations", Tag: "Installations", Summary: "List where an application is installed",
		Description: "For its developers; removed ones included.", Action: "installation:view",
	}, func(ctx context.Context, in *ApplicationPath) (*listOut, error) {
		return all(s.ListApplication(ctx, access.By(ctx), in.Application))
	})
	web.Op(m, web.Operation{
		ID: "getInstallation", Method: "GET", Path: "/v1/installations/{installation}", Tag: "Installations", Summary: "Read an installation", Action: "installation:view",
		Description: "For the account's people and the application's developers.",
	}, func(ctx context.Context, in *InstallationPath) (*listedOut, error) {
		l, err := s.Get(ctx, access.By(ctx), in.Installation)
		return &listedOut{Body: l}, err
	})
}

func (s *Service) mountCustomer(m web.Mux) {
	changing := []string{"forbidden", "installation_removed", "installation_changed"}
	web.Op(m, web.Operation{
		ID: "updateInstallation", Method: "PATCH", Path: "/v1/installations/{installation}", Tag: "Installations", Summary: "Switch it off or on, change scopes and end-user access",
		Description: "Switched off, every call is refused with `installation_unavailable` until it is switched on again or the end that you gave has come.",
		Action:      "installation:update", Errors: append([]string{"scope_not_requested", "scope_required", "reason_required", "until_invalid", "delegation_invalid", "role_unknown", "updates_invalid", "approval_needed", "application_not_allowed", "application_blocked"}, changing...),
	}, func(ctx context.Context, in *amendIn) (*installationOut, error) {
		return one(s.Amend(ctx, access.By(ctx), in.Installation, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "deleteInstallation", Method: "DELETE", Path: "/v1/installations/{installation}", Tag: "Installations", Summary: "Remove an application from the account",
		Description: "Its tokens end at once. It can be restored for 30 days.", Action: "installation:delete", Errors: changing,
	}, func(ctx context.Context, in *removeIn) (*installationOut, error) {
		return one(s.Remove(ctx, access.By(ctx), in.Installation, in.Reason))
	})
	web.Op(m, web.Operation{
		ID: "restoreInstallation", Method: "POST", Path: "/v1/installations/{installation}/restore", Tag: "Installations", Summary: "Bring a removed installation back",
		Description: "For the account's administrator, within 30 days. The application obtains new tokens.", Action: "installation:restore",
		Errors: []string{"forbidden", "installation_not_removed", "restore_too_late", "already_installed", "installation_quota_exceeded", "installation_changed",
			"application_suspended", "application_deleted", "group_suspended", "group_archived", "account_closed", "application_unverified", "verification_suspended",
			"application_blocked", "application_not_allowed", "approval_needed"},
	}, func(ctx context.Context, in *InstallationPath) (*installationOut, error) {
		return one(s.Restore(ctx, access.By(ctx), in.Installation))
	})
}

func (s *Service) mountRetry(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "retryInstallation", Method: "POST", Path: "/v1/installations/{installation}/retry", Tag: "Installations", Summary: "Set it up again after that failed",
		Description: "For the account's administrator and the operator, while the state is `failed`: the product is asked again to create the integration user. `fault` says why it failed.",
		Action:      "installation:retry", Errors: []string{"forbidden", "installation_not_failed", "installation_removed", "installation_changed"},
	}, func(ctx context.Context, in *InstallationPath) (*installationOut, error) {
		return one(s.Retry(ctx, access.By(ctx), in.Installation))
	})
}

func (s *Service) mountDeveloper(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "withholdInstallation", Method: "POST", Path: "/v1/installations/{installation}/withhold", Tag: "Installations", Summary: "Stop serving one customer",
		Description: "For the application's developers. Calls are refused with `installation_blocked`.", Action: "installation:withhold",
		Errors: []string{"forbidden", "reason_required", "installation_removed", "installation_changed"},
	}, func(ctx context.Context, in *reasonIn) (*installationOut, error) {
		return one(s.Withhold(ctx, access.By(ctx), in.Installation, in.Body.Reason))
	})
	web.Op(m, web.Operation{
		ID: "releaseInstallation", Method: "POST", Path: "/v1/installations/{installation}/release", Tag: "Installations", Summary: "Serve the customer again",
		Description: "For the application's developers.", Action: "installation:release", Errors: []string{"forbidden", "installation_not_blocked", "installation_removed", "installation_changed"},
	}, func(ctx context.Context, in *InstallationPath) (*installationOut, error) {
		return one(s.Release(ctx, access.By(ctx), in.Installation))
	})
	web.Op(m, web.Operation{
		ID: "uninstallInstallation", Method: "POST", Path: "/v1/installations/{installation}/uninstall", Tag: "Installations", Summary: "Remove the application from one customer",
		Description: "For the application's developers; the reason is told to the customer. Tokens end at once; the customer's administrator can restore it for 30 days.",
		Action:      "installation:uninstall", Errors: []string{"forbidden", "reason_required", "installation_removed", "installation_changed"},
	}, func(ctx context.Context, in *reasonIn) (*installationOut, error) {
		return one(s.Uninstall(ctx, access.By(ctx), in.Installation, in.Body.Reason))
	})
}

func (s *Service) mountOperator(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "blockInstallation", Method: "POST", Path: "/v1/installations/{installation}/block", Tag: "Installations", Summary: "Stop one installation",
		Description: "For the operator. Both sides are told why.", Action: "installation:block", Errors: []string{"forbidden", "reason_required", "installation_removed", "installation_changed"},
	}, func(ctx context.Context, in *reasonIn) (*installationOut, error) {
		return one(s.Block(ctx, access.By(ctx), in.Installation, in.Body.Reason))
	})
	web.Op(m, web.Operation{
		ID: "unblockInstallation", Method: "POST", Path: "/v1/installations/{installation}/unblock", Tag: "Installations", Summary: "End the operator's stop",
		Description: "For the operator.", Action: "installation:unblock", Errors: []string{"forbidden", "installation_not_blocked", "installation_removed", "installation_changed"},
	}, func(ctx context.Context, in *InstallationPath) (*installationOut, error) {
		return one(s.Unblock(ctx, access.By(ctx), in.Installation))
	})
}
