package view

import (
	"strings"
	"time"

	"github.com/guestright/guestright/manifest/value"
)

// Read gives the change that an audit event in LaunchDarkly's view tells of, and
// the host whose pages it names: LaunchDarkly makes the same event of them again.
func Read(event *value.Object) (Change, Host) {
	project, target, who := object(event, "project"), object(event, "target"), object(event, "member")
	kind := str(event, "kind", "")
	c := Change{ID: str(event, "_id", ""), Account: str(event, "_accountId", ""), Kind: kind, Action: str(event, "verbKind", ""), Verb: str(event, "titleVerb", ""), Comment: str(event, "comment", ""),
		Time: moment(object(event, "timestamp")), Title: said(object(event, "title")), Details: said(object(event, "details"))}
	c.Target = resource(event, Resource{Kind: kind, ID: str(target, "_id", "")})
	if p := resource(project, Resource{Kind: "project"}); p.Key != "" {
		c.Scope = append(c.Scope, p)
		if e := resource(object(project, "environment"), Resource{Kind: "environment"}); e.Key != "" {
			c.Scope = append(c.Scope, e)
		}
	}
	if who != nil {
		c.Actor = Actor{Kind: "member", ID: str(who, "_id", ""), Name: str(who, "displayName", ""), Email: str(who, "email", ""), FirstName: str(who, "firstName", ""), LastName: str(who, "lastName", "")}
	}
	c.Properties, _ = object(event, "customProperties").(*value.Object)
	c.Links, _ = object(event, "_links").(*value.Object)
	c.Target.URL = str(object(c.links(Host{}), "site"), "href", "")
	c.API = str(object(c.links(Host{}), "canonical"), "href", "")
	return c, Host{URL: str(event, "baseURL", "")}
}

// said is a text in all its forms, as they are.
func said(v value.Value) Text {
	return Text{Plain: str(v, "plainText", ""), Markdown: str(v, "markdown", ""), HTML: str(v, "html", "")}
}

// moment reads a timestamp; what cannot be read is the beginning of 1970.
func moment(v value.Value) time.Time {
	n := strings.TrimSpace(string(value.AppendJSON(nil, member(v, "milliseconds"))))
	d, err := time.ParseDuration(n + "ms")
	if err != nil {
		return time.UnixMilli(0).UTC()
	}
	return time.UnixMilli(d.Milliseconds()).UTC()
}
