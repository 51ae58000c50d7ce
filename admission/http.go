package admission

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/web"
)

// Path names a request in a path.
type Path struct {
	Request ID `path:"installation_request" doc:"Id of the request."`
}

type setIn struct {
	account.AccountPath
	Body struct {
		Rules
		Revision int64 `json:"revision" doc:"The revision that was looked at"`
	}
}

// ApplicationPath names an application in an account.
type ApplicationPath struct {
	account.AccountPath
	PublicID string `path:"application_id" maxLength:"500" doc:"The application ID that the developer gave."`
}

type listIn struct {
	ApplicationPath
	Body Place
}

type standingOut struct{ Body Standing }

type lookOut struct{ Body Look }

type askIn struct {
	account.AccountPath
	Body Wish
}

type queueIn struct {
	account.AccountPath
	State State `query:"state" enum:"open,approved,denied,withdrawn" doc:"Only those in this state."`
}

type queueOut struct {
	Body struct {
		Items []Listed `json:"items" nullable:"false"`
	}
}

type requestOut struct{ Body Request }

type createdOut struct {
	Location string `header:"Location"`
	Body     Request
}

type detailOut struct{ Body Detail }

type approveIn struct {
	Path
	Body struct {
		Version string `json:"version,omitempty" maxLength:"60" doc:"Id of the version that the approver looked at; absent: the one that was asked for"`
		Answer  string `json:"answer,omitempty" maxLength:"500" doc:"A word to whoever asked"`
	}
}

type denyIn struct {
	Path
	Body struct {
		Reason string `json:"reason" maxLength:"2000" doc:"Why; whoever asked is told. At most 500 characters."`
	}
}

const tag = "What an account lets in"

var offers = []string{"forbidden", "nothing_released", "application_suspended", "application_deleted", "group_suspended", "group_archived", "application_unverified", "application_unverified_many", "verification_suspended", "account_closed"}

// Mount mounts the operations of this slice.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountPolicy(m)
	s.mountAsking(m)
	s.mountAnswering(m)
	s.mountStays(m)
}

func (s *Service) mountPolicy(m web.Mux) {
	web.Op(m, web.Operation{ID: "getAdmission", Method: "GET", Path: "/v1/accounts/{account}/admission", Tag: tag, Summary: "Read what may be installed in an account", Action: "account:view",
		Description: "Its mode, its two lists, and what the parent account demands besides."},
		func(ctx context.Context, in *account.AccountPath) (*standingOut, error) {
			got, err := s.Get(ctx, access.By(ctx), in.Account)
			return &standingOut{got}, err
		})
	web.Op(m, web.Operation{ID: "setAdmission", Method: "PUT", Path: "/v1/accounts/{account}/admission", Tag: tag, Summary: "Say what administrators may install", Action: manage,
		Description: "In this account and in those below it. What is installed stays.", Errors: []string{"forbidden", "admission_invalid", "admission_changed"}},
		func(ctx context.Context, in *setIn) (*standingOut, error) {
			got, err := s.Set(ctx, access.By(ctx), in.Account, in.Body.Rules, in.Body.Revision)
			return &standingOut{got}, err
		})
	const one = "/v1/accounts/{account}/admission/{application_id}"
	web.Op(m, web.Operation{ID: "listApplicationHere", Method: "PUT", Path: one, Tag: tag, Summary: "Allow or block an application", Action: manage,
		Description: "Blocked, it is stopped at once where it is installed, here and in the accounts below; developers and administrators are told. Nothing is uninstalled.",
		Errors:      []string{"forbidden", "admission_invalid", "admission_full", "reason_required", "installation_changed"}},
		func(ctx context.Context, in *listIn) (*standingOut, error) {
			got, err := s.List(ctx, access.By(ctx), in.Account, in.PublicID, in.Body)
			return &standingOut{got}, err
		})
	web.Op(m, web.Operation{ID: "unlistApplicationHere", Method: "DELETE", Path: one, Tag: tag, Summary: "Take an application off the lists", Action: manage,
		Description: "What the block-list had stopped goes on, unless the other of the two accounts blocks it too.", Errors: []string{"forbidden", "installation_changed"}},
		func(ctx context.Context, in *ApplicationPath) (*standingOut, error) {
			got, err := s.Unlist(ctx, access.By(ctx), in.Account, in.PublicID)
			return &standingOut{got}, err
		})
}

