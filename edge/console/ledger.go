package console

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/ledger"
	"github.com/guestright/guestright/usage"
)

func (c *Console) ledgerRoutes() []route {
	return []route{
		{"GET /accounts/{account}/ledger", c.page(ledgerPage)},
		{"GET /accounts/{account}/ledger/export", c.page(ledgerExport)},
	}
}

func ledgerPath(account string) string { return accountPath(account) + "/ledger" }

// ledgerOf leads to what one integration did in an account.
func ledgerOf(account, integration string) string {
	return ledgerPath(account) + "?" + url.Values{"integration": {integration}}.Encode()
}

// mayLedger reports whether somebody may see what integrations did in an account.
func (v *visit) mayLedger(id string) bool {
	return v.Ledgers != nil && v.may(ledger.ActionRead, account.Resource(id))
}

// ledgerView is a part of an account's ledger with the filters that lead to it.
type ledgerView struct {
	Account  account.Account
	Path     string
	Asked    url.Values
	Who      ledger.Integration // the one that was chosen; zero: all of them
	Choices  []page.Option
	Page     ledger.Page
	Sums     []ledger.Sum
	Pager    page.Pager
	Narrowed bool
	Faults   faults
}

// ledgerAsked reads the question from the address. What became of calls is a verdict
// or, finer, an outcome.
func (v *visit) ledgerAsked() (ledger.Query, url.Values) {
	asked := url.Values{}
	take := func(name string) string {
		s := v.query(name)
		if s != "" {
			asked.Set(name, s)
		}
		return s
	}
	q := ledger.Query{Integration: take("integration"), Kind: ledger.Kind(take("kind")), Step: usage.Step(take("step")), Limit: 50}
	became := take("became")
	if o, ok := usage.OutcomeOf(became); ok {
		q.Outcome, q.Chosen = o, true
	} else {
		q.Verdict = ledger.Verdict(became)
	}
	if t, err := time.Parse(day, take("from")); err == nil {
		q.From = t
	}
	if t, err := time.Parse(day, take("to")); err == nil {
		q.To = t.AddDate(0, 0, 1) // that day included
	}
	return q, asked
}

func ledgerPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	q, asked := v.ledgerAsked()
	d := ledgerView{Account: a, Path: ledgerPath(a.ID.String()), Asked: asked}
	all, err := v.Ledgers.Integrations(v.ctx(), v.by, a.ID)
	if err != nil {
		return err
	}
	d.choose(all)
	after := placeOf(v.query("after"))
	d.Page, err = v.Ledgers.List(v.ctx(), v.by, a.ID, q, after)
	if f, ok := faultsOf(err, "/from", "/to", "/step"); err != nil && ok {
		d.Faults, d.Page.Kept = f, v.Ledgers.Kept()
	} else if err != nil {
		return err
	} else if after == nil {
		sums, err := v.Ledgers.Sum(v.ctx(), v.by, a.ID, q)
		if err != nil && problem.CodeOf(err) != "ledger_period" { // changes are kept for longer than calls, which sums count
			return err
		}
		d.Sums = sums.Items
	}
	d.Narrowed = len(asked) > 0
	d.Pager = page.Pager{Label: "Ledger", Shown: plural(len(d.Page.Entries), "line")}
	if after != nil {
		d.Pager.First = d.at(d.Path)
	}
	if d.Page.More {
		d.Pager.Next = d.at(d.Path, "after", placeText(d.Page.Last))
	}
	title := "What they did here"
	if d.Who.ID != "" {
		title = "What " + d.Who.Name + " did here"
	}
	return v.inAccount(a, sheet{title: title, current: d.Path, status: d.Faults.status(), trail: []page.Link{{Text: title}}, body: ledgerList(v, d)})
}

