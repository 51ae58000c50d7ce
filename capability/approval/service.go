package approval

import (
	"context"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Service holds the operations on approvals. Make it with New.
type Service struct {
	DB             *store.DB
	Audit          *audit.Log
	Keys           *secret.Keyring
	Accounts       *account.Service
	Configurations *configuration.Service
	Host           *host.Service
	Notices        *notice.Service
	Catalog        *catalog.Current
	Client         *outbound.Client
}

// New hears what becomes of what the product is asked to do.
func New(s Service) *Service {
	out := &s
	s.Host.Answered(applyKind, out.carriedOut)
	return out
}

// account finds an account by its id, or by the product's own key of it.
func (s *Service) account(tx *store.Tx, by access.Principal, name string) (account.Account, error) {
	var a account.Account
	id, err := ident.Parse[account.Account](name)
	switch {
	case err == nil:
		a, err = s.Accounts.Load(tx, id.String())
	case by.Kind == access.KindProduct:
		a, err = s.Accounts.ByKey(tx, name)
	default:
		err = problem.NotFound("account")
	}
	return a, err
}

// Filter chooses approvals. Empty fields choose all.
type Filter struct {
	Configuration string
	Subject       string
	Open          bool // only those in which something may still happen
	Before        ID   // older than this one
	Limit         int
}

// List gives the approvals of an account, the newest first. Error: NotFound.
func (s *Service) List(ctx context.Context, by access.Principal, name string, f Filter) ([]Approval, error) {
	out := []Approval{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.account(tx, by, name)
		if err != nil {
			return err
		}
		if err := s.sees(by, a.ID.String()); err != nil {
			return err
		}
		where, args := "a.account = ?", []any{a.ID.String()}
		add := func(more string, arg any) { where, args = where+" AND "+more, append(args, arg) }
		if f.Configuration != "" {
			add("a.configuration = ?", f.Configuration)
		}
		if f.Subject != "" {
			add("a.subject = ?", f.Subject)
		}
		if f.Open {
			where += " AND a.closed = 0"
		}
		if !f.Before.IsZero() {
			add("a.id < ?", f.Before)
		}
		out, err = list(tx, f.Limit, where, args...)
		return err
	})
	return out, err
}

// sees checks that the caller may see the approvals of an account: the product, and
// people who may see how it is set up.
func (s *Service) sees(by access.Principal, id string) error {
	if by.Kind == access.KindProduct {
		return by.May(ActionView, access.Platform())
	}
	if by.User == "" || !by.CanSee(account.Resource(id)) {
		return problem.NotFound("account")
	}
	return by.May(configuration.ActionView, configuration.Resource(id, "*", "*"))
}

// reach checks the caller on one approval.
func (s *Service) reach(by access.Principal, a *Approval, product, person string) error {
	if by.Kind == access.KindProduct {
		return by.May(product, access.Platform())
	}
	if by.User == "" {
		return problem.NotFound("approval") // an integration decides by answering, not here
	}
	return by.Reach("approval", person, a.resource())
}

// Get reads an approval with what was sent for it.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Approval, error) {
	var out Approval
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.find(tx, id)
		if err != nil {
			return err
		}
		if err := s.reach(by, &a, ActionView, configuration.ActionView); err != nil {
			return err
		}
		a.Calls, err = calls(tx, id)
		out = a
		return err
	})
	return out, err
}

// change is one step of an approval: nobody else takes one at the same time.
func (s *Service) change(ctx context.Context, id ID, step func(tx *store.Tx, a *Approval) error) (Approval, error) {
	var out Approval
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.lock(tx, id)
		if err != nil {
			return err
		}
		if err := step(tx, &a); err != nil {
			return err
		}
		out = a
		return s.save(tx, &a)
	})
	return out, err
}

func (s *Service) lock(tx *store.Tx, id ID) (Approval, error) {
	if err := tx.Lock("approval/" + id.String()); err != nil {
		return Approval{}, err
	}
	return s.find(tx, id)
}

