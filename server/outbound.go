package server

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"

	"github.com/guestright/guestright/kit/outbound"
)

// newOutbound is the one client for addresses that strangers give us. It never
// calls ourselves.
func newOutbound(cfg Config, log *slog.Logger) (*outbound.Client, error) {
	// Many endpoints may be at one host, and one may ask for 64 requests at a time.
	c := outbound.Config{PerHost: 128, Report: func(u outbound.Use) {
		log.Info("outbound: a connection that an exception allows", "exception", u.Exception, "host", u.Host, "address", u.Addr.String())
	}}
	for _, at := range []string{cfg.Listen, cfg.Gateway.Listen, cfg.Watch.Listen} {
		if own, err := netip.ParseAddrPort(at); err == nil {
			c.Own = append(c.Own, own)
		}
	}
	for _, text := range []string{cfg.URL, cfg.Gateway.URL} {
		if u, err := url.Parse(text); err == nil && u.Hostname() != "" {
			c.OwnNames = append(c.OwnNames, u.Hostname())
		}
	}
	for _, n := range cfg.Outbound.Networks {
		p, err := netip.ParsePrefix(n)
		if err != nil {
			return nil, fmt.Errorf("outbound.allowed_networks: %w", err)
		}
		c.Exceptions = append(c.Exceptions, outbound.Exception{Name: "outbound.allowed_networks " + n, Network: p})
	}
	out, err := outbound.New(c)
	if err != nil {
		return nil, fmt.Errorf("outbound: %w", err)
	}
	return out, nil
}
