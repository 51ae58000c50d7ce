package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"
)

const (
	idleTime = 60 * time.Second
	idleMost = 512 // connections to all servers that wait for a request
)

// origin is what a connection may be shared for.
type origin struct {
	scheme, host string
	port         uint16
}

// server is one origin with its connections.
type server struct {
	room  chan struct{} // one for each that is in use or being made
	idle  []*line       // the last used at the end
	users int           // who wait for room or have it
}

// lines are the connections on which requests with short bodies are made, without
// the two goroutines that net/http's transport has for each.
type lines struct {
	client *Client

	mu      sync.Mutex
	servers map[origin]*server
	waiting int // idle lines of all servers
	sweep   *time.Timer
}

// asked says what line is wanted.
type asked struct {
	until time.Time // who has none by then has waited too long
	fresh bool      // not one that was kept
}

// take gives a line: one that was kept, or a new one. Kept lines lead to addresses
// that were judged when they were made.
func (p *lines) take(ctx context.Context, o origin, a asked) (*line, error) {
	p.mu.Lock()
	s := p.servers[o]
	if s == nil {
		s = &server{room: make(chan struct{}, p.client.cfg.PerHost)}
		p.servers[o] = s
	}
	s.users++
	p.mu.Unlock()
	if err := s.enter(ctx, a.until); err != nil {
		p.leave(s)
		return nil, err
	}
	for l := p.pop(s); l != nil; l = p.pop(s) {
		if !a.fresh && l.usable(time.Now()) {
			l.reused = true
			return l, nil
		}
		l.close()
	}
	ctx, cancel := context.WithDeadline(ctx, a.until)
	defer cancel()
	l, err := p.client.open(ctx, o)
	if err != nil {
		<-s.room
		p.leave(s)
	}
	return l, err
}

// enter waits for room.
func (s *server) enter(ctx context.Context, until time.Time) error {
	select {
	case s.room <- struct{}{}:
		return nil
	default:
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	select {
	case s.room <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *lines) leave(s *server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.users--
}

func (p *lines) pop(s *server) *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(s.idle)
	if n == 0 {
		return nil
	}
	l := s.idle[n-1]
	s.idle[n-1], s.idle = nil, s.idle[:n-1]
	p.waiting--
	return l
}

// put keeps a line for the next request.
func (p *lines) put(o origin, l *line) {
	l.freed = time.Now()
	p.mu.Lock()
	s := p.servers[o]
	full := p.waiting >= idleMost
	if !full {
		s.idle = append(s.idle, l)
		p.waiting++
	}
	if p.sweep == nil {
		p.sweep = time.AfterFunc(idleTime/2, p.clean)
	}
	s.users--
	p.mu.Unlock()
	<-s.room
	if full {
		l.close()
	}
}

// drop closes a line.
func (p *lines) drop(o origin, l *line) {
	l.close()
	p.mu.Lock()
	s := p.servers[o]
	s.users--
	p.mu.Unlock()
	<-s.room
}

// clean closes what has waited long, or was closed by the server, and forgets
// servers that nobody uses. It comes back while there are any.
func (p *lines) clean() {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for o, s := range p.servers {
		kept := s.idle[:0]
		for _, l := range s.idle {
			if l.usable(now) {
				kept = append(kept, l)
				continue
			}
			l.close()
			p.waiting--
		}
		clear(s.idle[len(kept):])
		if s.idle = kept; len(kept) == 0 && s.users == 0 {
			delete(p.servers, o)
		}
	}
	p.sweep = nil
	if len(p.servers) > 0 {
		p.sweep = time.AfterFunc(idleTime/2, p.clean)
	}
}

// close drops the lines that wait.
func (p *lines) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.servers {
		for _, l := range s.idle {
			l.close()
		}
		p.waiting -= len(s.idle)
		s.idle = nil
	}
}

// open makes a connection to an address of the host that may be called.
func (c *Client) open(ctx context.Context, o origin) (*line, error) {
	conn, err := c.dial(ctx, "tcp", net.JoinHostPort(o.host, strconv.Itoa(int(o.port))))
	if err != nil {
		return nil, err
	}
	j := conn.(*judged)
	if o.scheme != "https" {
		return newLine(j, j), nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	secured := tls.Client(j, c.TLS(o.host))
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return newLine(secured, j), nil
}

// direct makes a call on a line of ours. One that was kept may turn out to be
// closed: then a new one is tried.
func (c *Client) direct(ctx context.Context, t target, x call) Result {
	o := origin{scheme: t.url.Scheme, host: t.host, port: t.port}
	for fresh := false; ; fresh = true {
		l, err := c.lines.take(ctx, o, asked{until: x.until, fresh: fresh})
		if err != nil {
			return Result{Failure: failureOf(ctx, err), Err: err}
		}
		res := c.talk(ctx, l, o, x)
		if _, again := errors.AsType[stale](res.Err); !again || fresh || x.hr.Body != nil && x.hr.GetBody == nil {
			return res
		}
		if x.hr.GetBody != nil {
			if x.hr.Body, err = x.hr.GetBody(); err != nil {
				return Result{Failure: BadRequest, Err: err}
			}
		}
	}
}
