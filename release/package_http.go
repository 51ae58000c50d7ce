package release

import (
	"context"
	"reflect"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/manifest/bundle"
)

type packageIn struct {
	VersionPath
	Key     string `query:"key" maxLength:"100" doc:"The integration's name in addresses and audit data, as the folder of a published one is named. When absent: as in this version before, in the newest other one that has a package, or made of the application's name."`
	RawBody []byte
}

type packageOut struct{ Body PackageInfo }

type previewIn struct {
	VersionPath
	Event string `query:"event" default:"flag" enum:"flag,project,environment,member" doc:"What has happened; it is made up."`
}

type previewOut struct{ Body Preview }

func (s *Service) mountPackage(m web.Mux) {
	const at, tag = "/v1/versions/{version}/package", "Versions"
	archive := reflect.TypeFor[[]byte]()
	web.Op(m, web.Operation{
		ID: "putVersionPackage", Method: "PUT", Path: at, Tag: tag, Summary: "Put an integration package into a draft", Action: "version:update", MaxBody: bundle.ArchiveMost,
		Description: "A zip, tar or tar.gz archive with `manifest.json` at its top or in its one folder, in place of the package that the draft has. It is judged as a whole: one with errors is not taken, and `errors` names them all.",
		Takes:       map[string]reflect.Type{"application/zip": archive, "application/x-tar": archive, "application/gzip": archive, "application/octet-stream": archive},
		Errors:      []string{"forbidden", "package_unreadable", "package_invalid", "product_not_enabled", "version_not_draft", "version_changed"},
	}, func(ctx context.Context, in *packageIn) (*packageOut, error) {
		got, err := s.PutPackage(ctx, access.By(ctx), in.Version, Archive{Key: in.Key, Data: in.RawBody})
		return &packageOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "getVersionPackage", Method: "GET", Path: at, Tag: tag, Summary: "Download the integration package", Action: "version:view",
		Description: "As a zip archive: the files that were put there, pictures made safe. The ETag is the digest of its bytes.",
	}, func(ctx context.Context, in *VersionPath) (*web.Stream, error) {
		about, data, err := s.PackageArchive(ctx, access.By(ctx), in.Version)
		return web.File{Type: "application/zip", Name: about.Key + ".zip", Tag: about.Digest, Data: data}.Send(), err
	})
	web.Op(m, web.Operation{
		ID: "getVersionPackageInfo", Method: "GET", Path: at + "/info", Tag: tag, Summary: "Read about the integration package", Action: "version:view",
		Description: "What it can do, and the warnings and notices about it.",
	}, func(ctx context.Context, in *VersionPath) (*packageOut, error) {
		got, err := s.Package(ctx, access.By(ctx), in.Version)
		return &packageOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "removeVersionPackage", Method: "DELETE", Path: at, Tag: tag, Summary: "Take the integration package out of a draft", Action: "version:update",
		Errors: []string{"forbidden", "version_not_draft", "version_changed"},
	}, func(ctx context.Context, in *VersionPath) (*struct{}, error) {
		return nil, s.RemovePackage(ctx, access.By(ctx), in.Version)
	})
	web.Op(m, web.Operation{
		ID: "previewVersionPackage", Method: "GET", Path: at + "/requests", Tag: tag, Summary: "Read every request that the integration package makes", Action: "version:view",
		Description: "For a made-up event, as text and as commands for a shell; nothing is sent. Fields that administrators fill in show as their names in capitals behind a dollar sign.",
	}, func(ctx context.Context, in *previewIn) (*previewOut, error) {
		got, err := s.Preview(ctx, access.By(ctx), in.Version, in.Event)
		return &previewOut{got}, err
	})
}
