package authorization

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/consent"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Asking is a request as the page shows it on which a person decides.
type Asking struct {
	Request Request
	Offer   consent.Offer
	Account string // id of the account that the client named or that is the only one, "" when the person chooses
	Confirm bool   // the client wants the person to prove again who they are
	Skip    bool   // nothing needs to be asked: decide at once
}

var errPerson = problem.Forbidden("not_a_person", "Only a signed-in person can decide this.")

// Ask shows a pending request to a person who signed in at authenticated. Errors:
// NotFound; Conflict `authorization_decided`, `authorization_expired`; those of
// consent.Service.Offer.
func (s *Service) Ask(ctx context.Context, by access.Principal, id ID, authenticated time.Time) (Asking, error) {
	var out Asking
	var known []string
	if by.User == "" {
		return out, errPerson
	}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		r, err := findRequest(tx, "id = ?", id)
		if err != nil {
			return err
		}
		if err := r.open(tx.Now()); err != nil {
			return err
		}
		out.Request, out.Confirm = r, authenticated.Before(r.Params.SignInAfter(r.Created, tx.Now()))
		if out.Account, err = s.account(tx, r.Params.Account); err != nil {
			return err
		}
		known, err = identityKnown(tx, r.Application, by.User)
		return err
	})
	if err != nil {
		return out, err
	}
	p := out.Request.Params
	out.Offer, err = s.Consents.Offer(ctx, by, consent.Asked{Application: out.Request.Application, Scopes: p.Scopes, Account: out.Account, Redirect: p.RedirectURI})
	if err != nil {
		return out, err
	}
	if out.Account == "" {
		out.Account = out.Offer.Account
	}
	told := trusted(out.Offer) || !slices.ContainsFunc(p.Identity, func(s string) bool { return s != OpenID && s != Offline && !slices.Contains(known, s) })
	out.Skip = out.Offer.Skip && told && !out.Confirm && out.Request.Kind == KindCode && !p.Asks("consent") && !p.Asks("select_account")
	return out, nil
}

// trusted reports whether the account's administrator has decided for everybody.
func trusted(o consent.Offer) bool {
	return slices.ContainsFunc(o.Choices, func(c consent.Choices) bool { return c.Account == o.Account && c.Trusted })
}

// account finds the account that a client named by our id or the product's key;
// what is not there stays as it is, for the offer to say so.
func (s *Service) account(tx *store.Tx, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	a, err := s.Accounts.Load(tx, name)
	if absent(err) {
		a, err = s.Accounts.ByKey(tx, name)
	}
	if absent(err) {
		return name, nil
	}
	return a.ID.String(), err
}

// Decide settles a request and gives the address that takes the person back to
// the client; "" for a device, which asks for itself. Errors: NotFound; Conflict
// `authorization_decided`, `authorization_expired`; Invalid `scope_not_asked`,
// `account_not_asked`; Forbidden `fresh_sign_in_required`; those of
// consent.Service.Approve. After an error nothing is decided.
func (s *Service) Decide(ctx context.Context, by access.Principal, id ID, d Decision) (string, error) {
	if by.User == "" {
		return "", errPerson
	}
	var to string
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := findRequest(tx, "id = ?", id)
		if err != nil {
			return err
		}
		was := r.State
		if err := r.decide(tx.Now(), by.User, d); err != nil {
			return err
		}
		if !d.Approve {
			to = s.back(r, map[string]string{"error": "access_denied", "error_description": "The person did not approve."})
			return s.deny(tx, by, r, was)
		}
		to, err = s.approve(tx, by, r, was)
		return err
	})
	if problem.CodeOf(err) == "authorization_changed" {
		err = problem.Conflict("authorization_decided", "This request has been answered already. Go back to the application.").Because(err)
	}
	return to, err
}

func (s *Service) back(r Request, set map[string]string) string {
	if r.Kind == KindDevice {
		return ""
	}
	return answer(r.Params.RedirectURI, s.Issuer, r.Params, set)
}

func (s *Service) deny(tx *store.Tx, by access.Principal, r Request, was State) error {
	if err := saveRequest(tx, r, was); err != nil {
		return err
	}
	return s.Audit.Record(tx, by, audit.Change{Action: "authorization.deny", Target: "application/" + r.Application, Application: r.Application, User: by.User,
		After: map[string]any{"request": r.ID, "scopes": r.Params.Scopes}})
}

func (s *Service) approve(tx *store.Tx, by access.Principal, r Request, was State) (string, error) {
	if r.SignedIn.Before(r.Params.SignInAfter(r.Created, tx.Now())) {
		return "", problem.Forbidden("fresh_sign_in_required", "Confirm that it is you before you go on.")
	}
	named, err := s.account(tx, r.Params.Account)
	if err != nil {
		return "", err
	}
	if named != "" && named != r.Account {
		return "", problem.Invalid("account_not_asked", "The application asked for another account.")
	}
	_, g, err := s.Consents.Approve(tx, by, consent.Choice{Application: r.Application, Account: r.Account, Scopes: r.Granted, Offered: r.Params.Scopes, Redirect: r.Params.RedirectURI})
	if err != nil {
		return "", err
	}
	r.Grant = g.ID.String()
	if err := saveRequest(tx, r, was); err != nil {
		return "", err
	}
	if r.Kind == KindDevice {
		return "", nil
	}
	raw := newSecret()
	c := Code{Digest: s.Keys.Digest(raw.Reveal()), Request: r.ID.String(), Application: r.Application, Grant: r.Grant, Account: r.Account, User: r.User,
		Params: r.Params, Scopes: r.Granted, SignedIn: r.SignedIn, State: CodeIssued, Created: tx.Now(), Expires: tx.Now().Add(s.Lives.Code)}
	return s.back(r, map[string]string{"code": raw.Reveal()}), insertCode(tx, c)
}

// Refusal makes an error of which the client hears by a redirect.
func (s *Service) Refusal(r Request, err error) error { return s.refuse(r.Params, err) }
