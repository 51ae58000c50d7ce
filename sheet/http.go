package sheet

import (
	"context"
	"io"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/release"
)

type sheetOut struct{ Body Sheet }

// MarkdownType is the media type of Markdown (RFC 7763).
const MarkdownType = "text/markdown; charset=utf-8; variant=GFM"

// Mount mounts the operations on sheets.
func (s *Service) Mount(m web.Mux) {
	const at, tag = "/v1/versions/{version}/sheet", "Versions"
	web.Op(m, web.Operation{
		ID: "getVersionSheet", Method: "GET", Path: at, Tag: tag, Summary: "Read the customer sheet of a version", Action: "version:view",
		Description: "All that a customer's administrator needs to know, in the product's own words. It is made anew from the version, the catalog and the limits in force, for drafts too.",
	}, func(ctx context.Context, in *release.VersionPath) (*sheetOut, error) {
		got, err := s.Get(ctx, access.By(ctx), in.Version)
		return &sheetOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "getVersionSheetText", Method: "GET", Path: at + "/markdown", Tag: tag, Summary: "Read the customer sheet of a version as Markdown", Action: "version:view",
	}, func(ctx context.Context, in *release.VersionPath) (*web.Stream, error) {
		got, err := s.Get(ctx, access.By(ctx), in.Version)
		if err != nil {
			return nil, err
		}
		return web.StreamAs(MarkdownType, "", func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, got.Markdown())
			return err
		}), nil
	})
}
