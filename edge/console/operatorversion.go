package console

import (
	"strconv"

	"github.com/guestright/guestright/checklist"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/release"
)

func operatorVersionPath(id string) string { return "/operator/versions/" + id }

func operatorVersions(v *visit) error {
	all, err := v.Checklists.Queue(v.ctx(), v.by)
	if err != nil {
		return err
	}
	return v.byOperator(sheet{title: "Reviews", trail: []page.Link{{Text: "Reviews"}}, body: operatorVersionList(v, all)})
}

// versionReviewView is the review of one version, for those who decide.
type versionReviewView struct {
	checklist.Checklist
	subject subject
	Version release.Version
	Typed   map[string]checklist.Mark // answers that were refused
	Entered string                    // reason of a decision
	Sent    []string                  // their items, in the order in which they were sent
	Waive   string                    // code of the item whose waiver was refused
	Token   func(action string) string
	Faults  faults
}

func (d versionReviewView) path(action string) string {
	return operatorVersionPath(d.Version.ID.String()) + "/" + action
}

// current is the submission that waits; the zero one: none does.
func (d versionReviewView) current() checklist.Submission {
	if len(d.History) > 0 && d.History[0].Ended.IsZero() {
		return d.History[0]
	}
	return checklist.Submission{}
}

func (d versionReviewView) waits() bool { return !d.current().ID.IsZero() }

// mark is what was said about an item: as it was typed, or as it stands.
func (d versionReviewView) mark(code string) checklist.Mark {
	if m, ok := d.Typed[code]; ok {
		return m
	}
	for _, m := range d.current().Marks {
		if m.Item == code {
			return m
		}
	}
	return checklist.Mark{}
}

// fault is what is wrong with the answer to a question.
func (d versionReviewView) fault(code string) string {
	for i, c := range d.Sent {
		if c == code {
			return d.Faults.at("/marks/" + strconv.Itoa(i))
		}
	}
	return ""
}

// refused are the items that the machine refuses.
func (d versionReviewView) refused() []checklist.Item {
	var out []checklist.Item
	for _, i := range d.Run.Items {
		if i.Outcome == checklist.Failed {
			out = append(out, i)
		}
	}
	return out
}

func showVersionReview(v *visit, d versionReviewView) error {
	one, s, err := v.versionOf()
	if err != nil {
		return err
	}
	d.Version, d.subject = one, s
	if d.Checklist, err = v.Checklists.Get(v.ctx(), v.by, one.ID); err != nil {
		return err
	}
	d.Token = func(action string) string { return v.token(d.path(action)) }
	title := s.Name + " " + one.Number
	return v.byOperator(sheet{title: "Review of " + title, current: "/operator/versions", status: d.Faults.status(),
		trail: []page.Link{{Text: "Reviews", URL: "/operator/versions"}, {Text: title}}, body: versionReview(v, d)})
}

// stepReview carries out a step and shows the page again, with what is wrong where
// something is.
func (v *visit) stepReview(words string, d versionReviewView, step func(release.ID) error) error {
	id, err := v.versionID()
	if err != nil {
		return err
	}
	if err = step(id); err == nil {
		return v.leave(operatorVersionPath(id.String()), words)
	}
	f, ok := faultsOf(err, "/reason", "/marks")
	if p := problem.Of(err); !ok && p.Code == "reviewer_conflicted" {
		f, ok = faults{text: p.Detail}, true
	}
	if !ok {
		return err
	}
	d.Faults = f
	return showVersionReview(v, d)
}

func runChecklistAsOperator(v *visit) error {
	words, err := v.checked()
	if err != nil {
		return err
	}
	return v.leave(operatorVersionPath(v.r.PathValue("version")), words)
}

func takeVersion(v *visit) error {
	return v.stepReview("It is yours. Answer the questions, then decide.", versionReviewView{}, func(id release.ID) error {
		_, err := v.Releases.TakeVersion(v.ctx(), v.by, id)
		return err
	})
}

func markVersion(v *visit) error {
	typed := map[string]checklist.Mark{}
	var marks []checklist.Mark
	var sent []string
	for _, q := range checklist.Questions {
		m := checklist.Mark{Item: q.Code, Verdict: checklist.Verdict(v.field("verdict_" + q.Code)), Comment: v.field("comment_" + q.Code)}
		typed[q.Code] = m
		if m.Verdict != "" || m.Comment != "" {
			marks, sent = append(marks, m), append(sent, q.Code)
		}
	}
	if len(marks) == 0 {
		return showVersionReview(v, versionReviewView{Typed: typed, Faults: faults{text: "Answer at least one question."}})
	}
	return v.stepReview("Saved. The developers see it once you decide.", versionReviewView{Typed: typed, Sent: sent}, func(id release.ID) error {
		_, err := v.Checklists.Review(v.ctx(), v.by, id, marks)
		return err
	})
}

func waiveItem(v *visit) error {
	m := checklist.Mark{Item: v.field("item"), Verdict: checklist.Waived, Comment: v.field("comment")}
	if v.field("answer") == "mend" {
		m.Verdict = checklist.Mend
	}
	return v.stepReview("Saved.", versionReviewView{Waive: m.Item, Typed: map[string]checklist.Mark{m.Item: m}}, func(id release.ID) error {
		_, err := v.Checklists.Review(v.ctx(), v.by, id, []checklist.Mark{m})
		return err
	})
}

func decideVersion(v *visit) error {
	d := release.Verdict{Approve: v.field("answer") == "approve", Reason: v.field("reason")}
	words := "Sent back. The developers read your reason and your answers."
	if d.Approve {
		words = "Approved. It is live, as far as its developers asked for."
	}
	return v.stepReview(words, versionReviewView{Entered: d.Reason}, func(id release.ID) error {
		_, err := v.Releases.DecideVersion(v.ctx(), v.by, id, d)
		return err
	})
}
