package oauth

import (
	"net/http"

	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/kit/dpop"
)

// Where clients look us up (RFC 8414 section 3, OpenID Connect Discovery section
// 4). The issuer has no path, so both forms of RFC 8414 are one.
const (
	MetadataPath = "/.well-known/oauth-authorization-server"
	OpenIDPath   = "/.well-known/openid-configuration"
)

// metadata describes the server to its clients.
type metadata struct {
	Issuer            string   `json:"issuer"`
	Authorize         string   `json:"authorization_endpoint"`
	Token             string   `json:"token_endpoint"`
	Keys              string   `json:"jwks_uri"`
	Registration      string   `json:"registration_endpoint,omitempty"`
	Userinfo          string   `json:"userinfo_endpoint"`
	Push              string   `json:"pushed_authorization_request_endpoint"`
	Revoke            string   `json:"revocation_endpoint"`
	Introspect        string   `json:"introspection_endpoint"`
	Device            string   `json:"device_authorization_endpoint,omitempty"`
	Scopes            []string `json:"scopes_supported"`
	ResponseTypes     []string `json:"response_types_supported"`
	ResponseModes     []string `json:"response_modes_supported"`
	Grants            []string `json:"grant_types_supported"`
	TokenAuth         []string `json:"token_endpoint_auth_methods_supported"`
	TokenAuthSigning  []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	RevokeAuth        []string `json:"revocation_endpoint_auth_methods_supported"`
	IntrospectAuth    []string `json:"introspection_endpoint_auth_methods_supported"`
	ChallengeMethods  []string `json:"code_challenge_methods_supported"`
	DPoP              []string `json:"dpop_signing_alg_values_supported"`
	Issuers           bool     `json:"authorization_response_iss_parameter_supported"`
	PushRequired      bool     `json:"require_pushed_authorization_requests"`
	MetadataDocuments bool     `json:"client_id_metadata_document_supported"`
	Resources         []string `json:"protected_resources"`
	Subjects          []string `json:"subject_types_supported"`
	IdentitySigning   []string `json:"id_token_signing_alg_values_supported"`
	Prompts           []string `json:"prompt_values_supported"`
	Claims            []string `json:"claims_supported"`
	RequestURI        bool     `json:"request_uri_parameter_supported"`
	RequestParameter  bool     `json:"request_parameter_supported"`
	ClaimsParameter   bool     `json:"claims_parameter_supported"`
	Documentation     string   `json:"service_documentation"`
}

// scopes lists the scopes of the product and those about the person.
func (s *Server) scopes() []string {
	out := append([]string{}, authorization.IdentityScopes...)
	if cat := s.Catalog.Get(); cat != nil {
		out = append(out, cat.Scopes()...)
	}
	return out
}

func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) {
	registration := ""
	if s.Registry.Rules.Dynamic {
		registration = s.Issuer + RegisterPath
	}
	confidential := []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	all := append(append([]string{}, confidential...), "none")
	public(w, "application/json", metadata{
		Issuer: s.Issuer, Authorize: s.Issuer + AuthorizePath, Token: s.Issuer + TokenPath, Keys: s.Issuer + KeysPath, Userinfo: s.Issuer + UserinfoPath,
		Push: s.Issuer + PushPath, Revoke: s.Issuer + RevokePath, Introspect: s.Issuer + IntrospectPath, Device: s.Issuer + DevicePath,
		Registration: registration, MetadataDocuments: s.Registry.Rules.Documents,
		Scopes: s.scopes(), ResponseTypes: []string{"code"}, ResponseModes: []string{"query"}, Grants: s.grants(),
		TokenAuth: all, TokenAuthSigning: authorization.AssertionAlgorithms, RevokeAuth: all, IntrospectAuth: confidential,
		ChallengeMethods: []string{"S256"}, DPoP: dpop.Algorithms, Issuers: true, Resources: []string{s.Resource}, Subjects: []string{"public"},
		IdentitySigning: []string{authorization.Algorithm}, Prompts: []string{"none", "login", "consent", "select_account"},
		Claims:        []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "email", "email_verified"},
		Documentation: s.Issuer + "/docs",
	})
}

func (s *Server) grants() []string {
	return []string{grantCode, grantRefresh, grantClient, grantExchange, grantDevice}
}
