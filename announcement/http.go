package announcement

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// Seen is an announcement as its audience sees it: whom else it is for is not
// their business.
type Seen struct {
	ID      ID        `json:"id"`
	Title   string    `json:"title"`
	Text    string    `json:"text"`
	Link    string    `json:"link,omitempty"`
	Starts  time.Time `json:"starts"`
	Updated time.Time `json:"updated"`
}

// Path names an announcement in a path.
type Path struct {
	Announcement ID `path:"announcement" doc:"Id of the announcement."`
}

type publishIn struct{ Body Draft }

type editIn struct {
	Path
	Body struct {
		Draft
		Revision int64 `json:"revision" doc:"The revision that was looked at"`
	}
}

type oneOut struct{ Body Announcement }

type createdOut struct {
	Location string `header:"Location"`
	Body     Announcement
}

type seenOut struct {
	Body struct {
		Items []Seen `json:"items" nullable:"false"`
	}
}

type allOut struct {
	Body struct {
		Items []Announcement `json:"items" nullable:"false"`
	}
}

// Mount mounts the operations on announcements.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{ID: "listAnnouncements", Method: "GET", Path: "/v1/announcements", Tag: "Announcements", Summary: "Read what the operator tells you",
		Description: "What is shown now and meant for you, the newest first. The same as a feed for readers: `/announcements.atom`."},
		func(ctx context.Context, _ *struct{}) (*seenOut, error) {
			got, err := s.Visible(ctx, access.By(ctx))
			out := &seenOut{}
			out.Body.Items = []Seen{}
			for _, a := range got {
				out.Body.Items = append(out.Body.Items, Seen{ID: a.ID, Title: a.Title, Text: a.Text, Link: a.Link, Starts: a.Starts, Updated: a.Updated})
			}
			return out, err
		})
	web.Op(m, web.Operation{ID: "listAllAnnouncements", Method: "GET", Path: "/v1/announcements/all", Tag: "Announcements", Summary: "List all announcements", Action: manage,
		Description: "For the operator: also those that are planned, over or withdrawn.", Errors: []string{"forbidden"}},
		func(ctx context.Context, _ *struct{}) (*allOut, error) {
			got, err := s.Everything(ctx, access.By(ctx))
			out := &allOut{}
			out.Body.Items = append([]Announcement{}, got...)
			return out, err
		})
	web.Op(m, web.Operation{ID: "publishAnnouncement", Method: "POST", Path: "/v1/announcements", Tag: "Announcements", Summary: "Announce something", Action: manage, Creates: true,
		Description: "For the operator. The audience reads it in the inbox, on the page and in the feeds, from `starts` to `ends`.", Errors: []string{"forbidden", "announcement_invalid"}},
		func(ctx context.Context, in *publishIn) (*createdOut, error) {
			a, err := s.Publish(ctx, access.By(ctx), in.Body)
			return &createdOut{Location: "/v1/announcements/" + a.ID.String(), Body: a}, err
		})
	web.Op(m, web.Operation{ID: "updateAnnouncement", Method: "PUT", Path: "/v1/announcements/{announcement}", Tag: "Announcements", Summary: "Change an announcement", Action: manage,
		Description: "For the operator. Nobody is told twice; who comes to the audience is told.", Errors: []string{"forbidden", "announcement_invalid", "announcement_changed", "announcement_withdrawn"}},
		func(ctx context.Context, in *editIn) (*oneOut, error) {
			a, err := s.Edit(ctx, access.By(ctx), in.Announcement, in.Body.Draft, in.Body.Revision)
			return &oneOut{Body: a}, err
		})
	web.Op(m, web.Operation{ID: "withdrawAnnouncement", Method: "POST", Path: "/v1/announcements/{announcement}/withdraw", Tag: "Announcements", Summary: "Withdraw an announcement", Action: manage,
		Description: "For the operator.", Errors: []string{"forbidden", "announcement_changed", "announcement_withdrawn"}},
		func(ctx context.Context, in *Path) (*oneOut, error) {
			a, err := s.Withdraw(ctx, access.By(ctx), in.Announcement)
			return &oneOut{Body: a}, err
		})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "announcement_invalid", Kind: problem.KindInvalid, Cause: "A part of the announcement breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "announcement_changed", Kind: problem.KindConflict, Cause: "Somebody else changed the announcement meanwhile.", Remedy: "Look at it again and repeat."},
		{Code: "announcement_withdrawn", Kind: problem.KindConflict, Cause: "The announcement was withdrawn.", Remedy: "Publish another one."},
	}
}
