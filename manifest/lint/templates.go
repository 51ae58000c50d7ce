package lint

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/fixture"
	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

// written is a site whose template could be read.
type written struct {
	manifest.Site
	t      *template.Template
	source string
}

// parse reads every template of the package.
func (l *linter) parse() []written {
	var out []written
	for _, s := range l.p.Sites() {
		source := s.Text
		if s.File != "" {
			if l.files == nil || !regular(l.files, s.File) {
				continue
			}
			data, err := fs.ReadFile(l.files, s.File)
			if err != nil {
				continue
			}
			source = string(data)
		}
		t, err := template.Parse(source)
		if err != nil {
			l.broken(s, manifest.LayerLint, manifest.Error, "template.syntax", err, "Mend the template.")
			continue
		}
		out = append(out, written{s, t, source})
	}
	return out
}

// broken reports what a template says of itself, in its file where it has one.
func (l *linter) broken(s manifest.Site, layer manifest.Layer, severity manifest.Severity, rule string, err error, mend string) {
	f := manifest.Finding{File: s.File, Pointer: l.read.At(s.Pointer), Rule: rule, Layer: layer, Severity: severity, Message: upper(err.Error()) + ".", Mend: mend}
	f.Line = l.read.Line(f.Pointer)
	if bad, ok := errors.AsType[*template.Error](err); ok && s.File != "" {
		f.Line, f.Message = bad.Line, upper(bad.Reason)+"."
	}
	l.out = append(l.out, f)
}

func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func (l *linter) templates() {
	all := l.parse()
	for _, w := range all {
		switch w.Role {
		case manifest.RoleHookRequest:
			l.tryRequest(w)
		case manifest.RoleHookBody:
			l.tryBody(w)
		case manifest.RoleLink:
			l.tryLink(w)
		default:
			l.tryOther(w)
		}
		l.edgeGrid(w)
		l.htmlInJSON(w)
		l.undeclared(w)
	}
	l.unused(all)
}

// options of a trial: strict, with something to sign.
func options(strict bool) template.Options {
	return template.Options{Strict: strict, Signing: &template.Signing{Time: time.Unix(1_717_243_384, 0), Nonce: "once"}}
}

// tryRequest: the address and headers of a hook find all they name.
func (l *linter) tryRequest(w written) {
	mend := "Name a field of the form, or ask with if whether it is there."
	if _, err := w.t.Render(l.dialect(w.Site), l.requestRoot(false), options(true)); err != nil {
		l.broken(w.Site, manifest.LayerRules, manifest.Error, "hook.request-strict", err, mend)
	} else if _, err := w.t.Render(l.dialect(w.Site), l.requestRoot(true), options(true)); err != nil {
		l.broken(w.Site, manifest.LayerLint, manifest.Warning, "hook.request-strict", err, mend)
	}
}

// trial says with which event a template is tried.
func (w written) trial() string {
	switch {
	case w.Name == "test":
		return "environment"
	case strings.Contains(w.Pointer, "/byKind/") && (w.Name == "project" || w.Name == "environment" || w.Name == "member"):
		return w.Name
	}
	return "flag"
}

// tryBody: a hook's body finds all that it names, and is JSON where it says so.
func (l *linter) tryBody(w written) {
	event := w.trial()
	if l.native() {
		event = fixture.Native
	}
	out, err := w.t.Render(l.dialect(w.Site), l.bodyRoot(event, false), options(true))
	if err != nil {
		l.broken(w.Site, manifest.LayerRules, manifest.Error, "hook.template-strict", err, "Name what the event has, or ask with if whether it is there.")
		return
	}
	if (w.Name == "test" || w.Name == "member") && template.Blank(out) {
		l.add(manifest.Finding{File: w.File, Pointer: w.Pointer, Rule: "hook.template-blank", Layer: manifest.LayerRules, Severity: manifest.Error,
			Message: "The template makes nothing, so nothing is sent.", Mend: "Have it make a body."})
		return
	}
	if w.Dialect != manifest.DialectJSON {
		return
	}
	if _, err := w.t.Body(l.dialect(w.Site), l.bodyRoot(event, false), options(false)); err != nil {
		if w.Name == "test" {
			l.broken(w.Site, manifest.LayerLint, manifest.Warning, "hook.template-json", err, "Mend the JSON around the values.")
			return
		}
		l.broken(w.Site, manifest.LayerRules, manifest.Error, "hook.template-json", err, "Mend the JSON around the values.")
	} else if _, err := w.t.Body(l.dialect(w.Site), l.bodyRoot(event, true), options(true)); err != nil {
		l.broken(w.Site, manifest.LayerLint, manifest.Warning, "hook.template-strict", err, "Try it with the properties that the integration reserves.")
	}
}

