package identity

import (
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// External is a person as the product knows them.
type External struct {
	ProductKey string `json:"key" maxLength:"120" doc:"The product's own key of this person"`
	Email      string `json:"email" maxLength:"254"`
	Name       string `json:"name" maxLength:"200"`
}

// Upsert keeps a person in step with the product, inside the caller's
// transaction; it does not authorise. The product's key decides who it is; a
// person without a key yet is found by the address. Somebody new is invited: they
// come in by proving the address. The address of somebody who has been here stays
// as it is, since they sign in with it. Nothing is written when nothing changed.
// Errors: Invalid `person_invalid`; Conflict `person_ambiguous` when the address
// belongs to somebody with another key.
func (s *Service) Upsert(tx *store.Tx, by access.Principal, e External) (User, error) {
	email, ok := Canonical(e.Email)
	var f []problem.Field
	if !ok {
		f = append(f, emailFinding("/email"))
	}
	if len(checkName(e.ProductKey, "/key", true)) > 0 {
		f = append(f, problem.Field{Pointer: "/key", Code: "required", Detail: "1 to 120 printable characters."})
	}
	f = append(f, checkName(e.Name, "/name", true)...)
	if len(f) > 0 {
		return User{}, problem.Invalid("person_invalid", "This person's data needs another look.", f...)
	}
	e.Email, e.Name = email, strings.TrimSpace(e.Name)
	u, known, err := findMaybe(tx, "product_key = ?", e.ProductKey)
	if err != nil {
		return u, err
	}
	if known {
		return s.keepInStep(tx, by, u, e)
	}
	u, known, err = findMaybe(tx, "email = ?", email)
	if err != nil {
		return u, err
	}
	if !known {
		u = User{ID: ident.New[User](tx.Now()), Email: email, Name: e.Name, State: Invited, ProductKey: e.ProductKey, Created: tx.Now()}
		if err := insert(tx, u); err != nil {
			return u, err
		}
		return u, s.record(tx, by, "user.invite", u, audit.Change{After: u})
	}
	if u.ProductKey != "" {
		return u, problem.Conflict("person_ambiguous", "Another person of the product has this address.")
	}
	was := u
	u.ProductKey = e.ProductKey
	if u.State == Unverified {
		// Whoever signed up with this address has not proven it.
		u.State, u.Name, u.Company, u.password = Invited, e.Name, "", ""
		if err := dropLinks(tx, u.ID, LinkVerify); err != nil {
			return u, err
		}
	}
	if err := save(tx, u, was); err != nil {
		return u, err
	}
	return u, s.record(tx, by, "user.link_product", u, audit.Change{Before: was, After: u})
}

func (s *Service) keepInStep(tx *store.Tx, by access.Principal, u User, e External) (User, error) {
	was := u
	u.Name = e.Name
	if u.State == Invited && u.Email != e.Email {
		other, taken, err := findMaybe(tx, "email = ?", e.Email)
		if err != nil {
			return u, err
		}
		if taken && other.State != Unverified {
			return u, problem.Conflict("person_ambiguous", "Another person has this address.")
		}
		if err := s.free(tx, e.Email); err != nil {
			return u, err
		}
		u.Email, u.password = e.Email, ""
		for _, k := range []LinkKind{LinkVerify, LinkReset} {
			if err := dropLinks(tx, u.ID, k); err != nil {
				return u, err
			}
		}
	}
	if u.Name == was.Name && u.Email == was.Email {
		return u, nil
	}
	if err := save(tx, u, was); err != nil {
		return u, err
	}
	return u, s.record(tx, by, "user.sync", u, audit.Change{Before: was, After: u})
}

// ByProductKey finds a person by the product's own key, without authorising.
func (s *Service) ByProductKey(tx *store.Tx, key string) (User, error) {
	if key == "" {
		return User{}, problem.NotFound("user")
	}
	return find(tx, "product_key = ?", key)
}
