package integration

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/token"
)

// Service holds the operations on installations.
type Service struct {
	DB           *store.DB
	Audit        *audit.Log
	Accounts     *account.Service
	Groups       *group.Service
	Applications *application.Service
	Releases     *release.Service
	Grants       *grant.Service
	Tokens       *token.Service
	Quota        *quota.Service
	Notices      *notice.Service
	Catalog      *catalog.Current
	// Hook tells the product about integration users; nil when it has no hook.
	Hook *Hook
	// VerifiedOnly lets only applications that the operator has verified be installed
	// beyond the developers' own sandboxes.
	VerifiedOnly bool
	// UnverifiedMost is how many customers can have an application that nobody has
	// verified; zero: any number.
	UnverifiedMost int
	// Followed hears of every change of an installation, in the same transaction;
	// wired by the server.
	Followed func(tx *store.Tx, after Installation) error
	// Admit asks the account's own rules whether an application may come in, in the
	// transaction that brings it; Installed hears that it did. Wired by the server.
	Admit     func(tx *store.Tx, acc account.Account, app application.Application) error
	Installed func(tx *store.Tx, by access.Principal, i Installation, o Order) error
	// Widen asks these rules whether somebody may give more to what is installed, and
	// Stops what they say against one that comes back; "": nothing.
	Widen func(tx *store.Tx, by access.Principal, acc account.Account, app application.Application) error
	Stops func(tx *store.Tx, acc account.Account, app application.Application, i Installation) (string, error)
}

func absent(err error) bool { return problem.CodeOf(err) == "not_found" }

// Resource is how policies of an account name an installation.
func Resource(i Installation) access.Resource {
	return access.On("account", i.Account, "installation", i.ID.String())
}

// sides of an installation, which differ in what they may do and see.
type side uint8

const (
	customer side = iota
	developer
)

func (s *Service) load(tx *store.Tx, by access.Principal, from side, action string, id ID) (Installation, application.Application, error) {
	i, err := find(tx, "id = ?", id)
	if err != nil {
		return i, application.Application{}, err
	}
	a, err := s.applicationOf(tx, i)
	if err != nil {
		return i, a, err
	}
	r := Resource(i)
	if from == developer {
		r = application.Resource(a.Group, a.ID)
	}
	return i, a, by.Reach("installation", action, r)
}

// applicationOf loads the application of an installation; the zero one when it
// has been deleted since.
func (s *Service) applicationOf(tx *store.Tx, i Installation) (application.Application, error) {
	id, err := ident.Parse[application.Application](i.Application)
	if err != nil {
		return application.Application{}, err
	}
	a, err := s.Applications.Load(tx, id)
	if absent(err) {
		return application.Application{}, nil
	}
	return a, err
}

// Get loads an installation for its account or for its developers.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Listed, error) {
	var out Listed
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		i, a, err := s.load(tx, by, customer, "installation:view", id)
		if problem.CodeOf(err) == "not_found" && i.Account != "" {
			err = by.Reach("installation", "installation:view", application.Resource(a.Group, a.ID))
		}
		if err != nil {
			return err
		}
		got, err := listed(tx, "i.id = ?", id)
		if err != nil {
			return err
		}
		if len(got) != 1 {
			return problem.NotFound("installation")
		}
		out = got[0]
		return nil
	})
	return out, err
}

// ListAccount gives the installations of an account, removed ones included.
func (s *Service) ListAccount(ctx context.Context, by access.Principal, acc account.ID) ([]Listed, error) {
	var out []Listed
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "installation:view", account.Resource(acc.String())); err != nil {
			return err
		}
		got, err := listed(tx, "i.account = ?", acc)
		out = got
		return err
	})
	return out, err
}

