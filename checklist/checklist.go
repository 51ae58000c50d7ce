package checklist

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
)

// Checklist is where a version stands on its way to customers.
type Checklist struct {
	Version   release.ID       `json:"version"`
	Number    string           `json:"number"`
	State     release.State    `json:"state" enum:"draft,submitted,in_review,disapproved,live,deprecated,retired"`
	Name      string           `json:"name" doc:"Of the application"`
	Required  bool             `json:"required" doc:"Whether the version must pass before it reaches customers; otherwise the checks are advice"`
	Run       Run              `json:"run"`
	Missing   []release.Reason `json:"missing" nullable:"false" doc:"Why it cannot be submitted, or approved when it waits for a review"`
	Reasons   []ScopeReason    `json:"reasons" nullable:"false" doc:"What its developers say about each of its scopes"`
	Questions []Question       `json:"questions" nullable:"false" doc:"What a reviewer answers besides"`
	Review    Clock            `json:"review"`
	History   []Submission     `json:"history" nullable:"false" doc:"How often it was handed in, the latest first"`
	Changes   []string         `json:"changes" nullable:"false" doc:"What changed since it was handed in before"`
	Group     string           `json:"-"`
}

// ScopeReason is why a scope is asked for.
type ScopeReason struct {
	Scope  string `json:"scope"`
	Label  string `json:"label"`
	Risk   string `json:"risk"`
	Reason string `json:"reason,omitempty"`
	Needed bool   `json:"needed" doc:"A reason must be given: the risk is high, or no call in a sandbox needed it"`
}

// Clock says how long reviews take.
type Clock struct {
	Days   int     `json:"days" doc:"Within how many days the operator wants to decide"`
	Median float64 `json:"median_days" doc:"How many days the reviews of the last 90 days took, in the middle; 0: there were none"`
	Of     int     `json:"of" doc:"How many these were"`
}

// Get shows the checklist of a version to its developers and to operators.
func (s *Service) Get(ctx context.Context, by access.Principal, id release.ID) (Checklist, error) {
	var out Checklist
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		v, a, err := s.load(tx, by, "version:view", id)
		if err != nil {
			return err
		}
		if out, err = s.show(tx, v, a); err != nil {
			return err
		}
		if by.May("version:decide", application.Resource(a.Group, a.ID)) != nil {
			out.untold()
		}
		return nil
	})
	return out, err
}

// untold leaves out what a reviewer has said and not decided yet.
func (c *Checklist) untold() {
	if len(c.History) == 0 || !c.History[0].waits() {
		return
	}
	c.History[0].Marks = []Mark{}
	c.Missing = slices.DeleteFunc(c.Missing, func(r release.Reason) bool {
		_, human := questionOf(r.Code)
		return human
	})
}

func (s *Service) show(tx *store.Tx, v release.Version, a application.Application) (Checklist, error) {
	out := Checklist{Version: v.ID, Number: v.Number, State: v.State, Name: a.Name, Group: a.Group, Required: s.Releases.Review,
		Reasons: []ScopeReason{}, Questions: Questions, Changes: []string{}, Missing: []release.Reason{}}
	f, err := s.about(tx, v, a)
	if err != nil {
		return out, err
	}
	if out.Run, err = findRun(tx, v.ID.String()); err != nil {
		return out, err
	}
	if out.History, err = submissions(tx, v.ID.String()); err != nil {
		return out, err
	}
	if out.Missing, err = s.missing(&f, out.Run, out.History, v.State == release.Submitted || v.State == release.InReview); err != nil {
		return out, err
	}
	if out.Changes, err = s.changes(tx, v, out.History); err != nil {
		return out, err
	}
	unused, _ := out.Run.item(CodeUnused)
	for _, name := range v.Scopes() {
		sc, _ := f.catalog.Scope(name)
		out.Reasons = append(out.Reasons, ScopeReason{Scope: name, Label: cmp.Or(sc.Label, name), Risk: sc.Risk, Reason: f.reasons[name],
			Needed: f.risky(name) || unused.Outcome == Failed && slices.Contains(unused.Evidence, name)})
	}
	out.Review, err = s.clock(tx)
	return out, err
}

