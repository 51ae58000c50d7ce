package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/edge/gateway/envoy"
	"github.com/guestright/guestright/edge/gateway/strict"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/web"
)

// checkKeyLeast is the length of the key that proxies show, in characters: 128
// bits in hexadecimal.
const checkKeyLeast = 32

// openChecks opens the doors for the operator's own proxies, which carry calls
// themselves and ask here first.
func (a *App) openChecks(ctx context.Context, doors *errgroup.Group, l *Listeners) error {
	if l.Checks == nil && l.GRPC == nil {
		return nil
	}
	key, err := a.checkKey()
	if err != nil {
		return err
	}
	trust, err := web.ParseProxies(a.Config.Checks.Trust)
	if err != nil {
		return fmt.Errorf("checks.trusted: %w", err)
	}
	cert, err := a.certificate()
	if err != nil {
		return err
	}
	desk := a.desk()
	if l.Checks != nil {
		// The head holds the caller's whole header and what the proxy adds to it.
		srv := a.door(l.Checks, &gateway.Forward{Desk: desk, Family: a.Config.Checks.Family, Key: key, Trust: trust},
			web.Limits{Header: 64 << 10, Read: 20 * time.Second, Write: -1})
		ln := l.Checks
		if cert != nil && !loopback(ln.Addr().String()) {
			ln = tls.NewListener(ln, cert)
		}
		doors.Go(func() error { return web.Serve(ctx, srv, ln, grace) })
	}
	if l.GRPC != nil {
		s := &envoy.Server{Desk: desk, Key: key, Trust: trust, Grace: grace}
		if cert != nil && !loopback(l.GRPC.Addr().String()) {
			s.TLS = cert.Clone()
			s.TLS.NextProtos = []string{"h2"}
		}
		doors.Go(func() error { return s.Serve(ctx, l.GRPC) })
	}
	return nil
}

// desk decides as the gateway does. It answers for the hosts that the operator
// names, not for the gateway's own address, since the callers never see that.
func (a *App) desk() *gateway.Desk {
	return &gateway.Desk{Engine: a.Engine, Signer: a.Signer, Log: a.Log, Style: a.Config.Gateway.Headers, LogAll: a.Config.Gateway.LogAll,
		Observe: a.Proxy.Observe, Rules: &strict.Rules{Hosts: a.Config.Gateway.Hosts, Unparsed: true, Hygiene: gateway.Hygiene}}
}

func (a *App) checkKey() (secret.Text, error) {
	if a.Config.Checks.Key == "" {
		return secret.Text{}, nil
	}
	raw, err := os.ReadFile(a.Config.path(a.Config.Checks.Key))
	if err != nil {
		return secret.Text{}, fmt.Errorf("checks.key_file: %w", err)
	}
	key := strings.TrimSpace(string(raw))
	if len(key) < checkKeyLeast {
		return secret.Text{}, problem.Invalid("config_invalid", "The key in checks.key_file is too short: use at least 32 characters, such as the output of `openssl rand -hex 32`.")
	}
	return secret.New(key), nil
}
