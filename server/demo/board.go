package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/capability/trigger"
	"github.com/guestright/guestright/client/webhook"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/example/board"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
)

// boardHost is the name of the server of the integration that is a package.
const boardHost = "board.acme.example"

// boardFile holds the secret that the board's administrator entered.
func boardFile(dir string) string { return filepath.Join(dir, "board.secret") }

// buttonFile holds the address that the board's button calls.
func buttonFile(dir string) string { return filepath.Join(dir, "board.button") }

// stopped is what the button turns off.
const stopped = "proj/web-shop:env/production:flag/one-page-checkout"

// makeBoard releases the integration that is a package, installs it and sets it up,
// as its developers and the customer's administrator would in the console.
func makeBoard(ctx context.Context, app *server.App, dir string, w world, team group.Group) error {
	i, err := ship(ctx, app, w, team, parcel{key: "notice-board", name: "Notice Board", files: board.Package,
		words:  "Writes each change of a feature flag as a note on a board for all to read.",
		scopes: []release.Request{{Scope: "flags.read", Purpose: "Hears of changes of flags, to write them on the board."}}})
	if err != nil {
		return err
	}
	secret := webhook.NewSecret()
	if err := os.WriteFile(boardFile(dir), []byte(secret), 0o600); err != nil {
		return err
	}
	c, err := app.Configurations.Create(ctx, w.admin(), i.ID, configuration.Draft{Values: map[string]any{"url": "http://" + boardHost, "secret": secret}})
	if err != nil {
		return err
	}
	t, err := app.Triggers.Create(ctx, w.admin(), c.ID.String(), trigger.Draft{Subject: stopped, Instruction: "turn_off", Description: "The button below the notes"})
	if err != nil {
		return err
	}
	address, err := url.Parse(t.URL.Reveal())
	if err != nil {
		return err
	}
	return os.WriteFile(buttonFile(dir), []byte(address.Path), 0o600) // the demo's ports change
}

// readBoard opens the board with the secret that was entered; nil in a folder from
// before.
func readBoard(dir string, now func() time.Time) (*board.Board, error) {
	raw, err := noted(boardFile(dir))
	if err != nil || raw == "" {
		return nil, err
	}
	return board.New(&webhook.Verifier{Secrets: []string{raw}, Now: now}), nil
}

// press calls the address of the board's button, as a service that has it does.
func press(ctx context.Context, dir, console string) error {
	path, err := os.ReadFile(buttonFile(dir))
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(console, "/")+string(path), strings.NewReader(`{"pressed": "Someone pressed the button of the board"}`))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusAccepted {
		return errors.Join(fmt.Errorf("guestright answered %s: look at the trigger on the page of the board's configuration", res.Status), err)
	}
	return nil
}

// mountBoard serves the board beside the example integration's own page.
func mountBoard(mux *http.ServeMux, b *board.Board, dir, console string) {
	if b == nil {
		return
	}
	mux.Handle("POST /notes", b.Handler())
	mux.Handle("POST /board/stop", http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := press(r.Context(), dir, console); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		http.Redirect(w, r, "/board", http.StatusSeeOther)
	})))
	mux.HandleFunc("GET /board", func(w http.ResponseWriter, r *http.Request) {
		var rows []page.Row
		for _, n := range b.Notes() {
			rows = append(rows, page.Row{Cells: []templ.Component{page.Pair{Main: page.Text(n.Text), Sub: page.Text(n.Where)}, page.Moment{At: time.Unix(n.At, 0), Now: time.Now()}}})
		}
		hung := templ.Component(page.Empty{Icon: page.IconInbox, Title: "Nothing on the board yet", Text: "Switch a flag in Pennant, or let things happen on Deploybot's page."})
		if len(rows) > 0 {
			hung = page.Table{Caption: "Notes", Columns: []page.Column{{Title: "What has changed"}, {Title: "When", Narrow: true}}, Rows: rows}
		}
		parts := []templ.Component{
			page.Head{Title: "Notice Board", Text: "This page stands for a service somewhere on the internet. It takes what its package in Guestright makes of each change."},
			within(page.Card{Title: "Notes", Flush: true}, hung),
			within(page.Card{Title: "Is the shop in trouble?", Text: "The button calls a secret address. All that it can do is what the account administrator has chosen for it: turn off the flag One-page checkout in production."},
				form("/board/stop", page.Button{Text: "Turn the one-page checkout off", Weight: page.Danger})),
			within(page.Card{Title: "What to look at", Text: "Sign in as the account administrator, open Notice Board, Set up and the configuration: which changes it is told of, how the deliveries fare, and under Its triggers who pressed the button."},
				page.Link{Text: "Open the console", URL: console, Icon: page.IconExternalLink}),
		}
		bare(w, r, "Notice Board", parts...)
	})
}
