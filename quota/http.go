package quota

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// WriteHeader puts the RateLimit fields, Retry-After and, when a style is given,
// the older fields into h. Where every allocation counts, use the append
// functions.
func (d *Decision) WriteHeader(h http.Header, style Style) {
	var buf [256]byte
	if p := d.AppendPolicy(buf[:0]); len(p) > 0 {
		h["Ratelimit-Policy"] = []string{string(p)}
	}
	if p := d.AppendState(buf[:0]); len(p) > 0 {
		h["Ratelimit"] = []string{string(p)}
	}
	if !d.Allowed {
		h["Retry-After"] = []string{strconv.FormatInt(d.RetryAfter(), 10)}
	}
	var fields [5]Field
	for _, f := range d.Compatible(style, fields[:0]) {
		h[f.Name] = []string{strconv.FormatInt(f.Value, 10)}
	}
}

// GroupIn names a group in the path.
// GroupIn names a group in a path.
type GroupIn struct {
	Group string `path:"group" maxLength:"60" doc:"Id of the group."`
}

type limitsOut struct {
	Body Limits
}

type assignIn struct {
	GroupIn
	Body struct {
		Plan   string    `json:"plan" minLength:"1" maxLength:"60" doc:"Name of a plan of the catalog."`
		Reason string    `json:"reason" minLength:"1" maxLength:"400" doc:"Why; stands in the audit log and in the limits."`
		Starts time.Time `json:"starts,omitzero" doc:"From when; absent: now."`
		Ends   time.Time `json:"ends,omitzero" doc:"Until when; absent: no end."`
	}
}

// LimitIn names a group's limit in the path.
// LimitIn names a limit of a group in a path.
type LimitIn struct {
	GroupIn
	Limit string `path:"limit" maxLength:"40" doc:"Name of the limit; sites for installations."`
}

type grantIn struct {
	LimitIn
	Body struct {
		Value  int64     `json:"value" minimum:"0" doc:"Calls per period, or installations."`
		Reason string    `json:"reason" minLength:"1" maxLength:"400" doc:"Why; stands in the audit log and in the limits."`
		Starts time.Time `json:"starts,omitzero" doc:"From when; absent: now."`
		Ends   time.Time `json:"ends,omitzero" doc:"Until when; absent: no end."`
	}
}

// Mount mounts the operations on limits.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "getGroupLimits", Method: "GET", Path: "/v1/groups/{group}/limits", Tag: "Limits", Summary: "Read a group's limits",
		Description: "Every limit with its value, use, scope and source, and since when it holds.", Action: ActionView,
	}, func(ctx context.Context, in *GroupIn) (*limitsOut, error) { return s.answer(ctx, in.Group) })
	web.Op(m, web.Operation{
		ID: "assignGroupPlan", Method: "PUT", Path: "/v1/groups/{group}/plan", Tag: "Limits", Summary: "Put a group on a plan",
		Description: "For the operator. Counts go on; the new limits hold at once or from `starts`.", Action: ActionSet, Errors: []string{"plan_unknown"},
	}, func(ctx context.Context, in *assignIn) (*limitsOut, error) {
		b := in.Body
		err := s.Assign(ctx, access.By(ctx), Assignment{Owner: in.Group, Plan: b.Plan, Reason: b.Reason, Starts: b.Starts, Ends: b.Ends})
		if err != nil {
			return nil, err
		}
		return s.answer(ctx, in.Group)
	})
	web.Op(m, web.Operation{
		ID: "grantGroupLimit", Method: "PUT", Path: "/v1/groups/{group}/limits/{limit}", Tag: "Limits", Summary: "Give a group a value of its own",
		Description: "For the operator. A value below what is used keeps what there is and refuses more.", Action: ActionSet,
	}, func(ctx context.Context, in *grantIn) (*limitsOut, error) {
		b := in.Body
		err := s.Grant(ctx, access.By(ctx), Override{Owner: in.Group, Limit: in.Limit, Value: b.Value, Reason: b.Reason, Starts: b.Starts, Ends: b.Ends})
		if err != nil {
			return nil, err
		}
		return s.answer(ctx, in.Group)
	})
	web.Op(m, web.Operation{
		ID: "withdrawGroupLimit", Method: "DELETE", Path: "/v1/groups/{group}/limits/{limit}", Tag: "Limits", Summary: "Return to the plan's value",
		Description: "For the operator.", Action: ActionSet,
	}, func(ctx context.Context, in *LimitIn) (*struct{}, error) {
		return nil, s.Withdraw(ctx, access.By(ctx), in.Group, in.Limit)
	})
}

func (s *Service) answer(ctx context.Context, group string) (*limitsOut, error) {
	l, err := s.Limits(ctx, access.By(ctx), group)
	if err != nil {
		return nil, err
	}
	return &limitsOut{Body: l}, nil
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: CodeRateLimited, Kind: problem.KindLimited, Cause: "Too many calls in a short time; bucket names the limit.", Remedy: "Wait as long as Retry-After says, and slow down."},
		{Code: CodeQuotaExceeded, Kind: problem.KindLimited, Cause: "The calls of a long period are used up; bucket names the limit.", Remedy: "Wait as long as Retry-After says, or ask the operator for a higher limit."},
		{Code: "quota_unavailable", Kind: problem.KindUnavailable, Cause: "The limits of the caller are being read.", Remedy: "Try again after the time in Retry-After."},
		{Code: "installation_quota_exceeded", Kind: problem.KindConflict, Cause: "The developer's group has used up its number of installations.", Remedy: "Ask the developer, who can ask the operator for more."},
		{Code: "plan_unknown", Kind: problem.KindInvalid, Cause: "The catalog has no plan of that name.", Remedy: "Name one of the catalog's plans."},
		{Code: "plan_invalid", Kind: problem.KindInvalid, Cause: "A plan of the catalog cannot be enforced.", Remedy: "Correct the part that errors names."},
	}
}
