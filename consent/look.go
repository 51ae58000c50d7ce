package consent

import (
	"context"
	"maps"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
)

// person reports whether somebody has signed in. A token never approves
// anything: it would hand out more than it holds.
func person(by access.Principal) bool {
	return by.User != "" && (by.Kind == access.KindUser || by.Kind == access.KindOperator)
}

// look is one look at an application by one person: what does not depend on the
// account.
type look struct {
	by       access.Principal
	asked    Asked
	app      application.Application
	team     group.Group
	verified release.Verification
	newest   release.Version // what would be installed now; the zero one: nothing
	member   bool            // by belongs to the developer group
	accounts map[string]string
}

func (s *Service) look(tx *store.Tx, by access.Principal, in Asked) (look, error) {
	l := look{by: by, asked: in}
	if !person(by) {
		return l, errPerson
	}
	id, err := ident.Parse[application.Application](in.Application)
	if err != nil {
		return l, err
	}
	if l.app, err = s.Applications.Load(tx, id); err != nil {
		return l, err
	}
	if err := l.app.Usable(); err != nil {
		return l, err
	}
	if l.team, err = s.Groups.Active(tx, l.app.Group); err != nil {
		return l, err
	}
	if l.verified, err = s.Releases.Verification(tx, id); err != nil {
		return l, err
	}
	mine, err := group.Roles(tx, by.User)
	if err != nil {
		return l, err
	}
	_, l.member = mine[l.app.Group]
	if l.accounts, err = account.Roles(tx, by.User); err != nil {
		return l, err
	}
	l.newest, err = s.Releases.Installable(tx, id, release.Place{Own: l.member})
	if problem.CodeOf(err) == "nothing_released" {
		err = nil
	}
	return l, err
}

// Offer shows what an application asks by for, where, and whether anything needs
// to be asked at all. Errors, when the account is named: NotFound for somebody
// who is not a member; Forbidden `app_not_installed`, `delegation_off`,
// `application_unverified`, `role_required`; Invalid `scope_too_small`,
// `scope_not_requested`. Without an account these stand with the accounts.
func (s *Service) Offer(ctx context.Context, by access.Principal, in Asked) (Offer, error) {
	var out Offer
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		l, err := s.look(tx, by, in)
		if err != nil {
			return err
		}
		out, err = s.offer(tx, l)
		return err
	})
	return out, err
}

func (s *Service) offer(tx *store.Tx, l look) (Offer, error) {
	o := Offer{Application: l.app, Developer: l.team.Name, Own: l.member, Items: []Item{}, Choices: []Choices{}}
	o.Verified, o.Since = l.verified.Covers(l.use()), l.verified.VerifiedSince()
	words := l.newest
	for _, id := range l.candidates() {
		c, err := s.choice(tx, l, id)
		if err != nil {
			return o, err
		}
		o.Choices = append(o.Choices, c)
		if l.asked.Account != "" && c.problem != nil && !c.Install {
			return o, c.problem
		}
	}
	o.settle(l.asked.Account)
	for _, c := range o.Choices {
		if c.Account == o.Account && c.installation.Version != "" {
			v, err := s.Releases.Load(tx, c.installation.Version)
			if err != nil {
				return o, err
			}
			words = v
		}
	}
	if words.ID.IsZero() {
		return o, problem.Conflict("nothing_released", "The developer has not released a version of this application yet. Ask them to.")
	}
	// Without any account that fits, what is wrong with the request itself counts.
	if err := asksEnough(words, l.asked.Scopes); err != nil && o.Account == "" && !slices.ContainsFunc(o.Choices, Choices.Usable) {
		return o, err
	}
	o.Items = s.items(words, l.newest, l.asked.Scopes)
	return o, nil
}

// candidates are the accounts to look at, the person's own ones.
func (l look) candidates() []string {
	if l.asked.Account != "" {
		return []string{l.asked.Account}
	}
	all := slices.Sorted(maps.Keys(l.accounts))
	return all[:min(len(all), 200)]
}

func (l look) use() release.Use {
	return release.Use{Group: l.app.Group, Redirect: l.asked.Redirect, Scopes: l.asked.Scopes}
}

// choice judges one account.
func (s *Service) choice(tx *store.Tx, l look, id string) (Choices, error) {
	c := Choices{Account: id, Approved: []string{}, Refused: []string{}, Consented: []string{}}
	if _, member := l.accounts[id]; !member {
		return c, problem.NotFound("account")
	}
	acc, err := s.Accounts.Load(tx, id)
	if err != nil {
		return c, err
	}
	c.Name, c.Key, c.Kind = acc.Name, acc.Key, acc.Kind
	if err := s.judge(tx, l, acc, &c); problem.Of(err) != nil && problem.Of(err).Kind == problem.KindInternal {
		return c, err
	} else if err != nil {
		c.refuse(err)
		if c.Contact, err = administrator(tx, id); err != nil {
			return c, err
		}
	}
	return c, nil
}

