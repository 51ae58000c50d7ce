package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/guestright/guestright/kit/problem"
)

// Request is one call.
type Request struct {
	Method  string // "" means POST with a body and GET without
	URL     string
	Header  http.Header // fields that belong to the connection are ignored
	Body    []byte
	Timeout time.Duration // shorter than the client's; 0 means the client's
	MaxBody int64         // bytes to read of the answer; 0 means the client's
}

// Failure is why a call brought no answer.
type Failure string

// The failures. NoFailure means that the other side answered, with whatever
// status; Canceled that our caller gave up.
const (
	NoFailure  Failure = ""
	BadURL     Failure = "url"        // CheckURL refuses it; nothing was sent
	BadRequest Failure = "request"    // method or header cannot be sent
	Refused    Failure = "refused"    // the name led to an address that we do not call
	DNS        Failure = "dns"        // the name cannot be resolved
	Connect    Failure = "connect"    // nobody accepts the connection
	TLS        Failure = "tls"        // no trusted encryption
	Timeout    Failure = "timeout"    // no answer in time
	Broken     Failure = "connection" // cut before an answer, or not HTTP
	Canceled   Failure = "canceled"
)

// Result is how a call came out. With NoFailure, Status is the answer's, 3xx
// included. Once a status has arrived it stands: when the rest does not follow,
// is too long or too late, Truncated is set and Body holds what was read.
type Result struct {
	Status    int
	Header    http.Header // at most 32 KiB
	Body      []byte
	Truncated bool
	Duration  time.Duration
	Addr      netip.AddrPort // that was called; invalid when none was
	Failure   Failure
	Err       error // for the log: it may name inner addresses
}

// Do makes one call: no redirects, no retries of its own beyond a kept
// connection that turns out to be closed, one total time.
func (c *Client) Do(ctx context.Context, req Request) Result {
	begun := time.Now()
	res := c.do(ctx, req)
	res.Duration = time.Since(begun)
	return res
}

func (c *Client) do(ctx context.Context, req Request) Result {
	t, err := c.parse(req.URL)
	if err != nil {
		return Result{Failure: BadURL, Err: err}
	}
	timeout := c.cfg.Timeout
	if req.Timeout > 0 && req.Timeout < timeout {
		timeout = req.Timeout
	}
	limit := c.cfg.MaxBody
	if req.MaxBody > 0 {
		limit = req.MaxBody
	}
	hr, err := c.build(ctx, t, req)
	if err != nil {
		return Result{Failure: BadRequest, Err: err}
	}
	if len(req.Body) <= lineBody {
		return c.direct(ctx, t, call{hr: hr, until: time.Now().Add(timeout), most: limit})
	}
	return c.transported(hr, timeout, limit)
}

// transported makes a call by net/http's transport.
func (c *Client) transported(hr *http.Request, timeout time.Duration, limit int64) Result {
	ctx, cancel := context.WithTimeout(hr.Context(), timeout)
	defer cancel()
	var at callee
	resp, err := c.transport.RoundTrip(hr.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: at.got})))
	if err != nil {
		return Result{Failure: failureOf(ctx, err), Err: err, Addr: at.addr()}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	return answered(resp, body, limit, err).over(at.addr())
}

// answered is a result with what was read of a body, at most a byte more than limit.
func answered(resp *http.Response, body []byte, limit int64, err error) Result {
	res := Result{Status: resp.StatusCode, Header: resp.Header, Body: body}
	if int64(len(body)) > limit {
		res.Body, res.Truncated = body[:limit], true
	}
	if err != nil {
		res.Truncated, res.Err = true, err
	}
	return res
}

func (r Result) over(at netip.AddrPort) Result {
	r.Addr = at
	return r
}

// connection lists the fields that the transport writes itself.
var connection = []string{"Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

func (c *Client) build(ctx context.Context, t target, req Request) (*http.Request, error) {
	method := req.Method
	if method == "" {
		method = http.MethodGet
		if req.Body != nil {
			method = http.MethodPost
		}
	}
	if method == http.MethodConnect || method == http.MethodTrace {
		return nil, problem.Invalid("method", "This method is not sent.")
	}
	var body io.Reader
	if req.Body != nil {
		body = bytes.NewReader(req.Body)
	}
	hr, err := http.NewRequestWithContext(ctx, method, t.url.String(), body)
	if err != nil {
		return nil, err
	}
	for name, values := range req.Header {
		name = http.CanonicalHeaderKey(name)
		if slices.Contains(connection, name) {
			continue
		}
		if !httpguts.ValidHeaderFieldName(name) || slices.ContainsFunc(values, func(v string) bool { return !httpguts.ValidHeaderFieldValue(v) }) {
			return nil, errors.New("a header that cannot be sent")
		}
		hr.Header[name] = values
	}
	if hr.Header.Get("User-Agent") == "" {
		hr.Header.Set("User-Agent", c.cfg.Agent)
	}
	return hr, nil
}

// callee learns which connection was used; the transport calls from its own
// goroutines.
type callee struct {
	mu sync.Mutex
	at netip.AddrPort
}

func (a *callee) got(info httptrace.GotConnInfo) {
	conn := info.Conn
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	j, ok := conn.(*judged)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = j.at
}

func (a *callee) addr() netip.AddrPort {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.at
}

func failureOf(ctx context.Context, err error) Failure {
	if _, ok := errors.AsType[*refusedError](err); ok {
		return Refused
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return Canceled
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return Timeout
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		if d.IsTimeout {
			return Timeout
		}
		return DNS
	}
	if isTLS(err) {
		return TLS
	}
	n, ok := errors.AsType[*net.OpError](err)
	switch {
	case ok && n.Timeout():
		return Timeout
	case ok && n.Op == "dial":
		return Connect
	case ok && n.Op == "remote error":
		return TLS // an alert from the other side
	}
	return Broken
}

func isTLS(err error) bool {
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	return cert || record || alert
}
