package consent

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/token"
)

// Service holds the operations on consents.
type Service struct {
	DB           *store.DB
	Audit        *audit.Log
	Accounts     *account.Service
	Groups       *group.Service
	Applications *application.Service
	Releases     *release.Service
	Integrations *integration.Service
	Grants       *grant.Service
	Tokens       *token.Service
	Notices      *notice.Service
	Catalog      *catalog.Current
}

func absent(err error) bool { return problem.CodeOf(err) == "not_found" }

func (s *Service) record(tx *store.Tx, by access.Principal, action string, a application.Application, before any, c Consent) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "consent." + action, Target: "consent/" + c.ID.String(), Name: a.Name, Account: c.Account,
		Group: a.Group, Application: c.Application, User: c.User, Before: before, After: c, Reason: c.Reason})
}

// Approve lets the application act as by in an account, or widens what it may
// do there. It joins; who decided is by, so it authorises too. Errors: those of
// Offer.
func (s *Service) Approve(tx *store.Tx, by access.Principal, in Choice) (Consent, grant.Grant, error) {
	var none Consent
	if in.Offered == nil {
		in.Offered = in.Scopes
	}
	look, err := s.look(tx, by, Asked{Application: in.Application, Scopes: in.Offered, Account: in.Account, Redirect: in.Redirect})
	if err != nil {
		return none, grant.Grant{}, err
	}
	choice, err := s.choice(tx, look, in.Account)
	if err != nil {
		return none, grant.Grant{}, err
	}
	if choice.problem != nil {
		return none, grant.Grant{}, choice.problem
	}
	if extra := less(in.Scopes, in.Offered); len(extra) > 0 {
		return none, grant.Grant{}, errBeyond(extra)
	}
	if missing := less(choice.required, in.Scopes); len(missing) > 0 {
		return none, grant.Grant{}, errSmall(missing)
	}
	chosen := both(in.Scopes, choice.Approved)
	if choice.consent.ID.IsZero() {
		return s.create(tx, by, look, choice, chosen)
	}
	return s.change(tx, by, look, choice, in.Offered, chosen)
}

func (s *Service) create(tx *store.Tx, by access.Principal, look look, choice Choices, chosen []string) (Consent, grant.Grant, error) {
	key, err := productKey(tx, by.User)
	if err != nil {
		return Consent{}, grant.Grant{}, err
	}
	if key == "" {
		key = by.User // a person whom the product does not know under a key of its own
	}
	i := choice.installation
	c := Consent{ID: ident.New[Consent](tx.Now()), Application: i.Application, Account: i.Account, User: by.User, Installation: i.ID.String(),
		Scopes: sorted(chosen), Trusted: choice.Trusted, State: Active, Created: tx.Now(), Updated: tx.Now()}
	g, err := s.Grants.Create(tx, grant.Grant{Kind: grant.KindConsent, Account: c.Account, Application: c.Application, Group: look.app.Group,
		Holder: "consent/" + c.ID.String(), Subject: by.User, SubjectKey: key, Scopes: c.bound(i), Layers: s.Integrations.Approved(c.bound(i))})
	if err != nil {
		return c, g, err
	}
	c.Grant = g.ID.String()
	if err := insert(tx, c); err != nil {
		return c, g, err
	}
	action := "create"
	if c.Trusted {
		action = "trust"
	}
	return c, g, s.record(tx, by, action, look.app, nil, c)
}

func (s *Service) change(tx *store.Tx, by access.Principal, look look, choice Choices, offered, chosen []string) (Consent, grant.Grant, error) {
	c, before := choice.consent, choice.consent
	if !c.widen(tx.Now(), offered, chosen) {
		g, err := s.Grants.Load(tx, c.Grant)
		return c, g, err
	}
	c.Trusted = choice.Trusted
	if err := save(tx, c); err != nil {
		return c, grant.Grant{}, err
	}
	c.Revision++
	g, err := s.follow(tx, c, choice.installation)
	if err != nil {
		return c, g, err
	}
	return c, g, s.record(tx, by, "update", look.app, before, c)
}

