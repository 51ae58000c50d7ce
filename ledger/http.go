package ledger

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/usage"
)

// PeriodQuery says whose ledger of which time.
type PeriodQuery struct {
	Integration string     `query:"integration" maxLength:"60" doc:"Only this one: id of an application, installation, private integration, token or grant."`
	From        time.Time  `query:"from" doc:"From this time on (RFC 3339), rounded down to the step. Absent: 30 days before the end, or 7 by hour."`
	To          time.Time  `query:"to" doc:"Before this time (RFC 3339), rounded up to the step. Absent: now."`
	Step        usage.Step `query:"step" default:"day" enum:"hour,day" doc:"What calls are put together by. By day 366 days at once, by hour 31. On which resources calls were is known by day."`
}

// FilterQuery narrows the ledger further.
type FilterQuery struct {
	PeriodQuery
	Kind    Kind    `query:"kind" enum:"calls,change,delivery" doc:"Only entries of this kind."`
	Verdict Verdict `query:"verdict" enum:"allowed,failed,refused" doc:"Only calls and deliveries of which this became."`
	Outcome string  `query:"outcome" enum:"ok,invalid_token,missing_credential,rate_limited,quota_exceeded,permission_denied,scope_missing,not_installed,installation_disabled,blocked,revoked_key,operation_unmapped,not_found,product_error,malformed,unavailable,operation_removed,network_denied" doc:"Only calls with this decision."`
}

func (q *PeriodQuery) query() Query {
	return Query{Integration: q.Integration, From: q.From, To: q.To, Step: q.Step}
}

func (q *FilterQuery) query() Query {
	out := q.PeriodQuery.query()
	out.Kind, out.Verdict = q.Kind, q.Verdict
	out.Outcome, out.Chosen = usage.OutcomeOf(q.Outcome)
	return out
}

type listIn struct {
	account.AccountPath
	web.PageQuery
	FilterQuery
}

type listOut struct {
	Link string `header:"Link" doc:"The next page (RFC 8288), absent on the last."`
	Body struct {
		From  time.Time  `json:"from" doc:"What was looked at, in whole steps"`
		To    time.Time  `json:"to"`
		Step  usage.Step `json:"step" enum:"hour,day"`
		Kept  Kept       `json:"kept" doc:"For how long what stands here is kept"`
		Items []Entry    `json:"items" nullable:"false"`
		Next  string     `json:"next,omitempty" doc:"Cursor of the next page; absent on the last."`
	}
}

type sumIn struct {
	account.AccountPath
	PeriodQuery
}

type sumOut struct{ Body Totals }

type exportIn struct {
	account.AccountPath
	FilterQuery
	Format Format `query:"format" default:"ndjson" enum:"csv,ndjson" doc:"csv: a table for spreadsheets. ndjson: one JSON object a line."`
}

// Mount mounts the operations on ledgers.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	const tag, who = "Ledger", " For those who may read the account's audit log."
	web.Op(m, web.Operation{
		ID: "listLedger", Method: "GET", Path: "/v1/accounts/{account}/ledger", Tag: tag, Summary: "List what integrations did in an account", Action: ActionRead,
		Description: "The newest first: calls by hour or day with operation and outcome, changes of what may be done, and deliveries of events. Calls show within five seconds. A period that is not kept any more is refused." + who,
		Errors:      []string{"forbidden", "ledger_period"},
	}, s.listHTTP)
	web.Op(m, web.Operation{
		ID: "sumLedger", Method: "GET", Path: "/v1/accounts/{account}/ledger/sums", Tag: tag, Summary: "Sum up what integrations did in an account", Action: ActionRead,
		Description: "Each with its calls by outcome, what was read and changed, and how often its rights changed." + who,
		Errors:      []string{"forbidden", "ledger_period"},
	}, func(ctx context.Context, in *sumIn) (*sumOut, error) {
		got, err := s.Sum(ctx, access.By(ctx), in.Account, in.query())
		return &sumOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "exportLedger", Method: "GET", Path: "/v1/accounts/{account}/ledger/export", Tag: tag, Summary: "Export what integrations did in an account", Action: ActionRead,
		Description: "Everything that the list would show, in one answer. The audit log notes who took it. If the export fails on the way, the connection is cut." + who,
		Errors:      []string{"forbidden", "ledger_period", "ledger_format"},
	}, func(ctx context.Context, in *exportIn) (*web.Stream, error) {
		got, err := s.Export(ctx, access.By(ctx), in.Account, in.query(), in.Format)
		if err != nil {
			return nil, err
		}
		return web.StreamAs(in.Format.Type(), "ledger."+string(in.Format), got.Write), nil
	})
}

func (s *Service) listHTTP(ctx context.Context, in *listIn) (*listOut, error) {
	at, behind, err := web.After[Position](ctx, in.PageQuery)
	if err != nil {
		return nil, err
	}
	var after *Position
	if behind {
		after = &at
	}
	q := in.query()
	q.Limit = in.Limit
	got, err := s.List(ctx, access.By(ctx), in.Account, q, after)
	if err != nil {
		return nil, err
	}
	page, err := web.NewPage(ctx, got.Entries, got.Last, got.More)
	if err != nil {
		return nil, err
	}
	out := &listOut{Link: page.Link}
	out.Body.From, out.Body.To, out.Body.Step, out.Body.Kept = got.From, got.To, got.Step, got.Kept
	out.Body.Items, out.Body.Next = page.Body.Items, page.Body.Next
	return out, nil
}
