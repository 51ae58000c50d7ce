package suspension

import (
	"context"
	"io"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/web"
)

// SuspensionPath names a suspension in a path.
type SuspensionPath struct {
	Suspension ID `path:"suspension" doc:"Id of the suspension."`
}

type beginIn struct {
	Body Order
}

type previewOut struct{ Body Preview }

type oneOut struct{ Body Suspension }

type toldOut struct{ Body Told }

type listIn struct {
	web.PageQuery
	Group string `query:"group" maxLength:"60" doc:"Of this developer group."`
	Open  bool   `query:"open" doc:"Only those that are not over."`
}

type thawIn struct {
	SuspensionPath
	Body group.Thaw
}

type dateIn struct {
	SuspensionPath
	Body struct {
		Lifts time.Time `json:"lifts,omitzero" doc:"When it shall end by itself; absent: not by itself"`
	}
}

type writeIn struct {
	SuspensionPath
	Body struct {
		Text string `json:"text" maxLength:"8000" doc:"At most 2,000 characters"`
	}
}

type messageOut struct{ Body Message }

type evidenceIn struct {
	SuspensionPath
	Since time.Time `query:"since" doc:"From when on, at most 90 days ago; absent: 30 days before it began."`
}

func one(got Suspension, err error) (*oneOut, error) { return &oneOut{Body: got}, err }

// Mount mounts the operations on suspensions.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	const tag = "Suspensions"
	web.Op(m, web.Operation{
		ID: "beginSuspension", Method: "POST", Path: "/v1/suspensions", Tag: tag, Summary: "Suspend an application, a developer group or a family of tokens", Action: "platform:suspend", Status: 201,
		Description: "For the operator. From the answer on this node refuses every token that it concerns, in all accounts, and every other node within a second. The administrators of the accounts are told.",
		Errors:      []string{"forbidden", "suspension_invalid", "suspension_open", "application_not_active", "group_not_active", "tokens_unchanged", "application_changed", "group_changed"},
	}, func(ctx context.Context, in *beginIn) (*oneOut, error) {
		return one(s.Begin(ctx, access.By(ctx), in.Body))
	})
	web.Op(m, web.Operation{
		ID: "previewSuspension", Method: "POST", Path: "/v1/suspensions/preview", Tag: tag, Summary: "Say what a suspension would do", Action: "platform:suspend",
		Description: "Changes nothing: where it is installed, and what the administrators would be told.", Errors: []string{"forbidden", "suspension_invalid"},
	}, func(ctx context.Context, in *beginIn) (*previewOut, error) {
		got, err := s.Preview(ctx, access.By(ctx), in.Body)
		return &previewOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "listSuspensions", Method: "GET", Path: "/v1/suspensions", Tag: tag, Summary: "List suspensions", Action: "suspension:view",
		Description: "The newest first. Developers name their group; the operator may name none and sees all.", Errors: []string{"forbidden"},
	}, s.listHTTP)
	web.Op(m, web.Operation{
		ID: "getSuspension", Method: "GET", Path: "/v1/suspensions/{suspension}", Tag: tag, Summary: "Read a suspension and what was written about it", Action: "suspension:view",
	}, func(ctx context.Context, in *SuspensionPath) (*toldOut, error) {
		got, err := s.Get(ctx, access.By(ctx), in.Suspension)
		return &toldOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "thawSuspension", Method: "POST", Path: "/v1/suspensions/{suspension}/thaw", Tag: tag, Summary: "Let it work again in some accounts", Action: "platform:suspend",
		Description: "For the operator: in the group's own sandboxes, in accounts that are named, and in a part of all accounts.",
		Errors:      []string{"forbidden", "suspension_invalid", "suspension_over", "suspension_whole", "suspension_changed", "application_not_suspended", "group_not_suspended", "application_changed", "group_changed"},
	}, func(ctx context.Context, in *thawIn) (*oneOut, error) {
		return one(s.Thaw(ctx, access.By(ctx), in.Suspension, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "liftSuspension", Method: "POST", Path: "/v1/suspensions/{suspension}/lift", Tag: tag, Summary: "End a suspension", Action: "platform:suspend", Description: "For the operator.",
		Errors: []string{"forbidden", "suspension_over", "suspension_changed", "application_changed", "group_changed"},
	}, func(ctx context.Context, in *SuspensionPath) (*oneOut, error) {
		return one(s.Lift(ctx, access.By(ctx), in.Suspension))
	})
	web.Op(m, web.Operation{
		ID: "dateSuspension", Method: "PUT", Path: "/v1/suspensions/{suspension}/lifts", Tag: tag, Summary: "Say when a suspension ends by itself", Action: "platform:suspend", Description: "For the operator.",
		Errors: []string{"forbidden", "suspension_invalid", "suspension_over", "suspension_changed"},
	}, func(ctx context.Context, in *dateIn) (*oneOut, error) {
		return one(s.Date(ctx, access.By(ctx), in.Suspension, in.Body.Lifts))
	})
	web.Op(m, web.Operation{
		ID: "answerSuspension", Method: "POST", Path: "/v1/suspensions/{suspension}/messages", Tag: tag, Summary: "Write about a suspension", Action: "suspension:answer", Status: 201,
		Description: "Developers answer the reason, operators answer them.", Errors: []string{"forbidden", "suspension_invalid"},
	}, func(ctx context.Context, in *writeIn) (*messageOut, error) {
		got, err := s.Write(ctx, access.By(ctx), in.Suspension, in.Body.Text)
		return &messageOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "exportEvidence", Method: "GET", Path: "/v1/suspensions/{suspension}/evidence", Tag: tag, Summary: "Download what was read and changed", Action: "platform:suspend",
		Description: "For the operator: every operation that was called in every account since a time, as CSV.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *evidenceIn) (*web.Stream, error) {
		all, err := s.Evidence(ctx, access.By(ctx), in.Suspension, in.Since)
		if err != nil {
			return nil, err
		}
		return web.StreamAs("text/csv; charset=utf-8; header=present", "evidence.csv", func(_ context.Context, w io.Writer) error { return Table(w, all) }), nil
	})
}

func (s *Service) listHTTP(ctx context.Context, in *listIn) (*web.PageOut[Suspension], error) {
	before, _, err := web.After[ID](ctx, in.PageQuery)
	if err != nil {
		return nil, err
	}
	got, err := s.List(ctx, access.By(ctx), Query{Group: in.Group, Open: in.Open, Before: before, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return web.Cut(ctx, got, in.Limit, func(one Suspension) ID { return one.ID })
}
