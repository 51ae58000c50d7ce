package demo

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/sandbox"
	"github.com/guestright/guestright/server"
)

// SignIn is one person of the demo.
type SignIn struct{ Who, Email, Password string }

// Example is the integration that is there from the start.
type Example struct {
	ApplicationID string // public ID of the application
	Account       string // the account it is installed in
}

// The people of the demo. Their passwords are printed; nothing here leaves this
// machine.
var people = []struct {
	who, email, name, company, password string
}{
	{"platform operator", "olive@pennant.example", "Olive Operator", "Pennant", "welcome-olive-1906"},
	{"developer", "dev@acme.example", "Dana Developer", "Acme", "welcome-dana-1815"},
	{"account administrator", "ada@harbour-books.example", "Ada Administrator", "Harbour Books", "welcome-ada-1843"},
	{"end user", "emil@harbour-books.example", "Emil Enduser", "Harbour Books", "welcome-emil-1867"},
}

func (g *Guide) people() {
	for _, p := range people {
		g.People = append(g.People, SignIn{Who: p.who, Email: p.email, Password: p.password})
	}
}

// seed fills an empty platform; one that has data is left as it is.
func seed(ctx context.Context, app *server.App, pen *pennant.Server, g *Guide) error {
	g.people()
	by := access.System("demo")
	there, err := app.Accounts.List(ctx, by, "", 1)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return again(ctx, app, g)
	}
	ids := map[string]string{}
	for _, p := range people {
		u, err := app.Identity.Enrol(ctx, by, identity.Newcomer{Email: p.email, Name: p.name, Company: p.company,
			Password: secret.New(p.password), Operator: p.who == "platform operator"})
		if err != nil {
			return err
		}
		ids[p.who] = u.ID.String()
	}
	harbour, err := accounts(ctx, app, by, ids)
	if err != nil {
		return err
	}
	return integrations(ctx, app, pen, g, world{ids: ids, harbour: harbour})
}

// acmeSites is how many installations Acme may have.
const acmeSites = 50

type world struct {
	ids     map[string]string
	harbour account.Account
}

// accounts makes the product's customers and their people, as the product would
// through the API.
func accounts(ctx context.Context, app *server.App, by access.Principal, ids map[string]string) (account.Account, error) {
	harbour, err := app.Accounts.Put(ctx, by, account.Draft{Key: pennant.HarbourBooks, Name: "Harbour Books"})
	if err != nil {
		return harbour, err
	}
	if _, err := app.Accounts.Put(ctx, by, account.Draft{Key: pennant.AlderClinic, Name: "Alder Clinic"}); err != nil {
		return harbour, err
	}
	acc := harbour.ID.String()
	return harbour, app.DB.Write(ctx, func(tx *store.Tx) error {
		reader, err := app.Accounts.PutRole(tx, by, account.Role{Account: acc, Key: "viewer", Name: "Viewer",
			Policy: access.Policy{{Effect: access.Allow, Actions: []string{"*:view"}, Resources: []string{"*"}}}})
		if err != nil {
			return err
		}
		if _, err := app.Accounts.PutRole(tx, by, account.Role{Account: acc, Key: "administrator", Name: "Administrator", Administrator: true,
			Policy: access.Policy{{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}}); err != nil {
			return err
		}
		if err := app.Accounts.SetMember(tx, by, account.Member{Account: acc, User: ids["account administrator"], Role: access.AccountAdmin}); err != nil {
			return err
		}
		return app.Accounts.SetMember(tx, by, account.Member{Account: acc, User: ids["end user"], Role: access.AccountReader, Roles: []string{reader.ID.String()}})
	})
}

// integrations makes Acme's group with one released and installed application,
// so that no page is empty at first sight.
func integrations(ctx context.Context, app *server.App, pen *pennant.Server, g *Guide, w world) error {
	dev := access.UserPrincipal(w.ids["developer"], nil, nil)
	team, err := app.Groups.Create(ctx, dev, "Acme - Sudoku")
	if err != nil {
		return err
	}
	dev = access.UserPrincipal(w.ids["developer"], map[string]string{team.ID.String(): access.GroupOwner}, nil)
	if _, err := app.Sandboxes.Open(ctx, dev, team.ID, sandbox.Opening{Name: "Acme sandbox"}); err != nil {
		return err
	}
	bot, err := app.Applications.Register(ctx, dev, team.ID.String(), application.Draft{Name: "Release Notes", Homepage: "https://acme.example/release-notes",
		Description: "Writes a weekly note about which feature flags changed and who switched them.", Domains: []string{"acme.example"}, Support: "support@acme.example"})
	if err != nil {
		return err
	}
	v, err := app.Releases.Draft(ctx, dev, bot.ID, release.Content{Number: "1.0.0", Notes: "First release.",
		Required: []release.Request{{Scope: "flags.read", Purpose: "Reads your flags to list what changed."}, {Scope: "projects.read", Purpose: "Reads project names for the headings of the note."}},
		Optional: []release.Request{{Scope: "members.read", Purpose: "Names the people who switched a flag."}}})
	if err != nil {
		return err
	}
	if _, err := app.Releases.Publish(ctx, dev, v.ID); err != nil {
		return err
	}
	// The operator's queue has something to look at.
	if _, err := app.Releases.Submit(ctx, dev, bot.ID, release.Statement{Privacy: "https://acme.example/privacy", Security: "security@acme.example",
		Data: "Keeps the names of flags and who switched them for 90 days, in the EU; a customer's data go when they remove the application."}); err != nil {
		return err
	}
	admin := access.UserPrincipal(w.ids["account administrator"], nil, map[string]string{w.harbour.ID.String(): access.AccountAdmin})
	if _, err := app.Integrations.Install(ctx, admin, w.harbour.ID, integration.Order{ApplicationID: bot.PublicID}); err != nil {
		return err
	}
	if err := privates(ctx, app, admin, w); err != nil {
		return err
	}
	if err := endings(ctx, app, admin, w); err != nil {
		return err
	}
	if err := roles(ctx, app, admin, w); err != nil {
		return err
	}
	g.Example = Example{ApplicationID: bot.PublicID, Account: w.harbour.Name}
	if err := makeBot(ctx, app, g.Dir, w, team); err != nil {
		return err
	}
	// Room for more than the usual six, so that a visitor may install what others have published.
	if err := app.Quota.Grant(ctx, access.Operator(w.ids["platform operator"]), quota.Override{Owner: team.ID.String(), Limit: quota.SitesLimit, Value: acmeSites, Reason: "Acme ships to every customer of Pennant."}); err != nil {
		return err
	}
	if err := makeBoard(ctx, app, g.Dir, w, team); err != nil {
		return err
	}
	if err := makeSignoff(ctx, app, pen, g.Dir, w, team); err != nil {
		return err
	}
	if err := makeGuestlist(ctx, app, g, w, team); err != nil {
		return err
	}
	if err := makeClient(ctx, app, g.Dir, w, team); err != nil {
		return err
	}
	return fill(ctx, app, w, team)
}

// again fills the guide from data that were there.
func again(ctx context.Context, app *server.App, g *Guide) error {
	apps, err := app.Applications.List(ctx, access.System("demo"), "")
	if err != nil || len(apps) == 0 {
		return err
	}
	g.Example = Example{ApplicationID: apps[0].PublicID, Account: "Harbour Books"}
	return nil
}
