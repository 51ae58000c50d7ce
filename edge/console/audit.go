package console

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

func (c *Console) auditRoutes() []route {
	return []route{
		{"GET /audit", c.page(auditLogPage)},
		{"GET /audit/export", c.page(auditExport)},
	}
}

// auditWanted is what a page of the log shows before anybody filters it.
type auditWanted = audit.Filter

// auditView is a part of the log with the filters that lead to it.
type auditView struct {
	Title    string
	Text     string
	Path     string // where the filter form asks
	Filter   url.Values
	Kinds    []page.Option
	Wide     bool // offers account and group as filters
	People   []page.Option
	Timeline page.Timeline
	Pager    page.Pager
	CSV      string
	JSONL    string
	Filtered bool
}

// auditKinds are the nouns of actions, as filters offer them.
var auditKinds = []page.Option{
	{Value: "", Text: "Everything"}, {Value: "installation.*", Text: "Installations"}, {Value: "account.*", Text: "Accounts, users and roles"},
	{Value: "application.*", Text: "Applications"}, {Value: "key.*", Text: "Keys"}, {Value: "token.*", Text: "Tokens"},
	{Value: "version.*", Text: "Versions"}, {Value: "group.*", Text: "Groups and limits"}, {Value: "user.*", Text: "People and sign-in"},
	{Value: "job.*", Text: "Background jobs"},
}

const day = "2006-01-02"

// auditFilter narrows what is wanted by the parameters of the address; never widens it.
func (v *visit) auditFilter(f audit.Filter) (audit.Filter, url.Values) {
	asked := url.Values{}
	take := func(name string) string {
		s := v.query(name)
		if s != "" {
			asked.Set(name, s)
		}
		return s
	}
	f.Action, f.Text = take("action"), take("text")
	f.Actor = take("actor")
	if f.Account == "" {
		f.Account = take("account")
	}
	if f.Group == "" {
		f.Group = take("group")
	}
	if f.Application == "" {
		f.Application = take("application")
	}
	if f.Target == "" {
		f.Target = take("target")
	}
	if t, err := time.Parse(day, take("from")); err == nil {
		f.From = t
	}
	if t, err := time.Parse(day, take("to")); err == nil {
		f.To = t.AddDate(0, 0, 1) // that day included
	}
	return f, asked
}

// auditPage reads the part of the log that the address asks for.
func (v *visit) auditPage(path string, wanted audit.Filter) (auditView, error) {
	f, asked := v.auditFilter(wanted)
	before, _ := strconv.ParseInt(v.query("before"), 10, 64) // anything else means: from the newest
	log, err := v.Audit.List(v.ctx(), v.by, f, before)
	if err != nil {
		return auditView{}, err
	}
	d := auditView{Title: "Activity", Path: path, Filter: asked, Filtered: len(asked) > 0, Timeline: v.timeline(log.Entries),
		Pager: page.Pager{Label: "Activity", Shown: plural(len(log.Entries), "entry")}}
	if len(log.Entries) != 1 {
		d.Pager.Shown = page.Count(int64(len(log.Entries))) + " entries"
	}
	d.People = v.auditPeople(log.Entries, f.Actor)
	for _, k := range auditKinds {
		k.Selected = k.Value == f.Action
		d.Kinds = append(d.Kinds, k)
	}
	with := func(at string, more ...string) string {
		q := url.Values{}
		for k, s := range asked {
			q[k] = s
		}
		for i := 0; i+1 < len(more); i += 2 {
			if more[i+1] != "" {
				q.Set(more[i], more[i+1])
			}
		}
		if len(q) == 0 {
			return at
		}
		return at + "?" + q.Encode()
	}
	if before > 0 {
		d.Pager.First = with(path)
	}
	if log.More {
		d.Pager.Next = with(path, "before", strconv.FormatInt(log.Last, 10))
	}
	fixed := []string{"account", wanted.Account, "group", wanted.Group, "application", wanted.Application, "target", wanted.Target}
	d.CSV = with("/audit/export", append(fixed, "format", "csv")...)
	d.JSONL = with("/audit/export", append(fixed, "format", "jsonl")...)
	return d, nil
}

