package application

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/web"
)

// ApplicationPath names an application in a path.
type ApplicationPath struct {
	Application ID `path:"application" doc:"Id of the application, not the application ID that customers enter."`
}

// GroupPath names a group in a path.
type GroupPath struct {
	Group string `path:"group" maxLength:"60" doc:"Id of the group."`
}

type registerIn struct {
	GroupPath
	Body Draft
}

type listIn struct {
	GroupPath
	web.PageQuery
}

type amendIn struct {
	ApplicationPath
	Body Patch
}

type deleteIn struct {
	ApplicationPath
	Confirm string `query:"confirm" maxLength:"400" doc:"The application's name, typed again."`
}

type moveIn struct {
	ApplicationPath
	DryRun bool `query:"dry_run" doc:"1: change nothing, show the limits before and after."`
	Body   struct {
		Group string `json:"group" maxLength:"60" doc:"Id of the group that gets it."`
	}
}

type applicationOut struct{ Body Application }

type registeredOut struct {
	Location string `header:"Location"`
	Body     Application
}

type movedOut struct{ Body Moved }

func one(a Application, err error) (*applicationOut, error) { return &applicationOut{Body: a}, err }

// Mount mounts the operations on applications and keys.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountApplications(m)
	s.mountStanding(m)
	s.mountKeys(m)
	s.mountClient(m)
}

func (s *Service) mountApplications(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "createApplication", Method: "POST", Path: "/v1/groups/{group}/applications", Tag: "Applications", Summary: "Register an application",
		Description: "The answer holds the application ID that customers enter; it never changes.", Action: "application:create", Creates: true,
		Errors: []string{"forbidden", "application_invalid", "group_suspended", "group_archived"},
	}, func(ctx context.Context, in *registerIn) (*registeredOut, error) {
		a, err := s.Register(ctx, access.By(ctx), in.Group, in.Body)
		return &registeredOut{Location: "/v1/applications/" + a.ID.String(), Body: a}, err
	})
	web.Op(m, web.Operation{
		ID: "listApplications", Method: "GET", Path: "/v1/groups/{group}/applications", Tag: "Applications", Summary: "List a group's applications", Action: "application:view",
	}, s.listHTTP)
	web.Op(m, web.Operation{
		ID: "getApplication", Method: "GET", Path: "/v1/applications/{application}", Tag: "Applications", Summary: "Read an application", Action: "application:view",
	}, func(ctx context.Context, in *ApplicationPath) (*applicationOut, error) {
		return one(s.Get(ctx, access.By(ctx), in.Application))
	})
	web.Op(m, web.Operation{
		ID: "updateApplication", Method: "PATCH", Path: "/v1/applications/{application}", Tag: "Applications", Summary: "Change an application",
		Description: "Parts that are not sent stay as they are.", Action: "application:update", Errors: []string{"forbidden", "application_invalid", "application_changed"},
	}, func(ctx context.Context, in *amendIn) (*applicationOut, error) {
		return one(s.Amend(ctx, access.By(ctx), in.Application, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "deleteApplication", Method: "DELETE", Path: "/v1/applications/{application}", Tag: "Applications", Summary: "Delete an application", Status: 202,
		Description: "Refused while it is installed; the answer names the customers. Otherwise it is deleted after seven days and can be taken back until then.",
		Action:      "application:delete", Errors: []string{"forbidden", "application_installed", "confirmation_mismatch", "application_not_active", "application_changed"},
	}, func(ctx context.Context, in *deleteIn) (*applicationOut, error) {
		return one(s.Delete(ctx, access.By(ctx), in.Application, in.Confirm))
	})
	web.Op(m, web.Operation{
		ID: "undeleteApplication", Method: "POST", Path: "/v1/applications/{application}/undelete", Tag: "Applications", Summary: "Take a deletion back", Action: "application:undelete",
		Errors: []string{"forbidden", "application_not_pending", "application_changed"},
	}, func(ctx context.Context, in *ApplicationPath) (*applicationOut, error) {
		return one(s.Undelete(ctx, access.By(ctx), in.Application))
	})
}

func (s *Service) listHTTP(ctx context.Context, in *listIn) (*web.PageOut[Application], error) {
	after, _, err := web.After[ID](ctx, in.PageQuery)
	if err != nil {
		return nil, err
	}
	got, err := s.Page(ctx, access.By(ctx), in.Group, Position{After: after, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return web.Cut(ctx, got, in.Limit, func(one Application) ID { return one.ID })
}

func (s *Service) mountStanding(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "moveApplication", Method: "POST", Path: "/v1/applications/{application}/move", Tag: "Applications", Summary: "Move an application to another group",
		Description: "You need the right to register applications there. Its installations and calls count against the new group's limits; `dry_run=1` shows both sets of limits first.",
		Action:      "application:move", Errors: []string{"forbidden", "application_already_there", "application_changed", "group_suspended", "group_archived", "installation_quota_exceeded"},
	}, func(ctx context.Context, in *moveIn) (*movedOut, error) {
		got, err := s.MoveWithLimits(ctx, access.By(ctx), in.Application, MoveOrder{To: in.Body.Group, DryRun: in.DryRun})
		return &movedOut{Body: got}, err
	})
}
