package demo

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/example/deploybot"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
)

// botEvery is how often the example integration does its work.
const botEvery = 30 * time.Second

// botAgain is how soon it tries again.
const botAgain = 2 * time.Second

// While it is being installed, which takes a moment after the start, it tries often
// and complains of nothing.
const (
	botBegins   = 5 * time.Second
	botBeginsBy = 100 * time.Millisecond
)

// bot is the credential of the example integration. A developer would keep it in
// their own deployment; the demo keeps it in a file of its folder.
type bot struct {
	ClientID string `json:"client_id"`
	Secret   string `json:"client_secret"`
	Account  string `json:"account_id"`
	Webhook  string `json:"webhook_secret"`
}

func botFile(dir string) string { return filepath.Join(dir, "deploybot.json") }

// makeBot registers, releases and installs the example integration, as its
// developers and the customer's administrator would in the console.
func makeBot(ctx context.Context, app *server.App, dir string, w world, team group.Group) error {
	dev := access.UserPrincipal(w.ids["developer"], map[string]string{team.ID.String(): access.GroupOwner}, nil)
	admin := access.UserPrincipal(w.ids["account administrator"], nil, map[string]string{w.harbour.ID.String(): access.AccountAdmin})
	a, err := app.Applications.Register(ctx, dev, team.ID.String(), application.Draft{Name: "Deploybot", Homepage: "https://acme.example/deploybot",
		Description: "Turns a feature flag on in staging and then in production once a deployment went well.", Domains: []string{"acme.example"}, Support: "support@acme.example"})
	if err != nil {
		return err
	}
	v, err := app.Releases.Draft(ctx, dev, a.ID, release.Content{Number: "1.2.0", Notes: "Waits for staging before it touches production.",
		Required: []release.Request{{Scope: "flags.read", Purpose: "Reads a flag before it switches it."}, {Scope: "flags.write", Purpose: "Switches the flag of a deployment on."}}})
	if err != nil {
		return err
	}
	if _, err := app.Releases.Publish(ctx, dev, v.ID); err != nil {
		return err
	}
	key, err := app.Applications.CreateKey(ctx, dev, a.ID, application.KeyDraft{Label: "demo process"})
	if err != nil {
		return err
	}
	if _, err := app.Integrations.Install(ctx, admin, w.harbour.ID, integration.Order{ApplicationID: a.PublicID}); err != nil {
		return err
	}
	hook, err := subscribeBot(ctx, app, dev, a.ID)
	if err != nil {
		return err
	}
	if err := giveProductKey(ctx, app, dir, w.ids["platform operator"]); err != nil {
		return err
	}
	raw, err := json.Marshal(bot{ClientID: key.ClientID, Secret: key.Secret.Reveal(), Account: w.harbour.ID.String(), Webhook: hook})
	if err != nil {
		return err
	}
	return os.WriteFile(botFile(dir), raw, 0o600)
}

// runBot lets the example integration work until ctx ends.
func runBot(ctx context.Context, g Guide, log *slog.Logger) {
	b, err := readBot(g.Dir)
	if err != nil {
		log.Warn("deploybot has no key", "error", err)
		return
	}
	for begun := time.Now(); ; {
		pause := botEvery
		err := deploybot.Run(ctx, deploybot.Config{TokenURL: g.Console + "/oauth/token", ClientID: b.ClientID, ClientSecret: b.Secret, AccountID: b.Account,
			APIURL: g.Gateway, AccountKey: pennant.HarbourBooks, Project: "web-shop", Flag: "one-page-checkout"})
		switch {
		case err == nil || ctx.Err() != nil:
		case time.Since(begun) < botBegins:
			pause = botBeginsBy
		default:
			log.Info("deploybot", "error", err)
			pause = botAgain
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}
