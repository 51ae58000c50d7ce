package upstream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// call is one Do. It is recycled, so everything in it is reset afterwards.
type call struct {
	client *Client
	w      http.ResponseWriter
	r      *http.Request
	out    *Outgoing

	head       []byte // request head, followed by a small body
	fields     []fieldAt
	upgrade    string // protocol the client wants to change to
	expects    bool   // the client waits for 100 (Continue)
	replayable bool   // sending it twice does no harm (RFC 9110 9.2.2)
	streams    bool   // the body is sent by a sender of its own
	sender     *sender
	unwatch    func() bool // ends the watch; false: the connection was closed
	sentAt     time.Time
	lingers    bool // the answer did not come at a glance
	result     Result
	headAt     time.Time
}

// keep bounds the memory that an unusual call leaves in the recycled struct.
const keep = 64 << 10

func (x *call) reset() {
	head, fields := x.head[:0], x.fields[:0]
	if cap(head) > keep {
		head = nil
	}
	clear(x.fields)
	*x = call{head: head, fields: fields}
}

// run sends the request, again on another connection when a pooled one turns
// out to be stale, and relays the answer. The rule for sending again is
// http.Transport's: nothing of the answer was read, and either nothing was
// written or the request is idempotent and has no body.
func (x *call) run() *Fault {
	ctx := x.r.Context()
	if fault := x.compose(); fault != nil {
		return fault
	}
	p := x.client.poolFor(origin{scheme: x.out.Target.Scheme, host: x.out.Target.Host})
	for attempt := 0; ; attempt++ {
		now := time.Now()
		var c *conn
		var err error
		if attempt < 3 {
			c, err = p.take(ctx, now)
		} else {
			c, err = p.dial(ctx)
		}
		if err != nil {
			return classify(ctx, err, Unreachable)
		}
		again, fault := x.exchange(c, now)
		if !again {
			return fault
		}
		x.result.Retried = true
	}
}

// exchange sends and receives on one connection and settles what becomes of
// it. again is true when the request may and should be sent once more.
func (x *call) exchange(c *conn, now time.Time) (again bool, _ *Fault) {
	x.sentAt = now
	clean, again, fault := x.converse(x.r.Context(), c, now)
	if x.sender != nil {
		clean = x.settle(fault != nil) && clean
		x.result.BytesIn = x.sender.taken.Load()
		if broken := x.sender.clientFault(); broken != nil && fault != nil {
			fault = &Fault{Reason: broken.Reason, Started: fault.Started, Cause: broken.Cause}
		}
	}
	if x.unwatch != nil && !x.unwatch() {
		clean, again = false, false
	}
	x.unwatch = nil
	if x.result.Upgraded {
		c.drop()
		return false, fault
	}
	if clean && c.buffered() == 0 && c.quiet() {
		c.pool.put(c, x.headAt)
	} else {
		c.drop()
	}
	return again, fault
}

// converse is the exchange proper. clean says that the connection is in step
// and may carry another request.
func (x *call) converse(ctx context.Context, c *conn, now time.Time) (clean, again bool, _ *Fault) {
	if err := x.ready(c, now); err != nil {
		return false, c.reused && ctx.Err() == nil, classify(ctx, err, Broken)
	}
	n, failed := c.Write(x.head)
	if failed != nil && n == 0 && c.reused && ctx.Err() == nil {
		return false, true, nil
	}
	if x.streams && !x.expects && failed == nil {
		x.startSender(c)
	}
	h, err := x.await(c)
	if err != nil {
		lost := c.reused && c.buffered() == 0 && x.result.Status == 0 && ctx.Err() == nil && !errors.Is(err, os.ErrDeadlineExceeded)
		if _, ours := errors.AsType[*Fault](err); lost && !ours && x.replayable {
			return false, true, nil
		}
		return false, false, x.brokenHead(ctx, err)
	}
	x.headAt = time.Now()
	x.result.Upstream = x.headAt.Sub(now)
	x.result.Status = h.status
	if x.streams {
		x.began(c)
	}
	if h.status == http.StatusSwitchingProtocols {
		return false, false, x.switchProtocols(c, h)
	}
	whole, fault := x.relay(c, h)
	unsent := failed != nil || x.streams && x.sender == nil
	return whole && !h.closes && !unsent, false, fault
}

// ready sets how long to wait for the first byte of the answer, and watches
// the client at once when writing the request may take long.
func (x *call) ready(c *conn, now time.Time) error {
	if x.expects {
		x.watch(c)
		return c.expectBy(now.Add(orDefault(x.client.ContinueTimeout, time.Second)))
	}
	if x.streams { // the time counts from the end of the body
		x.watch(c)
		return c.patient()
	}
	if len(x.head) > smallBuffer {
		x.watch(c)
	}
	return c.glance(now)
}

// watch closes the connection when the client goes away or the call's time is
// over. It costs four allocations.
func (x *call) watch(c *conn) {
	if ctx := x.r.Context(); x.unwatch == nil && ctx.Done() != nil {
		x.unwatch = context.AfterFunc(ctx, c.abort)
	}
}

// waitOn is called when the answer does not come at a glance: from now on the
// client is watched and Client.HeadTimeout counts. It reports false when that
// has passed already.
func (x *call) waitOn(c *conn) bool {
	if x.lingers {
		return false
	}
	x.lingers = true
	x.watch(c)
	if x.client.HeadTimeout <= 0 {
		return c.patient() == nil
	}
	return c.expectBy(x.sentAt.Add(x.client.HeadTimeout)) == nil
}

// brokenHead words the failure to receive an answer head.
func (x *call) brokenHead(ctx context.Context, err error) *Fault {
	if errors.Is(err, errHeadTooLarge) {
		return &Fault{Reason: BadAnswer, Cause: err}
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return classify(ctx, err, Broken)
}

// most1xx bounds interim answers, which could otherwise go on for ever.
const most1xx = 100

// await reads answer heads until a final one and forwards interim ones. It
// also decides when the body of a request with Expect: 100-continue starts.
func (x *call) await(c *conn) (answerHead, error) {
	for range most1xx {
		h, err := x.readHead(c)
		for err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			if x.expects {
				x.proceed(c)
			} else if x.streams || !x.waitOn(c) {
				break
			}
			h, err = x.readHead(c)
		}
		if err != nil {
			return h, err
		}
		if h.status >= 200 || h.status == http.StatusSwitchingProtocols {
			return h, nil
		}
		x.inform(c, h)
		c.r += h.size
		if h.status == http.StatusContinue && x.expects {
			x.proceed(c)
		}
	}
	return answerHead{}, bad("too many interim answers")
}

// proceed sends the body that was held back.
func (x *call) proceed(c *conn) {
	x.expects = false
	if err := c.patient(); err != nil {
		return // the read that follows reports it
	}
	x.startSender(c)
}
