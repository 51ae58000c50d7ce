package notice

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Service writes notices and keeps inboxes.
type Service struct {
	DB    *store.DB
	Audit *audit.Log
	SMTP  *SMTP // nil: letters are kept in the outbox
	Look  Look
}

// Send writes a notice to everybody it is for, in the transaction that causes
// it. Nobody being there is not an error. Internal when the notice lacks a part.
func (s *Service) Send(tx *store.Tx, n Notice) error {
	n, err := n.tidy()
	if err != nil {
		return problem.Internal("notice.send "+n.Kind, err)
	}
	if n.Due.Before(tx.Now()) {
		n.Due = tx.Now()
	}
	people, err := recipients(tx, n.To)
	if err != nil {
		return err
	}
	for _, p := range people {
		if err := s.sendTo(tx, n, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) sendTo(tx *store.Tx, n Notice, to person) error {
	prefs, err := preferences(tx, to.ID)
	if err != nil {
		return err
	}
	want := prefs.For(n.Kind, n.Severity)
	fresh, err := insertNotice(tx, n, inboxed{user: to.ID, inbox: want.Inbox})
	if err != nil || !fresh || !want.Mail || !bool(to.Verified) {
		return err
	}
	if _, err := address(to.Email); err != nil {
		return nil // one bad address must not undo the operation for everybody
	}
	return s.post(tx, Mail{To: to.Email, Subject: n.Subject, Text: n.Text, Link: n.Link, Kind: n.Kind, Due: n.Due})
}

// Mail sends a letter to an address in the transaction that causes it, whoever
// reads it. Errors: Invalid `address_invalid`.
func (s *Service) Mail(tx *store.Tx, m Mail) error {
	m.Subject, m.Text = line(m.Subject), clip(m.Text, maxText)
	if m.Subject == "" || !linkOK(m.Link) {
		return problem.Internal("notice.mail", errUnclear)
	}
	return s.post(tx, m)
}

func (s *Service) post(tx *store.Tx, m Mail) error {
	to, err := address(m.To)
	if err != nil {
		return err
	}
	l := Letter{ID: ident.New[Letter](tx.Now()), To: to, Kind: m.Kind, Subject: m.Subject, Text: m.Text, Link: m.Link, State: Waiting, Created: tx.Now(), Due: m.Due}
	if l.Due.Before(tx.Now()) {
		l.Due = tx.Now()
	}
	if s.SMTP == nil {
		l.State = Kept
		return insertMail(tx, l)
	}
	if err := insertMail(tx, l); err != nil {
		return err
	}
	return send.Add(tx, l.ID, job.Options{Lane: lane(to), Due: l.Due})
}

// Inbox is a part of somebody's inbox, the newest first.
type Inbox struct {
	Items  []Item
	Unread int64 // in the whole inbox
	More   bool
}

// Query narrows an inbox.
type Query struct {
	Unread bool // only what is unread
	Before ID   // the last one seen
	Limit  int  // 0: 50, at most 200
}

// List returns the caller's own inbox.
func (s *Service) List(ctx context.Context, by access.Principal, q Query) (Inbox, error) {
	if err := human(by); err != nil {
		return Inbox{}, err
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, 200)
	var box Inbox
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		items, err := inbox(tx, by.User, q)
		if err != nil {
			return err
		}
		box.More = len(items) > q.Limit
		box.Items = items[:min(len(items), q.Limit)]
		box.Unread, err = unread(tx, by.User)
		return err
	})
	return box, err
}

// Unread counts the caller's unread notices; 0 for callers without an inbox.
func (s *Service) Unread(ctx context.Context, by access.Principal) (int64, error) {
	if by.User == "" {
		return 0, nil
	}
	var n int64
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		n, err = unread(tx, by.User)
		return err
	})
	return n, err
}

// Read marks one of the caller's notices as read. Doing it again changes
// nothing. NotFound for anybody else's.
func (s *Service) Read(ctx context.Context, by access.Principal, id ID) (Item, error) {
	if err := human(by); err != nil {
		return Item{}, err
	}
	var item Item
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := markRead(tx, by.User, id); err != nil {
			return err
		}
		var err error
		item, err = load(tx, by.User, id)
		return err
	})
	return item, err
}

// ReadAll marks everything in the caller's inbox as read.
func (s *Service) ReadAll(ctx context.Context, by access.Principal) error {
	if err := human(by); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return markAllRead(tx, by.User) })
}

// Preferences returns the caller's preferences.
func (s *Service) Preferences(ctx context.Context, by access.Principal) (Preferences, error) {
	if err := human(by); err != nil {
		return nil, err
	}
	var p Preferences
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		p, err = preferences(tx, by.User)
		return err
	})
	return p, err
}

// SetPreferences replaces the caller's preferences. Errors: Invalid
// `notice.preferences_invalid`.
func (s *Service) SetPreferences(ctx context.Context, by access.Principal, p Preferences) error {
	if err := human(by); err != nil {
		return err
	}
	if f := p.Check(); len(f) > 0 {
		return problem.Invalid("notice.preferences_invalid", "Some of the preferences need another look.", f...)
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		before, err := preferences(tx, by.User)
		if err != nil {
			return err
		}
		if err := setPreferences(tx, by.User, p); err != nil {
			return err
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "notice_preferences.update", Target: "user/" + by.User, User: by.User, Before: before, After: p})
	})
}

// Outbox returns letters, the newest first, to those who may read the
// platform's mail: the operator.
func (s *Service) Outbox(ctx context.Context, by access.Principal, before MailID, limit int) ([]Letter, error) {
	if err := by.May("platform:read_mail", access.Platform()); err != nil {
		return nil, err
	}
	var letters []Letter
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		letters, err = outbox(tx, before, limit)
		return err
	})
	return letters, err
}

// human lets only people pass: nobody else has an inbox.
func human(by access.Principal) error {
	if by.IsAnonymous() {
		return problem.Unauthenticated("unauthenticated", "Sign in or send a token.")
	}
	if by.User == "" {
		return problem.Forbidden("notice.no_inbox", "Only people have an inbox.")
	}
	return nil
}
