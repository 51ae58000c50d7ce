package legacy

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/private"
)

// Turn makes a private integration that may do exactly what a key was seen to do,
// and no more. The key goes on working, so that what uses it can be changed over;
// its page tells when no more calls come. Errors: Conflict `legacy_key_ended`,
// `legacy_key_turned`, `legacy_key_unused`; those of private.Service.CreateIn.
func (s *Service) Turn(ctx context.Context, by access.Principal, id ID, name string) (private.Created, error) {
	seen, err := s.Observed(ctx, by, id)
	if err != nil {
		return private.Created{}, err
	}
	var out private.Created
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		k, err := s.load(tx, by, "legacy_key:turn", id)
		if err != nil {
			return err
		}
		switch {
		case k.State == Ended || k.State == Revoked:
			return problem.Conflict("legacy_key_ended", "This key has ended already. Make a private integration by choosing permissions.")
		case k.Successor != "":
			return problem.Conflict("legacy_key_turned", "A private integration takes the place of this key already.").With("private_integration", k.Successor)
		case len(seen.Scopes) == 0:
			return problem.Conflict("legacy_key_unused", "No call of this key has passed in the last 90 days, so nothing tells what it needs.")
		}
		acc, err := ident.Parse[account.Account](k.Account)
		if err != nil {
			return err
		}
		if trimmed(name) == "" {
			name = shortened(k.Label)
		}
		before := k
		if out, err = s.Private.CreateIn(tx, by, acc, private.Draft{Name: name, Scopes: seen.Scopes,
			Description: "Takes the place of the API key “" + k.Label + "”, with the permissions that it used from " + day(seen.Since) + " to " + day(tx.Now()) + "."}); err != nil {
			return err
		}
		k.Successor = out.ID.String()
		if err := save(tx, k); err != nil {
			return err
		}
		if err := s.send(tx, k, notice.Notice{Kind: "legacy_key.turn", Subject: "A private integration takes the place of the API key “" + k.Label + "”",
			Text: "The key goes on working until somebody ends it. Give what uses it the new token, and watch on the key's page until no more calls come."}); err != nil {
			return err
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "legacy_key.turn", Target: "legacy_key/" + id.String(), Name: k.Label, Account: k.Account, Before: before, After: k})
	})
	if err != nil {
		return private.Created{}, err
	}
	return out, nil
}

// shortened makes a label fit to be a name.
func shortened(label string) string {
	const most = 80 // characters of a private integration's name
	if r := []rune(trimmed(label)); len(r) > most {
		return string(r[:most])
	}
	return trimmed(label)
}
