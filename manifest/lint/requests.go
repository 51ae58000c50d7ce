package lint

import (
	"slices"
	"strings"

	"github.com/guestright/guestright/manifest"
)

func (l *linter) requests() {
	for _, c := range l.p.Endpoints() {
		e := c.Endpoint
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(e.URL)), "http://") {
			l.lint(manifest.Warning, "request.plain-http", c.Pointer+"/url", "What is sent can be read on the way.", "Use https.")
		}
		if e.Headers != nil && len(e.Headers) == 0 && slices.Contains([]string{"POST", "PUT", "PATCH"}, e.Method) {
			l.lint(manifest.Notice, "request.no-headers", c.Pointer+"/headers", "An empty list sends no Content-Type.", "Leave headers out for JSON, or name them.")
		}
		l.signature(c)
		l.exposed(c.Pointer, e)
		l.headers(c.Pointer, e)
	}
}

func (l *linter) signature(c manifest.Call) {
	s := c.Endpoint.Sign
	if s == nil {
		return
	}
	named := s.Header.Present() || s.Scheme == manifest.SchemeStandardWebhooks // whose headers have their names
	if !named || !s.SecretVar.Present() {
		l.lint(manifest.Error, "request.sign-empty", c.Pointer+"/sign", "The signature has no header or no secret.", "Name both.")
		return
	}
	if c.Hook {
		return // the rule for hooks says more
	}
	if d, ok := l.p.Forms.Installation.Variable(s.SecretVar.Get()); !ok || !d.Secret.Get() {
		l.lint(manifest.Error, "request.signature", c.Pointer+"/sign", "The secret of the signature is no secret field of the installation's form.", "Name one.")
	}
}

// exposed: a secret in the query or before the host ends up in logs of others.
func (l *linter) exposed(at string, e manifest.Endpoint) {
	secret := map[string]bool{"oauth.accessToken": true, "connection.accessToken": true}
	for _, f := range l.p.AllForms() {
		for _, d := range f.Form {
			if d.Secret.Get() {
				for _, prefix := range []string{"", "environment.", "config.", "formVariables.", "environmentFormVariables."} {
					secret[prefix+d.Key] = true
				}
			}
		}
	}
	query := len(e.URL)
	for i := 0; i < len(e.URL); i++ {
		if strings.HasPrefix(e.URL[i:], "{{") {
			if end := strings.Index(e.URL[i:], "}}"); end > 0 {
				i += end
				continue
			}
		}
		if e.URL[i] == '?' {
			query = i
			break
		}
	}
	for _, m := range mustaches(e.URL) {
		words := m.words()
		if !slices.ContainsFunc(words, func(w string) bool { return secret[w] }) || strings.HasPrefix(m.text, "#if") {
			continue
		}
		before, _, _ := strings.Cut(e.URL[:query], "@")
		if m.at > query || len(before) < query && m.at < len(before) {
			l.lint(manifest.Warning, "request.secret-in-url", at+"/url", "A secret stands in the address, which others write into their logs.", "Send it in a header.")
			return
		}
	}
}

func (l *linter) headers(at string, e manifest.Endpoint) {
	seen := map[string]bool{}
	for i, h := range e.Headers {
		name := strings.ToLower(h.Name)
		if seen[name] {
			l.lint(manifest.Warning, "request.header-twice", index(at+"/headers", i)+"/name", "This header stands twice.", "Keep one.")
		}
		seen[name] = true
		if slices.Contains([]string{"host", "content-length", "transfer-encoding", "connection"}, name) {
			l.lint(manifest.Error, "request.header-own", index(at+"/headers", i)+"/name", "The platform sets this header itself.", "Leave it out.")
		}
	}
	if e.Sign != nil && seen[strings.ToLower(e.Sign.HeaderName())] {
		l.lint(manifest.Error, "request.header-twice", at+"/sign", "The header of the signature is also among the headers.", "Keep the signature's.")
	}
}
