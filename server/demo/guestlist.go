package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/capability/snapshotpush"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/example/guestlist"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
)

// guestlistHost is the name of the server of the integration that fills a segment.
const guestlistHost = "guestlist.acme.example"

const (
	guestlistKey   = "guest-list"
	guestlistPlace = "reader-app"
	filled         = "proj/reader-app:env/production"
)

// guestlistFile holds the token that Guestright shows there, and the one that the
// list shows here.
func guestlistFile(dir string) string { return filepath.Join(dir, "guestlist.tokens") }

// makeGuestlist ships the integration that fills a segment and keeps a copy of the
// flags, and gives it a token of the account that may do no more.
func makeGuestlist(ctx context.Context, app *server.App, g *Guide, w world, team group.Group) error {
	i, err := ship(ctx, app, w, team, parcel{key: guestlistKey, name: "Guest List", files: guestlist.Package,
		words: "Whoever is on the list belongs to a segment, for which flags can be turned on. Keeps a copy of what flags say.",
		scopes: []release.Request{{Scope: "segments.write", Purpose: "Fills the segment of those who are on the list."},
			{Scope: "flags.read", Purpose: "Keeps a copy of what the flags say."}}})
	if err != nil {
		return err
	}
	theirs, off := rand.Text(), false
	c, err := app.Configurations.Create(ctx, w.admin(), i.ID, configuration.Draft{
		Values: map[string]any{"url": "http://" + guestlistHost, "token": theirs},
		Capabilities: map[string]configuration.Choice{
			"membershipSync":   {Settings: []byte(fmt.Sprintf(`{"targets":[{"scope":%q,"resource":%q}]}`, guestlistPlace, filled))},
			"managedStoreSync": {On: &off}, "importer": {On: &off}}})
	if err != nil {
		return err
	}
	g.begin = func(ctx context.Context) error { // once the product has made the user and given its data
		_, err := app.Snapshots.Create(ctx, w.admin(), c.ID.String(), snapshotpush.Choice{Resource: filled})
		return err
	}
	ours, err := app.APITokens.Create(ctx, w.admin(), w.harbour.ID, apitoken.Service, apitoken.Draft{Name: "Guest List", Description: "With it the list says who is on it.",
		Policy: access.Policy{{Effect: access.Allow, Actions: []string{"segment:update"}, Resources: []string{filled + ":segment/*"}}}})
	if err != nil {
		return err
	}
	return os.WriteFile(guestlistFile(g.Dir), []byte(theirs+"\n"+ours.Token.Secret.Reveal()), 0o600)
}

// mountGuestlist serves what Guestright calls, and the page for people.
func mountGuestlist(mux *http.ServeMux, dir, console string, now func() time.Time) error {
	raw, err := noted(guestlistFile(dir))
	theirs, ours, _ := strings.Cut(raw, "\n")
	if err != nil || ours == "" {
		return err
	}
	l := &guestlist.List{Token: theirs, Place: guestlistPlace, Hook: strings.TrimSuffix(console, "/") + "/hooks/membership/" + guestlistKey, Key: ours, Now: now}
	mux.Handle(guestlistHost+"/", l.Handler())
	mux.Handle("POST /guestlist", http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.ToLower(strings.TrimSpace(r.PostFormValue("name")))
		if name != "" {
			if err := l.Put(r.Context(), name, r.PostFormValue("off") == ""); err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
		}
		http.Redirect(w, r, "/guestlist", http.StatusSeeOther)
	})))
	mux.HandleFunc("GET /guestlist", func(w http.ResponseWriter, r *http.Request) { showGuestlist(w, r, l, console) })
	return nil
}

func showGuestlist(w http.ResponseWriter, r *http.Request, l *guestlist.List, console string) {
	var guests, copies []page.Row
	for _, name := range l.Guests() {
		guests = append(guests, page.Row{Cells: []templ.Component{page.Text(name), within(page.Form{Action: "/guestlist"}, templ.Join(hidden("off", "1"),
			page.Button{Text: "Take off", Name: "name", Value: name, Small: true, Hidden: name}))}})
	}
	all := l.Copies()
	for _, key := range slices.Sorted(maps.Keys(all)) {
		c := all[key]
		copies = append(copies, page.Row{Cells: []templ.Component{page.Mono(key), page.Text(page.Count(c.Version)), page.Text(page.Count(int64(len(c.Data)))), page.Moment{At: c.Came, Now: time.Now()}}})
	}
	bare(w, r, "Guest List",
		page.Head{Title: "Guest List", Text: "This page stands for a service somewhere on the internet. Whoever is on the list belongs to a segment of the Reader app in Pennant."},
		within(page.Card{Title: guestlist.ListName, Footer: within(page.Form{Action: "/guestlist", Inline: true}, templ.Join(
			page.Field{Label: "Put on the list", Name: "name", MaxLength: 60, Required: true, Placeholder: "emil"}, page.Button{Text: "Put on the list", Weight: page.Primary}))},
			page.Table{Caption: "Guests", Columns: []page.Column{{Title: "Guest"}, {Title: "Take off", Hidden: true}}, Rows: guests,
				Empty: page.Empty{Icon: page.IconUsers, Title: "Nobody is on the list", Text: "Put somebody on it, then look at the segments of the Reader app in Pennant."}}),
		within(page.Card{Title: "Copies of what the flags say", Text: "They come after each change, so that pages need not ask Pennant.", Flush: true},
			page.Table{Caption: "Copies", Columns: []page.Column{{Title: "Key"}, {Title: "Version", Right: true}, {Title: "Bytes", Right: true}, {Title: "Came", Narrow: true}}, Rows: copies,
				Empty: page.Empty{Icon: page.IconInbox, Title: "No copy yet", Text: "The first one comes within seconds of the start."}}),
		within(page.Card{Title: "What to look at", Text: "Sign in as the account administrator, open Guest List, Set up and the configuration: the address it posts to, what it has sent, and where copies go."},
			page.Link{Text: "Open the console", URL: console, Icon: page.IconExternalLink}))
}

// hidden is a field that people do not see.
func hidden(name, value string) templ.Component {
	return templ.Raw(`<input type="hidden" name="` + templ.EscapeString(name) + `" value="` + templ.EscapeString(value) + `"/>`)
}
