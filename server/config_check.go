package server

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/quota"
)

// configCheck collects findings, each with the mend.
type configCheck struct {
	Config
	found []problem.Field
}

func (c *configCheck) say(bad bool, key, detail string) {
	if bad {
		c.found = append(c.found, problem.Field{Pointer: key, Code: "config_invalid", Detail: detail})
	}
}

// Check refuses settings that are weak or cannot work, each with the mend.
// Error: Invalid `config_invalid`.
func (c Config) Check() error {
	k := &configCheck{Config: c}
	k.addresses()
	k.doors()
	k.secrets()
	k.rest()
	k.say(c.Apps.Within < 1 || c.Apps.Within > 365, "applications.review_days", "1 to 365.")
	k.say(c.Apps.KeyAge < 1 || c.Apps.KeyAge > 3650, "applications.key_days", "1 to 3650.")
	k.say(c.Apps.Drafts < 1 || c.Apps.Drafts > 100, "applications.draft_versions", "1 to 100.")
	k.say(c.Apps.Lines < 1 || c.Apps.Lines > 1000, "applications.live_versions", "1 to 1000.")
	k.say(c.Groups.Sandboxes < 0 || c.Groups.Sandboxes > 100, "groups.sandboxes", "0 to 100.")
	k.say(c.Programme.Decide < 1 || c.Programme.Decide > 90, "programme.decide_days", "1 to 90.")
	k.say(c.Programme.Notice < 1 || c.Programme.Notice > 90, "programme.notice_days", "1 to 90.")
	k.say(c.Apps.Most < 0 || c.Apps.Most > 100_000, "applications.unverified_customers", "0 to 100,000.")
	k.say(c.Apps.Unverified != UnverifiedRefuse && c.Apps.Unverified != UnverifiedWarn, "applications.unverified_installs", "refuse or warn.")
	if len(k.found) > 0 {
		return problem.Invalid("config_invalid", "The configuration needs another look.", k.found...)
	}
	return nil
}

func (c *configCheck) addresses() {
	for _, a := range []struct{ key, url string }{{"url", c.URL}, {"gateway.url", c.Gateway.URL}} {
		u, err := url.Parse(a.url)
		switch {
		case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" || u.Scheme != "https" && u.Scheme != "http":
			c.say(true, a.key, "Give the public address, such as https://integrations.example.com, without a path.")
		default:
			c.say(u.Scheme == "http" && !loopback(u.Host), a.key, "Beyond this machine the public address must be https://.")
		}
	}
	c.say(c.Gateway.Audience == "", "gateway.audience", "Name the audience that the product checks in the signed identity header.")
	c.say(c.Catalog == "", "catalog", "Name the catalog file; guestright init writes a first one.")
	u, err := url.Parse(c.Database)
	withPassword := false
	if err == nil && u.User != nil {
		_, withPassword = u.User.Password()
	}
	c.say(c.Database == "", "database", "Name a SQLite file or a PostgreSQL address.")
	c.say(strings.Contains(c.Database, "://") && (err != nil || !slices.Contains([]string{"postgres", "postgresql"}, u.Scheme)),
		"database", "Give the path of a SQLite file, or postgres://user@host/name.")
	c.say(withPassword || err == nil && u.Query().Has("password"), "database",
		"A password does not stand in the configuration: put it into a pgpass file and name that with ?passfile=/path.")
}

// doors refuses clear text beyond this machine (only a proxy that is named may
// end TLS for us), and strangers at the private doors.
func (c *configCheck) doors() {
	covered := c.TLS.Certificate != "" || len(c.Proxy.Trusted) > 0
	const mend = "Listening beyond loopback needs tls.certificate_file and tls.key_file, or behind_proxy.trusted when a proxy ends TLS."
	c.say(c.Listen == "", "listen", "Give an address such as 127.0.0.1:8480.")
	c.say(!covered && !loopback(c.Listen), "listen", mend)
	c.say(!covered && c.Gateway.Listen != "" && !loopback(c.Gateway.Listen), "gateway.listen", mend)
	c.say((c.TLS.Certificate == "") != (c.TLS.Key == ""), "tls", "Give both certificate_file and key_file.")
	c.say(c.Watch.Listen != "" && !loopback(c.Watch.Listen), "watch.listen", "Health and metrics stay on loopback: they are served without TLS and without sign-in.")
	for _, l := range []struct{ key, addr string }{{"checks.listen", c.Checks.Listen}, {"checks.grpc", c.Checks.GRPC}} {
		c.say(l.addr != "" && !loopback(l.addr) && c.Checks.Key == "", l.key, "Beyond loopback the proxies must show a key: set checks.key_file.")
	}
	c.say(c.Checks.Family != gateway.FamilyOriginal && c.Checks.Family != gateway.FamilyForwarded, "checks.family", "original for nginx, forwarded for Caddy and Traefik.")
	for _, l := range []struct {
		key      string
		networks []string
	}{{"behind_proxy.trusted", c.Proxy.Trusted}, {"checks.trusted", c.Checks.Trust}} {
		_, err := web.ParseProxies(l.networks)
		c.say(err != nil, l.key, "Name the proxies' networks, such as 10.1.2.0/24; everybody (0.0.0.0/0) is refused.")
	}
	for i, l := range c.listens() {
		c.say(slices.ContainsFunc(c.listens()[:i], func(before listen) bool { return before.addr == l.addr && !strings.HasSuffix(l.addr, ":0") }),
			l.key, "Another listener has this address already; each needs its own.")
		_, _, err := net.SplitHostPort(l.addr)
		c.say(err != nil, l.key, "Give host and port, such as 127.0.0.1:8480.")
	}
}