// tryLink: the texts of a link name only declared metadata.
func (l *linter) tryLink(w written) {
	metadata := value.Of()
	for _, key := range sorted(l.p.ResourceLink.Metadata) {
		metadata.Set(key, "text")
	}
	root := value.Of("deepLink", "https://partner.example/1", "metadata", metadata)
	if l.native() {
		root = value.Of("link", "https://partner.example/1", "metadata", metadata)
	}
	if _, err := w.t.Render(l.dialect(w.Site), root, options(true)); err != nil {
		l.broken(w.Site, manifest.LayerRules, manifest.Error, "link.template-strict", err, "Declare it in the metadata.")
	}
}

// tryOther: a body that says it is JSON is JSON when all is there that it reads.
func (l *linter) tryOther(w written) {
	if w.Dialect != manifest.DialectJSON {
		return
	}
	if _, err := w.t.Body(l.dialect(w.Site), synthetic(w.t.View()), options(false)); err != nil {
		l.broken(w.Site, manifest.LayerLint, manifest.Warning, "template.json", err, "Mend the JSON around the values.")
	}
}

// asIs are members that have no letters which HTML escapes.
var asIs = map[string]bool{"key": true, "_id": true, "id": true, "_accountId": true, "href": true, "kind": true, "verbKind": true, "titleVerb": true, "baseURL": true,
	"milliseconds": true, "seconds": true, "rfc3339": true, "simple": true, "timestamp": true, "statusCode": true, "approvalId": true, "email": true}

// htmlInJSON: what double braces put into a JSON text is escaped for HTML.
func (l *linter) htmlInJSON(w written) {
	if l.native() || w.Dialect != manifest.DialectJSON {
		return
	}
	for _, r := range w.t.View().Reads {
		if r.Escaped() && len(r.Path) > 0 && !asIs[r.Path[len(r.Path)-1]] {
			f := manifest.Finding{File: w.File, Pointer: w.Pointer, Rule: "template.html-in-json", Layer: manifest.LayerLint, Severity: manifest.Notice,
				Message: "Double braces escape for HTML: A & B arrives as A &amp; B.", Mend: "Use triple braces for text that people write."}
			l.add(f)
			if w.File != "" {
				l.out[len(l.out)-1].Line = r.Line
			}
			return
		}
	}
}

var edgeGridCall = regexp.MustCompile(`edgeGridAuth\s+(?:'([^']*)'|"([^"]*)")\s+(?:'([^']*)'|"([^"]*)")`)

// edgeGrid: the helper signs what is sent, so it names the same method and path,
// and there is no body, which it cannot see.
func (l *linter) edgeGrid(w written) {
	m := edgeGridCall.FindStringSubmatch(w.source)
	if m == nil {
		return
	}
	at, _, _ := strings.Cut(w.Pointer, "/headers/")
	for _, c := range l.p.Endpoints() {
		if c.Pointer != at {
			continue
		}
		_, rest, _ := strings.Cut(c.Endpoint.URL, "://")
		path := rest[hostEnd(rest):]
		switch {
		case c.Endpoint.Method == "POST":
			l.rule("signer.edge-grid", w.Pointer, "The signature is made before there is a body, and this call has one that is signed.", "Use PUT or another method.")
		case m[1]+m[2] != c.Endpoint.Method:
			l.rule("signer.edge-grid", w.Pointer, "The signature is for another method than the call's.", "Write '"+c.Endpoint.Method+"'.")
		case m[3]+m[4] != path:
			l.rule("signer.edge-grid", w.Pointer, "The signature is for another path than the call's.", "Write the path of the address.")
		}
	}
}