// Withdraw takes a request back. The partner is told, when it has heard of it.
// Error: Conflict `approval_state`.
func (s *Service) Withdraw(ctx context.Context, by access.Principal, id ID) (Approval, error) {
	return s.change(ctx, id, func(tx *store.Tx, a *Approval) error {
		if err := s.reach(by, a, ActionAsk, configuration.ActionManage); err != nil {
			return err
		}
		if a.State == Withdrawn {
			return nil
		}
		if !a.Withdrawable() {
			return errState("It was decided already, or is being carried out.")
		}
		a.close(tx.Now(), Withdrawn)
		if a.External != "" {
			if err := s.tell(tx, a, callWithdrawn); err != nil {
				return err
			}
		}
		if by.Kind != access.KindProduct { // which knows
			if err := s.say(tx, a, "withdrawn"); err != nil {
				return err
			}
		}
		return s.record(tx, by, a, "withdraw")
	})
}

// Resend has a request sent that could not be sent. It may arrive a second time.
// Error: Conflict `approval_state`.
func (s *Service) Resend(ctx context.Context, by access.Principal, id ID) (Approval, error) {
	return s.change(ctx, id, func(tx *store.Tx, a *Approval) error {
		if err := s.reach(by, a, ActionAsk, configuration.ActionManage); err != nil {
			return err
		}
		if a.State != NotSent {
			return errState("Only a request that could not be sent is sent again.")
		}
		a.State, a.Fault, a.Failures = Sending, "", 0
		if err := openJob.Add(tx, jobArgs{ID: a.ID}, options(a)); err != nil {
			return err
		}
		return s.record(tx, by, a, "resend")
	})
}

// Check asks the partner now how an approval stands, as when somebody looks at it.
// One that is not pending is answered as it is. That the partner does not answer is
// no error.
func (s *Service) Check(ctx context.Context, by access.Principal, id ID) (Approval, error) {
	a, err := s.Get(ctx, by, id)
	if err != nil || a.State != Pending {
		return a, err
	}
	// Looking is free for the caller and not for the partner.
	last := a.Checked
	if len(a.Calls) > 0 && a.Calls[0].At.After(last) {
		last = a.Calls[0].At
	}
	if s.DB.Now().Sub(last) >= checkLeast {
		if err := s.check(ctx, id, true); err != nil {
			return a, err
		}
	}
	return s.Get(ctx, by, id)
}

// record writes a step into the account's log, without what was filled in.
func (s *Service) record(tx *store.Tx, by access.Principal, a *Approval, action string) error {
	after := map[string]any{"subject": a.Subject, "state": a.State, "integration": a.Integration, "requester": a.Requester}
	for key, v := range map[string]string{"status": a.Status, "external": a.External, "fault": a.Fault, "task": a.task} {
		if v != "" {
			after[key] = v
		}
	}
	return s.Audit.Record(tx, by, audit.Change{Action: "approval." + action, Target: "approval/" + a.ID.String(), Name: a.Title, Account: a.Account, After: after})
}

// itself is the integration in whose name the platform goes on.
func itself(in capability.Instance) access.Principal {
	return access.Principal{Kind: access.KindIntegration, Account: in.Account, Application: in.Application, Installation: in.Installation, Grant: in.Grant, Via: "approval"}
}

// warn tells the administrators of an account.
func (s *Service) warn(tx *store.Tx, a *Approval, kind, subject string) error {
	return s.Notices.Send(tx, notice.Notice{Kind: "approval." + kind, To: notice.To{Account: a.Account, AccountRole: access.AccountAdmin}, Severity: notice.Warning,
		Subject: subject, Text: a.Title + "\n\n" + a.Fault, Link: "/configurations/" + a.Configuration, Dedupe: a.ID.String()})
}

// decides reports whether a package lets approvals be asked for resources that are
// called like that; any when it names no kinds.
func decides(in capability.Instance, called func(word string) bool) bool {
	m := in.Package.Manifest.ChangeApproval
	return m != nil && (len(m.On) == 0 || slices.ContainsFunc(m.On, called))
}
