package console

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/release"
)

// stepRoutes are what can be done to a version besides writing it.
func (c *Console) stepRoutes() []route {
	const at = "/versions/{version}/"
	out := []route{{"POST " + at + "confirm", c.page(secondVersion)}, {"POST " + at + "resume", c.page(resumeVersion)}, {"POST " + at + "withdraw", c.page(withdrawVersion)}}
	for _, verb := range []string{"release", "submit", "stage", "pause", "roll-back", "deprecate"} {
		look, do := c.page(func(v *visit) error { return stepVersionPage(v, verb) }), c.page(func(v *visit) error { return stepVersion(v, verb) })
		if verb == "release" {
			look, do = c.sure(func(v *visit) error { return stepVersionPage(v, verb) }), c.sure(func(v *visit) error { return stepVersion(v, verb) })
		}
		out = append(out, route{"GET " + at + verb, look}, route{"POST " + at + verb, do})
	}
	return out
}

// stepView is a form about a version: how far it reaches, or why something is done.
type stepView struct {
	subject
	Version              release.Version
	Verb                 string
	Title, Text, Button  string
	Reach, Accounts      string
	Percent, Reason, Day string
	Token                string
	Faults               faults
}

func (d stepView) path() string { return versionPath(d.Version.ID) + "/" + d.Verb }

// Staged reports whether the form asks how far the version reaches.
func (d stepView) Staged() bool {
	return d.Verb == "stage" || d.Verb == "submit" || d.Verb == "release"
}

// Least is the first day on which a version may end.
func (d stepView) Least(now time.Time) string {
	return now.Add(release.DeprecationLeast + 24*time.Hour).UTC().Format(time.DateOnly)
}

// stepRights are the rights that the forms need.
var stepRights = map[string]string{"release": "version:publish", "submit": "version:submit", "stage": "version:stage", "pause": "version:pause", "roll-back": "version:roll_back", "deprecate": "version:deprecate"}

func stepVersionPage(v *visit, verb string) error {
	one, s, err := v.versionOf()
	if err != nil {
		return err
	}
	d := stepView{subject: s, Version: one, Verb: verb, Reach: string(one.Stage.Reach), Accounts: strings.Join(one.Stage.Accounts, "\n")}
	if one.Stage.Percent > 0 {
		d.Percent = strconv.Itoa(one.Stage.Percent)
	}
	return showStep(v, d)
}

func showStep(v *visit, d stepView) error {
	if err := v.by.Reach("version", stepRights[d.Verb], d.resource()); err != nil {
		return err
	}
	n := d.Version.Number
	switch d.Verb {
	case "release":
		d.Title, d.Button, d.Text = "Publish version "+n+" in stages", "Publish", "Begin with a few and let it reach further when nothing breaks. A published version never changes."
	case "submit":
		d.Title, d.Button, d.Text = "Hand in version "+n, "Hand in", "The operator looks at it. Once approved it is published at once, as far as you choose here."
	case "stage":
		d.Title, d.Button, d.Text = "How far version "+n+" reaches", "Save", "Installations within reach get it by themselves as long as it asks them for nothing more. Who has it keeps it."
	case "pause":
		d.Title, d.Button, d.Text = "Pause version "+n, "Pause", "It reaches nobody further until you let it go on. Who has it keeps it."
	case "roll-back":
		d.Title, d.Button, d.Text = "Take version "+n+" back", "Take back", "Nobody gets it any more. Accounts that had an earlier version get that again, with what they had approved, and their administrators read your reason."
	case "deprecate":
		d.Title, d.Button, d.Text = "Announce the end of version "+n, "Announce", "Administrators are told now and again a week before. Nothing is uninstalled and nothing stops on that day: it says until when you look after this version."
	}
	d.Token = v.token(d.path())
	return v.about(d.subject, "/versions", sheet{title: d.Title, status: d.Faults.status(), body: stepForm(v, d),
		trail: []page.Link{{Text: "Versions", URL: d.subject.path() + "/versions"}, {Text: n, URL: versionPath(d.Version.ID)}, {Text: d.Button}}})
}

func (v *visit) enteredStage() release.Stage {
	s := release.Stage{Reach: release.Reach(v.field("reach")), Accounts: strings.Fields(v.field("accounts"))}
	if n, err := strconv.Atoi(v.field("percent")); err == nil && s.Reach == release.ReachPercent {
		s.Percent = n
	}
	if s.Reach == release.ReachOwn || s.Reach == release.ReachAll {
		s.Accounts = nil
	}
	return s
}

func stepVersion(v *visit, verb string) error {
	one, s, err := v.versionOf()
	if err != nil {
		return err
	}
	d := stepView{subject: s, Version: one, Verb: verb, Reach: v.field("reach"), Accounts: v.field("accounts"), Percent: v.field("percent"), Reason: v.field("reason"), Day: v.field("day")}
	said := ""
	switch verb {
	case "release":
		_, err = v.Releases.PublishTo(v.ctx(), v.by, one.ID, v.enteredStage())
		said = "Version " + one.Number + " is published."
	case "submit":
		_, err = v.Releases.SubmitVersion(v.ctx(), v.by, one.ID, v.enteredStage())
		said = "Version " + one.Number + " waits for review."
	case "stage":
		_, err = v.Releases.SetStage(v.ctx(), v.by, one.ID, v.enteredStage())
		said = "Saved. Accounts within reach follow."
	case "pause":
		_, err = v.Releases.Pause(v.ctx(), v.by, one.ID, d.Reason)
		said = "The release is paused."
	case "roll-back":
		_, err = v.Releases.RollBack(v.ctx(), v.by, one.ID, d.Reason)
		said = "Version " + one.Number + " is taken back."
	case "deprecate":
		ends, _ := time.Parse(time.DateOnly, d.Day) // no day is too soon
		_, err = v.Releases.Deprecate(v.ctx(), v.by, one.ID, release.Deprecation{Ends: ends, Text: d.Reason})
		said = "The administrators are told."
	}
	if err != nil {
		f, ok := faultsOf(err, "/reason", "/text", "/ends", "/accounts", "/percent", "/reach")
		if !ok {
			return err
		}
		d.Faults = f
		return showStep(v, d)
	}
	return v.leave(versionPath(one.ID), said)
}

func secondVersion(v *visit) error {
	return v.atOnce("Confirmed. Another administrator can release it now.", func(ctx context.Context, by access.Principal, id release.ID) (release.Version, error) {
		_, err := v.Releases.Confirm(ctx, by, id)
		return release.Version{}, err
	})
}

func resumeVersion(v *visit) error { return v.atOnce("The release goes on.", v.Releases.Resume) }

func withdrawVersion(v *visit) error {
	return v.atOnce("The submission is taken back.", v.Releases.WithdrawVersion)
}

// atOnce does what needs no form; what cannot be done is said on the version's page.
func (v *visit) atOnce(said string, do func(context.Context, access.Principal, release.ID) (release.Version, error)) error {
	one, _, err := v.versionOf()
	if err != nil {
		return err
	}
	if _, err = do(v.ctx(), v.by, one.ID); err != nil {
		p := problem.Of(err)
		if p == nil || p.Kind != problem.KindConflict {
			return err
		}
		said = p.Detail
	}
	return v.leave(versionPath(one.ID), said)
}
