package console

import (
	"math"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/leak"
	"github.com/guestright/guestright/private"
)

// area is a part of the console for one kind of work.
type area string

const (
	areaNone      area = "" // pages about the person, and problems
	areaDeveloper area = "developer"
	areaAccount   area = "account"
	areaOperator  area = "operator"
)

// memberships are the groups and accounts in which a person takes part themselves; an operator may
// see all, but the switchers offer what they belong to.
type memberships struct {
	groups   []group.Group
	accounts []account.Account
}

func (v *visit) memberships() (memberships, error) {
	var m memberships
	self := access.Principal{Kind: access.KindUser, User: v.by.User}
	groups, err := v.Groups.List(v.ctx(), self)
	if err != nil {
		return m, err
	}
	accounts, err := v.Accounts.List(v.ctx(), self, "", 200)
	if err != nil {
		return m, err
	}
	m.groups = slices.DeleteFunc(groups, func(g group.Group) bool { return g.State == group.Archived })
	// The groups of a company come before the personal one, which is for trying things out.
	slices.SortStableFunc(m.groups, func(a, b group.Group) int {
		switch {
		case a.Personal == b.Personal:
			return 0
		case a.Personal:
			return 1
		}
		return -1
	})
	m.accounts = accounts
	return m, nil
}

// frame is everything around a page. What cannot be read is left out: a page about a problem must
// still be shown.
func (v *visit) frame(s sheet) page.Frame {
	f := page.Frame{Title: s.title, Service: v.Name, Theme: page.ThemeOf(v.r), Path: v.r.URL.RequestURI(),
		Flashes: v.flashes(), Footer: v.Footer, Trail: s.trail}
	if v.session.ID == "" || s.bare {
		return f
	}
	f.Token = v.token("/sign-out")
	f.Person = &page.Person{Name: v.session.Name, Email: v.session.Email, SignOut: "/sign-out",
		Links: []page.Link{{Text: "Profile and security", URL: "/me", Icon: page.IconUserCog}}}
	if v.Authority != nil {
		f.Person.Links = append(f.Person.Links, page.Link{Text: "Applications that act as you", URL: authorisedPath, Icon: page.IconPlug})
	}
	if v.Announcements != nil {
		f.Person.Links = append(f.Person.Links, page.Link{Text: "Announcements", URL: "/announcements", Icon: page.IconBell})
	}
	if v.Notices != nil {
		if n, err := v.Notices.Unread(v.ctx(), v.by); err == nil {
			f.Inbox = &page.Inbox{Label: "Inbox", URL: "/inbox", Unread: int(min(n, math.MaxInt32))}
		}
	}
	m, err := v.memberships()
	if err != nil {
		v.Log.WarnContext(v.ctx(), "console navigation is incomplete", "error", err)
	}
	v.navigate(&f, s, m)
	for i := range f.Sections {
		for j := range f.Sections[i].Links {
			l := &f.Sections[i].Links[j]
			at := s.current
			if at == "" {
				at = v.r.URL.Path
			}
			l.Current = l.URL == at
		}
	}
	return f
}