// history is the newest part of the log about something, and whether there is more.
func (v *visit) history(f audit.Filter) (page.Timeline, bool, error) {
	log, err := v.Audit.List(v.ctx(), v.by, f, 0)
	if err != nil {
		return page.Timeline{}, false, err
	}
	return v.timeline(log.Entries), log.More, nil
}

// auditLogPage is everything that the person may see of the log.
func auditLogPage(v *visit) error {
	d, err := v.auditPage("/audit", audit.Filter{Limit: 40})
	if err != nil {
		return err
	}
	d.Text = "Everything that you may see: what happened in your groups, in the accounts that you administer, and to yourself."
	d.Wide = true
	return v.show(sheet{title: "Activity", current: "/audit", trail: []page.Link{{Text: "Activity"}}, body: auditList(v, d)})
}

// auditExport gives the filtered log as a file. What goes wrong after the first line cuts the answer,
// so that half a file is not taken for a whole one.
func auditExport(v *visit) error {
	f, _ := v.auditFilter(audit.Filter{})
	as := audit.Format(v.query("format"))
	kind := "application/jsonl"
	switch as {
	case audit.JSONLines:
	case audit.CSV:
		kind = "text/csv; charset=utf-8; header=present"
	default:
		return problem.Invalid("audit.format_unknown", "An export is jsonl or csv.")
	}
	if _, err := v.Audit.List(v.ctx(), v.by, f, 0); err != nil {
		return err // while it can still be said
	}
	h := v.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="activity-`+v.now.UTC().Format(day)+`.`+string(as)+`"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if err := v.Audit.Export(v.ctx(), v.by, f, v.w, as); err != nil {
		v.Log.ErrorContext(v.ctx(), "console audit export was cut", "error", err)
		panic(http.ErrAbortHandler) // the only way to end an answer that has begun as not whole
	}
	return nil
}

// timeline puts entries into sentences, with names where the reader may know them.
func (v *visit) timeline(entries []audit.Entry) page.Timeline {
	t := page.Timeline{Now: v.now}
	names := v.namesIn(entries)
	known := v.accountsIn(entries)
	maps.Copy(known, names)
	for _, e := range entries {
		h := happening(e, known)
		h.Who = v.actor(e, names)
		if h.Who == "Somebody" && ofOneself[e.Action] && e.Name != "" {
			h.Who = e.Name // nobody was signed in yet
		}
		if url := v.auditLink(e); url != "" && h.Object != nil && e.Name != "" && url != v.r.URL.Path && !thingsInside[e.Action] {
			h.Object = page.Link{Text: e.Name, URL: url}
		}
		t.Items = append(t.Items, h)
	}
	return t
}

// auditPeople offers those who acted on this page as a filter, and whoever is filtered by already.
func (v *visit) auditPeople(entries []audit.Entry, chosen string) []page.Option {
	out := []page.Option{{Text: "Anybody"}, {Value: "user/" + v.by.User, Text: "You"}, {Value: "system", Text: "Guestright itself"}}
	names := v.namesIn(entries)
	for _, id := range sortedKeys(names) {
		if id != v.by.User {
			out = append(out, page.Option{Value: "user/" + id, Text: names[id]})
		}
	}
	known := false
	for i := range out {
		out[i].Selected = out[i].Value == chosen
		known = known || out[i].Selected
	}
	if !known {
		out = append(out, page.Option{Value: chosen, Text: "The one that you chose", Selected: true})
	}
	return out
}

// thingsInside are actions whose name is that of something inside the target, so that a link to the
// target would promise something else.
var thingsInside = map[string]bool{"account.role_set": true, "account.integration_user_create": true, "account.integration_user_update": true, "account.member_remove": true}

