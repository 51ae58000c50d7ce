package console

import (
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/admission"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/insight"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
)

func (c *Console) confirmationRoutes() []route {
	if c.Admission == nil {
		return nil
	}
	const at = "/accounts/{account}/confirmations"
	return []route{
		{"GET " + at, c.page(confirmationsPage)},
		{"POST " + at, c.page(setConfirmations)},
		{"POST " + at + "/{installation}", c.page(keepIntegration)},
		{"POST /installations/{installation}/term", c.page(setTerm)},
	}
}

func confirmationsPath(acc string) string { return accountPath(acc) + "/confirmations" }

// confirmationsView is what an account confirms from time to time.
type confirmationsView struct {
	Account account.Account
	admission.Confirmation
	Used    map[string]insight.Report // by grant
	Manages bool
	Typed   confirmationsTyped
	Faults  faults
	Token   func(action string) string
}

// confirmationsTyped is what was typed into the settings.
type confirmationsTyped struct {
	Days, Grace string
	Suspends    bool
}

func confirmationsPage(v *visit) error { return v.showConfirmations(nil, faults{}) }

func (v *visit) showConfirmations(typed *confirmationsTyped, f faults) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	d := confirmationsView{Account: a, Faults: f, Used: map[string]insight.Report{}, Manages: v.may("admission:update", account.Resource(a.ID.String()))}
	if d.Confirmation, err = v.Admission.Confirmations(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	d.Typed = confirmationsTyped{Days: page.Count(int64(d.Days)), Grace: page.Count(int64(d.Grace)), Suspends: d.Cycle.Suspends}
	if typed != nil {
		d.Typed = *typed
	}
	for _, i := range d.Items {
		if v.Insight == nil || !v.mayUse(a.ID.String()) {
			break
		}
		id, err := ident.Parse[grant.Grant](i.Grant)
		if err != nil {
			return err
		}
		if d.Used[i.Grant], err = v.Insight.Report(v.ctx(), v.by, id, 90); err != nil {
			return err
		}
	}
	d.Token = func(action string) string { return v.token(confirmationsPath(a.ID.String()) + action) }
	return v.inAccount(a, sheet{title: "Still needed?", status: f.status(), trail: []page.Link{{Text: "Still needed?"}}, body: confirmationList(v, d)})
}

func setConfirmations(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	t := confirmationsTyped{Days: v.field("days"), Grace: v.field("grace"), Suspends: v.field("suspend") == "on"}
	c := admission.Cycle{Days: dayCount(t.Days), Grace: dayCount(t.Grace), Suspends: t.Suspends}
	if _, err = v.Admission.SetCycle(v.ctx(), v.by, a.ID, c, whole(v.field("revision"))); err == nil {
		return v.leave(confirmationsPath(a.ID.String()), "It holds from now on.")
	}
	if f, ok := faultsOf(err, "/days", "/grace_days"); ok {
		return v.showConfirmations(&t, f)
	}
	return err
}

// dayCount reads a number of days; nothing means 0, and what is no number fits no rule.
func dayCount(text string) int {
	if text == "" || text == "0" {
		return 0
	}
	if n := whole(text); n > 0 && n < 100_000 {
		return int(n)
	}
	return -1
}

func keepIntegration(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	id, err := ident.Parse[integration.Installation](v.r.PathValue("installation"))
	if err != nil {
		return err
	}
	if _, err := v.Admission.Confirm(v.ctx(), v.by, id); err != nil {
		if f, ok := faultsOf(err); ok {
			return v.showConfirmations(nil, f)
		}
		return err
	}
	return v.leave(confirmationsPath(a.ID.String()), "Confirmed. You are asked again when it is due the next time.")
}

// setTerm gives an integration an end.
func setTerm(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	ends, ok := end(v.field("ends"))
	if !ok {
		return showInstallation(v, i, availability{}, faults{text: "The day can't be read.", fields: fieldFault("/ends", "Give a day such as 2026-12-31.")})
	}
	if _, err := v.Admission.SetTerm(v.ctx(), v.by, i.ID, ends); err != nil {
		if f, ok := faultsOf(err, "/ends"); ok {
			return showInstallation(v, i, availability{}, f)
		}
		return err
	}
	words := "It has no end any more."
	if !ends.IsZero() {
		words = "It stops after " + ends.Add(-time.Hour).UTC().Format("2 January 2006") + " unless you give it a later end. You are reminded before."
	}
	return v.leave(installationPath(i.ID.String()), words)
}

// term reads the end that an installation was given.
func (d *installationView) term(v *visit) error {
	if v.Admission == nil || !d.Customer {
		return nil
	}
	var err error
	d.Stay, err = v.Admission.Term(v.ctx(), v.by, d.ID)
	return err
}

// termDay is the last day of a stay, for the field.
func termDay(s admission.Stay) string {
	if s.Ends.IsZero() {
		return ""
	}
	return s.Ends.Add(-time.Second).UTC().Format(day)
}
