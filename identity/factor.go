package identity

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// BeginTOTP gives a new secret for an authenticator app. Nothing is asked for at
// sign-in until ConfirmTOTP. Conflict `totp_enrolled`; Forbidden
// `fresh_sign_in_required`.
func (s *Service) BeginTOTP(ctx context.Context, by access.Principal, at Session) (Enrolment, error) {
	var out Enrolment
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.fresh(tx, by, at)
		if err != nil {
			return err
		}
		app, has, err := findApp(tx, u.ID)
		if err != nil {
			return err
		}
		if has && !app.confirmed.IsZero() {
			return problem.Conflict("totp_enrolled", "You use an authenticator app already. Remove it first to take another.")
		}
		if out, err = enrolment(s.name(), u.Email); err != nil {
			return err
		}
		if err := putApp(tx, App{user: u.ID, sealed: s.Keys.Seal(out.Secret, appPlace(u.ID)), created: tx.Now()}); err != nil {
			return err
		}
		return s.record(tx, by, "user.totp_begin", u, audit.Change{})
	})
	return out, err
}

// Protected is what turning the second factor on gives: recovery codes, shown
// once, and the session under a new secret.
type Protected struct {
	Started
	Recovery []secret.Text
}

// ConfirmTOTP turns the authenticator app on by its first code. All other
// sessions end, since they came without it. Unauthenticated
// `second_factor_wrong`; Conflict `totp_not_begun`, `totp_enrolled`.
func (s *Service) ConfirmTOTP(ctx context.Context, by access.Principal, at Session, code string) (Protected, error) {
	if err := needSession(by, at); err != nil {
		return Protected{}, err
	}
	if err := s.take(ctx, onCode(by)); err != nil {
		return Protected{}, err
	}
	var out Protected
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.fresh(tx, by, at)
		if err != nil {
			return err
		}
		app, has, err := findApp(tx, u.ID)
		if err != nil {
			return err
		}
		if !has {
			return problem.Conflict("totp_not_begun", "Take a secret into the app first.")
		}
		if !app.confirmed.IsZero() {
			return problem.Conflict("totp_enrolled", "You use an authenticator app already. Remove it first to take another.")
		}
		if err := s.useApp(tx, app, code); err != nil {
			return err
		}
		if err := confirmApp(tx, u.ID); err != nil {
			return err
		}
		if err := s.clear(tx, onCode(by)); err != nil {
			return err
		}
		if out.Recovery, err = s.putRecovery(tx, u); err != nil {
			return err
		}
		if _, err := dropSessions(tx, by.User, "id <> ?", at.ID); err != nil {
			return err
		}
		if out.Started, err = s.renew(tx, u, at); err != nil {
			return err
		}
		if err := s.tell(tx, u, "An authenticator app was added", "An authenticator app is asked for from now on when you sign in with your password."); err != nil {
			return err
		}
		return s.record(tx, by, "user.totp_add", u, audit.Change{})
	})
	return out, err
}

// RemoveTOTP turns the second factor off, by a code of the app or a recovery
// code.
func (s *Service) RemoveTOTP(ctx context.Context, by access.Principal, at Session, code string) error {
	if err := needSession(by, at); err != nil {
		return err
	}
	if err := s.take(ctx, onCode(by)); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.fresh(tx, by, at)
		if err != nil {
			return err
		}
		if err := needApp(tx, u); err != nil {
			return err
		}
		if _, err := s.secondFactor(tx, u, code); err != nil {
			return err
		}
		if err := dropApp(tx, u.ID); err != nil {
			return err
		}
		if err := s.clear(tx, onCode(by)); err != nil {
			return err
		}
		if err := s.tell(tx, u, "Your authenticator app was removed", "No authenticator app is asked for any more when you sign in."); err != nil {
			return err
		}
		return s.record(tx, by, "user.totp_remove", u, audit.Change{})
	})
}

// RenewRecovery replaces all recovery codes.
func (s *Service) RenewRecovery(ctx context.Context, by access.Principal, at Session) ([]secret.Text, error) {
	var out []secret.Text
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.fresh(tx, by, at)
		if err != nil {
			return err
		}
		if err := needApp(tx, u); err != nil {
			return err
		}
		if out, err = s.putRecovery(tx, u); err != nil {
			return err
		}
		return s.record(tx, by, "user.recovery_renew", u, audit.Change{})
	})
	return out, err
}

