package view

import (
	"cmp"
	"strings"
	"time"

	"github.com/guestright/guestright/manifest/value"
)

// Event is one of the event log.
type Event struct {
	ID      string
	Type    string // flag.turned_on
	Account string // the product's own key of it
	Subject string // resource as policies name it: proj/harbour:env/production:flag/night-light
	Time    time.Time
	Data    value.Value
}

// Change is one change, or one thing that was noticed, in the product.
type Change struct {
	ID      string
	Account string
	Kind    string // of what changed: flag
	Action  string // as policies name it: updateRules
	Time    time.Time
	Actor   Actor
	Target  Resource
	Scope   []Resource // that the target is in, from the outside in
	Verb    string     // changed the rules of the flag
	Title   Text       // a whole sentence
	Details Text
	Comment string

	// Properties of the target: key, then name and values.
	Properties *value.Object
	API        string // address of the target in the product's API
	// Links are the addresses of the change as the product gives them; nil: they are
	// made of what there is.
	Links *value.Object
}

// Actor is who did it.
type Actor struct {
	Kind, ID, Name, Email, FirstName, LastName string
}

// person reports whether it is somebody with a name and an address.
func (a Actor) person() bool {
	return a.Kind == "" && a.ID+a.Email != "" || a.Kind == "user" || a.Kind == "member"
}

// shown is how it is called.
func (a Actor) shown() string {
	return cmp.Or(a.Name, strings.TrimSpace(a.FirstName+" "+a.LastName), a.Email, a.ID, "Somebody")
}

// Resource is something in the product.
type Resource struct {
	Kind, Key, ID, Name, URL string
	Tags                     []string // nil: it has none
}

// shown is how it is called.
func (r Resource) shown() string { return cmp.Or(r.Name, r.Key) }

// Member is the member of an event's data that holds the product's own words
// about it.
const Member = "change"

// Of reads what an event's data say about the change, and makes the rest of the
// event. Members of another kind than they should be count as absent.
func Of(e Event) Change {
	c := Change{ID: e.ID, Account: e.Account, Time: e.Time}
	said := object(e.Data, Member)
	path := segments(e.Subject)
	if n := len(path); n > 0 {
		c.Target, c.Scope = path[n-1], path[:n-1]
	}
	c.Kind, c.Action = str(said, "kind", c.Target.Kind), str(said, "action", e.Type)
	if c.Kind == "" {
		c.Kind, _, _ = strings.Cut(e.Type, ".")
	}
	c.Target = resource(object(said, "target"), c.Target)
	if list, ok := member(said, "scope").(value.List); ok {
		for i, one := range list {
			if i == len(c.Scope) {
				c.Scope = append(c.Scope, Resource{})
			}
			c.Scope[i] = resource(one, c.Scope[i])
		}
	}
	a := object(said, "actor")
	c.Actor = Actor{Kind: str(a, "kind", ""), ID: str(a, "id", ""), Name: str(a, "name", ""), Email: str(a, "email", ""), FirstName: str(a, "first_name", ""), LastName: str(a, "last_name", "")}
	c.Verb = str(said, "verb", verb(e.Type, c.Kind))
	c.Title = text(member(said, "title"), c.Actor.shown()+" "+c.Verb+" "+c.Target.shown())
	c.Details, c.Comment = text(member(said, "details"), ""), str(said, "comment", "")
	c.Properties, _ = object(said, "properties").(*value.Object)
	c.API = str(said, "api_url", "")
	c.Links, _ = object(said, "links").(*value.Object)
	return c
}

// segments reads a resource as policies name it.
func segments(subject string) []Resource {
	var out []Resource
	for part := range strings.SplitSeq(subject, ":") {
		kind, key, ok := strings.Cut(part, "/")
		if ok {
			out = append(out, Resource{Kind: kind, Key: key})
		}
	}
	return out
}

// verb makes words of a type: flag.turned_on is "turned on the flag".
func verb(kind, of string) string {
	_, did, ok := strings.Cut(kind, ".")
	if !ok || did == "" {
		return "changed the " + of
	}
	return strings.ReplaceAll(strings.ReplaceAll(did, "_", " "), ".", " ") + " the " + of
}

func resource(v value.Value, was Resource) Resource {
	r := Resource{Kind: str(v, "kind", was.Kind), Key: str(v, "key", was.Key), ID: str(v, "id", was.ID), Name: str(v, "name", was.Name), URL: str(v, "url", was.URL), Tags: was.Tags}
	if list, ok := member(v, "tags").(value.List); ok {
		r.Tags = make([]string, 0, len(list))
		for _, one := range list {
			if s, ok := one.(string); ok {
				r.Tags = append(r.Tags, s)
			}
		}
	}
	return r
}

func member(v value.Value, key string) value.Value {
	if o, ok := v.(*value.Object); ok {
		got, _ := o.Get(key)
		return got
	}
	return nil
}

// object gives a member that is an object, or nil.
func object(v value.Value, key string) value.Value {
	if o, ok := member(v, key).(*value.Object); ok {
		return o
	}
	return nil
}

func str(v value.Value, key, otherwise string) string {
	if s, ok := member(v, key).(string); ok && s != "" {
		return s
	}
	return otherwise
}
