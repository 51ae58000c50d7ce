package console

import (
	"strconv"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/release"
)

func operatorVerifications(v *visit) error {
	all, err := v.Releases.Queue(v.ctx(), v.by)
	if err != nil {
		return err
	}
	var waiting, rest []release.Queued
	for _, q := range all {
		if q.State == release.VerificationSubmitted || q.State == release.VerificationInReview {
			waiting = append(waiting, q)
		} else {
			rest = append(rest, q)
		}
	}
	return v.byOperator(sheet{title: "Verification", trail: []page.Link{{Text: "Verification"}}, body: operatorVerificationList(v, waiting, rest)})
}

// operatorVerificationView is one review, for those who decide.
type operatorVerificationView struct {
	release.Reviewed
	Application application.Application
	GroupName   string
	Entered     string // reason of a decision
	EnteredNote string
	Suspending  string // reason of a suspension
	Token       func(action string) string
	Faults      faults
}

func (d operatorVerificationView) path(action string) string {
	return operatorApplicationPath(d.Application.ID.String()) + "/verification/" + action
}

func (d operatorVerificationView) revision() string {
	return strconv.FormatInt(d.Reviewed.Revision, 10)
}

func operatorVerification(v *visit) error { return v.showReview(operatorVerificationView{}) }

func (v *visit) showReview(d operatorVerificationView) error {
	a, err := v.applicationRef()
	if err != nil {
		return err
	}
	d.Application = a
	if d.Reviewed, err = v.Releases.GetVerification(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	s, err := v.subjectOf(a.ID)
	if err != nil {
		return err
	}
	d.GroupName = s.Owner.Name
	d.Token = func(action string) string { return v.token(d.path(action)) }
	return v.byOperator(sheet{title: "Review of " + a.Name, current: "/operator/verifications", status: d.Faults.status(),
		trail: []page.Link{{Text: "Verification", URL: "/operator/verifications"}, {Text: a.Name}}, body: operatorVerificationDetail(v, d)})
}

// reviewing carries out a step of a review and shows the page again, with what is
// wrong where something is.
func (v *visit) reviewing(words string, d operatorVerificationView, step func(application.ID) error) error {
	a, err := v.applicationRef()
	if err != nil {
		return err
	}
	err = step(a.ID)
	if err == nil {
		return v.leave(operatorApplicationPath(a.ID.String())+"/verification", words)
	}
	f, ok := faultsOf(err, "/reason")
	if p := problem.Of(err); !ok && p.Code == "reviewer_conflicted" {
		f, ok = faults{text: p.Detail}, true
	}
	if !ok {
		return err
	}
	if d.Suspending != "" || d.Entered == "" && d.EnteredNote == "" && v.r.PostForm.Get("answer") == "" {
		f.fields = append(f.fields, fieldFault("/suspend", f.at("/reason"))...)
	}
	d.Faults = f
	return v.showReview(d)
}

func takeVerification(v *visit) error {
	return v.reviewing("It is yours. Decide when you have looked at everything.", operatorVerificationView{}, func(id application.ID) error {
		_, err := v.Releases.Take(v.ctx(), v.by, id)
		return err
	})
}

func decideVerification(v *visit) error {
	revision, err := strconv.ParseInt(v.field("revision"), 10, 64)
	if err != nil {
		return problem.Invalid("form_unreadable", "The form could not be read. Load the page again.")
	}
	d := release.Decision{Verify: v.field("answer") == "verify", Reason: v.field("reason"), Note: v.field("note"), Revision: revision}
	words := "Rejected. The developers read your reason."
	if d.Verify {
		words = "Verified. People of every account may use it as it is now."
	}
	return v.reviewing(words, operatorVerificationView{Entered: d.Reason, EnteredNote: d.Note}, func(id application.ID) error {
		_, err := v.Releases.Decide(v.ctx(), v.by, id, d)
		return err
	})
}

func suspendVerification(v *visit) error {
	return v.reviewing("Suspended. It works in its developers' own sandboxes only.", operatorVerificationView{Suspending: v.field("reason")}, func(id application.ID) error {
		_, err := v.Releases.SuspendVerification(v.ctx(), v.by, id, v.field("reason"))
		return err
	})
}

func liftVerification(v *visit) error {
	return v.reviewing("Lifted.", operatorVerificationView{}, func(id application.ID) error {
		_, err := v.Releases.LiftVerification(v.ctx(), v.by, id)
		return err
	})
}
