package legacy

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/usage"
)

// Asked says whose calls of retiring things are meant: the zero value all, which
// only the operator may ask for.
type Asked struct {
	Application string
	Group       string
	Account     string
	Since       time.Time // zero: 30 days ago; at most 90 days
}

// Retiring lists what comes to its end and who still calls it: developers see
// their applications, administrators their account, the operator everybody.
// Errors: Invalid `usage_scope`; NotFound; Forbidden.
func (s *Service) Retiring(ctx context.Context, by access.Principal, q Asked) ([]Retiring, error) {
	f := usage.Filter{Application: q.Application, Group: q.Group, Account: q.Account}
	if err := s.Usage.Authorise(ctx, by, f); err != nil {
		return nil, err
	}
	return s.retiring(ctx, f, q.Since)
}

func (s *Service) retiring(ctx context.Context, f usage.Filter, since time.Time) ([]Retiring, error) {
	now := s.DB.Now()
	if since.IsZero() {
		since = now.Add(-30 * 24 * time.Hour)
	}
	cat := s.Catalog.Get()
	if cat == nil {
		return []Retiring{}, nil
	}
	out := retiring(cat, now, s.Noticed)
	if len(out) == 0 {
		return []Retiring{}, nil
	}
	who := usage.Who{Filter: f, Since: since}
	for _, r := range out {
		if r.What == WhatVersion {
			who.Versions = append(who.Versions, r.Name)
		} else {
			who.Operations = append(who.Operations, r.Name)
		}
	}
	uses, err := s.Usage.Uses(ctx, who)
	if err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		names := &names{tx: tx, apps: map[string]string{}, accounts: map[string]string{}, holders: map[string]string{}}
		for i := range out {
			if err := names.fill(&out[i], uses); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// names looks people's words for ids up, each once.
type names struct {
	tx                      *store.Tx
	apps, accounts, holders map[string]string
}

func (n *names) fill(r *Retiring, uses []usage.Use) error {
	at := map[string]int{} // grant → place in Users: versions of one caller count together
	for _, u := range uses {
		mine := r.What == WhatOperation && u.Operation == r.Name || r.What == WhatVersion && u.Version == r.Name
		if !mine {
			continue
		}
		if r.What == WhatOperation && r.Method != "" && len(r.RemovedIn) > 0 && r.Since.IsZero() && !slices.Contains(r.RemovedIn, u.Version) {
			continue // it is called in a version that has it
		}
		r.Calls += u.Calls
		i, there := at[u.Grant+"/"+u.Version]
		if !there {
			one := User{Grant: u.Grant, Application: u.Application, Account: u.Account, Group: u.Group, Version: u.Version, First: u.First, Last: u.Last}
			if err := n.name(&one); err != nil {
				return err
			}
			i = len(r.Users)
			at[u.Grant+"/"+u.Version] = i
			r.Users = append(r.Users, one)
		}
		o := &r.Users[i]
		o.Calls, o.Passed = o.Calls+u.Calls, o.Passed+u.Passed
		if u.First.Before(o.First) {
			o.First = u.First
		}
		if u.Last.After(o.Last) {
			o.Last = u.Last
		}
	}
	return nil
}

func (n *names) name(u *User) error {
	var err error
	if u.AccountName, err = once(n.accounts, u.Account, func() (string, error) {
		a, err := (&account.Service{}).Load(n.tx, u.Account)
		return a.Name, err
	}); err != nil {
		return err
	}
	if u.Holder, err = once(n.holders, u.Grant, func() (string, error) {
		g, err := (&grant.Service{}).Load(n.tx, u.Grant)
		return g.Holder, err
	}); err != nil {
		return err
	}
	u.ApplicationName, err = once(n.apps, u.Application+"/"+u.Grant, func() (string, error) { return n.caller(*u) })
	return err
}

// caller is what the calling integration is called.
func (n *names) caller(u User) (string, error) {
	if u.Application != "" {
		id, err := ident.Parse[application.Application](u.Application)
		if err != nil {
			return "", nil
		}
		a, err := (&application.Service{}).Load(n.tx, id)
		return a.Name, err
	}
	k, err := one(n.tx, "grant_id = ?", u.Grant)
	return k.Label, err
}

// once remembers what was looked up; what is gone has no name.
func once(in map[string]string, key string, look func() (string, error)) (string, error) {
	if key == "" {
		return "", nil
	}
	if got, ok := in[key]; ok {
		return got, nil
	}
	got, err := look()
	if err != nil && !absent(err) {
		return "", err
	}
	in[key] = got
	return got, nil
}

// Notice remembers when something was first found to be deprecated that the
// catalog gives no date for. It runs before the catalog comes into force.
func (s *Service) Notice(ctx context.Context, c *catalog.Catalog) error {
	what := undated(c)
	if len(what) == 0 {
		return nil
	}
	got := map[string]time.Time{}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		seen, err := noticed(tx, what, tx.Now())
		got = seen
		return err
	})
	if err != nil {
		return err
	}
	s.noticed.Store(&got)
	return nil
}

