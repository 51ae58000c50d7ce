package registration

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
)

// Rules are the operator's.
type Rules struct {
	Dynamic   bool     // RFC 7591
	Documents bool     // client ID metadata documents
	Domains   []string // of redirect URIs, documents and everything else that is named; with their subdomains
	Group     string   // id of the developer group to which the clients belong
}

// Service registers clients.
type Service struct {
	DB           *store.DB
	Applications *application.Service
	Releases     *release.Service
	People       *identity.Service // counts attempts
	Catalog      *catalog.Current
	Outbound     *outbound.Client
	Rules        Rules

	mu      sync.Mutex
	fetched map[string]time.Time // documents by address, when they were last seen
}

// Registered is a client as it was registered.
type Registered struct {
	ClientID string
	Secret   secret.Text // zero: it has none
	Issued   time.Time
	Metadata Metadata
}

var errOff = problem.NotFound("page")

// allowed reports whether a host is on the operator's list, by itself or below.
func (s *Service) allowed(host string) bool {
	for _, d := range s.Rules.Domains {
		if host == d || strings.HasSuffix(host, "."+d) {
			return host != ""
		}
	}
	return false
}

// by is who registers: nobody in particular.
func by() access.Principal { return access.System("registration") }

// Register adds a client (RFC 7591 section 3). Errors: NotFound when it is off;
// Invalid `invalid_redirect_uri`, `invalid_client_metadata`,
// `invalid_software_statement`; Limited `too_many_attempts`.
func (s *Service) Register(ctx context.Context, m Metadata) (Registered, error) {
	if !s.Rules.Dynamic {
		return Registered{}, errOff
	}
	if err := s.People.Visited(ctx, "registration"); err != nil {
		return Registered{}, err
	}
	m.ClientID, m.Secret = "", ""
	m.defaults()
	if err := m.check(s.allowed); err != nil {
		return Registered{}, err
	}
	app, err := s.make(ctx, &m, "")
	if err != nil {
		return Registered{}, err
	}
	out := Registered{ClientID: app.PublicID, Issued: app.Created, Metadata: m}
	if m.AuthMethod == string(application.AuthNone) || m.AuthMethod == string(application.AuthJWT) {
		return out, nil
	}
	key, err := s.Applications.CreateKey(ctx, by(), app.ID, application.KeyDraft{Label: "Made at registration"})
	out.ClientID, out.Secret = key.ClientID, key.Secret
	return out, err
}

// make registers an application with its settings and a version that names the
// scopes. publicID is the client_id that it brings along, "" for a new one.
func (s *Service) make(ctx context.Context, m *Metadata, publicID string) (application.Application, error) {
	var none application.Application
	if err := found(m.client(application.Client{TokenFormat: application.FormatOpaque}).Check(s.Applications.Fetchable)); err != nil {
		return none, err
	}
	content, err := s.content(m)
	if err != nil {
		return none, err
	}
	d := application.Draft{Name: m.Name, Description: "Registered by itself. Nobody here has looked at it.", Homepage: m.URI}
	if f := d.Check(); len(f) > 0 {
		return none, invalid("client_name or client_uri: " + f[0].Detail)
	}
	app, err := s.Applications.RegisterAs(ctx, by(), s.Rules.Group, d, publicID)
	if problem.CodeOf(err) == "not_found" || problem.CodeOf(err) == "group_not_active" {
		return none, problem.Unavailable("registration_group_missing", "This platform takes no registrations at present: the group that they belong to is not there.", err)
	}
	if err != nil {
		return none, err
	}
	if err := s.set(ctx, app.ID, m); err != nil {
		return none, err
	}
	v, err := s.Releases.Draft(ctx, by(), app.ID, content)
	if err != nil {
		return none, err
	}
	_, err = s.Releases.Publish(ctx, by(), v.ID)
	return app, err
}

func (s *Service) set(ctx context.Context, id application.ID, m *Metadata) error {
	c := m.client(application.Client{})
	_, err := s.Applications.SetClient(ctx, by(), id, application.ClientPatch{RedirectURIs: &c.RedirectURIs, Public: &c.Public, Native: &c.Native,
		AuthMethod: &c.AuthMethod, JWKS: &c.JWKS, JWKSURI: &c.JWKSURI, DPoPBound: &c.DPoPBound})
	return err
}

// content is a version with the scopes that the client names, or all there are:
// none is required, so people choose.
func (s *Service) content(m *Metadata) (release.Content, error) {
	cat := s.Catalog.Get()
	names := cat.Scopes()
	if m.Scope != "" {
		names = nil
		for _, name := range strings.Fields(m.Scope) {
			switch name {
			case "openid", "profile", "email", "offline_access":
				continue
			}
			if _, ok := cat.Scope(name); !ok {
				return release.Content{}, invalid("scope names one that there is not.")
			}
			names = append(names, name)
		}
	}
	c := release.Content{Number: "1.0.0", Delegation: "consent"}
	for _, name := range names {
		c.Optional = append(c.Optional, release.Request{Scope: name, Purpose: "Asked for at registration."})
	}
	return c, nil
}
