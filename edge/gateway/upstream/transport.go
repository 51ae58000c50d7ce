package upstream

import (
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"
)

// transport forwards through net/http, for upstreams that speak HTTP/2 only.
func (c *Client) transport(w http.ResponseWriter, r *http.Request, out *Outgoing) (Result, error) {
	proxy, ok := c.h2.Load(out.Target.Scheme)
	if !ok {
		proxy, _ = c.h2.LoadOrStore(out.Target.Scheme, c.http2Proxy(out.Target.Scheme))
	}
	seen := &observed{out: out}
	watched := &observer{ResponseWriter: w, seen: seen}
	watched.started = time.Now()
	forwarded := r.WithContext(with(r.Context(), seen))
	if r.Body != nil && r.Body != http.NoBody {
		forwarded.Body = &counted{ReadCloser: r.Body, n: &seen.taken}
	}
	seen.serve(proxy.(*httputil.ReverseProxy), watched, forwarded)
	seen.result.BytesIn = seen.taken.Load()
	if seen.fault != nil {
		return seen.result, seen.fault
	}
	return seen.result, nil
}

// observed is what one call through net/http's proxy needs and tells.
type observed struct {
	out    *Outgoing
	result Result
	taken  atomic.Int64
	fault  *Fault
}

// serve turns net/http's way to cut an answer into a fault.
func (o *observed) serve(proxy http.Handler, w http.ResponseWriter, r *http.Request) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			panic(p)
		}
		o.fault = &Fault{Reason: Broken, Started: true, Cause: http.ErrAbortHandler}
		if r.Context().Err() != nil {
			o.fault.Reason = ClientGone
		}
	}()
	proxy.ServeHTTP(w, r)
}

// counted counts the request body. net/http reads it in another goroutine,
// which may outlive the call, hence the atomic.
type counted struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// observer counts what is passed on.
type observer struct {
	http.ResponseWriter
	seen    *observed
	started time.Time
}

// Unwrap gives http.ResponseController access to flushing and hijacking.
func (o *observer) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *observer) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		o.seen.result.Status = status
		o.seen.result.Upstream = time.Since(o.started)
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *observer) Write(p []byte) (int, error) {
	n, err := o.ResponseWriter.Write(p)
	o.seen.result.BytesOut += int64(n)
	return n, err
}

func (c *Client) http2Proxy(scheme string) *httputil.ReverseProxy {
	protocols := new(http.Protocols)
	protocols.SetHTTP2(scheme == "h2")
	protocols.SetUnencryptedHTTP2(scheme == "h2c")
	t := &http.Transport{
		Protocols: protocols, DisableCompression: true, DialContext: c.dialer(),
		TLSHandshakeTimeout: c.dialWithin(), ResponseHeaderTimeout: c.HeadTimeout,
		ExpectContinueTimeout: orDefault(c.ContinueTimeout, time.Second), IdleConnTimeout: c.idleFor(),
		MaxIdleConnsPerHost: c.idlePerHost(), MaxResponseHeaderBytes: int64(c.maxHead()),
	}
	if c.TLS != nil {
		t.TLSClientConfig = c.TLS.Clone()
	}
	return &httputil.ReverseProxy{
		Transport: t, Rewrite: rewrite,
		ModifyResponse: func(res *http.Response) error {
			out := from(res.Request.Context()).out
			for name := range res.Header {
				if out.DropAnswer != nil && out.DropAnswer(name) {
					delete(res.Header, name)
				}
			}
			for _, f := range out.Answer {
				res.Header.Del(f.Name)
				res.Header[f.Name] = []string{f.Value}
			}
			for _, f := range out.Add {
				res.Header[f.Name] = append(res.Header[f.Name], f.Value)
			}
			return nil
		},
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, err error) {
			from(r.Context()).fault = classify(r.Context(), err, Unreachable)
		},
	}
}

// rewrite applies an Outgoing to net/http's proxy request.
func rewrite(p *httputil.ProxyRequest) {
	out := from(p.In.Context()).out
	scheme := "http"
	if out.Target.Scheme == "h2" {
		scheme = "https"
	}
	path := out.Target.BasePath + out.Path
	plain, err := url.PathUnescape(path)
	if err != nil {
		plain = path
	}
	p.Out.URL = &url.URL{Scheme: scheme, Host: out.Target.Host, Path: plain, RawPath: path, RawQuery: out.RawQuery}
	p.Out.Host = out.Host
	delete(p.Out.Header, "Upgrade") // HTTP/2 has neither (RFC 9113 8.2.2)
	delete(p.Out.Header, "Connection")
	for name := range p.Out.Header {
		if out.Drop != nil && out.Drop(name) {
			delete(p.Out.Header, name)
		}
	}
	for _, f := range out.Set {
		p.Out.Header.Del(f.Name)
		p.Out.Header[f.Name] = []string{f.Value}
	}
}
