package registration

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

const (
	documentMost  = 16 << 10 // bytes
	documentFresh = time.Hour
	documentsMost = 10_000
)

var errDocument = problem.Invalid("client_unknown", "This application is not known here, or its metadata document is not what it has to be. Its developers should check the client_id.")

// Known sees to it that the client of an address is registered as its document
// says; any other client_id is none of its business. Errors: Invalid
// `client_unknown`; Unavailable `client_document_unreachable`.
func (s *Service) Known(ctx context.Context, clientID string) error {
	if !strings.HasPrefix(clientID, "https://") {
		return nil
	}
	host, ok := DocumentURL(clientID)
	if !ok || !s.Rules.Documents || !s.allowed(host) {
		return errDocument
	}
	now := s.DB.Now()
	s.mu.Lock()
	seen, there := s.fetched[clientID]
	s.mu.Unlock()
	if there && now.Sub(seen) < documentFresh {
		return nil
	}
	m, err := s.fetch(ctx, clientID)
	if err != nil {
		return err
	}
	if err := s.adopt(ctx, clientID, m); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fetched == nil || len(s.fetched) >= documentsMost {
		s.fetched = map[string]time.Time{}
	}
	s.fetched[clientID] = now
	return nil
}

// fetch reads a document through the guarded client. It follows no redirect.
func (s *Service) fetch(ctx context.Context, at string) (*Metadata, error) {
	if err := s.People.Visited(ctx, "client document"); err != nil {
		return nil, err
	}
	res := s.Outbound.Do(ctx, outbound.Request{URL: at, MaxBody: documentMost, Timeout: 5 * time.Second, Header: http.Header{"Accept": {"application/json"}}})
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case res.Failure != outbound.NoFailure || res.Status >= http.StatusInternalServerError:
		return nil, problem.Unavailable("client_document_unreachable", "The application's metadata document cannot be fetched at present.", res.Err)
	case res.Status != http.StatusOK, res.Truncated, kind != "application/json" && !strings.HasSuffix(kind, "+json"):
		return nil, errDocument
	}
	var m Metadata
	if err := json.Unmarshal(res.Body, &m); err != nil {
		return nil, errDocument.Because(err)
	}
	if m.AuthMethod == "" {
		m.AuthMethod = string(application.AuthNone)
	}
	m.defaults()
	// Nobody could keep a secret in a public document, or be given one.
	if m.ClientID != at || m.Secret != "" || m.AuthMethod != string(application.AuthNone) && m.AuthMethod != string(application.AuthJWT) {
		return nil, errDocument
	}
	if err := m.check(s.allowed); err != nil {
		return nil, errDocument.Because(err)
	}
	return &m, nil
}

// adopt registers the client of a document, or changes what has changed in it.
func (s *Service) adopt(ctx context.Context, at string, m *Metadata) error {
	app, was, err := s.known(ctx, at)
	if problem.CodeOf(err) == "invalid_client" {
		if _, err = s.make(ctx, m, at); problem.CodeOf(err) != "application_exists" {
			return refusedDocument(err)
		}
		return nil // another request was first
	}
	if err != nil {
		return err
	}
	c := m.client(was)
	if f := c.Check(s.Applications.Fetchable); len(f) > 0 {
		return refusedDocument(found(f))
	}
	if app.Name != m.Name {
		if _, err := s.Applications.Amend(ctx, by(), app.ID, application.Patch{Name: &m.Name}); err != nil {
			return refusedDocument(err)
		}
	}
	if slices.Equal(was.RedirectURIs, c.RedirectURIs) && was.AuthMethod == c.AuthMethod && was.JWKSURI == c.JWKSURI && string(was.JWKS) == string(c.JWKS) && was.DPoPBound == c.DPoPBound && was.Native == c.Native {
		return nil
	}
	return refusedDocument(s.set(ctx, app.ID, m))
}

func (s *Service) known(ctx context.Context, at string) (application.Application, application.Client, error) {
	var app application.Application
	var c application.Client
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		app, c, err = s.Applications.ClientOf(tx, at)
		return err
	})
	return app, c, err
}

// refusedDocument says a finding about a document as what it is to whoever asks:
// a client that is not known.
func refusedDocument(err error) error {
	if e := problem.Of(err); e != nil && e.Kind == problem.KindInvalid {
		return errDocument.Because(err)
	}
	return err
}
