package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

const (
	answerTime = 15 * time.Second
	answerMost = 64 << 10
)

// serve sends what a lane has, one after another, until nothing may go now, or
// its turn is over: then true.
func (c *courier) serve(l *lane) bool {
	for range turn {
		p := l.pop(c.s.DB.Now())
		for _, it := range p.spill {
			c.put(l, it)
		}
		if p.pause > 0 {
			c.wake(l, p.pause)
		}
		if p.it == nil {
			return false
		}
		if p.low {
			c.hungry.Store(true)
			c.ring()
		}
		c.memory.Add(-p.it.size())
		if !c.send(context.Background(), l, p.it) {
			l.mu.Lock()
			l.running--
			l.mu.Unlock()
			return false
		}
	}
	return true
}

// put takes an item out of memory: it waits as a row.
func (c *courier) put(l *lane, it *item) {
	c.memory.Add(-it.size())
	it.Updated = c.s.DB.Now()
	it.State = Waiting
	c.books.add(entry{item: it, lane: l, unsent: true})
}

// back takes an item that was on its way out: it waits as a row, and so does
// what comes behind it.
func (c *courier) back(l *lane, it *item, due time.Time) {
	it.State, it.Due = Waiting, due
	behind := l.done(it, c.s.DB.Now())
	c.memory.Add(it.size())
	c.put(l, it)
	for _, other := range behind {
		c.put(l, other)
	}
}

// wake goes on with a lane once its rate allows more.
func (c *courier) wake(l *lane, pause time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.woken {
		return
	}
	l.woken = true
	time.AfterFunc(pause, func() {
		l.mu.Lock()
		l.woken = false
		l.mu.Unlock()
		if c.leading.Load() {
			c.start(l)
		}
	})
}

// send makes one attempt and hands the result to the books; false when we stop.
func (c *courier) send(ctx context.Context, l *lane, it *item) bool {
	l.mu.Lock()
	to := l.to
	l.mu.Unlock()
	if !c.leading.Load() {
		return false
	}
	if to == nil {
		c.back(l, it, c.s.DB.Now())
		return true
	}
	refused, err := c.refused(ctx, to, it)
	if err != nil { // nobody can say whether it may be sent: it waits for its turn
		c.back(l, it, c.s.DB.Now().Add(ladder[0]))
		return true
	}
	now := c.s.DB.Now()
	if refused == "" && !to.ends.IsZero() && !now.Before(to.ends) { // one of its secrets has ended
		fresh, err := c.index.place(ctx, l.id)
		if err != nil || fresh == nil {
			c.back(l, it, now.Add(ladder[0]))
			return true
		}
		l.mu.Lock()
		l.to, to = fresh, fresh
		l.mu.Unlock()
	}
	var kept outbound.Request
	var unmade error
	if refused == "" && to.making != nil {
		var says bool
		if kept, says, unmade = to.made(it.event, now); !says {
			return c.ends(l, it, Skipped, Nothing, now)
		}
	}
	if refused != "" {
		return c.ends(l, it, Dropped, refused, now)
	}
	var platform []platformKey
	if to.Signature != SignHMAC {
		if platform, err = c.s.keys.signing(ctx, now); err != nil {
			c.back(l, it, now.Add(ladder[0]))
			return true
		}
	}
	m := message{id: it.event.ID.String(), at: now}
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Guestright-Webhooks"}}
	if to.making == nil {
		m.body, unmade = to.message(it.event)
		m.sign(header, to.keys, platform)
	}
	var res outbound.Result
	switch {
	case to.lost != nil:
		res = outbound.Result{Failure: Unreadable, Err: to.lost}
	case unmade != nil:
		res = outbound.Result{Failure: BadTemplate, Err: unmade, Body: []byte(unmade.Error())}
	case to.making != nil:
		res = c.s.Client.Do(ctx, kept)
		if j, ok := to.making.(Judging); ok {
			res = j.Judge(res)
		}
		if to.making.Quiet() {
			res.Body = nil
		}
	case to.via != nil:
		res = c.s.post(ctx, to, it, m, header)
	default:
		res = c.s.Client.Do(ctx, outbound.Request{Method: http.MethodPost, URL: to.URL, Header: header, Body: m.body, Timeout: answerTime, MaxBody: answerMost})
	}
	now = c.s.DB.Now()
	o := outcome{status: res.Status, failure: string(res.Failure), after: res.Header.Get("Retry-After"), probe: it.probe, strict: to.making != nil}
	it.attempted(now, o)
	e := entry{item: it, lane: l, attempt: &attemptRow{Number: it.Attempts, Took: res.Duration.Microseconds(), Status: o.status, Failure: o.failure,
		Probe: store.Bool(it.probe && !o.ok()), Answer: redacted(res.Body), Cut: store.Bool(res.Truncated)}}
	l.mu.Lock()
	l.timed(res.Duration)
	e.verdict = l.circuit.attempted(now, o.ok())
	e.gone = o.gone()
	if e.verdict != (verdict{}) || !o.ok() { // a healthy endpoint costs no row of its own
		state := l.circuit
		e.circuit = &state
	}
	if !o.ok() && it.probe || e.verdict.closed {
		l.later(now)
	}
	if o.status == http.StatusTooManyRequests || o.status == http.StatusServiceUnavailable {
		if asked := hook.Wait(o.after, now); asked > 0 && l.to != nil && l.next.Before(now.Add(asked)) && l.to.Rate > 0 {
			l.next = now.Add(asked)
		}
	}
	l.mu.Unlock()
	for _, behind := range l.done(it, now) {
		c.put(l, behind)
	}
	c.log(it, res)
	c.books.add(e)
	return true
}

