package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/guestright/guestright/edge/gateway/strict"
	"github.com/guestright/guestright/edge/gateway/upstream"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/usage"
)

// Proxy decides calls and forwards those that pass to the product.
type Proxy struct {
	Engine  *Engine
	Signer  *Signer
	Rules   *strict.Rules
	Client  *upstream.Client
	Proxies web.Proxies // whose word about the client's address is taken
	Log     *slog.Logger
	// Style names the older rate-limit fields that answers carry besides.
	Style quota.Style
	// LogAll writes a line for calls that pass, too; refusals are always logged.
	LogAll bool
	// Observe hears of every call, for metrics; may be nil.
	Observe func(o usage.Outcome, took time.Duration)
}

// Decision names the id under which a decision can be found in the logs.
type Decision struct{}

// IDPrefix implements ident.Named.
func (Decision) IDPrefix() string { return "dec" }

// exchange is everything one call needs, reused between calls.
type exchange struct {
	call    Call
	verdict Verdict
	out     upstream.Outgoing
	set     [2]upstream.Field
	answer  [8]upstream.Field
	scratch [256]byte
}

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

func dropped(name string) bool {
	return Hygiene.Drops(name) || name == quota.SimulateHeader
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	path, refusal := p.Rules.Judge(r)
	if refusal != nil {
		p.refuseForm(w, r, refusal, begun)
		return
	}
	x, ok := exchanges.Get().(*exchange)
	if !ok {
		x = new(exchange)
	}
	defer func() {
		*x = exchange{}
		exchanges.Put(x)
	}()
	x.call = Call{Method: r.Method, Path: path, Query: r.URL.RawQuery, Host: r.Host, Header: r.Header, Client: p.Proxies.Client(r)}
	v := &x.verdict
	v.At = begun.UTC()
	p.Engine.Decide(r.Context(), &x.call, v)
	if v.Err == nil && v.Limits.Wait > 0 {
		v.Err = wait(r.Context(), v.Limits.Wait)
	}
	if v.Simulate.Hang {
		<-r.Context().Done()
	}
	if v.Err != nil {
		p.refuse(w, r, x, begun)
		return
	}
	p.forward(w, r, x, begun)
}

// wait holds a call back that a limit of mode delay lets pass later.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return problem.Unavailable("canceled", "The caller went away while the call was held back.", ctx.Err())
	}
}

func (p *Proxy) forward(w http.ResponseWriter, r *http.Request, x *exchange, begun time.Time) {
	v := &x.verdict
	target, err := v.compiled.upstreamOf(v.Route, v.Bearer.Holding)
	if err == nil {
		x.set[0].Value, err = p.Signer.identity(v)
	}
	if err != nil {
		v.Err, v.Outcome = err, outcomeOf(err)
		p.refuse(w, r, x, begun)
		return
	}
	x.set[0].Name = IdentityHeader
	x.set[1] = upstream.Field{Name: DecisionHeader, Value: ident.New[Decision](begun).String()}
	x.out = upstream.Outgoing{Target: target, Path: x.call.Path.Escaped, RawQuery: r.URL.RawQuery, Drop: dropped, Set: x.set[:2]}
	x.out.Answer = p.answer(x)
	x.out.Answer = append(x.out.Answer, upstream.Field{Name: DecisionHeader, Value: x.set[1].Value})
	res, err := p.Client.Do(w, r, &x.out)
	p.Engine.Report(&x.call, v, res.Status)
	if p.Observe != nil {
		p.Observe(v.Outcome, time.Since(begun))
	}
	if err != nil {
		p.failed(w, r, x, err)
		return
	}
	if p.LogAll {
		p.line(r, x, res.Status, begun)
	}
}

// failed answers for a product that did not.
func (p *Proxy) failed(w http.ResponseWriter, r *http.Request, x *exchange, err error) {
	var f *upstream.Fault
	if !errors.As(err, &f) {
		f = &upstream.Fault{Reason: upstream.Misused, Cause: err}
	}
	p.Log.LogAttrs(r.Context(), slog.LevelWarn, "product", slog.String("decision", x.set[1].Value),
		slog.String("operation", x.verdict.Route.Operation), slog.String("code", f.Code()), slog.Any("cause", f.Cause))
	if f.Started {
		panic(http.ErrAbortHandler) // net/http's way to cut a truncated answer
	}
	if f.Reason == upstream.ClientGone {
		return
	}
	doc := (&problem.Error{Kind: problem.KindUnavailable, Code: f.Code(), Detail: "The product behind this gateway could not answer."}).
		With("decision", x.set[1].Value)
	web.WriteProblemStatus(w, r, doc, f.Status())
}

