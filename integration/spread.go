package integration

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/release"
)

// spreadStep is how many installations change in one transaction.
const spreadStep = 50

// What spreads over the installations of an application.
const (
	spreadFollow = "follow"     // a version reaches further
	spreadBack   = "roll_back"  // a version is taken back
	spreadEnds   = "deprecated" // a version's end is announced
	spreadSoon   = "ends_soon"  // and is near
)

type spreadArgs struct {
	Task        string
	Application application.ID
	Version     string // "" to follow whatever each can have
	After       string // the installation that was the last one
}

var spread = job.Kind[spreadArgs]{Name: "integration.spread"}

// Published lets every installation hear of a version that reaches further or was
// verified (rows H25, H26): the first ones at once, the others step by step. It
// joins.
func (s *Service) Published(tx *store.Tx, a application.Application, _ release.Version) error {
	return s.step(tx, spreadArgs{Task: spreadFollow, Application: a.ID})
}

// RolledBack gives those who have the version the one that they had before. It joins.
func (s *Service) RolledBack(tx *store.Tx, a application.Application, v release.Version) error {
	return s.step(tx, spreadArgs{Task: spreadBack, Application: a.ID, Version: v.ID.String()})
}

// Deprecated tells the administrators of those who have the version (row H27). It
// joins.
func (s *Service) Deprecated(tx *store.Tx, a application.Application, v release.Version) error {
	return s.step(tx, spreadArgs{Task: spreadEnds, Application: a.ID, Version: v.ID.String()})
}

// Spread takes the next step.
func (s *Service) Spread(ctx context.Context, args spreadArgs) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.step(tx, args) })
}

// Remind tells again of versions that end within a week.
func (s *Service) Remind(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		ends, err := s.Releases.EndingBefore(tx, tx.Now().Add(7*24*time.Hour))
		if err != nil {
			return err
		}
		for _, v := range ends {
			app, err := ident.Parse[application.Application](v.Application)
			if err != nil {
				return err
			}
			if err := s.step(tx, spreadArgs{Task: spreadSoon, Application: app, Version: v.ID.String()}); err != nil {
				return err
			}
		}
		return nil
	})
}

// step does a task for the next installations and leaves the others to a job.
func (s *Service) step(tx *store.Tx, args spreadArgs) error {
	a, err := s.Applications.Load(tx, args.Application)
	if absent(err) {
		return nil
	}
	if err != nil {
		return err
	}
	where, arg := "application = ?", args.Application.String()
	if args.Version != "" {
		where, arg = "version = ?", args.Version
	}
	next, err := some(tx, spreadStep, where+" AND state <> ? AND i.id > ?", arg, Removed, args.After)
	if err != nil {
		return err
	}
	for _, i := range next {
		if err := s.spreadTo(tx, args, a, i); err != nil {
			return err
		}
		args.After = i.ID.String()
	}
	if len(next) < spreadStep {
		return nil
	}
	return spread.Add(tx, args, job.Options{Lane: args.Application.String()})
}

func (s *Service) spreadTo(tx *store.Tx, args spreadArgs, a application.Application, i Installation) error {
	if args.Task == spreadFollow {
		return s.advance(tx, a, i)
	}
	v, err := s.Releases.Load(tx, args.Version)
	if err != nil {
		return err
	}
	switch {
	case args.Task == spreadBack && !v.RolledBack.IsZero():
		return s.back(tx, a, i, v)
	case v.State == release.Deprecated:
		return s.tellEnds(tx, a, i, v, args.Task == spreadSoon)
	}
	return nil
}

// advance gives an installation what comes by itself, and offers the rest.
func (s *Service) advance(tx *store.Tx, a application.Application, i Installation) error {
	u, err := s.update(tx, i, a)
	if problem.CodeOf(err) == "nothing_newer" {
		return nil
	}
	if err != nil {
		return err
	}
	if !u.gentle() {
		g, found, err := s.gentler(tx, i, a, u)
		if err != nil {
			return err
		}
		if found && s.reviewed(a, g.own, g.Verified) == nil {
			if i, err = s.follow(tx, a, i, g); err != nil {
				return err
			}
			if u, err = s.updateTo(tx, i, a, u.To); err != nil {
				return err
			}
		}
	}
	if s.reviewed(a, u.own, u.Verified) != nil {
		return nil // they hear of it when it is verified
	}
	_, err = s.follow(tx, a, i, u)
	return err
}