// ListApplication gives the developers every installation of an application.
func (s *Service) ListApplication(ctx context.Context, by access.Principal, app application.ID) ([]Listed, error) {
	var out []Listed
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.Applications.Load(tx, app)
		if err != nil {
			return err
		}
		if err := by.Reach("application", "installation:view", application.Resource(a.Group, app)); err != nil {
			return err
		}
		got, err := listed(tx, "i.application = ?", app)
		out = got
		return err
	})
	return out, err
}

// SetAvailable is the administrator's switch.
func (s *Service) SetAvailable(ctx context.Context, by access.Principal, id ID, c Availability) (Installation, error) {
	return s.change(ctx, by, move{from: customer, action: "update", told: "developer"}, id, func(tx *store.Tx, i *Installation) error {
		return i.SetAvailable(tx.Now(), c.Available, c.Reason, c.Until)
	})
}

// Availability is what the administrator says about the switch.
type Availability struct {
	Available bool      `json:"available"`
	Reason    string    `json:"reason,omitempty" doc:"Needed to switch it off; the developer sees it"`
	Until     time.Time `json:"until,omitzero" doc:"When it comes back by itself"`
}

// SetDelegation changes end-user access.
func (s *Service) SetDelegation(ctx context.Context, by access.Principal, id ID, d string) (Installation, error) {
	return s.change(ctx, by, move{from: customer, action: "update"}, id, func(_ *store.Tx, i *Installation) error {
		if err := checkDelegation(d); err != nil {
			return err
		}
		i.Delegation = d
		return i.here()
	})
}

// Withhold is the developer's block of one customer; Release ends it.
func (s *Service) Withhold(ctx context.Context, by access.Principal, id ID, reason string) (Installation, error) {
	return s.change(ctx, by, move{from: developer, action: "withhold", told: "account"}, id, func(_ *store.Tx, i *Installation) error { return i.Block(false, reason) })
}

// Release ends the developer's block.
func (s *Service) Release(ctx context.Context, by access.Principal, id ID) (Installation, error) {
	return s.change(ctx, by, move{from: developer, action: "release", told: "account"}, id, func(_ *store.Tx, i *Installation) error { return i.Unblock(false) })
}

// Block is the operator's stop of one installation.
func (s *Service) Block(ctx context.Context, by access.Principal, id ID, reason string) (Installation, error) {
	return s.change(ctx, by, move{from: customer, action: "block", told: "both"}, id, func(_ *store.Tx, i *Installation) error { return i.Block(true, reason) })
}

// Unblock ends the operator's stop.
func (s *Service) Unblock(ctx context.Context, by access.Principal, id ID) (Installation, error) {
	return s.change(ctx, by, move{from: customer, action: "unblock", told: "both"}, id, func(_ *store.Tx, i *Installation) error { return i.Unblock(true) })
}

// Remove takes the application out of the account; tokens die at once.
func (s *Service) Remove(ctx context.Context, by access.Principal, id ID, reason string) (Installation, error) {
	return s.change(ctx, by, move{from: customer, action: "delete", told: "developer"}, id, func(tx *store.Tx, i *Installation) error {
		return s.remove(tx, i, reason)
	})
}

// Uninstall is Remove from the developer's side; the reason is mandatory.
func (s *Service) Uninstall(ctx context.Context, by access.Principal, id ID, reason string) (Installation, error) {
	return s.change(ctx, by, move{from: developer, action: "uninstall", told: "account"}, id, func(tx *store.Tx, i *Installation) error {
		if err := reasonGiven(reason); err != nil {
			return err
		}
		return s.remove(tx, i, reason)
	})
}

func (s *Service) remove(tx *store.Tx, i *Installation, reason string) error {
	if err := i.Remove(tx.Now(), reason); err != nil {
		return err
	}
	if err := s.Tokens.RevokeGrant(tx, i.Grant, "installation_removed"); err != nil {
		return err
	}
	app, err := ident.Parse[application.Application](i.Application)
	if err != nil {
		return err
	}
	a, err := s.Applications.Load(tx, app)
	if err != nil && !absent(err) {
		return err
	}
	if err := application.ReleaseHold(tx, app, "installation/"+i.ID.String()); err != nil {
		return err
	}
	return s.Quota.ReleaseSite(tx, a.Group, i.ID.String())
}

