package catalog

import (
	"strings"

	"github.com/guestright/guestright/access"
)

// members judges the kind's entitlement to fill it.
func (c *checker) members(at string, k Kind) {
	if k.Members == "" {
		return
	}
	if _, known := c.file.Entitlements[k.Members]; !known && len(c.file.Entitlements) > 0 {
		c.say(at+"/members", "catalog.value", "There is no entitlement "+k.Members+".")
	}
}

// Above reports whether a resource can have others of the kind right below it:
// proj/web:env/production for proj/{p}:env/{e}:segment/{s}.
func (k Kind) Above(r access.Resource) bool { return k.Holds(r.Child(k.Last(), "any")) }

// Place is how resources right above one of the kind are written:
// proj/{p}:env/{e} for proj/{p}:env/{e}:segment/{s}.
func (k Kind) Place() string {
	at := strings.LastIndexByte(k.Path, ':')
	return k.Path[:max(at, 0)]
}

// Fillable lists the kinds whose members integrations may keep.
func (c *Catalog) Fillable() []Kind {
	var out []Kind
	for _, k := range c.file.Resources {
		if k.Members != "" {
			out = append(out, k)
		}
	}
	return out
}

// Steps gives what templates call the steps of a resource, with their names:
// project, environment and segment for proj/{p}:env/{e}:segment/{s}.
func (c *Catalog) Steps(r access.Resource) []Step {
	var out []Step
	all := r.Segments()
	for i := range all {
		step := Step{Word: all[i].Kind, Name: all[i].Name}
		for _, k := range c.file.Resources {
			if k.Word != "" && k.Holds(access.NewResource(all[:i+1]...)) {
				step.Word = k.Word
			}
		}
		out = append(out, step)
	}
	return out
}

// Step is one step of a resource.
type Step struct{ Word, Name string }
