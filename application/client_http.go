package application

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/web"
)

type clientIn struct {
	ApplicationPath
	Body ClientPatch
}

type clientOut struct{ Body Client }

func (s *Service) mountClient(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "getClient", Method: "GET", Path: "/v1/applications/{application}/client", Tag: "Applications", Summary: "Read the OAuth settings", Action: "application:view",
		Description: "Where people are sent back to after they signed in and consented, and how the application proves who it is.",
	}, func(ctx context.Context, in *ApplicationPath) (*clientOut, error) {
		c, err := s.GetClient(ctx, access.By(ctx), in.Application)
		return &clientOut{Body: c}, err
	})
	web.Op(m, web.Operation{
		ID: "updateClient", Method: "PATCH", Path: "/v1/applications/{application}/client", Tag: "Applications", Summary: "Change the OAuth settings", Action: "application:update",
		Description: "Parts that are not sent stay as they are. Changing the redirect URIs of a verified application asks for its review again.",
		Errors:      []string{"forbidden", "client_invalid", "client_changed", "application_suspended", "application_deleted"},
	}, func(ctx context.Context, in *clientIn) (*clientOut, error) {
		c, err := s.SetClient(ctx, access.By(ctx), in.Application, in.Body)
		return &clientOut{Body: c}, err
	})
}