// navigate fills in the areas a person may enter, the switcher and the links of the area at hand.
func (v *visit) navigate(f *page.Frame, s sheet, m memberships) {
	at := s.area
	if at == areaNone {
		at = m.usual(v.by.Operator)
	}
	if len(m.groups) > 0 || at == areaDeveloper {
		f.Areas = append(f.Areas, page.Link{Text: "Developer", URL: "/groups", Current: at == areaDeveloper})
	}
	if len(m.accounts) > 0 || at == areaAccount {
		f.Areas = append(f.Areas, page.Link{Text: "Account", URL: "/accounts", Current: at == areaAccount})
	}
	if v.by.Operator {
		f.Areas = append(f.Areas, page.Link{Text: "Operator", URL: "/operator", Current: at == areaOperator})
	}
	switch at {
	case areaAccount:
		f.Switcher, f.Sections = v.accountNavigation(s, m.accounts)
	case areaOperator:
		f.Sections = operatorNavigation()
		if v.Programme != nil {
			f.Sections[0].Links = append(f.Sections[0].Links, page.Link{Text: "Production requests", URL: "/operator/production", Icon: page.IconRocket},
				page.Link{Text: "Partner programme", URL: "/operator/programme", Icon: page.IconHandshake}, page.Link{Text: "Agreements", URL: "/operator/agreements", Icon: page.IconFile})
		}
		if v.Announcements != nil {
			f.Sections[0].Links = append(f.Sections[0].Links, page.Link{Text: "Announcements", URL: "/operator/announcements", Icon: page.IconBell})
		}
		if v.Legacy != nil {
			f.Sections[0].Links = append(f.Sections[0].Links, page.Link{Text: "Deprecations", URL: "/operator/deprecations", Icon: page.IconClock},
				page.Link{Text: "Legacy keys", URL: "/operator/legacy-keys", Icon: page.IconKey})
		}
		if v.Checklists != nil {
			f.Sections[0].Links = slices.Insert(f.Sections[0].Links, 4, page.Link{Text: "Reviews", URL: "/operator/versions", Icon: page.IconRocket})
		}
		if v.Suspensions != nil {
			f.Sections[1].Links = append(f.Sections[1].Links, page.Link{Text: "Suspensions", URL: "/operator/suspensions", Icon: page.IconCircleX})
		}
		if v.Listings != nil {
			f.Sections[0].Links = append(f.Sections[0].Links, page.Link{Text: "Directory", URL: "/operator/listings", Icon: page.IconStore})
		}
		if v.Leaks != nil {
			f.Sections[1].Links = append(f.Sections[1].Links, page.Link{Text: "Leaked credentials", URL: "/operator/leaks", Icon: page.IconShieldAlert})
		}
		if v.Products != nil {
			f.Sections[0].Links = append(f.Sections[0].Links, page.Link{Text: "Product keys", URL: "/operator/keys", Icon: page.IconKey})
		}
	default:
		f.Switcher, f.Sections = v.groupNavigation(s, m.groups)
	}
	f.Sections = append(f.Sections, page.Section{Title: "Learn", Links: []page.Link{
		{Text: "API reference", URL: "/reference", Icon: page.IconBook},
	}})
	if v.Listings != nil {
		last := &f.Sections[len(f.Sections)-1]
		last.Links = append(last.Links, page.Link{Text: "Directory", URL: "/directory", Icon: page.IconStore})
	}
}

// usual is the area of pages that belong to none: where the person has most to do.
func (m memberships) usual(operator bool) area {
	real := slices.ContainsFunc(m.groups, func(g group.Group) bool { return !g.Personal })
	switch {
	case operator:
		return areaOperator
	case len(m.accounts) > 0 && !real:
		return areaAccount
	}
	return areaDeveloper
}

func (v *visit) groupNavigation(s sheet, groups []group.Group) (*page.Switcher, []page.Section) {
	at := s.group
	if at == "" && len(groups) > 0 {
		at = groups[0].ID.String()
	}
	sections := []page.Section{{Links: []page.Link{{Text: "Home", URL: "/", Icon: page.IconHome}}}}
	if at == "" {
		return nil, sections
	}
	w := &page.Switcher{Label: "Group", More: []page.Link{
		{Text: "All groups", URL: "/groups", Icon: page.IconList}, {Text: "New group", URL: "/groups/new", Icon: page.IconPlus}}}
	for _, g := range groups {
		detail := "Team"
		if g.Personal {
			detail = "Personal"
		}
		w.Choices = append(w.Choices, page.Choice{Text: g.Name, Detail: detail, URL: "/groups/" + g.ID.String(), Current: g.ID.String() == at})
	}
	base := "/groups/" + at
	sections = append(sections, page.Section{Title: "Group", Links: []page.Link{
		{Text: "Applications", URL: base, Icon: page.IconApplication},
		{Text: "Usage and limits", URL: base + "/usage", Icon: page.IconGauge},
		{Text: "Members", URL: base + "/members", Icon: page.IconUsers},
		{Text: "Activity", URL: base + "/activity", Icon: page.IconScroll},
		{Text: "Settings", URL: base + "/settings", Icon: page.IconSettings},
	}})
	last := &sections[len(sections)-1]
	if v.Domains != nil {
		last.Links = slices.Insert(last.Links, 3, page.Link{Text: "Domains", URL: base + "/domains", Icon: page.IconGlobe})
	}
	if v.Programme != nil {
		last.Links = slices.Insert(last.Links, 2, page.Link{Text: "Production", URL: base + "/production", Icon: page.IconRocket}, page.Link{Text: "Programme", URL: base + "/programme", Icon: page.IconHandshake})
	}
	if v.Sandboxes != nil {
		last.Links = slices.Insert(last.Links, 1, sandboxesLink(base))
	}
	if v.ends() {
		last.Links = slices.Insert(last.Links, 2, page.Link{Text: "Deprecations", URL: base + "/deprecations", Icon: page.IconClock})
	}
	last.Links = append(last.Links, v.leakLink(leak.Query{Group: at}, base+"/leaks")...)
	return w, sections
}

