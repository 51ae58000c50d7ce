package authorization

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// uriPrefix begins a request_uri of ours (RFC 9126 section 2.2).
const uriPrefix = "urn:ietf:params:oauth:request_uri:"

// PushedAnswer is where a pushed request is to be found, and for how long.
type PushedAnswer struct {
	URI  string
	Life time.Duration
}

// Push keeps what an authenticated client asks for, to be opened once by a
// browser (RFC 9126). Errors: Invalid in OAuth's words.
func (s *Service) Push(ctx context.Context, a Asked, form url.Values) (PushedAnswer, error) {
	if form.Has("request_uri") {
		return PushedAnswer{}, bad("invalid_request", "request_uri does not belong into a pushed request (RFC 9126 section 2.1).")
	}
	if form.Get("client_id") == "" {
		form.Set("client_id", a.Client.ID) // it came with HTTP Basic
	}
	raw := newSecret().Reveal()
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := s.prepare(tx, form)
		if err != nil {
			return told(err)
		}
		if r.Application != a.Client.App.ID.String() {
			return bad("invalid_request", "client_id is another client's.")
		}
		if r.Params.Confirmation == "" {
			r.Params.Confirmation = a.Confirmation // RFC 9449 section 10.1
		} else if a.Confirmation != "" && a.Confirmation != r.Params.Confirmation {
			return bad("invalid_dpop_proof", "The proof is by another key than dpop_jkt names.")
		}
		r.State, r.Expires, r.key = Pushed, tx.Now().Add(s.Lives.Pushed), s.Keys.Digest(raw)
		return insertRequest(tx, r)
	})
	return PushedAnswer{URI: uriPrefix + raw, Life: s.Lives.Pushed}, err
}

// told gives the cause to a client that is there to hear it.
func told(err error) error {
	if r, ok := errors.AsType[*Refused](err); ok {
		return r.Err
	}
	switch problem.CodeOf(err) {
	case "client_unknown":
		return errClient
	case "redirect_unregistered":
		return bad("invalid_request", "redirect_uri is not one that is registered. They are compared byte for byte.")
	}
	return err
}

var errPushed = problem.Invalid("invalid_request_uri", "This link was used already, has expired, or is another application's. Go back to the application and start again.")

// pushed opens a pushed request in a browser, once. Other parameters do not count
// (RFC 9126 section 4).
func (s *Service) pushed(ctx context.Context, form url.Values) (Request, error) {
	raw, ours := strings.CutPrefix(single(form, "request_uri"), uriPrefix)
	if !ours {
		return Request{}, errPushed
	}
	var out Request
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		app, client, err := s.client(tx, form)
		if err != nil {
			return err
		}
		r, err := s.keyed(tx, raw)
		if absent(err) || err == nil && (r.Application != app.ID.String() || r.State != Pushed || !tx.Now().Before(r.Expires)) {
			return errPushed
		}
		if err != nil {
			return err
		}
		if !client.Redirects(r.Params.RedirectURI) {
			return errPushed // it was taken off the list meanwhile
		}
		r.State, r.Expires = Pending, tx.Now().Add(s.Lives.Request)
		out = r
		return saveRequest(tx, r, Pushed)
	})
	if problem.CodeOf(err) == "authorization_changed" {
		return Request{}, errPushed
	}
	return out, err
}

// keyed finds a request by its request_uri or device code.
func (s *Service) keyed(tx *store.Tx, raw string) (Request, error) {
	for _, d := range s.Keys.Digests(raw) {
		r, err := findRequest(tx, "key_digest = ?", d.String())
		if !absent(err) {
			return r, err
		}
	}
	return Request{}, problem.NotFound("authorization request")
}
