package lint

import (
	"slices"
	"strings"

	"github.com/guestright/guestright/manifest"
)

// eventNames are the members of an event in LaunchDarkly's view.
var eventNames = []string{"_links", "baseURL", "_id", "_accountId", "timestamp", "kind", "name", "key", "details", "comment", "project", "tags",
	"customProperties", "member", "titleVerb", "verbKind", "title", "target", "app", "parent", "environment"}

// vocabulary says what a site may name: roots, and which form stands behind a root.
type vocabulary struct {
	roots []string
	forms map[string]manifest.Form // members of a root are a form's keys
}

func (v *vocabulary) form(root string, fields manifest.Form, more ...string) {
	v.roots = append(v.roots, root)
	keys := slices.Clone(fields)
	for _, k := range more {
		keys = append(keys, manifest.Variable{Key: k})
	}
	v.forms[root] = keys
}

// fields puts a form's keys at the root.
func (v *vocabulary) fields(all ...manifest.Form) {
	for _, f := range all {
		for _, d := range f {
			v.roots = append(v.roots, d.Key)
		}
	}
}

// vocabulary of a site; false when anything may be named.
func (l *linter) vocabulary(s manifest.Site) (vocabulary, bool) {
	v := vocabulary{forms: map[string]manifest.Form{}}
	if l.native() {
		return v, l.ours(s, &v)
	}
	top := l.p.Forms.Installation
	switch s.Role {
	case manifest.RoleHookRequest, manifest.RoleSignalRequest:
		v.fields(top)
		v.roots = append(v.roots, "oauth", "context")
	case manifest.RoleHookBody:
		v.roots = append(v.roots, eventNames...)
		v.form("formVariables", top, "oauth")
	case manifest.RoleSignalBody:
		v.roots = append(v.roots, "templateVariables", "link", "timestamp")
		v.form("formVariables", top, "oauth")
	case manifest.RoleFetch, manifest.RoleActionRequest:
		v.fields(top)
		v.roots = append(v.roots, "oauth", "environment")
	case manifest.RoleApprovalRequest, manifest.RoleApprovalBody:
		l.approvalNames(s, &v)
	case manifest.RoleSnapshot:
		v.fields(s.Form, top)
		v.roots = append(v.roots, "_featureStoreKey", "envId", "oauth")
	case manifest.RoleMembership:
		v.roots = append(v.roots, "requestBody", "statusCode", "errorMessage", "projectKey", "environmentKey", "segmentKey", "segmentUrl")
	case manifest.RoleActionBody:
		v.roots = append(v.roots, s.Needs...)
		v.form("formVariables", top, "oauth")
	default:
		return v, false
	}
	return v, true
}

func (l *linter) approvalNames(s manifest.Site, v *vocabulary) {
	a := l.p.ChangeApproval
	if s.Role == manifest.RoleApprovalRequest {
		v.fields(l.p.Forms.Installation)
		v.roots = append(v.roots, "oauth", "context")
		v.form("environment", a.Forms.Scope)
		return
	}
	v.roots = append(v.roots, eventNames...)
	v.roots = append(v.roots, "approvalId", "approvalDescription", "flag", "creationResponseBody")
	v.form("formVariables", l.p.Forms.Installation, "oauth")
	v.form("environmentFormVariables", a.Forms.Scope)
	if a.AllowExtraFields.Get() {
		v.roots = append(v.roots, "approvalFormVariables")
	} else {
		v.form("approvalFormVariables", a.Forms.Request)
	}
}

// ours are the names of our own view.
func (l *linter) ours(s manifest.Site, v *vocabulary) bool {
	v.form("config", append(slices.Clone(s.Form), l.p.Forms.Installation...))
	v.roots = append(v.roots, "connection")
	switch s.Role {
	case manifest.RoleHookRequest, manifest.RoleHookBody, manifest.RoleSignalRequest, manifest.RoleSignalBody:
		v.roots = append(v.roots, "event")
	case manifest.RoleApprovalRequest, manifest.RoleApprovalBody:
		v.form("scopeConfig", l.p.ChangeApproval.Forms.Scope)
		v.roots = append(v.roots, "request", "resource", "scope", "requester", "opened")
	case manifest.RoleSnapshot:
		v.roots = append(v.roots, "snapshot", "scope")
	case manifest.RoleMembership:
		v.roots = append(v.roots, "request", "status", "error", "scope", "collection")
	case manifest.RoleActionBody:
		v.roots = append(v.roots, s.Needs...)
		v.roots = append(v.roots, "actor", "resource", "scope")
	case manifest.RoleFetch, manifest.RoleActionRequest:
	default:
		return false
	}
	return true
}

