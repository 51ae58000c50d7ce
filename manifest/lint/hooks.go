package lint

import (
	"io/fs"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/manifest"
)

func (l *linter) hooks() {
	for i, h := range l.p.EventHooks {
		at := index("/eventHooks", i)
		l.transport(at, h)
		l.filter(at, h)
		l.echo(at, h)
		if h.Source == manifest.SourceAudit && !h.Standard() && (h.Templates == nil || !h.Templates.Test.Present()) {
			l.lint(manifest.Notice, "hook.no-test", at, "Administrators get no button to try the connection.", "Add a template "+l.name("validation", "test")+".")
		}
		if h.Standard() {
			l.standard(at, h)
		} else if h.Templates == nil || len(h.Templates.ByKind)+len(h.Templates.ByType) == 0 && !h.Templates.Default.Present() {
			l.lint(manifest.Warning, "hook.no-template", at, "Without a template nothing is ever sent.", "Add a default template, or send the standard payload.")
		}
	}
}

func (l *linter) transport(at string, h manifest.EventHook) {
	switch {
	case h.Endpoint == nil && !h.Driver.Present():
		l.lint(manifest.Error, "hook.no-transport", at, "Nothing says where events go.", "Add an endpoint.")
	case h.Endpoint != nil && h.Endpoint.Headers == nil && l.read.Compatible && h.Source == manifest.SourceAudit:
		l.rule("hook.headers", at+"/endpoint", "The endpoint of this hook has no list of headers.", "Add headers, with the Content-Type.")
	}
	if h.Endpoint == nil || h.Endpoint.Sign == nil {
		return
	}
	s := h.Endpoint.Sign
	d, ok := l.p.Forms.Installation.Variable(s.SecretVar.Get())
	switch mend := "Name a secret string of the form."; {
	case !ok:
		l.rule("hook.signature", at+"/endpoint/sign", "The secret of the signature is no field of the installation's form.", mend)
	case d.Type != manifest.TypeString || !d.Secret.Get():
		l.rule("hook.signature", at+"/endpoint/sign", "The field of the signature's secret is not secret.", mend)
	}
}

func (l *linter) filter(at string, h manifest.EventHook) {
	if h.Filter == nil {
		return
	}
	p := h.Policy()
	for _, f := range p.Check("") {
		l.lint(manifest.Error, f.Code, at+"/filter"+f.Pointer, f.Detail, "")
	}
	for _, s := range p {
		if s.Effect != access.Deny {
			return
		}
	}
	l.lint(manifest.Notice, "hook.deny-only", at+"/filter", "Nothing flows until an administrator edits the filter.", "")
}

// echo: an error's body is shown only when its host is not the administrator's
// choice, or it could be used to read what stands behind the platform.
func (l *linter) echo(at string, h manifest.EventHook) {
	if !h.ShowErrorBody.Get() || h.Endpoint == nil {
		return
	}
	static, why := l.staticHost(h.Endpoint.URL)
	if !static {
		l.rule("hook.static-host", at+"/endpoint/url", why, "Let people choose the host from an enum, or do not show error bodies ("+l.name("includeErrorResponseBody", "showErrorBody")+").")
	}
}

// staticHost says whether an address always leads to hosts that the manifest names.
func (l *linter) staticHost(url string) (bool, string) {
	url = strings.TrimSpace(url)
	if !strings.HasPrefix(url, "{{") {
		_, rest, ok := strings.Cut(url, "://")
		if !ok {
			return false, "The address has no host."
		}
		host := rest[:hostEnd(rest)]
		return l.chosen(host, "The host of the address is not fixed, and its error bodies are shown.")
	}
	end := strings.Index(url, "}}")
	if end < 0 {
		return false, "The address cannot be read."
	}
	first := url[:end+2]
	if strings.HasPrefix(url[end+2:], "}") {
		first += "}"
	}
	rest := url[len(first):]
	if rest != "" && !strings.HasPrefix(rest, "/") && !strings.HasPrefix(rest, "?") && !strings.HasPrefix(rest, "#") {
		first += rest[:hostEnd(strings.TrimPrefix(rest, "://"))+len(rest)-len(strings.TrimPrefix(rest, "://"))]
	}
	return l.chosen(first, "The address begins with a free field, and its error bodies are shown.")
}

// chosen says whether every variable of a text is an enum with choices.
func (l *linter) chosen(text, why string) (bool, string) {
	for _, m := range mustaches(text) {
		name := m.name()
		d, ok := l.p.Forms.Installation.Variable(name)
		if !ok || d.Type != manifest.TypeEnum || len(d.Choices) == 0 {
			return false, why
		}
	}
	return true, ""
}

// hostEnd is where the authority of an address ends, mustaches counted as letters.
func hostEnd(rest string) int {
	for i := 0; i < len(rest); i++ {
		if strings.HasPrefix(rest[i:], "{{") {
			end := strings.Index(rest[i:], "}}")
			if end < 0 {
				return len(rest)
			}
			i += end + 1
			continue
		}
		if strings.ContainsRune("/?#", rune(rest[i])) {
			return i
		}
	}
	return len(rest)
}

// standard: a hook that sends the standard payload has no templates.
func (l *linter) standard(at string, h manifest.EventHook) {
	if t := h.Templates; t != nil && (len(t.ByKind)+len(t.ByType) > 0 || t.Default.Present() || t.Test.Present()) {
		l.rule("hook.standard-template", at+"/templates", "The standard payload is sent, so these templates are never used.", "Leave the templates empty.")
	}
	if l.files == nil {
		return
	}
	if _, err := fs.Stat(l.files, "templates"); err == nil {
		l.rule("hook.standard-template", at, "The standard payload is sent, and the package has a folder of templates.", "Remove the folder.")
	}
}
