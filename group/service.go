package group

import (
	"context"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Topics of the change feed: Topic's key is the group's id, MemberTopic's the
// user's, whose principal must be built anew.
const (
	Topic       = "group"
	MemberTopic = "group.member"
)

// Service holds the operations on groups.
type Service struct {
	DB     *store.DB
	Audit  *audit.Log
	Naming Naming
	// Plan assigns the default plan to a new group, in its transaction.
	Plan func(tx *store.Tx, group string) error
	// MemberChanged lets later slices follow who is in a group and as what, in the
	// same transaction; wired by the server. The role is empty for whoever has left.
	MemberChanged func(tx *store.Tx, by access.Principal, group, user string, r Role) error
}

// moved writes what a person is in a group from now on, "" for nothing.
func (s *Service) moved(tx *store.Tx, by access.Principal, group, user string, r Role) error {
	var err error
	if r == "" {
		err = removeMember(tx, group, user)
	} else {
		err = putMember(tx, group, user, r)
	}
	if err != nil {
		return err
	}
	tx.Changed(MemberTopic, user)
	if s.MemberChanged == nil {
		return nil
	}
	return s.MemberChanged(tx, by, group, user, r)
}

func resource(id string) access.Resource { return access.On("group", id) }

func (s *Service) record(tx *store.Tx, by access.Principal, action string, g Group, before, after any) error {
	return s.Audit.Record(tx, by, audit.Change{Action: action, Target: "group/" + g.ID.String(), Name: g.Name,
		Group: g.ID.String(), Before: before, After: after, Reason: g.Reason})
}

// Create founds a group; the caller owns it.
func (s *Service) Create(ctx context.Context, by access.Principal, name string) (Group, error) {
	var out Group
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if !person(by) {
			return problem.Forbidden("not_a_person", "Only a signed-in person can found a group.")
		}
		g, err := s.Found(tx, by, name, false)
		out = g
		return err
	})
	return out, err
}

// Found is Create inside the caller's transaction; personal groups skip the
// naming rule, since they carry the person's name.
func (s *Service) Found(tx *store.Tx, by access.Principal, name string, personal bool) (Group, error) {
	if f := s.Naming.Check(name); len(f) > 0 && !personal {
		return Group{}, problem.Invalid("group_name_invalid", "This name can't be used.", f...)
	}
	g := Group{ID: ident.New[Group](tx.Now()), Name: strings.TrimSpace(name), Owner: by.User, Personal: personal, State: Active, Created: tx.Now()}
	if err := insert(tx, g); err != nil {
		return g, err
	}
	if err := putMember(tx, g.ID.String(), by.User, RoleOwner); err != nil {
		return g, err
	}
	if s.Plan != nil {
		if err := s.Plan(tx, g.ID.String()); err != nil {
			return g, err
		}
	}
	tx.Changed(MemberTopic, by.User)
	return g, s.record(tx, by, "group.create", g, nil, g)
}

// Get loads a group that by may see.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Group, error) {
	var out Group
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("group", "group:view", resource(id.String())); err != nil {
			return err
		}
		g, err := find(tx, id.String())
		out = g
		return err
	})
	return out, err
}

// Active loads a group that can own things, without authorising.
func (s *Service) Active(tx *store.Tx, id string) (Group, error) {
	g, err := find(tx, id)
	if err != nil {
		return g, err
	}
	switch g.State {
	case Suspended:
		return g, problem.Forbidden("group_suspended", "The platform operator has suspended this group.")
	case Archived:
		return g, problem.Conflict("group_archived", "This group is archived.")
	}
	return g, nil
}

// Load finds a group without authorising, for slices that join.
func (s *Service) Load(tx *store.Tx, id string) (Group, error) { return find(tx, id) }

// person reports whether by is somebody who signed in. An integration that acts
// as a user is not that user here.
func person(by access.Principal) bool {
	return by.User != "" && (by.Kind == access.KindUser || by.Kind == access.KindOperator)
}

// List gives the caller's groups; an operator sees all.
func (s *Service) List(ctx context.Context, by access.Principal) ([]Group, error) {
	return s.Page(ctx, by, ID{}, 0)
}

// Page is List in parts: those behind after, at most limit (0: all).
func (s *Service) Page(ctx context.Context, by access.Principal, after ID, limit int) ([]Group, error) {
	var out []Group
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		l := listing{user: by.User, after: after, limit: limit}
		switch {
		case by.May("group:view", access.Platform()) == nil:
			l.user = ""
		case !person(by):
			return problem.Forbidden("not_a_person", "Only a signed-in person has groups.")
		}
		got, err := list(tx, l)
		out = got
		return err
	})
	return out, err
}

// Members lists who is in the group.
func (s *Service) Members(ctx context.Context, by access.Principal, id ID) ([]Member, error) {
	var out []Member
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("group", "group:view", resource(id.String())); err != nil {
			return err
		}
		if _, err := find(tx, id.String()); err != nil {
			return err
		}
		got, err := members(tx, id.String(), "")
		out = got
		return err
	})
	return out, err
}

// MembersOf lists who is in a group without authorising, for slices that join.
func (s *Service) MembersOf(tx *store.Tx, group string) ([]Member, error) {
	return members(tx, group, "")
}

// Rename changes the name that customers see.
func (s *Service) Rename(ctx context.Context, by access.Principal, id ID, name string) (Group, error) {
	return s.change(ctx, by, "update", id, func(_ *store.Tx, g *Group) error {
		if f := s.Naming.Check(name); len(f) > 0 {
			return problem.Invalid("group_name_invalid", "This name can't be used.", f...)
		}
		g.Name = strings.TrimSpace(name)
		return nil
	})
}

