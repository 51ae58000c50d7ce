package approval

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/manifest"
)

// Path names an approval in a path.
type Path struct {
	Approval ID `path:"approval" doc:"Id of the approval."`
}

// AccountPath names an account in a path.
type AccountPath struct {
	Account string `path:"account" maxLength:"200" doc:"Id of the account; for the product also its own key of it."`
}

type askIn struct {
	AccountPath
	Body Draft
}

type listIn struct {
	AccountPath
	Configuration string `query:"configuration" maxLength:"60" doc:"Only those that it decides about."`
	Subject       string `query:"subject" maxLength:"1000" doc:"Only those about this resource."`
	Open          bool   `query:"open" doc:"Only those in which something may still happen."`
	Before        ID     `query:"before" doc:"Only older ones than this."`
	Limit         int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
}

type decidersIn struct {
	AccountPath
	Subject string `query:"subject" required:"true" maxLength:"1000" doc:"The resource that is to be changed."`
}

type approvalOut struct{ Body Approval }

type askedOut struct {
	Location string `header:"Location"`
	Body     Approval
}

type listOut struct {
	Body struct {
		Items []Approval `json:"items" nullable:"false"`
	}
}

type decidersOut struct {
	Body struct {
		Items []Decider `json:"items" nullable:"false"`
	}
}

type scopeIn struct {
	configuration.Path
	Body struct {
		Scope  string         `json:"scope" maxLength:"1000" doc:"The beginning of the resources that it counts for; empty for all" example:"proj/web:env/production"`
		Values map[string]any `json:"values" doc:"By the field's key; ••••••••, or nothing for a secret, leaves the stored one"`
	}
}

type scopeGone struct {
	configuration.Path
	Scope string `query:"scope" maxLength:"1000" doc:"Which; empty for the one that counts for all."`
}

type scopeOut struct{ Body Scope }

type scopesOut struct {
	Body struct {
		Items []Scope             `json:"items" nullable:"false"`
		Form  []manifest.Variable `json:"form" nullable:"false" doc:"What there is to fill in; nothing when the package needs nothing"`
	}
}

const tag = "Approvals"

// Mount mounts the operations on approvals.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "askApproval", Method: "POST", Path: "/v1/accounts/{account}/approvals", Tag: tag, Summary: "Ask for the approval of a change", Action: ActionAsk, Creates: true, MaxBody: 512 << 10,
		Description: "For the product, which holds the change back. It is sent to the system that decides; when that has approved, the product gets a task `approval.apply` with the instructions. " +
			"It hears of the other ends by `approval.declined`, `approval.withdrawn`, `approval.lost` and `approval.not_sent`. Only an answer that says so is an approval.",
		Errors: []string{"forbidden", "approval_invalid", "approval_ambiguous", "approval_scope_missing", "capability_off"},
	}, func(ctx context.Context, in *askIn) (*askedOut, error) {
		a, err := s.Ask(ctx, access.By(ctx), in.Account, in.Body)
		return &askedOut{Location: "/v1/approvals/" + a.ID.String(), Body: a}, err
	})
	web.Op(m, web.Operation{
		ID: "listApprovals", Method: "GET", Path: "/v1/accounts/{account}/approvals", Tag: tag, Summary: "List the approvals of an account", Action: configuration.ActionView,
		Description: "The newest first; for the product, and for people who may see how the account's integrations are set up.",
	}, func(ctx context.Context, in *listIn) (*listOut, error) {
		out := &listOut{}
		var err error
		out.Body.Items, err = s.List(ctx, access.By(ctx), in.Account, Filter{Configuration: in.Configuration, Subject: in.Subject, Open: in.Open, Before: in.Before, Limit: in.Limit})
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "listApprovalServices", Method: "GET", Path: "/v1/accounts/{account}/approval-services", Tag: tag, Summary: "List who can decide about a resource", Action: configuration.ActionView,
		Description: "With the fields that a person fills in when asking.",
	}, func(ctx context.Context, in *decidersIn) (*decidersOut, error) {
		out := &decidersOut{}
		var err error
		out.Body.Items, err = s.Deciders(ctx, access.By(ctx), in.Account, in.Subject)
		return out, err
	})
	s.mountOne(m)
	s.mountScopes(m)
}

