package audit

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/network"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
)

// Topic under which this node's own handlers hear that the log has grown.
const Topic = "audit"

// Log writes and reads the audit log.
type Log struct {
	DB *store.DB
}

// Record adds the entry of one change to the transaction that makes it. Call it
// last, once per operation. Request and address come from the context. Internal
// when the change is not named or carries a credential: nothing is committed.
func (l *Log) Record(tx *store.Tx, by access.Principal, c Change) error {
	if c.Action == "" || c.Target == "" {
		return problem.Internal("audit.record "+c.Action, errUnnamed)
	}
	e := Entry{
		ID: ident.New[Entry](tx.Now()), At: tx.Now(), Actor: by.Subject(), ActorKind: string(by.Kind), Via: words(by.Via),
		Action: c.Action, Target: c.Target, Name: words(c.Name),
		Account: c.Account, Group: c.Group, Application: c.Application, User: c.User, Reason: words(c.Reason),
	}
	if e.ActorKind == "" {
		e.ActorKind = string(access.KindAnonymous)
	}
	line := web.From(tx.Ctx)
	e.Request, e.Address = line.ID(), network.Name(line.Client())
	if e.Request == "" {
		e.Request = job.AttemptOf(tx.Ctx).Request
	}
	before, beforeSHA, err := document(c.Before)
	if err != nil {
		return problem.Internal("audit.record "+c.Action, err)
	}
	after, afterSHA, err := document(c.After)
	if err != nil {
		return problem.Internal("audit.record "+c.Action, err)
	}
	e.Before, e.BeforeSHA, e.After, e.AfterSHA = []byte(before), beforeSHA, []byte(after), afterSHA
	tx.Nearby(Topic, e.Account)
	return insert(tx, e)
}

// Page is a part of the log, the newest entry first.
type Page struct {
	Entries []Entry
	Last    int64 // position to continue behind
	More    bool
}

const (
	pageDefault = 50
	pageMost    = 500
)

// List returns the entries that the caller may see and the filter lets through,
// the newest first, behind the position before (0: from the newest). What a
// caller may not see is not there, whatever the filter names.
func (l *Log) List(ctx context.Context, by access.Principal, f Filter, before int64) (Page, error) {
	v, err := viewOf(by)
	if err != nil {
		return Page{}, err
	}
	if f.Limit <= 0 {
		f.Limit = pageDefault
	}
	f.Limit = min(f.Limit, pageMost)
	var page Page
	err = l.DB.Read(ctx, func(tx *store.Tx) error {
		entries, err := list(tx, v, f, before)
		if err != nil {
			return err
		}
		page.More = len(entries) > f.Limit
		page.Entries = entries[:min(len(entries), f.Limit)]
		return nil
	})
	if err != nil {
		return Page{}, err
	}
	for i := range page.Entries {
		page.Last = page.Entries[i].seq
		page.Entries[i] = v.show(page.Entries[i])
	}
	return page, nil
}

// Each calls f with every entry that List would give, the newest first, without
// holding a transaction open meanwhile.
func (l *Log) Each(ctx context.Context, by access.Principal, f Filter, visit func(Entry) error) error {
	f.Limit = pageMost
	for before := int64(0); ; {
		page, err := l.List(ctx, by, f, before)
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			if err := visit(e); err != nil {
				return err
			}
		}
		if !page.More {
			return nil
		}
		before = page.Last
	}
}
