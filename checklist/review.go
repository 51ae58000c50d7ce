package checklist

import (
	"context"
	"strconv"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/release"
)

// Stepped hears of every change of a version; release.Service.Stepped.
func (s *Service) Stepped(tx *store.Tx, by access.Principal, action string, a application.Application, v release.Version) error {
	switch action {
	case "submit":
		return s.submitted(tx, by, a, v)
	case "withdraw":
		return s.ended(tx, v, Withdrawn)
	case "approve":
		return s.ended(tx, v, Approved)
	case "disapprove":
		return s.ended(tx, v, SentBack)
	}
	return nil
}

func (s *Service) submitted(tx *store.Tx, by access.Principal, a application.Application, v release.Version) error {
	before, err := submissions(tx, v.ID.String())
	if err != nil {
		return err
	}
	n := Submission{ID: ident.New[Submission](tx.Now()), Version: v.ID.String(), Application: a.ID.String(), Number: 1, Submitted: tx.Now(), SubmittedBy: by.User,
		Due: tx.Now().Add(s.Within)}
	if len(before) > 0 {
		n.Number = before[0].Number + 1
	}
	if n.whole, err = s.Releases.Whole(tx, v); err != nil {
		return err
	}
	f, err := s.about(tx, v, a)
	if err != nil {
		return err
	}
	if n.content, err = f.content(); err != nil {
		return err
	}
	if err := insertSubmission(tx, n); err != nil {
		return err
	}
	if len(before) == 0 || before[0].content != n.content {
		return nil // what was fine before needs another look where anything changed
	}
	for _, m := range before[0].Marks {
		if m.Verdict != OK && m.Verdict != NotApplicable {
			continue
		}
		if err := saveMark(tx, n.ID, m); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) ended(tx *store.Tx, v release.Version, outcome string) error {
	all, err := submissions(tx, v.ID.String())
	if err != nil || len(all) == 0 || !all[0].waits() {
		return err
	}
	now := all[0]
	now.Ended, now.Outcome, now.Reason = tx.Now(), outcome, ""
	if outcome == SentBack {
		now.Reason = v.Reason
	}
	return saveSubmission(tx, now)
}

// marksMost bounds one request.
const marksMost = 50

// Review writes what a reviewer says about items of a version that waits. Items that
// are not named stay as they are. Errors: Forbidden `reviewer_conflicted`; Conflict
// `version_not_waiting`; Invalid `marks_invalid`.
func (s *Service) Review(ctx context.Context, by access.Principal, id release.ID, marks []Mark) (Checklist, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		v, a, err := s.load(tx, by, "version:decide", id)
		if err != nil {
			return err
		}
		if err := s.Releases.Impartial(tx, by, a); err != nil {
			return err
		}
		all, err := submissions(tx, id.String())
		if err != nil {
			return err
		}
		if len(all) == 0 || !all[0].waits() {
			return problem.Conflict("version_not_waiting", "The version does not wait for a review.")
		}
		var f []problem.Field
		for i, m := range marks {
			f = append(f, m.check("/marks/"+strconv.Itoa(i))...)
		}
		if len(marks) > marksMost {
			f = append(f, problem.Field{Pointer: "/marks", Code: "too_many", Detail: "At most 50."})
		}
		if len(f) > 0 {
			return problem.Invalid("marks_invalid", "Some of the answers need another look.", f...)
		}
		looked, err := s.about(tx, v, a)
		if err != nil {
			return err
		}
		content, err := looked.content()
		if err != nil {
			return err
		}
		for _, m := range marks {
			m.Written, m.By, m.content = tx.Now(), by.User, content
			if err := saveMark(tx, all[0].ID, m); err != nil {
				return err
			}
		}
		return s.record(tx, by, "mark", a, v, nil, marks)
	})
	if err != nil {
		return Checklist{}, err
	}
	return s.Get(ctx, by, id)
}

// Waiting is a version that waits for a review, as operators see it.
type Waiting struct {
	Submission
	Name      string `json:"name" doc:"Of the application"`
	Of        string `json:"version_number"`
	Developer string `json:"developer" doc:"Name of the developer group"`
	Reviewer  string `json:"reviewer,omitempty" doc:"Who took it on"`
	Late      bool   `json:"overdue"`
	Open      int    `json:"open" doc:"How many questions nobody has answered yet"`
}

// Queue lists what waits for a review, what is due first first.
func (s *Service) Queue(ctx context.Context, by access.Principal) ([]Waiting, error) {
	out := []Waiting{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("platform", "version:decide", access.Platform()); err != nil {
			return err
		}
		all, err := waiting(tx)
		if err != nil {
			return err
		}
		for _, one := range all {
			v, err := s.Releases.Load(tx, one.Version)
			if err != nil {
				return err
			}
			a, err := s.application(tx, one.Application)
			if problem.CodeOf(err) == "not_found" {
				continue // deleted meanwhile; Remind ends it
			}
			if err != nil {
				return err
			}
			g, err := s.Groups.Load(tx, a.Group)
			if err != nil {
				return err
			}
			out = append(out, Waiting{Submission: one, Name: a.Name, Of: v.Number, Developer: g.Name, Reviewer: v.Reviewer,
				Late: one.Overdue(tx.Now()), Open: len(one.open(Run{}))})
		}
		return nil
	})
	return out, err
}

// Jobs registers the background work.
func (s *Service) Jobs(r *job.Runner) { job.Every(r, "checklist.overdue", time.Hour, s.Remind) }

// Remind tells operators once of each review that is overdue.
func (s *Service) Remind(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		all, err := waiting(tx)
		if err != nil {
			return err
		}
		for _, one := range all {
			v, err := s.Releases.Load(tx, one.Version)
			if err != nil {
				return err
			}
			a, err := s.application(tx, one.Application)
			if problem.CodeOf(err) == "not_found" { // deleted meanwhile: nobody waits any more
				one.Ended, one.Outcome = tx.Now(), Withdrawn
				if err := saveSubmission(tx, one); err != nil {
					return err
				}
				continue
			}
			if err != nil {
				return err
			}
			if !one.Overdue(tx.Now()) || !one.reminded.IsZero() {
				continue
			}
			one.reminded = tx.Now()
			if err := saveSubmission(tx, one); err != nil {
				return err
			}
			if err := s.Notices.Send(tx, notice.Notice{Kind: "version.overdue", To: notice.To{Operators: true}, Severity: notice.Warning,
				Subject: "The review of " + a.Name + " " + v.Number + " is overdue",
				Text:    "You wanted to decide until " + one.Due.UTC().Format("2 January 2006") + ".", Link: "/operator/versions/" + one.Version}); err != nil {
				return err
			}
		}
		return nil
	})
}
