package console

import (
	"slices"
	"strconv"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/insight"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// privateOf loads the private integration that the address names.
func (v *visit) privateOf() (private.Listed, error) {
	id, err := ident.Parse[private.Integration](v.r.PathValue("integration"))
	if err != nil {
		return private.Listed{}, err
	}
	return v.Private.Get(v.ctx(), v.by, id)
}

// accountOfPrivate is as much of its account as pages about it need.
func accountOfPrivate(l private.Listed) account.Account {
	id, err := ident.Parse[account.Account](l.Account)
	if err != nil {
		return account.Account{}
	}
	return account.Account{ID: id, Name: l.AccountName, Key: l.AccountKey, Parent: l.Parent}
}

// aboutPrivate is a page about one private integration; tab is the path of its tab.
func (v *visit) aboutPrivate(l private.Listed, tab string, s sheet) error {
	base := privatePath(l.ID)
	s.trail = append([]page.Link{{Text: l.Name, URL: base}}, s.trail...)
	tabs := page.Tabs{Label: l.Name}
	for _, t := range []page.Link{
		{Text: "Overview", URL: "", Icon: page.IconDashboard},
		{Text: "Test", URL: "/test", Icon: page.IconTerminal},
		{Text: "Webhooks", URL: "/webhooks", Icon: page.IconWebhook},
		{Text: "Granted and used", URL: grantUsePath(l.Grant), Icon: page.IconGauge},
		{Text: "What it did here", URL: ledgerOf(l.Account, l.ID.String()), Icon: page.IconList},
	} {
		if t.URL == "/webhooks" && v.Webhooks == nil {
			continue
		}
		if t.URL == "/test" && (v.Calls == nil || !l.Manages || l.State == private.Deleted) {
			continue
		}
		if t.URL == grantUsePath(l.Grant) {
			if v.Insight != nil {
				tabs.Links = append(tabs.Links, t)
			}
			continue
		}
		if t.URL == ledgerOf(l.Account, l.ID.String()) {
			if v.mayLedger(l.Account) {
				tabs.Links = append(tabs.Links, t)
			}
			continue
		}
		t.Current, t.URL = t.URL == tab, base+t.URL
		tabs.Links = append(tabs.Links, t)
	}
	s.body = privateFrame(l, tabs, s.body)
	if s.title != l.Name {
		s.title += " · " + l.Name
	}
	return v.inPrivate(accountOfPrivate(l), s)
}

// privateView is one private integration.
type privateView struct {
	private.Listed
	Scopes   []scopeLine
	Reached  []private.Reached
	Holder   tokenHolder
	Tokens   []token.Generation
	Use      private.Use
	Chart    page.Chart
	Unused   []string // labels of scopes that nothing used in thirty days
	History  page.Timeline
	Creator  string
	Operates bool

	Form   func(action string) string
	Token  func(action string) string
	Reason string
	Faults faults
}

// privateHolder is a private integration as the pages about its tokens need it.
func (v *visit) privateHolder(l private.Listed) tokenHolder {
	h := tokenHolder{Name: l.Name, Path: privatePath(l.ID), Prefix: secret.PrivateKey, Manages: l.Manages && l.State != private.Deleted}
	if l.State != private.Active {
		h.Asleep = "Refused while stopped"
	}
	h.show = func(s sheet) error { return v.aboutPrivate(l, "", s) }
	h.issued = func(t token.Issued, title, note string) error { return v.showPrivateToken(l.ID, t, title, note) }
	return h
}

func privatePage(v *visit) error {
	l, err := v.privateOf()
	if err != nil {
		return err
	}
	return showPrivate(v, l, "", faults{})
}

func showPrivate(v *visit, l private.Listed, reason string, f faults) error {
	base := privatePath(l.ID)
	d := privateView{Listed: l, Scopes: v.scopeLines(l.Scopes), Reason: reason, Faults: f, Operates: v.may(private.ActionBlock, account.Resource(l.Account))}
	d.Form = func(action string) string { return base + "/" + action }
	d.Token = func(action string) string { return v.token(base + "/" + action) }
	var err error
	if d.Reached, err = v.Private.ReachedBy(v.ctx(), v.by, l.ID); err != nil {
		return err
	}
	if d.Use, err = v.Private.Use(v.ctx(), v.by, l.ID); err != nil {
		return err
	}
	d.Chart = chartOf(d.Use.Day, periodOf("24h"))
	if v.now.Sub(l.Created) > unusedFrom {
		d.Unused = v.unused(d.Scopes, d.Use.Month)
	}
	d.Holder = v.privateHolder(l)
	if v.Tokens != nil {
		if d.Tokens, err = v.generations(l.Grant); err != nil {
			return err
		}
	}
	if d.History, err = v.tokenHistory(audit.Filter{Account: l.Account, Target: l.Holder(), Limit: 12}, d.Tokens); err != nil {
		return err
	}
	return v.aboutPrivate(l, "", sheet{title: l.Name, status: f.status(), body: privateDetail(v, d)})
}

// managedPrivate is privateOf for pages that change it.
func (v *visit) managedPrivate() (private.Listed, error) {
	l, err := v.privateOf()
	if err == nil && !l.Manages {
		action, on := private.ActionManageOwn, account.Resource(l.Account)
		if l.Parent != "" {
			action = private.ActionManageChildren
		}
		err = problem.Forbidden("forbidden", "Your role does not include this.").With("action", action).With("resource", on.String())
	}
	return l, err
}

func editPrivatePage(v *visit) error {
	l, err := v.managedPrivate()
	if err != nil {
		return err
	}
	d := privateForm{Is: private.Draft{Name: l.Name, Description: l.Description, Scopes: l.Scopes, Owner: l.Owner, Contact: l.Contact, Reach: l.Reach, Expiry: l.Expiry}}
	for _, n := range l.Networks.Strings() {
		d.Lines += n + "\n"
	}
	return showEditPrivate(v, l, d)
}

func showEditPrivate(v *visit, l private.Listed, d privateForm) error {
	id, err := ident.Parse[account.Account](l.Account)
	if err != nil {
		return err
	}
	if d.Choices, err = v.Private.Choices(v.ctx(), v.by, id); err != nil {
		return err
	}
	d.Account, d.Fixed = d.Choices.Account, true
	if d.Is.Reach.Rule == grant.RuleList && !d.Faults.any() { // show what it reaches now as chosen, also what came later
		for _, c := range d.Choices.Children {
			if cid := c.ID.String(); l.Reach.Covers(cid) && !slices.Contains(d.Is.Reach.Accounts, cid) {
				d.Is.Reach.Accounts = append(slices.Clone(d.Is.Reach.Accounts), cid)
			}
		}
	}
	d.Action, d.Cancel, d.Title, d.Token = privatePath(l.ID)+"/edit", privatePath(l.ID), "Edit", v.token(privatePath(l.ID)+"/edit")
	d.Groups = v.privateScopePicks(d.Is.Scopes)
	return v.aboutPrivate(l, "", sheet{title: "Edit", status: d.Faults.status(), trail: []page.Link{{Text: "Edit"}}, body: privateEditor(d)})
}

// privateDiff is a change before it is saved.
type privateDiff struct {
	private.Diff
	Form    privateForm
	Names   map[string]string // of people and accounts
	Added   []scopeLine
	Removed []scopeLine
	Opened  []opened
	Closed  []opened
	Save    string // token of the form that saves it
	Back    string
	Tried   *insight.Outcome // recorded calls under the new scopes; nil: not asked, or not to be seen
	TryDays int
}

// editPrivate shows what a change means; with "save" it makes it.
func editPrivate(v *visit) error {
	l, err := v.managedPrivate()
	if err != nil {
		return err
	}
	d := v.enteredPrivate()
	p := private.Patch{Name: &d.Is.Name, Description: &d.Is.Description, Scopes: &d.Is.Scopes, Owner: &d.Is.Owner, Contact: &d.Is.Contact,
		Networks: &d.Is.Networks, Reach: &d.Is.Reach, Expiry: &d.Is.Expiry, Revision: &l.Revision}
	if v.field("do") == "back" {
		return showEditPrivate(v, l, d)
	}
	if v.field("do") == "save" {
		seen, err := strconv.ParseInt(v.field("revision"), 10, 64)
		if err != nil {
			return problem.Invalid("form_unreadable", "The form could not be read.").Because(err)
		}
		p.Revision = &seen // what the person has looked at
		if _, err = v.Private.Update(v.ctx(), v.by, l.ID, p); err == nil {
			return v.leave(privatePath(l.ID), "The change is saved. It counts from the next call on; the token stays the same.")
		}
		if f, ok := privateFaults(err); ok {
			d.Faults = f
			return showEditPrivate(v, l, d)
		}
		return err
	}
	diff, err := v.Private.Preview(v.ctx(), v.by, l.ID, p)
	if err != nil {
		if f, ok := privateFaults(err); ok {
			d.Faults = f
			return showEditPrivate(v, l, d)
		}
		return err
	}
	if diff.Empty() {
		return v.leave(privatePath(l.ID), "Nothing was changed.")
	}
	return showPrivateDiff(v, l, d, diff)
}

func showPrivateDiff(v *visit, l private.Listed, form privateForm, diff private.Diff) error {
	id, err := ident.Parse[account.Account](l.Account)
	if err != nil {
		return err
	}
	choices, err := v.Private.Choices(v.ctx(), v.by, id)
	if err != nil {
		return err
	}
	d := privateDiff{Diff: diff, Form: form, Names: map[string]string{}, Added: v.scopeLines(diff.ScopesAdded), Removed: v.scopeLines(diff.ScopesRemoved),
		Opened: v.openedBy(diff.Opens), Closed: v.openedBy(diff.Closes), Save: v.token(privatePath(l.ID) + "/edit"), Back: privatePath(l.ID)}
	for _, m := range choices.Members {
		d.Names[m.User] = m.Name
	}
	for _, c := range choices.Children {
		d.Names[c.ID.String()] = c.Name
	}
	if err := d.try(v, l); err != nil {
		return err
	}
	return v.aboutPrivate(l, "", sheet{title: "Look at the change", trail: []page.Link{{Text: "Edit", URL: privatePath(l.ID) + "/edit"}, {Text: "Look at the change"}}, body: privateChange(v, l, d)})
}

// try decides the recorded calls anew under the scopes that it would have.
func (d *privateDiff) try(v *visit, l private.Listed) error {
	if d.TryDays = 7; v.field("days") == "30" {
		d.TryDays = 30
	}
	if len(d.Added)+len(d.Removed) == 0 || !v.mayUse(l.Account) {
		return nil
	}
	id, err := ident.Parse[grant.Grant](l.Grant)
	if err != nil {
		return err
	}
	got, err := v.Insight.DryRun(v.ctx(), v.by, accountOfPrivate(l).ID, insight.Change{Days: d.TryDays, Grant: &insight.ScopeChange{Grant: id, Scopes: d.After.Scopes}})
	if unseen(err) {
		return nil
	}
	d.Tried = &got
	return err
}

// openedBy names operations as the reference does.
func (v *visit) openedBy(ids []string) []opened {
	cat := v.Catalog.Get()
	var out []opened
	for _, id := range ids {
		if o, ok := cat.Operation(id); ok {
			out = append(out, opened{ID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary})
		}
	}
	return out
}

func pausePrivate(v *visit) error {
	l, err := v.privateOf()
	if err != nil {
		return err
	}
	reason := v.field("reason")
	if _, err := v.Private.Pause(v.ctx(), v.by, l.ID, reason); err != nil {
		if f, ok := faultsOf(err, "/reason"); ok {
			return showPrivate(v, l, reason, f)
		}
		return err
	}
	return v.leave(privatePath(l.ID), l.Name+" is paused. Its calls are refused from now on.")
}

func resumePrivate(v *visit) error {
	return turnPrivate(v, "It works again, with the same token.", func(l private.Listed) error {
		_, err := v.Private.Resume(v.ctx(), v.by, l.ID)
		return err
	})
}

func liftPrivate(v *visit) error {
	return turnPrivate(v, "The stop is lifted.", func(l private.Listed) error {
		_, err := v.Private.Unblock(v.ctx(), v.by, l.ID)
		return err
	})
}

func restorePrivate(v *visit) error {
	return turnPrivate(v, "It is back. Tokens that were not ended for good work again.", func(l private.Listed) error {
		_, err := v.Private.Restore(v.ctx(), v.by, l.ID)
		return err
	})
}

func turnPrivate(v *visit, words string, do func(private.Listed) error) error {
	l, err := v.privateOf()
	if err != nil {
		return err
	}
	if err := do(l); err != nil {
		if f, ok := faultsOf(err); ok {
			return showPrivate(v, l, "", f)
		}
		return err
	}
	return v.leave(privatePath(l.ID), words)
}

func stopPrivate(v *visit) error {
	l, err := v.privateOf()
	if err != nil {
		return err
	}
	if _, err := v.Private.Block(v.ctx(), v.by, l.ID, v.field("reason")); err != nil {
		if f, ok := faultsOf(err, "/reason"); ok {
			f.fields = append(f.fields, fieldFault("/stop", f.at("/reason"))...)
			return showPrivate(v, l, "", f)
		}
		return err
	}
	return v.leave(privatePath(l.ID), "It is stopped. Its administrators have been told why.")
}

// privateEnd is the question before a deletion.
type privateEnd struct {
	private.Listed
	Impact private.Impact
	Reason string
	Ends   bool
	Token  string
	Faults faults
}

func deletePrivatePage(v *visit) error {
	l, err := v.managedPrivate()
	if err != nil {
		return err
	}
	return showDeletePrivate(v, privateEnd{Listed: l})
}

func showDeletePrivate(v *visit, d privateEnd) error {
	var err error
	if d.Impact, err = v.Private.Impact(v.ctx(), v.by, d.ID); err != nil {
		return err
	}
	d.Token = v.token(privatePath(d.ID) + "/delete")
	return v.aboutPrivate(d.Listed, "", sheet{title: "Delete", status: d.Faults.status(), trail: []page.Link{{Text: "Delete"}}, body: privateDelete(v, d)})
}

func deletePrivate(v *visit) error {
	l, err := v.managedPrivate()
	if err != nil {
		return err
	}
	d := privateEnd{Listed: l, Reason: v.field("reason"), Ends: v.field("end_tokens") != ""}
	if _, err := v.Private.Delete(v.ctx(), v.by, l.ID, private.Deletion{Confirm: v.field("phrase"), Reason: d.Reason, EndTokens: d.Ends}); err != nil {
		if f, ok := faultsOf(err, "/confirm", "/reason"); ok {
			d.Faults = f
			return showDeletePrivate(v, d)
		}
		return err
	}
	return v.leave(privatePath(l.ID), l.Name+" is deleted. You can undo that until "+restoreUntil(v.now)+".")
}

func newPrivateTokenPage(v *visit) error {
	l, err := v.managedPrivate()
	if err != nil {
		return err
	}
	return showNewPrivateToken(v, l, faults{})
}

func showNewPrivateToken(v *visit, l private.Listed, f faults) error {
	action := privatePath(l.ID) + "/token"
	c := page.Confirm{Title: "Make a new token?", Text: "No token of “" + l.Name + "” works any more. You get a new one, which is shown once.",
		Consequences: []string{"Put it where the old one was. The old one stays dead."}, Action: action, Token: v.token(action), Button: "Make a token", Cancel: privatePath(l.ID), Mild: true}
	return v.aboutPrivate(l, "", sheet{title: "New token", status: f.status(), trail: []page.Link{{Text: "New token"}}, body: refusable(f, c)})
}

func newPrivateToken(v *visit) error {
	l, err := v.managedPrivate()
	if err != nil {
		return err
	}
	t, err := v.Private.NewToken(v.ctx(), v.by, l.ID)
	if err != nil {
		if f, ok := faultsOf(err); ok {
			return showNewPrivateToken(v, l, f)
		}
		return err
	}
	return v.showPrivateToken(l.ID, t, "A new token", "")
}

// lastOf is the last use of a private integration, as the pages say it.
func lastOf(l private.Listed) usage.Last {
	return usage.Last{At: l.LastUsed, Operation: l.Operation, Network: l.Network}
}
