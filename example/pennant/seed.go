package pennant

import "context"

// The two accounts that Seed creates.
const (
	HarbourBooks = "harbour-books"
	AlderClinic  = "alder-clinic"
)

// sample is what Seed puts into one account.
type sample struct {
	account      Account
	members      []Member
	projects     []Project
	environments []Environment
	flags        []Flag
	segments     []Segment
	states       []FlagState
}

// Seed fills an account-less Pennant with two customers, so that there is something to look at. Accounts that exist are
// left as they are.
func (s *Server) Seed(ctx context.Context) error {
	for _, one := range []sample{harbourBooks(), alderClinic()} {
		err := s.store.write(ctx, one.account.Key, Actor{Kind: "system", Key: "seed", Name: "Pennant"}, func(sc *scope) error {
			_, err := get[Account](sc, one.account.place())
			if err == nil || !isNotFound(err) {
				return err
			}
			return sc.sow(one)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *scope) sow(one sample) error {
	if err := s.openAccount(&one.account); err != nil {
		return err
	}
	for i := range one.members {
		m := &one.members[i]
		if err := s.insert(m, conflict("member_exists", "There is a member with this key.")); err != nil {
			return err
		}
		if err := s.record(change{kind: "member.created", resource: m.place().path(), after: m}); err != nil {
			return err
		}
	}
	return s.fill(one)
}

// fill adds the projects of a sample and what is in them.
func (s *scope) fill(one sample) error {
	for i := range one.projects {
		p := &one.projects[i]
		if err := s.insert(p, conflict("project_exists", "There is a project with this key.")); err != nil {
			return err
		}
		if err := s.record(change{kind: "project.created", resource: p.place().path(), after: p}); err != nil {
			return err
		}
	}
	for i := range one.environments {
		if err := s.addEnvironment(&one.environments[i]); err != nil {
			return err
		}
	}
	for i := range one.segments {
		if err := s.addSegment(&one.segments[i]); err != nil {
			return err
		}
	}
	for i := range one.flags {
		if err := s.addFlag(&one.flags[i]); err != nil {
			return err
		}
	}
	for _, st := range one.states {
		if err := s.setState(st); err != nil {
			return err
		}
	}
	return nil
}

// openAccount adds an account with the three roles that every account has.
func (s *scope) openAccount(a *Account) error {
	if err := s.insert(a, conflict("account_exists", "There is an account with this key.")); err != nil {
		return err
	}
	var every, view []string
	edit := []string{"flag:create", "flag:update", "flag:delete", "segment:create", "segment:update", "segment:delete", "member:view"}
	for _, p := range Privileges() {
		every = append(every, p.Key)
	}
	view = append(view, "project:view", "environment:view", "flag:view", "segment:view", "event:view")
	for _, r := range []*Role{
		{Key: adminRole, Name: "Administrator", BuiltIn: true, Privileges: every},
		{Key: "editor", Name: "Editor", BuiltIn: true, Privileges: append(edit, view...)},
		{Key: "viewer", Name: "Viewer", BuiltIn: true, Privileges: view},
	} {
		if err := s.insert(r, conflict("role_exists", "There is a role with this key.")); err != nil {
			return err
		}
	}
	return nil
}

// setState gives an existing state its fields and records what a member would have done.
func (s *scope) setState(want FlagState) error {
	st, err := get[FlagState](s, want.place())
	if err != nil {
		return err
	}
	was := *st
	st.FlagStateFields = want.FlagStateFields
	var bad check
	if err := st.check(s, &bad); err != nil {
		return err
	}
	if err := bad.err(); err != nil {
		return err
	}
	if err := s.update(st); err != nil {
		return err
	}
	kind := "flag.targeting_updated"
	if st.On {
		kind = "flag.turned_on"
	}
	return s.record(change{kind: kind, resource: st.place().path(), before: &was, after: st})
}
