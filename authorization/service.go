package authorization

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/consent"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/registration"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/token"
)

// Service holds the operations of authorization.
type Service struct {
	DB           *store.DB
	Audit        *audit.Log
	Keys         *secret.Keyring
	Applications *application.Service
	Releases     *release.Service
	Accounts     *account.Service
	Held         *integration.Grants // what applications hold as themselves
	Consents     *consent.Service
	Grants       *grant.Service
	Tokens       *token.Service
	Notices      *notice.Service
	Catalog      *catalog.Current
	Signer       *Signer // of tokens that can be read
	Bearers      *token.Authenticator
	People       *identity.Service
	Registry     *registration.Service // of clients that registered themselves; nil: none do
	Integrations *integration.Service
	Issuer       string // our name, exactly as metadata gives it
	Resource     string // of the gateway, as RFC 8707 names it
	Lives        Lives

	flights flights
}

// Refused is an error of which the client hears by a redirect to To.
type Refused struct {
	To  string
	Err error
}

// Error implements error.
func (r *Refused) Error() string { return "authorization: refused by redirect: " + r.Err.Error() }

// Unwrap gives the cause.
func (r *Refused) Unwrap() error { return r.Err }

// refuse makes a Refused in OAuth's words.
func (s *Service) refuse(p Params, err error) error {
	e := problem.Of(err)
	if e.Kind == problem.KindInternal || e.Kind == problem.KindUnavailable {
		return err // nothing was decided: the person tries again
	}
	return &Refused{To: answer(p.RedirectURI, s.Issuer, p, map[string]string{"error": Name(e), "error_description": e.Detail}), Err: err}
}

// newSecret makes a code, a request_uri or a device code: 256 random bits.
func newSecret() secret.Text {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	return secret.New(base64.RawURLEncoding.EncodeToString(b[:]))
}

// Authorize keeps what a client asks for through a browser until a person
// decides. Errors: *Refused when the client is to hear of it; any other belongs
// on a page, since neither the client nor where to send the person is certain
// (RFC 9700 section 4.1.3).
func (s *Service) Authorize(ctx context.Context, form url.Values) (Request, error) {
	if form.Has("request_uri") {
		return s.pushed(ctx, form)
	}
	var out Request
	if s.Registry != nil {
		if err := s.Registry.Known(ctx, single(form, "client_id")); err != nil {
			return out, err
		}
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := s.prepare(tx, form)
		if err != nil {
			return err
		}
		r.State, r.Expires = Pending, tx.Now().Add(s.Lives.Request)
		out = r
		return insertRequest(tx, r)
	})
	return out, err
}

// prepare judges a request of a client for a person's answer.
func (s *Service) prepare(tx *store.Tx, form url.Values) (Request, error) {
	app, client, err := s.client(tx, form)
	if err != nil {
		return Request{}, err
	}
	p, bad := ReadParams(form)
	if p.RedirectURI, err = redirect(client, form); err != nil {
		return Request{}, err
	}
	if len(form["state"]) > 1 || len(p.State) > StateMost {
		return Request{}, problem.Invalid("invalid_request", "The application sent more state along than can be returned.")
	}
	if bad == nil {
		p.Scopes, bad = s.wanted(tx, app, p.Scopes)
	}
	if bad == nil {
		bad = s.target(p.Resources)
	}
	if bad != nil {
		return Request{}, s.refuse(p, bad)
	}
	return Request{ID: ident.New[Request](tx.Now()), Kind: KindCode, Application: app.ID.String(), Params: p, Created: tx.Now()}, nil
}

func (s *Service) client(tx *store.Tx, form url.Values) (application.Application, application.Client, error) {
	id := single(form, "client_id")
	if id == "" {
		return application.Application{}, application.Client{}, problem.Invalid("client_unknown", "The application did not say who it is, or said it twice.")
	}
	app, client, err := s.Applications.ClientOf(tx, id)
	if problem.CodeOf(err) == "invalid_client" {
		err = problem.Invalid("client_unknown", "This application is not known here. Its developers should check the client_id.")
	}
	return app, client, err
}

