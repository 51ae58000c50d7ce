package server

import (
	"path/filepath"
	"time"

	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/sandbox"
)

// Config is everything that an operator may set. Secrets are named by file.
type Config struct {
	URL       string     `yaml:"url" env:"GUESTRIGHT_URL" doc:"Public address of this service; issuer of tokens and base of every link"`
	Listen    string     `yaml:"listen" env:"GUESTRIGHT_LISTEN" doc:"Address of the console, the API and the token endpoint"`
	Database  string     `yaml:"database" env:"GUESTRIGHT_DATABASE" doc:"Path of a SQLite file, or postgres://user@host/name?passfile=/path; a password never stands here"`
	MasterKey string     `yaml:"master_key_file" env:"GUESTRIGHT_MASTER_KEY_FILE" doc:"File with the master key (mode 0600); made at the first start on an empty database"`
	Catalog   string     `yaml:"catalog" env:"GUESTRIGHT_CATALOG" doc:"The catalog file: what your product offers"`
	Gateway   GatewayCfg `yaml:"gateway" doc:"The door for third-party calls"`
	Checks    ChecksCfg  `yaml:"checks" doc:"Decisions for proxies of your own that keep carrying the traffic themselves"`
	Watch     WatchCfg   `yaml:"watch" doc:"Health, readiness and metrics"`
	TLS       TLSCfg     `yaml:"tls" doc:"TLS on our own listeners, from files (TLS 1.2 and later)"`
	Proxy     ProxyCfg   `yaml:"behind_proxy" doc:"The explicit setting for a proxy in front that ends TLS"`
	Mail      MailCfg    `yaml:"mail" doc:"How mail goes out; without a host it stays in the outbox that operators see"`
	Tokens    TokensCfg  `yaml:"tokens" doc:"Lifetimes"`
	Events    EventsCfg  `yaml:"events" doc:"How long events and what became of them are kept"`
	Hook      HookCfg    `yaml:"provisioning_hook" doc:"Where the product creates integration users and roles of its own"`
	Host      HostCfg    `yaml:"host" doc:"How your product hears what integrations ask of it; it may also come for it at GET /v1/tasks"`
	Groups    GroupsCfg  `yaml:"groups" doc:"Naming rule of developer groups, and their sandboxes"`
	Apps      AppsCfg    `yaml:"applications" doc:"What applications may do before they are verified"`
	Programme ProgCfg    `yaml:"programme" doc:"How developer groups get production settings"`
	Directory DirCfg     `yaml:"directory" doc:"The public directory of integrations"`
	SignIn    SignInCfg  `yaml:"sign_in" doc:"How people sign in"`
	Register  RegCfg     `yaml:"registration" doc:"Clients that register themselves; both ways are off by default"`
	AWS       AWSCfg     `yaml:"aws" doc:"How your platform opens what customers have at Amazon Web Services; without it packages that need that cannot be switched on"`
	Outbound  OutCfg     `yaml:"outbound" doc:"The guard on addresses that strangers give us"`

	dir  string            // of the configuration file; relative paths begin here
	from map[string]string // key → file or the name of a variable; absent: default
}

// GatewayCfg is the door for third-party calls.
type GatewayCfg struct {
	Listen   string      `yaml:"listen" env:"GUESTRIGHT_GATEWAY_LISTEN" doc:"Address on which third parties call"`
	URL      string      `yaml:"url" env:"GUESTRIGHT_GATEWAY_URL" doc:"Public address of the gateway, for examples in the console"`
	Hosts    []string    `yaml:"hosts" doc:"Host names it answers for; empty: the host of gateway.url"`
	Audience string      `yaml:"audience" doc:"aud of the signed identity header that the product checks"`
	Headers  quota.Style `yaml:"compatible_headers" doc:"Older rate-limit headers besides the standard ones: x-ratelimit, x-rate-limit or x-ratelimit-interval"`
	LogAll   bool        `yaml:"log_all" doc:"Log calls that pass, too; refusals are always logged"`
	Timeout  Duration    `yaml:"timeout" doc:"How long the product may take to begin its answer"`
}