// judge fills in what the person may do with the application in one account;
// the error says why they may not.
func (s *Service) judge(tx *store.Tx, l look, acc account.Account, c *Choices) error {
	if acc.State != account.Active {
		return errClosed
	}
	sandbox := l.member && acc.Kind == account.Sandbox && acc.Group == l.app.Group
	if l.app.Restricted && !sandbox {
		return problem.Forbidden("verification_suspended", "The operator of this platform has suspended the verification of this application. Only its developers can use it, in their sandbox accounts.")
	}
	i, err := s.Integrations.Of(tx, l.app.ID, acc.ID.String())
	if absent(err) {
		c.Install = (sandbox || l.verified.Holds()) && l.by.May("installation:create", account.Resource(acc.ID.String())) == nil
		return errNone
	}
	if err != nil {
		return err
	}
	v, err := s.Releases.Load(tx, i.Version)
	if err != nil {
		return err
	}
	c.installation, c.Trusted = i, i.Delegation == "trusted"
	if l.by.May("installation:update", integration.Resource(i)) == nil {
		c.Manage = i.ID.String()
	}
	c.required = names(v.Required)
	asked := l.asked.Scopes
	if len(asked) == 0 {
		asked = v.Scopes()
	}
	c.Approved, c.Refused = both(asked, i.Scopes), less(asked, i.Scopes)
	if c.consent, err = find(tx, "application = ? AND account = ? AND user_id = ? AND state = ?", l.app.ID, acc.ID, l.by.User, Active); err != nil && !absent(err) {
		return err
	}
	c.Consented = both(c.consent.Scopes, i.Scopes)
	c.Skip = c.Trusted || !c.consent.ID.IsZero() && c.consent.covers(c.Approved)
	return s.barred(tx, l, c, barring{sandbox: sandbox, version: v, asked: asked, account: acc})
}

// barring is what the reasons against an account are judged by.
type barring struct {
	sandbox bool
	version release.Version
	asked   []string
	account account.Account
}

func (s *Service) barred(tx *store.Tx, l look, c *Choices, b barring) error {
	use := l.use()
	use.Scopes = c.Approved
	if !b.sandbox && !l.verified.Covers(use) {
		return errUnverified
	}
	if _, code := c.installation.GrantState(); code != "" {
		return problem.Forbidden(code, stopped[code])
	}
	if c.installation.Delegation == "off" {
		return errOff
	}
	if missing := less(c.required, b.asked); len(missing) > 0 {
		return errSmall(missing)
	}
	if extra := less(less(b.asked, b.version.Scopes()), l.newest.Scopes()); len(extra) > 0 {
		return errBeyond(extra)
	}
	return s.roleHeld(tx, l, c, b.account)
}

// roleHeld fails for a person without a role that the installation or a scope
// asks of whoever approves it.
func (s *Service) roleHeld(tx *store.Tx, l look, c *Choices, acc account.Account) error {
	cat := s.Catalog.Get()
	var wanted [][]string // of each list the person needs one, by the product's keys
	for _, name := range c.Approved {
		if sc, ok := cat.Scope(name); ok && len(sc.Roles) > 0 {
			wanted = append(wanted, sc.Roles)
		}
	}
	if len(wanted)+len(c.installation.ApproverRoles) == 0 {
		return nil
	}
	m, err := s.Accounts.Member(tx, acc.ID.String(), l.by.User)
	if err != nil {
		return err
	}
	held := make([]string, 0, len(m.Roles))
	for _, id := range m.Roles {
		r, err := s.Accounts.RoleIn(tx, acc.ID.String(), id)
		if absent(err) {
			continue
		}
		if err != nil {
			return err
		}
		held = append(held, r.Key)
	}
	for _, any := range wanted {
		if len(both(any, held)) == 0 {
			return errRole.With("roles", any)
		}
	}
	if need := c.installation.ApproverRoles; len(need) > 0 && len(both(need, m.Roles)) == 0 {
		return errRole
	}
	return nil
}

// asksEnough fails when fewer scopes are asked for than a version needs, or one
// that it does not list.
func asksEnough(v release.Version, asked []string) error {
	if len(asked) == 0 {
		return nil
	}
	if missing := less(names(v.Required), asked); len(missing) > 0 {
		return errSmall(missing)
	}
	if extra := less(asked, v.Scopes()); len(extra) > 0 {
		return errBeyond(extra)
	}
	return nil
}

func names(list []release.Request) []string {
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = r.Scope
	}
	return out
}

// items puts the scopes that are asked for into words; those that only a newer
// version lists come last.
func (s *Service) items(v, newest release.Version, asked []string) []Item {
	cat := s.Catalog.Get()
	out, seen := []Item{}, map[string]bool{}
	add := func(list []release.Request, required bool) {
		for _, r := range list {
			if seen[r.Scope] || len(asked) > 0 && !slices.Contains(asked, r.Scope) {
				continue
			}
			seen[r.Scope] = true
			sc, _ := cat.Scope(r.Scope)
			it := Item{Scope: r.Scope, Label: sc.Label, Explanation: sc.Explanation, Risk: sc.Risk, Purpose: r.Purpose, Required: required}
			if it.Label == "" {
				it.Label = r.Scope
			}
			if it.Risk == "" {
				it.Risk = "medium"
			}
			out = append(out, it)
		}
	}
	add(v.Required, true)
	add(v.Optional, false)
	if len(asked) > 0 {
		add(newest.Required, false)
		add(newest.Optional, false)
	}
	return out
}