// Standing gives the consent of a person that stands, without authorising. It
// joins. NotFound otherwise.
func (s *Service) Standing(tx *store.Tx, in Asked, user string) (Consent, error) {
	return find(tx, "application = ? AND account = ? AND user_id = ? AND state = ?", in.Application, in.Account, user, Active)
}

// Revoke ends a consent and every token of it, for the person whose it is and
// for the account's administrators.
func (s *Service) Revoke(ctx context.Context, by access.Principal, id ID) (Consent, error) {
	var out Consent
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := find(tx, "id = ?", id)
		if err != nil {
			return err
		}
		if err := c.may(by, "consent:revoke"); err != nil {
			return err
		}
		before := c
		reason := "revoked by the person"
		if by.User != c.User {
			reason = "revoked by an administrator"
		}
		if err := c.revoke(tx.Now(), reason); err != nil {
			return err
		}
		out = c
		return s.end(tx, by, "revoke", before, c)
	})
	return out, err
}

// end saves a consent that is over, ends its grant and its tokens, and tells the
// person if somebody else did it.
func (s *Service) end(tx *store.Tx, by access.Principal, action string, before, c Consent) error {
	if err := save(tx, c); err != nil {
		return err
	}
	state, reason := c.standing(integration.Installation{})
	if _, err := s.Grants.SetState(tx, c.Grant, state, reason); err != nil {
		return err
	}
	if err := s.Tokens.RevokeGrant(tx, c.Grant, reason); err != nil {
		return err
	}
	a, err := s.applicationOf(tx, c)
	if err != nil {
		return err
	}
	if by.User != c.User && action == "revoke" {
		acc, err := s.Accounts.Load(tx, c.Account)
		if err != nil {
			return err
		}
		if err := s.Notices.Send(tx, notice.Notice{Kind: "consent.revoked", To: notice.To{User: c.User}, Link: "/me/applications",
			Subject: "An administrator of " + acc.Name + " took the access of " + a.Name + " away",
			Text:    "The application can't act as you in " + acc.Name + " any more. What it copied before stays with its developers."}); err != nil {
			return err
		}
	}
	return s.record(tx, by, action, a, before, c)
}

// applicationOf loads the application of a consent; the zero one when it has
// been deleted since.
func (s *Service) applicationOf(tx *store.Tx, c Consent) (application.Application, error) {
	id, err := ident.Parse[application.Application](c.Application)
	if err != nil {
		return application.Application{}, err
	}
	a, err := s.Applications.Load(tx, id)
	if absent(err) {
		return application.Application{}, nil
	}
	return a, err
}

// Get loads a consent for the person whose it is and the account's
// administrators.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Listed, error) {
	var out Listed
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		c, err := find(tx, "id = ?", id)
		if err != nil {
			return err
		}
		if err := c.may(by, "consent:view"); err != nil {
			return err
		}
		got, err := listed(tx, "c.id = ?", id)
		if err != nil {
			return err
		}
		if len(got) != 1 {
			return problem.NotFound("consent")
		}
		out = got[0]
		return nil
	})
	return out, err
}

// ListMine gives a person's own consents, those that are over included, the
// newest first.
func (s *Service) ListMine(ctx context.Context, by access.Principal) ([]Listed, error) {
	if !person(by) {
		return nil, errPerson
	}
	var out []Listed
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		got, err := listed(tx, "c.user_id = ?", by.User)
		out = got
		return err
	})
	return out, err
}

// ListOfAccount gives an account's administrators the consents of all members,
// the newest first.
func (s *Service) ListOfAccount(ctx context.Context, by access.Principal, acc account.ID) ([]Listed, error) {
	var out []Listed
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "consent:manage", account.Resource(acc.String())); err != nil {
			return err
		}
		got, err := listed(tx, "c.account = ?", acc)
		out = got
		return err
	})
	return out, err
}
