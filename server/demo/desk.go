package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/example/pennant"
)

// burst is how many things the button lets happen at once.
const burst = 40

// desk is the page of the example integration's own server, where a visitor makes
// it fail and mends it. Guestright knows nothing of this page: it sees what a
// server that is out of order answers.
type desk struct {
	console string           // of Guestright
	key     string           // of the product, which tells Guestright what happens
	now     func() time.Time // nil: the real clock
	broken  atomic.Bool
	heard   atomic.Int64 // events, each once
	refused atomic.Int64 // requests while it was broken
}

// mount serves the page beside the address that gets the events.
func (d *desk) mount(mux *http.ServeMux, events http.Handler) {
	mux.HandleFunc("POST /events", func(w http.ResponseWriter, r *http.Request) {
		if d.broken.Load() {
			d.refused.Add(1)
			http.Error(w, "Deploybot is out of order.", http.StatusServiceUnavailable)
			return
		}
		events.ServeHTTP(w, r)
	})
	mux.Handle(page.AssetPath, page.Assets())
	mux.HandleFunc("GET /{$}", d.show)
	forms := http.NewCrossOriginProtection()
	mux.Handle("POST "+page.ThemePath, forms.Handler(page.SetTheme()))
	for path, do := range map[string]func(context.Context) error{
		"POST /break": func(context.Context) error { d.broken.Store(true); return nil },
		"POST /mend":  func(context.Context) error { d.broken.Store(false); return nil },
		"POST /burst": d.happen,
		"POST /alarm": d.alarm,
	} {
		mux.Handle(path, forms.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := do(r.Context()); err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			http.Redirect(w, r, "/", http.StatusSeeOther)
		})))
	}
}

// told is an event as the product tells it.
type told struct {
	Type    string `json:"type"`
	Account string `json:"account_key"`
	Subject string `json:"subject"`
	Data    any    `json:"data"`
}

// happen tells Guestright of changes of a flag, as the product does.
func (d *desk) happen(ctx context.Context) error {
	batch := make([]told, burst)
	for i := range batch {
		batch[i] = told{"flag.updated", pennant.HarbourBooks, "proj/web-shop:flag/one-page-checkout", map[string]any{"actor": "demo", "change": i + 1, "of": burst}}
	}
	return d.tell(ctx, batch)
}

// alarm tells of something that is no change: a signal.
func (d *desk) alarm(ctx context.Context) error {
	noticed := map[string]any{"kind": "flag", "action": "alarm", "verb": "rings the alarm of", "target": map[string]string{"name": "One-page checkout"}, "actor": map[string]string{"name": "Pennant"}}
	return d.tell(ctx, []told{{"flag.targeting_updated", pennant.HarbourBooks, stopped, map[string]any{"signal": noticed}}})
}

func (d *desk) tell(ctx context.Context, batch []told) error {
	body, err := json.Marshal(batch)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.console+"/v1/events", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+d.key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusAccepted {
		why, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
		return fmt.Errorf("the events were refused: %s: %s", answer.Status, why)
	}
	return nil
}

func (d *desk) show(w http.ResponseWriter, r *http.Request) {
	broken := d.broken.Load()
	state, turn := page.Badge{Text: "Works", Tone: page.ToneGood, Dot: true}, form("/break", page.Button{Text: "Let it fail", Weight: page.Danger})
	words := "It checks the signature of every delivery, remembers its id, and answers with 2xx."
	if broken {
		state, turn = page.Badge{Text: "Out of order", Tone: page.ToneBad, Dot: true}, form("/mend", page.Button{Text: "Let it work again", Weight: page.Primary})
		words = "It answers every delivery with 503. Guestright tries again, opens the circuit, tells the developers and keeps what waits."
	}
	parts := []templ.Component{
		page.Head{Title: "Deploybot's own server", Text: "This page stands for a developer's server somewhere on the internet. It is no part of Guestright.", Beside: state},
		within(page.Card{Title: "State", Text: words}, turn),
		within(page.Stats(), templ.Join(
			page.Stat{Label: "Events heard", Icon: page.IconWebhook, Value: page.Count(d.heard.Load()), Note: "each once"},
			page.Stat{Label: "Deliveries refused", Icon: page.IconWarning, Value: page.Count(d.refused.Load()), Note: "while it was out of order"})),
	}
	if d.key != "" {
		parts = append(parts, within(page.Card{Title: "Something to hear", Text: "A flag of Harbour Books changes often in a short time."},
			form("/burst", page.Button{Text: fmt.Sprintf("Let %d things happen", burst), Icon: page.IconZap})),
			within(page.Card{Title: "Something that is no change", Text: "Pennant notices that errors rise where a flag is on. The Notice Board hears of such signals."},
				form("/alarm", page.Button{Text: "Ring the alarm"})))
	}
	parts = append(parts, within(page.Card{Title: "What to look at", Text: "Sign in as the developer, open Deploybot and its Webhooks."},
		page.Link{Text: "Open the console", URL: d.console, Icon: page.IconExternalLink}))
	bare(w, r, "Deploybot", parts...)
}

// within puts a component inside another.
func within(outer, inner templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return outer.Render(templ.WithChildren(ctx, inner), w)
	})
}

func form(path string, b page.Button) templ.Component { return within(page.Form{Action: path}, b) }
