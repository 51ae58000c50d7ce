package catalog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/access"
)

// Instruction is one thing that the product does to a resource when it is told to.
type Instruction struct {
	Name  string `yaml:"name" json:"name" doc:"Such as turn_on"`
	Label string `yaml:"label" json:"label" doc:"For people"`
}

// Instruction gives one of the kind's by its name.
func (k Kind) Instruction(name string) (Instruction, bool) {
	for _, i := range k.Triggers {
		if i.Name == name {
			return i, true
		}
	}
	return Instruction{}, false
}

// Called reports whether a package means the kind by a word: its own name, the word
// of templates, or the last type of its path.
func (k Kind) Called(word string) bool {
	return word == k.Kind || k.Word != "" && word == k.Word || word == k.Last()
}

// Holds reports whether a resource is of the kind.
func (k Kind) Holds(r access.Resource) bool {
	t, err := parseTemplate(k.Path)
	segments := r.Segments()
	if err != nil || len(t.steps) != len(segments) {
		return false
	}
	for i, s := range t.steps {
		if s.kind != segments[i].Kind || len(s.names) == 0 && s.name != segments[i].Name {
			return false
		}
	}
	return true
}

// Means reports whether a package means a resource by one of its words for kinds.
func (c *Catalog) Means(r access.Resource, words []string) bool {
	return slices.ContainsFunc(c.file.Resources, func(k Kind) bool { return k.Holds(r) && slices.ContainsFunc(words, k.Called) })
}

// Triggerable lists the kinds with instructions for triggers.
func (c *Catalog) Triggerable() []Kind {
	return slices.DeleteFunc(slices.Clone(c.file.Resources), func(k Kind) bool { return len(k.Triggers) == 0 })
}

func (c *checker) instructions(at string, list []Instruction) {
	seen := map[string]bool{}
	for i, one := range list {
		at := at + "/triggers/" + strconv.Itoa(i)
		if one.Name == "" || len(one.Name) > 60 || strings.Trim(one.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" || seen[one.Name] {
			c.say(at+"/name", "catalog.value", "Every instruction has a name of its own: up to 60 letters, digits and _.")
		}
		seen[one.Name] = true
		if one.Label == "" {
			c.say(at+"/label", "catalog.value", "Say in a few words what it does.")
		}
	}
}
