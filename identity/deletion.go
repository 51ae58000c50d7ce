package identity

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// StandsInTheWay lists in sentences what has to be done before the person can be
// deleted.
func (s *Service) StandsInTheWay(ctx context.Context, by access.Principal, at Session) ([]string, error) {
	var out []string
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		u, err := s.self(tx, by, at)
		if err != nil {
			return err
		}
		out, err = s.obstacles(tx, u)
		return err
	})
	return out, err
}

func (s *Service) obstacles(tx *store.Tx, u User) ([]string, error) {
	var out []string
	if u.Operator {
		last, err := lastOperator(tx, u.ID)
		if err != nil {
			return nil, err
		}
		if last {
			out = append(out, "You are the only operator of this platform. Name another first.")
		}
	}
	if s.Obstacles == nil {
		return out, nil
	}
	more, err := s.Obstacles(tx, u.ID.String())
	return append(out, more...), err
}

func (s *Service) clearToDelete(tx *store.Tx, u User) error {
	list, err := s.obstacles(tx, u)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		return problem.Conflict("deletion_obstructed", "Some things have to be settled before your account can be deleted.").With("obstacles", list)
	}
	return nil
}

// RequestDeletion mails a link by which the person confirms that everything
// about them is to be deleted. Conflict `deletion_obstructed` with the member
// `obstacles`.
func (s *Service) RequestDeletion(ctx context.Context, by access.Principal, at Session) error {
	if err := needSession(by, at); err != nil {
		return err
	}
	if err := s.take(ctx, onMail("deletion:"+by.User)); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.fresh(tx, by, at)
		if err != nil {
			return err
		}
		if err := s.clearToDelete(tx, u); err != nil {
			return err
		}
		err = s.send(tx, u, LinkDeletion, u.Email, func(url string) (string, string) {
			return "Confirm that your account at " + s.name() + " is to be deleted", "Hello " + u.Name + ",\n\nopen this link to confirm:\n" + url +
				"\n\nYour account is closed then, and deleted after " + period(s.lives().Grace) + ". Signing in before that keeps it.\n\nIf you did not ask for it, set a new password at once:\n" + s.Base + PathForgot
		})
		if err != nil {
			return err
		}
		return s.record(tx, by, "user.deletion_request", u, audit.Change{})
	})
}

// ConfirmDeletion closes the account with the mailed link: all sessions end, and
// after the time of grace the person is deleted, unless they sign in before. It
// returns when. Errors: Invalid `link_invalid`; Conflict `deletion_obstructed`.
func (s *Service) ConfirmDeletion(ctx context.Context, raw string) (time.Time, error) {
	var when time.Time
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		l, err := s.spend(tx, LinkDeletion, raw)
		if err != nil {
			return err
		}
		u, err := find(tx, "id = ?", l.user)
		if err != nil {
			return err
		}
		if err := s.clearToDelete(tx, u); err != nil {
			return err
		}
		was := u
		if err := u.requestDeletion(tx.Now(), s.lives().Grace); err != nil {
			return err
		}
		if err := save(tx, u, was); err != nil {
			return err
		}
		if err := s.EndAll(tx, u.ID.String()); err != nil {
			return err
		}
		when = u.DeletionDue
		return s.record(tx, principal(u), "user.deletion_confirm", u, audit.Change{Before: was, After: u})
	})
	return when, err
}

// finish deletes one person whose time of grace is over. If something has come
// in the way, the account opens again and the person is told.
func (s *Service) finish(ctx context.Context, id ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := find(tx, "id = ?", id)
		if err != nil {
			return err
		}
		if u.State != DeletionRequested || tx.Now().Before(u.DeletionDue) {
			return nil // came back meanwhile
		}
		by, was := access.System("the time of grace is over"), u
		list, err := s.obstacles(tx, u)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			return s.keep(tx, by, u, list)
		}
		if s.Forgotten != nil {
			if err := s.Forgotten(tx, by, u.ID.String()); err != nil {
				return err
			}
		}
		u.erase()
		if err := save(tx, u, was); err != nil {
			return err
		}
		if err := wipe(tx, u.ID); err != nil {
			return err
		}
		if err := s.EndAll(tx, u.ID.String()); err != nil {
			return err
		}
		err = s.mail(tx, was.Email, "Your account at "+s.name()+" was deleted", "Hello,\n\nyour account was deleted, as you asked. This is the last mail that you get from us.")
		if err != nil {
			return err
		}
		return s.record(tx, by, "user.delete", u, audit.Change{})
	})
}

func (s *Service) keep(tx *store.Tx, by access.Principal, u User, list []string) error {
	was := u
	u.returnHome()
	if err := save(tx, u, was); err != nil {
		return err
	}
	text := "Hello " + u.Name + ",\n\nyour account could not be deleted:\n"
	for _, o := range list {
		text += "\n- " + o
	}
	if err := s.mail(tx, u.Email, "Your account at "+s.name()+" was not deleted", text+"\n\nSettle this, then ask again."); err != nil {
		return err
	}
	return s.record(tx, by, "user.deletion_obstruct", u, audit.Change{Before: was, After: u})
}

// wipe removes every credential and link of a person.
func wipe(tx *store.Tx, id ID) error {
	for _, table := range []string{"identity_link", "identity_terms", "identity_recovery", "identity_totp", "identity_passkey", "identity_subject"} {
		if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM "+table+" WHERE user_id = ?", id); err != nil {
			return err
		}
	}
	return nil
}
