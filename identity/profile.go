package identity

import (
	"context"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Me is a person as they see themselves.
type Me struct {
	User
	Password bool   `json:"password" doc:"Signs in with a password"`
	TOTP     bool   `json:"totp" doc:"Uses an authenticator app"`
	Recovery int    `json:"recovery_codes" doc:"Recovery codes left"`
	Passkeys int    `json:"passkeys"`
	Provider bool   `json:"provider" doc:"Signs in through the operator's provider"`
	TermsDue string `json:"terms_due,omitempty" doc:"Version of the terms to be accepted"`
}

// Me loads the person that asks; a token may do, if it may see its person.
func (s *Service) Me(ctx context.Context, by access.Principal) (Me, error) {
	var out Me
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if by.User == "" {
			return problem.Forbidden("session_required", "Only a person has a profile.")
		}
		if err := by.Reach("user", "user:view", Resource(by.User)); err != nil {
			return err
		}
		u, err := find(tx, "id = ?", by.User)
		if err != nil {
			return err
		}
		w, err := s.ways(tx, u)
		if err != nil {
			return err
		}
		out = Me{User: u, Password: w.password, TOTP: w.app, Recovery: w.recovery, Passkeys: w.passkeys, Provider: w.subjects > 0}
		due, err := s.TermsDue(tx, by.User)
		if due {
			out.TermsDue = s.Terms.Version
		}
		return err
	})
	return out, err
}

// Profile is what people change about themselves; nil leaves a part as it is.
type Profile struct {
	Name    *string `json:"name,omitempty" maxLength:"200"`
	Company *string `json:"company,omitempty" maxLength:"200" doc:"Shown beside your integrations, with your groups' names"`
}

// UpdateProfile changes name and company.
func (s *Service) UpdateProfile(ctx context.Context, by access.Principal, at Session, p Profile) (User, error) {
	var out User
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.self(tx, by, at)
		if err != nil {
			return err
		}
		was := u
		var f []problem.Field
		if p.Name != nil {
			f = append(f, checkName(*p.Name, "/name", true)...)
			u.Name = strings.TrimSpace(*p.Name)
		}
		if p.Company != nil {
			f = append(f, checkName(*p.Company, "/company", false)...)
			u.Company = strings.TrimSpace(*p.Company)
		}
		if len(f) > 0 {
			return problem.Invalid("profile_invalid", "Some of this needs another look.", f...)
		}
		if err := save(tx, u, was); err != nil {
			return err
		}
		out = u
		return s.record(tx, by, "user.update", u, audit.Change{Before: was, After: u})
	})
	return out, err
}

// ways are how a person can sign in.
type ways struct {
	password bool
	app      bool
	recovery int
	passkeys int
	subjects int
}

// primary counts those that open the door by themselves.
func (w ways) primary() int {
	n := w.passkeys + w.subjects
	if w.password {
		n++
	}
	return n
}

func (s *Service) ways(tx *store.Tx, u User) (ways, error) {
	w := ways{password: u.password != ""}
	app, has, err := findApp(tx, u.ID)
	if err != nil {
		return w, err
	}
	w.app = has && !app.confirmed.IsZero()
	for table, n := range map[string]*int{"identity_recovery": &w.recovery, "identity_passkey": &w.passkeys, "identity_subject": &w.subjects} {
		many, err := tx.NewSelect().TableExpr(table).Where("user_id = ?", u.ID).Count(tx.Ctx)
		if err != nil {
			return w, err
		}
		*n = int(many)
	}
	return w, nil
}

// errLast: removing this would lock the person out.
func errLast() error {
	return problem.Conflict("last_credential", "This is the only way you can sign in. Add another first.")
}
