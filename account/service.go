package account

import (
	"context"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Topics of the change feed: Topic's key is the account's id, MemberTopic's the
// user's id, RoleTopic's the account's id.
const (
	Topic       = "account"
	MemberTopic = "account.member"
	RoleTopic   = "account.role"
)

// Service holds the operations on accounts.
type Service struct {
	DB    *store.DB
	Audit *audit.Log
	// RoleChanged lets later slices follow a role's policy in the same
	// transaction; wired by the server.
	RoleChanged func(tx *store.Tx, r Role) error
	// MemberChanged lets later slices follow who belongs to an account and with
	// which roles, in the same transaction; wired by the server.
	MemberChanged func(tx *store.Tx, account, user string, left bool) error
	// Moved hears of an account that came below another parent, or left one, in the
	// same transaction; wired by the server.
	Moved func(tx *store.Tx, by access.Principal, a Account) error
	// Users creates or updates a person on the product's word and gives their id.
	// The owner of people is wired in by the server.
	Users func(tx *store.Tx, by access.Principal, x External) (string, error)
}

// Resource is how policies name an account.
func Resource(id string) access.Resource { return access.On("account", id) }

func (s *Service) record(tx *store.Tx, by access.Principal, action, account, name string, before, after any) error {
	return s.Audit.Record(tx, by, audit.Change{Action: action, Target: "account/" + account, Name: name, Account: account, Before: before, After: after})
}

// Put creates or updates the account with the draft's key; the product or an
// operator does this.
func (s *Service) Put(ctx context.Context, by access.Principal, d Draft) (Account, error) {
	var out Account
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.May("account:sync", access.Platform()); err != nil {
			return err
		}
		if f := d.Check(""); len(f) > 0 {
			return problem.Invalid("account_invalid", "Some of the fields need another look.", f...)
		}
		a, err := s.Upsert(tx, by, d)
		out = a
		return err
	})
	return out, err
}

// Upsert is Put inside the caller's transaction, for drafts that are checked.
func (s *Service) Upsert(tx *store.Tx, by access.Principal, d Draft) (Account, error) {
	parent := ""
	if d.Parent != "" {
		p, err := find(tx, "key = ?", d.Parent)
		if err != nil {
			return Account{}, problem.Invalid("parent_unknown", "There is no parent account with this key. Send the parent first.",
				problem.Field{Pointer: "/parent_key", Code: "unknown", Detail: "No account has this key."})
		}
		if p.Parent != "" {
			return Account{}, errDeep("A parent account has no parent itself.")
		}
		parent = p.ID.String()
	}
	a, err := find(tx, "key = ?", d.Key)
	before, action := any(nil), "account.create"
	switch {
	case err == nil:
		before, action = a, "account.update"
	case problem.CodeOf(err) == "not_found":
		a = Account{ID: ident.New[Account](tx.Now()), Key: d.Key, Created: tx.Now()}
	default:
		return a, err
	}
	if parent != "" && before != nil {
		children, err := list(tx, listing{Parent: a.ID.String(), Limit: 1})
		if err != nil {
			return a, err
		}
		if len(children) > 0 {
			return a, errDeep("An account with children has no parent.")
		}
	}
	if err := a.keep(&d); err != nil {
		return a, err
	}
	if d.Kind == "" {
		d.Kind = Production
	}
	state := Active
	if d.Closed {
		state = Closed
	}
	was := a
	a.Name, a.Kind, a.Parent, a.Group, a.Upstream, a.State = strings.TrimSpace(d.Name), d.Kind, parent, d.Group, d.Upstream, state
	if a == was {
		return a, nil
	}
	if err := put(tx, a); err != nil {
		return a, err
	}
	tx.Changed(Topic, a.ID.String())
	if was.Parent != a.Parent && before != nil && s.Moved != nil {
		if err := s.Moved(tx, by, a); err != nil {
			return a, err
		}
	}
	return a, s.record(tx, by, action, a.ID.String(), a.Name, before, a)
}

func errDeep(detail string) error {
	return problem.Invalid("parent_is_child", detail,
		problem.Field{Pointer: "/parent_key", Code: "too_deep", Detail: "Accounts have two levels: parents and children."})
}

// Close ends an account; every grant in it stops.
func (s *Service) Close(ctx context.Context, by access.Principal, id ID) (Account, error) {
	var out Account
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.May("account:sync", access.Platform()); err != nil {
			return err
		}
		a, err := find(tx, "id = ?", id)
		if err != nil {
			return err
		}
		if a.State == Closed {
			return problem.Conflict("account_already_closed", "The account is closed already.")
		}
		before := a
		a.State = Closed
		if err := put(tx, a); err != nil {
			return err
		}
		tx.Changed(Topic, id.String())
		out = a
		return s.record(tx, by, "account.close", id.String(), a.Name, before, a)
	})
	return out, err
}

// Get loads an account that by may see.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Account, error) {
	var out Account
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "account:view", Resource(id.String())); err != nil {
			return err
		}
		a, err := find(tx, "id = ?", id)
		out = a
		return err
	})
	return out, err
}

