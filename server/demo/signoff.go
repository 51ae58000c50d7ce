package demo

import (
	"context"
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/example/signoff"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
)

// signoffHost is the name of the server of the integration that decides.
const signoffHost = "signoff.acme.example"

// The place whose changes wait for Sign-off.
const (
	decidedProject     = "reader-app"
	decidedEnvironment = "production"
)

func signoffFile(dir string) string { return filepath.Join(dir, "signoff.token") }

// makeSignoff ships the integration that decides, and has the reader app's production ask for it.
func makeSignoff(ctx context.Context, app *server.App, pen *pennant.Server, dir string, w world, team group.Group) error {
	i, err := ship(ctx, app, w, team, parcel{key: "sign-off", name: "Sign-off", files: signoff.Package,
		words:  "Changes wait on its page until somebody has said yes or no.",
		scopes: []release.Request{{Scope: "flags.write", Purpose: "Has a change made once it was approved, and attaches what was decided to the flag."}}})
	if err != nil {
		return err
	}
	token := rand.Text()
	c, err := app.Configurations.Create(ctx, w.admin(), i.ID, configuration.Draft{Values: map[string]any{"url": "http://" + signoffHost, "token": token, "gitarToken": rand.Text()}})
	if err != nil {
		return err
	}
	if err := pen.Desk(pennant.HarbourBooks, productMember).AskFor(ctx, decidedProject, decidedEnvironment, c.ID.String()); err != nil {
		return err
	}
	return os.WriteFile(signoffFile(dir), []byte(token), 0o600)
}

// mountSignoff serves what Guestright calls, and the page for people.
func mountSignoff(mux *http.ServeMux, dir, console string, now func() time.Time) error {
	token, err := noted(signoffFile(dir))
	if err != nil || token == "" {
		return err
	}
	o := &signoff.Office{Token: token, Now: now, People: []signoff.Person{{ID: "nora", Email: "nora@harbour-books.example", Name: "Nora Quill"}}}
	mux.Handle(signoffHost+"/", o.Handler())
	mux.Handle("POST /signoff/{id}", http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := o.Decide(r.PathValue("id"), r.PostFormValue("say") == "yes"); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		http.Redirect(w, r, "/signoff", http.StatusSeeOther)
	})))
	mux.HandleFunc("GET /signoff", func(w http.ResponseWriter, r *http.Request) { showSignoff(w, r, o, console) })
	return nil
}

var signoffTones = map[signoff.State]page.Tone{signoff.Asked: page.ToneWarn, signoff.Approved: page.ToneInfo, signoff.Applied: page.ToneGood, signoff.Declined: page.ToneBad}

func showSignoff(w http.ResponseWriter, r *http.Request, o *signoff.Office, console string) {
	var rows []page.Row
	for _, q := range o.Requests() {
		do := templ.Component(page.Text(""))
		if q.State == signoff.Asked {
			at := "/signoff/" + q.ID
			do = within(page.Actions{}, templ.Join(form(at, page.Button{Text: "Approve", Name: "say", Value: "yes", Weight: page.Primary, Small: true, Hidden: q.Title}),
				form(at, page.Button{Text: "Decline", Name: "say", Value: "no", Small: true, Hidden: q.Title})))
		}
		rows = append(rows, page.Row{Cells: []templ.Component{page.Pair{Main: page.Text(q.Title), Sub: page.Text(q.Where)},
			page.Badge{Text: q.State.Words(), Tone: signoffTones[q.State], Dot: true}, page.Moment{At: q.Came, Now: time.Now()}, do}})
	}
	parts := []templ.Component{
		page.Head{Title: "Sign-off", Text: "This page stands for a service somewhere on the internet. A change waits here until you have said yes or no; Guestright asks every five minutes, and at once when somebody looks."},
		within(page.Card{Title: "Changes", Flush: true}, page.Table{Caption: "Changes", Columns: []page.Column{{Title: "Change"}, {Title: "State", Narrow: true}, {Title: "When", Narrow: true}, {Title: "Decide", Hidden: true}}, Rows: rows,
			Empty: page.Empty{Icon: page.IconInbox, Title: "Nothing waits", Text: "Open Pennant and switch a flag of the Reader app in production: it asks here first."}}),
	}
	if asked := o.Questions(); len(asked) > 0 {
		var rows []page.Row
		for _, q := range asked {
			rows = append(rows, page.Row{Cells: []templ.Component{page.Pair{Main: page.Text(q.Text), Sub: page.Text(q.About)}, page.Moment{At: q.Came, Now: time.Now()}}})
		}
		parts = append(parts, within(page.Card{Title: "Questions", Flush: true}, page.Table{Caption: "Questions", Columns: []page.Column{{Title: "Question"}, {Title: "When", Narrow: true}}, Rows: rows}))
	}
	parts = append(parts, within(page.Card{Title: "What to look at", Text: "Sign in as the account administrator, open Sign-off, Set up, the configuration and Every approval: who asked, what Sign-off said, and what became of it."},
		page.Link{Text: "Open the console", URL: console, Icon: page.IconExternalLink}))
	bare(w, r, "Sign-off", parts...)
}

// bare renders a page of one of the demo's services.
func bare(w http.ResponseWriter, r *http.Request, title string, parts ...templ.Component) {
	body := within(page.Bare(page.Frame{Title: title, Service: title, Theme: page.ThemeOf(r)}), within(page.Stack(), templ.Join(parts...)))
	_ = page.Policy{}.Render(w, r, http.StatusOK, body) // the visitor has gone
}
