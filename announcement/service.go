package announcement

import (
	"context"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/usage"
)

// Service holds the operations on announcements.
type Service struct {
	DB      *store.DB
	Audit   *audit.Log
	Quota   *quota.Service
	Usage   *usage.Service
	Notices *notice.Service
}

func errChanged(cause error) error {
	return problem.Conflict("announcement_changed", "The announcement has changed meanwhile. Look at it again.").Because(cause)
}

const manage = "platform:announce"

// Publish tells the audience something, now or from its begin.
func (s *Service) Publish(ctx context.Context, by access.Principal, d Draft) (Announcement, error) {
	callers, err := s.callers(ctx, by, d.Audience)
	if err != nil {
		return Announcement{}, err
	}
	var out Announcement
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if d.Starts.Before(tx.Now()) {
			d.Starts = tx.Now()
		}
		if f := d.Check(tx.Now()); len(f) > 0 {
			return errInvalid(f)
		}
		out = Announcement{ID: ident.New[Announcement](tx.Now()), Draft: d, Created: tx.Now(), Updated: tx.Now(), Revision: 1}
		if err := insert(tx, out); err != nil {
			return err
		}
		if err := s.reach(tx, out, callers); err != nil {
			return err
		}
		return s.record(tx, by, "publish", out, nil)
	})
	return out, err
}

func errInvalid(f []problem.Field) error {
	return problem.Invalid("announcement_invalid", "Some of the fields need another look.", f...)
}

// Edit changes text, audience and times. Who was told already is not told again;
// who comes to the audience is.
func (s *Service) Edit(ctx context.Context, by access.Principal, id ID, d Draft, revision int64) (Announcement, error) {
	callers, err := s.callers(ctx, by, d.Audience)
	if err != nil {
		return Announcement{}, err
	}
	return s.change(ctx, by, "edit", id, func(tx *store.Tx, a *Announcement) error {
		if a.Revision != revision {
			return errChanged(nil)
		}
		if d.Starts.IsZero() {
			d.Starts = a.Starts
		}
		if f := d.Check(tx.Now()); len(f) > 0 {
			return errInvalid(f)
		}
		if err := a.change(tx.Now(), d); err != nil {
			return err
		}
		return s.reach(tx, *a, callers)
	})
}

// Withdraw takes an announcement back: nobody sees it any more.
func (s *Service) Withdraw(ctx context.Context, by access.Principal, id ID) (Announcement, error) {
	return s.change(ctx, by, "withdraw", id, func(tx *store.Tx, a *Announcement) error { return a.withdraw(tx.Now()) })
}

func (s *Service) change(ctx context.Context, by access.Principal, verb string, id ID, rule func(*store.Tx, *Announcement) error) (Announcement, error) {
	var out Announcement
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.Reach("announcement", manage, access.Platform()); err != nil {
			return err
		}
		a, err := find(tx, id)
		if err != nil {
			return err
		}
		was := a
		if err := rule(tx, &a); err != nil {
			return err
		}
		if out, err = save(tx, a); err != nil {
			return err
		}
		return s.record(tx, by, verb, out, was)
	})
	return out, err
}

func (s *Service) record(tx *store.Tx, by access.Principal, verb string, a Announcement, before any) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "announcement." + verb, Target: "announcement/" + a.ID.String(), Name: a.Title, Before: before, After: a})
}

// Everything lists all announcements, for operators.
func (s *Service) Everything(ctx context.Context, by access.Principal) ([]Announcement, error) {
	var out []Announcement
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("platform", manage, access.Platform()); err != nil {
			return err
		}
		var err error
		out, err = all(tx)
		return err
	})
	return out, err
}

