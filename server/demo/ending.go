package demo

import (
	"context"
	"net/netip"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/leak"
	"github.com/guestright/guestright/legacy"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/usage"
)

// legacyHeader is where calls of the demo carry the keys that Pennant once made.
const legacyHeader = "X-Pennant-Key"

// endings makes what is about to end or has: two keys from before Guestright, one
// of them in use, and a token that somebody found in a repository.
func endings(ctx context.Context, app *server.App, admin access.Principal, w world) error {
	rows := []legacy.Row{
		{Account: w.harbour.Key, Key: secret.New("pennant-" + secret.Generate(secret.PrivateKey).Reveal()[8:40]), Label: "Cash register", Everything: true, Created: app.DB.Now().AddDate(-3, 0, 0)},
		{Account: w.harbour.Key, Key: secret.New("pennant-" + secret.Generate(secret.PrivateKey).Reveal()[8:40]), Label: "Newsletter tool", Scopes: []string{"flags.read"}, Created: app.DB.Now().AddDate(-2, -4, 0)},
	}
	if _, err := app.Legacy.Import(ctx, access.Operator(w.ids["platform operator"]), rows, false); err != nil {
		return err
	}
	keys, err := app.Legacy.List(ctx, admin, legacy.Query{Account: w.harbour.ID.String()})
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.Label == rows[0].Label {
			calls(app, usage.Key{Grant: k.Grant, Account: k.Account}, []usage.Subject{{Kind: "grant", ID: k.Grant}})
		}
	}
	old, err := app.Private.Create(ctx, admin, w.harbour.ID, private.Draft{Name: "Old export script", Scopes: []string{"flags.read"},
		Description: "What the nightly export was before it had permissions of its own."})
	if err != nil {
		return err
	}
	id := old.Token.ID.String()
	calls(app, usage.Key{Grant: old.Grant, Account: old.Account, Key: id}, []usage.Subject{{Kind: "grant", ID: old.Grant}, {Kind: "token", ID: id}})
	if err := app.Usage.Flush(ctx); err != nil {
		return err
	}
	return app.Leaks.Report(ctx, leak.Report{Text: old.Token.Secret, Where: "https://github.com/harbour-books/scripts/blob/main/export.sh", Source: leak.Form})
}

// calls records some calls as the gateway would have.
func calls(app *server.App, k usage.Key, of []usage.Subject) {
	at := app.DB.Now().Add(-2 * time.Hour)
	for operation, n := range map[string]uint32{"listProjects": 3, "listFlags": 14} {
		k.Operation = operation
		app.Usage.Recorder.Record(at, k, n)
		for _, s := range of {
			app.Usage.Recorder.Touch(s, at, usage.Call{Operation: operation, From: netip.MustParseAddr("203.0.113.24")})
		}
	}
}
