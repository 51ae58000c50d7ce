package manifest

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/manifest/template"
)

// Dialect says how the output of a template is escaped.
type Dialect string

// The four dialects.
const (
	DialectEndpoint Dialect = "endpoint" // addresses and header values
	DialectJSON     Dialect = "json"     // bodies
	DialectText     Dialect = "text"     // bodies of another form
	DialectUI       Dialect = "ui"       // texts that a page shows
)

// Role says what a template is for, and so which names it may use.
type Role string

// The roles.
const (
	RoleHookRequest     Role = "hook.request"
	RoleHookBody        Role = "hook.body"
	RoleSignalRequest   Role = "signal.request"
	RoleSignalBody      Role = "signal.body"
	RoleFetch           Role = "fetch"
	RoleApprovalRequest Role = "approval.request" // address, headers and link
	RoleApprovalBody    Role = "approval.body"
	RoleSnapshot        Role = "snapshot"
	RoleMembership      Role = "membership"
	RoleActionRequest   Role = "action.request"
	RoleActionBody      Role = "action.body"
	RoleLink            Role = "link"
	RoleImport          Role = "import"
)

// Site is one place of a package that holds a template: in the manifest itself,
// or in a file that it names.
type Site struct {
	Pointer string // in the neutral form
	Role    Role
	Dialect Dialect
	Text    string // the template; "" when it is in a file
	File    string // path in the package
	Name    string // of a file: the kind or type that it is for, "default" or "test"
	Part    string // url, header, body
	Method  string // of the call that the site belongs to
	Form    Form   // variables of the capability itself that the site sees at the root
	Needs   []string
}

// Sites gives every place that holds a template, in the manifest's order.
func (p Package) Sites() []Site {
	var s sites
	s.form("/forms/installation", p.Forms.Installation)
	for i, h := range p.EventHooks {
		s.hook("/eventHooks/"+strconv.Itoa(i), h)
	}
	if a := p.ChangeApproval; a != nil {
		s.approval("/changeApproval", *a)
	}
	if a := p.SnapshotPush; a != nil {
		s.snapshot("/snapshotPush", *a)
	}
	if a := p.ResourceLink; a != nil && a.Blocks != nil {
		s.link("/resourceLink/blocks", *a.Blocks)
	}
	if a := p.MembershipSync; a != nil {
		s.text("/membershipSync/response", RoleMembership, DialectJSON, a.Response)
	}
	if a := p.UserAction; a != nil {
		if a.Call != nil && a.Call.Endpoint != nil {
			s.endpoint("/userAction/call/endpoint", RoleActionRequest, *a.Call.Endpoint)
		}
		for i, b := range a.Bodies {
			s.add(Site{Pointer: "/userAction/bodies/" + strconv.Itoa(i) + "/template", Role: RoleActionBody, Dialect: DialectJSON, Text: b.Template, Part: "body", Name: b.Key, Needs: b.Needs})
		}
	}
	if a := p.Importer; a != nil {
		s.files("/importer/templates", RoleImport, a.Templates)
	}
	if a := p.DriverAction; a != nil {
		s.form("/driverAction/form", a.Form)
	}
	return s
}

type sites []Site

func (s *sites) add(one Site) { *s = append(*s, one) }

func (s *sites) text(at string, role Role, d Dialect, t Opt[string]) {
	if t.Present() {
		s.add(Site{Pointer: at, Role: role, Dialect: d, Text: t.Get(), Part: "body"})
	}
}

func (s *sites) endpoint(at string, role Role, e Endpoint) { s.endpointOf(at, role, e, nil) }

func (s *sites) endpointOf(at string, role Role, e Endpoint, form Form) {
	s.add(Site{Pointer: at + "/url", Role: role, Dialect: DialectEndpoint, Text: e.URL, Part: "url", Method: e.Method, Form: form})
	for i, h := range e.Headers {
		s.add(Site{Pointer: at + "/headers/" + strconv.Itoa(i) + "/value", Role: role, Dialect: DialectEndpoint, Text: h.Value, Part: "header", Name: h.Name, Method: e.Method, Form: form})
	}
}

func (s *sites) form(at string, f Form) {
	for i, d := range f {
		if d.Fetch != nil {
			s.endpoint(at+"/"+strconv.Itoa(i)+"/fetch/endpoint", RoleFetch, d.Fetch.Endpoint)
		}
	}
}

// files adds template files by name, in the names' order.
func (s *sites) files(at string, role Role, by map[string]string) {
	names := make([]string, 0, len(by))
	for n := range by {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		s.file(at+"/"+escape(n), role, n, by[n])
	}
}