// undeclared: a template names what nobody fills in.
func (l *linter) undeclared(w written) {
	v, ok := l.vocabulary(w.Site)
	if !ok {
		return
	}
	said := map[string]bool{}
	for _, r := range w.t.View().Reads {
		if !r.Known || len(r.Path) == 0 || r.Path[0] == "*" {
			continue
		}
		name := r.Path[0]
		form, hasForm := v.forms[name]
		good := slices.Contains(v.roots, name)
		if good && hasForm && len(r.Path) > 1 && r.Path[1] != "*" {
			name += "." + r.Path[1]
			_, good = form.Variable(r.Path[1])
		}
		if good || said[name] || l.said(w, "hook.request-strict", "hook.template-strict") {
			continue
		}
		said[name] = true
		if len(name) > 60 {
			name = name[:60] + "…"
		}
		f := manifest.Finding{File: w.File, Pointer: w.Pointer, Rule: "template.undeclared", Layer: manifest.LayerLint, Severity: manifest.Warning,
			Message: "Nothing fills in " + strings.ToValidUTF8(name, "?") + " here.", Mend: "Declare a field for it, or mend the name."}
		l.add(f)
		if w.File != "" {
			l.out[len(l.out)-1].Line = r.Line
		}
	}
}

// said reports whether a place has an error of one of these rules already.
func (l *linter) said(w written, rules ...string) bool {
	at := l.read.At(w.Pointer)
	return slices.ContainsFunc(l.out, func(f manifest.Finding) bool { return f.Pointer == at && slices.Contains(rules, f.Rule) })
}

// unused: nobody reads what people fill in. Where code of the host does the work,
// nothing can be said.
func (l *linter) unused(all []written) {
	p := l.p
	if p.Importer != nil || p.DriverAction != nil || p.ManagedStoreSync != nil || len(p.Listing.Labels) > 0 || len(p.Capabilities()) == 0 {
		return
	}
	used := map[string]bool{}
	for _, w := range all {
		for _, r := range w.t.View().Reads {
			for _, step := range r.Path {
				used[step] = true
			}
			if n := len(r.Path); n > 0 {
				used["all of "+r.Path[n-1]] = true
			}
		}
	}
	for _, h := range p.EventHooks {
		if h.Driver.Present() {
			return
		}
	}
	for _, e := range p.Endpoints() {
		if s := e.Endpoint.Sign; s != nil {
			used[s.SecretVar.Get()] = true
		}
	}
	whole := map[string][]string{
		manifest.FormInstallation: {"formVariables", "config"}, manifest.FormScope: {"environment", "environmentFormVariables", "scopeConfig"},
		manifest.FormRequest: {"approvalFormVariables", "form"}, "snapshot": {"config"},
	}
	for _, f := range p.AllForms() {
		for _, d := range f.Form {
			for _, dep := range d.DependsOn {
				used[dep.Variable] = true
			}
		}
	}
	for _, f := range p.AllForms() {
		if slices.ContainsFunc(whole[f.Name], func(root string) bool { return used["all of "+root] }) {
			continue
		}
		for i, d := range f.Form {
			switch d.Type {
			case manifest.TypeScopeSelector, manifest.TypeMultiselect, manifest.TypeGenerated, manifest.TypePublicKey, manifest.TypeOAuth:
				continue
			}
			if !used[d.Key] {
				l.lint(manifest.Notice, "form.unused", index(f.Pointer, i), "No template reads this field.", "Use it, or leave it out.")
			}
		}
	}
}
