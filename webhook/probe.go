package webhook

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/store"
)

// Probed is how a receiver took a made-up event with a signature that is wrong, and
// one that is right.
type Probed struct {
	Endpoint string
	URL      string
	Wrong    outbound.Result
	Right    outbound.Result // empty when the wrong one was taken
}

// Taken reports whether a result says that the receiver took the event.
func Taken(r outbound.Result) bool { return r.Failure == outbound.NoFailure && r.Status/100 == 2 }

// Checks reports whether the receiver told the two apart: it answered the wrong one
// with a 4xx.
func (p Probed) Checks() bool {
	return p.Wrong.Failure == outbound.NoFailure && p.Wrong.Status/100 == 4 && Taken(p.Right)
}

// ProbedMost bounds how many endpoints are probed at one time.
const ProbedMost = 5

// Probe sends every enabled web server that an application has for its events two
// made-up ones, which no log has: one signed with a key that nobody has, then one
// signed as always. Both say "test": true. It does not authorise.
func (s *Service) Probe(ctx context.Context, app application.ID) ([]Probed, error) {
	var at []*destination
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		at = nil
		found, err := s.Served(tx, app)
		for _, e := range found {
			if e.State != Enabled || len(at) == ProbedMost {
				continue
			}
			to := &destination{Endpoint: e}
			if s.reads(tx, to) == nil { // one whose secret cannot be read gets nothing anyhow
				at = append(at, to)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out, faults := make([]Probed, len(at)), make([]error, len(at))
	var wg sync.WaitGroup
	for i, to := range at {
		wg.Go(func() { out[i], faults[i] = s.probe(ctx, to) })
	}
	wg.Wait()
	return out, errors.Join(faults...)
}

// Served are the web servers that an application has for its events, also those that
// are switched off. It does not authorise.
func (s *Service) Served(tx *store.Tx, app application.ID) ([]Endpoint, error) {
	found, err := endpoints(tx, "e.application = ? AND e.maker = ''", app)
	return slices.DeleteFunc(found, func(e Endpoint) bool { return e.Kind != "" }), err // a broker verifies nothing
}

func (s *Service) probe(ctx context.Context, to *destination) (Probed, error) {
	out := Probed{Endpoint: to.ID.String(), URL: to.URL}
	right, err := s.signers(ctx, to)
	if err != nil {
		return out, err
	}
	if out.Wrong, err = s.made(ctx, to, right.strange()); err != nil || Taken(out.Wrong) {
		return out, err
	}
	out.Right, err = s.made(ctx, to, right)
	return out, err
}

// signers are the keys that sign for an endpoint.
type signers struct {
	own      [][]byte
	platform []platformKey
}

func (s *Service) signers(ctx context.Context, to *destination) (signers, error) {
	out := signers{own: to.keys}
	var err error
	if to.Signature != SignHMAC {
		out.platform, err = s.keys.signing(ctx, s.DB.Now())
	}
	return out, err
}

// strange are as many keys of the same kinds, which nobody has.
func (k signers) strange() signers {
	out := signers{}
	for range k.own {
		key := make([]byte, 32)
		_, _ = rand.Read(key)
		out.own = append(out.own, key)
	}
	for _, p := range k.platform {
		seed := make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(seed)
		p.private = ed25519.NewKeyFromSeed(seed)
		out.platform = append(out.platform, p)
	}
	return out
}

const probeTime = 8 * time.Second

// made sends one made-up event.
func (s *Service) made(ctx context.Context, to *destination, k signers) (outbound.Result, error) {
	now := s.DB.Now()
	data, err := json.Marshal(map[string]string{"says": "This tests whether signatures are verified."})
	if err != nil {
		return outbound.Result{}, err
	}
	e := &event.Event{ID: ident.New[event.Event](now), Type: testType, Timestamp: now, Accepted: now, Test: true, Data: data}
	m := message{id: e.ID.String(), at: now}
	if m.body, err = to.message(e); err != nil { // its template makes nothing of it: the envelope itself
		m.body = e.Append(nil)
	}
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Guestright-Webhooks"}}
	m.sign(header, k.own, k.platform)
	return s.Client.Do(ctx, outbound.Request{Method: http.MethodPost, URL: to.URL, Header: header, Body: m.body, Timeout: probeTime, MaxBody: answerMost}), nil
}
