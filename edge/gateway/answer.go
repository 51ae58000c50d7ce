package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/guestright/guestright/edge/gateway/upstream"
	"github.com/guestright/guestright/kit/dpop"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/network"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/usage"
)

// Decision names the id under which a decision can be found in the logs.
type Decision struct{}

// IDPrefix implements ident.Named.
func (Decision) IDPrefix() string { return "dec" }

// patience is how long a simulated product stays silent at most.
const patience = 60 * time.Second

// hold decides the call and keeps it back where a limit or a simulation says so.
func (e *Engine) hold(ctx context.Context, x *exchange) {
	v := &x.verdict
	e.Decide(ctx, &x.call, v)
	if v.Err == nil && v.Limits.Wait > 0 {
		if err := wait(ctx, v.Limits.Wait); err != nil {
			v.Err, v.Outcome = err, usage.Unavailable
		}
	}
	if v.Simulate.Delay > 0 {
		_ = wait(ctx, v.Simulate.Delay)
	}
	if v.Simulate.Hang {
		_ = wait(ctx, patience)
	}
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

// word makes the decision id and the state of the limits, in one string.
func (x *exchange) word(begun time.Time) string {
	b := ident.Append[Decision](x.scratch[:0], begun)
	n := len(b)
	if x.verdict.Limited {
		b = x.verdict.Limits.AppendState(b)
	}
	both := string(b)
	x.state = both[n:]
	return both[:n]
}

// links are the Link field of an answer about something that comes to its end.
func (x *exchange) links() []upstream.Field {
	if x.link[0].Value == "" {
		return nil
	}
	return x.link[:]
}

// fields are the header fields that tell a caller where it stands: with its
// limits, and with what it calls.
func (x *exchange) fields(style quota.Style) []upstream.Field {
	out := x.answer[:0]
	if end := x.verdict.whichEnds(); end != nil {
		out = append(out, end.dates...)
		x.link[0] = upstream.Field{Name: "Link", Value: end.link(&x.verdict)}
	}
	d := &x.verdict.Limits
	if !x.verdict.Limited {
		return out
	}
	if policy := d.Policy(); policy != "" {
		out = append(out, upstream.Field{Name: "RateLimit-Policy", Value: policy})
	}
	if x.state == "" {
		x.state = string(d.AppendState(x.scratch[:0]))
	}
	if x.state != "" {
		out = append(out, upstream.Field{Name: "RateLimit", Value: x.state})
	}
	var fields [5]quota.Field
	for _, f := range d.Compatible(style, fields[:0]) {
		out = append(out, upstream.Field{Name: f.Name, Value: strconv.FormatInt(f.Value, 10)})
	}
	return out
}

// writeRefusal answers a call that did not pass, with a decision id, so that
// administrator and developer can talk about the same call.
func (x *exchange) writeRefusal(w http.ResponseWriter, r *http.Request, style quota.Style, id string) int {
	v, h := &x.verdict, w.Header()
	for _, f := range x.fields(style) {
		h.Set(f.Name, f.Value)
	}
	for _, f := range x.links() {
		h.Add(f.Name, f.Value)
	}
	h.Set(DecisionHeader, id)
	doc := problem.Of(v.Err).With("decision", id)
	status := web.Status(doc)
	if v.Simulate.Status != 0 {
		status = v.Simulate.Status
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden && doc.Code == "scope_missing":
		h.Set("WWW-Authenticate", v.engine.challenge(doc))
		if n := v.engine.Proofs.Nonces; n != nil {
			h.Set(dpop.NonceHeader, n.At(v.At))
		}
	case status == http.StatusMethodNotAllowed && v.allow != "":
		h.Set("Allow", v.allow)
	}
	web.WriteProblemStatus(w, r, doc, status)
	return status
}

// entry is what a log line says besides what the exchange knows.
type entry struct {
	method   string
	decision string
	status   int
	begun    time.Time
}

func (x *exchange) line(ctx context.Context, log *slog.Logger, e entry) {
	if !log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	v := &x.verdict
	attrs := make([]slog.Attr, 0, 14)
	attrs = append(attrs, slog.String("decision", e.decision), slog.String("method", e.method), slog.Int("status", e.status),
		slog.String("outcome", v.Outcome.String()), slog.Duration("took", time.Since(e.begun)), slog.String("client", network.Name(x.call.Client)))
	if v.Route != nil {
		attrs = append(attrs, slog.String("operation", v.Route.Operation))
	}
	if v.Bearer.Known() {
		h := v.Bearer.Holding
		attrs = append(attrs, slog.String("grant", h.Grant), slog.String("account", h.Account), slog.String("application", h.Application))
	}
	if v.Err != nil {
		attrs = append(attrs, slog.String("code", problem.CodeOf(v.Err)))
		if cause := problem.Of(v.Err).Cause; cause != nil {
			attrs = append(attrs, slog.String("error", cause.Error()))
		}
	}
	log.LogAttrs(ctx, slog.LevelInfo, "call", attrs...)
}
