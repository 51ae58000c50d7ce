package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// DoorConfig is what every request passes before anything of ours sees it.
type DoorConfig struct {
	Log     *slog.Logger
	Hosts   Hosts   // empty: any
	Proxies Proxies // empty: nobody's forwarded headers are believed
	Secure  bool    // answers travel over TLS, ours or a proxy's: send HSTS
	Params  int     // query parameters at most; 0 means 200
	Cookies int     // cookies at most; 0 means 50
}

// RequestIDHeader carries the id that we gave to a request.
const RequestIDHeader = "Request-Id"

// NewDoor wraps a handler with request ids, one log line per request, recovery
// from panics, the host allow list, limits on parameters and cookies, and the
// headers that belong on every answer. A request id from outside is ignored.
func NewDoor(cfg DoorConfig, next http.Handler) http.Handler {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Params == 0 {
		cfg.Params = 200
	}
	if cfg.Cookies == 0 {
		cfg.Cookies = 50
	}
	return &door{cfg: cfg, next: next}
}

type door struct {
	cfg  DoorConfig
	next http.Handler
}

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	line := newLine(time.Now(), d.cfg.Proxies.Client(r))
	ctx := line.in(r.Context())
	r = r.WithContext(ctx)
	out := &recorder{ResponseWriter: w}
	head := w.Header()
	head.Set(RequestIDHeader, line.ID())
	SecurityHeaders(head, d.cfg.Secure)
	defer func() {
		cut := d.recover(recover(), out, r)
		line.write(ctx, d.cfg.Log, ending{method: logMethod(r.Method), status: out.code(), bytes: out.bytes, took: time.Since(line.Begun())})
		if cut {
			panic(http.ErrAbortHandler) // the only way to cut the connection
		}
	}()
	if err := d.check(r); err != nil {
		WriteProblem(out, r, err)
		return
	}
	d.next.ServeHTTP(out, r)
}

// recover answers after a panic and reports whether the connection must be cut
// because an answer had already begun.
func (d *door) recover(v any, out *recorder, r *http.Request) bool {
	if v == nil {
		return false
	}
	if v == http.ErrAbortHandler {
		return true
	}
	From(r.Context()).Add("stack", string(debug.Stack()))
	err := problem.Internal("panic", fmt.Errorf("%v", v))
	if out.status != 0 {
		From(r.Context()).fail(err)
		return true
	}
	WriteProblem(out, r, err)
	return false
}

func (d *door) check(r *http.Request) error {
	if r.Method == http.MethodTrace || r.Method == http.MethodConnect {
		return problem.Invalid("method_not_allowed", "This address does not answer to that method.")
	}
	if !d.cfg.Hosts.Allow(r.Host) {
		return problem.Invalid("host_unknown", "This host is not served here.")
	}
	malformed := problem.Invalid("request_malformed", "The request has too many parameters or cookies, or cannot be read.")
	if d.cfg.Proxies.Trust(peerOf(r)) && r.Header.Get("Forwarded") != "" && r.Header.Get("X-Forwarded-For") != "" {
		return problem.Invalid("request_malformed", "The proxy sends two families of forwarding headers; which to believe is unclear.")
	}
	if strings.Count(r.URL.RawQuery, "&")+1 > d.cfg.Params {
		return malformed
	}
	cookies := 0
	for _, h := range r.Header["Cookie"] {
		cookies += strings.Count(h, ";") + 1
	}
	if cookies > d.cfg.Cookies {
		return malformed
	}
	return checkQuery(r.URL.RawQuery)
}

// logMethod keeps made-up methods out of the log.
func logMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodTrace, http.MethodConnect:
		return m
	}
	return "other"
}
