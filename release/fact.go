package release

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/store"
)

// Level says what a fact means for a review.
type Level string

// The levels.
const (
	LevelOK   Level = "ok"
	LevelLook Level = "look" // a person should look at it
	LevelFail Level = "fail" // no review begins before it is put right
)

// Fact is something about an application that a machine can check.
type Fact struct {
	Code  string   `json:"code" example:"redirect_hosts"`
	Level Level    `json:"level" enum:"ok,look,fail"`
	Text  string   `json:"text"`
	Items []string `json:"items,omitempty"`
}

// evidence is what the facts are drawn from.
type evidence struct {
	application application.Application
	client      application.Client
	group       group.Group
	live        Version // the zero one: nothing is live
	statement   Statement
	scope       func(name string) (catalog.Scope, bool)
}

// purposeLeast is how many characters a purpose has that says anything.
const purposeLeast = 25

func (e evidence) facts() []Fact {
	return slices.Concat([]Fact{e.version(), e.contact(), e.domains(), e.owner()}, e.redirects(), e.asked())
}

func (e evidence) version() Fact {
	if e.live.ID.IsZero() {
		return Fact{"version", LevelFail, "No version is live. Publish the one that is to be reviewed.", nil}
	}
	return Fact{"version", LevelOK, "Version " + e.live.Number + " is live.", nil}
}

func (e evidence) contact() Fact {
	var missing []string
	if e.application.Homepage == "" {
		missing = append(missing, "homepage")
	}
	if e.application.Support == "" {
		missing = append(missing, "support contact")
	}
	if missing != nil {
		return Fact{"contact", LevelFail, "Customers can't find or reach you: fill this in under Settings.", missing}
	}
	return Fact{"contact", LevelOK, "Homepage and support contact are there.", []string{e.application.Homepage, e.application.Support}}
}

func (e evidence) domains() Fact {
	if len(e.application.Domains) == 0 {
		return Fact{"domains", LevelFail, "The application names no domain of its own, so addresses can't be compared with anything.", nil}
	}
	var beyond []string
	for _, a := range []string{e.application.Homepage, e.statement.Privacy} {
		if a != "" && !e.own(a) {
			beyond = append(beyond, a)
		}
	}
	if beyond != nil {
		return Fact{"domains", LevelLook, "These addresses are not on the application's own domains.", beyond}
	}
	return Fact{"domains", LevelOK, "Its pages are on its own domains.", e.application.Domains}
}

// own reports whether an address lies on one of the application's domains or
// below it.
func (e evidence) own(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	return slices.ContainsFunc(e.application.Domains, func(d string) bool {
		d = strings.ToLower(d)
		return host == d || strings.HasSuffix(host, "."+d)
	})
}

func (e evidence) owner() Fact {
	switch {
	case e.group.State != group.Active:
		return Fact{"owner", LevelFail, "The developer group is not active.", []string{e.group.Name}}
	case e.group.Personal:
		return Fact{"owner", LevelLook, "It belongs to a person's own group, not to a company's.", []string{e.group.Name}}
	}
	return Fact{"owner", LevelOK, "It belongs to " + e.group.Name + ".", nil}
}

func (e evidence) redirects() []Fact {
	uris := e.client.RedirectURIs
	if len(uris) == 0 {
		if e.live.Delegation == "consent" || e.live.Delegation == "trusted" {
			return []Fact{{"redirect_hosts", LevelFail, "It wants to act for signed-in people and has no redirect URI.", nil}}
		}
		return []Fact{{"redirect_hosts", LevelOK, "It signs nobody in.", nil}}
	}
	var own, local, scheme, beyond []string
	for _, u := range uris {
		switch {
		case strings.HasPrefix(u, "http://"):
			local = append(local, u)
		case !strings.HasPrefix(u, "https://"):
			scheme = append(scheme, u)
		case e.own(u):
			own = append(own, u)
		default:
			beyond = append(beyond, u)
		}
	}
	var out []Fact
	if beyond != nil {
		out = append(out, Fact{"redirect_hosts", LevelLook, "People are sent back to hosts that are not on its own domains.", beyond})
	} else {
		out = append(out, Fact{"redirect_hosts", LevelOK, "People are sent back to its own domains only.", own})
	}
	if local != nil && !e.client.Native {
		out = append(out, Fact{"redirect_loopback", LevelLook, "Addresses of a developer's own machine: right for an installed application, left over from development otherwise.", local})
	}
	if scheme != nil {
		out = append(out, Fact{"redirect_scheme", LevelLook, "Schemes of its own: another application on the device can claim the same.", scheme})
	}
	if e.client.Public {
		out = append(out, Fact{"public_client", LevelLook, "It is a public client: anybody can pretend to be it up to the redirect.", nil})
	}
	return out
}

func (e evidence) asked() []Fact {
	var high, vague, all []string
	for _, r := range slices.Concat(e.live.Required, e.live.Optional) {
		line := r.Scope + ": " + r.Purpose
		all = append(all, line)
		if sc, ok := e.scope(r.Scope); !ok || sc.Risk == "high" {
			high = append(high, line)
		}
		if utf8.RuneCountInString(strings.TrimSpace(r.Purpose)) < purposeLeast {
			vague = append(vague, line)
		}
	}
	if all == nil {
		return nil
	}
	out := []Fact{{"scopes", LevelOK, "None of its scopes has a high risk.", all}}
	if high != nil {
		out[0] = Fact{"scopes", LevelLook, "It asks for scopes with a high risk. Does the purpose explain each?", high}
	}
	if vague != nil {
		out = append(out, Fact{"purposes", LevelLook, "These purposes say little. Administrators and users decide by them.", vague})
	} else {
		out = append(out, Fact{"purposes", LevelOK, "Every scope has a sentence that says what for.", nil})
	}
	return out
}

func failing(facts []Fact) []string {
	var out []string
	for _, f := range facts {
		if f.Level == LevelFail {
			out = append(out, f.Code)
		}
	}
	return out
}

// facts gathers the evidence about an application.
func (s *Service) facts(tx *store.Tx, a application.Application, v Verification) ([]Fact, error) {
	cat := s.Catalog.Get()
	e := evidence{application: a, statement: v.Statement, scope: cat.Scope}
	var err error
	if e.client, err = s.Applications.Client(tx, a.ID); err != nil {
		return nil, err
	}
	if e.group, err = s.Groups.Load(tx, a.Group); err != nil {
		return nil, err
	}
	all, err := list(tx, a.ID.String())
	if err != nil {
		return nil, err
	}
	e.live, _ = highest(all, Live)
	return e.facts(), nil
}
