package connection

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// refreshKind replaces the token of one connection before it ends. Its lane is the
// connection, so that one node does it.
var refreshKind = job.Kind[refreshArgs]{Name: "connection.refresh", Attempts: 1 << 30}

type refreshArgs struct {
	Configuration string `json:"configuration"`
}

// Jobs registers the refreshes.
func (s *Service) Jobs(r *job.Runner) {
	job.Handle(r, refreshKind, func(ctx context.Context, a refreshArgs) error { return s.refresh(ctx, a.Configuration) })
	job.Every(r, "connection.ways", time.Hour, func(ctx context.Context) error { return s.DB.Write(ctx, oldWays) })
}

// next has the token replaced in time.
func (s *Service) next(tx *store.Tx, c Connection) error {
	if err := refreshKind.Cancel(tx, c.Configuration); err != nil {
		return err
	}
	due := c.renewal()
	if due.IsZero() {
		return nil
	}
	return refreshKind.Add(tx, refreshArgs{c.Configuration}, job.Options{Lane: c.Configuration, Unique: c.Configuration, Due: due})
}

// refresh replaces a token. An error has it tried again.
func (s *Service) refresh(ctx context.Context, configurationID string) error {
	var c Connection
	var p Partner
	ready := false
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if c, err = find(tx, configurationID); err == nil {
			p, ready, err = partner(tx, c.application)
		}
		return err
	})
	due := c.renewal()
	if err != nil || c.State != Connected || due.IsZero() || due.After(s.DB.Now()) {
		return err
	}
	t, err := s.renewed(ctx, c, p, ready)
	if r, ok := errors.AsType[*refusal](err); ok {
		if !r.final() {
			return err
		}
		return s.ended(context.WithoutCancel(ctx), c, r.words)
	}
	if err != nil {
		return err
	}
	return s.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		now := c
		s.renew(tx, &now, t)
		ok, err := save(tx, &now)
		if err != nil || !ok {
			return err // connected anew meanwhile: that is the better one
		}
		if err := s.next(tx, now); err != nil {
			return err
		}
		return s.Configurations.Renewed(tx, configurationID)
	})
}

// renewed asks the partner for another token.
func (s *Service) renewed(ctx context.Context, c Connection, p Partner, ready bool) (tokens, error) {
	switch {
	case !ready:
		return tokens{}, &refusal{code: "invalid_client", words: "The integration's developer has taken away where the partner's server is."}
	case c.refresh == "":
		return tokens{}, &refusal{code: "invalid_grant", words: "The partner's token has ended, and it gave none to replace it with."}
	}
	old, err := s.Keys.Open(c.refresh, c.bound("refresh"))
	if err != nil {
		return tokens{}, problem.Internal("connection.refresh", err)
	}
	own, err := s.Keys.Open(p.secret, p.bound())
	if err != nil {
		return tokens{}, problem.Internal("connection.secret", err)
	}
	return exchange(ctx, s.Client, p, c.BaseURI, own, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.Reveal()}})
}

// ended notes that the partner does not take what we have any more. The
// configuration rests, and the account's administrators are told.
func (s *Service) ended(ctx context.Context, c Connection, why string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		now := c
		now.State, now.Fault, now.access, now.refresh, now.Expires = Reconnect, why, "", "", time.Time{}
		ok, err := save(tx, &now)
		if err != nil || !ok {
			return err
		}
		id, err := idOf(c.Configuration)
		if err != nil {
			return err
		}
		by := access.System("the partner refused a refresh")
		at, err := s.Configurations.Reach(tx, by, c.Configuration, "configuration:view")
		if err != nil {
			return err
		}
		if err := s.record(tx, by, "reconnect", at, now); err != nil {
			return err
		}
		err = s.Notices.Send(tx, notice.Notice{Kind: "connection.reconnect", To: notice.To{Account: c.account, AccountRole: access.AccountAdmin}, Severity: notice.Warning,
			Subject: at.Name + " has to be connected again", Text: why + "\n\nUntil somebody connects it again, the integration rests.",
			Link: "/configurations/" + c.Configuration, Dedupe: c.Configuration + "/" + tx.Now().Format("2006-01-02T15")})
		if err != nil {
			return err
		}
		return s.Configurations.Resync(tx, by, id)
	})
}
