package account

import (
	"context"
	"strconv"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Sync takes what the product tells about accounts, people, roles and members.
// Each item is its own transaction: it happens whole or not at all, and the
// answer says for each what became of it. Telling the same again changes nothing.
// Errors: Invalid `sync_invalid` when there are too many items or none;
// Unavailable ends the call where it stands, and may be repeated.
func (s *Service) Sync(ctx context.Context, by access.Principal, b Batch) ([]Synced, error) {
	for _, action := range []string{"account:sync", "user:sync", "role:sync", "member:sync"} {
		if err := by.May(action, access.Platform()); err != nil {
			return nil, err
		}
	}
	if n := b.Size(); n == 0 || n > BatchMost {
		return nil, problem.Invalid("sync_invalid", "Send between 1 and "+strconv.Itoa(BatchMost)+" items.")
	}
	out := make([]Synced, 0, b.Size())
	each := func(part string, n int, do func(tx *store.Tx, i int, at string) (Synced, error)) error {
		for i := range n {
			at := pointer(part, i)
			got, err := s.item(ctx, at, func(tx *store.Tx) (Synced, error) { return do(tx, i, at) })
			if err != nil {
				return err
			}
			out = append(out, got)
		}
		return nil
	}
	if err := each("accounts", len(b.Accounts), func(tx *store.Tx, i int, at string) (Synced, error) {
		return s.syncAccount(tx, by, b.Accounts[i], at)
	}); err != nil {
		return out, err
	}
	if err := each("users", len(b.Users), func(tx *store.Tx, i int, at string) (Synced, error) {
		return s.syncUser(tx, by, b.Users[i], at)
	}); err != nil {
		return out, err
	}
	if err := each("roles", len(b.Roles), func(tx *store.Tx, i int, at string) (Synced, error) {
		return s.syncRole(tx, by, b.Roles[i], at)
	}); err != nil {
		return out, err
	}
	err := each("members", len(b.Members), func(tx *store.Tx, i int, at string) (Synced, error) {
		return s.syncMember(tx, by, b.Members[i], at)
	})
	return out, err
}

func (s *Service) item(ctx context.Context, at string, do func(tx *store.Tx) (Synced, error)) (Synced, error) {
	var out Synced
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		got, err := do(tx)
		out = got
		return err
	})
	if err != nil {
		return failed(at, err)
	}
	out.Pointer = at
	return out, nil
}

func outcome(there bool, same bool) Outcome {
	switch {
	case !there:
		return Created
	case same:
		return Unchanged
	}
	return Updated
}

func (s *Service) syncAccount(tx *store.Tx, by access.Principal, d Draft, at string) (Synced, error) {
	if f := d.Check(at); len(f) > 0 {
		return Synced{}, problem.Invalid("account_invalid", "Some of the fields need another look.", f...)
	}
	was, err := find(tx, "key = ?", d.Key)
	if err != nil && problem.CodeOf(err) != "not_found" {
		return Synced{}, err
	}
	a, err := s.Upsert(tx, by, d)
	return Synced{Outcome: outcome(!was.ID.IsZero(), was == a), ID: a.ID.String()}, err
}

func (s *Service) syncUser(tx *store.Tx, by access.Principal, x External, at string) (Synced, error) {
	if f := x.check(at); len(f) > 0 {
		return Synced{}, problem.Invalid("sync_person_invalid", "Some of the fields need another look.", f...)
	}
	if s.Users == nil {
		return Synced{}, problem.Unavailable("people_unavailable", "People are not kept here.", nil)
	}
	was, err := personByKey(tx, x.ProductKey)
	if err != nil {
		return Synced{}, err
	}
	id, err := s.Users(tx, by, x)
	if err != nil {
		return Synced{}, err
	}
	now, err := personByKey(tx, x.ProductKey)
	return Synced{Outcome: outcome(was.ID != "", was == now), ID: id}, err
}

func (s *Service) syncRole(tx *store.Tx, by access.Principal, d RoleDraft, at string) (Synced, error) {
	if f := d.check(at); len(f) > 0 {
		return Synced{}, problem.Invalid("role_invalid", "Some of the fields need another look.", f...)
	}
	a, err := named(tx, d.Account)
	if err != nil {
		return Synced{}, err
	}
	was, err := findRole(tx, "account = ? AND key = ?", a.ID, d.Key)
	if err != nil && problem.CodeOf(err) != "not_found" {
		return Synced{}, err
	}
	r, err := s.PutRole(tx, by, Role{Account: a.ID.String(), Key: d.Key, Name: d.Name, Policy: d.Policy, Administrator: d.Administrator})
	return Synced{Outcome: outcome(!was.ID.IsZero(), sameRole(was, r)), ID: r.ID.String()}, err
}

func (s *Service) syncMember(tx *store.Tx, by access.Principal, d MemberDraft, at string) (Synced, error) {
	a, err := named(tx, d.Account)
	if err != nil {
		return Synced{}, err
	}
	who, err := personByKey(tx, d.User)
	if err != nil {
		return Synced{}, err
	}
	if who.ID == "" {
		return Synced{}, problem.Invalid("member_invalid", "There is no person with this key. Send the person first.",
			problem.Field{Pointer: at + "/user_key", Code: "unknown", Detail: "Nobody has this key."})
	}
	was, err := s.Member(tx, a.ID.String(), who.ID)
	there := err == nil
	if err != nil && problem.CodeOf(err) != "not_found" {
		return Synced{}, err
	}
	if d.Remove {
		if !there {
			return Synced{Outcome: Unchanged, ID: who.ID}, nil
		}
		return Synced{Outcome: Gone, ID: who.ID}, s.RemoveMember(tx, by, a.ID.String(), who.ID)
	}
	m := Member{Account: a.ID.String(), User: who.ID, Role: d.Role, Roles: []string{}}
	if m.Role == "" {
		m.Role = access.AccountMember
	}
	for i, key := range d.Roles {
		r, err := findRole(tx, "account = ? AND key = ?", a.ID, key)
		if problem.CodeOf(err) == "not_found" {
			return Synced{}, problem.Invalid("member_invalid", "The account has no role with this key. Send the role first.",
				problem.Field{Pointer: at + "/role_keys/" + strconv.Itoa(i), Code: "unknown", Detail: "The account has no such role."})
		}
		if err != nil {
			return Synced{}, err
		}
		m.Roles = append(m.Roles, r.ID.String())
	}
	if err := s.SetMember(tx, by, m); err != nil {
		return Synced{}, err
	}
	now, err := s.Member(tx, m.Account, m.User)
	return Synced{Outcome: outcome(there, sameMember(was, now)), ID: who.ID}, err
}

// named finds the account that an item is about.
func named(tx *store.Tx, key string) (Account, error) {
	a, err := find(tx, "key = ?", key)
	if problem.CodeOf(err) == "not_found" {
		return a, problem.Invalid("account_unknown", "There is no account with this key. Send the account first.",
			problem.Field{Pointer: "/account_key", Code: "unknown", Detail: "No account has this key."})
	}
	return a, err
}
