package driveraction

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

type startDriverIn struct {
	configuration.Path
	Body struct {
		Resource string `json:"resource" maxLength:"1000" doc:"At which the driver does its work" example:"proj/web:flag/dark-mode"`
	}
}

type driverRunOut struct{ Body DriverRun }

type driverRunsOut struct {
	Body struct {
		Items []DriverRun `json:"items" nullable:"false"`
	}
}

// Mount mounts the operations on runs.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	const tag, of = "Driver actions", "/v1/configurations/{configuration}/runs"
	web.Op(m, web.Operation{
		ID: "startRun", Method: "POST", Path: of, Tag: tag, Summary: "Have a driver do its work", Action: ActionRun, Creates: true,
		Description: "For the product, and for people who may manage the configuration. The product is asked by a task `driver.run`; only while it has that, the task carries what was filled in.",
		Errors:      []string{"forbidden", "capability_off", "run_invalid"},
	}, func(ctx context.Context, in *startDriverIn) (*driverRunOut, error) {
		r, err := s.Start(ctx, access.By(ctx), in.Configuration, in.Body.Resource)
		return &driverRunOut{r}, err
	})
	web.Op(m, web.Operation{
		ID: "listRuns", Method: "GET", Path: of, Tag: tag, Summary: "List what a driver was asked to do", Action: configuration.ActionView,
		Description: "The newest first; a hundred are kept.",
	}, func(ctx context.Context, in *configuration.Path) (*driverRunsOut, error) {
		out := &driverRunsOut{}
		var err error
		out.Body.Items, err = s.List(ctx, access.By(ctx), in.Configuration)
		return out, err
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "run_invalid", Kind: problem.KindInvalid, Cause: "The resource is none, or of a kind at which the driver does nothing.", Remedy: "Name a resource such as proj/web:flag/dark-mode."},
	}
}