func (s *Service) mountAsking(m web.Mux) {
	web.Op(m, web.Operation{ID: "lookAtApplication", Method: "GET", Path: "/v1/accounts/{account}/admission/{application_id}", Tag: tag, Summary: "Look at an application and whether it may come in", Action: "account:view",
		Description: "For everybody in the account: what it asks for and why, and what the account's rules and its parent's say. Nothing is granted.", Errors: offers},
		func(ctx context.Context, in *ApplicationPath) (*lookOut, error) {
			got, err := s.Look(ctx, access.By(ctx), in.Account, in.PublicID)
			return &lookOut{got}, err
		})
	web.Op(m, web.Operation{ID: "askForApplication", Method: "POST", Path: "/v1/accounts/{account}/installation-requests", Tag: tag, Summary: "Ask for an application", Action: "installation_request:create", Creates: true,
		Description: "For those who may not install it themselves. The administrators who decide are told: those of the account or, where the parent demands an approval, the parent's.",
		Errors: append([]string{"already_installed", "approval_not_needed", "already_asked", "installation_requests_many", "application_blocked", "application_not_allowed", "not_a_person",
			"reason_required", "scope_required", "scope_not_requested"}, offers...)},
		func(ctx context.Context, in *askIn) (*createdOut, error) {
			got, err := s.Ask(ctx, access.By(ctx), in.Account, in.Body)
			return &createdOut{Location: "/v1/installation-requests/" + got.ID.String(), Body: got}, err
		})
	web.Op(m, web.Operation{ID: "withdrawInstallationRequest", Method: "POST", Path: "/v1/installation-requests/{installation_request}/withdraw", Tag: tag, Summary: "Take one's request back", Action: "installation_request:create",
		Errors: []string{"installation_request_closed", "admission_changed", "not_your_request"}},
		func(ctx context.Context, in *Path) (*requestOut, error) {
			got, err := s.Withdraw(ctx, access.By(ctx), in.Request)
			return &requestOut{got}, err
		})
}

func (s *Service) mountAnswering(m web.Mux) {
	web.Op(m, web.Operation{ID: "listInstallationRequests", Method: "GET", Path: "/v1/accounts/{account}/installation-requests", Tag: tag, Summary: "List what was asked for", Action: "account:view",
		Description: "In the account and, for its administrators, in those below it. The newest 200."},
		func(ctx context.Context, in *queueIn) (*queueOut, error) {
			got, err := s.Queue(ctx, access.By(ctx), in.Account, in.State)
			out := &queueOut{}
			out.Body.Items = append([]Listed{}, got...)
			return out, err
		})
	web.Op(m, web.Operation{ID: "getInstallationRequest", Method: "GET", Path: "/v1/installation-requests/{installation_request}", Tag: tag, Summary: "Read a request", Action: "account:view",
		Description: "With what the application asks for now, what the rules say, and what the caller may do about it."},
		func(ctx context.Context, in *Path) (*detailOut, error) {
			got, err := s.Request(ctx, access.By(ctx), in.Request)
			return &detailOut{got}, err
		})
	web.Op(m, web.Operation{ID: "approveInstallationRequest", Method: "POST", Path: "/v1/installation-requests/{installation_request}/approve", Tag: tag, Summary: "Approve a request, which installs", Action: answering,
		Description: "The application is installed with the scopes that were asked for, in the approver's name. Whoever asked is told.",
		Errors: append([]string{"own_request", "installation_request_closed", "admission_changed", "application_blocked", "application_not_allowed", "approval_needed",
			"already_installed", "installation_changed", "scope_required", "scope_not_requested", "role_too_broad", "installation_quota_exceeded"}, offers...)},
		func(ctx context.Context, in *approveIn) (*requestOut, error) {
			got, err := s.ApproveVersion(ctx, access.By(ctx), in.Request, in.Body.Version, in.Body.Answer)
			return &requestOut{got}, err
		})
	web.Op(m, web.Operation{ID: "denyInstallationRequest", Method: "POST", Path: "/v1/installation-requests/{installation_request}/deny", Tag: tag, Summary: "Deny a request", Action: answering,
		Description: "For those who decide, and for the account's own administrators. Whoever asked is told why.", Errors: []string{"forbidden", "reason_required", "installation_request_closed", "admission_changed"}},
		func(ctx context.Context, in *denyIn) (*requestOut, error) {
			got, err := s.Deny(ctx, access.By(ctx), in.Request, in.Body.Reason)
			return &requestOut{got}, err
		})
}
