package importer

import (
	"context"
	"net/http"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// Path names an import in a path.
type Path struct {
	Import ID `path:"import" doc:"Id of the import."`
}

type lookIn struct {
	configuration.Path
	Body struct {
		Subject string `json:"subject" maxLength:"1000" doc:"Where the product makes the new ones" example:"proj/web"`
	}
}

type runOut struct{ Body Run }

type runsOut struct {
	Body struct {
		Items []Run `json:"items" nullable:"false"`
	}
}

// Mount mounts the operations on imports.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	const tag, of = "Imports", "/v1/configurations/{configuration}/imports"
	web.Op(m, web.Operation{
		ID: "lookImport", Method: "POST", Path: of, Tag: tag, Summary: "Look at what would be brought in", Action: configuration.ActionManage, Creates: true,
		Description: "Reads from the partner and changes nothing: at most 1,000 things.", Errors: []string{"forbidden", "capability_off", "import_invalid", "import_unknown", "import_unread"},
	}, func(ctx context.Context, in *lookIn) (*runOut, error) {
		r, err := s.Look(ctx, access.By(ctx), in.Configuration, in.Body.Subject)
		return &runOut{r}, err
	})
	web.Op(m, web.Operation{
		ID: "listImports", Method: "GET", Path: of, Tag: tag, Summary: "List the imports of a configuration", Action: configuration.ActionView,
	}, func(ctx context.Context, in *configuration.Path) (*runsOut, error) {
		out := &runsOut{}
		var err error
		out.Body.Items, err = s.List(ctx, access.By(ctx), in.Configuration)
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "getImport", Method: "GET", Path: "/v1/imports/{import}", Tag: tag, Summary: "Read an import", Action: configuration.ActionView,
	}, func(ctx context.Context, in *Path) (*runOut, error) {
		r, err := s.Get(ctx, access.By(ctx), in.Import)
		return &runOut{r}, err
	})
	web.Op(m, web.Operation{
		ID: "startImport", Method: "POST", Path: "/v1/imports/{import}/start", Tag: tag, Summary: "Bring in what was found", Action: configuration.ActionManage, Creates: true, Status: http.StatusOK,
		Description: "The product makes what it has not, and leaves alone what it has.", Errors: []string{"forbidden", "capability_off", "import_started"},
	}, func(ctx context.Context, in *Path) (*runOut, error) {
		r, err := s.Start(ctx, access.By(ctx), in.Import)
		return &runOut{r}, err
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "import_invalid", Kind: problem.KindInvalid, Cause: "The subject is no resource.", Remedy: "Name the resource in which the product makes the new ones, such as proj/web."},
		{Code: "import_unknown", Kind: problem.KindConflict, Cause: "The package names a driver that this platform does not have.", Remedy: "Ask the integration's developer, or update the platform."},
		{Code: "import_unread", Kind: problem.KindUnavailable, Cause: "The partner could not be read from.", Remedy: "Check what is filled in, such as the key; or try again later."},
		{Code: "import_started", Kind: problem.KindConflict, Cause: "The import has been started already.", Remedy: "Look anew for another."},
	}
}