// ledgerExport gives what the page lists as a file; that it was taken stands in the
// activity. What goes wrong after the first line cuts the answer.
func ledgerExport(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	q, _ := v.ledgerAsked()
	as := ledger.Format(v.query("format"))
	taken, err := v.Ledgers.Export(v.ctx(), v.by, a.ID, q, as)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", as.Type())
	h.Set("Content-Disposition", `attachment; filename="ledger-`+fileWord(a.Name)+"-"+v.now.UTC().Format(day)+`.`+string(as)+`"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if err := taken.Write(v.ctx(), web.Patient(v.w)); err != nil {
		v.Log.ErrorContext(v.ctx(), "console ledger export was cut", "error", err)
		panic(http.ErrAbortHandler) // the only way to end an answer that has begun as not whole
	}
	return nil
}

// choose offers the integrations that the page can be narrowed to.
func (d *ledgerView) choose(all []ledger.Integration) {
	d.Choices = []page.Option{{Text: "All of them"}}
	chosen := d.Asked.Get("integration")
	for _, one := range all {
		o := page.Option{Value: one.ID, Text: cmp.Or(one.Name, one.ID) + " · " + ledgerKinds[one.Kind], Selected: one.ID == chosen}
		if o.Selected {
			d.Who = one
		}
		d.Choices = append(d.Choices, o)
	}
	if chosen != "" && d.Who.ID == "" { // of the account above, or one of several grants
		d.Choices = append(d.Choices, page.Option{Value: chosen, Text: "The one that you chose", Selected: true})
	}
}

// at is an address with the filters of the page, and more.
func (d *ledgerView) at(path string, more ...string) string {
	q := url.Values{}
	for k, s := range d.Asked {
		q[k] = s
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (d *ledgerView) options(name string, all []page.Option) []page.Option {
	out := make([]page.Option, len(all))
	for i, o := range all {
		o.Selected = o.Value == d.Asked.Get(name)
		out[i] = o
	}
	return out
}

// placeText writes a position for an address.
func placeText(p ledger.Position) string {
	b, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// placeOf reads a position; anything else means: from the newest.
func placeOf(text string) *ledger.Position {
	b, err := base64.RawURLEncoding.DecodeString(text)
	var p ledger.Position
	if text == "" || err != nil || json.Unmarshal(b, &p) != nil {
		return nil
	}
	return &p
}

var ledgerKinds = map[string]string{
	"application": "Application", "private_integration": "Private integration", "service_token": "Service token", "personal_token": "Personal token",
	"legacy_key": "Imported key", "unknown": "Counted together",
}

var (
	ledgerWhat   = []page.Option{{Text: "Everything"}, {Value: "calls", Text: "Calls"}, {Value: "change", Text: "Changes of rights, tokens and settings"}, {Value: "delivery", Text: "Events sent to it"}}
	ledgerStep   = []page.Option{{Text: "Day"}, {Value: "hour", Text: "Hour"}}
	ledgerBecame = func() []page.Option {
		out := []page.Option{{Text: "Anything"}, {Value: "allowed", Text: "Answered"}, {Value: "failed", Text: "Failed"}, {Value: "refused", Text: "Refused, for any reason"}}
		for _, o := range usage.Outcomes() {
			if ledger.VerdictOf(o) == ledger.Refused {
				out = append(out, page.Option{Value: o.String(), Text: "Refused: " + ledger.Why(o)})
			}
		}
		return out
	}()
	ledgerVerdicts = map[ledger.Verdict]page.Badge{
		ledger.Allowed: {Text: "Answered", Tone: page.ToneGood}, ledger.Failed: {Text: "Failed", Tone: page.ToneWarn}, ledger.Refused: {Text: "Refused", Tone: page.ToneBad},
	}
)

// ledgerWhen is the hour or day of a line, or the minute of a change.
func ledgerWhen(e ledger.Entry) string {
	const day = "2\u00a0Jan\u00a02006" // in one line
	switch {
	case e.Kind == ledger.Change:
		return e.At.Format(day + ", 15:04")
	case e.Until.Sub(e.At) == time.Hour:
		return e.At.Format(day+", 15") + " to " + e.Until.Format("15 h")
	}
	return e.At.Format(day)
}

// ledgerSaid is a line in words.
func (v *visit) ledgerSaid(e ledger.Entry) string {
	switch {
	case e.Kind == ledger.Delivery:
		return "Events sent to it"
	case e.Kind == ledger.Calls && e.Label != "":
		return e.Label
	case e.Kind == ledger.Calls && e.Operation == usage.Other:
		return "Other operations, counted together"
	case e.Kind == ledger.Calls:
		return cmp.Or(e.Operation, "No operation was recognised")
	}
	who := e.ByName
	kind, id, _ := strings.Cut(e.By, "/")
	switch {
	case kind == "user" && id == v.by.User:
		who = "You"
	case kind == "system":
		who = "Guestright"
	case kind == "operator":
		who = "The operator"
	case kind == "application", kind == "installation", kind == "grant":
		who = "The integration"
	}
	text := cmp.Or(who, "Somebody") + " " + wordsFor(e.Action).words
	if e.Name != "" && !ofOneself[e.Action] {
		text += " " + e.Name
	}
	return text
}

// ledgerMore is what stands below a line in small: where it was, what it was about, why.
func ledgerMore(e ledger.Entry) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	add(strings.TrimSpace(e.Method + " " + e.Path))
	if e.ActingFor != "" {
		add("for " + e.ActingFor)
	}
	add(e.Address)
	add(e.Reason)
	if len(e.Added) > 0 {
		add("Given: " + listed(e.Added))
	}
	if len(e.Removed) > 0 {
		add("Taken away: " + listed(e.Removed))
	}
	return strings.Join(parts, " · ")
}

// keptWords say honestly how far back the page can look.
func keptWords(k ledger.Kept) string {
	return "Calls are kept by the day for " + years(k.Days) + " and by the hour for " + strconv.Itoa(k.Hours) + " days; what they were about, by the day, for " +
		strconv.Itoa(k.Resources) + " days; deliveries for " + strconv.Itoa(k.Delivered) + " days. Changes stay as long as the account's activity. All times are UTC. " +
		"What was sent to a webhook address, and changes of it, are told as long as the address exists; that it was deleted stands in the activity. " +
		"Calls without a token that is known belong to nobody and do not stand here, nor do events that an application gets at one address for all of its customers, " +
		"nor, in a flood of calls by very many tokens at once, calls that could not be told apart."
}

func years(days int) string {
	if n := days / 365; n > 1 {
		return strconv.Itoa(n) + " years"
	}
	return strconv.Itoa(days) + " days"
}
