package connection

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// How we show our client's secret to the partner (RFC 6749, section 2.3.1).
const (
	Basic = "basic"
	Post  = "post"
)

// Partner is the OAuth server of a partner, and what we are there.
type Partner struct {
	Application   string    `json:"application"`
	Authorization string    `json:"authorization_endpoint"`
	Token         string    `json:"token_endpoint"`
	Issuer        string    `json:"issuer,omitempty"`
	ClientID      string    `json:"client_id"`
	Method        string    `json:"client_auth" enum:"basic,post"`
	Scopes        []string  `json:"scopes" nullable:"false"`
	BaseURI       string    `json:"base_uri,omitempty"`
	Hosts         []string  `json:"base_hosts" nullable:"false"`
	Updated       time.Time `json:"updated"`

	secret string // sealed
}

// PartnerDraft is what a developer enters.
type PartnerDraft struct {
	Authorization string   `json:"authorization_endpoint" maxLength:"1000" doc:"Where the administrator consents: an https address, or a path such as /oauth/authorize below the customer's base URI"`
	Token         string   `json:"token_endpoint" maxLength:"1000" doc:"Where codes are exchanged: the same"`
	Issuer        string   `json:"issuer,omitempty" maxLength:"1000" doc:"As the server names itself (RFC 9207). An answer that names another is refused"`
	ClientID      string   `json:"client_id" maxLength:"500" doc:"Ours at the partner"`
	Secret        string   `json:"client_secret,omitempty" maxLength:"4000" doc:"Stays as it is when absent; nothing shows it again"`
	Method        string   `json:"client_auth,omitempty" enum:",basic,post" doc:"How the secret is shown: basic when absent"`
	Scopes        []string `json:"scopes,omitempty" maxItems:"100"`
	BaseURI       string   `json:"base_uri,omitempty" maxLength:"1000" doc:"Where the partner's API is; when absent, each administrator enters it"`
	Hosts         []string `json:"base_hosts,omitempty" maxItems:"20" doc:"Hosts at which the base URI of an administrator may be, such as *.service.com. Needed when an endpoint is a path, since the client secret is shown there"`
}

// bound names the row that the secret is sealed for.
func (p Partner) bound() string { return "connection_partner|" + p.Application }

// asks reports whether an administrator enters the base URI.
func (p Partner) asks() bool { return p.BaseURI == "" }

// admits reports whether a customer's instance may be at a base URI. Whoever enters
// it chooses where our client's secret goes, so it is the developer who says which
// hosts are the partner's.
func (p Partner) admits(base string) bool {
	if !p.asks() || len(p.Hosts) == 0 && !p.below() {
		return true
	}
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	return slices.ContainsFunc(p.Hosts, func(h string) bool {
		if end, any := strings.CutPrefix(h, "*"); any {
			return strings.HasSuffix(host, end) && len(host) > len(end)
		}
		return host == h
	})
}

// below reports whether an endpoint is below the base URI.
func (p Partner) below() bool {
	return strings.HasPrefix(p.Authorization, "/") || strings.HasPrefix(p.Token, "/")
}

// hostPattern is a name of two labels or more, before which *. stands for any.
var hostPattern = regexp.MustCompile(`^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$`)

// at gives an endpoint for a base URI.
func at(endpoint, base string) string {
	if strings.HasPrefix(endpoint, "/") {
		return strings.TrimRight(base, "/") + endpoint
	}
	return endpoint
}

// checker judges an address: kit/outbound's CheckURL.
type checker func(string) error

// take takes a draft over, or gives what is wrong with it.
func (p *Partner) take(d PartnerDraft, check checker) error {
	var f []problem.Field
	say := func(at, detail string) {
		f = append(f, problem.Field{Pointer: at, Code: "malformed", Detail: detail})
	}
	endpoint := func(name, raw string) {
		path := strings.HasPrefix(raw, "/") && d.BaseURI == ""
		if path {
			raw = "https://example.com" + raw
		}
		if u, err := url.Parse(raw); err != nil || u.Fragment != "" || check(raw) != nil {
			say("/"+name, "An https address of the partner's, or a path when each customer has a base URI.")
		}
	}
	endpoint("authorization_endpoint", d.Authorization)
	endpoint("token_endpoint", d.Token)
	if u, err := url.Parse(d.Issuer); d.Issuer != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		say("/issuer", "An https address.")
	}
	if _, err := base(d.BaseURI, check); d.BaseURI != "" && err != nil {
		say("/base_uri", "An https address without ? and #.")
	}
	paths := strings.HasPrefix(d.Authorization, "/") || strings.HasPrefix(d.Token, "/")
	if slices.ContainsFunc(d.Hosts, func(h string) bool { return !hostPattern.MatchString(h) }) || d.BaseURI == "" && paths && len(d.Hosts) == 0 {
		say("/base_hosts", "The hosts of the partner's instances in small letters, such as *.service.com: at least one when an endpoint is a path.")
	}
	if d.ClientID == "" || !printable(d.ClientID) {
		say("/client_id", "What the partner calls us: printable characters.")
	}
	if !printable(d.Secret) || d.Secret == "" && p.secret == "" {
		say("/client_secret", "Printable characters.")
	}
	if slices.ContainsFunc(d.Scopes, func(s string) bool { return s == "" || !printable(s) || strings.Contains(s, " ") }) {
		say("/scopes", "Printable characters without spaces.")
	}
	if len(f) > 0 {
		return problem.Invalid("partner_invalid", "Some of the fields need another look.", f...)
	}
	p.Authorization, p.Token, p.Issuer, p.ClientID, p.Scopes, p.BaseURI = d.Authorization, d.Token, d.Issuer, d.ClientID, append([]string{}, d.Scopes...), strings.TrimRight(d.BaseURI, "/")
	p.Hosts = append([]string{}, d.Hosts...)
	if p.Method = d.Method; p.Method == "" {
		p.Method = Basic
	}
	return nil
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// base reads a base URI: https, no query, no slash at the end.
func base(raw string, check checker) (string, error) {
	raw = strings.TrimRight(strings.TrimSpace(raw), "/")
	u, err := url.Parse(raw)
	if err != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(raw, "?#") || len(raw) > 1000 {
		return "", problem.Invalid("base_uri_invalid", "Enter the address of your own instance, such as https://example.service.com.", problem.Field{Pointer: "/base_uri", Code: "malformed", Detail: "An https address without ? and #."})
	}
	if err := check(raw); err != nil {
		return "", problem.Invalid("base_uri_invalid", "Enter the address of your own instance, such as https://example.service.com.", problem.Field{Pointer: "/base_uri", Code: "malformed", Detail: "An https address that can be reached from here."}).Because(err)
	}
	return raw, nil
}

// tokens are what the partner's token endpoint has given.
type tokens struct {
	access, refresh secret.Text
	lifetime        time.Duration // 0: it does not say
	scopes          string
}
