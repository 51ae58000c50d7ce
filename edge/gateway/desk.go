package gateway

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/guestright/guestright/edge/gateway/strict"
	"github.com/guestright/guestright/edge/gateway/upstream"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/usage"
)

// Desk decides for proxies of the operator's own that forward calls themselves.
// It judges, decides, limits and counts exactly as Proxy does; only the carrying
// is left to others. Each answer spends the limits once and counts one call.
type Desk struct {
	Engine *Engine
	Signer *Signer
	Rules  *strict.Rules // with Unparsed
	Log    *slog.Logger
	Style  quota.Style
	// LogAll writes a line for calls that pass, too.
	LogAll bool
	// Observe hears of every call, for metrics; may be nil.
	Observe func(o usage.Outcome, took time.Duration)
}

// Asked is a call as the proxy describes it.
type Asked struct {
	Method string
	Target string // path and query as they stand in the request line
	Host   string
	Header http.Header // canonical names
	Client netip.Addr
}

// Reply is what the proxy is told. Product are headers to set on the request
// when it passes; Answer belongs on the caller's answer in either case; Body is
// the problem document of a refusal.
type Reply struct {
	Pass    bool
	Status  int
	Product []upstream.Field
	Answer  http.Header
	Body    []byte
	// Drop reports headers that the product must not see, when it passes.
	Drop func(name string) bool
	// Params are the query's parameters, as the call spells them, that hold legacy
	// keys: the product must not see them either.
	Params []string
}

// Ask decides one call.
func (d *Desk) Ask(ctx context.Context, a *Asked) *Reply {
	begun := time.Now()
	// Only what Judge looks at: this request was parsed by somebody else.
	r := (&http.Request{Method: a.Method, RequestURI: a.Target, Host: a.Host, Header: a.Header, URL: &url.URL{}}).WithContext(ctx)
	path, refusal := d.Rules.Judge(r)
	if refusal == nil && a.Target == "" {
		path, refusal = strict.Canonical("") // refuses
	}
	if refusal != nil {
		return d.refuseForm(r, refusal, begun)
	}
	_, query, _ := strings.Cut(a.Target, "?")
	x := take()
	defer x.release()
	x.call = Call{Method: a.Method, Path: path, Query: query, Host: a.Host, Header: a.Header, Client: a.Client}
	x.verdict.At = d.Engine.at(begun)
	d.Engine.hold(ctx, x)
	v, id := &x.verdict, ident.New[Decision](begun).String()
	var identity string
	if v.Err == nil {
		if identity, v.Err = d.Signer.identity(v); v.Err != nil {
			v.Outcome = outcomeOf(v.Err)
		}
	}
	d.Engine.Report(&x.call, v, http.StatusOK)
	if d.Observe != nil {
		d.Observe(v.Outcome, time.Since(begun))
	}
	reply := &Reply{Pass: v.Err == nil, Status: http.StatusOK, Answer: http.Header{}}
	if reply.Pass {
		reply.Product = []upstream.Field{{Name: IdentityHeader, Value: identity}, {Name: DecisionHeader, Value: id}}
		if v.edition != nil {
			reply.Product = append(reply.Product, upstream.Field{Name: v.compiled.versions.Header, Value: v.edition.name})
		}
		reply.Drop, reply.Params = v.compiled.drop, v.compiled.keyParams(query)
		for _, f := range append(x.fields(d.Style), x.links()...) {
			reply.Answer[f.Name] = []string{f.Value}
		}
		reply.Answer[DecisionHeader] = []string{id}
	} else {
		page := &page{header: reply.Answer}
		reply.Status = x.writeRefusal(page, r, d.Style, id)
		reply.Body = page.body.Bytes()
	}
	if !reply.Pass || d.LogAll {
		x.line(ctx, d.Log, entry{method: a.Method, decision: id, status: reply.Status, begun: begun})
	}
	return reply
}

func (d *Desk) refuseForm(r *http.Request, f *strict.Refusal, begun time.Time) *Reply {
	d.Engine.Usage.Record(d.Engine.at(begun), usage.Key{Outcome: usage.Malformed}, 1)
	if d.Observe != nil {
		d.Observe(usage.Malformed, time.Since(begun))
	}
	id := ident.New[Decision](begun).String()
	d.Log.LogAttrs(r.Context(), slog.LevelInfo, "call", slog.String("decision", id), slog.Int("status", f.Status),
		slog.String("outcome", usage.Malformed.String()), slog.String("code", f.Code))
	page := &page{header: http.Header{}}
	status := f.Write(page.header)
	page.header.Del("Connection") // the proxy's own connection is sound
	page.header.Set(DecisionHeader, id)
	web.WriteProblemStatus(page, r, f.Problem().With("decision", id), status)
	return &Reply{Status: status, Answer: page.header, Body: page.body.Bytes()}
}

// page holds an answer that travels inside another one.
type page struct {
	header http.Header
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (p *page) Header() http.Header { return p.header }

// Write implements http.ResponseWriter.
func (p *page) Write(b []byte) (int, error) { return p.body.Write(b) }

// WriteHeader implements http.ResponseWriter; the status is known to the caller.
func (p *page) WriteHeader(int) {}
