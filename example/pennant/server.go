package pennant

import (
	"errors"
	"net/http"
	"time"

	"github.com/guestright/guestright/client/identity"
)

// Config is what Pennant needs to run.
type Config struct {
	// Dir is an existing directory for the database file.
	Dir string
	// Issuer, Audience and JWKSURL say whose identities are accepted; see identity.Verifier.
	Issuer, Audience, JWKSURL string
	// HookSecret is what Guestright shows at /guestright/hooks; at least 16 bytes.
	HookSecret string
	// HTTP fetches the signing keys. Nil: the verifier's own client.
	HTTP *http.Client
	// Now is the clock. Nil: the system's.
	Now func() time.Time
}

// Server is Pennant.
type Server struct {
	store      *store
	verifier   *identity.Verifier
	hookSecret string
	handler    http.Handler
}

// New opens the database, creating it when there is none. Errors are those of the configuration and of the file.
func New(c Config) (*Server, error) {
	if c.Dir == "" || c.Issuer == "" || c.Audience == "" || c.JWKSURL == "" {
		return nil, errors.New("pennant: Dir, Issuer, Audience and JWKSURL are needed")
	}
	if len(c.HookSecret) < 16 {
		return nil, errors.New("pennant: HookSecret needs at least 16 bytes")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	st, err := openStore(c.Dir, c.Now)
	if err != nil {
		return nil, err
	}
	s := &Server{
		store: st, hookSecret: c.HookSecret,
		verifier: &identity.Verifier{Issuer: c.Issuer, Audience: c.Audience, JWKSURL: c.JWKSURL, HTTP: c.HTTP, Now: c.Now},
	}
	s.handler = s.routes()
	return s, nil
}

// Handler serves the API, the hooks, the API description and a health check.
func (s *Server) Handler() http.Handler { return s.handler }

// EndStreams ends every open stream, and new ones at once; a listening server calls it when it shuts down.
func (s *Server) EndStreams() { s.store.bell.close() }

// Close ends the streams and closes the database. Requests should have ended before.
func (s *Server) Close() error {
	s.EndStreams()
	return s.store.db.Close()
}
