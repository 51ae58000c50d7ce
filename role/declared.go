package role

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

func absent(err error) bool { return problem.CodeOf(err) == "not_found" }

// detail gives the words of the first finding.
func detail(err error) string {
	p := problem.Of(err)
	if len(p.Fields) > 0 {
		return p.Fields[0].Detail
	}
	return p.Detail
}

func errInvalid(f []problem.Field) error {
	return problem.Invalid("role_definition_invalid", "Some of the fields need another look.", f...)
}

func errAssignment(f []problem.Field) error {
	return problem.Invalid("role_assignment_invalid", "The roles cannot be given like this.", f...)
}

func errExists() error {
	return problem.Conflict("role_exists", "The account has a role with this key, or with a name that looks the same.")
}

func errChanged() *problem.Error {
	return problem.Conflict("role_changed", "Somebody else changed the role meanwhile. Load it again.")
}

func errUnknown() error {
	return problem.Invalid("role_unknown", "The account has no such role.")
}

func errOwn() error {
	return problem.Forbidden("own_rights", "Nobody changes their own rights: ask another administrator.")
}

func errExceeds(gap access.Excess) error {
	e := problem.Forbidden("role_exceeds_giver", gap.String()+" Nobody gives more than they hold.")
	if gap.Large {
		return e
	}
	return e.With("action", gap.Action).With("resource", gap.Resource)
}

// errInUse names who and what has the role.
func (s *Service) errInUse(tx *store.Tx, r Role, have []Assignment, held []Hold) error {
	var names []string
	people, err := affected(tx, r.Account, r.ID.String())
	if err != nil {
		return err
	}
	for _, p := range people {
		names = append(names, p.Name)
	}
	for _, h := range held {
		names = append(names, h.Name)
	}
	return problem.Conflict("role_in_use", "The role is in use. Take it away or choose another in its place; tokens that use it have to end first.").
		With("holders", names).With("members", len(have)).With("others", len(held))
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	inv, con, forb := problem.KindInvalid, problem.KindConflict, problem.KindForbidden
	return []problem.Declared{
		{Code: "role_definition_invalid", Kind: inv, Cause: "The role's key, name, policy or rights break a rule.", Remedy: "Correct the parts that errors names."},
		{Code: "role_assignment_invalid", Kind: inv, Cause: "A role or the values of its attributes cannot be given.", Remedy: "Correct the parts that errors names."},
		{Code: "role_unknown", Kind: inv, Cause: "The account has no role with this id or key.", Remedy: "Choose one of the account's roles."},
		{Code: "role_exists", Kind: con, Cause: "The account has a role with this key or with a name that looks the same.", Remedy: "Choose another."},
		{Code: "role_changed", Kind: con, Cause: "Somebody else changed the role meanwhile.", Remedy: "Read it again and repeat the change."},
		{Code: "role_in_use", Kind: con, Cause: "Members or tokens have the role; holders names them.", Remedy: "Name another role for the members; end the tokens."},
		{Code: "own_rights", Kind: forb, Cause: "A person tries to change a role that they have, or their own roles.", Remedy: "Ask another administrator."},
		{Code: "inquiry_invalid", Kind: inv, Cause: "The question does not say who, what or on what.", Remedy: "Correct the part that errors names."},
		{Code: "role_exceeds_giver", Kind: forb, Cause: "What is given goes beyond what the giver holds; action and resource name the first thing beyond.", Remedy: "Give less, or ask somebody who holds it."},
	}
}
