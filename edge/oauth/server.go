package oauth

import (
	"context"
	"net/http"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/dpop"
	"github.com/guestright/guestright/registration"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// Where the endpoints are, below the issuer.
const (
	AuthorizePath  = "/oauth/authorize"
	TokenPath      = "/oauth/token"
	PushPath       = "/oauth/par"
	RevokePath     = "/oauth/revoke"
	IntrospectPath = "/oauth/introspect"
	// RegisterPath is where clients register themselves, if they may.
	RegisterPath = "/oauth/register"
	// InstallationPath tells an application about its installation.
	InstallationPath = "/oauth/installation"
	RecoverPath      = "/oauth/recover"
	DevicePath       = "/oauth/device"
	UserinfoPath     = "/oauth/userinfo"
	KeysPath         = "/oauth/jwks.json"
)

// Server is the authorization server's door.
type Server struct {
	Issuer         string // exactly as tokens and metadata name it
	Resource       string // of the gateway
	Authorizations *authorization.Service
	Clients        *authorization.Clients
	Registry       *registration.Service
	Signer         *authorization.Signer
	Bearers        *token.Authenticator
	Tokens         *token.Service
	Products       *token.Products
	Identity       *identity.Service
	Catalog        *catalog.Current
	Usage          *usage.Recorder
	Nonces         *dpop.Nonces // that proofs have to carry; nil: none
	Now            func() time.Time
	// Session finds who is signed in with the browser that sends r; the zero
	// Principal when nobody is.
	Session func(ctx context.Context, r *http.Request) (access.Principal, identity.Session, error)
	// Page shows a person what went wrong where no client may hear of it.
	Page func(w http.ResponseWriter, r *http.Request, status int, err error)
}

// Mount registers every endpoint.
func (s *Server) Mount(mux *http.ServeMux) {
	mux.HandleFunc(TokenPath, s.endpoint(s.token, open))
	mux.HandleFunc(AuthorizePath, s.authorize)
	mux.HandleFunc(PushPath, s.endpoint(s.push, closed))
	mux.HandleFunc(RevokePath, s.endpoint(s.revoke, open))
	mux.HandleFunc(RegisterPath, s.register)
	mux.HandleFunc(InstallationPath, s.installation)
	mux.HandleFunc(DevicePath, s.endpoint(s.device, open))
	mux.HandleFunc(RecoverPath, s.endpoint(s.recover, closed))
	mux.HandleFunc(IntrospectPath, s.introspect)
	mux.HandleFunc(UserinfoPath, s.userinfo)
	mux.HandleFunc("GET "+KeysPath, s.keys)
	mux.HandleFunc("GET "+MetadataPath, s.metadata)
	mux.HandleFunc("GET "+OpenIDPath, s.metadata)
}
