package event

import (
	"context"
	"strconv"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// MuteTopic of the change feed: the key is the account's id.
const MuteTopic = "event.mute"

// mutesMost bounds the mutes of an account.
const mutesMost = 200

// Mute is what an account's administrators let integrations not have, whatever
// their scopes say: by webhook, by reading and by stream.
type Mute struct {
	Pattern string `json:"pattern" maxLength:"100" doc:"Types of the product's events; * stands for any characters" example:"task.*"`
	Grant   string `json:"grant,omitempty" maxLength:"60" doc:"Id of the one grant that does not get them; absent: none does"`
}

// Mutes lists those of an account.
func (s *Service) Mutes(ctx context.Context, by access.Principal, id account.ID) ([]Mute, error) {
	var out []Mute
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.mutable(tx, by, id, ActionView)
		if err == nil {
			out, err = mutes(tx, a.ID.String())
		}
		return err
	})
	return out, err
}

func (s *Service) mutable(tx *store.Tx, by access.Principal, id account.ID, action string) (account.Account, error) {
	a, err := s.Accounts.Load(tx, id.String())
	if err != nil {
		return a, err
	}
	return a, by.Reach("account", action, account.Resource(id.String()))
}

// SetMutes replaces those of an account. Errors: Invalid `event_mute_invalid`.
func (s *Service) SetMutes(ctx context.Context, by access.Principal, id account.ID, list []Mute) ([]Mute, error) {
	cat := s.Catalog.Get()
	if cat == nil {
		return nil, problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.mutable(tx, by, id, ActionMute)
		if err != nil {
			return err
		}
		was, err := mutes(tx, id.String())
		if err != nil {
			return err
		}
		known := func(pattern string) bool {
			for name := range cat.File().Events {
				if Like(pattern, name) {
					return true
				}
			}
			return false
		}
		mine := func(grant string) (bool, error) { return grantIn(tx, grant, id.String()) }
		f, err := judgeMutes(list, known, mine)
		if err != nil {
			return err
		}
		if len(f) > 0 {
			return problem.Invalid("event_mute_invalid", "Some of the fields need another look.", f...)
		}
		if err := setMutes(tx, id.String(), list); err != nil {
			return err
		}
		tx.Changed(MuteTopic, id.String())
		return s.Audit.Record(tx, by, audit.Change{Action: "event.mute", Target: "account/" + id.String(), Name: a.Name, Account: id.String(), Before: was, After: list})
	})
	return list, err
}

// judgeMutes returns the findings about a list.
func judgeMutes(list []Mute, known func(string) bool, mine func(string) (bool, error)) ([]problem.Field, error) {
	var f []problem.Field
	if len(list) > mutesMost {
		return []problem.Field{{Pointer: "/items", Code: "too_many", Detail: "At most " + strconv.Itoa(mutesMost) + "; one pattern may name many types."}}, nil
	}
	seen := map[Mute]bool{}
	for i, m := range list {
		at := "/items/" + strconv.Itoa(i)
		if seen[m] {
			f = append(f, problem.Field{Pointer: at, Code: "repeated", Detail: "This stands in the list already."})
		}
		seen[m] = true
		if !known(m.Pattern) {
			f = append(f, problem.Field{Pointer: at + "/pattern", Code: "event_unknown", Detail: "The catalog has no such type of event."})
		}
		if m.Grant == "" {
			continue
		}
		ok, err := mine(m.Grant)
		if err != nil {
			return nil, err
		}
		if !ok {
			f = append(f, problem.Field{Pointer: at + "/grant", Code: "unknown", Detail: "The account has no such grant."})
		}
	}
	return f, nil
}

// Muted reports whether an account keeps a type of the product's events from a
// grant.
func (s *Service) Muted(ctx context.Context, accountID, grant, kind string) (bool, error) {
	s.muting.Do(func() {
		s.DB.OnChange(MuteTopic, func(string) { s.forgetMutes() })
		s.DB.OnLost(s.forgetMutes)
	})
	list, ok := s.mutes.Load(accountID)
	if !ok {
		epoch := s.muteEpoch.Load()
		var found []Mute
		err := s.DB.Read(ctx, func(tx *store.Tx) error {
			var err error
			found, err = mutes(tx, accountID)
			return err
		})
		if err != nil {
			return false, err
		}
		if s.muteEpoch.Load() == epoch {
			s.mutes.Store(accountID, found)
			if s.muteEpoch.Load() != epoch {
				s.mutes.Delete(accountID) // it may have been cleared before it was there
			}
		}
		list = found
	}
	for _, m := range list.([]Mute) {
		if (m.Grant == "" || m.Grant == grant) && Like(m.Pattern, kind) {
			return true, nil
		}
	}
	return false, nil
}

func (s *Service) forgetMutes() {
	s.muteEpoch.Add(1)
	s.mutes.Clear()
}
