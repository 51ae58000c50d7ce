package view

import (
	"cmp"

	"github.com/guestright/guestright/manifest/value"
)

// Native shows a change under our own names.
func Native(c Change) *value.Object {
	out := value.Of("id", c.ID, "account", c.Account, "kind", c.Kind, "action", c.Action, "time", Timestamp(c.Time))
	actor := &value.Object{}
	for _, m := range [][2]string{{"kind", cmp.Or(c.Actor.Kind, "user")}, {"id", c.Actor.ID}, {"name", c.Actor.shown()}, {"email", c.Actor.Email}} {
		if m[1] != "" {
			actor.Set(m[0], m[1])
		}
	}
	out.Set("actor", actor)
	out.Set("target", c.Target.value())
	scope := value.List{}
	for _, one := range c.Scope {
		scope = append(scope, one.value())
	}
	out.Set("scope", scope)
	out.Set("verb", c.Verb)
	out.Set("title", c.Title.Plain)
	out.Set("details", c.Details.Plain)
	if c.Comment != "" {
		out.Set("comment", c.Comment)
	}
	out.Set("tags", list(c.Target.Tags))
	if c.Properties != nil {
		out.Set("properties", c.Properties)
	}
	return out
}

func (r Resource) value() *value.Object {
	out := &value.Object{}
	for _, m := range [][2]string{{"kind", r.Kind}, {"id", r.ID}, {"key", r.Key}, {"name", r.shown()}, {"url", r.URL}} {
		if m[1] != "" {
			out.Set(m[0], m[1])
		}
	}
	if r.Tags != nil {
		out.Set("tags", list(r.Tags))
	}
	return out
}