func (v *visit) accountNavigation(s sheet, accounts []account.Account) (*page.Switcher, []page.Section) {
	at := s.account
	if at == "" && len(accounts) > 0 {
		at = accounts[0].ID.String()
	}
	if at == "" {
		return nil, nil
	}
	w := &page.Switcher{Label: "Account", More: []page.Link{{Text: "All accounts", URL: "/accounts", Icon: page.IconList}}}
	for _, a := range accounts {
		w.Choices = append(w.Choices, page.Choice{Text: a.Name, Detail: strings.ToUpper(string(a.Kind[:1])) + string(a.Kind[1:]),
			URL: "/accounts/" + a.ID.String(), Current: a.ID.String() == at})
	}
	return w, v.accountSections(at)
}

// accountSections are the pages of one account that the person may open.
func (v *visit) accountSections(id string) []page.Section {
	base, on := accountPath(id), account.Resource(id)
	links := []page.Link{{Text: "Integrations", URL: base, Icon: page.IconPlug}}
	if v.may("installation:create", on) {
		links = append(links, page.Link{Text: "Install an application", URL: base + "/install", Icon: page.IconPlus})
	}
	if v.mayAsk(id) {
		if !v.may("installation:create", on) {
			links = append(links, page.Link{Text: "Ask for an application", URL: base + "/install", Icon: page.IconPlus})
		}
		links = append(links, page.Link{Text: "Requests", URL: requestsPath(id), Icon: page.IconInbox})
	}
	if v.Admission != nil {
		links = append(links, page.Link{Text: "What may be installed", URL: admissionPath(id), Icon: page.IconShieldCheck},
			page.Link{Text: "Still needed?", URL: confirmationsPath(id), Icon: page.IconClock})
	}
	if v.Private != nil && v.may(private.ActionView, on) {
		links = append(links, page.Link{Text: "Private integrations", URL: base + "/private", Icon: page.IconLock})
	}
	if v.Authority != nil && v.may("consent:manage", on) {
		links = append(links, page.Link{Text: "Acting for people", URL: accountConsentsPath(id), Icon: page.IconUserCog})
	}
	if v.APITokens != nil {
		links = append(links, page.Link{Text: "Access tokens", URL: base + "/tokens", Icon: page.IconKey})
	}
	if v.Tokens != nil && v.may("token:list_all", on) {
		links = append(links, page.Link{Text: "All credentials", URL: base + "/credentials", Icon: page.IconList})
	}
	links = append(links, page.Link{Text: "People", URL: base + "/people", Icon: page.IconUsers})
	if v.may("role:view", on) {
		links = append(links, page.Link{Text: "Roles", URL: rolesPath(id), Icon: page.IconShield})
	}
	if v.mayUse(id) {
		links = append(links, page.Link{Text: "Granted and used", URL: base + "/use", Icon: page.IconGauge})
	}
	if v.may("audit:read", on) {
		links = append(links, page.Link{Text: "Activity", URL: base + "/activity", Icon: page.IconScroll})
	}
	if v.mayLedger(id) {
		links = append(links, page.Link{Text: "What they did here", URL: ledgerPath(id), Icon: page.IconList})
	}
	return []page.Section{{Links: append(links, v.endingLinks(id)...)}}
}

// operatorNavigation are the pages of those who run the platform.
func operatorNavigation() []page.Section {
	return []page.Section{{Links: []page.Link{
		{Text: "Overview", URL: "/operator", Icon: page.IconDashboard},
		{Text: "Groups", URL: "/operator/groups", Icon: page.IconUsers},
		{Text: "Applications", URL: "/operator/applications", Icon: page.IconApplication},
		{Text: "Verification", URL: "/operator/verifications", Icon: page.IconShieldCheck},
		{Text: "Accounts", URL: "/operator/accounts", Icon: page.IconBuilding},
		{Text: "Catalog", URL: "/operator/catalog", Icon: page.IconBook},
	}}, {Title: "Record", Links: []page.Link{
		{Text: "Activity", URL: "/operator/activity", Icon: page.IconScroll},
		{Text: "Jobs", URL: "/operator/jobs", Icon: page.IconRefresh},
		{Text: "Outgoing mail", URL: "/operator/mail", Icon: page.IconMail},
	}}}
}
