package request

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
)

// Snapshot is the present data of one scope.
type Snapshot struct {
	Key     string // of this store in this scope: unique, and the same each time
	Scope   string // id of the scope
	Version string
	Data    []byte // sent as it is
}

func (s *Set) snapshotRoot(g Given, of Snapshot) *value.Object {
	fields := s.SnapshotPush.Forms.Scope.Data(g.Scope)
	config := merged(s.config(g), fields)
	if s.native() {
		return value.Of("config", config, "connection", g.connection(), "snapshot", value.Of("key", of.Key, "version", of.Version, "contentType", "application/json"), "scope", value.Of("id", of.Scope))
	}
	return config.With("_featureStoreKey", of.Key, "envId", of.Scope, "oauth", g.connection())
}

func merged(of ...*value.Object) *value.Object {
	out := &value.Object{}
	for _, o := range of {
		for i := range o.Len() {
			out.Set(o.At(i))
		}
	}
	return out
}

// Push makes the call that sends a snapshot; false when the package has none.
func (s *Set) Push(g Given, of Snapshot) (Call, bool, error) {
	if s.SnapshotPush == nil || s.SnapshotPush.Push == nil {
		return Call{}, false, nil
	}
	p, root := s.SnapshotPush.Push, s.snapshotRoot(g, of)
	var body []byte
	if site := s.sites["/snapshotPush/push/wrap/before"]; site != nil {
		var err error
		if body, err = site.text(root, g.options()); err != nil {
			return Call{}, false, err
		}
	}
	body = append(append(body, of.Data...), p.Wrap.After.Get()...)
	out, err := s.endpoint("/snapshotPush/push/endpoint", p.Endpoint, root, body, g)
	return out, err == nil, err
}

// PushCheck makes the call that tries the store without a change; false when the
// package has none.
func (s *Set) PushCheck(g Given, of Snapshot) (Call, bool, error) {
	if s.SnapshotPush == nil || s.SnapshotPush.Check == nil {
		return Call{}, false, nil
	}
	out, err := s.endpoint("/snapshotPush/check/endpoint", s.SnapshotPush.Check.Endpoint, s.snapshotRoot(g, of), nil, g)
	return out, err == nil, err
}

// Action makes the call of a button: the body of that key, of what the page gives.
// Error: *Error, also when something that the body needs is missing.
func (s *Set) Action(key string, g Given, context *value.Object) (Call, bool, error) {
	if s.UserAction == nil || s.UserAction.Call == nil || s.UserAction.Call.Endpoint == nil {
		return Call{}, false, nil
	}
	at := slices.IndexFunc(s.UserAction.Bodies, func(b manifest.ActionBody) bool { return b.Key == key })
	if at < 0 {
		return Call{}, false, nil
	}
	pointer := "/userAction/bodies/" + strconv.Itoa(at)
	for _, name := range s.UserAction.Bodies[at].Needs {
		if _, ok := context.Get(name); !ok {
			return Call{}, false, &Error{pointer + "/needs", fmt.Errorf("%q is missing", name)}
		}
	}
	root := context.With("formVariables", s.base(g))
	if s.native() {
		root = merged(context, s.base(g))
	}
	body, err := s.sites[pointer+"/template"].text(root, g.options())
	if err != nil {
		return Call{}, false, err
	}
	out, err := s.endpoint("/userAction/call/endpoint", *s.UserAction.Call.Endpoint, s.base(g), body, g)
	return out, err == nil, err
}

// Fetch makes the call that asks for the choices of a field of a form: the
// installation's, or a capability's for one scope; false when it is not fetched.
func (s *Set) Fetch(form, field string, g Given) (Call, bool, error) {
	fields, at := s.Forms.Installation, "/forms/installation/"
	if form == manifest.FormScope && s.ChangeApproval != nil {
		fields, at = s.ChangeApproval.Forms.Scope, "/changeApproval/forms/scope/"
	} else if form == manifest.FormScope && s.SnapshotPush != nil {
		fields, at = s.SnapshotPush.Forms.Scope, "/snapshotPush/forms/scope/"
	}
	for i, d := range fields {
		if d.Key != field || d.Fetch == nil {
			continue
		}
		out, err := s.endpoint(at+strconv.Itoa(i)+"/fetch/endpoint", d.Fetch.Endpoint, s.fetchRoot(g), nil, g)
		return out, err == nil, err
	}
	return Call{}, false, nil
}

// fetchRoot is what the call for choices sees.
func (s *Set) fetchRoot(g Given) *value.Object {
	root := s.base(g)
	if s.ChangeApproval != nil && !s.native() {
		root.Set("environment", s.ChangeApproval.Forms.Scope.Data(g.Scope))
	}
	return root
}
