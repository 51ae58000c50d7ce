package usage

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// QueryIn are the parameters of a question.
type QueryIn struct {
	Application string    `query:"application" maxLength:"60" doc:"Calls of this application."`
	Account     string    `query:"account" maxLength:"60" doc:"Calls to this account."`
	Group       string    `query:"group" maxLength:"60" doc:"Calls of this group's applications."`
	Key         string    `query:"key" maxLength:"60" doc:"Calls with this key."`
	Grant       string    `query:"grant" maxLength:"60" doc:"Calls under this grant."`
	Operation   string    `query:"operation" maxLength:"200" doc:"Calls of this operation of the product."`
	Entitlement string    `query:"entitlement" maxLength:"200" doc:"Calls that needed this entitlement."`
	Version     string    `query:"version" maxLength:"100" doc:"Calls of this version of the product's API."`
	From        time.Time `query:"from" doc:"From this time on (RFC 3339); rounded down to the step. Absent: an hour, a day, a week, 30 days or a year ago, as the step suggests."`
	To          time.Time `query:"to" doc:"Before this time (RFC 3339); rounded up to the step. Absent: now."`
	Step        Step      `query:"step" default:"15min" enum:"minute,15min,hour,day,month" doc:"Distance of two points. Minutes are kept for some days, hours for months, days for years."`
}

func (in *QueryIn) query() Query {
	return Query{From: in.From, To: in.To, Step: in.Step, Filter: Filter{Application: in.Application, Account: in.Account, Group: in.Group,
		Key: in.Key, Grant: in.Grant, Operation: in.Operation, Entitlement: in.Entitlement, Version: in.Version}}
}

type seriesOut struct {
	Body Series
}

type partsIn struct {
	QueryIn
	By Dimension `query:"by" default:"operation" enum:"operation,application,account,key,grant,entitlement,version" doc:"What to break down by."`
}

type partsOut struct {
	Body struct {
		Items []Part `json:"items" nullable:"false"`
	}
}

const whoMay = "Members of a group see their applications, administrators their account. Name at least one of application, group and account."

// Mount mounts the questions about usage.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "getUsage", Method: "GET", Path: "/v1/usage", Tag: "Usage", Summary: "Count calls over time",
		Description: "Counts by outcome, without gaps. Calls show at once on the node that served them and within five seconds everywhere. " + whoMay,
		Action:      ActionView, Errors: []string{"usage_scope", "not_found", "forbidden"},
	}, func(ctx context.Context, in *QueryIn) (*seriesOut, error) {
		out, err := s.Series(ctx, access.By(ctx), in.query())
		if err != nil {
			return nil, err
		}
		return &seriesOut{Body: out}, nil
	})
	web.Op(m, web.Operation{
		ID: "getUsageParts", Method: "GET", Path: "/v1/usage/parts", Tag: "Usage", Summary: "Break calls down",
		Description: "Totals by operation, application, account, key, grant, entitlement or API version, the biggest first. " + whoMay,
		Action:      ActionView, Errors: []string{"usage_scope", "not_found", "forbidden"},
	}, func(ctx context.Context, in *partsIn) (*partsOut, error) {
		parts, err := s.Parts(ctx, access.By(ctx), in.query(), in.By)
		if err != nil {
			return nil, err
		}
		out := &partsOut{}
		out.Body.Items = parts
		return out, nil
	})
	web.Op(m, web.Operation{
		ID: "exportUsage", Method: "GET", Path: "/v1/usage/export", Tag: "Usage", Summary: "Export call counts as CSV",
		Description: "One line for each step, one column for each outcome (RFC 4180). " + whoMay,
		Action:      ActionView, Errors: []string{"usage_scope", "not_found", "forbidden"},
	}, func(ctx context.Context, in *QueryIn) (*web.Stream, error) {
		series, err := s.Series(ctx, access.By(ctx), in.query())
		if err != nil {
			return nil, err
		}
		return web.StreamAs("text/csv; charset=utf-8; header=present", "usage.csv", func(_ context.Context, w io.Writer) error {
			return series.csv(w)
		}), nil
	})
}

func (s *Series) csv(to io.Writer) error {
	w := csv.NewWriter(to)
	w.UseCRLF = true
	head := []string{"at", "total"}
	for _, o := range Outcomes() {
		head = append(head, o.String())
	}
	if err := w.Write(head); err != nil {
		return err
	}
	for _, p := range s.Points {
		line := []string{p.At.Format(time.RFC3339), strconv.FormatInt(p.Total, 10)}
		for _, o := range Outcomes() {
			line = append(line, strconv.FormatInt(p.Outcomes[o], 10))
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{{Code: "usage_scope", Kind: problem.KindInvalid, Cause: "The question does not say whose usage.",
		Remedy: "Name an application, a group or an account."}}
}
