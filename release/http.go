package release

import (
	"context"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// ApplicationPath names an application in a path.
type ApplicationPath struct {
	Application application.ID `path:"application" doc:"Id of the application."`
}

// VersionPath names a version in a path.
type VersionPath struct {
	Version ID `path:"version" doc:"Id of the version."`
}

type draftIn struct {
	ApplicationPath
	Body Content
}

type amendIn struct {
	VersionPath
	Body Patch
}

type diffIn struct {
	VersionPath
	Against ID `query:"against" doc:"Id of another version of the application; the one that was released before when absent."`
}

type diffOut struct{ Body Diff }

type versionOut struct{ Body Staged }

type draftedOut struct {
	Location string `header:"Location"`
	Body     Staged
}

type versionsOut struct {
	Body struct {
		Items []Staged `json:"items" nullable:"false"`
	}
}

func one(v Version, err error) (*versionOut, error) { return &versionOut{Body: v.Staged()}, err }

func many(all []Version, err error) (*versionsOut, error) {
	out := &versionsOut{}
	out.Body.Items = make([]Staged, len(all))
	for i, v := range all {
		out.Body.Items[i] = v.Staged()
	}
	return out, err
}

// Mount mounts the operations on versions.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountVerification(m)
	s.mountPackage(m)
	s.mountLifecycle(m)
	web.Op(m, web.Operation{
		ID: "createVersion", Method: "POST", Path: "/v1/applications/{application}/versions", Tag: "Versions", Summary: "Begin a version", Action: "version:create", Creates: true,
		Description: "A draft: what the application asks of an account, each scope with the reason that administrators will read.",
		Errors:      []string{"forbidden", "version_invalid", "version_exists", "version_drafts_exceeded", "application_suspended", "application_deleted"},
	}, func(ctx context.Context, in *draftIn) (*draftedOut, error) {
		v, err := s.Draft(ctx, access.By(ctx), in.Application, in.Body)
		return &draftedOut{Location: "/v1/versions/" + v.ID.String(), Body: v.Staged()}, err
	})
	web.Op(m, web.Operation{
		ID: "listVersions", Method: "GET", Path: "/v1/applications/{application}/versions", Tag: "Versions", Summary: "List the versions", Action: "version:view",
		Description: "The newest first.",
	}, func(ctx context.Context, in *ApplicationPath) (*versionsOut, error) {
		return many(s.List(ctx, access.By(ctx), in.Application))
	})
	web.Op(m, web.Operation{
		ID: "getVersion", Method: "GET", Path: "/v1/versions/{version}", Tag: "Versions", Summary: "Read a version", Action: "version:view",
	}, func(ctx context.Context, in *VersionPath) (*versionOut, error) {
		return one(s.Get(ctx, access.By(ctx), in.Version))
	})
	web.Op(m, web.Operation{
		ID: "diffVersion", Method: "GET", Path: "/v1/versions/{version}/diff", Tag: "Versions", Summary: "Compare a version with an earlier one", Action: "version:view",
		Description: "In words that administrators read, with how far the number must count up.", Errors: []string{"version_first"},
	}, func(ctx context.Context, in *diffIn) (*diffOut, error) {
		d, err := s.Diff(ctx, access.By(ctx), in.Version, in.Against)
		return &diffOut{Body: d}, err
	})
	web.Op(m, web.Operation{
		ID: "updateVersion", Method: "PATCH", Path: "/v1/versions/{version}", Tag: "Versions", Summary: "Change a draft", Action: "version:update",
		Description: "Parts that are not sent stay as they are. A released version never changes.", Errors: []string{"forbidden", "version_invalid", "version_exists", "version_not_draft", "version_changed"},
	}, func(ctx context.Context, in *amendIn) (*versionOut, error) {
		return one(s.Amend(ctx, access.By(ctx), in.Version, in.Body))
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con, inv := problem.KindConflict, problem.KindInvalid
	return slices.Concat(declaredVerification(), declaredLifecycle(), []problem.Declared{
		{Code: "version_invalid", Kind: inv, Cause: "A field breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "version_exists", Kind: con, Cause: "The application has a version with this number.", Remedy: "Choose another number."},
		{Code: "version_not_draft", Kind: con, Cause: "The version has been released.", Remedy: "Begin a new one."},
		{Code: "version_bump", Kind: inv, Cause: "The number promises less change than there is; least is the least number that does, forced_by says what forces it.", Remedy: "Count up further, or change less."},
		{Code: "version_first", Kind: con, Cause: "No version was released before this one.", Remedy: "Say with against what to compare with."},
		{Code: "release_notes_required", Kind: inv, Cause: "An earlier version was released, and nobody says what is new in this one.", Remedy: "Write release notes."},
		{Code: "version_not_live", Kind: con, Cause: "The version is not live.", Remedy: "Nothing needs to be done."},
		{Code: "version_changed", Kind: con, Cause: "Somebody else changed the version meanwhile.", Remedy: "Read it again and repeat the change."},
		{Code: "package_unreadable", Kind: inv, Cause: "What was sent is no zip, tar or tar.gz archive, or its manifest.json is no JSON.", Remedy: "Pack the folder of the integration again."},
		{Code: "package_invalid", Kind: inv, Cause: "The integration package has errors; errors names each with its place and rule, and findings everything there is to say, with file and line.", Remedy: "Mend them; guestright integration lint says the same on your machine."},
		{Code: "nothing_released", Kind: con, Cause: "The application has no live version.", Remedy: "Ask its developers to release one."},
		{Code: "scope_not_requested", Kind: inv, Cause: "A scope is granted that the version does not ask for.", Remedy: "Grant only what it asks for."},
		{Code: "scope_required", Kind: inv, Cause: "A scope that the version cannot work without is not granted; missing lists them.", Remedy: "Grant it, or do not install the application."},
	})
}
