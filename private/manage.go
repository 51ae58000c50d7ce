package private

import (
	"context"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
)

// Created is a new private integration with its first token, whose secret is
// never shown again.
type Created struct {
	Integration
	Token token.Issued
}

// Create makes a private integration of an account, its grant and its first
// token. Errors: NotFound, Forbidden, Invalid `private_integration_invalid`,
// Conflict `private_integration_limit`, Forbidden `account_closed`,
// `role_exceeds_giver`.
func (s *Service) Create(ctx context.Context, by access.Principal, acc account.ID, d Draft) (Created, error) {
	var out Created
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		out, err = s.CreateIn(tx, by, acc, d)
		return err
	})
	return out, err
}

// CreateIn is Create inside the caller's transaction. It authorises, as what may
// be given depends on who gives it.
func (s *Service) CreateIn(tx *store.Tx, by access.Principal, acc account.ID, d Draft) (Created, error) {
	l, err := s.place(tx, by, acc)
	if err != nil {
		return Created{}, err
	}
	if l.account.State != account.Active {
		return Created{}, problem.Forbidden("account_closed", "This account is closed.")
	}
	n, err := count(tx, acc.String())
	if err != nil {
		return Created{}, err
	}
	if n >= Most {
		return Created{}, problem.Conflict("private_integration_limit", "An account has at most 200 private integrations. Delete those that are not needed any more.")
	}
	if d.Owner == "" {
		d.Owner = by.User
	}
	l.Integration = Integration{ID: ident.New[Integration](tx.Now()), Account: acc.String(), CreatedBy: by.Subject(), Created: tx.Now(), Reach: grant.Reach{Rule: grant.RuleSelf}}
	i, err := s.decided(tx, by, l, d)
	if err != nil {
		return Created{}, err
	}
	return s.create(tx, by, i)
}

// place is an account in which the caller may make private integrations.
func (s *Service) place(tx *store.Tx, by access.Principal, acc account.ID) (loaded, error) {
	a, err := s.Accounts.Load(tx, acc.String())
	if err != nil {
		return loaded{}, err
	}
	st, err := s.standing(tx, by, a)
	if err != nil {
		return loaded{}, err
	}
	switch {
	case !st.see:
		return loaded{}, problem.NotFound("account")
	case !st.manage:
		return loaded{}, lacking(by, a)
	}
	return loaded{account: a, standing: st}, nil
}

func (s *Service) create(tx *store.Tx, by access.Principal, i Integration) (Created, error) {
	i.settle()
	g, err := s.Grants.Create(tx, grant.Grant{Kind: grant.KindPrivate, Account: i.Account, Holder: i.Holder(), Subject: i.ID.String(), SubjectKey: i.ID.String(),
		Scopes: i.Scopes, Layers: s.layers(i.Scopes), Networks: i.Networks, Reach: i.Reach})
	if err != nil {
		return Created{}, err
	}
	i.Grant = g.ID.String()
	if err := insert(tx, i); err != nil {
		return Created{}, err
	}
	t, err := s.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Static, Life: i.Expiry.Life(), Idle: i.Expiry.Idle(), Rotate: i.Expiry.Rotate()})
	if err != nil {
		return Created{}, err
	}
	if err := s.tell(tx, by, i, "The private integration “"+i.Name+"” was created", "It may use: "+strings.Join(i.Scopes, ", ")+"."); err != nil {
		return Created{}, err
	}
	return Created{Integration: i, Token: t}, s.record(tx, by, "create", Integration{}, i)
}

// layers lets the grant do what its scopes give, in the whole account.
func (s *Service) layers(scopes []string) [][]access.Policy {
	var entitlements []string
	cat := s.Catalog.Get()
	for _, sc := range scopes {
		entitlements = append(entitlements, cat.Entitlements(sc)...)
	}
	return [][]access.Policy{{allowing(entitlements)}}
}

// decided applies a draft to an integration, new or there, after every check.
func (s *Service) decided(tx *store.Tx, by access.Principal, l loaded, d Draft) (Integration, error) {
	cat := s.Catalog.Get()
	had := l.Integration
	networks, faults := d.check(func(scope string) bool {
		_, ok := cat.Scope(scope)
		return ok
	})
	i := had
	i.Name, i.Description, i.Scopes, i.Contact, i.Expiry, i.Networks = d.Name, d.Description, d.Scopes, d.Contact, d.Expiry, networks
	if d.Owner != had.Owner || had.Owner == "" {
		ok, err := s.mayOwn(tx, l.account, d.Owner)
		if err != nil {
			return i, err
		}
		if !ok {
			faults = append(faults, problem.Field{Pointer: "/owner", Code: "owner_unknown", Detail: "Choose a member of the account."})
		}
		i.Owner = d.Owner
	}
	if !sameReach(d.Reach, had.Reach) {
		reach, more, err := s.reach(tx, l.account, d.Reach)
		if err != nil {
			return i, err
		}
		faults = append(faults, more...)
		i.Reach = reach
	}
	if len(faults) > 0 {
		return i, problem.Invalid("private_integration_invalid", "Some of the fields need another look.", faults...)
	}
	if (i.Reach.Wide() || had.Reach.Wide()) && !l.standing.wide {
		return i, forbidden(ActionManageChildren, account.Resource(i.Account))
	}
	return i, s.Roles.MayGive(tx, by, l.standing.giver, given(cat, i.Scopes, had.Scopes))
}