type listen struct{ key, addr string }

func (c *configCheck) listens() []listen {
	return slices.DeleteFunc([]listen{{"listen", c.Listen}, {"gateway.listen", c.Gateway.Listen}, {"checks.listen", c.Checks.Listen},
		{"checks.grpc", c.Checks.GRPC}, {"watch.listen", c.Watch.Listen}}, func(l listen) bool { return l.addr == "" })
}

func (c *configCheck) secrets() {
	c.say(c.MasterKey == "", "master_key_file", "Name the file of the master key.")
	c.say((c.Hook.URL == "") != (c.Hook.Secret == ""), "provisioning_hook", "Give both url and secret_file.")
	c.say((c.Host.URL == "") != (c.Host.Secret == ""), "host", "Give both tasks_url and tasks_secret_file.")
	if u, err := url.Parse(c.Host.URL); c.Host.URL != "" {
		c.say(err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http", "host.tasks_url", "Give the address at which your product takes tasks, such as https://product.example.com/tasks.")
	}
	c.say((c.AWS.ID == "") != (c.AWS.Secret == ""), "aws", "Give both access_key_id and secret_access_key_file.")
	o := c.SignIn.OIDC
	c.say(o.Issuer != "" && (o.ClientID == "" || o.Secret == ""), "sign_in.oidc", "An issuer needs client_id and client_secret_file.")
	if u, err := url.Parse(o.Issuer); o.Issuer != "" {
		c.say(err != nil || u.Host == "" || u.Scheme != "https" && !loopback(u.Host), "sign_in.oidc.issuer", "The issuer is an https:// address.")
	}
	m := c.Mail
	c.say(m.Host != "" && m.From == "", "mail.from", "Mail needs a sender's address.")
	c.say(m.Host != "" && m.Insecure && !loopback(m.Host), "mail.plain_text", "Mail without TLS goes to a relay on loopback only.")
	c.say(m.User != "" && m.Password == "", "mail.password_file", "A user name needs a password file.")
}

func (c *configCheck) rest() {
	r := c.Register
	c.say((r.Dynamic || r.Documents) && len(r.Domains) == 0, "registration.domains", "Registration needs the domains that clients may come from, such as example.com.")
	c.say((r.Dynamic || r.Documents) && r.Group == "", "registration.group", "Registration needs the id of a developer group for the clients, such as grp_….")
	for _, d := range r.Domains {
		c.say(d == "" || strings.ContainsAny(d, "*/:@ ") || strings.ToLower(d) != d || strings.HasPrefix(d, ".") || d != "localhost" && !strings.Contains(d, "."),
			"registration.domains", "Name domains in lower case, such as example.com, without scheme, port and wildcard; subdomains belong to them.")
	}
	c.lives()
	c.say(c.Tokens.Most < 1, "tokens.account_limit", "At least 1.")
	c.say(c.Tokens.MinIdle < 16 || c.Tokens.MinIdle > 3650, "tokens.min_idle_days", "Between 16, so that there is time for the notices, and 3650.")
	c.say(c.Events.Keep < 7 || c.Events.Keep > 3650, "events.keep_days", "Between 7, because a receiver may be away for five days, and 3650.")
	c.say(c.Events.Counts < c.Events.Keep || c.Events.Counts > 3650, "events.keep_counts_days", "At least events.keep_days, and at most 3650.")
	c.say(c.Gateway.Timeout <= 0, "gateway.timeout", "A time span above zero, such as 60s.")
	c.say(c.Mail.Port < 1 || c.Mail.Port > 65535, "mail.port", "A port is between 1 and 65535.")
	styles := []quota.Style{quota.StyleNone, quota.StyleXRate, quota.StyleXRateReal, quota.StyleInterval}
	c.say(!slices.Contains(styles, c.Gateway.Headers), "gateway.compatible_headers", "x-ratelimit, x-rate-limit or x-ratelimit-interval.")
	for _, n := range c.Outbound.Networks {
		p, err := netip.ParsePrefix(n)
		c.say(err != nil || p.Bits() == 0, "outbound.allowed_networks", "Name networks as CIDR, such as 10.20.0.0/16; everything (0.0.0.0/0) is refused.")
	}
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
