package gateway

import (
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/guestright/guestright/edge/gateway/strict"
	"github.com/guestright/guestright/edge/gateway/upstream"
	"github.com/guestright/guestright/kit/ident"
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
	Issuer  string // whose tokens are taken here, for the metadata (RFC 9728)
	// Style names the older rate-limit fields that answers carry besides.
	Style quota.Style
	// LogAll writes a line for calls that pass, too; refusals are always logged.
	LogAll bool
	// Observe hears of every call, for metrics; may be nil.
	Observe func(o usage.Outcome, took time.Duration)
}

// exchange is everything one call needs, reused between calls.
type exchange struct {
	call    Call
	verdict Verdict
	out     upstream.Outgoing
	set     [3]upstream.Field
	answer  [10]upstream.Field
	link    [1]upstream.Field
	scratch [320]byte
	state   string // of the limits, as RateLimit says it
}

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

func take() *exchange {
	if x, ok := exchanges.Get().(*exchange); ok {
		return x
	}
	return new(exchange)
}

func (x *exchange) release() {
	*x = exchange{}
	exchanges.Put(x)
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	path, refusal := p.Rules.Judge(r)
	if refusal != nil {
		p.refuseForm(w, r, refusal, begun)
		return
	}
	if p.describe(w, r, path.Escaped) {
		return
	}
	x := take()
	defer x.release()
	x.call = Call{Method: r.Method, Path: path, Query: r.URL.RawQuery, Host: r.Host, Header: r.Header, Client: p.Proxies.Client(r)}
	x.verdict.At = p.Engine.at(begun)
	p.Engine.hold(r.Context(), x)
	if x.verdict.Err != nil {
		p.refuse(w, r, x, begun)
		return
	}
	p.forward(w, r, x, begun)
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
	x.set[1] = upstream.Field{Name: DecisionHeader, Value: x.word(begun)}
	x.out = upstream.Outgoing{Target: target, Path: x.call.Path.Escaped, RawQuery: v.compiled.withoutKeys(r.URL.RawQuery), Drop: v.compiled.drop, Set: x.set[:2]}
	if v.edition != nil {
		x.set[2] = upstream.Field{Name: v.compiled.versions.Header, Value: v.edition.name}
		x.out.Set = x.set[:3]
	}
	x.out.Answer = append(x.fields(p.Style), upstream.Field{Name: DecisionHeader, Value: x.set[1].Value})
	x.out.Add = x.links()
	res, err := p.Client.Do(w, r, &x.out)
	status := res.Status
	var fault *upstream.Fault
	if err != nil {
		fault = faultOf(err)
		status = fault.Status()
		if fault.Reason == upstream.ClientBody {
			x.verdict.Outcome = usage.Malformed
		}
	}
	p.report(x, status, begun)
	if fault != nil {
		p.failed(w, r, x, fault)
		return
	}
	if p.LogAll {
		x.line(r.Context(), p.Log, entry{method: r.Method, decision: x.set[1].Value, status: status, begun: begun})
	}
}

// faultOf stands apart so that calls without a fault need no place for one.
func faultOf(err error) *upstream.Fault {
	if f, ok := errors.AsType[*upstream.Fault](err); ok {
		return f
	}
	return &upstream.Fault{Reason: upstream.Misused, Cause: err}
}

func (p *Proxy) report(x *exchange, status int, begun time.Time) {
	p.Engine.Report(&x.call, &x.verdict, status)
	if p.Observe != nil {
		p.Observe(x.verdict.Outcome, time.Since(begun))
	}
}

// failed answers for a product that did not.
func (p *Proxy) failed(w http.ResponseWriter, r *http.Request, x *exchange, f *upstream.Fault) {
	level := slog.LevelWarn
	if f.Reason == upstream.ClientGone {
		level = slog.LevelInfo
	}
	p.Log.LogAttrs(r.Context(), level, "product", slog.String("decision", x.set[1].Value),
		slog.String("operation", x.verdict.Route.Operation), slog.String("code", f.Code()), slog.Any("cause", f.Cause))
	if f.Started {
		panic(http.ErrAbortHandler) // net/http's way to cut a truncated answer
	}
	if f.Reason == upstream.ClientGone {
		return
	}
	for _, field := range x.out.Answer {
		w.Header().Set(field.Name, field.Value)
	}
	for _, field := range x.out.Add {
		w.Header().Add(field.Name, field.Value)
	}
	doc := f.Problem().With("decision", x.set[1].Value)
	web.WriteProblemStatus(w, r, doc, f.Status())
}

func (p *Proxy) refuseForm(w http.ResponseWriter, r *http.Request, f *strict.Refusal, begun time.Time) {
	p.Engine.Usage.Record(p.Engine.at(begun), usage.Key{Outcome: usage.Malformed}, 1)
	if p.Observe != nil {
		p.Observe(usage.Malformed, time.Since(begun))
	}
	id := ident.New[Decision](begun).String()
	p.Log.LogAttrs(r.Context(), slog.LevelInfo, "call", slog.String("decision", id), slog.String("method", r.Method),
		slog.Int("status", f.Status), slog.String("outcome", usage.Malformed.String()), slog.String("code", f.Code))
	w.Header().Set(DecisionHeader, id)
	status := f.Write(w.Header())
	web.WriteProblemStatus(w, r, f.Problem().With("decision", id), status)
}

func (p *Proxy) refuse(w http.ResponseWriter, r *http.Request, x *exchange, begun time.Time) {
	p.report(x, 0, begun)
	id := ident.New[Decision](begun).String()
	status := x.writeRefusal(w, r, p.Style, id)
	x.line(r.Context(), p.Log, entry{method: r.Method, decision: id, status: status, begun: begun})
}