// Restore brings a removed installation back within 30 days.
func (s *Service) Restore(ctx context.Context, by access.Principal, id ID) (Installation, error) {
	return s.change(ctx, by, move{from: customer, action: "restore", told: "developer"}, id, func(tx *store.Tx, i *Installation) error {
		there, err := find(tx, "application = ? AND account = ? AND state <> ?", i.Application, i.Account, Removed)
		if err == nil && there.ID != i.ID {
			return errInstalled(there)
		}
		if err != nil && !absent(err) {
			return err
		}
		if err := i.Restore(tx.Now()); err != nil {
			return err
		}
		if err := s.mayReturn(tx, i); err != nil {
			return err
		}
		if s.Hook != nil && i.Provisioned == ProvisionPending { // the product was not asked, or did not answer, before the removal
			if err := s.Hook.enqueue(tx, i.ID); err != nil {
				return err
			}
		}
		return s.claim(tx, *i)
	})
}

// mayReturn fails when the account, the application or its group has been stopped
// since the installation was removed. What the account's rules have against it stops
// it again.
func (s *Service) mayReturn(tx *store.Tx, i *Installation) error {
	acc, err := s.Accounts.Load(tx, i.Account)
	if err != nil {
		return err
	}
	if err := errClosed(acc); err != nil {
		return err
	}
	a, err := s.applicationOf(tx, *i)
	if err != nil {
		return err
	}
	if a.ID.IsZero() {
		return problem.Forbidden("application_deleted", "This application has been deleted by its developer.")
	}
	if err := a.Usable(); err != nil {
		return err
	}
	if _, err := s.Groups.Active(tx, a.Group); err != nil {
		return err
	}
	if err := s.admitted(tx, acc, a); err != nil {
		return err
	}
	if s.Stops != nil {
		if i.AccountBlock, err = s.Stops(tx, acc, a, *i); err != nil {
			return err
		}
		i.settle()
	}
	review, err := s.Releases.Verification(tx, a.ID)
	if err != nil {
		return err
	}
	v, err := s.Releases.Load(tx, i.Version)
	if err != nil {
		return err
	}
	_, approved := review.Vouches(a.Group, v)
	own := acc.Kind == account.Sandbox && acc.Group == a.Group
	return s.reviewed(a, own, approved || review.Covers(release.Use{Group: a.Group, Scopes: i.Scopes}))
}

func errClosed(a account.Account) error {
	if a.State == account.Active {
		return nil
	}
	return problem.Forbidden("account_closed", "This account is closed.")
}

func errInstalled(there Installation) error {
	return problem.Conflict("already_installed", "This application is installed in the account already.").With("installation", there.ID.String())
}

// move describes a change: who makes it and who hears of it.
type move struct {
	from   side
	action string
	told   string // developer, account, both, or "" for nobody
}

// change is the one shape of every change of an installation.
func (s *Service) change(ctx context.Context, by access.Principal, m move, id ID, rule func(*store.Tx, *Installation) error) (Installation, error) {
	var out Installation
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		out, err = s.changeIn(tx, by, m, id, rule)
		return err
	})
	return out, err
}

func (s *Service) changeIn(tx *store.Tx, by access.Principal, m move, id ID, rule func(*store.Tx, *Installation) error) (Installation, error) {
	i, a, err := s.load(tx, by, m.from, "installation:"+m.action, id)
	if err != nil {
		return i, err
	}
	before := i
	if err := rule(tx, &i); err != nil {
		return i, err
	}
	if err := s.save(tx, before, i); err != nil {
		return i, err
	}
	if err := s.tell(tx, m, a, i); err != nil {
		return i, err
	}
	return i, s.record(tx, by, m.action, a, before, i)
}

