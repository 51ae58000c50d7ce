package notice

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

type listIn struct {
	web.PageQuery
	Unread bool `query:"unread" doc:"Only what is unread."`
}

type inboxOut struct {
	Link string `header:"Link" doc:"The next page (RFC 8288), absent on the last."`
	Body struct {
		Items  []Item `json:"items" nullable:"false"`
		Next   string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last."`
		Unread int64  `json:"unread" doc:"Unread notices in the whole inbox."`
	}
}

type idIn struct {
	ID ID `path:"id"`
}

type itemOut struct{ Body Item }

type preferencesBody struct {
	Preferences Preferences `json:"preferences" maxItems:"100" nullable:"false"`
}

type preferencesIO struct{ Body preferencesBody }

// Mount mounts the inbox, the preferences and the operator's outbox.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "listNotices", Method: "GET", Path: "/v1/notices", Tag: "Notices", Summary: "Read your inbox",
		Description: "Your notices, the newest first, and how many are unread.", Errors: []string{"notice.no_inbox"},
	}, s.listHTTP)
	web.Op(m, web.Operation{
		ID: "readNotice", Method: "POST", Path: "/v1/notices/{id}/read", Tag: "Notices", Summary: "Mark a notice as read",
		Errors: []string{"notice.no_inbox"},
	}, func(ctx context.Context, in *idIn) (*itemOut, error) {
		item, err := s.Read(ctx, access.By(ctx), in.ID)
		return &itemOut{Body: item}, err
	})
	web.Op(m, web.Operation{
		ID: "readAllNotices", Method: "POST", Path: "/v1/notices/read", Tag: "Notices", Summary: "Mark all notices as read",
		Errors: []string{"notice.no_inbox"},
	}, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		return nil, s.ReadAll(ctx, access.By(ctx))
	})
	web.Op(m, web.Operation{
		ID: "getNoticePreferences", Method: "GET", Path: "/v1/notice-preferences", Tag: "Notices", Summary: "Read your notice preferences",
		Errors: []string{"notice.no_inbox"},
	}, func(ctx context.Context, _ *struct{}) (*preferencesIO, error) {
		p, err := s.Preferences(ctx, access.By(ctx))
		return &preferencesIO{Body: preferencesBody{Preferences: p}}, err
	})
	web.Op(m, web.Operation{
		ID: "setNoticePreferences", Method: "PUT", Path: "/v1/notice-preferences", Tag: "Notices", Summary: "Choose what you hear about and how",
		Description: "Replaces your preferences. Kinds that you do not mention come by mail and into the inbox; critical notices always reach the inbox.",
		Errors:      []string{"notice.no_inbox", "notice.preferences_invalid"},
	}, func(ctx context.Context, in *preferencesIO) (*preferencesIO, error) {
		err := s.SetPreferences(ctx, access.By(ctx), in.Body.Preferences)
		return in, err
	})
	web.Op(m, web.Operation{
		ID: "listMail", Method: "GET", Path: "/v1/mail", Tag: "Platform", Summary: "Read the platform's outgoing mail",
		Description: "The newest first. Where no mail server is configured, letters stay here for the operator to read.", Action: "platform:read_mail",
		Errors: []string{"forbidden"},
	}, s.outboxHTTP)
}

func (s *Service) listHTTP(ctx context.Context, in *listIn) (*inboxOut, error) {
	before, _, err := web.After[ID](ctx, in.PageQuery)
	if err != nil {
		return nil, err
	}
	box, err := s.List(ctx, access.By(ctx), Query{Unread: in.Unread, Before: before, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	var last ID
	if n := len(box.Items); n > 0 {
		last = box.Items[n-1].ID
	}
	page, err := web.NewPage(ctx, box.Items, last, box.More)
	if err != nil {
		return nil, err
	}
	out := &inboxOut{Link: page.Link}
	out.Body.Items, out.Body.Next, out.Body.Unread = page.Body.Items, page.Body.Next, box.Unread
	return out, nil
}

type outboxIn struct{ web.PageQuery }

func (s *Service) outboxHTTP(ctx context.Context, in *outboxIn) (*web.PageOut[Letter], error) {
	before, _, err := web.After[MailID](ctx, in.PageQuery)
	if err != nil {
		return nil, err
	}
	letters, err := s.Outbox(ctx, access.By(ctx), before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return web.Cut(ctx, letters, in.Limit, func(one Letter) MailID { return one.ID })
}

// Declared lists the codes of this package.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "notice.no_inbox", Kind: problem.KindForbidden, Cause: "The caller is not a person.", Remedy: "Sign in, or use a personal token."},
		{Code: "notice.preferences_invalid", Kind: problem.KindInvalid, Cause: "A kind is misspelt or stands twice.", Remedy: "See errors for the kinds at fault."},
		{Code: "address_invalid", Kind: problem.KindInvalid, Cause: "A mail address cannot be read.", Remedy: "Write it like name@example.com."},
	}
}