// gentler finds the highest version below the newest that an installation gets by
// itself: repairs arrive while a greater one waits for the administrator.
func (s *Service) gentler(tx *store.Tx, i Installation, a application.Application, newest Update) (Update, bool, error) {
	all, err := s.Releases.Offered(tx, a.ID, newest.place(i))
	if err != nil {
		return Update{}, false, err
	}
	for _, v := range all {
		if v.ID == newest.To.ID || !newest.From.Below(v) {
			continue
		}
		u, err := s.updateTo(tx, i, a, v)
		if err != nil || u.gentle() {
			return u, err == nil, err
		}
	}
	return Update{}, false, nil
}

func (u Update) place(i Installation) release.Place {
	return release.Place{Account: i.Account, Own: u.own}
}

// Prior is what an installation had before its version.
type Prior struct {
	Version string   `json:"version"`
	Scopes  []string `json:"scopes" nullable:"false"`
}

// back gives an installation the version that it had, with what was approved of
// that then and not taken away since. What has no earlier one keeps the version.
func (s *Service) back(tx *store.Tx, a application.Application, i Installation, from release.Version) error {
	if i.Previous == nil {
		return nil
	}
	to, err := s.Releases.Load(tx, i.Previous.Version)
	if err != nil {
		return err
	}
	if !to.RolledBack.IsZero() {
		return nil
	}
	role, err := s.Accounts.RoleIn(tx, i.Account, i.Role)
	if err != nil {
		return err
	}
	after := i
	after.Version, after.Scopes, after.Previous = i.Previous.Version, []string{}, nil
	for _, r := range to.Required {
		if slices.Contains(i.Previous.Scopes, r.Scope) {
			after.Scopes = append(after.Scopes, r.Scope)
		}
	}
	for _, r := range to.Optional {
		if slices.Contains(i.Scopes, r.Scope) {
			after.Scopes = append(after.Scopes, r.Scope)
		}
	}
	after.Scopes = sorted(after.Scopes)
	if err := s.save(tx, i, after); err != nil {
		return err
	}
	if _, err := s.Grants.Change(tx, i.Grant, func(g *grant.Grant) error {
		g.Scopes, g.Layers = after.Scopes, [][]access.Policy{{allowing(s.entitlements(after.Scopes))}, {role.Policy}}
		return nil
	}); err != nil {
		return err
	}
	acc, err := s.Accounts.Load(tx, i.Account)
	if err != nil {
		return err
	}
	err = s.Notices.Send(tx, notice.Notice{Kind: "installation.rolled_back", To: notice.To{Account: i.Account, AccountRole: access.AccountAdmin}, Link: "/installations/" + i.ID.String(),
		Subject: a.Name + " in " + acc.Name + " has version " + to.Number + " again", Text: "Its developer has taken version " + from.Number + " back: " + from.Reason})
	if err != nil {
		return err
	}
	return s.record(tx, access.System("the developer took the version back"), "roll_back_version", a, i, after)
}

// tellEnds tells an account's administrators of the end of their version.
func (s *Service) tellEnds(tx *store.Tx, a application.Application, i Installation, v release.Version, soon bool) error {
	acc, err := s.Accounts.Load(tx, i.Account)
	if err != nil {
		return err
	}
	day := v.Ends.Format("2 January 2006")
	n := notice.Notice{Kind: "installation.version_deprecated", To: notice.To{Account: i.Account, AccountRole: access.AccountAdmin}, Severity: notice.Warning,
		Subject: a.Name + " in " + acc.Name + ": version " + v.Number + " is looked after until " + day, Link: "/installations/" + i.ID.String(),
		Dedupe: strings.Join([]string{i.ID.String(), v.ID.String(), v.Ends.Format(time.RFC3339)}, "/")}
	n.Text = "The developer says: " + v.Reason + "\n\nNothing is uninstalled and nothing stops on that day by itself."
	if u, err := s.update(tx, i, a); err == nil {
		n.Text += " Version " + u.To.Number + " is there to take its place."
		n.Link += "/update"
	} else if problem.CodeOf(err) != "nothing_newer" {
		return err
	}
	if soon {
		n.Dedupe += "/soon"
	}
	return s.Notices.Send(tx, n)
}
