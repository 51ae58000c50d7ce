package ledger

import (
	"cmp"
	"slices"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/usage"
)

// Kind of an entry.
type Kind string

// The kinds.
const (
	Calls    Kind = "calls"
	Change   Kind = "change"
	Delivery Kind = "delivery"
)

// Verdict is what became of calls, in one word.
type Verdict string

// The verdicts.
const (
	Allowed Verdict = "allowed" // passed, and the product answered
	Failed  Verdict = "failed"  // passed, and the product failed; of deliveries: no 2xx
	Refused Verdict = "refused" // did not reach the product
)

// VerdictOf says what an outcome comes to.
func VerdictOf(o usage.Outcome) Verdict {
	switch o {
	case usage.OK:
		return Allowed
	case usage.ProductError:
		return Failed
	}
	return Refused
}

// Integration is whoever holds rights in the account.
type Integration struct {
	Kind string `json:"kind" enum:"application,private_integration,service_token,personal_token,legacy_key,unknown" doc:"unknown: counted together because there were too many to tell apart"`
	ID   string `json:"id,omitempty" doc:"Filter by it"`
	Name string `json:"name,omitempty"`
}

// Resource is what calls were about.
type Resource struct {
	Resource string `json:"resource" doc:"Empty: further ones that were not told apart"`
	Calls    int64  `json:"calls"`
}

// Entry is one line of the ledger.
type Entry struct {
	At          time.Time   `json:"at" doc:"Of calls and deliveries: when the hour or day begins (UTC)"`
	Until       time.Time   `json:"until,omitzero" doc:"When that hour or day ends; absent for a change"`
	Kind        Kind        `json:"kind" enum:"calls,change,delivery"`
	Integration Integration `json:"integration"`
	Grant       string      `json:"grant,omitempty"`
	ActingFor   string      `json:"acting_for,omitempty" doc:"The person for whom an application acted"`

	Operation     string        `json:"operation,omitempty" doc:"Absent where the product has no such operation, or the token was refused before it was looked at; other: counted together because there were too many to tell apart"`
	Method        string        `json:"method,omitempty"`
	Path          string        `json:"path,omitempty"`
	Label         string        `json:"label,omitempty" doc:"The operation in the product's own words"`
	Effect        string        `json:"effect,omitempty" enum:"read,change" doc:"Whether the operation reads or changes something"`
	Verdict       Verdict       `json:"verdict,omitempty" enum:"allowed,failed,refused" doc:"allowed: the product answered; failed: it passed and the product failed, or a delivery was not taken; refused: it did not reach the product"`
	Outcome       string        `json:"outcome,omitempty" doc:"The decision of the gateway"`
	Why           string        `json:"why,omitempty" doc:"The outcome in words"`
	Calls         int64         `json:"calls,omitempty" doc:"Calls, or requests of deliveries"`
	Resources     []Resource    `json:"resources,omitempty" doc:"By day: what the calls of this operation that passed, answered well or not, were about; the most called first, 100 at most"`
	ResourcesMore int           `json:"resources_more,omitempty" doc:"How many resources there were besides"`
	Address       string        `json:"address,omitempty" doc:"Where events were delivered to"`
	Action        string        `json:"action,omitempty" doc:"Of a change, as the audit log names it"`
	Audit         string        `json:"audit,omitempty" doc:"Id of the audit entry"`
	Name          string        `json:"name,omitempty" doc:"Of what was changed"`
	By            string        `json:"by,omitempty" doc:"Who changed it, as the audit log names them"`
	ByName        string        `json:"by_name,omitempty" doc:"Their name where they belong to the account"`
	Reason        string        `json:"reason,omitempty"`
	Added         []string      `json:"scopes_added,omitempty"`
	Removed       []string      `json:"scopes_removed,omitempty"`
	outcome       usage.Outcome // of calls
	place         Position
}

// Position is the place of an entry: the newest first; at one time changes, then
// deliveries, then calls.
type Position struct {
	At   int64  `json:"t"` // microseconds
	Rank int    `json:"r"`
	Seq  int64  `json:"s,omitempty"` // of a change; the higher first
	Key  string `json:"k,omitempty"`
}

const (
	rankStop = iota
	rankChange
	rankDelivery
	rankCalls
)

// Compare orders positions.
func (p Position) Compare(o Position) int {
	return cmp.Or(cmp.Compare(o.At, p.At), cmp.Compare(p.Rank, o.Rank), cmp.Compare(o.Seq, p.Seq), cmp.Compare(p.Key, o.Key))
}