func (s *Service) mountOne(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "getApproval", Method: "GET", Path: "/v1/approvals/{approval}", Tag: tag, Summary: "Read an approval", Action: configuration.ActionView,
		Description: "With the calls that were made for it: status and host, no addresses and no bodies.",
	}, func(ctx context.Context, in *Path) (*approvalOut, error) {
		a, err := s.Get(ctx, access.By(ctx), in.Approval)
		return &approvalOut{a}, err
	})
	web.Op(m, web.Operation{
		ID: "checkApproval", Method: "POST", Path: "/v1/approvals/{approval}/check", Tag: tag, Summary: "Ask the partner how an approval stands", Action: configuration.ActionView,
		Description: "As when somebody opens the page of an approval. Without it the partner is asked every five minutes. When it does not answer, `fault` says so and nothing changes.",
	}, func(ctx context.Context, in *Path) (*approvalOut, error) {
		a, err := s.Check(ctx, access.By(ctx), in.Approval)
		return &approvalOut{a}, err
	})
	web.Op(m, web.Operation{
		ID: "withdrawApproval", Method: "POST", Path: "/v1/approvals/{approval}/withdraw", Tag: tag, Summary: "Withdraw a request for an approval", Action: configuration.ActionManage,
		Description: "For the product, and for people who may manage the configuration. The partner is told.", Errors: []string{"forbidden", "approval_state"},
	}, func(ctx context.Context, in *Path) (*approvalOut, error) {
		a, err := s.Withdraw(ctx, access.By(ctx), in.Approval)
		return &approvalOut{a}, err
	})
	web.Op(m, web.Operation{
		ID: "resendApproval", Method: "POST", Path: "/v1/approvals/{approval}/resend", Tag: tag, Summary: "Send a request again that could not be sent", Action: configuration.ActionManage,
		Description: "When `fault` says that it may have arrived, the partner may get it twice.", Errors: []string{"forbidden", "approval_state"},
	}, func(ctx context.Context, in *Path) (*approvalOut, error) {
		a, err := s.Resend(ctx, access.By(ctx), in.Approval)
		return &approvalOut{a}, err
	})
}

func (s *Service) mountScopes(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "listApprovalScopes", Method: "GET", Path: "/v1/configurations/{configuration}/approval-scopes", Tag: tag, Summary: "List what was filled in for parts of the product", Action: configuration.ActionView,
		Errors: []string{"capability_off"},
	}, func(ctx context.Context, in *configuration.Path) (*scopesOut, error) {
		out := &scopesOut{}
		var err error
		out.Body.Items, out.Body.Form, err = s.Scopes(ctx, access.By(ctx), in.Configuration.String())
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "putApprovalScope", Method: "PUT", Path: "/v1/configurations/{configuration}/approval-scopes", Tag: tag, Summary: "Fill in what counts for a part of the product", Action: configuration.ActionManage,
		Description: "Some integrations need to know more about each environment, or whatever else contains the resources, than about the account. The narrowest entry counts.",
		Errors:      []string{"forbidden", "approval_invalid", "approval_limit", "capability_off"},
	}, func(ctx context.Context, in *scopeIn) (*scopeOut, error) {
		got, err := s.PutScope(ctx, access.By(ctx), in.Configuration.String(), Scope{Scope: in.Body.Scope, Values: in.Body.Values})
		return &scopeOut{got}, err
	})
	web.Op(m, web.Operation{
		ID: "deleteApprovalScope", Method: "DELETE", Path: "/v1/configurations/{configuration}/approval-scopes", Tag: tag, Summary: "Take back what counts for a part of the product", Action: configuration.ActionManage,
		Errors: []string{"forbidden", "capability_off"},
	}, func(ctx context.Context, in *scopeGone) (*struct{}, error) {
		return nil, s.DeleteScope(ctx, access.By(ctx), in.Configuration.String(), in.Scope)
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con, inv := problem.KindConflict, problem.KindInvalid
	return []problem.Declared{
		{Code: "approval_invalid", Kind: inv, Cause: "A part of a request for an approval, or of what counts for a part of the product, cannot be.", Remedy: "Correct the members that errors names."},
		{Code: "approval_ambiguous", Kind: con, Cause: "Several integrations can decide about the resource.", Remedy: "Name the configuration; GET …/approval-services lists them."},
		{Code: "approval_scope_missing", Kind: con, Cause: "The integration needs to know something about this part of the product that nobody has filled in.", Remedy: "Let an administrator fill it in with PUT …/approval-scopes."},
		{Code: "approval_state", Kind: con, Cause: "The approval is in a state that does not allow this.", Remedy: "Read it again: it may be decided, or withdrawn."},
		{Code: "approval_limit", Kind: con, Cause: "The configuration has as many entries for parts of the product as it may have.", Remedy: "Delete some."},
	}
}
