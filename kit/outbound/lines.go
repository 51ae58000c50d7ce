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
	age     int // how often close was called
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
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	s := p.servers[o]
	if s == nil {
		s = &server{room: make(chan struct{}, p.client.cfg.PerHost)}
		p.servers[o] = s
	}
	s.users++
	age := p.age
	p.mu.Unlock()
	if err := s.enter(ctx, a.until); err != nil {
		p.leave(o, s)
		return nil, err
	}
	for !a.fresh {
		l := p.pop(s)
		if l == nil {
			break
		}
		if l.usable(time.Now()) {
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
		p.leave(o, s)
		return nil, err
	}
	l.age = age
	return l, nil
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

// leave is for who has no room, or has it no more.
func (p *lines) leave(o origin, s *server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.users--; s.users == 0 && len(s.idle) == 0 {
		delete(p.servers, o)
	}
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

// put keeps a line for the next request. When enough wait, it takes the place of the
// one of its origin that has waited longest.
func (p *lines) put(o origin, l *line) {
	l.freed = time.Now()
	p.mu.Lock()
	s := p.servers[o]
	var dead *line
	switch {
	case l.age != p.age || p.waiting >= idleMost && len(s.idle) == 0:
		dead = l
	case p.waiting >= idleMost:
		dead, s.idle = s.idle[0], append(s.idle[1:], l)
	default:
		s.idle = append(s.idle, l)
		p.waiting++
	}
	if p.sweep == nil {
		p.sweep = time.AfterFunc(idleTime/2, p.clean)
	}
	p.mu.Unlock()
	<-s.room
	p.leave(o, s)
	if dead != nil {
		dead.close()
	}
}

// drop closes a line.
func (p *lines) drop(o origin, l *line) {
	l.close()
	p.mu.Lock()
	s := p.servers[o]
	p.mu.Unlock()
	<-s.room
	p.leave(o, s)
}

// clean closes what has waited long, or was closed by the server, and comes back
// while anything waits.
func (p *lines) clean() {
	now := time.Now()
	p.sort(func(l *line) bool { return l.usable(now) })
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep = nil
	if p.waiting > 0 {
		p.sweep = time.AfterFunc(idleTime/2, p.clean)
	}
}

// sort closes the idle lines that are not to be kept, and forgets servers that
// nobody uses.
func (p *lines) sort(keep func(*line) bool) {
	var dead []*line
	p.mu.Lock()
	for o, s := range p.servers {
		kept := s.idle[:0]
		for _, l := range s.idle {
			if keep(l) {
				kept = append(kept, l)
				continue
			}
			dead = append(dead, l)
		}
		clear(s.idle[len(kept):])
		if s.idle = kept; len(kept) == 0 && s.users == 0 {
			delete(p.servers, o)
		}
	}
	p.waiting -= len(dead)
	p.mu.Unlock()
	for _, l := range dead {
		l.close()
	}
}

// close drops the lines that wait, and those in use once they are free.
func (p *lines) close() {
	p.mu.Lock()
	p.age++
	p.mu.Unlock()
	p.sort(func(*line) bool { return false })
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
