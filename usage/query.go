package usage

import (
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// Filter narrows a query. Empty parts do not.
type Filter struct {
	Application string
	Account     string
	Group       string
	Key         string
	Grant       string
	Operation   string
	Entitlement string
	Version     string
}

func (f *Filter) matches(k *Key) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	return is(f.Application, k.Application) && is(f.Account, k.Account) && is(f.Group, k.Group) && is(f.Key, k.Key) &&
		is(f.Grant, k.Grant) && is(f.Operation, k.Operation) && is(f.Entitlement, k.Entitlement) && is(f.Version, k.Version)
}

// Step is the distance of two points of a series.
type Step string

// The steps, UTC.
const (
	StepMinute  Step = "minute"
	StepQuarter Step = "15min"
	StepHour    Step = "hour"
	StepDay     Step = "day"
	StepMonth   Step = "month"
)

func (s Step) width() time.Duration {
	switch s {
	case StepMinute:
		return time.Minute
	case StepQuarter:
		return 15 * time.Minute
	case StepHour:
		return time.Hour
	}
	return 24 * time.Hour
}

func (s Step) table() string {
	switch s {
	case StepMinute, StepQuarter:
		return "usage_minute"
	case StepHour:
		return "usage_hour"
	}
	return "usage_day"
}

// usual is the length of a series when none is asked for.
func (s Step) usual() time.Duration {
	switch s {
	case StepMinute:
		return time.Hour
	case StepQuarter:
		return 24 * time.Hour
	case StepHour:
		return 7 * 24 * time.Hour
	case StepDay:
		return 30 * 24 * time.Hour
	}
	return 365 * 24 * time.Hour
}

// floor is the begin of the step that t lies in.
func (s Step) floor(t time.Time) time.Time {
	t = t.UTC()
	if s == StepMonth {
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	return t.Truncate(s.width())
}

func (s Step) next(t time.Time) time.Time {
	if s == StepMonth {
		return t.AddDate(0, 1, 0)
	}
	return t.Add(s.width())
}

// Query asks for counts from From to To (not included), rounded to whole steps.
type Query struct {
	Filter
	From time.Time
	To   time.Time
	Step Step
}

const mostPoints = 2000

// ready fills in what was left out and refuses what would be too long.
func (q Query) ready(now time.Time) (Query, error) {
	switch q.Step {
	case "":
		q.Step = StepQuarter
	case StepMinute, StepQuarter, StepHour, StepDay, StepMonth:
	default:
		return q, rangeFault("/step", "A step is minute, 15min, hour, day or month.")
	}
	if q.To.IsZero() {
		q.To = q.Step.next(q.Step.floor(now))
	}
	if q.From.IsZero() {
		q.From = q.To.Add(-q.Step.usual())
	}
	q.From = q.Step.floor(q.From)
	if end := q.Step.floor(q.To); end.Before(q.To) {
		q.To = q.Step.next(end)
	}
	if !q.From.Before(q.To) {
		return q, rangeFault("/from", "The begin must be before the end.")
	}
	if q.To.Sub(q.From)/q.Step.width() > mostPoints && q.Step != StepMonth || q.To.Sub(q.From) > 20*365*24*time.Hour {
		return q, rangeFault("/step", "That would be more than 2,000 points. Ask for a longer step or a shorter time.")
	}
	return q, nil
}

func rangeFault(pointer, detail string) error {
	return problem.Invalid("invalid", "The time or step asked for is not possible.", problem.Field{Pointer: pointer, Code: "usage.range", Detail: detail})
}

// Tally counts decisions by outcome; outcomes that did not come are absent.
type Tally map[Outcome]int64

// Total is the sum over all outcomes.
func (t Tally) Total() int64 {
	var n int64
	for _, v := range t {
		n += v
	}
	return n
}

// Point is what was counted in one step.
type Point struct {
	At       time.Time `json:"at" doc:"Begin of the step, UTC."`
	Total    int64     `json:"total"`
	Outcomes Tally     `json:"outcomes" doc:"Counts by outcome; those that did not come are absent."`
}

// Series is the answer to a query, without gaps.
type Series struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Step     Step      `json:"step" enum:"minute,15min,hour,day,month"`
	Total    int64     `json:"total"`
	Average  float64   `json:"average_per_15_minutes"`
	Outcomes Tally     `json:"outcomes" doc:"Totals by outcome."`
	Points   []Point   `json:"points" nullable:"false"`
}

// series puts counts in order. at is in microseconds.
type collect struct {
	q   Query
	out Series
	at  map[int64]int
}

func newCollect(q Query) *collect {
	c := &collect{q: q, out: Series{From: q.From, To: q.To, Step: q.Step, Outcomes: Tally{}}, at: map[int64]int{}}
	for t := q.From; t.Before(q.To); t = q.Step.next(t) {
		c.at[t.UnixMicro()] = len(c.out.Points)
		c.out.Points = append(c.out.Points, Point{At: t, Outcomes: Tally{}})
	}
	return c
}

func (c *collect) add(at time.Time, o Outcome, n int64) {
	i, ok := c.at[c.q.Step.floor(at).UnixMicro()]
	if !ok {
		return
	}
	p := &c.out.Points[i]
	p.Total += n
	p.Outcomes[o] += n
	c.out.Outcomes[o] += n
	c.out.Total += n
	c.out.Average = float64(c.out.Total) / max(c.q.To.Sub(c.q.From).Minutes()/15, 1)
}

// Dimension is what a break-down is by.
type Dimension string

// The dimensions.
const (
	ByOperation   Dimension = "operation"
	ByApplication Dimension = "application"
	ByAccount     Dimension = "account"
	ByKey         Dimension = "key"
	ByGrant       Dimension = "grant"
	ByEntitlement Dimension = "entitlement"
	ByVersion     Dimension = "version"
)

func (d Dimension) column() string {
	switch d {
	case ByApplication:
		return "application"
	case ByAccount:
		return "account"
	case ByKey:
		return "key_id"
	case ByGrant:
		return "grant_id"
	case ByEntitlement:
		return "entitlement"
	case ByVersion:
		return "version"
	}
	return "operation"
}

func (d Dimension) of(k *Key) string {
	switch d {
	case ByApplication:
		return k.Application
	case ByAccount:
		return k.Account
	case ByKey:
		return k.Key
	case ByGrant:
		return k.Grant
	case ByEntitlement:
		return k.Entitlement
	case ByVersion:
		return k.Version
	}
	return k.Operation
}

// Part is one line of a break-down.
type Part struct {
	Name     string `json:"name" doc:"Empty: not known. other: counted together because memory was full."`
	Total    int64  `json:"total"`
	Outcomes Tally  `json:"outcomes"`
}
