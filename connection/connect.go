package connection

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// Begun is where an administrator goes.
type Begun struct {
	URL     string    `json:"url" doc:"Of the partner's, for the browser in which you are signed in; once, within ten minutes"`
	Host    string    `json:"host"`
	Expires time.Time `json:"expires"`
}

// Begin sends a person to the partner. Errors: NotFound; Invalid `base_uri_invalid`;
// Conflict `connection_unneeded`, `partner_missing`; Forbidden.
func (s *Service) Begin(ctx context.Context, by access.Principal, id configuration.ID, baseURI string) (Begun, error) {
	var out Begun
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		_, c, p, err := s.load(tx, by, id, configuration.ActionManage)
		if err != nil {
			return err
		}
		if by.User == "" {
			return problem.Forbidden("forbidden", "A person of the account connects it, in the browser.")
		}
		if !c.Ready {
			return problem.Conflict("partner_missing", "The integration's developer has not said yet where the partner's server is. Ask them.")
		}
		w := &way{Configuration: id.String(), Person: by.User, BaseURI: p.BaseURI, Expires: store.At(tx.Now().Add(wayWithin))}
		if p.asks() {
			if w.BaseURI, err = base(baseURI, s.Client.CheckURL); err != nil {
				return err
			}
			if !p.admits(w.BaseURI) {
				return problem.Invalid("base_uri_invalid", "This is no address of the partner's.", problem.Field{Pointer: "/base_uri", Code: "not_allowed", Detail: "It has to be at " + strings.Join(p.Hosts, " or ") + "."})
			}
		}
		to, err := url.Parse(at(p.Authorization, w.BaseURI))
		if err != nil {
			return problem.Internal("connection.begin", err)
		}
		state, verifier := rand.Text()+rand.Text(), rand.Text()+rand.Text()
		w.State = s.Keys.Digest(state).String()
		w.Verifier = s.Keys.Seal(secret.New(verifier), w.bound())
		sum := sha256.Sum256([]byte(verifier))
		q := to.Query()
		q.Set("response_type", "code")
		q.Set("client_id", p.ClientID)
		q.Set("redirect_uri", s.Back())
		q.Set("state", state)
		q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		q.Set("code_challenge_method", "S256")
		if len(p.Scopes) > 0 {
			q.Set("scope", strings.Join(p.Scopes, " "))
		}
		to.RawQuery = q.Encode()
		out = Begun{URL: to.String(), Host: to.Host, Expires: w.Expires.Time()}
		return insertWay(tx, w)
	})
	return out, err
}

// Answer is what the partner sends a person back with.
type Answer struct {
	State, Code, Issuer string
	Error, Description  string
}

// Return takes the person back who has been at the partner, and gives the
// configuration. Errors: Invalid `connection_state`, `connection_refused`,
// `connection_issuer`; Unavailable `connection_exchange`.
func (s *Service) Return(ctx context.Context, by access.Principal, a Answer) (configuration.ID, error) {
	var w way
	var p Partner
	var id configuration.ID
	known := false
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var states []string
		for _, d := range s.Keys.Digests(a.State) {
			states = append(states, d.String())
		}
		var err error
		if w, known, err = takeWay(tx, states); err != nil || !known {
			return err
		}
		if known = by.User != "" && w.Person == by.User; !known {
			return nil
		}
		if id, err = idOf(w.Configuration); err != nil {
			return err
		}
		_, _, p, err = s.load(tx, by, id, configuration.ActionManage)
		return err
	})
	switch {
	case err != nil:
		return id, err
	case !known:
		return id, problem.Invalid("connection_state", "This way to the partner and back has ended, or somebody else began it. Begin anew.")
	case p.Issuer != "" && a.Issuer != "" && a.Issuer != p.Issuer:
		return id, problem.Invalid("connection_issuer", "Another server answered than the one that you were sent to. Nothing was connected.")
	case a.Error != "":
		return id, problem.Invalid("connection_refused", "The partner did not agree: "+problem.Words(a.Error+" "+a.Description))
	case a.Code == "":
		return id, problem.Invalid("connection_refused", "The partner's answer holds no code.")
	}
	t, err := s.redeem(ctx, w, p, a.Code)
	if err != nil {
		r, _ := errors.AsType[*refusal](err)
		if r == nil {
			return id, err
		}
		if r.final() {
			return id, problem.Invalid("connection_refused", r.words).Because(err)
		}
		return id, problem.Unavailable("connection_exchange", r.words, err)
	}
	return id, s.keep(context.WithoutCancel(ctx), by, id, w, t)
}

func (s *Service) redeem(ctx context.Context, w way, p Partner, code string) (tokens, error) {
	verifier, err := s.Keys.Open(w.Verifier, w.bound())
	if err != nil {
		return tokens{}, problem.Internal("connection.verifier", err)
	}
	own, err := s.Keys.Open(p.secret, p.bound())
	if err != nil {
		return tokens{}, problem.Internal("connection.secret", err)
	}
	return exchange(ctx, s.Client, p, w.BaseURI, own, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {s.Back()}, "code_verifier": {verifier.Reveal()}})
}

// keep keeps what a consent has brought; the configuration works with it at once.
func (s *Service) keep(ctx context.Context, by access.Principal, id configuration.ID, w way, t tokens) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		at, c, _, err := s.load(tx, by, id, configuration.ActionManage)
		if err != nil {
			return err
		}
		c.application, c.account, c.BaseURI = at.Application, at.Account, w.BaseURI
		c.ConnectedBy, c.Connected = by.Subject(), tx.Now()
		c.refresh = "" // of another consent
		s.renew(tx, &c, t)
		ok, err := save(tx, &c)
		if err == nil && !ok {
			err = problem.Conflict("connection_changed", "Somebody else connected it just now.")
		}
		if err != nil {
			return err
		}
		if err := s.next(tx, c); err != nil {
			return err
		}
		if err := s.record(tx, by, "connect", at, c); err != nil {
			return err
		}
		return s.Configurations.Resync(tx, by, id)
	})
}

// renew takes tokens over.
func (s *Service) renew(tx *store.Tx, c *Connection, t tokens) {
	c.State, c.Fault, c.Refreshed, c.lifetime = Connected, "", tx.Now(), t.lifetime
	c.access = s.Keys.Seal(t.access, c.bound("access"))
	if !t.refresh.IsZero() {
		c.refresh = s.Keys.Seal(t.refresh, c.bound("refresh"))
	}
	if c.Expires = (time.Time{}); t.lifetime > 0 {
		c.Expires = tx.Now().Add(t.lifetime)
	}
	if t.scopes != "" {
		c.Scopes = t.scopes
	}
}
