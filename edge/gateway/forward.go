package gateway

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/usage"
)

// The forward-auth endpoint and its headers.
const (
	CheckPath      = "/check"
	CheckKeyHeader = "Guestright-Check-Key"
	// StatusHeader is the real status of a refusal, for proxies that understand
	// 401 and 403 only.
	StatusHeader = "Guestright-Status"
	// ProblemHeader is the problem document of a refusal, for proxies that drop
	// the body of the check's answer.
	ProblemHeader = "Guestright-Problem"
)

// problemMost bounds ProblemHeader, in bytes: proxies read the head of an answer
// into a buffer of 4 to 16 KiB.
const problemMost = 3 << 10

// Forward is the endpoint that nginx (auth_request), Caddy (forward_auth) and
// Traefik (forwardAuth) ask at CheckPath before they serve a call. The method
// and the query of the question itself mean nothing; the call is described by
// the headers of one Family, and everything else in the header is the caller's.
//
// A pass is 200 with Guestright-Identity and Guestright-Decision, which the
// proxy must set on the request to the product, and the rate-limit fields, which
// it may set on the answer. A refusal to a proxy of the forwarded family is the
// answer to be given to the caller. nginx understands 401 and 403 only and drops
// the body, so a refusal of the original family is one of these two, with the
// real status and the document in headers.
//
// The parts that matter for nginx (whole file: docs/examples/nginx.conf):
//
//	merge_slashes off;
//	location / {
//	    auth_request /guestright;
//	    auth_request_set $gr_identity $upstream_http_guestright_identity;
//	    proxy_set_header Guestright-Identity $gr_identity;
//	    proxy_set_header Authorization "";
//	    proxy_pass http://product;            # no path: the raw one is passed on
//	}
//	location = /guestright {
//	    internal;
//	    proxy_pass http://guestright/check;
//	    proxy_pass_request_body off;
//	    proxy_set_header X-Original-Method $request_method;
//	    proxy_set_header X-Original-URI $request_uri;
//	    proxy_set_header X-Original-Host $host;
//	}
//
// and for Caddy (docs/examples/Caddyfile):
//
//	request_header -*Guestright*
//	reverse_proxy guestright:8491 {
//	    method GET
//	    rewrite /check
//	    header_up X-Forwarded-Method {http.request.method}
//	    header_up X-Forwarded-Uri {http.request.uri}
//	    @pass status 2xx
//	    handle_response @pass {
//	        vars gr_identity {http.reverse_proxy.header.Guestright-Identity}
//	    }
//	}
//	reverse_proxy product:8080 {
//	    header_up Guestright-Identity {http.vars.gr_identity}
//	    header_up -Authorization
//	}
type Forward struct {
	Desk   *Desk
	Family Family
	// Key is shared with the proxies; empty: Trust alone decides.
	Key secret.Text
	// Trust are the networks that may ask; empty: loopback only, unless there is
	// a key.
	Trust web.Proxies
}

// ServeHTTP implements http.Handler.
func (f *Forward) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.URL.Path != CheckPath {
		web.WriteProblem(w, r, problem.NotFound("page"))
		return
	}
	if !f.trusted(r) {
		f.Desk.Log.LogAttrs(r.Context(), slog.LevelWarn, "check refused: the asking proxy is not trusted", slog.String("peer", r.RemoteAddr))
		web.WriteProblem(w, r, errNotTrusted)
		return
	}
	r.Header.Del(CheckKeyHeader)
	a, bad := f.Family.read(r.Header)
	if bad != nil {
		f.Desk.Engine.Usage.Record(f.Desk.Engine.at(time.Now()), usage.Key{Outcome: usage.Malformed}, 1)
		f.Desk.Log.LogAttrs(r.Context(), slog.LevelWarn, "check refused", slog.String("code", bad.Code), slog.String("peer", r.RemoteAddr))
		p := &page{header: http.Header{}}
		web.WriteProblemStatus(p, r, bad, http.StatusBadRequest)
		f.tell(w, &Reply{Status: http.StatusBadRequest, Answer: p.header, Body: p.body.Bytes()})
		return
	}
	if a.Host == "" {
		a.Host = r.Host
	}
	f.tell(w, f.Desk.Ask(r.Context(), a))
}

func (f *Forward) tell(w http.ResponseWriter, reply *Reply) {
	h := w.Header()
	for name, values := range reply.Answer {
		h[name] = values
	}
	h.Set("Cache-Control", "no-store")
	for _, field := range reply.Product {
		h[field.Name] = []string{field.Value}
	}
	if reply.Pass {
		h.Set(StatusHeader, "200")
		w.WriteHeader(http.StatusOK)
		return
	}
	h.Set(StatusHeader, strconv.Itoa(reply.Status))
	status := reply.Status
	if f.Family == FamilyOriginal {
		h.Set(ProblemHeader, oneLine(reply.Body))
		if status != http.StatusUnauthorized {
			status = http.StatusForbidden
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(reply.Body) // the asker may have gone
}

// oneLine makes a JSON document fit for a header: ASCII, one line, bounded.
func oneLine(doc []byte) string {
	for len(doc) > 0 && doc[len(doc)-1] == '\n' {
		doc = doc[:len(doc)-1]
	}
	out := make([]byte, 0, len(doc)+16)
	for _, r := range string(doc) {
		switch {
		case r >= ' ' && r < 0x7f:
			out = append(out, byte(r))
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		case r >= 0x7f:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	if len(out) <= problemMost {
		return string(out)
	}
	var short struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Code   string `json:"code"`
	}
	if err := json.Unmarshal(out, &short); err != nil {
		return `{}`
	}
	b, err := json.Marshal(short)
	if err != nil {
		return `{}`
	}
	return string(b)
}

// trusted reports whether the peer may ask. Whoever may ask can try tokens and
// spend limits, and is believed about the path.
func (f *Forward) trusted(r *http.Request) bool {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	peer := ap.Addr().Unmap()
	if len(f.Trust) > 0 && !f.Trust.Trust(peer) {
		return false
	}
	if f.Key.IsZero() {
		return len(f.Trust) > 0 || peer.IsLoopback()
	}
	keys := r.Header[CheckKeyHeader]
	return len(keys) == 1 && f.Key.Equal(secret.New(keys[0]))
}

var errNotTrusted = problem.Unauthenticated("check_not_trusted", "This endpoint answers the operator's own proxies only. The proxy must come from a trusted network and show the shared key.")
