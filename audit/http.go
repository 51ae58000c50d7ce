package audit

import (
	"context"
	"io"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// FilterQuery are the parameters that narrow the log.
type FilterQuery struct {
	Account     string    `query:"account" maxLength:"60" doc:"Entries of this account."`
	Group       string    `query:"group" maxLength:"60" doc:"Entries of this developer group."`
	Application string    `query:"application" maxLength:"60" doc:"Entries of this application."`
	User        string    `query:"user" maxLength:"60" doc:"Entries about this user."`
	Actor       string    `query:"actor" maxLength:"80" doc:"Entries by this actor, such as user/usr_… or a user's id."`
	Action      string    `query:"action" maxLength:"80" doc:"Entries of this action; * stands for any text: application.*"`
	Target      string    `query:"target" maxLength:"120" doc:"Entries about this object, such as application/app_…"`
	Text        string    `query:"text" maxLength:"120" doc:"Entries with this text in name, target, action or reason."`
	From        time.Time `query:"from" doc:"Entries from this time on (RFC 3339)."`
	To          time.Time `query:"to" doc:"Entries before this time (RFC 3339)."`
}

func (q FilterQuery) filter() Filter {
	return Filter{
		Account: q.Account, Group: q.Group, Application: q.Application, User: q.User, Actor: q.Actor,
		Action: q.Action, Target: q.Target, Text: q.Text, From: q.From, To: q.To,
	}
}

type listIn struct {
	web.PageQuery
	FilterQuery
}

type exportIn struct {
	FilterQuery
	Format Format `query:"format" default:"jsonl" enum:"jsonl,csv" doc:"jsonl: one JSON object a line. csv: a table for spreadsheets."`
}

// Mount mounts the log's operations.
func (l *Log) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "listAudit", Method: "GET", Path: "/v1/audit", Tag: "Audit", Summary: "List audit entries",
		Description: "The newest first. You see the entries of your groups, of the accounts that you administer, and those about yourself.",
	}, func(ctx context.Context, in *listIn) (*web.PageOut[Entry], error) {
		before, _, err := web.After[int64](ctx, in.PageQuery)
		if err != nil {
			return nil, err
		}
		f := in.filter()
		f.Limit = in.Limit
		page, err := l.List(ctx, access.By(ctx), f, before)
		if err != nil {
			return nil, err
		}
		return web.NewPage(ctx, page.Entries, page.Last, page.More)
	})
	web.Op(m, web.Operation{
		ID: "exportAudit", Method: "GET", Path: "/v1/audit/export", Tag: "Audit", Summary: "Export audit entries",
		Description: "Everything that the list would show, in one answer: JSON lines or CSV. If the export fails on the way, the connection is cut.",
		Errors:      []string{"audit.format_unknown"},
	}, func(_ context.Context, in *exportIn) (*web.Stream, error) {
		kind := "application/jsonl"
		if in.Format == CSV {
			kind = "text/csv; charset=utf-8; header=present"
		}
		return web.StreamAs(kind, "audit."+string(in.Format), func(ctx context.Context, w io.Writer) error {
			return l.Export(ctx, access.By(ctx), in.filter(), w, in.Format)
		}), nil
	})
}

// Declared lists the codes of this package.
func Declared() []problem.Declared {
	return []problem.Declared{{
		Code: "audit.format_unknown", Kind: problem.KindInvalid,
		Cause: "The export format is neither jsonl nor csv.", Remedy: "Ask for one of the two.",
	}}
}
