package legacy

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// Service holds the operations on legacy keys, and the question who still calls
// what comes to its end.
type Service struct {
	DB       *store.DB
	Audit    *audit.Log
	Usage    *usage.Service
	Accounts *account.Service
	Grants   *grant.Service
	Tokens   *token.Service
	Private  *private.Service // makes what takes the place of a key
	Notices  *notice.Service
	Catalog  *catalog.Current

	noticed atomic.Pointer[map[string]time.Time]
}

func absent(err error) bool { return problem.CodeOf(err) == "not_found" }

// Query is a part of a list.
type Query struct {
	Account string // "": of all accounts, for the operator
	After   ID
	Limit   int
}

// List gives legacy keys in the order of their import: an account's to its people,
// all to the operator.
func (s *Service) List(ctx context.Context, by access.Principal, q Query) ([]Key, error) {
	on, noun := access.Platform(), "platform"
	if q.Account != "" {
		on, noun = account.Resource(q.Account), "account"
	}
	if err := by.Reach(noun, "legacy_key:view", on); err != nil {
		return nil, err
	}
	var out []Key
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		got, err := list(tx, q)
		if err != nil {
			return err
		}
		out = make([]Key, 0, len(got))
		for _, k := range got {
			if k, err = s.whole(tx, k); err != nil {
				return err
			}
			out = append(out, k)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, s.used(ctx, out)
}

// whole joins what the key's grant and token say.
func (s *Service) whole(tx *store.Tx, k Key) (Key, error) {
	g, err := s.Grants.Load(tx, k.Grant)
	if err != nil {
		return k, err
	}
	t, err := s.Tokens.Of(tx, k.Grant)
	if err != nil {
		return k, err
	}
	k = grantOf(k, g)
	k.settle(t, tx.Now())
	return k, nil
}

// used tells when the keys were used.
func (s *Service) used(ctx context.Context, keys []Key) error {
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.Grant
	}
	since := s.DB.Now().Add(-30 * 24 * time.Hour)
	var last map[string]usage.Last
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		got, err := s.Usage.LastUses(tx, "grant", ids)
		last = got
		return err
	})
	if err != nil {
		return err
	}
	for i := range keys {
		k := &keys[i]
		k.LastUsed = last[k.Grant].At
		if k.LastUsed.Before(since) {
			continue
		}
		uses, err := s.Usage.Uses(ctx, usage.Who{Filter: usage.Filter{Grant: k.Grant}, Since: since})
		if err != nil {
			return err
		}
		for _, u := range uses {
			k.Calls += u.Calls
		}
	}
	return nil
}

// Get loads one key.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Key, error) {
	var out Key
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		k, err := s.load(tx, by, "legacy_key:view", id)
		out = k
		return err
	})
	if err != nil {
		return out, err
	}
	one := []Key{out}
	err = s.used(ctx, one)
	return one[0], err
}

func (s *Service) load(tx *store.Tx, by access.Principal, action string, id ID) (Key, error) {
	k, err := find(tx, id)
	if err != nil {
		return k, err
	}
	if err := by.Reach("legacy key", action, k.Resource()); err != nil {
		return Key{}, err
	}
	return s.whole(tx, k)
}

// End lets a key work until a moment, or without an end when until is zero; the
// account's administrators are told. Errors: Conflict `legacy_key_ended`; Invalid
// `legacy_key_end_invalid`.
func (s *Service) End(ctx context.Context, by access.Principal, id ID, until time.Time) (Key, error) {
	return s.change(ctx, by, "end", id, func(tx *store.Tx, k *Key) error { return s.end(tx, k, until) })
}

func (s *Service) end(tx *store.Tx, k *Key, until time.Time) error {
	until = until.UTC().Truncate(time.Microsecond)
	if err := k.endAt(until, tx.Now()); err != nil {
		return err
	}
	t, err := s.Tokens.Of(tx, k.Grant)
	if err != nil {
		return err
	}
	if t, err = s.Tokens.End(tx, t, until); err != nil {
		return err
	}
	k.settle(t, tx.Now())
	if until.IsZero() {
		return nil
	}
	return s.send(tx, *k, notice.Notice{Kind: "legacy_key.end", Severity: notice.Warning, Subject: "The API key “" + k.Label + "” works until " + day(until),
		Text: "It was made before integrations had permissions of their own. Move what uses it to a private integration before that day; afterwards its calls are refused."})
}

// Revoke ends a key at once. Errors: Conflict `legacy_key_ended`; Invalid
// `reason_required`.
func (s *Service) Revoke(ctx context.Context, by access.Principal, id ID, reason string) (Key, error) {
	return s.change(ctx, by, "revoke", id, func(tx *store.Tx, k *Key) error {
		if trimmed(reason) == "" || len(reason) > 500 {
			return problem.Invalid("reason_required", "Say why, in at most 500 characters: what uses the key stops at once.",
				problem.Field{Pointer: "/reason", Code: "required", Detail: "Give a reason."})
		}
		if k.State == Ended || k.State == Revoked {
			return problem.Conflict("legacy_key_ended", "This key has ended already. What ended does not come back.")
		}
		ended, err := s.stop(tx, *k, trimmed(reason))
		if err != nil {
			return err
		}
		*k = ended
		return s.send(tx, *k, notice.Notice{Kind: "legacy_key.revoke", Severity: notice.Critical, Subject: "The API key “" + k.Label + "” was revoked", Text: k.Reason})
	})
}

func (s *Service) change(ctx context.Context, by access.Principal, action string, id ID, rule func(*store.Tx, *Key) error) (Key, error) {
	var out Key
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		k, err := s.load(tx, by, "legacy_key:"+action, id)
		if err != nil {
			return err
		}
		before := k
		if err := rule(tx, &k); err != nil {
			return err
		}
		out = k
		return s.Audit.Record(tx, by, audit.Change{Action: "legacy_key." + action, Target: "legacy_key/" + id.String(), Name: k.Label,
			Account: k.Account, Before: before, After: k, Reason: k.Reason})
	})
	return out, err
}

// send tells the account's administrators something about a key.
func (s *Service) send(tx *store.Tx, k Key, n notice.Notice) error {
	n.To, n.Link = notice.To{Account: k.Account, AccountRole: access.AccountAdmin}, "/accounts/"+k.Account+"/legacy-keys/"+k.ID.String()
	return s.Notices.Send(tx, n)
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }
