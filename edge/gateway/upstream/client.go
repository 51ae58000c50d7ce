package upstream

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"sync/atomic"
	"time"
)

// Target is where a request goes. Scheme is "http" or "https" (HTTP/1.1 by the
// client of this package), or "h2" or "h2c" for upstreams that speak HTTP/2
// only (net/http's transport then). Host may have a port. BasePath, when set,
// starts with a slash, is escaped already and is put in front of the path.
type Target struct {
	Scheme   string
	Host     string
	BasePath string
}

// Field is one header field. Name is sent as it is spelled; names are compared
// without regard to case.
type Field struct{ Name, Value string }

// Outgoing says how the request leaves. Everything the client sent is kept
// except what is named here and what concerns one connection only.
type Outgoing struct {
	Target   Target
	Path     string // escaped, starts with a slash, taken as it is
	RawQuery string // taken as it is
	Host     string // Host header; empty means Target.Host

	// Drop reports canonical request header names that stay behind.
	Drop func(name string) bool
	// Set replaces request headers. It is applied last, so that a Connection
	// header of the client cannot remove any of them.
	Set []Field
	// Answer replaces headers of the answer.
	Answer []Field
	// Add adds to headers of the answer; what the product says there stays.
	Add []Field
	// DropAnswer reports canonical answer header names that stay behind.
	DropAnswer func(name string) bool
}

// Result is what happened, as far as it got.
type Result struct {
	Status   int           // of the answer passed on; 0 when none was
	BytesIn  int64         // request body bytes taken from the client
	BytesOut int64         // answer body bytes given to the client
	Upstream time.Duration // from the request's first byte until the answer's head
	Retried  bool          // a pooled connection was stale, the request was sent again
	Upgraded bool          // the connection became something else (101)
}

// Client forwards requests. The zero value works; fields must not change after
// the first Do. A Client is safe for concurrent use.
type Client struct {
	Dial            func(ctx context.Context, network, addr string) (net.Conn, error) // default net.Dialer
	TLS             *tls.Config                                                       // for https; ServerName is filled in
	DialTimeout     time.Duration                                                     // TLS included; default 10 s
	HeadTimeout     time.Duration                                                     // request sent until answer head; 0: none
	ContinueTimeout time.Duration                                                     // wait for 100 (Continue); default 1 s
	IdleTimeout     time.Duration                                                     // default 90 s
	Lifetime        time.Duration                                                     // of a connection; default 10 min
	MaxIdle         int                                                               // idle connections per origin; default 512
	MaxHead         int                                                               // bytes of an answer head; default 256 KiB
	SmallBody       int                                                               // bodies sent together with the head; default 8 KiB

	// Upgrades lists protocols, besides websocket, that a connection may change
	// to. Others are not passed on, which leaves an ordinary request (RFC 9110
	// 7.8). Never h2c: the requests inside that tunnel would pass undecided.
	Upgrades []string

	mu    sync.Mutex // guards changes of pools
	pools atomic.Pointer[map[origin]*pool]
	big   buffers
	calls sync.Pool
	h2    sync.Map // scheme → *httputil.ReverseProxy
}

// buffers recycles the 32 KiB buffers of bodies in motion.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() []byte {
	if p, ok := b.pool.Get().(*[bigBuffer]byte); ok {
		return p[:]
	}
	return make([]byte, bigBuffer)
}

func (b *buffers) put(p []byte) { b.pool.Put((*[bigBuffer]byte)(p)) }

func orDefault[T time.Duration | int](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

func (c *Client) dialWithin() time.Duration { return orDefault(c.DialTimeout, 10*time.Second) }
func (c *Client) idleFor() time.Duration    { return orDefault(c.IdleTimeout, 90*time.Second) }
func (c *Client) life() time.Duration       { return orDefault(c.Lifetime, 10*time.Minute) }
func (c *Client) sweepEvery() time.Duration { return min(c.idleFor()/2, 5*time.Second) }
func (c *Client) idlePerHost() int          { return orDefault(c.MaxIdle, 512) }
func (c *Client) maxHead() int              { return max(orDefault(c.MaxHead, 256<<10), smallBuffer) }
func (c *Client) smallBody() int            { return orDefault(c.SmallBody, 8<<10) }

func (c *Client) dialer() func(context.Context, string, string) (net.Conn, error) {
	if c.Dial != nil {
		return c.Dial
	}
	d := &net.Dialer{KeepAlive: 30 * time.Second}
	return d.DialContext
}

func (c *Client) tlsFor(addr string) *tls.Config {
	cfg := &tls.Config{}
	if c.TLS != nil {
		cfg = c.TLS.Clone()
	}
	if cfg.ServerName == "" {
		if host, _, err := net.SplitHostPort(addr); err == nil {
			cfg.ServerName = host
		}
	}
	if cfg.ClientSessionCache == nil {
		cfg.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	cfg.NextProtos = []string{"http/1.1"}
	return cfg
}

func (c *Client) mayUpgrade(protocol string) bool {
	if foldEqual(protocol, "websocket") {
		return true
	}
	for _, other := range c.Upgrades {
		if foldEqual(protocol, other) {
			return !foldEqual(protocol, "h2c")
		}
	}
	return false
}

// poolFor finds the pool of an origin. Readers never lock: the map is replaced
// as a whole when an origin is met for the first time.
func (c *Client) poolFor(o origin) *pool {
	if m := c.pools.Load(); m != nil {
		if p, ok := (*m)[o]; ok {
			return p
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	next := map[origin]*pool{}
	if m := c.pools.Load(); m != nil {
		if p, ok := (*m)[o]; ok {
			return p
		}
		for k, v := range *m {
			next[k] = v
		}
	}
	p := &pool{client: c, origin: o, addr: address(o)}
	if o.scheme == "https" {
		p.tls = c.tlsFor(p.addr)
	}
	next[o] = p
	c.pools.Store(&next)
	return p
}

// CloseIdle closes the connections that wait for a request.
func (c *Client) CloseIdle() { c.drain(false) }

// Close closes idle connections and keeps none from now on. Calls in flight
// finish.
func (c *Client) Close() { c.drain(true) }

func (c *Client) drain(final bool) {
	if m := c.pools.Load(); m != nil {
		for _, p := range *m {
			p.drain(final)
		}
	}
	c.h2.Range(func(_, v any) bool {
		if t, ok := v.(*httputil.ReverseProxy).Transport.(*http.Transport); ok {
			t.CloseIdleConnections()
		}
		return true
	})
}

// Do sends r as out says and streams the answer into w. The error, if any, is
// a *Fault; as long as its Started is false nothing was written to w and the
// caller answers with a problem document.
func (c *Client) Do(w http.ResponseWriter, r *http.Request, out *Outgoing) (Result, error) {
	switch out.Target.Scheme {
	case "http", "https":
	case "h2", "h2c":
		return c.transport(w, r, out)
	default:
		return Result{}, &Fault{Reason: Misused}
	}
	x, ok := c.calls.Get().(*call)
	if !ok {
		x = &call{head: make([]byte, 0, 2<<10), fields: make([]fieldAt, 0, 32)}
	}
	x.client, x.w, x.r, x.out = c, w, r, out
	fault := x.run()
	result := x.result
	x.reset()
	c.calls.Put(x)
	if fault != nil {
		return result, fault
	}
	return result, nil
}
