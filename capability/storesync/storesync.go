package storesync

import (
	"bytes"
	"encoding/json"
	"net"
	"net/url"
	"regexp"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// Name is what a package calls the capability.
const Name = "managedStoreSync"

// Service fills stores. Make it with New.
type Service struct {
	DB             *store.DB
	Configurations *configuration.Service
	Memberships    *membership.Service
	Client         *outbound.Client
}

// New hears of cohorts that change.
func New(s Service) *Service {
	out := &s
	s.Memberships.Changed(out.changed)
	return out
}

// Settings are what an administrator chooses.
type Settings struct {
	Prefix string `json:"prefix,omitempty"`
}

const usualPrefix = "guestright"

var prefixForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$`)

// settingsOf reads what was chosen.
func settingsOf(raw json.RawMessage) (Settings, error) {
	out := Settings{Prefix: usualPrefix}
	if len(raw) == 0 || string(raw) == "null" {
		return out, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(&out)
	if out.Prefix == "" {
		out.Prefix = usualPrefix
	}
	return out, err
}

// place is where a store is and how it is opened.
type place struct {
	driver   string
	host     string
	port     string
	username string
	password secret.Text
	secure   bool
	prefix   string
}

const (
	driverRedis = "redis"
	portRedis   = "6379"
)

// placeOf reads it from an instance, by the names of fields that packages for a
// driver have.
func placeOf(in capability.Instance) (place, error) {
	set, err := settingsOf(in.Settings)
	if err != nil {
		return place{}, err
	}
	v := in.Given.Config
	p := place{driver: driver(in), host: v.Text("host"), port: v.Text("port"), username: v.Text("username"), password: secret.New(v.Text("password")), secure: v["tlsEnabled"] == true, prefix: set.Prefix}
	if p.port == "" {
		p.port = portRedis
	}
	return p, nil
}

// driver is the one that a package names; "" when it names none any more.
func driver(in capability.Instance) string {
	if in.Package == nil || in.Package.Manifest.ManagedStoreSync == nil {
		return ""
	}
	return in.Package.Manifest.ManagedStoreSync.Driver
}

func (p place) address() string { return net.JoinHostPort(p.host, p.port) }

// check judges where it leads to. Error: Invalid, of kit/outbound.
func (p place) check(c *outbound.Client) error {
	scheme := "rediss"
	if !p.secure {
		scheme = "redis"
	}
	return c.CheckStream(&url.URL{Scheme: scheme, Host: p.address()}, !p.secure)
}
