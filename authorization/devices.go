package authorization

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// Device is what a device shows and remembers (RFC 8628 section 3.2).
type Device struct {
	Code     secret.Text
	UserCode string // as it is shown
	Life     time.Duration
	Every    time.Duration
}

// Begin lets a device without a browser, or without keys to type on, ask for a
// person's approval (RFC 8628 section 3.1). Errors: Invalid `invalid_scope`,
// `scope_too_small`, `invalid_target`.
func (s *Service) Begin(ctx context.Context, a Asked, form url.Values) (Device, error) {
	product, identity := splitScopes(strings.Fields(form.Get("scope")))
	if len(product) > scopesMost {
		return Device{}, bad("invalid_scope", "These are too many scopes.")
	}
	if err := s.target(a.Resources); err != nil {
		return Device{}, err
	}
	raw, user := newSecret(), newUserCode()
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		scopes, err := s.wanted(tx, a.Client.App, product)
		if err != nil {
			return err
		}
		return insertRequest(tx, Request{ID: ident.New[Request](tx.Now()), Kind: KindDevice, Application: a.Client.App.ID.String(), State: Pending,
			Params: Params{ClientID: a.Client.ID, Scopes: scopes, Identity: identity, Resources: a.Resources, Account: form.Get("account_id"),
				Confirmation: a.Confirmation, MaxAge: -1},
			Created: tx.Now(), Expires: tx.Now().Add(s.Lives.Device), key: s.Keys.Digest(raw.Reveal()), user: s.Keys.Digest(userPlace + user), every: s.Lives.DevicePoll})
	})
	return Device{Code: raw, UserCode: shownUserCode(user), Life: s.Lives.Device, Every: s.Lives.DevicePoll}, err
}

// userPlace keeps digests of user codes apart from others.
const userPlace = "user code "

// Enter finds the request of the device that shows the code which a person typed,
// for them to decide on. Wrong codes are slowed down by person and by network
// (RFC 8628 section 5.1). Errors: Invalid `user_code_wrong`; Limited
// `too_many_attempts`.
func (s *Service) Enter(ctx context.Context, by access.Principal, typed string) (ID, error) {
	if by.User == "" {
		return ID{}, errPerson
	}
	code := typedUserCode(typed)
	if code == "" {
		return ID{}, errUserCode // tells nothing, so it costs nothing
	}
	if err := s.People.Guess(ctx, userPlace, by.User); err != nil {
		return ID{}, err
	}
	var found Request
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, d := range s.Keys.Digests(userPlace + code) {
			r, err := findRequest(tx, "user_digest = ?", d.String())
			if absent(err) {
				continue
			}
			if err != nil {
				return err
			}
			if !r.waits(tx.Now()) {
				return errUserCode
			}
			found = r
			return s.People.Guessed(tx, userPlace, by.User)
		}
		return errUserCode
	})
	return found.ID, err
}

// Poll answers a device with its tokens once the person has approved (RFC 8628
// section 3.4). Errors: Invalid `authorization_pending`, `slow_down`,
// `access_denied`, `expired_token`, `invalid_grant`.
func (s *Service) Poll(ctx context.Context, a Asked, raw secret.Text) (Issued, error) {
	var out Issued
	var end settled
	if err := s.ready(ctx, &a); err != nil {
		return out, err
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		out, end = Issued{}, settled{}
		r, err := s.keyed(tx, raw.Reveal())
		if absent(err) {
			return errDevice
		}
		if err != nil {
			return err
		}
		was := r.State
		err = r.poll(tx.Now(), a.Client.App.ID.String(), a.Confirmation)
		if code := problem.CodeOf(err); code == "slow_down" || code == "authorization_pending" {
			end.refusal = err // what it says is remembered
			return saveRequest(tx, r, was)
		}
		if err != nil {
			return err
		}
		if err := saveRequest(tx, r, was); err != nil {
			return err
		}
		g, err := s.lively(tx, r.Grant)
		if err != nil {
			return err
		}
		out, err = s.begin(tx, a, g, Family{User: r.User, Scopes: r.Granted, Identity: r.Params.Identity, Resources: r.Params.Resources, SignedIn: r.SignedIn})
		return err
	})
	if err == nil {
		err = end.refusal
	}
	if problem.CodeOf(err) == "authorization_changed" {
		err = errPending.Because(err) // another request of the device, or the person's answer, came in between: ask again
	}
	return out, err
}
