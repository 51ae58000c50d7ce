package server_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

// An application that nobody has reviewed is with two customers at most; an account
// and its children are one of them.
func TestH40_UnreviewedApplicationsAreCapped(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{Change: func(c *server.Config) { c.Apps.Most = 2 }})
	ctx := t.Context()
	dev, team := h.Developer("dev@deploybot.example")
	app, _ := h.Release(dev, team, "flags.read")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	place := func(d account.Draft) (access.Principal, account.Account) {
		admin, _ := h.Customer(d.Key, account.Production)
		d.Name = d.Key
		acc, err := h.Accounts.Put(ctx, access.System("test"), d)
		must(err)
		return admin, acc
	}
	install := func(by access.Principal, acc account.Account) error {
		_, err := h.Integrations.Install(ctx, by, acc.ID, integration.Order{ApplicationID: app.PublicID})
		return err
	}
	subjects := func() string {
		in, err := h.Notices.List(ctx, dev, notice.Query{Limit: 50})
		must(err)
		var b strings.Builder
		for _, n := range in.Items {
			b.WriteString(n.Subject + "\n")
		}
		return b.String()
	}

	by, parent := place(account.Draft{Key: "agency", Kind: account.Production})
	must(install(by, parent))
	if strings.Contains(subjects(), "as many customers") {
		t.Error("the developer was warned with the first one")
	}
	child, sub := place(account.Draft{Key: "agency-child", Kind: account.Production, Parent: "agency"})
	must(install(child, sub)) // the same customer
	other, second := place(account.Draft{Key: "lakeside", Kind: account.Production})
	must(install(other, second))
	if !strings.Contains(subjects(), "as many customers as it can be without a review") {
		t.Errorf("the developer was not warned: %s", subjects())
	}
	mine, sandbox := place(account.Draft{Key: "own", Kind: account.Sandbox, Group: team.ID.String()})
	must(install(mine, sandbox)) // the developers' own counts for nothing

	third, late := place(account.Draft{Key: "harbour", Kind: account.Production})
	err := install(third, late)
	if p := problem.Of(err); p == nil || p.Code != "application_unverified_many" || p.Extra["limit"] != 2 || p.Extra["customers"] != 2 {
		t.Fatalf("the third customer: %v", err)
	}
	if !strings.Contains(subjects(), "harbour could not install Deploybot") {
		t.Errorf("the developer does not know why: %s", subjects())
	}

	// A review can be asked for at any time; once it is there, everybody can install.
	home, help, domains := "https://deploybot.example/", "help@deploybot.example", []string{"deploybot.example"}
	_, err = h.Applications.Amend(ctx, dev, app.ID, application.Patch{Homepage: &home, Support: &help, Domains: &domains})
	must(err)
	_, err = h.Releases.Submit(ctx, dev, app.ID, release.Statement{Privacy: "https://deploybot.example/privacy", Security: "security@deploybot.example", Data: "Nothing is kept."})
	must(err)
	olga := access.Operator(h.Person("olga@pennant.example"))
	taken, err := h.Releases.Take(ctx, olga, app.ID)
	must(err)
	_, err = h.Releases.Decide(ctx, olga, app.ID, release.Decision{Verify: true, Revision: taken.Revision})
	must(err)
	must(install(third, late))
}