// Query asks for a part of the ledger. Empty parts do not narrow.
type Query struct {
	Integration string // id of an application, installation, private integration, token or grant
	Kind        Kind
	Verdict     Verdict       // of calls and deliveries
	Outcome     usage.Outcome // of calls, with Chosen
	Chosen      bool
	Step        usage.Step // hour or day; "": day
	From, To    time.Time  // rounded to whole steps; zero: the last 30 days, or the last 7 by hour
	Limit       int
}

const (
	limitUsual = 50
	limitMost  = 500
)

// Bounds of a period.
const (
	DaysMost  = 366 // by day
	HoursMost = 31  // days, by hour
)

// Kept says how long what the ledger tells stays.
type Kept struct {
	Hours     int    `json:"calls_by_hour_days" doc:"Days for which calls are kept by the hour"`
	Days      int    `json:"calls_by_day_days" doc:"Days for which calls are kept by the day"`
	Resources int    `json:"resources_days" doc:"Days for which it is kept what calls were about"`
	Delivered int    `json:"deliveries_by_day_days"`
	Quarters  int    `json:"deliveries_by_hour_days"`
	Changes   string `json:"changes" doc:"How long changes stay: forever, as the audit log they stand in"`
}

// ready fills in what was left out and refuses a period that cannot be answered,
// since a silent gap would pass for silence.
func (q Query) ready(now time.Time, kept Kept) (Query, error) {
	width, usual, most, days := 24*time.Hour, 30, DaysMost, kept.Days
	switch q.Step {
	case "", usage.StepDay:
		q.Step = usage.StepDay
	case usage.StepHour:
		width, usual, most, days = time.Hour, 7, HoursMost, kept.Hours
	default:
		return q, errPeriod("/step", "A step is hour or day.")
	}
	if q.To.IsZero() {
		q.To = now.UTC().Truncate(width).Add(width) // with the step that has just begun
	}
	if q.From.IsZero() {
		q.From = q.To.Add(-time.Duration(usual) * 24 * time.Hour)
	}
	q.From = q.From.UTC().Truncate(width)
	if end := q.To.UTC().Truncate(width); end.Before(q.To) {
		q.To = end.Add(width)
	} else {
		q.To = end
	}
	switch {
	case !q.From.Before(q.To):
		return q, errPeriod("/from", "The begin must be before the end.")
	case q.From.After(now):
		return q, errPeriod("/from", "The begin must not be in the future.")
	case q.To.Sub(q.From) > time.Duration(most)*24*time.Hour+width:
		return q, errPeriod("/from", "That is too long at once: by the "+string(q.Step)+", ask for "+number(most)+" days at most.")
	case q.Kind != Change && q.From.Before(now.Add(-time.Duration(days)*24*time.Hour).Truncate(width)):
		return q, errPeriod("/from", "Calls are kept for "+number(days)+" days in this step. Begin later, ask by day, or for changes only.")
	}
	if q.Limit <= 0 {
		q.Limit = limitUsual
	}
	q.Limit = min(q.Limit, limitMost)
	return q, nil
}

// wants reports whether entries of a kind can fit.
func (q *Query) wants(k Kind) bool {
	if q.Kind != "" && q.Kind != k {
		return false
	}
	switch k {
	case Change:
		return q.Verdict == "" && !q.Chosen
	case Delivery:
		return !q.Chosen && q.Verdict != Refused
	}
	return true
}

// admits reports whether calls with an outcome fit.
func (q *Query) admits(o usage.Outcome) bool {
	return (!q.Chosen || o == q.Outcome) && (q.Verdict == "" || q.Verdict == VerdictOf(o))
}

func (q *Query) width() time.Duration {
	if q.Step == usage.StepHour {
		return time.Hour
	}
	return 24 * time.Hour
}

// cut puts entries of several sources in order and keeps one page.
func cut(all []Entry, limit int) ([]Entry, bool) {
	slices.SortFunc(all, func(a, b Entry) int { return a.place.Compare(b.place) })
	return all[:min(len(all), limit)], len(all) > limit
}

func errPeriod(pointer, detail string) error {
	return problem.Invalid("ledger_period", "That part of the ledger cannot be shown.", problem.Field{Pointer: pointer, Code: "ledger.period", Detail: detail})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "ledger_period", Kind: problem.KindInvalid, Cause: "The period is empty, too long, or begins before calls are kept.", Remedy: "Mend the field that the answer names."},
		{Code: "ledger_format", Kind: problem.KindInvalid, Cause: "The export format is neither csv nor ndjson.", Remedy: "Ask for one of the two."},
	}
}
