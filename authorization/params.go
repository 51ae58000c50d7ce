package authorization

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// Limits of a request's parameters, in bytes.
const (
	StateMost  = 8 << 10
	nonceMost  = 1 << 10
	scopesMost = 200 // names
)

// verifierLeast and verifierMost bound a PKCE verifier (RFC 7636 section 4.1);
// an S256 challenge has as many characters as base64url needs for 32 bytes.
const (
	verifierLeast = 43
	verifierMost  = 128
	challengeLen  = 43
)

// The scopes of OpenID Connect Core section 5.4 that concern the person, not the
// product, and offline_access, which changes nothing: refresh tokens come anyway.
const (
	OpenID  = "openid"
	Profile = "profile"
	Email   = "email"
	Offline = "offline_access"
)

// IdentityScopes are the scopes that open nothing in the product.
var IdentityScopes = []string{OpenID, Profile, Email, Offline}

// Params are the parameters of an authorization request.
type Params struct {
	ClientID      string   `json:"client_id"`
	RedirectURI   string   `json:"redirect_uri"`
	RedirectGiven bool     `json:"redirect_given"` // then the token request must repeat it
	State         string   `json:"state"`          // the client's, returned as it came
	Nonce         string   `json:"nonce"`
	Challenge     string   `json:"code_challenge"`
	Scopes        []string `json:"scope"`    // of the product, as asked; none: what the version requires
	Identity      []string `json:"identity"` // of IdentityScopes
	Resources     []string `json:"resource"`
	Account       string   `json:"account_id"` // the account that the client has in mind
	Prompts       []string `json:"prompt"`
	MaxAge        int64    `json:"max_age"` // seconds since the last sign-in; -1: not asked
	Confirmation  string   `json:"dpop_jkt"`
}

// single gives a parameter that may stand once; more are as bad as none.
func single(form url.Values, name string) string {
	if len(form[name]) != 1 {
		return ""
	}
	return form[name][0]
}

func bad(code, detail string) *problem.Error { return problem.Invalid(code, detail) }

// Once fails when a parameter stands twice (RFC 6749 section 3.1); resource may
// (RFC 8707 section 2), and so may audience (RFC 8693 section 2.1).
func Once(form url.Values) error {
	for name, values := range form {
		if len(values) > 1 && name != "resource" && name != "audience" {
			return bad("invalid_request", "Each parameter may stand once only.")
		}
		for _, v := range values {
			if strings.ContainsRune(name, 0) || strings.ContainsRune(v, 0) {
				return bad("invalid_request", "The request cannot be read.")
			}
		}
	}
	return nil
}

// ReadParams reads what a client asks for. It judges form only: what the client
// is allowed is the operation's business. Errors: Invalid with OAuth's own name
// as code, or `pkce_required`, `pkce_method`.
func ReadParams(form url.Values) (Params, error) {
	p := Params{MaxAge: -1, RedirectURI: single(form, "redirect_uri"), RedirectGiven: form.Has("redirect_uri"), State: single(form, "state")}
	if err := Once(form); err != nil {
		return p, err
	}
	p.ClientID, p.Nonce = form.Get("client_id"), form.Get("nonce")
	p.Account, p.Confirmation, p.Challenge = form.Get("account_id"), form.Get("dpop_jkt"), form.Get("code_challenge")
	p.Resources = form["resource"]
	for _, s := range strings.Fields(form.Get("scope")) {
		into := &p.Scopes
		if slices.Contains(IdentityScopes, s) {
			into = &p.Identity
		}
		if !slices.Contains(*into, s) {
			*into = append(*into, s)
		}
	}
	p.Prompts = strings.Fields(form.Get("prompt"))
	return p, p.check(form)
}

func (p *Params) check(form url.Values) error {
	switch {
	case form.Has("request"):
		return bad("request_not_supported", "Request objects are not supported. Push the request instead (RFC 9126).")
	case form.Get("response_type") == "":
		return bad("invalid_request", "response_type is missing. Use response_type=code.")
	case form.Get("response_type") != "code":
		return bad("unsupported_response_type", "Only response_type=code is supported.")
	case form.Get("response_mode") != "" && form.Get("response_mode") != "query":
		return bad("invalid_request", "Only response_mode=query is supported.")
	case len(p.State) > StateMost || len(p.Nonce) > nonceMost:
		return bad("invalid_request", "state or nonce is too long.")
	case len(p.Scopes) > scopesMost:
		return bad("invalid_scope", "These are too many scopes.")
	case form.Get("code_challenge_method") == "plain" || p.Challenge != "" && form.Get("code_challenge_method") == "":
		return bad("pkce_method", "Use code_challenge_method=S256.")
	case p.Challenge == "":
		return bad("pkce_required", "code_challenge is missing. PKCE is required of every client (RFC 7636).")
	case form.Get("code_challenge_method") != "S256":
		return bad("pkce_method", "Use code_challenge_method=S256.")
	case len(p.Challenge) != challengeLen || !base64url(p.Challenge):
		return bad("invalid_request", "code_challenge is not the base64url form of a SHA-256 hash.")
	case p.Confirmation != "" && (len(p.Confirmation) != challengeLen || !base64url(p.Confirmation)):
		return bad("invalid_request", "dpop_jkt is not a key's thumbprint.")
	case p.Asks("none") && len(p.Prompts) > 1:
		return bad("invalid_request", "prompt=none stands alone.")
	}
	for _, prompt := range p.Prompts {
		if !slices.Contains([]string{"none", "login", "consent", "select_account"}, prompt) {
			return bad("invalid_request", "prompt is none, login, consent or select_account.")
		}
	}
	if raw := form.Get("max_age"); raw != "" {
		n, err := strconv.ParseInt(raw, 10, 32)
		if err != nil || n < 0 {
			return bad("invalid_request", "max_age is a number of seconds.")
		}
		p.MaxAge = n
	}
	return nil
}

// Asks reports whether a prompt is among those asked for.
func (p *Params) Asks(prompt string) bool { return slices.Contains(p.Prompts, prompt) }

// SignInAfter is how recently the person must have signed in for a request made
// at created and answered at now; zero: whenever.
func (p *Params) SignInAfter(created, now time.Time) time.Time {
	var after time.Time
	if p.MaxAge >= 0 {
		after = now.Add(-time.Duration(p.MaxAge) * time.Second)
	}
	if p.MaxAge == 0 || p.Asks("login") || p.Asks("select_account") {
		after = created
	}
	return after
}

func base64url(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