// secondFactor checks what comes after the password. It returns how the method
// is called, "" for people without an app.
func (s *Service) secondFactor(tx *store.Tx, u User, code string) (string, error) {
	app, has, err := findApp(tx, u.ID)
	if err != nil || !has || app.confirmed.IsZero() {
		return "", err
	}
	if code == "" {
		return "", errSecond
	}
	if _, ok := isCode(code); ok {
		return "+totp", s.useApp(tx, app, code)
	}
	plain, ok := plainRecovery(code)
	if !ok {
		return "", errCode
	}
	for _, d := range recoveryDigest(s.Keys, u.ID.String(), plain) {
		used, err := dropRecovery(tx, u.ID, d)
		if err != nil {
			return "", err
		}
		if used {
			return "+recovery", s.tell(tx, u, "A recovery code was used", "One of your recovery codes was used to sign in. It does not work again.")
		}
	}
	return "", errCode
}

// useApp spends the time step that the code belongs to.
func (s *Service) useApp(tx *store.Tx, app App, code string) error {
	code, ok := isCode(code)
	if !ok {
		return errCode
	}
	base32, err := s.Keys.Open(app.sealed, appPlace(app.user))
	if err != nil {
		return err
	}
	step, ok := matchStep(base32.Reveal(), code, tx.Now(), app.step)
	if !ok {
		return errCode
	}
	won, err := spendStep(tx, app.user, step)
	if err == nil && !won {
		return errCode
	}
	return err
}

func (s *Service) putRecovery(tx *store.Tx, u User) ([]secret.Text, error) {
	if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM identity_recovery WHERE user_id = ?", u.ID); err != nil {
		return nil, err
	}
	codes := newRecovery()
	for _, c := range codes {
		plain, _ := plainRecovery(c.Reveal())
		d := recoveryDigest(s.Keys, u.ID.String(), plain)[0]
		if _, err := tx.ExecContext(tx.Ctx, "INSERT INTO identity_recovery (user_id, digest) VALUES (?, ?)", u.ID, d.String()); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// tell mails a person about a change of how they sign in.
func (s *Service) tell(tx *store.Tx, u User, subject, text string) error {
	return s.mail(tx, u.Email, subject+" at "+s.name(), "Hello "+u.Name+",\n\n"+text+"\n\nIf it was not you, set a new password at once:\n"+s.Base+PathForgot)
}

func onCode(by access.Principal) limit { return limit{accountPace, "code:" + by.User} }

func appPlace(id ID) string { return "identity_totp:" + id.String() }

type appRow struct {
	bun.BaseModel `bun:"table:identity_totp"`

	UserID    ID `bun:",pk"`
	Secret    string
	Confirmed store.Micros
	Step      int64
	Created   store.Micros
}

func findApp(tx *store.Tx, user ID) (App, bool, error) {
	var r appRow
	err := tx.NewSelect().Model(&r).Where("user_id = ?", user).Scan(tx.Ctx)
	if store.IsNone(err) {
		return App{}, false, nil
	}
	return App{user: r.UserID, sealed: r.Secret, confirmed: r.Confirmed.Time(), step: r.Step, created: r.Created.Time()}, err == nil, err
}

func needApp(tx *store.Tx, u User) error {
	app, has, err := findApp(tx, u.ID)
	if err == nil && (!has || app.confirmed.IsZero()) {
		return problem.Conflict("totp_absent", "You use no authenticator app.")
	}
	return err
}

func putApp(tx *store.Tx, a App) error {
	r := &appRow{UserID: a.user, Secret: a.sealed, Confirmed: store.At(a.confirmed), Step: a.step, Created: store.At(a.created)}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (user_id) DO UPDATE").Set("secret = EXCLUDED.secret").
		Set("confirmed = EXCLUDED.confirmed").Set("step = EXCLUDED.step").Set("created = EXCLUDED.created").Exec(tx.Ctx)
	return err
}

func confirmApp(tx *store.Tx, user ID) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE identity_totp SET confirmed = ? WHERE user_id = ?", store.At(tx.Now()), user)
	return err
}

// spendStep reports whether the step was still unused.
func spendStep(tx *store.Tx, user ID, step int64) (bool, error) {
	res, err := tx.ExecContext(tx.Ctx, "UPDATE identity_totp SET step = ? WHERE user_id = ? AND step < ?", step, user, step)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func dropApp(tx *store.Tx, user ID) error {
	if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM identity_recovery WHERE user_id = ?", user); err != nil {
		return err
	}
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM identity_totp WHERE user_id = ?", user)
	return err
}

func dropRecovery(tx *store.Tx, user ID, d secret.Digest) (bool, error) {
	res, err := tx.ExecContext(tx.Ctx, "DELETE FROM identity_recovery WHERE user_id = ? AND digest = ?", user, d.String())
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