// missing is why a version cannot go on: the run does not count, something in it
// fails and nobody waives it, or, for one that waits, a question is open.
func (s *Service) missing(f *facts, r Run, history []Submission, waits bool) ([]release.Reason, error) {
	out := []release.Reason{}
	content, err := f.content()
	if err != nil {
		return out, err
	}
	now := f.now
	if waits {
		now = r.Ended // it was fresh when it was handed in
	}
	var current Submission
	if waits && len(history) > 0 && history[0].waits() {
		current = history[0]
	}
	if why := r.stand(content, now); why.Code != "" {
		out = append(out, why)
	}
	for _, i := range r.failing() {
		if i.Code == CodeBroad && !waits { // a reviewer may let it pass
			continue
		}
		if !current.waives(i.Code, content) {
			out = append(out, release.Reason{Code: i.Code, Text: i.Title + ": " + i.Text})
		}
	}
	if waits {
		out = append(out, current.open(r)...)
	}
	return out, nil
}

// changes says what changed between what was handed in last, as it is, and the time
// before.
func (s *Service) changes(tx *store.Tx, v release.Version, history []Submission) ([]string, error) {
	out := []string{}
	before := slices.IndexFunc(history, func(b Submission) bool { return !b.waits() })
	if before < 0 || v.State == release.Live {
		return out, nil
	}
	now, err := s.Releases.Whole(tx, v)
	if err != nil {
		return out, err
	}
	for _, d := range s.Releases.Differences(history[before].whole, now).Items {
		out = append(out, d.Text)
	}
	if history[before].whole.Number != now.Number {
		out = append(out, "Its number is "+now.Number+", it was "+history[before].whole.Number+".")
	}
	if history[before].whole.Notes != now.Notes {
		out = append(out, "Its release notes are others.")
	}
	return out, nil
}

// clockOver is the time over which reviews are measured.
const clockOver = 90 * 24 * time.Hour

func (s *Service) clock(tx *store.Tx) (Clock, error) {
	c := Clock{Days: int(s.Within / (24 * time.Hour))}
	took, err := decided(tx, tx.Now().Add(-clockOver))
	if err != nil || len(took) == 0 {
		return c, err
	}
	c.Of = len(took)
	day := float64((24 * time.Hour).Microseconds())
	c.Median = float64(took[len(took)/2]) / day
	return c, nil
}

// Gate keeps a version that is not ready from its next step; release.Gate.
func (s *Service) Gate(tx *store.Tx, step release.Step, a application.Application, v release.Version) ([]release.Reason, error) {
	if !s.Releases.Review || step == release.StepPublish && v.Approved.IsZero() && v.Stage.Private() {
		return nil, nil // a few accounts that are named, or one's own: nobody vouches for it
	}
	f, err := s.about(tx, v, a)
	if err != nil {
		return nil, err
	}
	r, err := findRun(tx, v.ID.String())
	if err != nil {
		return nil, err
	}
	history, err := submissions(tx, v.ID.String())
	if err != nil {
		return nil, err
	}
	if step == release.StepSubmit {
		if err := f.mustExplain(); err != nil {
			return nil, err
		}
	}
	return s.missing(&f, r, history, step == release.StepPublish)
}

// mustExplain refuses a scope with a high risk that nobody has given a reason for.
func (f *facts) mustExplain() error {
	var faults []problem.Field
	for _, s := range f.version.Scopes() {
		if f.risky(s) && f.reasons[s] == "" {
			faults = append(faults, problem.Field{Pointer: "/reasons/" + s, Code: "required", Detail: "Say what goes wrong without " + s + ": its risk is high."})
		}
	}
	if faults == nil {
		return nil
	}
	return problem.Invalid("reasons_required", "Scopes with a high risk need a reason before a person looks at them. Give it on the page of the checklist.", faults...)
}

// Proven reports whether a version was seen to work with the least role and to use
// all that it asks for; for the directory.
func (s *Service) Proven(tx *store.Tx, version string) (bool, error) {
	r, err := findRun(tx, version)
	return r.proven(), err
}
