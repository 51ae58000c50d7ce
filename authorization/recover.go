package authorization

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/consent"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// recoveryLife is how long a recovery code waits to be redeemed, at most what RFC
// 6749 section 4.1.2 allows a code.
const recoveryLife = 10 * time.Minute

// Lost says whose tokens an application has lost.
type Lost struct {
	Account string // our id or the product's key
	User    string // id of the person for whom it acts; "": it acts as itself
}

// Recovery is a code that opens what was approved before, without asking the
// customer again.
type Recovery struct {
	Code    secret.Text
	Account string
	User    string
	Life    time.Duration
}

// Recover gives an authenticated client a code in place of tokens that it has
// lost, for an installation or consent that stands. The code is redeemed like one
// of an authorization, without redirect_uri and verifier; that ends every earlier
// line of the same grant. Errors: Invalid `unauthorized_client`,
// `account_required`; Forbidden `app_not_installed`; NotFound `consent`; those of
// Grant.Live.
func (s *Service) Recover(ctx context.Context, a Asked, in Lost) (Recovery, error) {
	if err := s.bound(a); err != nil {
		return Recovery{}, err
	}
	return s.recover(ctx, applicationPrincipal(a.Client.App.ID.String()), Asked{Client: a.Client, Confirmation: a.Confirmation}, in)
}

// RecoverFor is Recover for a person of the developer group who may make keys.
func (s *Service) RecoverFor(ctx context.Context, by access.Principal, id application.ID, in Lost) (Recovery, error) {
	var c Client
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		app, err := s.reach(tx, by, "key:create", id)
		if err != nil {
			return err
		}
		if err := app.Usable(); err != nil {
			return err
		}
		c.App = app
		c.Settings, err = s.Applications.Client(tx, id)
		return err
	})
	if err != nil {
		return Recovery{}, err
	}
	return s.recover(ctx, by, Asked{Client: &c}, in)
}

// reach finds an application and authorises an action on what hangs below it.
func (s *Service) reach(tx *store.Tx, by access.Principal, action string, id application.ID) (application.Application, error) {
	a, err := s.Applications.Load(tx, id)
	if err != nil {
		return a, err
	}
	return a, by.Reach("application", action, access.On("group", a.Group, "application", a.ID.String()))
}

func (s *Service) recover(ctx context.Context, by access.Principal, a Asked, in Lost) (Recovery, error) {
	if a.Client.Settings.Public {
		return Recovery{}, bad("unauthorized_client", "A public client cannot prove that it is the one that lost the tokens. Send the person through the authorization endpoint again.")
	}
	raw := newSecret()
	out := Recovery{Code: raw, Life: recoveryLife, User: in.User}
	own, err := grant.Grant{}, error(nil)
	if in.User == "" {
		if own, err = s.Held.Of(ctx, a.Client.App, in.Account); err != nil {
			return Recovery{}, err
		}
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		g := own
		if in.User != "" {
			var err error
			if g, err = s.consented(tx, a.Client.App, in); err != nil {
				return err
			}
		} else if g, err = s.lively(tx, own.ID.String()); err != nil {
			return err
		}
		out.Account = g.Account
		if err := dropRecoveries(tx, g.ID.String(), tx.Now()); err != nil {
			return err
		}
		c, err := s.recoveryCode(tx, a, g, in.User)
		if err != nil {
			return err
		}
		c.Digest = s.Keys.Digest(raw.Reveal())
		if err := insertCode(tx, c); err != nil {
			return err
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "authorization.recovery_code", Target: g.Holder, Name: a.Client.App.Name, Account: g.Account, Group: g.Group,
			Application: g.Application, User: in.User, After: map[string]any{"grant": g.ID, "user": in.User, "expires": c.Expires, "scopes": c.Scopes}})
	})
	if err != nil {
		return Recovery{}, err
	}
	return out, nil
}

// consented finds the grant of a consent that stands.
func (s *Service) consented(tx *store.Tx, app application.Application, in Lost) (grant.Grant, error) {
	account, err := s.account(tx, in.Account)
	if err != nil {
		return grant.Grant{}, err
	}
	c, err := s.Consents.Standing(tx, consent.Asked{Application: app.ID.String(), Account: account}, in.User)
	if err != nil {
		return grant.Grant{}, err
	}
	return s.lively(tx, c.Grant)
}

// recoveryCode stands for the latest answer that led to tokens of the grant.
func (s *Service) recoveryCode(tx *store.Tx, a Asked, g grant.Grant, user string) (Code, error) {
	f, err := latestFamily(tx, g.ID.String())
	if err != nil && !absent(err) {
		return Code{}, err
	}
	c := Code{Application: g.Application, Grant: g.ID.String(), Account: g.Account, User: user, Scopes: g.Scopes, SignedIn: f.SignedIn,
		Params: Params{Identity: f.Identity, Resources: f.Resources, Confirmation: a.Confirmation, MaxAge: -1},
		State:  CodeIssued, Created: tx.Now(), Expires: tx.Now().Add(recoveryLife)}
	if len(f.Scopes) > 0 {
		c.Scopes = f.Scopes
	}
	return c, nil
}

// recovered ends what was lost when its recovery code is redeemed, and tells the
// customer. It joins.
func (s *Service) recovered(tx *store.Tx, a Asked, c Code, g grant.Grant) error {
	lines, err := familiesOf(tx, c.Grant)
	if err != nil {
		return err
	}
	ended := []string{}
	for _, f := range lines {
		if _, err := s.closeFamily(tx, &f, "recovered"); err != nil {
			return err
		}
		ended = append(ended, f.ID.String())
	}
	app := a.Client.App
	to := notice.To{Account: g.Account, AccountRole: access.AccountAdmin, User: c.User}
	text := "Its developers lost the tokens with which " + app.Name + " works in your account, and asked for new ones with a recovery code. What it may do is what was approved before; earlier tokens of it are refused."
	if err := s.Notices.Send(tx, notice.Notice{Kind: "authorization.recovered", To: to, Subject: app.Name + " has recovered its access", Text: text, Link: "/audit"}); err != nil {
		return err
	}
	return s.Audit.Record(tx, applicationPrincipal(c.Application), audit.Change{Action: "authorization.recover", Target: g.Holder, Name: app.Name, Account: g.Account,
		Group: g.Group, Application: c.Application, User: c.User, Before: map[string]any{"live": ended}, After: map[string]any{"live": []string{}, "reason": "recovered"}})
}

// errNotOurs is the one answer about a line of another tenant and one that is not.
var errNotOurs = problem.NotFound("authorization")
