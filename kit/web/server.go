package web

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"
)

// Limits bounds what one connection may cost. Zero fields take the defaults.
type Limits struct {
	Header     int           // bytes of request headers; 32 KiB
	ReadHeader time.Duration // until the headers are in; 10 s
	Read       time.Duration // until the body is in; 60 s; negative: no limit, for streams
	Write      time.Duration // until the answer is out; 60 s; negative: no limit, for streams
	Idle       time.Duration // between requests; 120 s
	Grace      time.Duration // for running requests when the server stops; 20 s
}

// filled returns the limits with defaults in place of zeros.
func (l Limits) filled() Limits {
	if l.Header == 0 {
		l.Header = 32 << 10
	}
	for _, d := range []struct {
		at *time.Duration
		or time.Duration
	}{{&l.ReadHeader, 10 * time.Second}, {&l.Read, time.Minute}, {&l.Write, time.Minute}, {&l.Idle, 2 * time.Minute}, {&l.Grace, 20 * time.Second}} {
		if *d.at == 0 {
			*d.at = d.or
		}
	}
	return l
}

// headerSlop is what net/http allows on top of MaxHeaderBytes.
const headerSlop = 4096

// NewServer makes a server with every limit set. It speaks HTTP/1.1, and HTTP/2
// over TLS; never HTTP/2 in clear text.
func NewServer(addr string, h http.Handler, limits Limits) *http.Server {
	l := limits.filled()
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		MaxHeaderBytes:    l.Header - headerSlop,
		ReadHeaderTimeout: l.ReadHeader,
		ReadTimeout:       max(l.Read, 0),
		WriteTimeout:      max(l.Write, 0),
		IdleTimeout:       l.Idle,
		Protocols:         &protocols,
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12},
	}
}

// Serve runs a server on a listener until ctx ends, then lets running requests
// finish within grace (0: 20 s) and cuts the rest. TLS is used when the server's
// configuration has certificates. The error is nil after a clean stop.
func Serve(ctx context.Context, srv *http.Server, ln net.Listener, grace time.Duration) error {
	if grace <= 0 {
		grace = 20 * time.Second
	}
	done := make(chan error, 1)
	go func() {
		c := srv.TLSConfig
		if c != nil && (len(c.Certificates) > 0 || c.GetCertificate != nil) {
			done <- srv.ServeTLS(ln, "", "")
			return
		}
		done <- srv.Serve(ln)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := srv.Shutdown(last)
	if err != nil {
		err = errors.Join(err, srv.Close())
	}
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		return errors.Join(err, served)
	}
	return err
}

// Listen opens a TCP listener; the error names the address.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", addr)
}
