package server

import (
	"net"
	"net/url"
	"path/filepath"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/quota"
)

// Config is everything that an operator may set. Secrets are named by file.
type Config struct {
	URL       string     `yaml:"url" doc:"Public address of this service; issuer of tokens and base of every link"`
	Listen    string     `yaml:"listen" doc:"Console, API and token endpoint"`
	Database  string     `yaml:"database" doc:"Path of a SQLite file, or postgres://…"`
	MasterKey string     `yaml:"master_key_file" doc:"File with the master key (mode 0600); made at the first start when absent"`
	Catalog   string     `yaml:"catalog" doc:"The catalog file"`
	Gateway   GatewayCfg `yaml:"gateway"`
	Checks    ChecksCfg  `yaml:"checks"`
	Watch     WatchCfg   `yaml:"watch"`
	TLS       TLSCfg     `yaml:"tls"`
	Proxy     ProxyCfg   `yaml:"behind_proxy"`
	Mail      MailCfg    `yaml:"mail"`
	Tokens    TokensCfg  `yaml:"tokens"`
	Hook      HookCfg    `yaml:"provisioning_hook"`
	Groups    GroupsCfg  `yaml:"groups"`
	SignIn    SignInCfg  `yaml:"sign_in"`
	Outbound  OutCfg     `yaml:"outbound"`

	dir string // of the configuration file; relative paths begin here
}

// GatewayCfg is the door for third-party calls.
type GatewayCfg struct {
	Listen   string      `yaml:"listen" doc:"Where third parties call"`
	URL      string      `yaml:"url" doc:"Public address of the gateway, for examples in the console"`
	Hosts    []string    `yaml:"hosts" doc:"Host names it answers for; empty: any"`
	Audience string      `yaml:"audience" doc:"aud of the signed identity header that the product checks"`
	Headers  quota.Style `yaml:"compatible_headers" doc:"Older rate-limit headers besides the standard ones: x-ratelimit, x-rate-limit or x-ratelimit-interval"`
	LogAll   bool        `yaml:"log_all" doc:"Log calls that pass, too; refusals are always logged"`
	Timeout  Duration    `yaml:"timeout" doc:"How long the product may take to begin its answer"`
}

// ChecksCfg is the listener for the operator's own proxies.
type ChecksCfg struct {
	Listen string   `yaml:"listen" doc:"Forward-auth endpoint for nginx, Caddy and Traefik; empty: off"`
	GRPC   string   `yaml:"grpc" doc:"Envoy ext_authz (gRPC); empty: off"`
	Key    string   `yaml:"key_file" doc:"File with a key that the proxy sends as Guestright-Check-Key; empty on loopback only"`
	Trust  []string `yaml:"trusted" doc:"Networks of the proxies that may ask"`
}

// WatchCfg is the listener for health and metrics.
type WatchCfg struct {
	Listen string `yaml:"listen" doc:"Health, readiness and metrics; keep it private"`
}

// TLSCfg names certificate files.
type TLSCfg struct {
	Certificate string `yaml:"certificate_file"`
	Key         string `yaml:"key_file"`
}

// ProxyCfg is the explicit setting for a proxy in front that ends TLS.
type ProxyCfg struct {
	Trusted []string `yaml:"trusted" doc:"Networks whose X-Forwarded-For is believed; none by default, everybody is refused"`
}

// MailCfg is how mail goes out; without host it stays in the outbox.
type MailCfg struct {
	Host     string `yaml:"host"`
	Port     int    `yaml:"port"`
	From     string `yaml:"from"`
	User     string `yaml:"user"`
	Password string `yaml:"password_file"`
	Insecure bool   `yaml:"plain_text" doc:"Send without TLS, for a relay on loopback only"`
}

// TokensCfg sets lifetimes.
type TokensCfg struct {
	Access Duration `yaml:"access_life" doc:"Lifetime of access tokens"`
}

// HookCfg is where the product creates integration users.
type HookCfg struct {
	URL    string `yaml:"url"`
	Secret string `yaml:"secret_file"`
}

// GroupsCfg is the naming rule of developer groups.
type GroupsCfg struct {
	Forbidden []string `yaml:"forbidden_words"`
	Required  []string `yaml:"required_words"`
	Hint      string   `yaml:"name_hint"`
}

