package listing

import (
	"context"
	"reflect"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// ApplicationPath names an application in a path.
type ApplicationPath struct {
	Application application.ID `path:"application" doc:"Id of the application."`
}

// PicturePath names a picture in a path.
type PicturePath struct {
	ApplicationPath
	Picture PictureID `path:"picture" doc:"Id of the picture."`
}

type editIn struct {
	ApplicationPath
	Body Edit
}

type showIn struct {
	ApplicationPath
	Body struct {
		Visibility Visibility `json:"visibility" enum:"public,unlisted,private"`
	}
}

type reasonIn struct {
	ApplicationPath
	Body struct {
		Reason string `json:"reason" maxLength:"2000" doc:"The developers are told. At most 500 characters."`
	}
}

type addIn struct {
	ApplicationPath
	Kind    PictureKind `query:"kind" default:"screenshot" enum:"icon,screenshot"`
	Alt     string      `query:"alt" maxLength:"1200" doc:"What it shows, for those who cannot see it; a screenshot needs it."`
	RawBody []byte
}

type stateOut struct{ Body State }

func one(s State, err error) (*stateOut, error) { return &stateOut{Body: s}, err }

type allOut struct {
	Body struct {
		Items []Listing `json:"items" nullable:"false"`
	}
}

// Mount mounts the operations on listings.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountDirectory(m)
	s.mountOperator(m)
	const at, tag = "/v1/applications/{application}/listing", "Directory"
	web.Op(m, web.Operation{
		ID: "getListing", Method: "GET", Path: at, Tag: tag, Summary: "Read the listing of an application", Action: "listing:view",
		Description: "With what keeps it from being seen. An application that nobody wrote a listing for has a private one.",
	}, func(ctx context.Context, in *ApplicationPath) (*stateOut, error) {
		return one(s.Get(ctx, access.By(ctx), in.Application))
	})
	web.Op(m, web.Operation{
		ID: "updateListing", Method: "PATCH", Path: at, Tag: tag, Summary: "Change the listing", Action: "listing:update",
		Description: "Parts that are not sent stay as they are. What a version says of itself is changed with a version.",
		Errors:      []string{"forbidden", "listing_invalid", "slug_taken", "listing_not_ready", "listing_changed"},
	}, func(ctx context.Context, in *editIn) (*stateOut, error) {
		return one(s.Update(ctx, access.By(ctx), in.Application, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "showListing", Method: "PUT", Path: at + "/visibility", Tag: tag, Summary: "Say who can see the listing", Action: "listing:publish",
		Errors: []string{"forbidden", "listing_invalid", "listing_not_ready", "listing_changed"},
	}, func(ctx context.Context, in *showIn) (*stateOut, error) {
		return one(s.Show(ctx, access.By(ctx), in.Application, in.Body.Visibility))
	})
	picture := reflect.TypeFor[[]byte]()
	web.Op(m, web.Operation{
		ID: "addListingPicture", Method: "POST", Path: at + "/pictures", Tag: tag, Summary: "Add a picture to the listing", Action: "listing:update", Creates: true, MaxBody: PictureMost,
		Description: "PNG or JPEG. It is drawn anew, so that nothing of the file is kept but the picture. An icon takes the place of the one that is there.",
		Takes:       map[string]reflect.Type{"image/png": picture, "image/jpeg": picture},
		Errors:      []string{"forbidden", "picture_invalid", "pictures_exceeded", "listing_changed"},
	}, func(ctx context.Context, in *addIn) (*stateOut, error) {
		return one(s.AddPicture(ctx, access.By(ctx), in.Application, NewPicture{Kind: in.Kind, Alt: in.Alt, Data: in.RawBody}))
	})
	web.Op(m, web.Operation{
		ID: "getListingPicture", Method: "GET", Path: at + "/pictures/{picture}", Tag: tag, Summary: "Download a picture of the listing", Action: "listing:view",
	}, func(ctx context.Context, in *PicturePath) (*web.Stream, error) {
		p, data, err := s.PictureOf(ctx, access.By(ctx), in.Application, in.Picture)
		return web.File{Type: p.Type, Name: p.ID.String() + p.Ext(), Tag: p.ID.String(), Data: data}.Send(), err
	})
	web.Op(m, web.Operation{
		ID: "removeListingPicture", Method: "DELETE", Path: at + "/pictures/{picture}", Tag: tag, Summary: "Take a picture from the listing", Action: "listing:update", Errors: []string{"forbidden", "listing_changed"},
	}, func(ctx context.Context, in *PicturePath) (*stateOut, error) {
		return one(s.RemovePicture(ctx, access.By(ctx), in.Application, in.Picture))
	})
}

func (s *Service) mountOperator(m web.Mux) {
	const at, tag = "/v1/applications/{application}/listing", "Directory"
	web.Op(m, web.Operation{
		ID: "takeDownListing", Method: "POST", Path: at + "/take-down", Tag: tag, Summary: "Take a listing out of the directory", Action: "listing:suspend",
		Description: "For operators. Nobody but its developers sees it any more; what is installed goes on.", Errors: []string{"forbidden", "reason_required", "listing_taken_down", "listing_changed"},
	}, func(ctx context.Context, in *reasonIn) (*stateOut, error) {
		return one(s.TakeDown(ctx, access.By(ctx), in.Application, in.Body.Reason))
	})
	web.Op(m, web.Operation{
		ID: "reinstateListing", Method: "POST", Path: at + "/reinstate", Tag: tag, Summary: "Let a listing stand again", Action: "listing:reinstate",
		Errors: []string{"forbidden", "listing_not_taken_down", "listing_changed"},
	}, func(ctx context.Context, in *ApplicationPath) (*stateOut, error) {
		return one(s.Reinstate(ctx, access.By(ctx), in.Application))
	})
	web.Op(m, web.Operation{
		ID: "listAllListings", Method: "GET", Path: "/v1/all-listings", Tag: tag, Summary: "List every listing", Action: "listing:suspend",
		Description: "For operators: private ones too, and those that were taken down, which come first.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, _ *struct{}) (*allOut, error) {
		got, err := s.All(ctx, access.By(ctx))
		out := &allOut{}
		out.Body.Items = got
		return out, err
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con, inv := problem.KindConflict, problem.KindInvalid
	return []problem.Declared{
		{Code: "listing_invalid", Kind: inv, Cause: "A field breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "listing_not_ready", Kind: con, Cause: "Something is missing before others can see the listing; missing lists it.", Remedy: "Add what is missing."},
		{Code: "listing_changed", Kind: con, Cause: "Somebody else changed the listing meanwhile.", Remedy: "Read it again and repeat the change."},
		{Code: "listing_taken_down", Kind: con, Cause: "The operator has taken the listing down already.", Remedy: "Nothing needs to be done."},
		{Code: "listing_not_taken_down", Kind: con, Cause: "The listing has not been taken down.", Remedy: "Nothing needs to be done."},
		{Code: "slug_taken", Kind: con, Cause: "Another listing has this name in addresses.", Remedy: "Choose another."},
		{Code: "picture_invalid", Kind: inv, Cause: "The picture is of another type, damaged, or of a size that is not taken; errors says which.", Remedy: "Use PNG or JPEG of a size that the message names."},
		{Code: "pictures_exceeded", Kind: con, Cause: "A listing has at most 6 screenshots.", Remedy: "Take one away first."},
	}
}
