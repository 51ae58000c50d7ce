package connection

import (
	"context"
	"net/http"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// ApplicationPath names an application in a path.
type ApplicationPath struct {
	Application application.ID `path:"application" doc:"Id of the application."`
}

type setIn struct {
	ApplicationPath
	Body PartnerDraft
}

type partnerOut struct{ Body Partner }

type connectionOut struct{ Body Connection }

type beginIn struct {
	configuration.Path
	Body struct {
		BaseURI string `json:"base_uri,omitempty" maxLength:"1000" doc:"Of your own instance at the partner, where asks is true"`
	}
}

type begunOut struct{ Body Begun }

// Mount mounts the operations on connections.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	const tag = "Connections"
	const of, one = "/v1/applications/{application}/partner", "/v1/configurations/{configuration}/connection"
	web.Op(m, web.Operation{
		ID: "getPartner", Method: "GET", Path: of, Tag: tag, Summary: "Read where the partner's OAuth server is", Action: "application:view",
	}, func(ctx context.Context, in *ApplicationPath) (*partnerOut, error) {
		p, err := s.Partner(ctx, access.By(ctx), in.Application)
		return &partnerOut{p}, err
	})
	web.Op(m, web.Operation{
		ID: "setPartner", Method: "PUT", Path: of, Tag: tag, Summary: "Say where the partner's OAuth server is", Action: "application:update",
		Description: "For an integration whose package requires OAuth: register this service at the partner, with " + ReturnPath + " of it as the redirect address, and enter what the partner gave. The secret is never shown.",
		Errors:      []string{"forbidden", "partner_invalid"},
	}, func(ctx context.Context, in *setIn) (*partnerOut, error) {
		p, err := s.SetPartner(ctx, access.By(ctx), in.Application, in.Body)
		return &partnerOut{p}, err
	})
	web.Op(m, web.Operation{
		ID: "deletePartner", Method: "DELETE", Path: of, Tag: tag, Summary: "Forget the partner's OAuth server", Action: "application:update",
		Description: "Nobody can connect any more, and connections end with their tokens.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *ApplicationPath) (*struct{}, error) {
		return nil, s.DropPartner(ctx, access.By(ctx), in.Application)
	})
	web.Op(m, web.Operation{
		ID: "getConnection", Method: "GET", Path: one, Tag: tag, Summary: "Read how a configuration is connected", Action: configuration.ActionView, Errors: []string{"connection_unneeded"},
	}, func(ctx context.Context, in *configuration.Path) (*connectionOut, error) {
		c, err := s.Get(ctx, access.By(ctx), in.Configuration)
		return &connectionOut{c}, err
	})
	web.Op(m, web.Operation{
		ID: "beginConnection", Method: "POST", Path: one, Tag: tag, Summary: "Connect a configuration with the partner's service", Action: configuration.ActionManage, Creates: true, Status: http.StatusOK,
		Description: "Open the address in a browser in which you are signed in here.", Errors: []string{"forbidden", "connection_unneeded", "partner_missing", "base_uri_invalid"},
	}, func(ctx context.Context, in *beginIn) (*begunOut, error) {
		b, err := s.Begin(ctx, access.By(ctx), in.Configuration, in.Body.BaseURI)
		return &begunOut{b}, err
	})
	web.Op(m, web.Operation{
		ID: "deleteConnection", Method: "DELETE", Path: one, Tag: tag, Summary: "Disconnect a configuration", Action: configuration.ActionManage,
		Description: "The tokens are forgotten, and the configuration rests.", Errors: []string{"forbidden", "connection_unneeded"},
	}, func(ctx context.Context, in *configuration.Path) (*struct{}, error) {
		return nil, s.Disconnect(ctx, access.By(ctx), in.Configuration)
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	inv, con := problem.KindInvalid, problem.KindConflict
	return []problem.Declared{
		{Code: "partner_invalid", Kind: inv, Cause: "An address or a field about the partner's OAuth server is not right; errors names each.", Remedy: "Correct the members that errors names."},
		{Code: "partner_missing", Kind: con, Cause: "The integration's developer has not said where the partner's OAuth server is.", Remedy: "Ask the developer."},
		{Code: "base_uri_invalid", Kind: inv, Cause: "The base URI is no https address that can be reached, or at none of the partner's hosts.", Remedy: "Enter the address of your own instance at the partner."},
		{Code: "connection_unneeded", Kind: con, Cause: "The package of this integration needs no connection.", Remedy: "There is nothing to do."},
		{Code: "connection_state", Kind: inv, Cause: "The way to the partner and back took more than ten minutes, was used already, or somebody else began it.", Remedy: "Begin anew."},
		{Code: "connection_issuer", Kind: inv, Cause: "Another authorization server answered than the one that was asked.", Remedy: "Begin anew; if it happens again, tell the developer."},
		{Code: "connection_refused", Kind: inv, Cause: "The partner did not agree.", Remedy: "Look at what it says; begin anew."},
		{Code: "connection_exchange", Kind: problem.KindUnavailable, Cause: "The partner's token endpoint could not be reached, or did not answer as OAuth has it.", Remedy: "Begin anew in a while."},
		{Code: "connection_changed", Kind: con, Cause: "Somebody else connected the configuration at the same time.", Remedy: "Read it again."},
	}
}
