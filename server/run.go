package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/guestright/guestright/edge/gateway/strict"
	"github.com/guestright/guestright/kit/web"
)

// Listeners are the open doors of a running App.
type Listeners struct {
	Public, Gateway, Checks, GRPC, Watch net.Listener
}

// Listen opens the doors that the configuration names.
func (a *App) Listen(ctx context.Context) (*Listeners, error) {
	var l Listeners
	for _, d := range []struct {
		addr string
		into *net.Listener
	}{
		{a.Config.Listen, &l.Public}, {a.Config.Gateway.Listen, &l.Gateway}, {a.Config.Checks.Listen, &l.Checks},
		{a.Config.Checks.GRPC, &l.GRPC}, {a.Config.Watch.Listen, &l.Watch},
	} {
		if d.addr == "" {
			continue
		}
		ln, err := web.Listen(ctx, d.addr)
		if err != nil {
			l.Close()
			return nil, fmt.Errorf("listen on %s: %w", d.addr, err)
		}
		*d.into = ln
	}
	return &l, nil
}

// Close closes what is open.
func (l *Listeners) Close() {
	for _, ln := range []net.Listener{l.Public, l.Gateway, l.Checks, l.GRPC, l.Watch} {
		if ln != nil {
			_ = ln.Close()
		}
	}
}

// grace is how long running requests may take when the server stops.
const grace = 20 * time.Second

// Run serves until ctx ends, then finishes what runs: requests, jobs, counters.
// ready, if not nil, is called once every door answers.
func (a *App) Run(ctx context.Context, l *Listeners, ready func()) error {
	a.Quota.Watch()
	if err := a.DB.Follow(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop before anything began
		}
		return err
	}
	// Background work outlives the doors, so that the last requests are counted
	// and their jobs are written.
	back, stop := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	for name, run := range map[string]func(context.Context) error{"jobs": a.Jobs.Run, "limits": a.Quota.Run, "usage": a.Usage.Run, "events": a.Events.Run, "webhooks": a.Webhooks.Run, "tasks": a.Host.Run, "collector": a.collect} {
		work.Go(func() {
			if err := run(back); err != nil {
				a.Log.Error("background work", "name", name, "error", err)
			}
		})
	}
	doors, dctx := errgroup.WithContext(ctx)
	if err := a.open(dctx, doors, l); err != nil {
		stop()
		work.Wait()
		return err
	}
	if ready != nil {
		ready()
	}
	err := doors.Wait()
	stop()
	work.Wait()
	return err
}

func (a *App) open(ctx context.Context, doors *errgroup.Group, l *Listeners) error {
	cert, err := a.certificate()
	if err != nil {
		return err
	}
	serve := func(ln net.Listener, h http.Handler, limits web.Limits) *http.Server {
		srv := a.door(ln, h, limits)
		if cert != nil {
			ln = tls.NewListener(ln, cert)
		}
		doors.Go(func() error { return web.Serve(ctx, srv, ln, grace) })
		return srv
	}
	if l.Public != nil {
		srv := serve(l.Public, a.Public, web.Limits{})
		srv.RegisterOnShutdown(a.Events.EndStreams)
		srv.RegisterOnShutdown(a.Host.EndWaiting)
	}
	if l.Gateway != nil {
		// Streams may last: time-outs of reading and writing a body are the
		// product's business, those of headers and idleness are ours.
		srv := a.door(l.Gateway, a.Proxy, web.Limits{Read: -1, Write: -1})
		srv.ConnContext = strict.ConnContext
		ln := l.Gateway
		if cert != nil {
			ln = tls.NewListener(ln, cert)
		}
		doors.Go(func() error { return web.Serve(ctx, srv, strict.Listener{Listener: ln}, grace) })
	}
	if l.Watch != nil {
		srv := a.door(l.Watch, a.watch(), web.Limits{})
		doors.Go(func() error { return web.Serve(ctx, srv, l.Watch, time.Second) })
	}
	return a.openChecks(ctx, doors, l)
}

// door is a server whose own complaints, such as a broken handshake, are lines of our log.
func (a *App) door(ln net.Listener, h http.Handler, limits web.Limits) *http.Server {
	srv := web.NewServer(ln.Addr().String(), h, limits)
	srv.ErrorLog = slog.NewLogLogger(a.Log.Handler(), slog.LevelWarn)
	return srv
}

func (a *App) certificate() (*tls.Config, error) {
	if a.Config.TLS.Certificate == "" {
		return nil, nil
	}
	c, err := tls.LoadX509KeyPair(a.Config.path(a.Config.TLS.Certificate), a.Config.path(a.Config.TLS.Key))
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	// HTTP/1.1 only: the one parser that the gateway judges by.
	return &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}, nil
}

// secure reports whether people reach us over TLS, ours or a proxy's.
func (c Config) secure() bool { return strings.HasPrefix(c.URL, "https://") }

// hostsOf lists the names that a door answers for: those given, or the host of
// its public address.
func hostsOf(given []string, public string) []string {
	if len(given) > 0 {
		return given
	}
	u, err := url.Parse(public)
	if err != nil || u.Host == "" {
		return nil
	}
	return []string{strings.ToLower(u.Host)}
}
