package request

import (
	"strconv"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/template"
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
	if err != nil || template.Blank(body) {
		return Call{}, false, err
	}
	return s.hook(at, g, h, c, body)
}

func (s *Set) hook(at int, g Given, h view.Host, c view.Change, body []byte) (Call, bool, error) {
	hook := s.EventHooks[at]
	if hook.Endpoint == nil {
		return Call{Body: body}, true, nil
	}
	root := s.base(g).With("context", view.LaunchDarkly(h, c))
	if s.native() {
		root = s.hookRoot(hook, g, h, c)
	}
	out, err := s.endpoint("/eventHooks/"+strconv.Itoa(at)+"/endpoint", *hook.Endpoint, root, body, g)
	return out, err == nil, err
}

// HookAddress gives the call of the hook at a place without a body: where it goes.
func (s *Set) HookAddress(at int, g Given, h view.Host, c view.Change) (Call, error) {
	call, _, err := s.hook(at, g, h, c, nil)
	return call, err
}

func (s *Set) config(g Given) *value.Object { return s.Forms.Installation.Data(g.Config) }

// base is what was filled in and connected: under names of its own, or at the root
// for LaunchDarkly's view.
func (s *Set) base(g Given) *value.Object {
	if s.native() {
		return value.Of("config", s.config(g), "connection", g.connection())
	}
	return s.config(g).With("oauth", g.connection())
}

// hookRoot is what a hook's body sees.
func (s *Set) hookRoot(hook manifest.EventHook, g Given, h view.Host, c view.Change) *value.Object {
	if s.native() {
		return s.base(g).With("event", view.Native(c))
	}
	fields := s.base(g)
	if hook.Source == manifest.SourceSignal {
		vars := c.Properties
		if vars == nil {
			vars = &value.Object{}
		}
		return value.Of("formVariables", fields, "templateVariables", vars, "link", c.Target.URL, "timestamp", c.Time.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	}
	return view.LaunchDarkly(h, c).With("formVariables", fields)
}

// standard is the form of an event that no template makes: the audit entry.
func (s *Set) standard(h view.Host, c view.Change) *value.Object {
	if s.native() {
		return view.Native(c)
	}
	e := view.LaunchDarkly(h, c)
	at, _ := e.Inner("timestamp").Get("milliseconds")
	return e.With("date", at, "description", c.Details.Markdown, "shortDescription", c.Title.Plain, "markdownTitle", c.Title.Markdown)
}