// Load finds an account without authorising, for slices that join.
func (s *Service) Load(tx *store.Tx, id string) (Account, error) { return find(tx, "id = ?", id) }

// ByKey finds an account by the product's key without authorising.
func (s *Service) ByKey(tx *store.Tx, key string) (Account, error) { return find(tx, "key = ?", key) }

// List gives the caller's accounts, all of them to an operator, in pages.
func (s *Service) List(ctx context.Context, by access.Principal, after string, limit int) ([]Account, error) {
	return s.Search(ctx, by, "", Position{After: after, Limit: limit})
}

// wordsMost bounds the words of a search; the rest is not looked at.
const wordsMost = 8

// Search is List of the accounts in whose name or key every word of the text stands, or whose id it is.
func (s *Service) Search(ctx context.Context, by access.Principal, text string, at Position) ([]Account, error) {
	words := strings.Fields(text)
	var out []Account
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		l := listing{User: by.User, After: at.After, Limit: at.Limit, Words: words[:min(len(words), wordsMost)]}
		switch {
		case by.May("account:view", access.Platform()) == nil:
			l.User = ""
		case by.User == "" || by.Kind != access.KindUser:
			return problem.Forbidden("not_a_person", "Only a signed-in person has accounts.")
		}
		got, err := list(tx, l)
		out = got
		return err
	})
	return out, err
}

// Children gives the child accounts of a parent.
func (s *Service) Children(ctx context.Context, by access.Principal, id ID) ([]Account, error) {
	return s.ChildPage(ctx, by, id, Position{Limit: 1000})
}

// Position is a part of a list: what follows After, at most Limit.
type Position struct {
	After string
	Limit int
}

// ChildPage is Children in parts.
func (s *Service) ChildPage(ctx context.Context, by access.Principal, id ID, at Position) ([]Account, error) {
	var out []Account
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "account:view", Resource(id.String())); err != nil {
			return err
		}
		if _, err := find(tx, "id = ?", id); err != nil {
			return err
		}
		got, err := list(tx, listing{Parent: id.String(), After: at.After, Limit: at.Limit})
		out = got
		return err
	})
	return out, err
}

// Members lists the people of an account.
func (s *Service) Members(ctx context.Context, by access.Principal, id ID) ([]Member, error) {
	var out []Member
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "account:view", Resource(id.String())); err != nil {
			return err
		}
		if _, err := find(tx, "id = ?", id); err != nil {
			return err
		}
		got, err := members(tx, id.String(), "")
		out = got
		return err
	})
	return out, err
}

// Member finds one person of an account without authorising.
func (s *Service) Member(tx *store.Tx, account, user string) (Member, error) {
	got, err := members(tx, account, user)
	if err != nil {
		return Member{}, err
	}
	if user == "" || len(got) == 0 {
		return Member{}, problem.NotFound("member")
	}
	return got[0], nil
}

// SetMember adds a person or changes their roles, on the product's word.
func (s *Service) SetMember(tx *store.Tx, by access.Principal, m Member) error {
	if access.AccountRole(m.Role) == nil {
		return problem.Invalid("account_role_invalid", "Choose admin, member or reader.",
			problem.Field{Pointer: "/role", Code: "unknown", Detail: "admin, member or reader."})
	}
	a, err := find(tx, "id = ?", m.Account)
	if err != nil {
		return err
	}
	m.Created = tx.Now()
	if m.Roles == nil {
		m.Roles = []string{}
	}
	was, err := members(tx, m.Account, m.User)
	if err != nil {
		return err
	}
	var before any
	if len(was) == 1 {
		m.Created, m.Email, m.Name = was[0].Created, was[0].Email, was[0].Name
		if sameMember(was[0], m) {
			return nil
		}
		before = was[0]
	}
	if err := putMember(tx, m); err != nil {
		return err
	}
	tx.Changed(MemberTopic, m.User)
	if s.MemberChanged != nil {
		if err := s.MemberChanged(tx, m.Account, m.User, false); err != nil {
			return err
		}
	}
	return s.record(tx, by, "account.member_set", m.Account, a.Name, before, m)
}

func sameMember(a, b Member) bool { return a.Role == b.Role && slices.Equal(a.Roles, b.Roles) }

// RemoveMember takes a person out, on the product's word.
func (s *Service) RemoveMember(tx *store.Tx, by access.Principal, account, user string) error {
	m, err := s.Member(tx, account, user)
	if err != nil {
		return err
	}
	if err := removeMember(tx, account, user); err != nil {
		return err
	}
	tx.Changed(MemberTopic, user)
	if s.MemberChanged != nil {
		if err := s.MemberChanged(tx, account, user, true); err != nil {
			return err
		}
	}
	return s.record(tx, by, "account.member_remove", account, m.Name, m, nil)
}

// SandboxesOf lists a developer group's own sandboxes by name, closed ones last. It
// does not authorise.
func (s *Service) SandboxesOf(tx *store.Tx, group string) ([]Account, error) {
	return sandboxes(tx, group)
}
