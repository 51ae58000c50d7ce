package web

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/guestright/guestright/kit/ident"
)

// Request is the noun of request ids.
type Request struct{}

// IDPrefix gives request ids their prefix.
func (Request) IDPrefix() string { return "req" }

// Line is what one request leaves in the log: a single wide line, written when
// the answer is complete. Handlers add to it; it is safe for concurrent use.
type Line struct {
	id     string
	client netip.Addr
	begun  time.Time

	mu    sync.Mutex
	route string
	attrs []slog.Attr
	cause error
}

type lineKey struct{}

// From returns the line of the request that ctx belongs to. Outside a request
// it returns a line that nobody reads, so that callers need no check.
func From(ctx context.Context) *Line {
	if l, ok := ctx.Value(lineKey{}).(*Line); ok {
		return l
	}
	return &Line{}
}

func newLine(now time.Time, client netip.Addr) *Line {
	return &Line{id: ident.New[Request](now).String(), client: client, begun: now}
}

func (l *Line) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, lineKey{}, l)
}

// ID returns the request id, "" outside a request.
func (l *Line) ID() string { return l.id }

// Client returns the caller's address after trusted proxies were peeled off;
// invalid outside a request.
func (l *Line) Client() netip.Addr { return l.client }

// Begun returns when the request arrived, zero outside a request.
func (l *Line) Begun() time.Time { return l.begun }

// Add annotates the line; a later value of the same key replaces the earlier.
// Secrets do not belong here: pass ids.
func (l *Line) Add(key string, value any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.attrs {
		if l.attrs[i].Key == key {
			l.attrs[i] = slog.Any(key, value)
			return
		}
	}
	l.attrs = append(l.attrs, slog.Any(key, value))
}

// SetRoute names the pattern that matched, such as "GET /v1/things/{id}".
func (l *Line) SetRoute(pattern string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.route = pattern
}

// Route returns the pattern that matched, "" when none did.
func (l *Line) Route() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.route
}

// fail keeps the first error of the request for the log.
func (l *Line) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause == nil {
		l.cause = err
	}
}

func (l *Line) write(ctx context.Context, log *slog.Logger, end ending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	level := slog.LevelInfo
	if end.status >= 500 {
		level = slog.LevelError
	}
	if !log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 8+len(l.attrs))
	attrs = append(attrs,
		slog.String("request", l.id),
		slog.String("method", end.method),
		slog.String("route", l.route),
		slog.Int("status", end.status),
		slog.Int64("micros", end.took.Microseconds()),
		slog.Int64("bytes", end.bytes),
		slog.String("client", l.client.String()),
	)
	attrs = append(attrs, l.attrs...)
	if l.cause != nil && end.status >= 500 {
		attrs = append(attrs, slog.String("error", l.cause.Error()))
	}
	log.LogAttrs(ctx, level, "request", attrs...)
}

// ending is how a request came out.
type ending struct {
	method string
	status int
	bytes  int64
	took   time.Duration
}
