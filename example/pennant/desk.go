package pennant

import (
	"context"
	"crypto/rand"
)

// Desk is what one of an account's members does in Pennant itself. Pennant has no pages of its own; a program that shows
// it to people puts them in front of this.
type Desk struct {
	store   *store
	account string
	member  string
}

// Desk opens an account for one of its members, by their keys.
func (s *Server) Desk(account, member string) *Desk { return &Desk{s.store, account, member} }

// View is a project as its members see it.
type View struct {
	Project      Project
	Environments []EnvironmentView
}

// EnvironmentView is one environment with all that it decides about.
type EnvironmentView struct {
	Environment
	Flags    []FlagView
	Segments []SegmentView
}

// FlagView is what a flag does there, and the change that waits for it.
type FlagView struct {
	Flag  Flag
	State FlagState
	// Waiting is nil when nothing waits and nothing was refused.
	Waiting *Waiting
}

// SegmentView is a segment and who was synced into it.
type SegmentView struct {
	Segment
	Members []string
}

// membersShown is how many members of a segment are named.
const membersShown = 20

func (d *Desk) actor(ctx context.Context) (Actor, error) {
	m, err := get[Member](d.store.read(ctx, d.account), place{kind: kindMember, key: d.member})
	if err != nil {
		return Actor{}, err
	}
	return Actor{Kind: "member", Key: m.Key, Name: m.Name}, nil
}

// Views gives every project of the account.
func (d *Desk) Views(ctx context.Context) ([]View, error) {
	s := d.store.read(ctx, d.account)
	projects, _, err := list[Project](s, place{kind: kindProject}, page{})
	if err != nil {
		return nil, err
	}
	out := make([]View, 0, len(projects))
	for _, p := range projects {
		v := View{Project: *p}
		environments, _, err := list[Environment](s, place{kind: kindEnvironment, parent: p.place().path()}, page{})
		if err != nil {
			return nil, err
		}
		for _, e := range environments {
			one, err := s.viewed(e)
			if err != nil {
				return nil, err
			}
			v.Environments = append(v.Environments, one)
		}
		out = append(out, v)
	}
	return out, nil
}

func (s *scope) viewed(e *Environment) (EnvironmentView, error) {
	out := EnvironmentView{Environment: *e}
	states, _, err := list[FlagState](s, place{kind: kindState, parent: e.place().path()}, page{})
	if err != nil {
		return out, err
	}
	for _, st := range states {
		f, err := get[Flag](s, place{kind: kindFlag, parent: kindProject + "/" + e.Project, key: st.Flag})
		if err != nil {
			return out, err
		}
		shown, err := s.shown(st)
		if err != nil {
			return out, err
		}
		out.Flags = append(out.Flags, FlagView{Flag: *f, State: *st, Waiting: shown.Waiting})
	}
	segments, _, err := list[Segment](s, place{kind: kindSegment, parent: e.place().path()}, page{})
	if err != nil {
		return out, err
	}
	for _, g := range segments {
		members, err := s.syncedMembers(g.place().path(), membersShown)
		if err != nil {
			return out, err
		}
		out.Segments = append(out.Segments, SegmentView{Segment: *g, Members: members})
	}
	return out, nil
}

// Switch turns a flag on or off. Where the environment asks for an approval the change waits for it.
func (d *Desk) Switch(ctx context.Context, project, environment, flag string, on bool) (waits bool, err error) {
	actor, err := d.actor(ctx)
	if err != nil {
		return false, err
	}
	at := (&FlagState{Project: project, Environment: environment, Flag: flag}).place()
	err = d.store.write(ctx, d.account, actor, func(s *scope) error {
		v, err := get[Environment](s, place{kind: kindEnvironment, parent: kindProject + "/" + project, key: environment})
		if err != nil {
			return err
		}
		was, err := get[FlagState](s, at)
		if err != nil || was.On == on {
			return err
		}
		if waits = v.ApprovalRequired; waits {
			want := was.FlagStateFields
			want.On = on
			return s.keep(was, want)
		}
		return s.turn(was, on, "")
	})
	return waits, err
}

// AskFor has the changes of an environment's flags wait for the approval of an integration's configuration.
func (d *Desk) AskFor(ctx context.Context, project, environment, configuration string) error {
	actor, err := d.actor(ctx)
	if err != nil {
		return err
	}
	return d.store.write(ctx, d.account, actor, func(s *scope) error {
		was, err := get[Environment](s, place{kind: kindEnvironment, parent: kindProject + "/" + project, key: environment})
		if err != nil {
			return err
		}
		is := *was
		is.ApprovalRequired, is.ApprovedBy = configuration != "", configuration
		if err := s.update(&is); err != nil {
			return err
		}
		return s.record(change{kind: "environment.updated", resource: is.place().path(), before: was, after: &is})
	})
}

// keep holds a change back until somebody has approved it.
func (s *scope) keep(was *FlagState, want FlagStateFields) error {
	h := &Held{Project: was.Project, Environment: was.Environment, Flag: was.Flag, ID: rand.Text(), Want: want, Seen: was.Version, By: s.actor}
	if m, err := get[Member](s, place{kind: kindMember, key: s.actor.Key}); err == nil {
		h.By.Name = m.Name
	}
	old, err := get[Held](s, h.place())
	switch {
	case isNotFound(err):
		return s.insert(h, conflict("change_waiting", "Another change waits for approval."))
	case err != nil:
		return err
	case old.waits():
		return conflict("change_waiting", "Another change of this flag waits for approval. Withdraw it first.")
	}
	h.Meta = old.Meta
	return s.update(h)
}