// ChecksCfg is the listener for the operator's own proxies.
type ChecksCfg struct {
	Listen string   `yaml:"listen" env:"GUESTRIGHT_CHECKS_LISTEN" doc:"Forward-auth endpoint for nginx, Caddy and Traefik; empty: off"`
	GRPC   string   `yaml:"grpc" env:"GUESTRIGHT_CHECKS_GRPC" doc:"Envoy ext_authz (gRPC); empty: off"`
	Key    string   `yaml:"key_file" doc:"File with a key that the proxy sends as Guestright-Check-Key; empty on loopback only"`
	Trust  []string `yaml:"trusted" doc:"Networks of the proxies that may ask"`

	Family gateway.Family `yaml:"family" doc:"Headers in which the asking proxy describes a call: original (X-Original-*, nginx) or forwarded (X-Forwarded-*, Caddy and Traefik)"`
}

// WatchCfg is the listener for health and metrics.
type WatchCfg struct {
	Listen string `yaml:"listen" env:"GUESTRIGHT_WATCH_LISTEN" doc:"Address of /healthz, /readyz and /metrics; keep it private; empty: off"`
}

// TLSCfg names certificate files.
type TLSCfg struct {
	Certificate string `yaml:"certificate_file" doc:"Certificate chain in PEM"`
	Key         string `yaml:"key_file" doc:"Its private key in PEM"`
}

// ProxyCfg is the explicit setting for a proxy in front that ends TLS.
type ProxyCfg struct {
	Trusted []string `yaml:"trusted" doc:"Networks whose X-Forwarded-For is believed; none by default, everybody is refused"`
}

// MailCfg is how mail goes out; without host it stays in the outbox.
type MailCfg struct {
	Host     string `yaml:"host" doc:"SMTP server; empty: nothing is sent"`
	Port     int    `yaml:"port" doc:"587 for STARTTLS, 465 for TLS from the start"`
	From     string `yaml:"from" doc:"Sender's address"`
	User     string `yaml:"user" doc:"User name at the server; empty: none"`
	Password string `yaml:"password_file" doc:"File with the password"`
	Insecure bool   `yaml:"plain_text" doc:"Send without TLS, for a relay on loopback only"`
}

// EventsCfg says how long events and what became of them are kept.
type EventsCfg struct {
	Keep   int `yaml:"keep_days" doc:"Days for which events, their deliveries and the answers to them are kept, 7 to 3650; what waits for longer is given up"`
	Counts int `yaml:"keep_counts_days" doc:"Days for which the daily numbers behind the charts are kept, at least as many, at most 3650"`
}

// HookCfg is where the product creates integration users.
type HookCfg struct {
	URL    string `yaml:"url" doc:"Address that is called; empty: off"`
	Secret string `yaml:"secret_file" doc:"File with the secret that signs each call"`
}

// HostCfg is where the product is called with tasks.
type HostCfg struct {
	URL    string `yaml:"tasks_url" doc:"Address of your product that is called with each task; empty: off"`
	Secret string `yaml:"tasks_secret_file" doc:"File with the secret that signs these calls as Standard Webhooks do: whsec_ and Base64 of 24 to 64 bytes"`
}

// GroupsCfg is the naming rule of developer groups.
type GroupsCfg struct {
	Forbidden []string `yaml:"forbidden_words" doc:"Words that no group's name may contain"`
	Required  []string `yaml:"required_words" doc:"Words of which each must be in the name"`
	Hint      string   `yaml:"name_hint" doc:"Shown beside the field"`
	Sandboxes int      `yaml:"sandboxes" doc:"How many sandbox accounts a group may have open to make another by itself, 0 to 100; 0: only the product and you make them"`
}

// AppsCfg says what holds for applications that the operator has not verified.
type AppsCfg struct {
	Unverified string `yaml:"unverified_installs" doc:"Whether an account's administrator may install an application that you have not verified: refuse (only its developers can, in their sandbox accounts) or warn (the page says that nobody has reviewed it)"`
	Most       int    `yaml:"unverified_customers" doc:"With how many customers an application can be that you have not verified, where that is allowed; an account and its children are one customer. 0: with any number"`
	Review     bool   `yaml:"review_versions" doc:"Whether you approve every version before customers get it. Sandboxes of its developers and at most 5 accounts that they name need no review"`
	Within     int    `yaml:"review_days" doc:"Within how many days you decide about a version that waits for your approval; developers read it, and you are told when it is over"`
	KeyAge     int    `yaml:"key_days" doc:"How many days old a key of an application may be when a version is submitted for your approval"`
	Drafts     int    `yaml:"draft_versions" doc:"How many versions of an application can be drafts or wait for a review"`
	Lines      int    `yaml:"live_versions" doc:"How many lines of versions of an application can be live; versions whose numbers have the same first two parts are one line"`
}

