package demo

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/example/pennant"
)

// productMember is who looks at Pennant's own page: an administrator of Harbour
// Books there.
const productMember = "usr-nora"

// mountProduct puts Pennant's own page beside its API. Integrations come through
// Guestright's gateway; people of the product come here.
func mountProduct(p *pennant.Server, services string) http.Handler {
	desk := p.Desk(pennant.HarbourBooks, productMember)
	mux := http.NewServeMux()
	mux.Handle("/", p.Handler())
	mux.Handle(page.AssetPath, page.Assets())
	forms := http.NewCrossOriginProtection()
	mux.Handle("POST "+page.ThemePath, forms.Handler(page.SetTheme()))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		views, err := desk.Views(r.Context())
		if err != nil {
			http.Error(w, "Pennant cannot read its data now.", http.StatusServiceUnavailable)
			return
		}
		showProduct(w, r, views, services)
	})
	mux.Handle("POST /switch", forms.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := desk.Switch(r.Context(), r.PostFormValue("project"), r.PostFormValue("environment"), r.PostFormValue("flag"), r.PostFormValue("on") == "1")
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		http.Redirect(w, r, "/#"+at(r.PostFormValue("project"), r.PostFormValue("environment")), http.StatusSeeOther)
	})))
	mux.Handle("POST /approval", forms.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := desk.AskFor(r.Context(), r.PostFormValue("project"), r.PostFormValue("environment"), strings.TrimSpace(r.PostFormValue("approved_by"))); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		http.Redirect(w, r, "/#"+at(r.PostFormValue("project"), r.PostFormValue("environment")), http.StatusSeeOther)
	})))
	return mux
}

func at(project, environment string) string { return project + "-" + environment }

func showProduct(w http.ResponseWriter, r *http.Request, views []pennant.View, services string) {
	parts := []templ.Component{page.Head{Title: "Pennant", Text: "This page is the example product itself: you are Nora Quill, an administrator of Harbour Books. What you switch here, integrations hear of through Guestright."}}
	for _, v := range views {
		for _, e := range v.Environments {
			words := ""
			if e.ApprovalRequired {
				words = "A change of a flag here waits until an integration has approved it."
			}
			card := page.Card{Title: v.Project.Name + " / " + e.Name, ID: at(e.Project, e.Key), Text: words, Flush: true, Footer: approving(e)}
			parts = append(parts, within(card, flags(e)))
		}
	}
	parts = append(parts, within(page.Card{Title: "Who hears of it", Text: "Three integrations of the demo have pages of their own."}, within(page.Actions{}, templ.Join(
		page.Link{Text: "Notice Board", URL: services + "/board", Icon: page.IconExternalLink}, page.Link{Text: "Sign-off", URL: services + "/signoff", Icon: page.IconExternalLink},
		page.Link{Text: "Guest List", URL: services + "/guestlist", Icon: page.IconExternalLink}))))
	bare(w, r, "Pennant", parts...)
}

// flags lists what the flags of an environment do, each with its switch.
func flags(e pennant.EnvironmentView) templ.Component {
	var rows []page.Row
	for _, f := range e.Flags {
		state, turn, on := page.Badge{Text: "Off"}, "Turn on", "1"
		if f.State.On {
			state, turn, on = page.Badge{Text: "On", Tone: page.ToneGood, Dot: true}, "Turn off", ""
		}
		sub := f.Flag.Key
		button := within(page.Form{Action: "/switch"}, templ.Join(hidden("project", e.Project), hidden("environment", e.Key), hidden("flag", f.Flag.Key),
			page.Button{Text: turn, Name: "on", Value: on, Small: true, Hidden: f.Flag.Name + " in " + e.Name}))
		if f.Waiting != nil {
			sub = waiting(f.Waiting)
			if f.Waiting.State == "new" || f.Waiting.State == "asked" || f.Waiting.State == "not_sent" {
				button = page.Badge{Text: "Waits", Tone: page.ToneWarn, Dot: true}
			}
		}
		rows = append(rows, page.Row{Cells: []templ.Component{page.Pair{Main: page.Text(f.Flag.Name), Sub: page.Text(sub)}, state, button}})
	}
	return page.Table{Caption: "Flags and segments", Columns: []page.Column{{Title: "Flag or segment"}, {Title: "State or members", Narrow: true}, {Title: "Switch", Hidden: true}}, Rows: append(rows, segments(e)...),
		Empty: page.Empty{Icon: page.IconInbox, Title: "No flags", Text: "Integrations make them through the API."}}
}

// approving is the setting of who has to approve changes in an environment.
func approving(e pennant.EnvironmentView) templ.Component {
	field := page.Field{Label: "Approved by", ID: "f-approved-" + at(e.Project, e.Key), Name: "approved_by", Value: e.ApprovedBy, Mono: true, MaxLength: 60, Placeholder: "cfg_…", Autocomplete: "off", Optional: true,
		Hint: "The id of a configuration in Guestright, from the address of its page. Empty: changes are made at once."}
	inner := within(page.Form{Action: "/approval"}, templ.Join(hidden("project", e.Project), hidden("environment", e.Key), field, page.Button{Text: "Save", Small: true, Hidden: "who approves in " + e.Name}))
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if _, err := io.WriteString(w, `<details class="fold"><summary>Approvals</summary><div class="fold-body">`); err != nil {
			return err
		}
		if err := inner.Render(ctx, w); err != nil {
			return err
		}
		_, err := io.WriteString(w, `</div></details>`)
		return err
	})
}

// waiting says in words what a change waits for.
func waiting(w *pennant.Waiting) string {
	to := "off"
	if w.Want.On {
		to = "on"
	}
	words := map[string]string{"new": "waits to be asked for", "asked": "waits for an approval", "not_sent": "could not be asked for yet", "declined": "was declined", "withdrawn": "was withdrawn", "lost": "was lost at the integration", "refused": "was refused"}[w.State]
	if words == "" {
		words = w.State
	}
	return strings.TrimSpace(w.By.Name + " would turn it " + to + ": " + words + ". " + w.Detail)
}

// segments says who belongs to the segments of an environment.
func segments(e pennant.EnvironmentView) []page.Row {
	var rows []page.Row
	for _, g := range e.Segments {
		who, many := fmt.Sprintf("Included by hand: %d. Rules: %d.", len(g.Included), len(g.Rules)), int64(len(g.Included))
		if g.Synced != nil {
			who, many = "Filled by "+g.Synced.Integration+": "+cmp.Or(strings.Join(g.Members, ", "), "nobody now"), g.Synced.Members
		}
		rows = append(rows, page.Row{Cells: []templ.Component{page.Pair{Main: page.Text("Segment " + g.Name), Sub: page.Text(who)}, page.Badge{Text: page.Count(many)}, page.Text("")}})
	}
	return rows
}
