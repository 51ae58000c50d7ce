package view

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/manifest/value"
)

// Host is what a view needs to know of the product.
type Host struct {
	URL string // of its pages, for people
	API string // of its audit log, for programs; empty: it has none
	// Words are the kinds of resources as audit events call them, by the word that
	// policies have: proj is project.
	Words map[string]string
}

// Word is what audit events call a kind.
func (h Host) Word(kind string) string {
	if w := h.Words[kind]; w != "" {
		return w
	}
	return kind
}

// LaunchDarkly shows a change under the names of LaunchDarkly's audit events: the
// outermost scope is the project, the next the environment. What the change does
// not hold is absent where it may be there, and empty where it always is.
func LaunchDarkly(h Host, c Change) *value.Object {
	var project, environment Resource
	if len(c.Scope) > 0 {
		project = c.Scope[0]
	}
	if len(c.Scope) > 1 {
		environment = c.Scope[1]
	}
	switch h.Word(c.Kind) { // these are in themselves
	case "project":
		project = c.Target
	case "environment":
		environment = c.Target
	case "flag":
		if len(c.Scope) == 1 { // the change spans all of them
			environment = Resource{Key: "~", Name: "All environments"}
		}
	}
	out := value.Of("_links", c.links(h), "baseURL", h.URL, "_id", c.ID, "_accountId", c.Account, "timestamp", Timestamp(c.Time), "kind", h.Word(c.Kind), "name", c.Target.shown())
	if w := h.Word(c.Kind); c.Target.Key != "" && w != "member" && w != "webhook" {
		out.Set("key", c.Target.Key)
	}
	out.Set("details", c.Details.value())
	if c.Comment != "" {
		out.Set("comment", c.Comment)
	}
	out.Set("project", value.Of("name", project.shown(), "key", project.Key, "tags", list(project.Tags),
		"environment", value.Of("name", environment.shown(), "key", environment.Key, "tags", list(environment.Tags))))
	out.Set("tags", list(c.Target.Tags))
	if c.Properties != nil && c.Properties.Len() > 0 {
		out.Set("customProperties", c.Properties)
	}
	if c.Actor.person() {
		out.Set("member", c.Actor.member())
	}
	out.Set("titleVerb", c.Verb)
	out.Set("verbKind", c.Action)
	out.Set("title", c.Title.value())
	target := &value.Object{}
	if links := c.addresses(); links.Len() > 0 {
		target.Set("_links", links)
	}
	target.Set("name", c.Target.shown())
	target.Set("_id", cmp.Or(c.Target.ID, c.Target.Key))
	out.Set("target", target)
	return out
}

// Timestamp is a time in the four ways that templates print it, in UTC.
func Timestamp(at time.Time) *value.Object {
	at = at.UTC()
	whole := func(n int64) value.Value { return json.Number(strconv.FormatInt(n, 10)) }
	return value.Of("milliseconds", whole(at.UnixMilli()), "seconds", whole(at.Unix()), "rfc3339", at.Format(time.RFC3339), "simple", at.Format(time.DateTime))
}

func (t Text) value() *value.Object {
	return value.Of("plainText", t.Plain, "markdown", t.Markdown, "html", t.HTML)
}

// member is the actor as LaunchDarkly calls people.
func (a Actor) member() *value.Object {
	local, _, _ := strings.Cut(a.Email, "@")
	given, family := a.FirstName, a.LastName
	if given+family == "" && !strings.Contains(a.Name, "@") {
		given, family, _ = strings.Cut(a.Name, " ")
	}
	return value.Of("_id", a.ID, "email", a.Email, "emailLocalPart", local, "firstName", given, "lastName", family, "displayName", cmp.Or(a.Name, strings.TrimSpace(given+" "+family), a.Email))
}

// links are the addresses of the change and of what it is about.
func (c Change) links(h Host) *value.Object {
	if c.Links != nil {
		return c.Links
	}
	out := c.addresses()
	if h.API != "" {
		out.Set("parent", link(h.API, "application/json"))
		out.Set("self", link(strings.TrimSuffix(h.API, "/")+"/"+c.ID, "application/json"))
	}
	if c.Target.URL != "" {
		out.Set("details", link(c.Target.URL, "text/html"))
	}
	return out
}

// addresses are those of what the change is about.
func (c Change) addresses() *value.Object {
	out := &value.Object{}
	if c.API != "" {
		out.Set("canonical", link(c.API, "application/json"))
	}
	if c.Target.URL != "" {
		out.Set("site", link(c.Target.URL, "text/html"))
	}
	return out
}

func link(href, kind string) *value.Object { return value.Of("href", href, "type", kind) }

// list is a list of texts, or null.
func list(tags []string) value.Value {
	if tags == nil {
		return nil
	}
	out := make(value.List, len(tags))
	for i, t := range tags {
		out[i] = t
	}
	return out
}
