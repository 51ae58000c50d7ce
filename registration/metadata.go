package registration

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
)

// Metadata is what a client says about itself (RFC 7591 section 2). Members that
// are not here are left out, as section 2 asks.
type Metadata struct {
	ClientID        string          `json:"client_id,omitempty"` // in a document: its own address
	RedirectURIs    []string        `json:"redirect_uris,omitempty"`
	AuthMethod      string          `json:"token_endpoint_auth_method,omitempty"`
	GrantTypes      []string        `json:"grant_types,omitempty"`
	ResponseTypes   []string        `json:"response_types,omitempty"`
	Name            string          `json:"client_name,omitempty"`
	URI             string          `json:"client_uri,omitempty"`
	Logo            string          `json:"logo_uri,omitempty"`
	Terms           string          `json:"tos_uri,omitempty"`
	Privacy         string          `json:"policy_uri,omitempty"`
	Scope           string          `json:"scope,omitempty"`
	Keys            json.RawMessage `json:"jwks,omitempty"`
	KeysURI         string          `json:"jwks_uri,omitempty"`
	ApplicationType string          `json:"application_type,omitempty"`
	SoftwareID      string          `json:"software_id,omitempty"`
	SoftwareVersion string          `json:"software_version,omitempty"`
	Statement       string          `json:"software_statement,omitempty"`
	Bound           bool            `json:"dpop_bound_access_tokens,omitempty"`
	Secret          string          `json:"client_secret,omitempty"`
}

// The grant types that a client may register for.
var grantTypes = []string{"authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"}

func invalid(detail string) *problem.Error { return problem.Invalid("invalid_client_metadata", detail) }

func invalidRedirect(detail string) *problem.Error {
	return problem.Invalid("invalid_redirect_uri", detail)
}

// defaults fills in what RFC 7591 section 2 says about members that are not there.
func (m *Metadata) defaults() {
	if m.AuthMethod == "" {
		m.AuthMethod = string(application.AuthBasic)
	}
	if len(m.GrantTypes) == 0 {
		m.GrantTypes = []string{"authorization_code"}
	}
	if len(m.ResponseTypes) == 0 {
		m.ResponseTypes = []string{"code"}
	}
	if m.Name == "" && len(m.RedirectURIs) > 0 {
		if u, err := url.Parse(m.RedirectURIs[0]); err == nil {
			m.Name = u.Hostname()
		}
	}
}

// check judges the form. allowed says whether a host is on the operator's list.
func (m *Metadata) check(allowed func(host string) bool) error {
	switch {
	case m.Statement != "":
		return problem.Invalid("invalid_software_statement", "Software statements are not supported.")
	case len(m.RedirectURIs) == 0:
		return invalidRedirect("redirect_uris is missing.")
	case len(m.ResponseTypes) != 1 || m.ResponseTypes[0] != "code":
		return invalid("response_types is code, and nothing else.")
	case !slices.Contains(m.GrantTypes, "authorization_code"):
		return invalid("grant_types has authorization_code among them.")
	case m.ApplicationType != "" && m.ApplicationType != "web" && m.ApplicationType != "native":
		return invalid("application_type is web or native.")
	}
	for _, g := range m.GrantTypes {
		if !slices.Contains(grantTypes, g) {
			return invalid("A client that registers itself acts for people: grant_types is " + strings.Join(grantTypes, ", ") + ".")
		}
	}
	for _, raw := range m.RedirectURIs {
		u, err := url.Parse(raw)
		if err != nil || !allowed(u.Hostname()) {
			return invalidRedirect("A redirect URI is not on a domain that this platform accepts registrations from.")
		}
	}
	for _, raw := range []string{m.URI, m.Logo, m.Terms, m.Privacy, m.KeysURI} {
		u, err := url.Parse(raw)
		if raw != "" && (err != nil || u.Scheme != "https" || !allowed(u.Hostname())) {
			return invalid("An address is not https on a domain that this platform accepts registrations from.")
		}
	}
	return nil
}

// client gives the OAuth settings that the metadata ask for.
func (m *Metadata) client(c application.Client) application.Client {
	c.RedirectURIs, c.AuthMethod = m.RedirectURIs, application.AuthMethod(m.AuthMethod)
	c.Public = c.AuthMethod == application.AuthNone
	c.Native = c.Public && m.ApplicationType == "native"
	c.JWKS, c.JWKSURI, c.DPoPBound = m.Keys, m.KeysURI, m.Bound
	return c
}

// found says findings about settings in the words of RFC 7591 section 3.2.2.
func found(f []problem.Field) error {
	if len(f) == 0 {
		return nil
	}
	if strings.HasPrefix(f[0].Pointer, "/redirect_uris") {
		return invalidRedirect(f[0].Detail)
	}
	return invalid(strings.TrimPrefix(f[0].Pointer, "/") + ": " + f[0].Detail)
}

// DocumentURL reports whether a client_id is the address of a document: https, a
// host, a path, nothing else, and no other spelling of the same.
func DocumentURL(id string) (host string, ok bool) {
	rest, found := strings.CutPrefix(id, "https://")
	if !found || len(id) > 500 || strings.ContainsAny(rest, "?#@\\% ") || strings.Contains(rest, "/.") || strings.Contains(rest, "//") {
		return "", false
	}
	u, err := url.Parse(id)
	if err != nil || u.Port() != "" || len(u.Path) < 2 || u.String() != id || strings.ToLower(u.Host) != u.Host {
		return "", false
	}
	return u.Hostname(), true
}
