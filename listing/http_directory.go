package listing

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/sheet"
)

// Cached is how long others may keep what the directory says.
const Cached = "public, max-age=60"

// Shared are the headers of answers that everybody may read and keep.
type Shared struct {
	CORS   string `header:"Access-Control-Allow-Origin"`
	Policy string `header:"Cross-Origin-Resource-Policy"`
	Cache  string `header:"Cache-Control"`
	ETag   string `header:"ETag"`
}

// Known carries the tag of the answer that the caller holds.
type Known struct {
	Tags string `header:"If-None-Match" maxLength:"1000" doc:"ETag of the answer that you have; 304 when it still holds."`
}

// share makes the headers and the status for a body.
func (k Known) share(body any) (Shared, int, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return Shared{}, 0, err
	}
	s := Shared{CORS: "*", Policy: "cross-origin", Cache: Cached, ETag: web.ETag(raw)}
	if k.Tags != "" && web.Matches(k.Tags, s.ETag, true) {
		return s, http.StatusNotModified, nil
	}
	return s, http.StatusOK, nil
}

type findIn struct {
	Known
	Text       string `query:"q" maxLength:"200" doc:"Words that its name, its developer or its texts hold."`
	Category   string `query:"category" maxLength:"100"`
	Capability string `query:"capability" maxLength:"100"`
	Verified   bool   `query:"verified" doc:"Only what the operator has reviewed."`
	Sort       Sort   `query:"sort" enum:"fit,name,new" default:"fit"`
	Page       int    `query:"page" minimum:"1" maximum:"10000" default:"1"`
	Per        int    `query:"per" minimum:"1" maximum:"100" default:"24" doc:"How many items a page has."`
}

// Listings is one page of the directory.
type Listings struct {
	Items        []Entry `json:"items" nullable:"false"`
	Total        int     `json:"total"`
	Page         int     `json:"page"`
	Pages        int     `json:"pages"`
	Categories   []Facet `json:"categories" nullable:"false" doc:"How many there would be with each category instead"`
	Capabilities []Facet `json:"capabilities" nullable:"false"`
	Verified     int     `json:"verified" doc:"How many of them are verified"`
}

type findOut struct {
	Shared
	Status int
	Body   Listings
}

// SlugPath names an entry in a path.
type SlugPath struct {
	Slug string `path:"slug" maxLength:"100" doc:"The entry's name in addresses."`
}

type entryIn struct {
	SlugPath
	Known
}

// Whole is an entry with its documentation.
type Whole struct {
	Entry
	Documentation string `json:"documentation,omitempty" doc:"Markdown"`
}

type entryOut struct {
	Shared
	Status int
	Body   Whole
}

type sheetIn struct {
	SlugPath
	Known
	Version string `query:"version" maxLength:"40" doc:"Number of a version; the newest when absent."`
}

type sheetOut struct {
	Shared
	Status int
	Body   sheet.Sheet
}

func (s *Service) mountDirectory(m web.Mux) {
	const at, tag = "/v1/listings", "Directory"
	web.Op(m, web.Operation{
		ID: "findListings", Method: "GET", Path: at, Tag: tag, Summary: "Search the directory", Public: true, Cacheable: true,
		Description: "Needs no credential, and pages of every site may ask. Answers may be kept for a minute.",
	}, func(ctx context.Context, in *findIn) (*findOut, error) {
		found, err := s.Find(ctx, Query{Text: in.Text, Category: in.Category, Capability: in.Capability, Verified: in.Verified, Sort: in.Sort, Page: in.Page, Per: in.Per})
		if err != nil {
			return nil, err
		}
		body := Listings{Items: []Entry{}, Total: found.Total, Page: found.Page, Pages: found.Pages, Verified: found.Verified,
			Categories: append([]Facet{}, found.Categories...), Capabilities: append([]Facet{}, found.Capabilities...)}
		for _, e := range found.Items {
			body.Items = append(body.Items, e.Absolute(s.Origin))
		}
		head, status, err := in.share(body)
		return &findOut{Shared: head, Status: status, Body: body}, err
	})
	web.Op(m, web.Operation{
		ID: "readListing", Method: "GET", Path: at + "/{slug}", Tag: tag, Summary: "Read an entry of the directory", Public: true, Cacheable: true,
		Description: "Unlisted entries too.",
	}, func(ctx context.Context, in *entryIn) (*entryOut, error) {
		e, err := s.Entry(ctx, in.Slug)
		if err != nil {
			return nil, err
		}
		body := Whole{Entry: e.Absolute(s.Origin)}
		if body.Documentation, err = s.Documentation(ctx, e); err != nil {
			return nil, err
		}
		head, status, err := in.share(body)
		return &entryOut{Shared: head, Status: status, Body: body}, err
	})
	web.Op(m, web.Operation{
		ID: "readListingSheet", Method: "GET", Path: at + "/{slug}/sheet", Tag: tag, Summary: "Read the customer sheet of an entry", Public: true, Cacheable: true,
		Description: "What administrators need to know, in the product's own words: permissions, privileges, hosts, data, limits. As Markdown it stands beside the entry's page, under `/directory/{slug}/sheet.md`.",
	}, func(ctx context.Context, in *sheetIn) (*sheetOut, error) {
		e, err := s.Entry(ctx, in.Slug)
		if err != nil {
			return nil, err
		}
		body, _, err := s.Sheet(ctx, e, in.Version)
		if err != nil {
			return nil, err
		}
		head, status, err := in.share(body)
		return &sheetOut{Shared: head, Status: status, Body: body}, err
	})
}
