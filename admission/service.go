package admission

import (
	"context"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Service holds the operations on what accounts let in.
type Service struct {
	DB           *store.DB
	Audit        *audit.Log
	Accounts     *account.Service
	Applications *application.Service
	Integrations *integration.Service
	Notices      *notice.Service
}

const manage = "admission:update"

// Standing is what holds in an account, and above it.
type Standing struct {
	Policy
	Above    *Above `json:"above,omitempty" doc:"What the parent account demands besides"`
	Children int    `json:"child_accounts" doc:"How many accounts are below this one"`
}

// Above is what a parent demands of a child.
type Above struct {
	Account string `json:"account"`
	Name    string `json:"account_name"`
	Mode    Mode   `json:"mode" enum:"open,ask,allow"`
}

// Get tells an account's people what may be installed.
func (s *Service) Get(ctx context.Context, by access.Principal, acc account.ID) (Standing, error) {
	var out Standing
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "account:view", account.Resource(acc.String())); err != nil {
			return err
		}
		var err error
		out, err = s.standing(tx, acc.String())
		return err
	})
	return out, err
}

func (s *Service) standing(tx *store.Tx, acc string) (Standing, error) {
	a, err := s.Accounts.Load(tx, acc)
	if err != nil {
		return Standing{}, err
	}
	own, parent, err := s.policies(tx, a)
	out := Standing{Policy: own}
	if parent != nil {
		out.Above = &Above{Account: parent.Account, Name: parent.Name, Mode: parent.Children}
	}
	if err != nil || a.Parent != "" {
		return out, err
	}
	children, err := s.Accounts.ChildrenOf(tx, acc)
	out.Children = len(children)
	return out, err
}

// policies are an account's own and, for a child, its parent's.
func (s *Service) policies(tx *store.Tx, a account.Account) (Policy, *Policy, error) {
	own, err := read(tx, a.ID.String(), a.Name)
	if err != nil || a.Parent == "" {
		return own, nil, err
	}
	p, err := s.Accounts.Load(tx, a.Parent)
	if err != nil {
		return own, nil, err
	}
	parent, err := read(tx, a.Parent, p.Name)
	return own, &parent, err
}

func (s *Service) judge(tx *store.Tx, a account.Account, app application.ID) (Verdict, error) {
	own, parent, err := s.policies(tx, a)
	if err != nil {
		return Verdict{}, err
	}
	return Judge(app.String(), own, parent), nil
}

// Admit refuses what the rules of an account or of its parent do not let in. It joins.
func (s *Service) Admit(tx *store.Tx, a account.Account, app application.Application) error {
	v, err := s.judge(tx, a, app.ID)
	if err != nil {
		return err
	}
	return v.Err()
}

// Set says what administrators of an account, and of those below it, install by
// themselves. What is installed stays. Errors: Invalid `admission_invalid`, Conflict
// `admission_changed`.
func (s *Service) Set(ctx context.Context, by access.Principal, acc account.ID, r Rules, revision int64) (Standing, error) {
	return s.change(ctx, by, acc, func(tx *store.Tx, was Standing) error {
		if f := r.Check(); len(f) > 0 {
			return problem.Invalid("admission_invalid", "Some of the fields need another look.", f...)
		}
		if was.Revision != revision {
			return errChanged(nil)
		}
		if err := put(tx, acc.String(), r, revision); err != nil {
			return err
		}
		return s.record(tx, by, "admission.update", was.Policy, was.Rules, r, "", "")
	})
}

func (s *Service) change(ctx context.Context, by access.Principal, acc account.ID, rule func(*store.Tx, Standing) error) (Standing, error) {
	var out Standing
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", manage, account.Resource(acc.String())); err != nil {
			return err
		}
		was, err := s.standing(tx, acc.String())
		if err != nil {
			return err
		}
		if err := rule(tx, was); err != nil {
			return err
		}
		out, err = s.standing(tx, acc.String())
		return err
	})
	return out, err
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, p Policy, before, after any, app, reason string) error {
	return s.Audit.Record(tx, by, audit.Change{Action: action, Target: "account/" + p.Account, Name: p.Name, Account: p.Account, Application: app, Before: before, After: after, Reason: reason})
}

// Place is where an application is put.
type Place struct {
	List   List   `json:"list" enum:"allowed,blocked" doc:"On the block-list it is stopped at once where it is installed, here and in the accounts below; nothing is uninstalled"`
	Reason string `json:"reason,omitempty" maxLength:"2000" doc:"Why, at most 500 characters; needed to block, and told to the developers"`
}

// listedMost is how many applications an account can list.
const listedMost = 500

// List puts an application on one of the two lists, from which it leaves the other.
// Blocked, it is stopped where it is installed; developers and administrators are told.
func (s *Service) List(ctx context.Context, by access.Principal, acc account.ID, publicID string, p Place) (Standing, error) {
	return s.change(ctx, by, acc, func(tx *store.Tx, was Standing) error {
		app, err := s.Applications.Published(tx, publicID)
		if err != nil {
			return err
		}
		e := Entry{List: p.List, Reason: strings.TrimSpace(p.Reason), Added: tx.Now(), AddedBy: by.User}
		if e.List != Allowed && e.List != Blocked {
			return problem.Invalid("admission_invalid", "Choose one of the two lists.", problem.Field{Pointer: "/list", Code: "unknown", Detail: "Choose allowed or blocked."})
		}
		if e.List == Blocked || e.Reason != "" {
			if err := words(e.Reason, "/reason", "Say why, in at most 500 characters. The developers read it."); err != nil {
				return err
			}
		}
		before, there := was.entry(app.ID.String())
		if !there && len(was.Applications) >= listedMost {
			return problem.Conflict("admission_full", "An account lists at most 500 applications.")
		}
		if err := list(tx, acc.String(), app.ID.String(), e); err != nil {
			return err
		}
		action := "admission.allow"
		if e.List == Blocked {
			action = "admission.block_list"
		}
		if err := s.record(tx, by, action, was.Policy, entryOf(before, there), e, app.ID.String(), e.Reason); err != nil {
			return err
		}
		return s.follow(tx, by, app, acc.String())
	})
}

func entryOf(e Entry, there bool) any {
	if !there {
		return nil
	}
	return e
}

// Unlist takes an application off the list it is on. What a block had stopped goes on.
func (s *Service) Unlist(ctx context.Context, by access.Principal, acc account.ID, publicID string) (Standing, error) {
	return s.change(ctx, by, acc, func(tx *store.Tx, was Standing) error {
		i := slices.IndexFunc(was.Applications, func(e Entry) bool { return e.PublicID == publicID })
		if i < 0 {
			return problem.NotFound("application")
		}
		e := was.Applications[i]
		app, err := ident.Parse[application.Application](e.application)
		if err != nil {
			return err
		}
		if err := unlist(tx, acc.String(), e.application); err != nil {
			return err
		}
		a, err := s.Applications.Load(tx, app)
		if problem.CodeOf(err) == "not_found" { // deleted meanwhile: nothing of it is installed
			return s.record(tx, by, "admission.unlist", was.Policy, e, nil, e.application, "")
		}
		if err != nil {
			return err
		}
		if err := s.record(tx, by, "admission.unlist", was.Policy, e, nil, e.application, ""); err != nil {
			return err
		}
		return s.follow(tx, by, a, acc.String())
	})
}
