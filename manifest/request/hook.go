package request

import (
	"strconv"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
	"github.com/guestright/guestright/manifest/view"
)

// Hook makes the call that tells the partner of a change, by the hook at a place in
// the package; false: the integration has nothing to say about it, because there is
// no template for its kind, or the template comes out blank. With a driver there is
// a body only. Error: *Error.
func (s *Set) Hook(at int, g Given, h view.Host, c view.Change) (Call, bool, error) {
	hook := s.EventHooks[at]
	if hook.Standard() {
		return s.hook(at, g, h, c, value.AppendJSON(nil, s.standard(h, c)))
	}
	name := c.Kind
	if !s.native() {
		name = h.Word(c.Kind)
	}
	if hook.Source == manifest.SourceSignal {
		name = c.Action
	}
	path, ok := hook.Template(name)
	if !ok {
		return Call{}, false, nil
	}
	return s.hookBy(at, path, g, h, c)
}

// Tries reports whether the hook at a place has a call that tries the connection.
func (s *Set) Tries(at int) bool {
	t := s.EventHooks[at].Templates
	return t != nil && t.Test.Present()
}

// HookTest makes the call that tries the connection, of a made-up change; false
// when the hook has none.
func (s *Set) HookTest(at int, g Given, h view.Host, c view.Change) (Call, bool, error) {
	if !s.Tries(at) {
		return Call{}, false, nil
	}
	return s.hookBy(at, s.EventHooks[at].Templates.Test.Get(), g, h, c)
}

func (s *Set) hookBy(at int, path string, g Given, h view.Host, c view.Change) (Call, bool, error) {
	body, err := s.names[path].text(s.hookRoot(s.EventHooks[at], g, h, c), g.options())
	if err != nil || blank(body) {
		return Call{}, false, err
	}
	return s.hook(at, g, h, c, body)
}

func (s *Set) hook(at int, g Given, h view.Host, c view.Change, body []byte) (Call, bool, error) {
	hook := s.EventHooks[at]
	if hook.Endpoint == nil {
		return Call{Body: body}, true, nil
	}
	root := s.config(g)
	if s.native() {
		root = object("event", view.Native(c), "config", root, "connection", g.connection())
	} else {
		root = with(root, "oauth", g.connection(), "context", view.LaunchDarkly(h, c))
	}
	out, err := s.endpoint("/eventHooks/"+strconv.Itoa(at)+"/endpoint", *hook.Endpoint, root, body, g)
	return out, err == nil, err
}

func (s *Set) config(g Given) *value.Object { return s.Forms.Installation.Data(g.Config) }

// hookRoot is what a hook's body sees.
func (s *Set) hookRoot(hook manifest.EventHook, g Given, h view.Host, c view.Change) *value.Object {
	if s.native() {
		return object("event", view.Native(c), "config", s.config(g), "connection", g.connection())
	}
	fields := with(s.config(g), "oauth", g.connection())
	if hook.Source == manifest.SourceSignal {
		vars := c.Properties
		if vars == nil {
			vars = &value.Object{}
		}
		return object("formVariables", fields, "templateVariables", vars, "link", c.Target.URL, "timestamp", c.Time.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	}
	return with(view.LaunchDarkly(h, c), "formVariables", fields)
}

// standard is the form of an event that no template makes: the audit entry.
func (s *Set) standard(h view.Host, c view.Change) *value.Object {
	if s.native() {
		return view.Native(c)
	}
	e := view.LaunchDarkly(h, c)
	stamp, _ := e.Get("timestamp")
	at, _ := stamp.(*value.Object).Get("milliseconds")
	return with(e, "date", at, "description", c.Details.Markdown, "shortDescription", c.Title.Plain, "markdownTitle", c.Title.Markdown)
}
