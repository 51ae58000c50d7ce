package broker

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/guestright/guestright/kit/outbound"
)

// Message is what is sent. Header goes along as the broker's message headers, or
// as fields where it has none.
type Message struct {
	ID     string
	Key    string // messages with the same key stay in order where the broker can do that; "": any
	Header []Field
	Body   []byte
}

// Field is one header of a message.
type Field struct{ Name, Value string }

// Failures that only brokers have, besides those of outbound.
const (
	Credentials outbound.Failure = "credentials" // it does not accept user name and password
	Rejected    outbound.Failure = "rejected"    // it answered, and did not take the message
	TooLarge    outbound.Failure = "too_large"   // it never takes messages of this length
)

// Result is how sending came out. With NoFailure the broker has confirmed that
// it stored the message, and Answer says where; otherwise Answer is what the
// broker said, which may be nothing.
type Result struct {
	Answer  string
	Failure outbound.Failure
	Took    time.Duration
	Err     error // for the log: it may name inner addresses
}

// line is a connection to a broker, or some, that messages go through.
type line interface {
	// send gives an answer once the message is stored. A *said error is the
	// broker's own; others are those of the connection.
	send(ctx context.Context, m Message) (string, error)
	close()
}

// said is what a broker answered instead of storing.
type said struct {
	failure outbound.Failure
	text    string
}

// Error implements error.
func (s *said) Error() string { return string(s.failure) + ": " + s.text }

// dialer makes the connections of one line and remembers what went wrong: what
// clients make of an error does not always say so.
type dialer struct {
	client *outbound.Client
	plain  bool

	mu   sync.Mutex
	last error
}

func (d *dialer) dial(ctx context.Context, address string, upgraded bool) (net.Conn, error) {
	how := outbound.Encrypted
	switch {
	case d.plain:
		how = outbound.Plain
	case upgraded:
		how = outbound.Upgraded
	}
	conn, err := d.client.Stream(ctx, address, how)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = err
	return conn, err
}

func (d *dialer) trouble() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}

const (
	linesMost = 256             // open at one time
	idleMost  = 2 * time.Minute // without a message
	openTime  = 5 * time.Second // for a connection with its greeting
)

// Pool keeps the lines.
type Pool struct {
	client *outbound.Client

	mu    sync.Mutex
	lines map[string]*kept
	sweep *time.Timer
}

// kept is one line with who uses it. opening is held while it is being opened.
type kept struct {
	target  Target
	dialer  *dialer
	opening sync.Mutex
	line    line // nil: not open; opening guards it
	users   int
	used    time.Time
	dropped bool // closed by its last user
}

// New makes a pool whose connections are made by client.
func New(client *outbound.Client) *Pool {
	return &Pool{client: client, lines: map[string]*kept{}}
}

// same reports whether messages for b may go through a line to a.
func same(a, b Target) bool {
	return a.URL.String() == b.URL.String() && a.Username == b.Username && a.Password.Reveal() == b.Password.Reveal()
}

// Send gives a message to a broker within the time of ctx. name is whose line it
// is: with another target it is opened anew.
func (p *Pool) Send(ctx context.Context, name string, t Target, m Message) Result {
	begun := time.Now()
	k := p.take(name, t)
	answer, err := k.send(ctx, m)
	res := Result{Answer: answer, Err: err, Took: time.Since(begun)}
	if err != nil {
		res.Failure = p.failure(ctx, k, err)
		if s, ok := errors.AsType[*said](err); ok {
			res.Failure, res.Answer = s.failure, redacted(s.text, t)
		}
	}
	_, answered := errors.AsType[*said](err)
	p.give(name, k, err != nil && !answered)
	return res
}

func (p *Pool) failure(ctx context.Context, k *kept, err error) outbound.Failure {
	if trouble := k.dialer.trouble(); trouble != nil {
		return outbound.FailureOf(ctx, trouble)
	}
	return outbound.FailureOf(ctx, err)
}

func redacted(text string, t Target) string {
	for _, s := range []string{t.Password.Reveal(), t.URL.Host} {
		if s != "" {
			text = strings.ReplaceAll(text, s, "[…]")
		}
	}
	return text
}

func (k *kept) send(ctx context.Context, m Message) (string, error) {
	k.opening.Lock()
	if k.line == nil {
		l, err := k.target.kind.open(k.target, k.dialer)
		if err != nil {
			k.opening.Unlock()
			return "", err
		}
		k.line = l
	}
	l := k.line
	k.opening.Unlock()
	return l.send(ctx, m)
}

// take finds or makes a line and notes that it is in use.
func (p *Pool) take(name string, t Target) *kept {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.lines[name]
	if k != nil && !same(k.target, t) {
		p.drop(name, k)
		k = nil
	}
	if k == nil {
		if len(p.lines) >= linesMost {
			p.dropOldest()
		}
		k = &kept{target: t, dialer: &dialer{client: p.client, plain: t.Plain}}
		p.lines[name] = k
	}
	k.users++
	k.used = time.Now()
	if p.sweep == nil {
		p.sweep = time.AfterFunc(idleMost/2, p.tidy)
	}
	return k
}

// give ends a use; broken: the connection is of no use any more.
func (p *Pool) give(name string, k *kept, broken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k.users--
	if broken && !k.dropped {
		p.drop(name, k)
	} else if k.dropped && k.users == 0 {
		go k.close()
	}
}

// drop takes a line out; it is closed once nobody uses it. The lock is held.
func (p *Pool) drop(name string, k *kept) {
	if p.lines[name] == k {
		delete(p.lines, name)
	}
	k.dropped = true
	if k.users == 0 {
		go k.close()
	}
}

func (k *kept) close() {
	k.opening.Lock()
	defer k.opening.Unlock()
	if k.line != nil {
		k.line.close()
		k.line = nil
	}
}

func (p *Pool) dropOldest() {
	oldest := ""
	for name, k := range p.lines {
		if oldest == "" || k.used.Before(p.lines[oldest].used) {
			oldest = name
		}
	}
	p.drop(oldest, p.lines[oldest])
}

// tidy closes what was not used for a while, and comes again while there is
// something left.
func (p *Pool) tidy() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, k := range p.lines {
		if k.users == 0 && time.Since(k.used) >= idleMost {
			p.drop(name, k)
		}
	}
	p.sweep = nil
	if len(p.lines) > 0 {
		p.sweep = time.AfterFunc(idleMost/2, p.tidy)
	}
}

// Close closes every line.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sweep != nil {
		p.sweep.Stop()
		p.sweep = nil
	}
	for name, k := range p.lines {
		p.drop(name, k)
	}
}
