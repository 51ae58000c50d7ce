package demo

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
)

// Client is the application of the demo that acts as the people who sign in with
// it: whoever tries an OAuth library needs its credentials.
type Client struct {
	ID       string `json:"client_id"`
	Secret   string `json:"client_secret"`
	Redirect string `json:"redirect_uri"` // on loopback, with any port (RFC 8252 section 7.3)
	Account  string `json:"account_id"`   // key of the account in which it is installed
}

func clientFile(dir string) string { return filepath.Join(dir, "flagboard.json") }

// makeClient registers an application that acts for people, takes it through the
// operator's review and installs it.
func makeClient(ctx context.Context, app *server.App, dir string, w world, team group.Group) error {
	dev := access.UserPrincipal(w.ids["developer"], map[string]string{team.ID.String(): access.GroupOwner}, nil)
	admin := access.UserPrincipal(w.ids["account administrator"], nil, map[string]string{w.harbour.ID.String(): access.AccountAdmin})
	a, err := app.Applications.Register(ctx, dev, team.ID.String(), application.Draft{Name: "Flag Board", Homepage: "https://acme.example/flag-board",
		Description: "Shows your team's feature flags on one board, each as far as the person who looks may see it.", Domains: []string{"acme.example"}, Support: "support@acme.example"})
	if err != nil {
		return err
	}
	c := Client{Redirect: "http://127.0.0.1/callback", Account: pennant.HarbourBooks}
	if _, err := app.Applications.SetClient(ctx, dev, a.ID, application.ClientPatch{RedirectURIs: &[]string{c.Redirect, "https://acme.example/flag-board/callback"}}); err != nil {
		return err
	}
	v, err := app.Releases.Draft(ctx, dev, a.ID, release.Content{Number: "2.0.0", Delegation: "consent", Notes: "People sign in with their own account.",
		Required: []release.Request{{Scope: "flags.read", Purpose: "Shows the flags that you may see on your board."}, {Scope: "projects.read", Purpose: "Groups the board by project."}},
		Optional: []release.Request{{Scope: "flags.write", Purpose: "Lets you switch a flag from the board, if your role allows it."}}})
	if err != nil {
		return err
	}
	if _, err := app.Releases.Publish(ctx, dev, v.ID); err != nil {
		return err
	}
	key, err := app.Applications.CreateKey(ctx, dev, a.ID, application.KeyDraft{Label: "board server"})
	if err != nil {
		return err
	}
	if err := verify(ctx, app, w, dev, a.ID); err != nil {
		return err
	}
	if _, err := app.Integrations.Install(ctx, admin, w.harbour.ID, integration.Order{ApplicationID: a.PublicID, Delegation: "consent",
		Scopes: []string{"flags.read", "projects.read", "flags.write"}}); err != nil {
		return err
	}
	c.ID, c.Secret = key.ClientID, key.Secret.Reveal()
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return os.WriteFile(clientFile(dir), raw, 0o600)
}

// verify takes an application through the operator's review.
func verify(ctx context.Context, app *server.App, w world, dev access.Principal, id application.ID) error {
	_, err := app.Releases.Submit(ctx, dev, id, release.Statement{Privacy: "https://acme.example/privacy", Security: "security@acme.example",
		Data: "Keeps nothing: the board is drawn from the API each time. Server logs hold account keys for 14 days."})
	if err != nil {
		return err
	}
	operator := access.Operator(w.ids["platform operator"])
	got, err := app.Releases.Take(ctx, operator, id)
	if err != nil {
		return err
	}
	_, err = app.Releases.Decide(ctx, operator, id, release.Decision{Verify: true, Revision: got.Revision, Note: "Tried with Emil's sign-in."})
	return err
}

// readClient reads the credentials that makeClient wrote; the zero Client when a
// folder is older than they are.
func readClient(dir string) (Client, error) {
	var c Client
	raw, err := os.ReadFile(clientFile(dir))
	if os.IsNotExist(err) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(raw, &c)
}