// Noticed tells since when something is deprecated that the catalog gives no date
// for; the zero time when nobody knows.
func (s *Service) Noticed(what string) time.Time {
	if m := s.noticed.Load(); m != nil {
		return (*m)[what]
	}
	return time.Time{}
}

// ladder is how many days before the end those who still call are told.
var ladder = []int{90, 30, 7, 1}

// Remind tells developers, and administrators of what runs without an
// application, that something ends which they called in the last 30 days.
func (s *Service) Remind(ctx context.Context) error {
	now := s.DB.Now()
	all, err := s.retiring(ctx, usage.Filter{}, time.Time{})
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, r := range all {
			rung := rungOf(r.Ends(), now)
			if rung == 0 {
				continue
			}
			for _, u := range r.Users {
				if err := s.remind(tx, r, u, rung); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// rungOf is the rung of the ladder that is due; 0: none.
func rungOf(end, now time.Time) int {
	if end.IsZero() || !now.Before(end) {
		return 0
	}
	due := 0
	for _, days := range ladder {
		if end.Sub(now) <= time.Duration(days)*24*time.Hour {
			due = days
		}
	}
	return due
}

func (s *Service) remind(tx *store.Tx, r Retiring, u User, rung int) error {
	name := r.Method + " " + r.Path
	if r.What == WhatVersion {
		name = "API version " + r.Name
	}
	day := r.Ends().UTC().Format("2 January 2006")
	n := notice.Notice{Kind: "catalog.ending", Severity: notice.Warning, Subject: name + " ends on " + day + " and is still called",
		Text:   "Calls of the last 30 days came from " + callerWords(u) + ".",
		Dedupe: r.What + "/" + r.Name + "/" + day + "/" + u.Grant + "/" + strconv.Itoa(rung)}
	if rung <= 7 {
		n.Severity = notice.Critical
	}
	if r.Replacement != nil {
		n.Text += " Use " + replacementWords(*r.Replacement) + " instead."
	}
	if r.Note != "" {
		n.Text += " " + r.Note
	}
	if u.Group != "" {
		n.To, n.Link = notice.To{Group: u.Group}, "/groups/"+u.Group
		return s.Notices.Send(tx, n)
	}
	n.To, n.Link = notice.To{Account: u.Account, AccountRole: access.AccountAdmin}, "/accounts/"+u.Account
	return s.Notices.Send(tx, n)
}

func callerWords(u User) string {
	name := u.ApplicationName
	if name == "" {
		name = "an integration of the account"
	}
	if u.AccountName != "" {
		name += " in " + u.AccountName
	}
	return name
}

func replacementWords(r Replacement) string {
	if r.Method == "" {
		return "API version " + r.Name
	}
	return r.Method + " " + r.Path
}