// auditLink leads to the thing that an entry is about: to the operator's page of it where the operator reads.
func (v *visit) auditLink(e audit.Entry) string {
	kind, id, ok := strings.Cut(e.Target, "/")
	if !ok {
		return ""
	}
	operator := strings.HasPrefix(v.r.URL.Path, "/operator")
	switch {
	case kind == "installation":
		return "/installations/" + id
	case kind == "account":
		return accountPath(id)
	case kind == "group" && operator:
		return operatorGroupPath(id)
	case kind == "group":
		return "/groups/" + id
	case kind == "application" && operator:
		return operatorApplicationPath(id)
	case kind == "application":
		return "/applications/" + id
	}
	return ""
}

// actor names who did it, as far as the reader may know.
func (v *visit) actor(e audit.Entry, names map[string]string) string {
	kind, id, _ := strings.Cut(e.Actor, "/")
	switch {
	case kind == "user" && id == v.by.User:
		return "You"
	case kind == "system":
		return "Guestright"
	case names[id] != "":
		return names[id]
	case e.ActorKind == string(access.KindOperator):
		return "The operator"
	case kind == "application":
		return "The application"
	case kind == "product":
		return "The product"
	case kind == "user" && v.may("installation:view", access.On("account", e.Account)) && e.Group != "":
		return "The developer"
	case kind == "user" && e.Account != "" && e.Group != "":
		return "An administrator of the customer"
	}
	return "Somebody"
}

// namesMost bounds how many groups and accounts are asked for the names of their people.
const namesMost = 20

// namesIn collects the names of people in the groups and accounts that entries are about, as far as the
// reader belongs to them.
func (v *visit) namesIn(entries []audit.Entry) map[string]string {
	out := map[string]string{}
	if v.by.Operator {
		v.namesOf(entries, out)
		return out
	}
	asked := map[string]bool{}
	for _, e := range entries {
		if len(asked) >= namesMost {
			break
		}
		if e.Group != "" && !asked[e.Group] {
			asked[e.Group] = true
			if id, err := ident.Parse[group.Group](e.Group); err == nil {
				if members, err := v.Groups.Members(v.ctx(), v.by, id); err == nil {
					for _, m := range members {
						out[m.User] = m.Name
					}
				}
			}
		}
		if e.Account != "" && !asked[e.Account] {
			asked[e.Account] = true
			if id, err := ident.Parse[account.Account](e.Account); err == nil {
				if members, err := v.Accounts.Members(v.ctx(), v.by, id); err == nil {
					for _, m := range members {
						out[m.User] = m.Name
					}
				}
			}
		}
	}
	return out
}

// accountsIn names the accounts that entries are about, as far as the reader may see them, except the one
// whose page this is.
func (v *visit) accountsIn(entries []audit.Entry) map[string]string {
	out := map[string]string{}
	asked := map[string]bool{v.r.PathValue("account"): true}
	for _, e := range entries {
		if e.Account == "" || asked[e.Account] || len(asked) > namesMost {
			continue
		}
		asked[e.Account] = true
		if id, err := ident.Parse[account.Account](e.Account); err == nil {
			if a, err := v.Accounts.Get(v.ctx(), v.by, id); err == nil {
				out[e.Account] = a.Name
			}
		}
	}
	return out
}

// namesOf names everybody who acted, for those who run the platform.
func (v *visit) namesOf(entries []audit.Entry, out map[string]string) {
	err := v.Identity.DB.Read(v.ctx(), func(tx *store.Tx) error {
		for _, e := range entries {
			kind, id, _ := strings.Cut(e.Actor, "/")
			if kind != "user" || out[id] != "" {
				continue
			}
			if u, err := v.Identity.Find(tx, id); err == nil {
				out[id] = u.Name
			}
		}
		return nil
	})
	if err != nil {
		v.Log.WarnContext(v.ctx(), "console activity without names", "error", err)
	}
}