// The values of AppsCfg.Unverified.
const (
	UnverifiedRefuse = "refuse"
	UnverifiedWarn   = "warn"
)

// ProgCfg says how long things take that people decide.
type ProgCfg struct {
	Decide int `yaml:"decide_days" doc:"Within how many days you decide about a request for production settings; developers read it, and you are told when it is over"`
	Notice int `yaml:"notice_days" doc:"How many days before the end of what you granted a group is told"`
}

// DirCfg is the public directory.
type DirCfg struct {
	Categories []string `yaml:"categories" doc:"Categories that developers choose from, in the order in which they are shown. Renaming one takes its listings out of it"`
}

// SignInCfg says how people may sign in.
type SignInCfg struct {
	SignUp bool    `yaml:"sign_up" doc:"Anyone may sign up as a developer"`
	OIDC   OIDCCfg `yaml:"oidc" doc:"Your own OpenID Connect provider"`
}

// OIDCCfg is the operator's own identity provider.
type OIDCCfg struct {
	Issuer   string `yaml:"issuer" doc:"Its issuer address; empty: off"`
	ClientID string `yaml:"client_id" doc:"Our client id there"`
	Secret   string `yaml:"client_secret_file" doc:"File with our client secret there"`
	Name     string `yaml:"name" doc:"Text of the button"`
	Accounts string `yaml:"accounts_claim" doc:"Claim that lists the keys of the person's accounts"`
	Admin    string `yaml:"administrator_claim" doc:"Claim that lists the keys of accounts that the person administers"`
}

// RegCfg says which clients may register themselves.
type RegCfg struct {
	Dynamic   bool     `yaml:"dynamic" doc:"Clients may register by a request (RFC 7591)"`
	Documents bool     `yaml:"metadata_documents" doc:"A client may be the https address of a document about itself (client ID metadata documents)"`
	Domains   []string `yaml:"domains" doc:"Domains, with their subdomains, on which redirect URIs and documents of such clients may be"`
	Group     string   `yaml:"group" doc:"Id of the developer group to which such clients belong; they are unverified"`
}

// AWSCfg is the operator's own access key at Amazon Web Services.
type AWSCfg struct {
	ID     string `yaml:"access_key_id" doc:"Id of the access key of your user there, which needs the right to take on customers' roles (sts:AssumeRole) only; empty: off"`
	Secret string `yaml:"secret_access_key_file" doc:"File with its secret access key"`
}

// OutCfg loosens the guard on outbound calls; every exception is audited.
type OutCfg struct {
	Networks []string `yaml:"allowed_networks" doc:"Private networks that strangers' URLs may reach, as CIDR; message brokers there may do without TLS"`
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
		Gateway:   GatewayCfg{Listen: "127.0.0.1:8490", URL: "http://127.0.0.1:8490", Audience: "product", Timeout: Duration(60 * time.Second)},
		Checks:    ChecksCfg{Family: gateway.FamilyOriginal},
		Watch:     WatchCfg{Listen: "127.0.0.1:8470"},
		Mail:      MailCfg{Port: 587},
		Tokens:    defaultTokens(),
		Events:    EventsCfg{Keep: 30, Counts: 400},
		Apps:      AppsCfg{Unverified: UnverifiedRefuse, Most: 5, Within: 5, KeyAge: 365, Drafts: release.DraftsDefault, Lines: release.LinesDefault},
		Groups:    GroupsCfg{Sandboxes: sandbox.MostDefault},
		Programme: ProgCfg{Decide: 5, Notice: 14},
		Directory: DirCfg{Categories: listing.Usual()},
		SignIn:    SignInCfg{SignUp: true},
	}
}

func (c Config) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}