// ends takes an item out without an attempt.
func (c *courier) ends(l *lane, it *item, as State, why string, now time.Time) bool {
	it.State, it.Reason, it.Due, it.Updated = as, why, time.Time{}, now
	l.done(it, now)
	c.books.add(entry{item: it, lane: l})
	return true
}

// refused says why a delivery must not go out any more: the grant opens nothing,
// or the account keeps the event from it. An error: nobody can say.
func (c *courier) refused(ctx context.Context, to *destination, it *item) (string, error) {
	if to.about(it.event) {
		return "", nil
	}
	if it.Test && it.Grant == "" {
		return "", nil // an application tries its own server
	}
	if it.holding == nil || !it.holding.Current() {
		h, err := c.s.Bearers.Standing(ctx, it.Grant)
		if k := problem.Of(err); err != nil && (k.Kind == problem.KindUnavailable || k.Kind == problem.KindInternal) {
			return "", err
		}
		if err != nil {
			return problem.CodeOf(err), nil
		}
		it.holding = h
	}
	if err := it.holding.Live(); err != nil {
		if k := problem.Of(err).Kind; k == problem.KindUnavailable || k == problem.KindInternal {
			return "", err
		}
		return problem.CodeOf(err), nil
	}
	if it.Test || it.event.Own() {
		return "", nil
	}
	muted, err := c.s.Events.Muted(ctx, it.Account, it.Grant, it.Type)
	if err == nil && muted {
		return "event_muted", nil
	}
	return "", err
}

func (c *courier) log(it *item, res outbound.Result) {
	if res.Status/100 == 2 && !c.s.Log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	attrs := []any{"endpoint", it.Endpoint, "event", it.Event, "type", it.Type, "account", it.Account, "attempt", it.Attempts, "outcome", string(it.State),
		"status", res.Status, "duration_ms", float64(res.Duration.Microseconds()) / 1000}
	if res.Status/100 == 2 {
		c.s.Log.Debug("webhook", attrs...)
		return
	}
	c.s.Log.Info("webhook", append(attrs, "failure", string(res.Failure), "error", res.Err)...)
}

// redacted is an answer's body as it is kept: text, without credentials of ours.
func redacted(body []byte) string {
	text := strings.ToValidUTF8(strings.ReplaceAll(string(body), "\x00", ""), "\uFFFD")
	for at := 0; at+secret.Length <= len(text); at++ {
		i := strings.Index(text[at:], "gr")
		if i < 0 || at+i+secret.Length > len(text) {
			break
		}
		at += i
		if secret.WellFormed(text[at : at+secret.Length]) {
			text = text[:at] + "[secret]" + text[at+secret.Length:]
		}
	}
	for {
		i := strings.Index(text, hook.Prefix)
		if i < 0 {
			return text
		}
		end := i + len(hook.Prefix)
		for end < len(text) && strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", text[end]) >= 0 {
			end++
		}
		text = text[:i] + "[secret]" + text[end:]
	}
}
