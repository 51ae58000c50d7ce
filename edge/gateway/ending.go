package gateway

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/gateway/upstream"
	"github.com/guestright/guestright/kit/problem"
)

// ending is what answers say about an operation, or an API version, that comes
// to its end. It is made once per catalog; nothing else has one.
type ending struct {
	dates  []upstream.Field // Deprecation (RFC 9745) and Sunset (RFC 8594), as far as there are dates
	sunset time.Time
	links  string // value of Link without the successor
	next   *catalog.Route
}

// edition is an API version that a call may ask for.
type edition struct {
	name   string
	ending *ending
	gone   time.Time // from when it answers 410; zero: never
	use    string    // the version to use instead
	note   string
}

// endings prepares what is said about everything that comes to its end.
func (e *Engine) endings(k *compiled) {
	k.ending = map[*catalog.Route]*ending{}
	for _, r := range k.catalog.Retiring() {
		d := r.Deprecated
		if r.Removed != nil {
			d = &catalog.Deprecation{Link: r.Removed.Link, Use: r.Removed.Use, Since: r.Removed.Since, Note: r.Removed.Note}
		}
		if d == nil {
			continue // it is missing in some version only
		}
		end := e.ending(d, r.Operation, e.Docs+"/reference/"+url.PathEscape(r.Operation))
		if next, ok := k.catalog.Successor(d.Use); ok && d.Use != "" {
			end.next = next
		}
		if r.Removed != nil {
			end.dates = nil // it is not deprecated: it is gone
		}
		k.ending[r] = end
	}
	v := k.catalog.Versions()
	if !v.Declared() {
		return
	}
	k.versions, k.editions = v, map[string]*edition{}
	for _, o := range v.Offered {
		ed := &edition{name: o.Name}
		if d := o.Deprecated; d != nil {
			ed.ending, ed.gone, ed.use, ed.note = e.ending(d, "version "+o.Name, e.Docs+"/reference"), d.Removed, d.Use, d.Note
		}
		k.editions[o.Name] = ed
	}
}

func (e *Engine) ending(d *catalog.Deprecation, what, page string) *ending {
	end := &ending{sunset: d.Sunset}
	since := d.Since
	if since.IsZero() && e.Noticed != nil {
		since = e.Noticed(what)
	}
	if !since.IsZero() {
		end.dates = append(end.dates, upstream.Field{Name: "Deprecation", Value: "@" + strconv.FormatInt(since.Unix(), 10)})
	}
	if !d.Sunset.IsZero() {
		end.dates = append(end.dates, upstream.Field{Name: "Sunset", Value: d.Sunset.UTC().Format(http.TimeFormat)})
	}
	if d.Link != "" {
		page = d.Link
	}
	if d.Link != "" || e.Docs != "" {
		end.links = "<" + page + `>; rel="deprecation"; type="text/html"`
	}
	return end
}

// whichEnds picks the ending that an answer announces: of operation and version
// the one that is over first; the operation's where neither says when.
func (v *Verdict) whichEnds() *ending {
	var op, ed *ending
	if v.Route != nil && (v.Route.Deprecated != nil || v.Route.Removed != nil) {
		op = v.compiled.ending[v.Route]
	}
	if v.edition != nil {
		ed = v.edition.ending
	}
	if op == nil || ed != nil && !ed.sunset.IsZero() && (op.sunset.IsZero() || ed.sunset.Before(op.sunset)) {
		return ed
	}
	return op
}

// link is the value of Link for this call. The successor's address is filled in
// with the call's own parameters where it takes no others.
func (end *ending) link(v *Verdict) string {
	if end.next == nil || v.Route == nil {
		return end.links
	}
	out := end.links
	if path, ok := fill(end.next.Template, v.Route, &v.params); ok {
		if out != "" {
			out += ", "
		}
		out += "<" + path + `>; rel="successor-version"`
	}
	return out
}

// fill writes a path template with the parameters of a call on another route.
func fill(template string, r *catalog.Route, p *catalog.Params) (string, bool) {
	var b strings.Builder
	for {
		before, rest, open := strings.Cut(template, "{")
		b.WriteString(before)
		if !open {
			return b.String(), true
		}
		name, after, closed := strings.Cut(rest, "}")
		value, ok := r.Param(p, name)
		if !closed || !ok {
			return "", false
		}
		b.WriteString(url.PathEscape(value))
		template = after
	}
}

// version finds which API version a call is about: the one that it names, else
// the one that the caller is pinned to. Errors: Invalid `api_version_unknown`;
// NotFound (410) `api_version_removed`.
func (k *compiled) version(c *Call, v *Verdict, pin string) error {
	name, n := headerValue(c.Header, k.versions.Header)
	if n == 0 {
		name = k.versions.Of(pin)
	}
	ed := k.editions[name]
	if ed == nil || n > 1 {
		return problem.Invalid("api_version_unknown", "There is no such API version. Name one of those offered, once, in the header "+k.versions.Header+", or leave it out for the one you are pinned to.").
			With("versions", k.versions.Names(v.At))
	}
	v.edition = ed
	if ed.gone.IsZero() || v.At.Before(ed.gone) {
		return nil
	}
	err := &problem.Error{Kind: problem.KindNotFound, Code: "api_version_removed", Detail: "This API version was removed. " + ed.note}
	err.Detail = strings.TrimSpace(err.Detail)
	err = err.With("version", ed.name).With("versions", k.versions.Names(v.At))
	if ed.use != "" {
		err = err.With("replacement", ed.use)
	}
	return err
}

// removed answers 410 for an operation that is no more and says what to call
// instead.
func (e *Engine) removed(v *Verdict, gone catalog.Removal) error {
	err := &problem.Error{Kind: problem.KindNotFound, Code: "operation_removed", Detail: strings.TrimSpace("This operation was removed. " + gone.Note)}
	err = err.With("operation", v.Route.Operation)
	if v.edition != nil {
		err = err.With("version", v.edition.name)
	}
	if !gone.Since.IsZero() {
		err = err.With("since", gone.Since.UTC().Format(time.RFC3339))
	}
	if gone.Link != "" {
		err = err.With("link", gone.Link)
	}
	next, ok := v.compiled.catalog.Successor(gone.Use)
	if gone.Use == "" || !ok {
		return err
	}
	return err.With("replacement", e.Docs+"/reference/"+url.PathEscape(next.Operation)).
		With("replacement_operation", next.Method+" "+next.Template)
}
