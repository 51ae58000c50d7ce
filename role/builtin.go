package role

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
)

// The keys of the built-in roles.
const (
	Reader   = "reader"
	Writer   = "writer"
	Admin    = "admin"
	NoAccess = "no_access"
)

// BuiltIn is a role that every account has and nobody can change. Its policy
// follows from the catalog in force.
type BuiltIn struct {
	Key         string        `json:"key"`
	Name        string        `json:"name"`
	Description string        `json:"description"`
	Policy      access.Policy `json:"policy" nullable:"false"`
}

var builtIns = [...]BuiltIn{
	{Key: Reader, Name: "Reader", Description: "Looks at everything and changes nothing."},
	{Key: Writer, Name: "Writer", Description: "Looks at and changes everything, except what gives rights to somebody."},
	{Key: Admin, Name: "Administrator", Description: "May do everything in the product."},
	{Key: NoAccess, Name: "No access", Description: "Gives nothing: a place to start from."},
}

// IsBuiltIn reports whether a key is that of a built-in role.
func IsBuiltIn(key string) bool {
	for _, b := range builtIns {
		if b.Key == key {
			return true
		}
	}
	return false
}

// BuiltIns gives the built-in roles under a catalog; without one they give
// nothing but the administrator's.
func BuiltIns(c *catalog.Catalog) []BuiltIn {
	out := builtIns
	for i := range out {
		out[i].Policy = builtInPolicy(out[i].Key, c)
	}
	return out[:]
}

func builtInPolicy(key string, c *catalog.Catalog) access.Policy {
	var want func(catalog.Action) bool
	switch key {
	case Admin:
		return everything
	case Reader:
		want = func(a catalog.Action) bool { return a.View && !a.Administrator }
	case Writer:
		want = func(a catalog.Action) bool { return !a.Administrator }
	}
	p := access.Policy{}
	if want == nil || c == nil {
		return p
	}
	var names []string
	for _, a := range c.Actions() {
		if want(a) {
			names = append(names, a.Name)
		}
	}
	const most = 200 // entries of one list
	for len(names) > 0 {
		n := min(len(names), most)
		p = append(p, access.Statement{Effect: access.Allow, Actions: names[:n:n], Resources: []string{"*"}})
		names = names[n:]
	}
	return p
}

// everything is what an administrator of an account holds over its data.
var everything = access.Policy{{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}

// effective is the whole policy of a role: where its own statements are silent,
// its base speaks; its own denials also hold against the base.
func (r Role) effective(c *catalog.Catalog) access.Policy {
	if r.Base != BaseReader {
		return r.Policy
	}
	base := builtInPolicy(Reader, c)
	out := make(access.Policy, 0, len(r.Policy)+len(base))
	return append(append(out, r.Policy...), base...)
}