// mayOwn reports whether a person can answer for integrations of an account: a
// member of it or of its parent.
func (s *Service) mayOwn(tx *store.Tx, a account.Account, user string) (bool, error) {
	for _, acc := range []string{a.ID.String(), a.Parent} {
		if acc == "" || user == "" {
			continue
		}
		_, err := s.Accounts.Member(tx, acc, user)
		if err == nil {
			return true, nil
		}
		if !absent(err) {
			return false, err
		}
	}
	return false, nil
}

func (s *Service) reach(tx *store.Tx, a account.Account, want grant.Reach) (grant.Reach, []problem.Field, error) {
	if !want.Wide() {
		return grant.Reach{Rule: grant.RuleSelf}, nil, nil
	}
	if a.Parent != "" {
		return want, []problem.Field{{Pointer: "/reach/rule", Code: "no_children", Detail: "This account has a parent, so it cannot have child accounts."}}, nil
	}
	children, err := s.Accounts.ChildrenOf(tx, a.ID.String())
	if err != nil {
		return want, nil, err
	}
	ids := make([]string, len(children))
	for k, c := range children {
		ids[k] = c.ID.String()
	}
	reach, faults := chosen(want, ids)
	return reach, faults, nil
}

// sameReach reports whether a reach that was sent says what is there already.
func sameReach(sent, is grant.Reach) bool {
	if !sent.Wide() || !is.Wide() {
		return sent.Wide() == is.Wide() && len(reachFaults(sent)) == 0
	}
	return sent.Rule == is.Rule && sent.Future == is.Future && strings.Join(sorted(sent.Accounts), " ") == strings.Join(sorted(is.Accounts), " ")
}

// Update changes the parts that are there. The token stays as it is; what it may
// do changes with its next call. Errors: those of Create, Conflict
// `private_integration_changed`, `private_integration_deleted`.
func (s *Service) Update(ctx context.Context, by access.Principal, id ID, p Patch) (Integration, error) {
	var out Integration
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		out, err = s.UpdateIn(tx, by, id, p)
		return err
	})
	return out, err
}

// UpdateIn is Update in the caller's transaction; it authorises by itself.
func (s *Service) UpdateIn(tx *store.Tx, by access.Principal, id ID, p Patch) (Integration, error) {
	l, i, err := s.changed(tx, by, id, p)
	if err != nil {
		return i, err
	}
	before := l.Integration
	d := diffOf(before, i)
	if d.Empty() {
		return before, nil
	}
	out, err := s.put(tx, i)
	if err != nil {
		return out, err
	}
	if err := s.follow(tx, before, i); err != nil {
		return out, err
	}
	if d.Widens() {
		if err := s.tell(tx, by, out, "The private integration “"+out.Name+"” may do more now", "Look at what was changed."); err != nil {
			return out, err
		}
	}
	return out, s.record(tx, by, "update", before, out)
}

// changed is what a patch would make of an integration.
func (s *Service) changed(tx *store.Tx, by access.Principal, id ID, p Patch) (loaded, Integration, error) {
	l, err := s.managed(tx, by, id)
	if err != nil {
		return l, Integration{}, err
	}
	if err := l.here(); err != nil {
		return l, Integration{}, err
	}
	if p.Revision != nil && *p.Revision != l.Revision {
		return l, Integration{}, errChanged()
	}
	i, err := s.decided(tx, by, l, p.on(l.Integration))
	return l, i, err
}

// follow lets the grant and its tokens say what the integration says.
func (s *Service) follow(tx *store.Tx, before, i Integration) error {
	if before.Expiry.Idle() != i.Expiry.Idle() || before.Expiry.Rotate() != i.Expiry.Rotate() {
		if err := s.Tokens.SetTerms(tx, i.Grant, i.Expiry.Idle(), i.Expiry.Rotate()); err != nil {
			return err
		}
	}
	scopes := strings.Join(before.Scopes, " ") != strings.Join(i.Scopes, " ")
	networks := strings.Join(before.Networks.Strings(), " ") != strings.Join(i.Networks.Strings(), " ")
	if !scopes && !networks && sameReach(i.Reach, before.Reach) {
		return nil
	}
	_, err := s.Grants.Change(tx, i.Grant, func(g *grant.Grant) error {
		if scopes {
			g.Scopes, g.Layers = i.Scopes, s.layers(i.Scopes)
		}
		g.Networks, g.Reach = i.Networks, i.Reach
		return nil
	})
	return err
}

func (s *Service) put(tx *store.Tx, i Integration) (Integration, error) {
	err := save(tx, i)
	i.Revision++
	return i, err
}

// Preview tells what a change would mean, without making it.
func (s *Service) Preview(ctx context.Context, by access.Principal, id ID, p Patch) (Diff, error) {
	var d Diff
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		l, i, err := s.changed(tx, by, id, p)
		if err != nil {
			return err
		}
		d = diffOf(l.Integration, i)
		return s.lessReceived(tx, &d)
	})
	if err != nil {
		return Diff{}, err
	}
	used, err := s.called(ctx, d.Before.Grant)
	if err != nil {
		return Diff{}, err
	}
	d.operations(s.Catalog.Get(), s.DB.Now(), used)
	return d, nil
}
