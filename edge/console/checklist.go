package console

import (
	"strconv"
	"strings"

	"github.com/guestright/guestright/checklist"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/release"
)

func (c *Console) checklistRoutes() []route {
	if c.Checklists == nil {
		return nil
	}
	const mine, theirs = "/versions/{version}/checklist", "/operator/versions/{version}"
	return []route{
		{"GET " + mine, c.page(func(v *visit) error { return showChecklist(v, checklistView{}) })},
		{"POST " + mine + "/run", c.page(runChecklist)},
		{"POST " + mine + "/reasons", c.page(explainScopes)},
		{"GET /operator/versions", c.operator(operatorVersions)},
		{"GET " + theirs, c.operator(func(v *visit) error { return showVersionReview(v, versionReviewView{}) })},
		{"POST " + theirs + "/run", c.operator(runChecklistAsOperator)},
		{"POST " + theirs + "/take", c.operator(takeVersion)},
		{"POST " + theirs + "/marks", c.operator(markVersion)},
		{"POST " + theirs + "/waive", c.operator(waiveItem)},
		{"POST " + theirs + "/decide", c.operator(decideVersion)},
	}
}

func checklistPath(id release.ID) string { return versionPath(id) + "/checklist" }

// checklistView is the checklist of a version as its developers see it.
type checklistView struct {
	subject
	checklist.Checklist
	Version    release.Version
	Texts      map[string]string // reasons as they were typed
	MayRun     bool
	MayExplain bool
	MaySubmit  bool
	Token      func(action string) string
	Faults     faults
}

func (d checklistView) path() string { return checklistPath(d.Version.ID) }

// reason is what was typed about a scope, or what is known.
func (d checklistView) reason(r checklist.ScopeReason) string {
	if text, typed := d.Texts[r.Scope]; typed {
		return text
	}
	return r.Reason
}

func showChecklist(v *visit, d checklistView) error {
	one, s, err := v.versionOf()
	if err != nil {
		return err
	}
	d.Version, d.subject = one, s
	if d.Checklist, err = v.Checklists.Get(v.ctx(), v.by, one.ID); err != nil {
		return err
	}
	on := s.resource()
	d.MayRun, d.MayExplain = v.may("version:check", on), v.may("version:justify", on) && one.Editable()
	d.MaySubmit = one.Editable() && v.may("version:submit", on) && len(d.Missing) == 0
	d.Token = func(action string) string { return v.token(d.path() + "/" + action) }
	return v.about(s, "/versions", sheet{title: "Release checklist of " + one.Number, status: d.Faults.status(), body: checklistHome(v, d),
		trail: []page.Link{{Text: "Versions", URL: s.path() + "/versions"}, {Text: one.Number, URL: versionPath(one.ID)}, {Text: "Release checklist"}}})
}

func (v *visit) versionID() (release.ID, error) {
	return ident.Parse[release.Version](v.r.PathValue("version"))
}

// checked runs the checks and says how they came out.
func (v *visit) checked() (string, error) {
	id, err := v.versionID()
	if err != nil {
		return "", err
	}
	got, err := v.Checklists.Run(v.ctx(), v.by, id)
	if problem.CodeOf(err) == "checks_running" {
		return "The checks are running already. Load the page again in a moment.", nil
	}
	if err != nil {
		return "", err
	}
	failed := 0
	for _, i := range got.Run.Items {
		if i.Outcome == checklist.Failed {
			failed++
		}
	}
	if failed == 0 {
		return "The checks ran. Nothing failed.", nil
	}
	return "The checks ran. " + plural(failed, "item") + " failed.", nil
}

func runChecklist(v *visit) error {
	words, err := v.checked()
	if err != nil {
		return err
	}
	return v.leave("/versions/"+v.r.PathValue("version")+"/checklist", words)
}

const reasonField = "reason_"

func explainScopes(v *visit) error {
	one, _, err := v.versionOf()
	if err != nil {
		return err
	}
	texts := map[string]string{}
	for _, scope := range one.Scopes() {
		if v.r.PostForm.Has(reasonField + scope) {
			texts[scope] = v.field(reasonField + scope)
		}
	}
	if _, err := v.Checklists.Explain(v.ctx(), v.by, one.ID, texts); err != nil {
		if f, ok := faultsOf(err, "/reasons"); ok {
			return showChecklist(v, checklistView{Texts: texts, Faults: f})
		}
		return err
	}
	return v.leave(checklistPath(one.ID), "Saved. Run the checks again before you hand it in.")
}

// outcomeBadge says how an item came out.
func outcomeBadge(o checklist.Outcome) page.Badge {
	switch o {
	case checklist.Passed:
		return page.Badge{Text: "Passed", Tone: page.ToneGood, Dot: true}
	case checklist.Failed:
		return page.Badge{Text: "Failed", Tone: page.ToneBad, Dot: true}
	case checklist.Look:
		return page.Badge{Text: "A person looks", Tone: page.ToneWarn, Dot: true}
	}
	return page.Badge{Text: "Not needed", Dot: true}
}

func verdictBadge(x checklist.Verdict) page.Badge {
	switch x {
	case checklist.OK:
		return page.Badge{Text: "Fine", Tone: page.ToneGood, Dot: true}
	case checklist.Mend:
		return page.Badge{Text: "To be mended", Tone: page.ToneBad, Dot: true}
	case checklist.Waived:
		return page.Badge{Text: "Let pass", Tone: page.ToneWarn, Dot: true}
	}
	return page.Badge{Text: "Not needed", Dot: true}
}

// inOrder are the items of a run: what failed first, then what a person looks at.
func inOrder(items []checklist.Item) []checklist.Item {
	var out []checklist.Item
	for _, o := range []checklist.Outcome{checklist.Failed, checklist.Look, checklist.Passed, checklist.Skipped} {
		for _, i := range items {
			if i.Outcome == o {
				out = append(out, i)
			}
		}
	}
	return out
}

// itemTitle is the title of an item or question.
func itemTitle(c checklist.Checklist, code string) string {
	for _, q := range c.Questions {
		if q.Code == code {
			return q.Title
		}
	}
	for _, i := range c.Run.Items {
		if i.Code == code {
			return i.Title
		}
	}
	return code
}

// clockWords say how long reviews take.
func clockWords(c checklist.Clock, required bool) string {
	if !required {
		return "The operator of this platform reviews no versions. The checks are advice."
	}
	text := "The operator decides within " + plural(c.Days, "day") + "."
	switch {
	case c.Of == 0:
		return text
	case c.Of == 1 && c.Median < 1:
		return text + " The last review took less than a day."
	case c.Of == 1:
		return text + " The last review took " + strconv.FormatFloat(c.Median, 'f', 1, 64) + " days."
	case c.Median < 1:
		return text + " Half of the last " + plural(c.Of, "review") + " took less than a day."
	}
	return text + " Half of the last " + plural(c.Of, "review") + " took at most " + strings.TrimSuffix(strconv.FormatFloat(c.Median, 'f', 1, 64), ".0") + " days."
}