// redirect finds where the person goes back to: an address that the client has
// registered, compared byte for byte (RFC 9700 section 2.1).
func redirect(c application.Client, form url.Values) (string, error) {
	if !form.Has("redirect_uri") && len(c.RedirectURIs) == 1 {
		return c.RedirectURIs[0], nil
	}
	uri := single(form, "redirect_uri")
	if uri == "" || !c.Redirects(uri) {
		return "", problem.Invalid("redirect_unregistered", "The address to return to is not one that this application has registered. Its developers should compare them byte for byte.")
	}
	return uri, nil
}

// wanted judges the scopes of the product that a client asks for: all that one of
// its live versions requires (A28), since accounts take a newer one when they like
// (H25), and nothing that none of them names.
func (s *Service) wanted(tx *store.Tx, app application.Application, scopes []string) ([]string, error) {
	live, err := s.Releases.Live(tx, app.ID, release.Place{Own: true})
	if err != nil {
		return nil, err
	}
	if len(scopes) == 0 {
		return live[0].Scopes(), nil
	}
	if next, err := s.Releases.Installable(tx, app.ID, release.Place{Own: true}); err == nil && next.ID != live[0].ID {
		live = append(live, next) // to be tried in the developers' own sandboxes; elsewhere nobody has it
	}
	for _, name := range scopes {
		if !slices.ContainsFunc(live, func(v release.Version) bool { return slices.Contains(v.Scopes(), name) }) {
			return nil, bad("invalid_scope", "The application's released version does not name one of these scopes.")
		}
	}
	missing := lacking(live[0], scopes)
	if len(missing) > 0 && !slices.ContainsFunc(live[1:], func(v release.Version) bool { return len(lacking(v, scopes)) == 0 }) {
		return nil, problem.Invalid("scope_too_small", "The application's version requires more: "+strings.Join(missing, " ")+".").With("missing", missing)
	}
	return scopes, nil
}

// lacking names what a version requires and is not among the scopes.
func lacking(v release.Version, scopes []string) []string {
	var out []string
	for _, r := range v.Required {
		if !slices.Contains(scopes, r.Scope) {
			out = append(out, r.Scope)
		}
	}
	return out
}

// target judges resource indicators (RFC 8707): the gateway is the one there is.
func (s *Service) target(resources []string) error {
	for _, r := range resources {
		if strings.TrimSuffix(r, "/") != strings.TrimSuffix(s.Resource, "/") {
			return bad("invalid_target", "Tokens are for the gateway only; its metadata (RFC 9728) names it.")
		}
	}
	return nil
}

// applicationPrincipal is a client that acts for itself.
func applicationPrincipal(id string) access.Principal {
	return access.Principal{Kind: access.KindApplication, Application: id, Via: "oauth"}
}

// Sweep removes what is over.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Batch(ctx, func(tx *store.Tx) error { return sweep(tx, tx.Now()) })
}

// Lives are the lifetimes of everything that this slice issues.
type Lives struct {
	Request       time.Duration // a person's time to decide
	Pushed        time.Duration // between the push and the browser (RFC 9126: 5 to 600 s)
	Code          time.Duration // RFC 6749: at most ten minutes
	Device        time.Duration
	DevicePoll    time.Duration // between two polls
	Access        time.Duration
	Refresh       time.Duration // of one refresh token, unused
	RefreshMost   time.Duration // of a line of them, from the person's answer
	Grace         time.Duration // in which a used refresh token gets the same successor; 0: none
	ForgiveReuse  bool          // later reuse is refused and told, and ends nothing
	Identity      time.Duration // of an id token
	ProofWindow   time.Duration // around now, for iat of a DPoP proof
	SigningPeriod time.Duration // for which a key signs
}