func (s *sites) file(at string, role Role, name, file string) {
	s.add(Site{Pointer: at, Role: role, Dialect: FileDialect(file), File: path.Clean(file), Name: name, Part: "body"})
}

// FileDialect says what a template file makes, by its name.
func FileDialect(file string) Dialect {
	lower := strings.ToLower(file)
	if strings.HasSuffix(lower, ".json") || strings.HasSuffix(lower, ".json.hbs") {
		return DialectJSON
	}
	return DialectText
}

func (s *sites) hook(at string, h EventHook) {
	request, body := RoleHookRequest, RoleHookBody
	if h.Source == SourceSignal {
		request, body = RoleSignalRequest, RoleSignalBody
	}
	if h.Endpoint != nil {
		s.endpoint(at+"/endpoint", request, *h.Endpoint)
	}
	if t := h.Templates; t != nil {
		s.files(at+"/templates/byKind", body, t.ByKind)
		s.files(at+"/templates/byType", body, t.ByType)
		if t.Default.Present() {
			s.file(at+"/templates/default", body, "default", t.Default.Get())
		}
		if t.Test.Present() {
			s.file(at+"/templates/test", body, "test", t.Test.Get())
		}
	}
}

func (s *sites) approval(at string, a ChangeApproval) {
	s.form(at+"/forms/scope", a.Forms.Scope)
	s.form(at+"/forms/request", a.Forms.Request)
	for _, c := range a.Calls.Deciding() {
		call := at + "/calls/" + c.Name
		s.endpoint(call+"/endpoint", RoleApprovalRequest, c.Call.Endpoint)
		s.text(call+"/body", RoleApprovalBody, DialectJSON, c.Call.Body)
		if p := c.Call.Parser; p != nil && p.Link.Present() {
			s.add(Site{Pointer: call + "/parser/link", Role: RoleApprovalRequest, Dialect: DialectEndpoint, Text: p.Link.Get(), Part: "link"})
		}
	}
	if d := a.Calls.Directory; d != nil {
		s.endpoint(at+"/calls/directory/endpoint", RoleApprovalRequest, d.Endpoint)
		s.text(at+"/calls/directory/body", RoleApprovalBody, DialectJSON, d.Body)
	}
}

func (s *sites) snapshot(at string, a SnapshotPush) {
	s.form(at+"/forms/scope", a.Forms.Scope)
	if a.Push != nil {
		s.endpointOf(at+"/push/endpoint", RoleSnapshot, a.Push.Endpoint, a.Forms.Scope)
		if b := a.Push.Wrap.Before; b.Present() {
			s.add(Site{Pointer: at + "/push/wrap/before", Role: RoleSnapshot, Dialect: DialectEndpoint, Text: b.Get(), Part: "before", Form: a.Forms.Scope})
		}
	}
	if a.Check != nil {
		s.endpointOf(at+"/check/endpoint", RoleSnapshot, a.Check.Endpoint, a.Forms.Scope)
	}
}

func (s *sites) link(at string, b LinkBlocks) {
	if b.Image != nil {
		s.text(at+"/image/sourceUrl", RoleLink, DialectUI, Some(b.Image.SourceURL))
	}
	s.text(at+"/name", RoleLink, DialectUI, b.Name)
	if b.Title != nil {
		s.elements(at+"/title/elements", b.Title.Elements)
	}
	if b.Context != nil {
		s.elements(at+"/context/elements", b.Context.Elements)
	}
	s.text(at+"/description", RoleLink, DialectUI, b.Description)
}

func (s *sites) elements(at string, all []LinkElement) {
	for i, e := range all {
		s.text(at+"/"+strconv.Itoa(i)+"/text", RoleLink, DialectUI, Some(e.Text))
		s.text(at+"/"+strconv.Itoa(i)+"/url", RoleLink, DialectUI, e.URL)
	}
}

// Renders gives the dialect in which the site's template is rendered.
func (s Site) Renders(view ContextView) template.Dialect {
	if view == ViewNative {
		return map[Dialect]template.Dialect{DialectEndpoint: template.Line, DialectJSON: template.Native, DialectText: template.Text, DialectUI: template.Text}[s.Dialect]
	}
	if s.Part == "header" {
		return template.Header
	}
	return map[Dialect]template.Dialect{DialectEndpoint: template.URL, DialectJSON: template.JSON, DialectText: template.Plain, DialectUI: template.Text}[s.Dialect]
}
