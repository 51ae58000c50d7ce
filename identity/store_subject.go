package identity

import (
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// providerTimeout bounds one exchange with the operator's provider.
const providerTimeout = 10 * time.Second

func (s *Service) bySubject(tx *store.Tx, subject string) (User, bool, error) {
	return findMaybe(tx, "id = (SELECT user_id FROM identity_subject WHERE issuer = ? AND subject = ?)", s.Provider.Issuer, subject)
}

func hasSubject(tx *store.Tx, issuer string, user ID) (bool, error) {
	n, err := tx.NewSelect().TableExpr("identity_subject").Where("issuer = ? AND user_id = ?", issuer, user).Count(tx.Ctx)
	return n > 0, err
}

func putSubject(tx *store.Tx, issuer, subject string, user ID) error {
	res, err := tx.ExecContext(tx.Ctx, "INSERT INTO identity_subject (issuer, subject, user_id, created, used) VALUES (?, ?, ?, ?, 0) ON CONFLICT (issuer, subject) DO NOTHING",
		issuer, subject, user, store.At(tx.Now()))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("identity_linked_elsewhere", "This account of the provider belongs to another person here.").Because(err)
	}
	return nil
}

func useSubject(tx *store.Tx, issuer, subject string) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE identity_subject SET used = ? WHERE issuer = ? AND subject = ?", store.At(tx.Now()), issuer, subject)
	return err
}

func dropSubjects(tx *store.Tx, user ID) error {
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM identity_subject WHERE user_id = ?", user)
	return err
}

// localPath keeps a way back only when it leads to a page of ours.
func localPath(p string) string {
	if len(p) == 0 || len(p) > 1024 || p[0] != '/' || len(p) > 1 && (p[1] == '/' || p[1] == '\\') {
		return "/"
	}
	for i := range len(p) {
		if p[i] <= ' ' || p[i] == 0x7f || p[i] == '\\' {
			return "/"
		}
	}
	return p
}
