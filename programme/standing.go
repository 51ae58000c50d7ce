package programme

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/usage"
)

// Measured is what a group really does, beside what it asks for.
type Measured struct {
	Sites      int64 `json:"sites" doc:"Accounts in which its applications are installed"`
	SitesLimit int64 `json:"sites_limit"`
	PerDay     int64 `json:"calls_per_day" doc:"Average over the last 30 days"`
	Busiest    int64 `json:"busiest_day" doc:"Calls on the busiest of the last 30 days"`
	Limited    int64 `json:"rate_limited" doc:"Calls of the last 30 days that a limit refused"`
	Failed     int64 `json:"failed" doc:"Calls of the last 30 days that were refused for any other reason"`
}

// Standing is where a group stands with its production settings.
type Standing struct {
	Group    string          `json:"group"`
	Name     string          `json:"name"`
	Naming   []problem.Field `json:"naming" nullable:"false" doc:"Rules that the group's name breaks; it is renamed before a request"`
	Measured Measured        `json:"measured"`
	Requests []Request       `json:"requests" nullable:"false" doc:"Every request, the newest first"`

	Personal bool `json:"personal" doc:"A person's own group gets no production settings"`
}

// Current is the request that waits, or else the last one; false: none was made.
func (s Standing) Current() (Request, bool) {
	for _, r := range s.Requests {
		if r.Open() {
			return r, true
		}
	}
	if len(s.Requests) == 0 {
		return Request{}, false
	}
	return s.Requests[0], true
}

// Standing shows the group and operators where it stands.
func (s *Service) Standing(ctx context.Context, by access.Principal, id string) (Standing, error) {
	out := Standing{Group: id, Naming: []problem.Field{}}
	var sites quota.SiteUse
	var now time.Time
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		g, err := s.reach(tx, by, "production:view", id)
		if err != nil {
			return err
		}
		now, out.Name, out.Personal = tx.Now(), g.Name, g.Personal
		out.Naming = append(out.Naming, s.Groups.Naming.Check(g.Name)...)
		if out.Requests, err = requestsOf(tx, id); err != nil {
			return err
		}
		sites, err = s.Quota.Sites(tx, id)
		return err
	})
	if err != nil {
		return out, err
	}
	out.Measured, err = s.measured(ctx, by, id, now)
	out.Measured.Sites, out.Measured.SitesLimit = sites.Used, sites.Limit
	return out, err
}

const measuredDays = 30

func (s *Service) measured(ctx context.Context, by access.Principal, id string, now time.Time) (Measured, error) {
	var m Measured
	series, err := s.Usage.Series(ctx, by, usage.Query{Filter: usage.Filter{Group: id}, From: now.AddDate(0, 0, 1-measuredDays), Step: usage.StepDay})
	if err != nil {
		return m, err
	}
	for _, p := range series.Points {
		m.Busiest = max(m.Busiest, p.Total)
	}
	m.PerDay = (series.Total + measuredDays - 1) / measuredDays
	m.Limited = series.Outcomes[usage.RateLimited] + series.Outcomes[usage.QuotaExceeded]
	m.Failed = series.Total - series.Outcomes[usage.OK] - m.Limited
	return m, nil
}

// Queued is a request as the operator's queue shows it.
type Queued struct {
	Request
	Name    string `json:"name" doc:"Of the group"`
	Overdue bool   `json:"overdue"`
}

// Queue lists requests for operators, those that are due first; without states
// those that wait.
func (s *Service) Queue(ctx context.Context, by access.Principal, states ...RequestState) ([]Queued, error) {
	out := []Queued{}
	if len(states) == 0 {
		states = []RequestState{Pending, Asked}
	}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("platform", "production:decide", access.Platform()); err != nil {
			return err
		}
		got, err := queuedRequests(tx, states)
		if err != nil {
			return err
		}
		for _, r := range got {
			g, err := s.Groups.Load(tx, r.Group)
			if err != nil {
				return err
			}
			out = append(out, Queued{Request: r, Name: g.Name, Overdue: r.Overdue(tx.Now())})
		}
		return nil
	})
	return out, err
}
