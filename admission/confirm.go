package admission

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Confirmation is an account's cycle and what is installed, what is due first.
type Confirmation struct {
	Cycle
	Revision int64  `json:"revision"`
	Items    []Item `json:"items" nullable:"false"`
}

// Item is an integration that is confirmed from time to time.
type Item struct {
	Installation string `json:"installation"`
	Grant        string `json:"grant" doc:"What it was given and what it used: GET /v1/grants/{grant}/use"`
	Application  string `json:"application_name"`
	Developer    string `json:"developer"`
	Stay
	State    integration.State `json:"state" enum:"pending,failed,active,unavailable,blocked_by_developer,blocked_by_operator,blocked_by_account,removed"`
	Due      time.Time         `json:"due,omitzero"`
	IsDue    bool              `json:"is_due"`
	Suspends time.Time         `json:"suspends,omitzero" doc:"When it is suspended if nobody confirms it"`
}

// Confirmations tells an account's people what is to be confirmed.
func (s *Service) Confirmations(ctx context.Context, by access.Principal, acc account.ID) (Confirmation, error) {
	var out Confirmation
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "installation:view", account.Resource(acc.String())); err != nil {
			return err
		}
		if _, err := s.Accounts.Load(tx, acc.String()); err != nil {
			return err
		}
		var err error
		out, err = s.confirmations(tx, acc.String())
		return err
	})
	return out, err
}

func (s *Service) confirmations(tx *store.Tx, acc string) (Confirmation, error) {
	r, err := cycleOf(tx, acc)
	out := Confirmation{Cycle: r.cycle(), Revision: r.Revision, Items: []Item{}}
	if err != nil {
		return out, err
	}
	here, err := s.Integrations.Here(tx, acc)
	if err != nil {
		return out, err
	}
	for _, i := range here {
		st, err := stayOf(tx, i.ID.String())
		if err != nil {
			return out, err
		}
		app, err := s.applicationOf(tx, i)
		if err != nil {
			return out, err
		}
		team, err := s.Integrations.Groups.Load(tx, app.Group)
		if err != nil && !absent(err) {
			return out, err
		}
		due := out.due(st, i.Created, r.Since.Time())
		out.Items = append(out.Items, Item{Installation: i.ID.String(), Grant: i.Grant, Application: app.Name, Developer: team.Name, Stay: st, State: i.State, Due: due,
			IsDue: past(due, tx.Now()), Suspends: out.suspends(due)})
	}
	return out, nil
}

// SetCycle says how often what is installed is confirmed. Nothing is due before that.
func (s *Service) SetCycle(ctx context.Context, by access.Principal, acc account.ID, c Cycle, revision int64) (Confirmation, error) {
	var out Confirmation
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", manage, account.Resource(acc.String())); err != nil {
			return err
		}
		a, err := s.Accounts.Load(tx, acc.String())
		if err != nil {
			return err
		}
		if f := c.Check(); len(f) > 0 {
			return problem.Invalid("admission_invalid", "Some of the fields need another look.", f...)
		}
		was, err := cycleOf(tx, acc.String())
		if err != nil {
			return err
		}
		if was.Revision != revision {
			return errChanged(nil)
		}
		if err := putCycle(tx, acc.String(), c, revision); err != nil {
			return err
		}
		if err := s.record(tx, by, "admission.set_cycle", Policy{Account: acc.String(), Name: a.Name}, was.cycle(), c, "", ""); err != nil {
			return err
		}
		if err := s.Moved(tx, by, a); err != nil {
			return err
		}
		out, err = s.confirmations(tx, acc.String())
		return err
	})
	return out, err
}

// Term reads how long an integration may stay.
func (s *Service) Term(ctx context.Context, by access.Principal, id integration.ID) (Stay, error) {
	var out Stay
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		i, err := s.Integrations.Load(tx, id.String())
		if err != nil {
			return err
		}
		if err := by.Reach("installation", "installation:view", integration.Resource(i)); err != nil {
			return err
		}
		out, err = stayOf(tx, id.String())
		return err
	})
	return out, err
}

// SetTerm gives an integration an end, another one, or none: then it stops, and is not
// uninstalled. One that has stopped goes on. Errors: Invalid `ends_invalid`.
func (s *Service) SetTerm(ctx context.Context, by access.Principal, id integration.ID, ends time.Time) (Stay, error) {
	return s.stay(ctx, by, id, "set_term", func(now time.Time, st *Stay) error {
		st.Ends = ends
		return checkEnds(ends, now)
	})
}

// Confirm says that an integration is still needed, until the next time.
func (s *Service) Confirm(ctx context.Context, by access.Principal, id integration.ID) (Stay, error) {
	return s.stay(ctx, by, id, "confirm", func(now time.Time, st *Stay) error {
		st.Confirmed, st.ConfirmedBy = now, by.User
		return nil
	})
}

func (s *Service) stay(ctx context.Context, by access.Principal, id integration.ID, verb string, rule func(time.Time, *Stay) error) (Stay, error) {
	var out Stay
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		i, err := s.Integrations.Load(tx, id.String())
		if err != nil {
			return err
		}
		if err := by.Reach("installation", "installation:update", integration.Resource(i)); err != nil {
			return err
		}
		if i.State == integration.Removed {
			return problem.Conflict("installation_removed", "This installation was removed. Restore it first.")
		}
		was, err := stayOf(tx, id.String())
		if err != nil {
			return err
		}
		out = was
		if err := rule(tx.Now(), &out); err != nil {
			return err
		}
		if err := putStay(tx, id.String(), i.Account, out); err != nil {
			return err
		}
		app, err := s.applicationOf(tx, i)
		if err != nil {
			return err
		}
		err = s.Audit.Record(tx, by, audit.Change{Action: "installation." + verb, Target: "installation/" + i.ID.String(), Name: app.Name, Account: i.Account,
			Group: app.Group, Application: i.Application, Before: was, After: out})
		if err != nil {
			return err
		}
		a, err := s.Accounts.Load(tx, i.Account)
		if err != nil {
			return err
		}
		return s.settle(tx, by, a, app, i)
	})
	return out, err
}
