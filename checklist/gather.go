package checklist

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/usage"
)

// about gathers what a version says of itself: what its fingerprint is made of.
func (s *Service) about(tx *store.Tx, v release.Version, a application.Application) (facts, error) {
	f := facts{now: tx.Now(), catalog: s.Catalog.Get(), version: v, application: a, keyAge: s.KeyAge}
	if f.catalog == nil {
		return f, problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	return f, each(
		func() (err error) { f.client, err = s.Applications.Client(tx, a.ID); return },
		func() (err error) { f.links, err = s.Sheets.LinksOf(tx, a); return },
		func() (err error) { f.docs, err = s.Listings.Docs(tx, a.ID.String()); return },
		func() (err error) { f.packed, err = s.Releases.Packed(tx, v.ID.String()); return },
		func() (err error) { f.endpoints, err = s.Webhooks.Served(tx, a.ID); return },
		func() (err error) { f.reasons, err = reasons(tx, a.ID.String()); return },
	)
}

// read is about with what happened, as far as the database knows.
func (s *Service) read(tx *store.Tx, v release.Version, a application.Application) (facts, error) {
	f, err := s.about(tx, v, a)
	if err != nil {
		return f, err
	}
	return f, each(
		func() (err error) { f.keys, err = s.Applications.KeysOf(tx, a.ID); return },
		func() (err error) { f.findings, err = s.Releases.Findings(tx, v.ID.String()); return },
		func() (err error) { f.owned, err = s.Domains.Names(tx, a.Group); return },
		func() (err error) { f.tried, err = s.Integrations.Tried(tx, a); return },
		func() (err error) { f.sandboxes, err = s.sandboxes(tx, a.Group); return },
		func() (err error) {
			f.consents, err = s.Grants.OfApplication(tx, a.ID.String(), grant.KindConsent, f.sandboxes)
			return
		},
		func() (err error) { f.proofs, err = proofs(tx, a.ID.String(), tx.Now().Add(-proofLasts)); return },
	)
}

// each takes steps until one fails.
func each(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// sandboxes are the ids of a group's own.
func (s *Service) sandboxes(tx *store.Tx, group string) ([]string, error) {
	all, err := s.Accounts.SandboxesOf(tx, group)
	ids := make([]string, len(all))
	for i, a := range all {
		ids[i] = a.ID.String()
	}
	return ids, err
}

// ask gathers what is not in the database: the counts, some of which are in memory,
// and how other servers answer.
func (s *Service) ask(ctx context.Context, f *facts) error {
	app := f.application.ID.String()
	for _, account := range f.sandboxes {
		some, err := s.Usage.Uses(ctx, usage.Who{Filter: usage.Filter{Application: app, Account: account}, Since: f.now.Add(-usage.UsesMost)})
		if err != nil {
			return err
		}
		f.uses = append(f.uses, some...)
	}
	for kind, outcomes := range map[string][]usage.Outcome{
		proofThrottled: {usage.RateLimited, usage.QuotaExceeded},
		proofRevoked:   {usage.RevokedKey, usage.InvalidToken},
	} {
		if err := s.prove(ctx, f, kind, outcomes); err != nil {
			return err
		}
	}
	if f.packed != nil {
		f.faulty, f.requests = f.packed.Faulty()
	}
	limited, cancel := context.WithTimeout(ctx, askMost)
	defer cancel()
	f.answers = s.call(limited, f.named())
	var err error
	f.probed, err = s.Webhooks.Probe(ctx, f.application.ID)
	return err
}

// askMost is how long the servers of all addresses have.
const askMost = 30 * time.Second

// prove keeps the best proof: one from which it recovered, the latest otherwise.
func (s *Service) prove(ctx context.Context, f *facts, kind string, outcomes []usage.Outcome) error {
	for _, account := range f.sandboxes {
		r, err := s.Usage.Recovered(ctx, usage.Filter{Application: f.application.ID.String(), Account: account}, outcomes...)
		if err != nil {
			return err
		}
		if p := (Proof{Kind: kind, Account: account, Refused: r.Refused, Recovered: r.Recovered}); p.better(f.proofs[kind]) {
			f.proofs[kind] = p
		}
	}
	return nil
}

const (
	callsAtOnce = 6
	callMost    = 8 * time.Second
	hopsMost    = 4
)

// call asks for every address, a few at a time.
func (s *Service) call(ctx context.Context, all []address) []answer {
	out := make([]answer, len(all))
	slots := make(chan struct{}, callsAtOnce)
	var wg sync.WaitGroup
	for i, a := range all {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			out[i] = answer{a, s.get(ctx, a.url)}
		})
	}
	wg.Wait()
	return out
}

// get follows a few redirects, each of which the guarded client judges anew.
func (s *Service) get(ctx context.Context, at string) outbound.Result {
	var r outbound.Result
	for range hopsMost {
		at, _, _ = strings.Cut(at, "#") // a part of the page is the browser's matter
		r = s.Client.Do(ctx, outbound.Request{Method: http.MethodGet, URL: at, Timeout: callMost, MaxBody: 16 << 10,
			Header: http.Header{"Accept": {"text/html, */*"}}})
		if r.Failure != outbound.NoFailure || r.Status/100 != 3 {
			return r
		}
		base, err := url.Parse(at)
		if err != nil {
			return r
		}
		next, err := base.Parse(r.Header.Get("Location"))
		if err != nil || r.Header.Get("Location") == "" {
			return r
		}
		at = next.String()
	}
	return r
}
