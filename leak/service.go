package leak

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/capability/trigger"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/legacy"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// Service holds the operations on leaks.
type Service struct {
	DB           *store.DB
	Audit        *audit.Log
	Usage        *usage.Service
	Notices      *notice.Service
	Applications *application.Service
	Grants       *grant.Service
	Tokens       *token.Service
	Bearers      *token.Authenticator
	Products     *token.Products
	Legacy       *legacy.Service
	LegacyKeys   *legacy.Gate
	Authority    *authorization.Service
	Triggers     *trigger.Service
	Catalog      *catalog.Current
	Keys         *Keys // of GitHub

	pace pace
}

// answerEvery is the rhythm of answers to strangers: a report is answered at the
// next beat, so that the time does not tell what was found.
const answerEvery = 200 * time.Millisecond

func absent(err error) bool { return problem.CodeOf(err) == "not_found" }

// Report takes a report of anybody. Nil says nothing about what was found. Errors:
// Limited `leak_reports_many`; Unavailable when something could not be looked up
// or ended, so that the report has to be repeated.
func (s *Service) Report(ctx context.Context, r Report) error {
	beat := time.NewTicker(answerEvery)
	defer beat.Stop()
	if err := s.pace.take(web.From(ctx).Client(), s.DB.Now()); err != nil {
		return err
	}
	err := s.take(ctx, r)
	select {
	case <-beat.C: // one that passed meanwhile
	default:
	}
	select {
	case <-beat.C:
	case <-ctx.Done():
	}
	return err
}

// FromGitHub takes a message of GitHub's secret scanning. Errors: Unauthenticated
// `leak_signature_invalid`; Invalid `leak_message_invalid`; Unavailable, so that
// the message has to be repeated.
func (s *Service) FromGitHub(ctx context.Context, m Signed) error {
	if m.Key == "" || m.Signature == "" || len(m.Body) == 0 {
		return errSignature
	}
	key, err := s.Keys.find(ctx, m.Key)
	if err != nil {
		return err
	}
	if err := m.check(key); err != nil {
		return err
	}
	all, err := m.reports()
	if err != nil {
		return err
	}
	var failed error
	for _, r := range all { // what can be ended is ended, whatever becomes of the others
		if err := s.take(ctx, r); err != nil {
			failed = err
		}
	}
	return failed
}

// take ends every credential that a report holds.
func (s *Service) take(ctx context.Context, r Report) error {
	text := r.Text.Reveal()
	if len(text) > TextMost {
		text = text[:TextMost]
	}
	ours, foreign := found(text)
	jwts := signed(text)
	r.Where = place(r.Where, slices.Concat(foreign, ours, jwts))
	var failed error
	for _, one := range jwts {
		if !s.Bearers.Issued(ctx, one.Reveal()) {
			continue // not signed by us
		}
		if err := s.end(ctx, one, r, func(tx *store.Tx, raw secret.Text) (credential, error) { return s.token(tx, raw.Reveal()) }); err != nil {
			failed = err
		}
	}
	for _, one := range ours {
		if err := s.end(ctx, one, r, s.ours); err != nil {
			failed = err
		}
	}
	for _, one := range foreign {
		possible, err := s.LegacyKeys.Possible(ctx, one)
		if err == nil && possible {
			err = s.end(ctx, one, r, s.foreign)
		}
		if err != nil {
			failed = err
		}
	}
	return failed
}

// find looks a credential up and gives what it is, with what ends it. NotFound
// when it is none.
type find func(tx *store.Tx, raw secret.Text) (credential, error)

func (s *Service) end(ctx context.Context, raw secret.Text, r Report, look find) error {
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		_, err := look(tx, raw)
		return err
	})
	if absent(err) {
		return nil // nothing of ours: no write for a stranger
	}
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := look(tx, raw)
		if absent(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.Lock("leak/" + c.leak.Credential); err != nil {
			return err
		}
		if c, err = look(tx, raw); err != nil {
			return err
		}
		return s.stop(tx, c, r)
	})
}
