package request

import (
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
	"github.com/guestright/guestright/manifest/view"
)

// Approval is a proposed change that a system outside decides on.
type Approval struct {
	ID          string // ours
	External    string // the partner's, once it is known
	Description string
	Change      view.Change // what is proposed: actor is the requester
	Requester   string      // the partner's id of the requester, when its directory names it
	Page        string      // of the request, for people
	History     string      // of the resource's changes, for people
	Opened      value.Value // what the partner answered when it was opened; nil before
}

// ApprovalCall makes one of the four calls that carry a decision: open, status,
// applied or withdrawn; false when the package has none of that name. Error: *Error.
func (s *Set) ApprovalCall(name string, g Given, h view.Host, a Approval) (Call, bool, error) {
	if s.ChangeApproval == nil {
		return Call{}, false, nil
	}
	for _, one := range s.ChangeApproval.Calls.Deciding() {
		if one.Name != name {
			continue
		}
		at := "/changeApproval/calls/" + name
		var body []byte
		if site := s.sites[at+"/body"]; site != nil {
			var err error
			if body, err = site.text(s.approvalBody(g, h, a), g.options()); err != nil {
				return Call{}, false, err
			}
		}
		out, err := s.endpoint(at+"/endpoint", one.Call.Endpoint, s.approvalRoot(g, h, a), body, g)
		return out, err == nil, err
	}
	return Call{}, false, nil
}

// Directory makes the call that asks for the partner's members; false when there
// is none.
func (s *Set) Directory(g Given) (Call, bool, error) {
	if s.ChangeApproval == nil || s.ChangeApproval.Calls.Directory == nil {
		return Call{}, false, nil
	}
	const at = "/changeApproval/calls/directory"
	var body []byte
	if site := s.sites[at+"/body"]; site != nil {
		var err error
		if body, err = site.text(s.approvalBody(g, view.Host{}, Approval{}), g.options()); err != nil {
			return Call{}, false, err
		}
	}
	out, err := s.endpoint(at+"/endpoint", s.ChangeApproval.Calls.Directory.Endpoint, s.approvalRoot(g, view.Host{}, Approval{}), body, g)
	return out, err == nil, err
}

// ApprovalLink makes the address of the partner's page; "" when the package names
// none. Only http and https are addresses.
func (s *Set) ApprovalLink(call string, g Given, h view.Host, a Approval) (string, error) {
	site := s.sites["/changeApproval/calls/"+call+"/parser/link"]
	if site == nil {
		return "", nil
	}
	out, err := site.text(s.approvalRoot(g, h, a), g.options())
	if err != nil {
		return "", err
	}
	u, err := url.Parse(string(out))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", &Error{site.at, fmt.Errorf("what comes out is no address of a page")}
	}
	return string(out), nil
}

// approvalRoot is what addresses and headers see.
func (s *Set) approvalRoot(g Given, h view.Host, a Approval) *value.Object {
	if s.native() {
		return s.approvalNative(g, a)
	}
	context := view.LaunchDarkly(h, a.Change).With("approvalId", a.External)
	return s.base(g).With("environment", s.ChangeApproval.Forms.Scope.Data(g.Scope), "context", context)
}

// approvalBody is what bodies see.
func (s *Set) approvalBody(g Given, h view.Host, a Approval) *value.Object {
	if s.native() {
		return s.approvalNative(g, a)
	}
	e := view.LaunchDarkly(h, a.Change)
	member := e.Inner("member")
	name, _ := member.Get("displayName")
	links := e.Inner("_links").With("approval", value.Of("href", a.Page), "history", value.Of("href", a.History))
	tags, _ := e.Get("tags")
	return e.With("member", member.With("externalId", a.Requester), "title", e.Inner("title").With("member", name), "_links", links, "approvalId", a.ID, "approvalDescription", a.Description, "flag", value.Of("name", a.Change.Target.Name, "key", a.Change.Target.Key, "tags", tags),
		"formVariables", s.base(g), "environmentFormVariables", s.ChangeApproval.Forms.Scope.Data(g.Scope), "approvalFormVariables", s.requested(g), "creationResponseBody", a.Opened)
}

// requested are the fields of the request: those of the package, then what an
// administrator has added.
func (s *Set) requested(g Given) *value.Object {
	form := s.ChangeApproval.Forms.Request
	out := form.Data(g.Request)
	if !s.ChangeApproval.AllowExtraFields.Get() {
		return out
	}
	var more manifest.Form
	for _, key := range slices.Sorted(maps.Keys(g.Request)) {
		if _, known := form.Variable(key); !known {
			more = append(more, manifest.Variable{Key: key})
		}
	}
	extra := more.Data(g.Request)
	for i := range extra.Len() {
		out.Set(extra.At(i))
	}
	return out
}

// approvalNative is what all templates of our own view see.
func (s *Set) approvalNative(g Given, a Approval) *value.Object {
	e := view.Native(a.Change)
	resource, _ := e.Get("target")
	scope, _ := e.Get("scope")
	asked := s.requested(g).With("id", a.ID, "external_id", a.External, "description", a.Description, "title", a.Change.Title.Plain, "details", a.Change.Details.Plain,
		"comment", a.Change.Comment, "url", a.Page, "time", view.Timestamp(a.Change.Time))
	return s.base(g).With("scopeConfig", s.ChangeApproval.Forms.Scope.Data(g.Scope), "request", asked, "resource", resource, "scope", scope,
		"requester", e.Inner("actor").With("external_id", a.Requester), "opened", a.Opened)
}