// answer adds the limits to the product's answer.
func (p *Proxy) answer(x *exchange) []upstream.Field {
	out := x.answer[:0]
	d := &x.verdict.Limits
	if !x.verdict.Limited {
		return out
	}
	if b := d.AppendPolicy(x.scratch[:0]); len(b) > 0 {
		out = append(out, upstream.Field{Name: "RateLimit-Policy", Value: string(b)})
	}
	if b := d.AppendState(x.scratch[:0]); len(b) > 0 {
		out = append(out, upstream.Field{Name: "RateLimit", Value: string(b)})
	}
	var fields [5]quota.Field
	for _, f := range d.Compatible(p.Style, fields[:0]) {
		out = append(out, upstream.Field{Name: f.Name, Value: strconv.FormatInt(f.Value, 10)})
	}
	return out
}

func (p *Proxy) refuseForm(w http.ResponseWriter, r *http.Request, f *strict.Refusal, begun time.Time) {
	p.Engine.Usage.Record(begun, usage.Key{Outcome: usage.Malformed}, 1)
	if p.Observe != nil {
		p.Observe(usage.Malformed, time.Since(begun))
	}
	p.Log.LogAttrs(r.Context(), slog.LevelInfo, "call", slog.String("method", r.Method), slog.Int("status", f.Status), slog.String("code", f.Code))
	status := f.Write(w.Header())
	web.WriteProblemStatus(w, r, f.Problem(), status)
}

// refuse writes the refusal with a decision id, so that administrator and
// developer can talk about the same call.
func (p *Proxy) refuse(w http.ResponseWriter, r *http.Request, x *exchange, begun time.Time) {
	v := &x.verdict
	p.Engine.Report(&x.call, v, 0)
	if p.Observe != nil {
		p.Observe(v.Outcome, time.Since(begun))
	}
	id := ident.New[Decision](begun).String()
	p.refusalHeaders(w.Header(), x, id)
	status := p.document(w, r, v, id)
	p.line(r, x, status, begun)
}

func (p *Proxy) refusalHeaders(h http.Header, x *exchange, id string) {
	for _, f := range p.answer(x) {
		h.Set(f.Name, f.Value)
	}
	h.Set(DecisionHeader, id)
}

func (p *Proxy) document(w http.ResponseWriter, r *http.Request, v *Verdict, id string) int {
	doc := problem.Of(v.Err).With("decision", id)
	status := web.Status(doc)
	if doc.Kind == problem.KindInternal && v.Simulate.Status != 0 {
		status = v.Simulate.Status
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", challenge(doc))
	}
	web.WriteProblemStatus(w, r, doc, status)
	return status
}

// challenge is the header of RFC 6750 section 3: no error code when the caller
// sent no credential.
func challenge(e *problem.Error) string {
	if e.Code == "missing_credential" {
		return `Bearer realm="guestright"`
	}
	return `Bearer realm="guestright", error="invalid_token", error_description=` + strconv.Quote(e.Code)
}

func (p *Proxy) line(r *http.Request, x *exchange, status int, begun time.Time) {
	if !p.Log.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	v := &x.verdict
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs, slog.String("method", r.Method), slog.Int("status", status), slog.String("outcome", v.Outcome.String()),
		slog.Duration("took", time.Since(begun)), slog.Any("client", prefix(x.call.Client)))
	if v.Route != nil {
		attrs = append(attrs, slog.String("operation", v.Route.Operation))
	}
	if v.Bearer != nil {
		h := v.Bearer.Holding
		attrs = append(attrs, slog.String("grant", h.Grant), slog.String("account", h.Account), slog.String("application", h.Application))
	}
	if v.Err != nil {
		attrs = append(attrs, slog.String("code", problem.CodeOf(v.Err)))
	}
	p.Log.LogAttrs(r.Context(), slog.LevelInfo, "call", attrs...)
}

func prefix(a netip.Addr) string { return usage.Network(a) }
