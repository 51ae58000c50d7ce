package upstream

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// pool holds the connections to one origin (scheme, host, port) that wait for
// their next request, the most recently used on top.
type pool struct {
	client *Client
	origin origin
	addr   string      // host:port to dial
	tls    *tls.Config // for https

	mu     sync.Mutex
	idle   []*conn
	sweep  *time.Timer // runs while connections are idle
	closed bool
}

// origin is what connections may be shared for.
type origin struct{ scheme, host string }

// take returns a connection: an idle one, or a new one. An idle one must still
// be open, for the sake of requests that cannot be sent twice, and silent:
// bytes that came after the last answer would be taken for the next one, which
// belongs to somebody else.
func (p *pool) take(ctx context.Context, now time.Time) (*conn, error) {
	for {
		c := p.pop()
		if c == nil {
			return p.dial(ctx)
		}
		if p.tooOld(c, now) || !c.alive() {
			c.drop()
			continue
		}
		c.reused = true
		return c, nil
	}
}

func (p *pool) tooOld(c *conn, now time.Time) bool {
	return now.Sub(c.freed) > p.client.idleFor() || now.Sub(c.born) > p.client.life()
}

func (p *pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	last := len(p.idle) - 1
	c := p.idle[last]
	p.idle[last] = nil
	p.idle = p.idle[:last]
	return c
}

// put keeps a connection for later, or closes it when enough are waiting.
func (p *pool) put(c *conn, now time.Time) {
	c.shrink()
	c.freed = now
	p.mu.Lock()
	if p.closed || len(p.idle) >= p.client.idlePerHost() {
		p.mu.Unlock()
		c.raw.Close()
		return
	}
	p.idle = append(p.idle, c)
	if p.sweep == nil {
		p.sweep = time.AfterFunc(p.client.sweepEvery(), p.clean)
	}
	p.mu.Unlock()
}

// clean closes idle connections that are too old or that the upstream closed,
// and comes back as long as some are idle.
func (p *pool) clean() {
	now := time.Now()
	var dead []*conn
	p.mu.Lock()
	kept := p.idle[:0]
	for _, c := range p.idle {
		if p.tooOld(c, now) || !c.alive() {
			dead = append(dead, c)
			continue
		}
		kept = append(kept, c)
	}
	clear(p.idle[len(kept):])
	p.idle = kept
	p.sweep = nil
	if len(kept) > 0 && !p.closed {
		p.sweep = time.AfterFunc(p.client.sweepEvery(), p.clean)
	}
	p.mu.Unlock()
	for _, c := range dead {
		c.raw.Close()
	}
}

// drain closes every idle connection; final says that none may come back.
func (p *pool) drain(final bool) {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.closed = p.closed || final
	if p.sweep != nil {
		p.sweep.Stop()
		p.sweep = nil
	}
	p.mu.Unlock()
	for _, c := range idle {
		c.raw.Close()
	}
}

// dial opens a connection within Client.DialTimeout, TLS included.
func (p *pool) dial(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.client.dialWithin())
	defer cancel()
	raw, err := p.client.dialer()(ctx, "tcp", p.addr)
	if err != nil {
		return nil, err
	}
	if p.origin.scheme != "https" {
		return newConn(raw, raw, p, time.Now()), nil
	}
	secured := tls.Client(raw, p.tls)
	if err := secured.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return newConn(raw, secured, p, time.Now()), nil
}

// address adds the scheme's port to a host without one.
func address(o origin) string {
	if _, port, err := net.SplitHostPort(o.host); err == nil && port != "" {
		return o.host
	}
	host := o.host
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	if o.scheme == "https" {
		return net.JoinHostPort(host, "443")
	}
	return net.JoinHostPort(host, "80")
}
