package membership

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// Path names a cohort in a path.
type Path struct {
	Cohort ID `path:"cohort" doc:"Id of the cohort."`
}

type listIn struct {
	web.PageQuery
	Account string `query:"account_key" required:"true" maxLength:"200" doc:"The product's key of the account."`
}

type membersIn struct {
	Path
	Limit  int    `query:"limit" default:"1000" minimum:"1" maximum:"5000" doc:"How many members at most."`
	Cursor string `query:"cursor" maxLength:"2048" doc:"Where to continue: next of the page before."`
	Since  int64  `query:"since" minimum:"0" doc:"Only who joined or left after this version; absent: who belongs now."`
}

type cohortOut struct{ Body Cohort }

type ofIn struct {
	configuration.Path
	web.PageQuery
}

type sheetOut struct{ Body Sheet }

// Mount mounts the operations on cohorts.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	const tag = "Memberships"
	web.Op(m, web.Operation{
		ID: "listCohorts", Method: "GET", Path: "/v1/cohorts", Tag: tag, Summary: "List what partners have filled in an account", Action: ActionView,
		Description: "For the product, and for people of the account.", Errors: []string{"forbidden", "not_found"},
	}, func(ctx context.Context, in *listIn) (*web.PageOut[Cohort], error) {
		after, _, err := web.After[ID](ctx, in.PageQuery)
		if err != nil {
			return nil, err
		}
		got, err := s.List(ctx, access.By(ctx), in.Account, after, in.Limit+1)
		if err != nil {
			return nil, err
		}
		return web.Cut(ctx, got, in.Limit, func(c Cohort) ID { return c.ID })
	})
	s.mountConfiguration(m)
	web.Op(m, web.Operation{
		ID: "getCohort", Method: "GET", Path: "/v1/cohorts/{cohort}", Tag: tag, Summary: "Read a cohort", Action: ActionView, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *Path) (*cohortOut, error) {
		c, err := s.Get(ctx, access.By(ctx), in.Cohort)
		return &cohortOut{c}, err
	})
	web.Op(m, web.Operation{
		ID: "listCohortMembers", Method: "GET", Path: "/v1/cohorts/{cohort}/members", Tag: tag, Summary: "Read who belongs to a cohort", Action: ActionView,
		Description: "Page by page, in the order in which it happened. With since, also those who left; carry the items out in their order. What changes while you read comes with a later page or with the next task.",
		Errors:      []string{"forbidden"},
	}, func(ctx context.Context, in *membersIn) (*web.PageOut[Member], error) {
		q := Query{Since: in.Since, Limit: in.Limit + 1}
		at, begun, err := web.After[Position](ctx, web.PageQuery{Cursor: in.Cursor})
		if err != nil {
			return nil, err
		}
		if begun {
			q.From = &at
		}
		_, got, err := s.Members(ctx, access.By(ctx), in.Cohort, q)
		if err != nil {
			return nil, err
		}
		return web.Cut(ctx, got, in.Limit, Member.Position)
	})
}

// mountConfiguration mounts what administrators read.
func (s *Service) mountConfiguration(m web.Mux) {
	const tag, of = "Memberships", "/v1/configurations/{configuration}/membership"
	web.Op(m, web.Operation{
		ID: "getMembershipSync", Method: "GET", Path: of, Tag: tag, Summary: "Read what a partner needs to fill something", Action: configuration.ActionView,
		Description: "The address that it posts to, what its token has to allow, and what an administrator has chosen.", Errors: []string{"capability_off"},
	}, func(ctx context.Context, in *configuration.Path) (*sheetOut, error) {
		got, err := s.Sheet(ctx, access.By(ctx), in.Configuration)
		return &sheetOut{got}, err
	})
	web.Op(m, web.Operation{
		ID: "listConfigurationCohorts", Method: "GET", Path: of + "/cohorts", Tag: tag, Summary: "List what a configuration has filled", Action: configuration.ActionView, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *ofIn) (*web.PageOut[Cohort], error) {
		after, _, err := web.After[ID](ctx, in.PageQuery)
		if err != nil {
			return nil, err
		}
		got, err := s.Of(ctx, access.By(ctx), in.Configuration, after, in.Limit+1)
		if err != nil {
			return nil, err
		}
		return web.Cut(ctx, got, in.Limit, func(c Cohort) ID { return c.ID })
	})
}

// bodyMost bounds a batch, in bytes.
const bodyMost = 512 << 20

// ServeHTTP answers partners: POST with the key of the integration's package.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	web.From(r.Context()).SetRoute("POST /hooks/membership/{integration}")
	web.NoStore(w.Header())
	defer patient(w)()
	out, err := s.Receive(r.Context(), Batch{Integration: r.PathValue("integration"), Header: r.Header, Client: web.From(r.Context()).Client(),
		Body: http.MaxBytesReader(w, r.Body, bodyMost)}, func(err error) int { return web.Status(problem.Of(known(err))) })
	if err != nil {
		web.WriteProblem(w, r, known(err))
		return
	}
	if out.Body != nil {
		w.Header().Set("Content-Type", "application/json")
	}
	if out.After > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(out.After.Seconds()))))
	}
	w.WriteHeader(out.Status)
	_, _ = w.Write(out.Body) // the caller may be gone
}

// patience is how long a batch may take, which is more than other requests may.
const patience = 10 * time.Minute

// patient lets a request take its time; the result ends that.
func patient(w http.ResponseWriter) func() {
	c := http.NewResponseController(w)
	_, _ = c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{}) // where there are none, none is in the way
	over := time.AfterFunc(patience, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })
	return func() { over.Stop() }
}

// known gives failures of the transport their codes.
func known(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return problem.Invalid("body_too_large", "The batch is larger than 512 MiB.")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return problem.Invalid("body_unparseable", "The body ended early.").Because(err)
	}
	return err
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "membership_unreadable", Kind: problem.KindInvalid, Cause: "A batch of members is not what the integration's package says, or names no target that an administrator chose.", Remedy: "Correct what detail names; an administrator chooses targets in the integration's configuration."},
		{Code: "membership_busy", Kind: problem.KindConflict, Cause: "Another call writes the same collection at this moment.", Remedy: "Send the batch again after the time in Retry-After."},
		{Code: "membership_kind", Kind: problem.KindConflict, Cause: "The members of the collection are of another kind.", Remedy: "Use a collection of its own for each kind of members."},
		{Code: "membership_limit", Kind: problem.KindLimited, Cause: "Too many batches are being read at one time.", Remedy: "Send the batch again after the time in Retry-After."},
	}
}
