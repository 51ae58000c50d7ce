package configuration

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// Path names a configuration in a path.
type Path struct {
	Configuration ID `path:"configuration" doc:"Id of the configuration."`
}

type createIn struct {
	integration.InstallationPath
	Body Draft
}

type updateIn struct {
	Path
	Body Draft
}

type choicesIn struct {
	integration.InstallationPath
	Body Asked
}

type tryIn struct {
	Path
	Body struct {
		Capability string `json:"capability" maxLength:"60" example:"eventHook"`
	}
}

type configurationOut struct{ Body Configuration }

type createdOut struct {
	Location string `header:"Location"`
	Body     Configuration
}

type configurationsOut struct {
	Body struct {
		Items []Configuration `json:"items" nullable:"false"`
	}
}

type formOut struct{ Body Offer }

type choicesOut struct{ Body Choices }

type triedOut struct{ Body capability.Tried }

// Mount mounts the operations on configurations.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	refusals := []string{"forbidden", "configuration_invalid", "configuration_exists", "configuration_changed", "property_reserved"}
	web.Op(m, web.Operation{
		ID: "createConfiguration", Method: "POST", Path: "/v1/installations/{installation}/configurations", Tag: "Configurations", Summary: "Set an integration up", Action: ActionManage, Creates: true,
		Description: "Fills in the form of the integration's package and switches its capabilities. The answer masks secrets: nobody reads them again.",
		Errors:      append([]string{"configuration_limit", "package_missing", "installation_removed"}, refusals...),
	}, func(ctx context.Context, in *createIn) (*createdOut, error) {
		c, err := s.Create(ctx, access.By(ctx), in.Installation, in.Body)
		return &createdOut{Location: "/v1/configurations/" + c.ID.String(), Body: c}, err
	})
	web.Op(m, web.Operation{
		ID: "listConfigurations", Method: "GET", Path: "/v1/installations/{installation}/configurations", Tag: "Configurations", Summary: "List the configurations of an installation", Action: ActionView,
	}, func(ctx context.Context, in *integration.InstallationPath) (*configurationsOut, error) {
		got, err := s.List(ctx, access.By(ctx), in.Installation)
		out := &configurationsOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "getConfigurationForm", Method: "GET", Path: "/v1/installations/{installation}/form", Tag: "Configurations", Summary: "Read what there is to fill in", Action: ActionView,
		Description: "The form of the installed version's package, and the capabilities that it declares.", Errors: []string{"package_missing"},
	}, func(ctx context.Context, in *integration.InstallationPath) (*formOut, error) {
		got, err := s.Offer(ctx, access.By(ctx), in.Installation)
		return &formOut{got}, err
	})
	web.Op(m, web.Operation{
		ID: "askConfigurationChoices", Method: "POST", Path: "/v1/installations/{installation}/choices", Tag: "Configurations", Summary: "Ask for the choices of a field", Action: ActionManage,
		Description: "The partner's own service is asked, with what has been filled in so far. When it does not answer, `free` says that any text may be entered.",
		Errors:      []string{"forbidden", "field_unknown"},
	}, func(ctx context.Context, in *choicesIn) (*choicesOut, error) {
		got, err := s.Choices(ctx, access.By(ctx), in.Installation, in.Body)
		return &choicesOut{got}, err
	})
	web.Op(m, web.Operation{
		ID: "getConfiguration", Method: "GET", Path: "/v1/configurations/{configuration}", Tag: "Configurations", Summary: "Read a configuration", Action: ActionView,
		Description: "With how each capability has fared. Secrets are masked.",
	}, func(ctx context.Context, in *Path) (*configurationOut, error) {
		c, err := s.Get(ctx, access.By(ctx), in.Configuration)
		return &configurationOut{c}, err
	})
	web.Op(m, web.Operation{
		ID: "updateConfiguration", Method: "PATCH", Path: "/v1/configurations/{configuration}", Tag: "Configurations", Summary: "Change a configuration", Action: ActionManage,
		Description: "Parts that are not sent stay as they are; so does a secret that is sent back masked or empty.", Errors: refusals,
	}, func(ctx context.Context, in *updateIn) (*configurationOut, error) {
		c, err := s.Update(ctx, access.By(ctx), in.Configuration, in.Body)
		return &configurationOut{c}, err
	})
	web.Op(m, web.Operation{
		ID: "deleteConfiguration", Method: "DELETE", Path: "/v1/configurations/{configuration}", Tag: "Configurations", Summary: "Delete a configuration", Action: ActionManage,
		Description: "Its capabilities stop, and what was filled in is gone.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *Path) (*struct{}, error) {
		return nil, s.Delete(ctx, access.By(ctx), in.Configuration)
	})
	web.Op(m, web.Operation{
		ID: "tryConfiguration", Method: "POST", Path: "/v1/configurations/{configuration}/try", Tag: "Configurations", Summary: "Try the connection", Action: ActionManage,
		Description: "Makes the call that the package has for it, once. What the service answers is shown where the package lets it be read.",
		Errors:      []string{"forbidden", "capability_untried", "configuration_incomplete"},
	}, func(ctx context.Context, in *tryIn) (*triedOut, error) {
		got, err := s.Try(ctx, access.By(ctx), in.Configuration, in.Body.Capability)
		return &triedOut{got}, err
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con, inv := problem.KindConflict, problem.KindInvalid
	return []problem.Declared{
		{Code: "configuration_invalid", Kind: inv, Cause: "A field of the form or a setting breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "configuration_exists", Kind: con, Cause: "The installation has a configuration with this name.", Remedy: "Choose another name."},
		{Code: "configuration_limit", Kind: con, Cause: "The installation has as many configurations as it may have.", Remedy: "Change or delete one."},
		{Code: "configuration_changed", Kind: con, Cause: "Somebody else changed the configuration meanwhile.", Remedy: "Read it again and repeat the change."},
		{Code: "configuration_incomplete", Kind: con, Cause: "A field that the package needs is not filled in; needs of the configuration says which.", Remedy: "Fill it in."},
		{Code: "package_missing", Kind: con, Cause: "The installed version has no integration package.", Remedy: "Install a version that has one."},
		{Code: "capability_off", Kind: con, Cause: "The capability is switched off, or its configuration does not work now.", Remedy: "Switch it on, and fill in what is missing."},
		{Code: "capability_untried", Kind: con, Cause: "The package has no call that tries this connection.", Remedy: "Nothing: wait for the first event."},
		{Code: "field_unknown", Kind: inv, Cause: "The form has no such field, or its choices are not asked for.", Remedy: "Use the key of a field whose choices are fetched."},
	}
}