// save writes the installation and lets its grant say the same.
func (s *Service) save(tx *store.Tx, before, i Installation) error {
	if err := save(tx, i, before.State); err != nil {
		return err
	}
	if before.State != i.State {
		state, reason := i.GrantState()
		if _, err := s.Grants.SetState(tx, i.Grant, state, reason); err != nil {
			return err
		}
	}
	if s.Followed == nil {
		return nil
	}
	return s.Followed(tx, i)
}

// Of finds the installation of an application in an account without
// authorising. Errors: NotFound.
func (s *Service) Of(tx *store.Tx, app application.ID, account string) (Installation, error) {
	return find(tx, "application = ? AND account = ? AND state <> ?", app, account, Removed)
}

// Load finds an installation without authorising, for slices that join.
func (s *Service) Load(tx *store.Tx, id string) (Installation, error) { return find(tx, "id = ?", id) }

func (s *Service) record(tx *store.Tx, by access.Principal, action string, a application.Application, before, after Installation) error {
	c := audit.Change{Action: "installation." + action, Target: "installation/" + after.ID.String(), Name: a.Name,
		Account: after.Account, Group: a.Group, Application: after.Application, After: after, Reason: after.Reason}
	if !before.ID.IsZero() {
		c.Before = before
	}
	return s.Audit.Record(tx, by, c)
}

func (s *Service) tell(tx *store.Tx, m move, a application.Application, i Installation) error {
	if m.told == "" {
		return nil
	}
	acc, err := s.Accounts.Load(tx, i.Account)
	if err != nil {
		return err
	}
	why := i.Reason
	switch i.State {
	case BlockedByDeveloper:
		why = i.DeveloperBlock
	case BlockedByOperator:
		why = i.OperatorBlock
	case BlockedByAccount:
		why = i.AccountBlock
	}
	if m.action == "provision_fail" {
		why = i.Fault
	}
	n := notice.Notice{Kind: "installation." + m.action, Subject: a.Name + " in " + acc.Name + ": " + stateWords[i.State], Text: why}
	if m.action == "create" {
		n.Subject = acc.Name + " installed " + a.Name
	}
	if m.action == "provision_fail" { // whatever else stops it at the moment
		n.Subject, n.Severity = a.Name+" in "+acc.Name+": "+stateWords[Failed], notice.Warning
	}
	if m.told == "developer" || m.told == "both" {
		n.To, n.Link = notice.To{Group: a.Group}, "/installations/"+i.ID.String()
		if err := s.Notices.Send(tx, n); err != nil {
			return err
		}
	}
	if m.told == "account" || m.told == "both" {
		n.To, n.Link = notice.To{Account: i.Account, AccountRole: access.AccountAdmin}, "/installations/"+i.ID.String()
		return s.Notices.Send(tx, n)
	}
	return nil
}

var stateWords = map[State]string{
	Pending: "installation in progress", Failed: "setting it up failed", Active: "active", Unavailable: "switched off", BlockedByDeveloper: "blocked by the developer",
	BlockedByOperator: "blocked by the platform operator", BlockedByAccount: "blocked by a rule of the account", Removed: "removed",
}

// Resume switches installations on again whose end of unavailability has come.
func (s *Service) Resume(ctx context.Context) error {
	by := access.System("unavailability is over")
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		due, err := over(tx, tx.Now())
		if err != nil {
			return err
		}
		for _, i := range due {
			before := i
			if err := i.SetAvailable(tx.Now(), true, "", time.Time{}); err != nil {
				return err
			}
			if err := s.save(tx, before, i); err != nil {
				return err
			}
			a, err := s.applicationOf(tx, i)
			if err != nil {
				return err
			}
			if err := s.tell(tx, move{action: "resume", told: "developer"}, a, i); err != nil {
				return err
			}
			if err := s.record(tx, by, "resume", a, before, i); err != nil {
				return err
			}
		}
		return nil
	})
}
