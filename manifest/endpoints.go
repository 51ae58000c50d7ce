package manifest

import "strconv"

// Call is an endpoint of a package with the place where it stands.
type Call struct {
	Pointer  string // in the neutral form
	Endpoint Endpoint
	Hook     bool // of an event hook
}

// Endpoints gives every call that the package makes, in the manifest's order.
func (p Package) Endpoints() []Call {
	var out []Call
	add := func(at string, e Endpoint) { out = append(out, Call{Pointer: at, Endpoint: e}) }
	for _, f := range p.AllForms() {
		for i, d := range f.Form {
			if d.Fetch != nil {
				add(f.Pointer+"/"+strconv.Itoa(i)+"/fetch/endpoint", d.Fetch.Endpoint)
			}
		}
	}
	for i, h := range p.EventHooks {
		if h.Endpoint != nil {
			out = append(out, Call{"/eventHooks/" + strconv.Itoa(i) + "/endpoint", *h.Endpoint, true})
		}
	}
	if a := p.ChangeApproval; a != nil {
		for _, c := range a.Calls.Deciding() {
			add("/changeApproval/calls/"+c.Name+"/endpoint", c.Call.Endpoint)
		}
		if a.Calls.Directory != nil {
			add("/changeApproval/calls/directory/endpoint", a.Calls.Directory.Endpoint)
		}
	}
	if a := p.SnapshotPush; a != nil {
		if a.Push != nil {
			add("/snapshotPush/push/endpoint", a.Push.Endpoint)
		}
		if a.Check != nil {
			add("/snapshotPush/check/endpoint", a.Check.Endpoint)
		}
	}
	if a := p.UserAction; a != nil && a.Call != nil && a.Call.Endpoint != nil {
		add("/userAction/call/endpoint", *a.Call.Endpoint)
	}
	return out
}

// NamedForm is a form with the name by which dependencies call it.
type NamedForm struct {
	Name    string
	Pointer string
	Form    Form
}

// AllForms gives every form of the package.
func (p Package) AllForms() []NamedForm {
	out := []NamedForm{{FormInstallation, "/forms/installation", p.Forms.Installation}}
	if a := p.ChangeApproval; a != nil {
		out = append(out, NamedForm{FormScope, "/changeApproval/forms/scope", a.Forms.Scope}, NamedForm{FormRequest, "/changeApproval/forms/request", a.Forms.Request})
	}
	if a := p.SnapshotPush; a != nil {
		out = append(out, NamedForm{"snapshot", "/snapshotPush/forms/scope", a.Forms.Scope})
	}
	if a := p.DriverAction; a != nil {
		out = append(out, NamedForm{"action", "/driverAction/form", a.Form})
	}
	return out
}
