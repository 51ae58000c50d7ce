package console

import (
	"slices"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/release"
)

func (c *Console) verificationRoutes() []route {
	const mine, theirs = "/applications/{application}/verification", "/operator/applications/{application}/verification"
	return []route{
		{"GET " + mine, c.page(verificationPage)},
		{"POST " + mine, c.page(submitVerification)},
		{"POST " + mine + "/withdraw", c.page(withdrawVerification)},
		{"GET /operator/verifications", c.operator(operatorVerifications)},
		{"GET " + theirs, c.operator(operatorVerification)},
		{"POST " + theirs + "/take", c.operator(takeVerification)},
		{"POST " + theirs + "/decide", c.operator(decideVerification)},
		{"POST " + theirs + "/suspend", c.operator(suspendVerification)},
		{"POST " + theirs + "/lift", c.operator(liftVerification)},
	}
}

// verificationView is how far the review of an application is, for its developers.
type verificationView struct {
	subject
	Review    release.Reviewed
	Entered   release.Statement
	MaySubmit bool
	Token     string
	Withdraw  string // token of the form
	Faults    faults
}

// asks reports whether the form to ask for a review has a place on the page.
func (d verificationView) asks() bool {
	return d.MaySubmit && (d.Review.State == release.VerificationDraft || d.Review.State == release.VerificationRejected)
}

// missing are the facts that keep a review from beginning.
func (d verificationView) missing() []release.Fact {
	return slices.DeleteFunc(slices.Clone(d.Review.Facts), func(f release.Fact) bool { return f.Level != release.LevelFail })
}

func verificationPage(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	got, err := v.Releases.GetVerification(v.ctx(), v.by, s.ID)
	if err != nil {
		return err
	}
	return v.showVerification(verificationView{subject: s, Review: got, Entered: got.Statement})
}

func (v *visit) showVerification(d verificationView) error {
	path := d.path() + "/verification"
	d.MaySubmit = v.may("verification:submit", d.resource())
	d.Token, d.Withdraw = v.token(path), v.token(path+"/withdraw")
	return v.about(d.subject, "/verification", sheet{title: "Verification", status: d.Faults.status(), trail: []page.Link{{Text: "Verification"}}, body: verificationHome(v, d)})
}

func submitVerification(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	st := release.Statement{Privacy: v.field("privacy_url"), Security: v.field("security_contact"), Data: v.field("data_handling"), Trial: v.field("trial")}
	if _, err = v.Releases.Submit(v.ctx(), v.by, s.ID, st); err == nil {
		return v.leave(s.path()+"/verification", "The operator is asked for a review. You hear of the decision here and by mail.")
	}
	f, ok := faultsOf(err, "/privacy_url", "/security_contact", "/data_handling", "/trial")
	if !ok {
		return err
	}
	got, err := v.Releases.GetVerification(v.ctx(), v.by, s.ID)
	if err != nil {
		return err
	}
	return v.showVerification(verificationView{subject: s, Review: got, Entered: st, Faults: f})
}

func withdrawVerification(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	if _, err := v.Releases.Withdraw(v.ctx(), v.by, s.ID); err != nil && problem.CodeOf(err) != "verification_not_waiting" {
		return err
	}
	return v.leave(s.path()+"/verification", "The submission is taken back. Change what you like and submit again.")
}

// verificationBadge is the state in a word or two.
func verificationBadge(x release.Verification) page.Badge {
	switch x.State {
	case release.Verified:
		return page.Badge{Text: "Verified", Tone: page.ToneGood, Icon: page.IconShieldCheck}
	case release.VerificationSubmitted:
		return page.Badge{Text: "Waits for a reviewer", Tone: page.ToneInfo, Dot: true}
	case release.VerificationInReview:
		return page.Badge{Text: "In review", Tone: page.ToneInfo, Dot: true}
	case release.VerificationRejected:
		return page.Badge{Text: "Not verified: rejected", Tone: page.ToneBad, Dot: true}
	case release.VerificationSuspended:
		return page.Badge{Text: "Suspended", Tone: page.ToneBad, Icon: page.IconShieldAlert}
	}
	if x.Holds() {
		return page.Badge{Text: "Changed since it was verified", Tone: page.ToneWarn, Dot: true}
	}
	return page.Badge{Text: "Not verified", Tone: page.ToneWarn, Dot: true}
}

// factTone is how a fact looks.
func factTone(l release.Level) page.Tone {
	switch l {
	case release.LevelOK:
		return page.ToneGood
	case release.LevelFail:
		return page.ToneBad
	}
	return page.ToneWarn
}

var factWords = map[release.Level]string{release.LevelOK: "In order", release.LevelLook: "To be looked at", release.LevelFail: "Missing"}