// SignInCfg says how people may sign in.
type SignInCfg struct {
	SignUp bool    `yaml:"sign_up" doc:"Anyone may sign up as a developer"`
	OIDC   OIDCCfg `yaml:"oidc"`
}

// OIDCCfg is the operator's own identity provider.
type OIDCCfg struct {
	Issuer   string `yaml:"issuer"`
	ClientID string `yaml:"client_id"`
	Secret   string `yaml:"client_secret_file"`
	Name     string `yaml:"name" doc:"Text of the button"`
	Accounts string `yaml:"accounts_claim" doc:"Claim that lists the keys of the person's accounts"`
	Admin    string `yaml:"administrator_claim" doc:"Claim that lists the keys of accounts that the person administers"`
}

// OutCfg loosens the guard on outbound calls; every exception is audited.
type OutCfg struct {
	Networks []string `yaml:"allowed_networks" doc:"Private networks that strangers' URLs may reach, as CIDR"`
}

// Duration is a time span as people write it: 90s, 10m, 1h.
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Defaults is a configuration that works for a trial on this machine.
func Defaults() Config {
	return Config{
		URL: "http://127.0.0.1:8480", Listen: "127.0.0.1:8480", Database: "guestright.db", MasterKey: "master.key", Catalog: "catalog.yaml",
		Gateway: GatewayCfg{Listen: "127.0.0.1:8490", URL: "http://127.0.0.1:8490", Audience: "product", Timeout: Duration(60 * time.Second)},
		Watch:   WatchCfg{Listen: "127.0.0.1:8470"},
		Mail:    MailCfg{Port: 587},
		Tokens:  TokensCfg{Access: Duration(time.Hour)},
		SignIn:  SignInCfg{SignUp: true},
	}
}

func (c Config) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// Check refuses settings that are weak or cannot work, each with the mend.
func (c Config) Check() error {
	var f []problem.Field
	add := func(key, detail string) {
		f = append(f, problem.Field{Pointer: key, Code: "config_invalid", Detail: detail})
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.Path != "" && u.Path != "/" {
		add("url", "Give the public address, such as https://integrations.example.com.")
	} else if u.Scheme == "http" && !loopback(u.Host) {
		add("url", "Beyond this machine the public address must be https://.")
	}
	if c.TLS.Certificate == "" && len(c.Proxy.Trusted) == 0 && !loopback(c.Listen) {
		add("listen", "Listening beyond loopback needs tls.certificate_file and tls.key_file, or behind_proxy.trusted when a proxy ends TLS.")
	}
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		add("tls", "Give both certificate_file and key_file.")
	}
	if !loopback(c.Watch.Listen) && c.Watch.Listen != "" && c.TLS.Certificate == "" {
		add("watch.listen", "Health and metrics stay on loopback unless TLS is configured.")
	}
	for _, l := range []struct{ key, addr string }{{"checks.listen", c.Checks.Listen}, {"checks.grpc", c.Checks.GRPC}} {
		if l.addr != "" && !loopback(l.addr) && c.Checks.Key == "" {
			add(l.key, "Beyond loopback the proxies must show a key: set checks.key_file.")
		}
	}
	if _, err := web.ParseProxies(c.Proxy.Trusted); err != nil {
		add("behind_proxy.trusted", "Name the proxies' networks, such as 10.1.2.0/24; everybody (0.0.0.0/0) is refused.")
	}
	if a := time.Duration(c.Tokens.Access); a < time.Second || a > 24*time.Hour {
		add("tokens.access_life", "Between 1s and 24h.")
	}
	if (c.Hook.URL == "") != (c.Hook.Secret == "") {
		add("provisioning_hook", "Give both url and secret_file.")
	}
	switch c.Gateway.Headers {
	case quota.StyleNone, quota.StyleXRate, quota.StyleXRateReal, quota.StyleInterval:
	default:
		add("gateway.compatible_headers", "x-ratelimit, x-rate-limit or x-ratelimit-interval.")
	}
	if len(f) > 0 {
		return problem.Invalid("config_invalid", "The configuration needs another look.", f...)
	}
	return nil
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