// Visible lists what the caller is meant to see now, the newest first. Somebody
// who did not sign in sees what is for all.
func (s *Service) Visible(ctx context.Context, by access.Principal) ([]Announcement, error) {
	out := []Announcement{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		shown, err := live(tx)
		if err != nil || len(shown) == 0 {
			return err
		}
		mine, err := groupsOf(tx, by)
		if err != nil {
			return err
		}
		reach, err := reached(tx, mine)
		if err != nil {
			return err
		}
		admin := false
		if by.User != "" {
			if admin, err = administrated(tx, by.User); err != nil {
				return err
			}
		}
		for _, a := range shown {
			if a.Audience.All || reach[a.ID.String()] || a.Audience.Administrators && admin {
				out = append(out, a)
			}
		}
		return nil
	})
	return out, err
}

func groupsOf(tx *store.Tx, by access.Principal) ([]string, error) {
	if by.User == "" {
		return nil, nil
	}
	roles, err := group.Roles(tx, by.User)
	var out []string
	for id := range roles {
		out = append(out, id)
	}
	slices.Sort(out)
	return out, err
}

// callers finds the applications that called the operations of an audience. It
// authorises, since it comes before the transaction.
func (s *Service) callers(ctx context.Context, by access.Principal, a Audience) ([]string, error) {
	if err := by.Reach("platform", manage, access.Platform()); err != nil {
		return nil, err
	}
	return s.used(ctx, a)
}

func (s *Service) used(ctx context.Context, a Audience) ([]string, error) {
	var out []string
	if len(a.Uses) > partsMost {
		return nil, nil
	}
	for _, name := range a.Uses {
		parts, err := s.Usage.Parts(ctx, access.System("the audience of an announcement"),
			usage.Query{Filter: usage.Filter{Operation: name}, From: usedSince(s.DB.Now()), Step: usage.StepDay}, usage.ByApplication)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			if p.Name != "" && p.Name != usage.Other {
				out = append(out, p.Name)
			}
		}
	}
	return out, nil
}

// reach works out the groups of an audience and tells those who were not told yet.
func (s *Service) reach(tx *store.Tx, a Announcement, callers []string) error {
	groups, err := s.groups(tx, a.Audience, callers)
	if err != nil {
		return err
	}
	if err := setReach(tx, a.ID, groups); err != nil {
		return err
	}
	if a.Audience.All {
		if groups, err = activeGroups(tx); err != nil {
			return err
		}
	}
	n := notice.Notice{Kind: "announcement", Subject: a.Title, Text: a.Text, Link: "/announcements", Due: a.Starts, Dedupe: a.ID.String()}
	for _, g := range groups {
		n.To = notice.To{Group: g}
		if err := s.Notices.Send(tx, n); err != nil {
			return err
		}
	}
	if !a.Audience.Administrators && !a.Audience.All {
		return nil
	}
	accounts, err := administratedAccounts(tx)
	if err != nil {
		return err
	}
	for _, id := range accounts {
		n.To = notice.To{Account: id, AccountRole: access.AccountAdmin}
		if err := s.Notices.Send(tx, n); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) groups(tx *store.Tx, a Audience, callers []string) ([]string, error) {
	active, err := activeGroups(tx)
	if err != nil {
		return nil, err
	}
	want := slices.Clone(a.Groups)
	for _, g := range active {
		if len(a.Plans) == 0 {
			break
		}
		e, err := s.Quota.Effective(tx, g)
		if err != nil {
			return nil, err
		}
		if slices.Contains(a.Plans, e.Plan.Name) {
			want = append(want, g)
		}
	}
	if len(a.Tiers) > 0 {
		got, err := withTier(tx, a.Tiers)
		if err != nil {
			return nil, err
		}
		want = append(want, got...)
	}
	got, err := owners(tx, callers)
	if err != nil {
		return nil, err
	}
	want = append(want, got...)
	for _, name := range a.Uses {
		got, err := naming(tx, name)
		if err != nil {
			return nil, err
		}
		want = append(want, got...)
	}
	slices.Sort(want)
	// A group that is gone, or that nobody knows, is passed over.
	return slices.DeleteFunc(slices.Compact(want), func(g string) bool { return !slices.Contains(active, g) }), nil
}