// Archive closes a group that owns nothing any more.
func (s *Service) Archive(ctx context.Context, by access.Principal, id ID) (Group, error) {
	return s.change(ctx, by, "archive", id, func(tx *store.Tx, g *Group) error {
		standing, err := holds(tx, id.String())
		if err != nil {
			return err
		}
		return g.Archive(standing)
	})
}

// Restore opens an archived group again.
func (s *Service) Restore(ctx context.Context, by access.Principal, id ID) (Group, error) {
	return s.change(ctx, by, "restore", id, func(_ *store.Tx, g *Group) error { return g.Restore() })
}

// AddMember adds a person by the address of an existing user.
func (s *Service) AddMember(ctx context.Context, by access.Principal, id ID, email string, r Role) (Member, error) {
	var out Member
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		g, err := s.load(tx, by, "member:create", id)
		if err != nil {
			return err
		}
		if err := checkRole(r); err != nil {
			return err
		}
		var user string
		err = tx.NewRaw("SELECT id FROM identity_user WHERE email = ? AND state = 'active'", strings.ToLower(strings.TrimSpace(email))).Scan(tx.Ctx, &user)
		if store.IsNone(err) {
			return problem.Invalid("user_unknown", "No developer has signed up with this address yet. Ask them to sign up first.",
				problem.Field{Pointer: "/email", Code: "unknown", Detail: "Nobody signed up with this address."})
		}
		if err != nil {
			return err
		}
		if _, err := member(tx, id.String(), user); err == nil {
			return problem.Conflict("already_member", "This person is in the group already.")
		}
		if err := s.moved(tx, by, id.String(), user, r); err != nil {
			return err
		}
		if out, err = member(tx, id.String(), user); err != nil {
			return err
		}
		return s.record(tx, by, "group.member_add", g, nil, out)
	})
	return out, err
}

// SetRole makes a member an administrator or a plain member. Nobody changes
// their own role.
func (s *Service) SetRole(ctx context.Context, by access.Principal, id ID, user string, r Role) (Member, error) {
	var out Member
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		g, m, err := s.loadMember(tx, by, "member:update", id, user)
		if err != nil {
			return err
		}
		if err := checkRole(r); err != nil {
			return err
		}
		if user == by.User {
			return problem.Forbidden("own_role", "Nobody changes their own role. Ask another administrator.")
		}
		if err := m.mayRemove(); err != nil {
			return err
		}
		before := m
		if err := s.moved(tx, by, id.String(), user, r); err != nil {
			return err
		}
		m.Role = r
		out = m
		return s.record(tx, by, "group.member_role", g, before, m)
	})
	return out, err
}

// RemoveMember takes a person out; members may take themselves out.
func (s *Service) RemoveMember(ctx context.Context, by access.Principal, id ID, user string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		action := "member:delete"
		if user == by.User && user != "" {
			action = "group:view" // leaving needs no more than being there
		}
		g, m, err := s.loadMember(tx, by, action, id, user)
		if err != nil {
			return err
		}
		if err := m.mayRemove(); err != nil {
			return err
		}
		if err := s.moved(tx, by, id.String(), user, ""); err != nil {
			return err
		}
		return s.record(tx, by, "group.member_remove", g, m, nil)
	})
}

// Transfer passes ownership to another member; the old owner stays as an
// administrator and can leave then.
func (s *Service) Transfer(ctx context.Context, by access.Principal, id ID, user string) (Group, error) {
	return s.change(ctx, by, "transfer", id, func(tx *store.Tx, g *Group) error {
		if _, err := member(tx, id.String(), user); err != nil {
			return err
		}
		if user == g.Owner {
			return problem.Conflict("already_owner", "This person owns the group already.")
		}
		if err := s.moved(tx, by, id.String(), g.Owner, RoleAdmin); err != nil {
			return err
		}
		if err := s.moved(tx, by, id.String(), user, RoleOwner); err != nil {
			return err
		}
		g.Owner = user
		return nil
	})
}

func (s *Service) load(tx *store.Tx, by access.Principal, action string, id ID) (Group, error) {
	if err := by.Reach("group", action, resource(id.String())); err != nil {
		return Group{}, err
	}
	return find(tx, id.String())
}

func (s *Service) loadMember(tx *store.Tx, by access.Principal, action string, id ID, user string) (Group, Member, error) {
	g, err := s.load(tx, by, action, id)
	if err != nil {
		return g, Member{}, err
	}
	m, err := member(tx, id.String(), user)
	return g, m, err
}

// change is the one shape of every change of a group.
func (s *Service) change(ctx context.Context, by access.Principal, action string, id ID, rule func(*store.Tx, *Group) error) (Group, error) {
	var out Group
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		before, after, err := s.changeIn(tx, by, action, id, rule)
		if err != nil {
			return err
		}
		out = after
		return s.record(tx, by, "group."+action, after, before, after)
	})
	return out, err
}

// changeIn is change for whoever has a transaction already, and leaves the audit
// entry to them.
func (s *Service) changeIn(tx *store.Tx, by access.Principal, action string, id ID, rule func(*store.Tx, *Group) error) (before, after Group, err error) {
	g, err := s.load(tx, by, "group:"+action, id)
	if err != nil {
		return g, g, err
	}
	before = g
	if err := rule(tx, &g); err != nil {
		return before, before, err
	}
	if err := save(tx, g, before.State); err != nil {
		return before, before, err
	}
	tx.Changed(Topic, id.String())
	return before, g, nil
}
