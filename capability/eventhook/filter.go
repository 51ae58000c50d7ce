package eventhook

import "github.com/guestright/guestright/access"

// Touched is one thing that a change did: an action, as policies name it, on a
// resource with what is known about it.
type Touched struct {
	Action string
	On     access.Resource
}

// Filter says which changes a hook is told of. The zero one lets everything through.
type Filter struct{ layer access.Layer }

// NewFilter compiles a policy; an empty one lets everything through.
func NewFilter(p access.Policy) (Filter, error) {
	if len(p) == 0 {
		return Filter{}, nil
	}
	rules, err := p.Compile(nil)
	return Filter{access.Layer{rules}}, err
}

// Passes reports whether the policy allows one of the things that a change did.
func (f Filter) Passes(did []Touched) bool {
	if f.layer == nil {
		return true
	}
	for i := range did {
		if f.layer.Allows(did[i].Action, &did[i].On) {
			return true
		}
	}
	return false
}
